// The kernels at each level: one source, `kernels_body.h`, compiled for each vector width.
#include "kernels.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

// A product followed by a sum may become one fused instruction where the level has it.
#pragma clang fp contract(fast)

#define DS_JOIN2(a, b) a##_##b
#define DS_JOIN(a, b) DS_JOIN2(a, b)
#define DS_NAME2(a) #a
#define DS_NAME(a) DS_NAME2(a)

// Four lanes: SSE2 on x86-64, NEON on aarch64, plain code elsewhere.
#define LANES 4
#define LEVEL plain
#include "kernels_body.h"
#undef LANES
#undef LEVEL

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define LEVEL avx2
#include "kernels_body.h"
#undef LANES
#undef LEVEL
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))), apply_to = function)
#define LANES 16
#define LEVEL avx512
#include "kernels_body.h"
#undef LANES
#undef LEVEL
#pragma clang attribute pop

#endif

const ds_kernels *ds_kernels_at(int level) {
    switch (level) {
    case DS_PLAIN:
        return &table_plain;
#if defined(__x86_64__)
    case DS_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &table_avx2 : NULL;
    case DS_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
                   ? &table_avx512
                   : NULL;
#endif
    default:
        return NULL;
    }
}

const ds_kernels *ds_kernels_best(void) {
    for (int level = DS_AVX512; level > DS_PLAIN; level--) {
        const ds_kernels *found = ds_kernels_at(level);
        if (found) return found;
    }
    return &table_plain;
}
