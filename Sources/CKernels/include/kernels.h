// Element-wise and row kernels in float32, for each level of vector instructions that the machine may have.
//
// All sums are taken in an order that depends on the level alone, so results repeat bit for bit on one machine.
// Pointers need no alignment beyond a float's. Ranges that a kernel writes must not overlap others, except where
// a comment says "in place".
#ifndef DRIFTSCOPE_KERNELS_H
#define DRIFTSCOPE_KERNELS_H

#include <stdint.h>

// A non-linearity f of the feed-forward networks.
typedef struct {
    // y = f(x). In place allowed.
    void (*_Nonnull value)(const float *_Nonnull x, float *_Nonnull y, long n);
    // dx = dy * f'(x). In place allowed (dx == dy).
    void (*_Nonnull gradient)(const float *_Nonnull x, const float *_Nonnull dy, float *_Nonnull dx, long n);
    // y = f(gate) * up.
    void (*_Nonnull gated)(const float *_Nonnull gate, const float *_Nonnull up, float *_Nonnull y, long n);
    // dgate = dy * up * f'(gate), dup = dy * f(gate).
    void (*_Nonnull gated_gradient)(const float *_Nonnull gate, const float *_Nonnull up, const float *_Nonnull dy,
                                    float *_Nonnull dgate, float *_Nonnull dup, long n);
} ds_activation;

typedef struct {
    const char *_Nonnull name;

    // y = exp(x), within 2 ulp; exp(-inf) = 0, overflow gives inf, NaN stays. In place allowed.
    void (*_Nonnull exp)(const float *_Nonnull x, float *_Nonnull y, long n);

    // 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))): Hugging Face's "gelu_new".
    ds_activation gelu;
    // x Phi(x), Phi the normal distribution function within 3e-7: Hugging Face's "gelu".
    ds_activation erf_gelu;
    // The same, 10 at most: "gelu_10".
    ds_activation clipped_gelu;
    // x / (1 + exp(-1.702 x)): "quick_gelu".
    ds_activation quick_gelu;
    // max(x, 0); NaN stays.
    ds_activation relu;
    // max(x, 0)^2: "relu2".
    ds_activation squared_relu;
    // x / (1 + exp(-x)).
    ds_activation silu;
    // tanh(x).
    ds_activation tanh;

    // log(sum(exp(x))).
    float (*_Nonnull log_sum_exp)(const float *_Nonnull x, long n);
    // x = scale * exp(x - lse): scaled softmax in place.
    void (*_Nonnull scaled_softmax)(float *_Nonnull x, long n, float lse, float scale);
    // x = cap * tanh(scale * x / cap), in place: a soft cap (Gemma Team 2024, arXiv 2408.00118).
    void (*_Nonnull soft_cap)(float *_Nonnull x, long n, float scale, float cap);
    // dy = scale * dy * (1 - (y / cap)^2), in place, y of the above: the gradient of its x.
    void (*_Nonnull soft_cap_gradient)(const float *_Nonnull y, float *_Nonnull dy, long n, float scale, float cap);
    // KL(softmax(reference) || softmax(x)); every summand is >= 0, so small values do not cancel.
    double (*_Nonnull kl_divergence)(const float *_Nonnull reference, const float *_Nonnull x, long n,
                                     float reference_lse, float lse);
    // x = scale * (softmax(x) - softmax(reference)): the scaled gradient of the above, in place.
    void (*_Nonnull kl_gradient)(const float *_Nonnull reference, float *_Nonnull x, long n, float reference_lse,
                                 float lse, float scale);

    // Rows of causal attention scores -> probabilities in place. Row r may see the last `window` of the columns
    // 0...first + r; the others get 0. lse[r] = log(sum(exp(scale * score))).
    void (*_Nonnull causal_softmax)(float *_Nonnull scores, long rows, long columns, long stride, long first,
                                    long window, float scale, float *_Nonnull lse);
    // The same probabilities again from scores and lse, in place.
    void (*_Nonnull causal_probabilities)(float *_Nonnull scores, long rows, long columns, long stride, long first,
                                          long window, float scale, const float *_Nonnull lse);
    // dp = scale * p * (dp - sum(p * dp)) over each row's visible columns, 0 elsewhere: gradient of the scores, in place.
    void (*_Nonnull causal_softmax_gradient)(const float *_Nonnull p, float *_Nonnull dp, long rows, long columns,
                                             long stride, long first, long window, float scale);

    // y = (x - mean) * rstd * gain + bias for each row; statistics (rows, 2) receives mean and rstd.
    void (*_Nonnull layer_norm)(const float *_Nonnull x, const float *_Nonnull gain, const float *_Nonnull bias,
                                float *_Nonnull y, float *_Nullable statistics, long rows, long n, float epsilon);
    // The same y again from its statistics.
    void (*_Nonnull layer_norm_again)(const float *_Nonnull x, const float *_Nonnull gain, const float *_Nonnull bias,
                                      float *_Nonnull y, const float *_Nonnull statistics, long rows, long n);
    // dx = gradient (added when accumulate), dgain and dbias (n) are added to unless null.
    void (*_Nonnull layer_norm_gradient)(const float *_Nonnull x, const float *_Nonnull gain,
                                         const float *_Nonnull statistics, const float *_Nonnull dy,
                                         float *_Nullable dx, int accumulate, float *_Nullable dgain,
                                         float *_Nullable dbias, long rows, long n);

    // y = x * rstd * (offset + gain) for each row, rstd = 1 / sqrt(mean(x^2) + epsilon); statistics (rows) receives rstd.
    void (*_Nonnull rms_norm)(const float *_Nonnull x, const float *_Nonnull gain, float offset, float *_Nonnull y,
                              float *_Nullable statistics, long rows, long n, float epsilon);
    // The same y again from its statistics.
    void (*_Nonnull rms_norm_again)(const float *_Nonnull x, const float *_Nonnull gain, float offset,
                                    float *_Nonnull y, const float *_Nonnull statistics, long rows, long n);
    // dx = gradient (added when accumulate), dgain (n) is added to unless null.
    void (*_Nonnull rms_norm_gradient)(const float *_Nonnull x, const float *_Nonnull gain, float offset,
                                       const float *_Nonnull statistics, const float *_Nonnull dy, float *_Nullable dx,
                                       int accumulate, float *_Nullable dgain, long rows, long n);

    // Rotates each pair (x[i], x[i + half]) by the angle whose cosine and sine stand at i, or back where direction is -1:
    // of `rows` vectors of 2 half floats, one behind the other, in place.
    void (*_Nonnull rotate)(float *_Nonnull x, const float *_Nonnull cosines, const float *_Nonnull sines, float direction,
                            long rows, long half);

    // y = x + bias for each row; x null counts as 0.
    void (*_Nonnull add_bias)(const float *_Nullable x, const float *_Nonnull bias, float *_Nonnull y, long rows, long n);
    // sums (n) += the rows of x (rows, n), in order.
    void (*_Nonnull add_rows)(const float *_Nonnull x, float *_Nonnull sums, long rows, long n);
    // y = a + b. In place allowed.
    void (*_Nonnull add)(const float *_Nonnull a, const float *_Nonnull b, float *_Nonnull y, long n);
    // y += a * x.
    void (*_Nonnull axpy)(float a, const float *_Nonnull x, float *_Nonnull y, long n);
    // x *= a.
    void (*_Nonnull scale)(float a, float *_Nonnull x, long n);
    // sum(x^2), in double across blocks of 1024.
    double (*_Nonnull sum_of_squares)(const float *_Nonnull x, long n);

    // torch.optim.AdamW in one pass, g scaled by `gradient_scale` first:
    // m += (g - m)(1 - beta1); v = v beta2 + g^2 (1 - beta2);
    // p = p decay - step m / (sqrt(v) inverse_root + epsilon).
    void (*_Nonnull adamw)(float *_Nonnull p, const float *_Nonnull g, float *_Nonnull m, float *_Nonnull v, long n,
                           float gradient_scale, float beta1, float beta2, float decay, float step, float inverse_root,
                           float epsilon);
    // torch.optim.SGD in one pass, g scaled by `gradient_scale` first: g += weight_decay p; with a momentum buffer,
    // which starts at 0, g = m = momentum m + g; p -= step g.
    void (*_Nonnull sgd)(float *_Nonnull p, const float *_Nonnull g, float *_Nullable m, long n, float gradient_scale,
                         float step, float weight_decay, float momentum);

    // Indices i with x[i] >= bound or x[i] >= bounds[i], ascending, into `found`, which has room for n + 1; their count.
    long (*_Nonnull at_least)(const float *_Nonnull x, long n, float bound, const float *_Nonnull bounds,
                              int32_t *_Nonnull found);
} ds_kernels;

// The levels, from the plainest up.
enum { DS_PLAIN = 0, DS_AVX2 = 1, DS_AVX512 = 2 };

// The kernels of a level, or null where this machine (or this build) lacks it.
const ds_kernels *_Nullable ds_kernels_at(int level);
// The kernels of the best level that this machine has.
const ds_kernels *_Nonnull ds_kernels_best(void);

#endif
