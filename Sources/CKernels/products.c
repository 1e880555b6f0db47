#include "products.h"

#include "kernels.h"

#include <stdio.h>

#if defined(__APPLE__)

#include <Accelerate/Accelerate.h>

int ds_sgemm(int transpose_a, int transpose_b, long m, long n, long k, float alpha, const float *a, long lda,
             const float *b, long ldb, float beta, float *c, long ldc) {
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, (int)m,
                (int)n, (int)k, alpha, a, (int)lda, b, (int)ldb, beta, c, (int)ldc);
    return 0;
}

const char *ds_sgemm_library(void) { return "Accelerate"; }
const char *ds_sgemm_instructions(void) { return ""; }
int ds_sgemm_lanes(void) { return 0; }
int ds_processor_lanes(void) { return 0; }

#else

#if !__has_include(<oneapi/dnnl/dnnl.h>)
#error "driftscope needs oneDNN; on Debian and Ubuntu: apt-get install libdnnl-dev"
#endif

#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdatomic.h>

typedef void (*set_threads)(int);

static void no_threads(int count) { (void)count; }

// oneDNN shares a product over OpenMP's threads. Ours share it already, so each of them is told, before every product,
// that it has no others: the number belongs to the thread that sets it, and setting it costs a store. Looked up by name
// since a oneDNN that was built without OpenMP has no such function and needs none.
static void hold_at_one_thread(void) {
    static _Atomic(set_threads) found;
    set_threads set = atomic_load_explicit(&found, memory_order_relaxed);
    if (!set) {
        *(void **)&set = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
        if (!set) set = no_threads;
        atomic_store_explicit(&found, set, memory_order_relaxed);
    }
    set(1);
}

int ds_sgemm(int transpose_a, int transpose_b, long m, long n, long k, float alpha, const float *a, long lda,
             const float *b, long ldb, float beta, float *c, long ldc) {
    hold_at_one_thread();
    return dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

const char *ds_sgemm_library(void) {
    static char name[32];  // written alike by every thread
    const dnnl_version_t *version = dnnl_version();
    snprintf(name, sizeof name, "oneDNN %d.%d.%d", version->major, version->minor, version->patch);
    return name;
}

int ds_sgemm_lanes(void) {
#if defined(__x86_64__)
    int isa = (int)dnnl_get_effective_cpu_isa();
    // Each set of instructions is a set of bits that holds those of the sets below it.
    if ((isa & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core) return 16;
    if ((isa & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2) return 8;
    return 4;
#else
    return 0;
#endif
}

const char *ds_sgemm_instructions(void) {
    switch (ds_sgemm_lanes()) {
    case 16:
        return "AVX-512";
    case 8:
        return "AVX2";
    case 4:
        return "SSE4.1";
    default:
        return "";
    }
}

int ds_processor_lanes(void) {
#if defined(__x86_64__)
    return ds_kernels_at(DS_AVX512) ? 16 : ds_kernels_at(DS_AVX2) ? 8 : 4;
#else
    return 0;
#endif
}

#endif
