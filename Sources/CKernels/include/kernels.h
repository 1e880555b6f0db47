// Element-wise kernels; each has a plain twin in the tests.
#ifndef DRIFTSCOPE_KERNELS_H
#define DRIFTSCOPE_KERNELS_H
#endif
