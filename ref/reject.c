/* reject.c -- see reject.h for the contracts.
 *
 * No formula below divides by q = 1-p: the printed forms with vR = HR/q - (p/q)^2 mu2
 * are rewritten so that p = 1 needs no special case.
 */
#include "ref/reject.h"

#include "ref/numeric.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* ---- coefficients ---------------------------------------------------------------- */

static const char *const estimator_name[REF_REJECT_COUNT] = {
#define NAME(id, name, formula) name,
    REF_REJECT_LIST(NAME)
#undef NAME
};

ref_reject_estimator ref_reject_find(const char *name)
{
    int e = 0;
    while (e < (int)REF_REJECT_COUNT && strcmp(name, estimator_name[e]) != 0) e++;
    return (ref_reject_estimator)e;
}

const char *ref_reject_name(ref_reject_estimator e)
{
    return (unsigned)e < (unsigned)REF_REJECT_COUNT ? estimator_name[e] : "unknown";
}

ref_reject_coefficient ref_reject_coefficients(ref_reject_estimator e,
                                               const ref_reject_case *c)
{
    const double n = (double)c->n, K = (double)c->K;
    const ref_reject_coefficient zero = {0.0, 0.0};
    switch (e) {
    case REF_REJECT_IW:
    case REF_REJECT_RB:
        if (c->n == 0) return zero;
        return (ref_reject_coefficient){1.0 / (n * c->p), 0.0};
    case REF_REJECT_SN:
        if (c->K == 0) return zero;
        return (ref_reject_coefficient){1.0 / K, 0.0};
    case REF_REJECT_LOO:
        if (c->K == 0) return zero;
        return (ref_reject_coefficient){1.0 / K, -1.0 / n};
    case REF_REJECT_POOL:
        return (ref_reject_coefficient){c->pool, 0.0};
    case REF_REJECT_RRIS:
        if (c->K == 0) return zero;
        return (ref_reject_coefficient){c->weight / K, -c->weight * c->p / K};
    case REF_REJECT_COUNT:
        break;
    }
    return (ref_reject_coefficient){nan(""), nan("")};
}

/* ---- h(n,p) ---------------------------------------------------------------------- */

static bool is_rate(double p)
{
    return p >= 0.0 && p <= 1.0; /* false for NaN */
}

double ref_reject_h(size_t n, double p)
{
    if (!is_rate(p)) return nan("");
    /* in twice the digits, q + r = 1 - p exactly: roundings would add up over 1/p steps */
    const double q = 1.0 - p, r = (1.0 - q) - p;
    ref_sum h = {0};
    for (size_t j = 1; j <= n; j++) {
        const double scaled = q * h.high;
        h.low = q * h.low + (r * h.high + fma(q, h.high, -scaled));
        h.high = scaled;
        ref_sum_add(&h, ref_hit_probability((double)j, p) / (double)j);
    }
    return ref_sum_value(&h);
}

double ref_reject_h_lower(size_t n, double p)
{
    if (!is_rate(p)) return nan("");
    if (n == 0 || p == 0.0) return 0.0;
    const double hit = ref_hit_probability((double)n, p);
    return hit * hit / ((double)n * p);
}

double ref_reject_h_upper(size_t n, double p)
{
    if (!is_rate(p)) return nan("");
    if (n == 0 || p == 0.0) return 0.0;
    const double next = (double)n + 1.0;
    return 2.0 * ref_hit_probability(next, p) / (next * p);
}

double ref_reject_h_large(size_t n, double p)
{
    if (!is_rate(p)) return nan("");
    const double np = (double)n * p;
    return 1.0 / np + (1.0 - p) / (np * np);
}

/* ---- exact laws ------------------------------------------------------------------ */

static ref_reject_law no_law(void)
{
    return (ref_reject_law){nan(""), nan(""), nan("")};
}

static ref_reject_law make_law(double omega, double variance, double mu2)
{
    const double bias = 1.0 - omega;
    return (ref_reject_law){omega, variance, variance + bias * bias * mu2};
}

/* The miss is taken as it is, not as 1 - omega, so that the MSE keeps its digits. */
static ref_reject_law law_sn(const ref_reject_moments *x, size_t n)
{
    const double hit = ref_hit_probability((double)n, x->p);
    const double miss = ref_miss_probability((double)n, x->p);
    const double spread = x->v * ref_reject_h(n, x->p);
    return (ref_reject_law){hit, spread + miss * hit * x->mu2, spread + miss * x->mu2};
}

static ref_reject_law law_loo(const ref_reject_moments *x, size_t n)
{
    if (n == 1) return make_law(0.0, 0.0, x->mu2); /* an accepted draw minus itself */

    const double p = x->p, draws = (double)n;
    const double last2 = ref_miss_probability(draws - 2.0, p);
    const double last1 = ref_miss_probability(draws - 1.0, p);
    const double on_v =
        ref_reject_h(n, p) - 2.0 * ref_hit_probability(draws, p) / draws + p / draws;
    const double on_HR = ref_hit_probability(draws - 1.0, p) / draws;
    const double on_mu2 =
        (p / draws) * (1.0 + p * last2) + last2 * (1.0 - 2.0 * p) - last1 * last1;
    return make_law(ref_hit_probability(draws - 1.0, p),
                    x->v * on_v + x->HR * on_HR + x->mu2 * on_mu2, x->mu2);
}

ref_reject_law ref_reject_exact(ref_reject_estimator e, const ref_reject_moments *x,
                                double n, double pool)
{
    const double p = x->p;
    if (!(is_rate(p) && n >= 0.0 && isfinite(n))) return no_law();
    if (n == 0.0 && e != REF_REJECT_RRIS) return make_law(0.0, 0.0, x->mu2);

    const bool whole = n == floor(n) && n < 0x1p53;
    switch (e) {
    case REF_REJECT_IW:
        return p > 0.0 ? make_law(1.0, (x->S2 / p - x->mu2) / n, x->mu2) : no_law();
    case REF_REJECT_RB:
        return p > 0.0 ? make_law(1.0, (x->W2 / (p * p) - x->mu2) / n, x->mu2)
                       : no_law();
    case REF_REJECT_SN:
        return whole ? law_sn(x, (size_t)n) : no_law();
    case REF_REJECT_LOO:
        return whole ? law_loo(x, (size_t)n) : no_law();
    case REF_REJECT_POOL:
        return make_law(pool * n * p, pool * pool * n * p * (x->S2 - p * x->mu2),
                        x->mu2);
    case REF_REJECT_RRIS:
    case REF_REJECT_COUNT:
        break;
    }
    return no_law();
}

double ref_reject_bound(const ref_reject_moments *x, double n)
{
    if (!(is_rate(x->p) && x->p > 0.0 && n > 0.0)) return nan("");
    return x->S2 / (n * x->p);
}

double ref_reject_sn_mse(const double *w, const ref_reject_moments *x, const size_t *n,
                         const double *mu, size_t m, size_t d)
{
    ref_sum total = {0};
    for (size_t i = 0; i < m; i++)
        ref_sum_add(&total, w[i] * w[i] * law_sn(&x[i], n[i]).variance);
    for (size_t k = 0; k < d; k++) {
        ref_sum bias = {0};
        for (size_t i = 0; i < m; i++) {
            const double miss = ref_miss_probability((double)n[i], x[i].p);
            ref_sum_add(&bias, w[i] * miss * mu[i * d + k]);
        }
        const double b = ref_sum_value(&bias);
        ref_sum_add(&total, b * b);
    }
    return ref_sum_value(&total);
}

/* ---- Russian-roulette inverse sampling ------------------------------------------- */

static double roulette_R(const ref_reject_moments *x)
{
    return x->HR / x->p + x->mu2;
}

static bool is_roulette(double p, const ref_reject_roulette *r)
{
    return is_rate(p) && p > 0.0 && r->kappa > 0.0 && isfinite(r->kappa)
           && is_rate(r->c) && !(r->cap > 0 && r->kappa > 1.0);
}

/* E|X|^2 of one run that stops at its first success or, worth 0, after cap draws:
 * the sum over j rejected draws, with |mu-| = (p/q)|mu| put in. */
static double capped_second_moment(const ref_reject_moments *x, double c, size_t cap)
{
    const double p = x->p, q = 1.0 - p;
    const double a = 1.0 - c;
    double q0 = 1.0, q1 = 0.0, q2 = 0.0; /* q^j, q^(j-1), q^(j-2) */
    ref_sum total = {0};
    for (size_t j = 0; j < cap; j++) {
        const double J = (double)j;
        const double cross = 2.0 * a * c * J * p * q1 * x->mu2;
        const double rejected =
            c * c * (J * q1 * x->HR + J * (J - 1.0) * q2 * p * p * x->mu2);
        ref_sum_add(&total, p * (q0 * a * a * x->S2 + cross + rejected));
        q2 = q1;
        q1 = q0;
        q0 *= q;
    }
    return ref_sum_value(&total);
}

ref_reject_law ref_reject_rris(const ref_reject_moments *x,
                               const ref_reject_roulette *r)
{
    const double p = x->p, c = r->c, kappa = r->kappa;
    if (!is_roulette(p, r)) return no_law();

    if (r->cap > 0) {
        const double C = (double)r->cap;
        const double omega =
            ref_hit_probability(C, p) - c * p * C * ref_miss_probability(C - 1.0, p);
        const double second = capped_second_moment(x, c, r->cap) / kappa;
        return make_law(omega, second - omega * omega * x->mu2, x->mu2);
    }
    const double one = (1.0 - c) * (1.0 - c) * x->v + c * c * roulette_R(x);
    if (kappa <= 1.0) return make_law(1.0, (one + x->mu2) / kappa - x->mu2, x->mu2);

    const double k = floor(kappa), f = kappa - k;
    return make_law(1.0, one * ((1.0 - f) / k + f / (k + 1.0)), x->mu2);
}

double ref_reject_rris_cost(double p, const ref_reject_roulette *r)
{
    if (!is_roulette(p, r)) return nan("");
    const double done = r->cap > 0 ? ref_hit_probability((double)r->cap, p) : 1.0;
    return r->kappa * done / p;
}

double ref_reject_rris_best(const ref_reject_moments *x)
{
    if (!(is_rate(x->p) && x->p > 0.0)) return nan("");
    return x->v / (x->v + roulette_R(x));
}

/* ---- what a method optimises ----------------------------------------------------- */

double ref_reject_truncation(size_t n, double p)
{
    if (!is_rate(p)) return nan("");
    ref_sum total = {0};
    for (size_t k = 1; k <= n; k++)
        ref_sum_add(&total, ref_hit_probability((double)k, p) / (double)k);
    return ref_sum_value(&total);
}

double ref_reject_plugin(size_t pilot, double p)
{
    return (double)pilot * p * ref_reject_h(pilot, p);
}

/* P(K = k) for K ~ Bin(n,p); p = 0 and p = 1 included. lgamma would do, but it writes
 * the global signgam. */
static double binomial(size_t n, size_t k, double p)
{
    if (p == 0.0) return k == 0 ? 1.0 : 0.0;
    if (p == 1.0) return k == n ? 1.0 : 0.0;
    double choose = 0.0;
    for (size_t j = 1; j <= k; j++) choose += log((double)(n - k + j) / (double)j);
    return exp(choose + (double)k * log(p) + (double)(n - k) * log1p(-p));
}

double ref_reject_omega_pilot(ref_reject_estimator e, size_t pilot, double budget,
                              double p)
{
    if (!(is_rate(p) && pilot > 0 && budget > 0.0)) return nan("");
    ref_sum total = {0};
    for (size_t k = 1; k <= pilot; k++) {
        const double n = budget / sqrt((double)k / (double)pilot);
        double omega;
        switch (e) {
        case REF_REJECT_IW:
        case REF_REJECT_RB:
            omega = 1.0;
            break;
        case REF_REJECT_SN:
            omega = ref_hit_probability(round(n), p);
            break;
        case REF_REJECT_LOO:
            omega = ref_hit_probability(fmax(round(n) - 1.0, 0.0), p);
            break;
        case REF_REJECT_POOL:
            omega = n * p / budget;
            break;
        default:
            return nan("");
        }
        ref_sum_add(&total, binomial(pilot, k, p) * omega);
    }
    return ref_sum_value(&total);
}

double ref_reject_omega_grpo(size_t n, double p)
{
    if (!(is_rate(p) && n > 0)) return nan("");
    const double N = (double)n, scale = sqrt((N - 1.0) / N);
    /* S = n-1 alone survives the division by q at p = 1: n q p^(n-1) sqrt(n-1) */
    if (p == 1.0) return n > 1 ? scale * sqrt(N - 1.0) : 0.0;

    ref_sum total = {0};
    for (size_t s = 1; s < n; s++)
        ref_sum_add(&total, binomial(n, s, p) * sqrt((double)s * (N - (double)s)));
    return scale * ref_sum_value(&total) / (N * (1.0 - p));
}

double ref_reject_pilot_ceiling(size_t pilot)
{
    const double root = sqrt((double)pilot);
    return pilot > 0 ? (1.0 + root) * (1.0 + root) / (4.0 * root) : nan("");
}

double ref_reject_efficiency(double inner, double g2, double second)
{
    if (!(g2 > 0.0 && second > 0.0)) return nan("");
    return inner / g2 * (inner / second);
}
