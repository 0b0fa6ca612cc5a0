/* numeric.h -- small numerics that every formula leans on.
 *
 * Probabilities live as logarithms; a maximum is subtracted before exp; sums run in
 * index order or are compensated; the functions are written so that NaN stays NaN.
 */
#ifndef REF_NUMERIC_H
#define REF_NUMERIC_H

#include "ref/status.h"

#include <stddef.h>

/* log sum_i exp(x_i), i < n.
 *
 *   x         array of n, entries in [-inf, +inf)
 *   returns   -inf for n = 0 or all entries -inf; NaN if an entry is NaN
 *   label     [spec:gvm 1.4]
 */
REF_API double ref_logsumexp(const double *x, size_t n);

/* softplus(x) = log(1 + e^x) = max(x,0) + log1p(e^-|x|).             [spec:bvpo 4] */
REF_API double ref_softplus(double x);

/* sigma(x) = 1/(1 + e^-x), without overflow for any x.               [spec:bvpo 4] */
REF_API double ref_sigmoid(double x);

/* log(1 - e^x) for x <= 0, accurate at both ends; NaN for x > 0.     [spec:gvm 2.4] */
REF_API double ref_log1mexp(double x);

/* 1 - (1-p)^n without cancellation: -expm1(n log1p(-p)); n = 0 gives 0.
 *
 *   p         in [0,1]; NaN outside
 *   n         number of draws, real so that fractional budgets may be asked for; n >= 0
 *   returns   probability of at least one success in n draws
 *   label     [spec:gvm 2.4]
 */
REF_API double ref_hit_probability(double n, double p);

/* (1-p)^n, also where 1-p is rounded; n = 0 gives 1, also at p = 1.   [spec:gvm 2.3] */
REF_API double ref_miss_probability(double n, double p);

/* Compensated (Neumaier) sum. Start from {0}; add in any order; read with _value. */
typedef struct ref_sum {
    double high; /* running sum */
    double low;  /* what rounding has dropped so far */
} ref_sum;

REF_API void ref_sum_add(ref_sum *s, double x);
REF_API double ref_sum_value(const ref_sum *s);

/* Compensated sum of x_i, i < n. */
REF_API double ref_total(const double *x, size_t n);

/* Compensated inner product sum_i x_i y_i, exact products by fma (Dot2). */
REF_API double ref_dot(const double *x, const double *y, size_t n);

/* |x|^2 = sum_i x_i^2, compensated. */
REF_API double ref_norm2(const double *x, size_t n);

/* Streaming mean and variance (Welford); ddof is the caller's choice.   [spec:bvpo 7] */
typedef struct ref_moment {
    size_t n;
    double mean;
    double m2; /* sum of squared deviations from the mean */
} ref_moment;

REF_API void ref_moment_add(ref_moment *s, double x);

/* m2 / (n - ddof); NaN when n <= ddof. */
REF_API double ref_moment_variance(const ref_moment *s, size_t ddof);

#endif
