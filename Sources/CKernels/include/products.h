// Matrix products in float32, each on the thread that asks for it.
#ifndef DRIFTSCOPE_PRODUCTS_H
#define DRIFTSCOPE_PRODUCTS_H

// C = alpha * op(A) * op(B) + beta * C, all row-major: op(A) (m, k), op(B) (k, n), C (m, n); lda, ldb and ldc are the
// row strides as stored. Runs on the calling thread alone. Returns 0, or the library's own number for what failed.
int ds_sgemm(int transpose_a, int transpose_b, long m, long n, long k, float alpha, const float *_Nonnull a, long lda,
             const float *_Nonnull b, long ldb, float beta, float *_Nonnull c, long ldc);

// The library that multiplies, with its version: "oneDNN 2.6.3".
const char *_Nonnull ds_sgemm_library(void);

// The vector instructions that its kernels use: "AVX-512", "AVX2", "SSE4.1"; "" where it does not say.
const char *_Nonnull ds_sgemm_instructions(void);

// Floats in a vector of those instructions, and in the widest that this processor has and the library knows; 0 where
// nothing is known.
int ds_sgemm_lanes(void);
int ds_processor_lanes(void);

#endif
