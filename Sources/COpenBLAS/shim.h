// CBLAS, and the LAPACK routines that OpenBLAS exports under their Fortran names (it has no LAPACKE).
#ifndef DRIFTSCOPE_COPENBLAS_H
#define DRIFTSCOPE_COPENBLAS_H

#include <cblas.h>

// Singular values and vectors, divide and conquer. Column-major, all arguments by address.
void dgesdd_(const char *jobz, const int *m, const int *n, double *a, const int *lda, double *s, double *u,
             const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork, int *iwork, int *info);
// Eigenvalues and vectors of a symmetric matrix, divide and conquer.
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
             const int *lwork, int *iwork, const int *liwork, int *info);
// Householder QR and the explicit Q.
void dgeqrf_(const int *m, const int *n, double *a, const int *lda, double *tau, double *work, const int *lwork,
             int *info);
void dorgqr_(const int *m, const int *n, const int *k, double *a, const int *lda, const double *tau, double *work,
             const int *lwork, int *info);

#endif
