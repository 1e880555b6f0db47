// Included by kernels.c once a level, with LANES (floats a vector) and LEVEL (suffix of every name) defined.
// The vector types are the compiler's own, so one source serves every instruction set.

#define N(name) DS_JOIN(name, LEVEL)
#define vf N(vf)
#define vi N(vi)
#define vu N(vu)
#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(LANES * 4)));
typedef int32_t vi __attribute__((vector_size(LANES * 4)));
// The same without alignment, for memory.
typedef float vu __attribute__((vector_size(LANES * 4), aligned(4)));

INLINE vf N(load)(const float *p) { return *(const vu *)p; }
INLINE void N(store)(float *p, vf x) { *(vu *)p = x; }
INLINE vf N(all)(float x) { return x - (vf){0}; }
INLINE vf N(pick)(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }
INLINE vf N(larger)(vf a, vf b) { return N(pick)(a > b, a, b); }

// The last n < LANES floats, the missing ones filled.
INLINE vf N(load_tail)(const float *p, long n, float fill) {
    vf x = N(all)(fill);
    memcpy(&x, p, (size_t)n * 4);
    return x;
}
INLINE void N(store_tail)(float *p, vf x, long n) { memcpy(p, &x, (size_t)n * 4); }

// Pairwise in a fixed order.
INLINE float N(total)(vf x) {
    float lanes[LANES];
    memcpy(lanes, &x, sizeof lanes);
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
    return lanes[0];
}
INLINE float N(largest)(vf x) {
    float best = x[0];
    for (int i = 1; i < LANES; i++) best = x[i] > best || best != best ? x[i] : best;
    return best;
}

// Runs `full(i)` on whole vectors and `part(i, count)` on the rest.
#define FOR_EACH_VECTOR(n, full, part)                                                                                 \
    {                                                                                                                  \
        long i = 0;                                                                                                    \
        for (; i + LANES <= (n); i += LANES) { full; }                                                                 \
        const long rest = (n)-i;                                                                                       \
        if (rest > 0) { part; }                                                                                        \
    }
// y[i] = f of the vectors x and z at i, whatever the length.
#define MAP1(n, p, y, expression)                                                                                      \
    FOR_EACH_VECTOR(                                                                                                   \
        n, vf x0 = N(load)((p) + i); N(store)((y) + i, expression), vf x0 = N(load_tail)((p) + i, rest, 0);            \
        N(store_tail)((y) + i, expression, rest))
#define MAP2(n, p, q, y, expression)                                                                                   \
    FOR_EACH_VECTOR(                                                                                                   \
        n, vf x0 = N(load)((p) + i); vf x1 = N(load)((q) + i); N(store)((y) + i, expression),                          \
        vf x0 = N(load_tail)((p) + i, rest, 0); vf x1 = N(load_tail)((q) + i, rest, 0);                                \
        N(store_tail)((y) + i, expression, rest))
// sum += each vector of the expression; missing elements read 0 and must contribute 0.
#define SUM1(n, p, sum, expression)                                                                                    \
    FOR_EACH_VECTOR(n, vf x0 = N(load)((p) + i); sum += (expression), vf x0 = N(load_tail)((p) + i, rest, 0);          \
                    sum += (expression))
#define SUM2(n, p, q, sum, expression)                                                                                 \
    FOR_EACH_VECTOR(n, vf x0 = N(load)((p) + i); vf x1 = N(load)((q) + i); sum += (expression),                        \
                    vf x0 = N(load_tail)((p) + i, rest, 0); vf x1 = N(load_tail)((q) + i, rest, 0);                    \
                    sum += (expression))

// exp(x) = 2^k exp(r), |r| <= ln(2)/2: polynomial of Cephes' expf (Moshier 1992). 2^k in two factors, so that
// results below the smallest normal number and above the largest come out as they should.
INLINE vf N(exp_vector)(vf x) {
    vf clipped = N(pick)(x < -104.0f, N(all)(-104.0f), x);
    clipped = N(pick)(clipped > 89.0f, N(all)(89.0f), clipped);
    const float round_magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
    const vf k = (clipped * 1.44269504088896341f + round_magic) - round_magic;
    vf r = clipped - k * 0.693359375f;
    r = r + k * 2.12194440e-4f;
    vf p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    const vi whole = __builtin_convertvector(N(pick)(x != x, N(all)(0), k), vi);
    const vi half = whole >> 1;
    p = p * (vf)((half + 127) << 23) * (vf)((whole - half + 127) << 23);
    return N(pick)(x != x, x, p);
}

static void N(exp)(const float *p, float *y, long n) { MAP1(n, p, y, N(exp_vector)(x0)) }

// tanh(x): the polynomial of Cephes' tanhf (Moshier 1992) where |x| < 0.625, which keeps the digits of small values, else
// 1 - 2 / (exp(2 |x|) + 1) with the sign of x.
INLINE vf N(tanh_vector)(vf x) {
    const vi below = x < 0.0f;
    const vf size = N(pick)(below, -x, x);
    const vf square = x * x;
    vf p = square * -5.70498872745e-3f + 2.06390887954e-2f;
    p = p * square - 5.37397155531e-2f;
    p = p * square + 1.33314422036e-1f;
    p = p * square - 3.33332819422e-1f;
    const vf far = 1.0f - 2.0f / (N(exp_vector)(2.0f * size) + 1.0f);
    return N(pick)(size < 0.625f, p * square * x + x, N(pick)(below, -far, far));
}
static void N(soft_cap)(float *x, long n, float scale, float cap) {
    const float inner = scale / cap;
    MAP1(n, x, x, cap *N(tanh_vector)(x0 *inner))
}
static void N(soft_cap_gradient)(const float *y, float *dy, long n, float scale, float cap) {
    const float inverse = 1.0f / cap;
    MAP2(n, y, dy, dy, scale *x1 *(1.0f - (x0 *inverse) * (x0 *inverse)))
}

// 0.5 (1 + tanh(u)) is the logistic function of 2u.
INLINE vf N(gelu_gate)(vf x) {
    const vf twice_u = x * (1.5957691216057308f + 0.07135481627f * x * x);
    return 1.0f / (1.0f + N(exp_vector)(-twice_u));
}
INLINE vf N(gelu_slope)(vf x) {
    const vf gate = N(gelu_gate)(x);
    // Where the gate is shut or open, the cubic may overflow while the product is 0.
    const vf inner = x * gate * (1.0f - gate) * (1.5957691216057308f + 0.21406444881f * x * x);
    return gate + N(pick)((gate == 0.0f) | (gate == 1.0f), N(all)(0), inner);
}
INLINE vf N(gelu_value)(vf x) { return x * N(gelu_gate)(x); }

// Phi(x), given exp(-x^2 / 2). With z = |x| / sqrt(2) and t = 1 / (1 + 0.36 z), erfc(z) = t P(t) exp(-z^2): P is fitted over all
// z >= 0 to a relative error of 4e-8. The tail itself is computed on its own side, so that small values keep their digits.
INLINE vf N(normal_distribution)(vf x, vf exponential) {
    const vi below = x < 0.0f;
    const vf t = 1.0f / (1.0f + N(pick)(below, -x, x) * 0.25455844122715711f);
    vf p = t * 0.0376622781f - 0.14196894f;
    p = p * t + 0.143424878f;
    p = p * t - 0.0286363677f;
    p = p * t + 0.106516573f;
    p = p * t + 0.12292496f;
    p = p * t + 0.163916635f;
    p = p * t + 0.189944039f;
    p = p * t + 0.203107723f;
    p = p * t + 0.203108257f;
    const vf tail = 0.5f * t * p * exponential;
    return N(pick)(below, tail, 1.0f - tail);
}
INLINE vf N(erf_gelu_value)(vf x) { return x * N(normal_distribution)(x, N(exp_vector)(-0.5f * x * x)); }
INLINE vf N(erf_gelu_slope)(vf x) {
    const vf e = N(exp_vector)(-0.5f * x * x);
    return N(normal_distribution)(x, e) + 0.3989422804014327f * x * e;
}
// Slope 0 where it is clipped; never so below, where the least value is -0.17.
INLINE vf N(clipped_gelu_value)(vf x) {
    const vf y = N(erf_gelu_value)(x);
    return N(pick)(y > 10.0f, N(all)(10), y);
}
INLINE vf N(clipped_gelu_slope)(vf x) {
    return N(pick)(N(erf_gelu_value)(x) > 10.0f, N(all)(0), N(erf_gelu_slope)(x));
}

INLINE vf N(relu_value)(vf x) { return N(pick)(x < 0.0f, N(all)(0), x); }
INLINE vf N(relu_slope)(vf x) { return N(pick)(x > 0.0f, N(all)(1), N(all)(0)); }
INLINE vf N(squared_relu_value)(vf x) { return N(relu_value)(x) * N(relu_value)(x); }
INLINE vf N(squared_relu_slope)(vf x) { return 2.0f * N(relu_value)(x); }

INLINE vf N(logistic)(vf x) { return 1.0f / (1.0f + N(exp_vector)(-x)); }
INLINE vf N(silu_value)(vf x) { return x * N(logistic)(x); }
INLINE vf N(silu_slope)(vf x) {
    const vf gate = N(logistic)(x);
    return gate * (1.0f + x * (1.0f - gate));
}
INLINE vf N(quick_gelu_value)(vf x) { return x * N(logistic)(1.702f * x); }
INLINE vf N(quick_gelu_slope)(vf x) { return N(silu_slope)(1.702f * x); }
INLINE vf N(tanh_slope)(vf x) {
    const vf y = N(tanh_vector)(x);
    return 1.0f - y * y;
}

// All four kernels of a function.
#define ACTIVATION(name, value_of, slope_of)                                                                           \
    static void N(name)(const float *p, float *y, long n) { MAP1(n, p, y, value_of(x0)) }                              \
    static void N(name##_gradient)(const float *p, const float *dy, float *dx, long n) {                               \
        MAP2(n, p, dy, dx, slope_of(x0) * x1)                                                                          \
    }                                                                                                                  \
    static void N(name##_gated)(const float *gate, const float *up, float *y, long n) {                                \
        MAP2(n, gate, up, y, value_of(x0) * x1)                                                                        \
    }                                                                                                                  \
    static void N(name##_gated_gradient)(const float *gate, const float *up, const float *dy, float *dgate,            \
                                         float *dup, long n) {                                                         \
        FOR_EACH_VECTOR(                                                                                               \
            n, vf x = N(load)(gate + i); vf d = N(load)(dy + i);                                                       \
            N(store)(dgate + i, d * N(load)(up + i) * slope_of(x)); N(store)(dup + i, d * value_of(x)),                \
            vf x = N(load_tail)(gate + i, rest, 0); vf d = N(load_tail)(dy + i, rest, 0);                              \
            N(store_tail)(dgate + i, d * N(load_tail)(up + i, rest, 0) * slope_of(x), rest);                           \
            N(store_tail)(dup + i, d * value_of(x), rest))                                                             \
    }
#define ACTIVATION_ENTRY(name) {N(name), N(name##_gradient), N(name##_gated), N(name##_gated_gradient)}
ACTIVATION(gelu, N(gelu_value), N(gelu_slope))
ACTIVATION(erf_gelu, N(erf_gelu_value), N(erf_gelu_slope))
ACTIVATION(clipped_gelu, N(clipped_gelu_value), N(clipped_gelu_slope))
ACTIVATION(quick_gelu, N(quick_gelu_value), N(quick_gelu_slope))
ACTIVATION(relu, N(relu_value), N(relu_slope))
ACTIVATION(squared_relu, N(squared_relu_value), N(squared_relu_slope))
ACTIVATION(silu, N(silu_value), N(silu_slope))
ACTIVATION(tanh, N(tanh_vector), N(tanh_slope))

INLINE float N(maximum)(const float *p, long n) {
    vf best = N(all)(-INFINITY);
    FOR_EACH_VECTOR(n, best = N(larger)(N(load)(p + i), best),
                    best = N(larger)(N(load_tail)(p + i, rest, -INFINITY), best))
    return N(largest)(best);
}

// sum(exp(x * scale - shift)), in double across blocks so that long rows keep their digits.
INLINE double N(sum_exp)(const float *p, long n, float scale, float shift) {
    double sum = 0;
    for (long start = 0; start < n; start += 1024) {
        const long size = n - start < 1024 ? n - start : 1024;
        const float *q = p + start;
        vf part = {0};
        FOR_EACH_VECTOR(size, part += N(exp_vector)(N(load)(q + i) * scale - shift),
                        part += N(exp_vector)(N(load_tail)(q + i, rest, -INFINITY) * scale - shift))
        sum += N(total)(part);
    }
    return sum;
}

static float N(log_sum_exp)(const float *p, long n) {
    const float top = N(maximum)(p, n);
    if (isinf(top)) return top;
    return (float)(top + log(N(sum_exp)(p, n, 1, top)));
}
static void N(scaled_softmax)(float *p, long n, float lse, float scale) {
    MAP1(n, p, p, scale *N(exp_vector)(x0 - lse))
}

// With d = log p_ref - log p, KL = sum p_ref (exp(-d) - 1 + d), since both distributions sum to 1. Each summand is
// >= 0; near d = 0 its series keeps the digits that p - p_ref would cancel.
INLINE vf N(kl_summand)(vf reference, vf x, float reference_lse, float lse) {
    const vf log_reference = reference - reference_lse;
    const vf d = log_reference - (x - lse);
    const vf p_reference = N(exp_vector)(log_reference);
    const vf series = d * d * (0.5f + d * (-0.16666667f + d * (0.041666667f - d * 0.0083333333f)));
    const vf exact = N(exp_vector)(x - lse) - p_reference + p_reference * d;
    const vf summand = N(pick)((d > -0.25f) & (d < 0.25f), p_reference * series, exact);
    return summand;
}
static double N(kl_divergence)(const float *reference, const float *x, long n, float reference_lse, float lse) {
    double sum = 0;
    for (long start = 0; start < n; start += 1024) {
        const long size = n - start < 1024 ? n - start : 1024;
        const float *q = reference + start;
        const float *r = x + start;
        vf part = {0};
        FOR_EACH_VECTOR(size, part += N(kl_summand)(N(load)(q + i), N(load)(r + i), reference_lse, lse), {
            // Missing elements are equal in both, hence 0.
            part += N(kl_summand)(N(load_tail)(q + i, rest, reference_lse), N(load_tail)(r + i, rest, lse),
                                  reference_lse, lse);
        })
        sum += N(total)(part);
    }
    return sum;
}
static void N(kl_gradient)(const float *reference, float *x, long n, float reference_lse, float lse, float scale) {
    MAP2(n, reference, x, x, scale *(N(exp_vector)(x1 - lse) - N(exp_vector)(x0 - reference_lse)))
}

// The columns that row r may see: the last `window` of 0...first + r.
#define VISIBLE                                                                                                        \
    const long end = first + r + 1 < columns ? first + r + 1 : columns;                                                \
    const long begin = first + r + 1 > window ? first + r + 1 - window : 0;                                            \
    const long visible = end - begin;
#define HIDE(row)                                                                                                      \
    memset((row), 0, (size_t)begin * 4);                                                                               \
    memset((row) + end, 0, (size_t)(columns - end) * 4);
static void N(causal_softmax)(float *scores, long rows, long columns, long stride, long first, long window, float scale,
                              float *lse) {
    for (long r = 0; r < rows; r++) {
        VISIBLE
        float *row = scores + r * stride;
        float *seen = row + begin;
        const float top = N(maximum)(seen, visible) * scale;
        vf part = {0};
        FOR_EACH_VECTOR(visible,
                        vf e = N(exp_vector)(N(load)(seen + i) * scale - top); N(store)(seen + i, e); part += e,
                        vf e = N(exp_vector)(N(load_tail)(seen + i, rest, -INFINITY) * scale - top);
                        N(store_tail)(seen + i, e, rest); part += e)
        const float sum = N(total)(part);
        const float inverse = 1.0f / sum;
        MAP1(visible, seen, seen, x0 *inverse)
        HIDE(row)
        lse[r] = top + logf(sum);
    }
}
static void N(causal_probabilities)(float *scores, long rows, long columns, long stride, long first, long window,
                                    float scale, const float *lse) {
    for (long r = 0; r < rows; r++) {
        VISIBLE
        float *row = scores + r * stride;
        MAP1(visible, row + begin, row + begin, N(exp_vector)(x0 * scale - lse[r]))
        HIDE(row)
    }
}
static void N(causal_softmax_gradient)(const float *p, float *dp, long rows, long columns, long stride, long first,
                                       long window, float scale) {
    for (long r = 0; r < rows; r++) {
        VISIBLE
        const float *row = p + r * stride + begin;
        float *gradient = dp + r * stride;
        vf part = {0};
        SUM2(visible, row, gradient + begin, part, x0 *x1)
        const float mean = N(total)(part);
        MAP2(visible, row, gradient + begin, gradient + begin, scale *x0 *(x1 - mean))
        HIDE(gradient)
    }
}
#undef VISIBLE
#undef HIDE

static void N(layer_norm_again)(const float *p, const float *gain, const float *bias, float *y,
                                const float *statistics, long rows, long n) {
    for (long r = 0; r < rows; r++) {
        const float *row = p + r * n;
        float *out = y + r * n;
        const float mean = statistics[2 * r];
        const float rstd = statistics[2 * r + 1];
        FOR_EACH_VECTOR(
            n, N(store)(out + i, (N(load)(row + i) - mean) * rstd * N(load)(gain + i) + N(load)(bias + i)),
            N(store_tail)(out + i,
                          (N(load_tail)(row + i, rest, 0) - mean) * rstd * N(load_tail)(gain + i, rest, 0) +
                              N(load_tail)(bias + i, rest, 0),
                          rest))
    }
}
static void N(layer_norm)(const float *p, const float *gain, const float *bias, float *y, float *statistics, long rows,
                          long n, float epsilon) {
    for (long r = 0; r < rows; r++) {
        const float *row = p + r * n;
        vf sum = {0};
        SUM1(n, row, sum, x0)
        const float mean = N(total)(sum) / (float)n;
        vf squares = {0};
        FOR_EACH_VECTOR(n, vf d = N(load)(row + i) - mean; squares += d * d,
                        vf d = N(load_tail)(row + i, rest, mean) - mean; squares += d * d)
        const float moments[2] = {mean, 1.0f / sqrtf(N(total)(squares) / (float)n + epsilon)};
        N(layer_norm_again)(row, gain, bias, y + r * n, moments, 1, n);
        if (statistics) memcpy(statistics + 2 * r, moments, sizeof moments);
    }
}
// With h = (x - mean) rstd and g = dy gain: dx = rstd (g - mean(g) - h mean(g h)).
static void N(layer_norm_gradient)(const float *p, const float *gain, const float *statistics, const float *dy,
                                   float *dx, int accumulate, float *dgain, float *dbias, long rows, long n) {
    for (long r = 0; r < rows; r++) {
        const float *row = p + r * n;
        const float *out = dy + r * n;
        const float mean = statistics[2 * r];
        const float rstd = statistics[2 * r + 1];
        if (dgain) {
            FOR_EACH_VECTOR(
                n, N(store)(dgain + i, N(load)(dgain + i) + N(load)(out + i) * ((N(load)(row + i) - mean) * rstd)),
                N(store_tail)(dgain + i,
                              N(load_tail)(dgain + i, rest, 0) +
                                  N(load_tail)(out + i, rest, 0) * ((N(load_tail)(row + i, rest, 0) - mean) * rstd),
                              rest))
        }
        if (dbias) { MAP2(n, dbias, out, dbias, x0 + x1) }
        if (!dx) continue;
        vf sum = {0};
        vf product = {0};
        FOR_EACH_VECTOR(n, vf g = N(load)(out + i) * N(load)(gain + i); sum += g;
                        product += g * ((N(load)(row + i) - mean) * rstd),
                        vf g = N(load_tail)(out + i, rest, 0) * N(load_tail)(gain + i, rest, 0);
                        sum += g; product += g * ((N(load_tail)(row + i, rest, 0) - mean) * rstd))
        const float mean_g = N(total)(sum) / (float)n;
        const float mean_gh = N(total)(product) / (float)n;
        float *target = dx + r * n;
        FOR_EACH_VECTOR(n,
                        {
                            vf h = (N(load)(row + i) - mean) * rstd;
                            vf d = rstd * (N(load)(out + i) * N(load)(gain + i) - mean_g - h * mean_gh);
                            N(store)(target + i, accumulate ? N(load)(target + i) + d : d);
                        },
                        {
                            vf h = (N(load_tail)(row + i, rest, 0) - mean) * rstd;
                            vf d = rstd * (N(load_tail)(out + i, rest, 0) * N(load_tail)(gain + i, rest, 0) - mean_g -
                                           h * mean_gh);
                            N(store_tail)(target + i, accumulate ? N(load_tail)(target + i, rest, 0) + d : d, rest);
                        })
    }
}

static void N(rms_norm_again)(const float *p, const float *gain, float offset, float *y, const float *statistics,
                              long rows, long n) {
    for (long r = 0; r < rows; r++) {
        const float rstd = statistics[r];
        MAP2(n, p + r * n, gain, y + r * n, x0 *rstd *(offset + x1))
    }
}
static void N(rms_norm)(const float *p, const float *gain, float offset, float *y, float *statistics, long rows, long n,
                        float epsilon) {
    for (long r = 0; r < rows; r++) {
        vf squares = {0};
        SUM1(n, p + r * n, squares, x0 *x0)
        const float rstd = 1.0f / sqrtf(N(total)(squares) / (float)n + epsilon);
        N(rms_norm_again)(p + r * n, gain, offset, y + r * n, &rstd, 1, n);
        if (statistics) statistics[r] = rstd;
    }
}
// With h = x rstd and g = dy (offset + gain): dx = rstd (g - h mean(g h)).
static void N(rms_norm_gradient)(const float *p, const float *gain, float offset, const float *statistics,
                                 const float *dy, float *dx, int accumulate, float *dgain, long rows, long n) {
    for (long r = 0; r < rows; r++) {
        const float *row = p + r * n;
        const float *out = dy + r * n;
        const float rstd = statistics[r];
        if (dgain) {
            FOR_EACH_VECTOR(n, N(store)(dgain + i, N(load)(dgain + i) + N(load)(out + i) * (N(load)(row + i) * rstd)),
                            N(store_tail)(dgain + i,
                                          N(load_tail)(dgain + i, rest, 0) +
                                              N(load_tail)(out + i, rest, 0) * (N(load_tail)(row + i, rest, 0) * rstd),
                                          rest))
        }
        if (!dx) continue;
        vf product = {0};
        FOR_EACH_VECTOR(
            n, product += N(load)(out + i) * (offset + N(load)(gain + i)) * (N(load)(row + i) * rstd),
            product += N(load_tail)(out + i, rest, 0) * (offset + N(load_tail)(gain + i, rest, 0)) *
                       (N(load_tail)(row + i, rest, 0) * rstd))
        const float mean = N(total)(product) / (float)n;
        float *target = dx + r * n;
        FOR_EACH_VECTOR(
            n,
            {
                vf d = rstd * (N(load)(out + i) * (offset + N(load)(gain + i)) - N(load)(row + i) * rstd * mean);
                N(store)(target + i, accumulate ? N(load)(target + i) + d : d);
            },
            {
                vf d = rstd * (N(load_tail)(out + i, rest, 0) * (offset + N(load_tail)(gain + i, rest, 0)) -
                               N(load_tail)(row + i, rest, 0) * rstd * mean);
                N(store_tail)(target + i, accumulate ? N(load_tail)(target + i, rest, 0) + d : d, rest);
            })
    }
}

static void N(rotate)(float *p, const float *cosines, const float *sines, float direction, long rows, long half) {
    for (long r = 0; r < rows; r++) {
        float *first = p + 2 * half * r;
        float *second = first + half;
        FOR_EACH_VECTOR(
            half,
            {
                vf a = N(load)(first + i); vf b = N(load)(second + i);
                vf c = N(load)(cosines + i); vf s = N(load)(sines + i) * direction;
                N(store)(first + i, a * c - b * s);
                N(store)(second + i, b * c + a * s);
            },
            {
                vf a = N(load_tail)(first + i, rest, 0); vf b = N(load_tail)(second + i, rest, 0);
                vf c = N(load_tail)(cosines + i, rest, 0); vf s = N(load_tail)(sines + i, rest, 0) * direction;
                N(store_tail)(first + i, a * c - b * s, rest);
                N(store_tail)(second + i, b * c + a * s, rest);
            })
    }
}

static void N(add_bias)(const float *p, const float *bias, float *y, long rows, long n) {
    for (long r = 0; r < rows; r++) {
        if (p) {
            MAP2(n, p + r * n, bias, y + r * n, x0 + x1)
        } else {
            memcpy(y + r * n, bias, (size_t)n * 4);
        }
    }
}
static void N(add_rows)(const float *p, float *sums, long rows, long n) {
    for (long r = 0; r < rows; r++) MAP2(n, sums, p + r * n, sums, x0 + x1)
}
static void N(add)(const float *a, const float *b, float *y, long n) { MAP2(n, a, b, y, x0 + x1) }
static void N(axpy)(float a, const float *p, float *y, long n) { MAP2(n, y, p, y, x0 + a * x1) }
static void N(scale)(float a, float *p, long n) { MAP1(n, p, p, a *x0) }
static double N(sum_of_squares)(const float *p, long n) {
    double sum = 0;
    for (long start = 0; start < n; start += 1024) {
        const long size = n - start < 1024 ? n - start : 1024;
        vf part = {0};
        SUM1(size, p + start, part, x0 *x0)
        sum += N(total)(part);
    }
    return sum;
}

INLINE void N(adamw_vector)(vf *p, vf g, vf *m, vf *v, float gradient_scale, float beta1, float beta2, float decay,
                            float step, float inverse_root, float epsilon) {
    g = g * gradient_scale;
    *m = *m + (g - *m) * (1.0f - beta1);
    *v = *v * beta2 + g * g * (1.0f - beta2);
    *p = *p * decay - step * *m / (__builtin_elementwise_sqrt(*v) * inverse_root + epsilon);
}
static void N(adamw)(float *p, const float *g, float *m, float *v, long n, float gradient_scale, float beta1,
                     float beta2, float decay, float step, float inverse_root, float epsilon) {
    FOR_EACH_VECTOR(
        n, vf p0 = N(load)(p + i); vf m0 = N(load)(m + i); vf v0 = N(load)(v + i);
        N(adamw_vector)(&p0, N(load)(g + i), &m0, &v0, gradient_scale, beta1, beta2, decay, step, inverse_root, epsilon);
        N(store)(p + i, p0); N(store)(m + i, m0); N(store)(v + i, v0),
        vf p0 = N(load_tail)(p + i, rest, 0); vf m0 = N(load_tail)(m + i, rest, 0);
        vf v0 = N(load_tail)(v + i, rest, 0);
        N(adamw_vector)(&p0, N(load_tail)(g + i, rest, 0), &m0, &v0, gradient_scale, beta1, beta2, decay, step,
                        inverse_root, epsilon);
        N(store_tail)(p + i, p0, rest); N(store_tail)(m + i, m0, rest); N(store_tail)(v + i, v0, rest))
}

static void N(sgd)(float *p, const float *g, float *m, long n, float gradient_scale, float step, float weight_decay,
                   float momentum) {
    if (m) {
        MAP2(n, m, g, m, momentum *x0 + gradient_scale * x1)
        if (weight_decay != 0) { MAP2(n, m, p, m, x0 + weight_decay * x1) }
        MAP2(n, p, m, p, x0 - step * x1)
    } else {
        MAP2(n, p, g, p, x0 - step * (gradient_scale * x1 + weight_decay * x0))
    }
}

static long N(at_least)(const float *x, long n, float bound, const float *bounds, int32_t *found) {
    long count = 0;
    const vf all = N(all)(bound);
    long i = 0;
    for (; i + LANES <= n; i += LANES) {
        const vf v = N(load)(x + i);
        // Hits are rare: one test for a whole vector, then its elements one by one.
        const vi hit = (v >= all) | (v >= N(load)(bounds + i));
        if (__builtin_reduce_or(hit) == 0) continue;
        for (long j = i; j < i + LANES; j++) {
            found[count] = (int32_t)j;
            count += x[j] >= bound || x[j] >= bounds[j];
        }
    }
    for (; i < n; i++) {
        found[count] = (int32_t)i;
        count += x[i] >= bound || x[i] >= bounds[i];
    }
    return count;
}

static const ds_kernels N(table) = {
    .name = DS_NAME(LEVEL),
    .exp = N(exp),
    .gelu = ACTIVATION_ENTRY(gelu),
    .erf_gelu = ACTIVATION_ENTRY(erf_gelu),
    .clipped_gelu = ACTIVATION_ENTRY(clipped_gelu),
    .quick_gelu = ACTIVATION_ENTRY(quick_gelu),
    .relu = ACTIVATION_ENTRY(relu),
    .squared_relu = ACTIVATION_ENTRY(squared_relu),
    .silu = ACTIVATION_ENTRY(silu),
    .tanh = ACTIVATION_ENTRY(tanh),
    .log_sum_exp = N(log_sum_exp),
    .scaled_softmax = N(scaled_softmax),
    .soft_cap = N(soft_cap),
    .soft_cap_gradient = N(soft_cap_gradient),
    .kl_divergence = N(kl_divergence),
    .kl_gradient = N(kl_gradient),
    .causal_softmax = N(causal_softmax),
    .causal_probabilities = N(causal_probabilities),
    .causal_softmax_gradient = N(causal_softmax_gradient),
    .layer_norm = N(layer_norm),
    .layer_norm_again = N(layer_norm_again),
    .layer_norm_gradient = N(layer_norm_gradient),
    .rms_norm = N(rms_norm),
    .rms_norm_again = N(rms_norm_again),
    .rms_norm_gradient = N(rms_norm_gradient),
    .rotate = N(rotate),
    .add_bias = N(add_bias),
    .add_rows = N(add_rows),
    .add = N(add),
    .axpy = N(axpy),
    .scale = N(scale),
    .sum_of_squares = N(sum_of_squares),
    .adamw = N(adamw),
    .sgd = N(sgd),
    .at_least = N(at_least),
};

#undef N
#undef vf
#undef vi
#undef vu
#undef INLINE
#undef FOR_EACH_VECTOR
#undef GATED
#undef MAP1
#undef MAP2
#undef SUM1
#undef SUM2
