/* numeric.c -- see numeric.h for the contracts. */
#include "ref/numeric.h"

#include <math.h>

double ref_logsumexp(const double *x, size_t n)
{
    size_t first = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) return x[i];
        if (x[i] > x[first]) first = i;
    }
    if (n == 0) return -HUGE_VAL;
    const double top = x[first];
    if (!isfinite(top)) return top;

    /* the largest term is the 1 of log1p: small rests keep their digits */
    ref_sum rest = {0};
    for (size_t i = 0; i < n; i++)
        if (i != first) ref_sum_add(&rest, exp(x[i] - top));
    return top + log1p(ref_sum_value(&rest));
}

double ref_softplus(double x)
{
    return fmax(x, 0.0) + log1p(exp(-fabs(x))); /* fmax drops a NaN, log1p keeps it */
}

double ref_sigmoid(double x)
{
    if (x >= 0.0) return 1.0 / (1.0 + exp(-x));
    const double e = exp(x);
    return e / (1.0 + e);
}

double ref_log1mexp(double x)
{
    if (!(x <= 0.0)) return nan("");
    /* log 2 splits the range: each form loses no digits on its own side */
    return x > -0.6931471805599453 ? log(-expm1(x)) : log1p(-exp(x));
}

double ref_hit_probability(double n, double p)
{
    if (!(n >= 0.0 && p >= 0.0 && p <= 1.0)) return nan("");
    return n == 0.0 ? 0.0 : -expm1(n * log1p(-p));
}

double ref_miss_probability(double n, double p)
{
    if (!(n >= 0.0 && p >= 0.0 && p <= 1.0)) return nan("");
    if (n == 0.0) return 1.0;
    if (p == 1.0) return 0.0;
    /* q + r = 1 - p exactly: exp(n log(1-p)) would lose the digits of n log(1-p) */
    const double q = 1.0 - p, r = (1.0 - q) - p;
    return pow(q, n) * exp(n * (r / q));
}

void ref_sum_add(ref_sum *s, double x)
{
    const double t = s->high + x;
    s->low += fabs(s->high) >= fabs(x) ? (s->high - t) + x : (x - t) + s->high;
    s->high = t;
}

double ref_sum_value(const ref_sum *s)
{
    /* once the sum is infinite the correction is inf - inf: leave it out */
    return isfinite(s->high) ? s->high + s->low : s->high;
}

double ref_total(const double *x, size_t n)
{
    ref_sum s = {0};
    for (size_t i = 0; i < n; i++) ref_sum_add(&s, x[i]);
    return ref_sum_value(&s);
}

double ref_dot(const double *x, const double *y, size_t n)
{
    ref_sum s = {0};
    for (size_t i = 0; i < n; i++) {
        const double product = x[i] * y[i];
        ref_sum_add(&s, product);
        if (isfinite(product)) s.low += fma(x[i], y[i], -product);
    }
    return ref_sum_value(&s);
}

double ref_norm2(const double *x, size_t n)
{
    return ref_dot(x, x, n);
}

void ref_moment_add(ref_moment *s, double x)
{
    s->n++;
    const double delta = x - s->mean;
    s->mean += delta / (double)s->n;
    s->m2 += delta * (x - s->mean);
}

double ref_moment_variance(const ref_moment *s, size_t ddof)
{
    return s->n > ddof ? s->m2 / (double)(s->n - ddof) : nan("");
}
