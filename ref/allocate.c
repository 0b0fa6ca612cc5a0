/* allocate.c -- see allocate.h for the contracts. */
#include "ref/allocate.h"

#include "ref/numeric.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

ref_status ref_allocate_check_budget(double budget, ref_why *why)
{
    if (budget > 0.0 && budget <= REF_ALLOCATE_BUDGET_MAX) return REF_OK;
    return ref_fail(why, REF_EDOM, "budget is %.17g, must be above 0 and at most 2^53",
                    budget);
}

double ref_allocate_gvm_weight(double p, double G, double alpha, double beta)
{
    if (!(p >= 0.0 && p <= 1.0 && G >= 0.0 && isfinite(G))) return nan("");
    if (!(alpha >= 0.0 && isfinite(alpha) && beta >= 0.0 && isfinite(beta)))
        return nan("");
    if (p == 0.0 || G == 0.0) return 0.0;
    /* alpha = 0 apart: p^beta may underflow, and 0/0 is no weight */
    if (alpha == 0.0) return G / sqrt(p);
    const double penalty = alpha * pow(p, 1.0 - beta);
    if (isfinite(penalty)) return G / sqrt(p + penalty);
    /* the same without overflow, two roundings worse */
    return G * pow(p, 0.5 * (beta - 1.0)) / sqrt(pow(p, beta) + alpha);
}

double ref_allocate_penalty_peak(double alpha, double beta)
{
    if (!(alpha > 0.0 && beta > 1.0)) return nan("");
    return pow(alpha * (beta - 1.0), 1.0 / beta);
}

double ref_allocate_penalty_minimum(double alpha, double beta)
{
    const double peak = ref_allocate_penalty_peak(alpha, beta);
    if (peak > 1.0) return sqrt(1.0 + alpha);
    return sqrt(beta / (beta - 1.0)) * sqrt(peak); /* NaN stays NaN */
}

/* Largest entry of w; refuses an entry that is negative or not finite. */
static ref_status largest(double *top, const double *w, size_t m, const char *what,
                          ref_why *why)
{
    if (m == 0) return ref_fail(why, REF_ESHAPE, "no prompts");
    double most = 0.0;
    for (size_t i = 0; i < m; i++) {
        if (!(w[i] >= 0.0 && isfinite(w[i])))
            return ref_fail(why, REF_EDOM, "%s %zu is %.17g, must be finite and >= 0",
                            what, i, w[i]);
        most = fmax(most, w[i]);
    }
    *top = most;
    return REF_OK;
}

ref_status ref_allocate_shares(double *share, const double *w, size_t m, ref_why *why)
{
    double top = 0.0;
    REF_TRY(largest(&top, w, m, "weight", why));
    if (top == 0.0)
        return ref_fail(why, REF_EDOM, "all %zu weights are zero: no shares", m);

    /* by the largest first, so that the sum cannot overflow */
    ref_sum total = {0};
    for (size_t i = 0; i < m; i++) ref_sum_add(&total, w[i] / top);
    const double sum = ref_sum_value(&total);
    for (size_t i = 0; i < m; i++) share[i] = w[i] / top / sum;
    return REF_OK;
}

ref_status ref_allocate_gvm(double *restrict share, const double *restrict p,
                            const double *restrict G, size_t m, double alpha,
                            double beta, ref_why *why)
{
    if (!(alpha >= 0.0 && isfinite(alpha) && beta >= 0.0 && isfinite(beta)))
        return ref_fail(why, REF_EDOM,
                        "alpha %.17g and beta %.17g must be finite, >= 0", alpha, beta);
    for (size_t i = 0; i < m; i++) {
        if (!(p[i] >= 0.0 && p[i] <= 1.0))
            return ref_fail(why, REF_EDOM, "p %zu is %.17g, outside [0,1]", i, p[i]);
        if (!(G[i] >= 0.0 && isfinite(G[i])))
            return ref_fail(why, REF_EDOM, "G %zu is %.17g, must be finite and >= 0", i,
                            G[i]);
    }

    double *w = malloc((m > 0 ? m : 1) * sizeof *w);
    if (w == NULL) return ref_fail(why, REF_ENOMEM, "no memory for %zu weights", m);
    for (size_t i = 0; i < m; i++)
        w[i] = ref_allocate_gvm_weight(p[i], G[i], alpha, beta);
    const ref_status s = ref_allocate_shares(share, w, m, why);
    free(w);
    return s;
}

ref_status ref_allocate_neyman(double *restrict share, const double *restrict c,
                               size_t m, ref_why *why)
{
    double top = 0.0;
    REF_TRY(largest(&top, c, m, "variance", why));
    if (top == 0.0)
        return ref_fail(why, REF_EDOM, "all %zu variances are zero: no shares", m);

    ref_sum total = {0};
    for (size_t i = 0; i < m; i++) ref_sum_add(&total, sqrt(c[i]));
    const double sum = ref_sum_value(&total);
    for (size_t i = 0; i < m; i++) share[i] = sqrt(c[i]) / sum;
    return REF_OK;
}

double ref_allocate_variance(const double *n, const double *c, size_t m)
{
    ref_sum total = {0};
    for (size_t i = 0; i < m; i++) {
        if (!(n[i] >= 0.0 && c[i] >= 0.0)) return nan("");
        if (c[i] > 0.0) ref_sum_add(&total, c[i] / n[i]);
    }
    return ref_sum_value(&total);
}

/* sum_i sqrt c_i, compensated */
static double root_total(const double *c, size_t m)
{
    ref_sum total = {0};
    for (size_t i = 0; i < m; i++) ref_sum_add(&total, sqrt(c[i]));
    return ref_sum_value(&total);
}

double ref_allocate_minimum(const double *c, size_t m, double budget)
{
    const double roots = root_total(c, m);
    return budget > 0.0 ? roots * roots / budget : nan("");
}

double ref_allocate_efficiency(const double *share, const double *best, size_t m)
{
    ref_sum total = {0};
    for (size_t i = 0; i < m; i++) {
        if (!(share[i] >= 0.0 && best[i] >= 0.0)) return nan("");
        if (best[i] > 0.0) ref_sum_add(&total, best[i] * (best[i] / share[i]));
    }
    return ref_sum_value(&total);
}

double ref_allocate_gain(const double *c, size_t m)
{
    const double roots = root_total(c, m);
    return (double)m * ref_total(c, m) / (roots * roots);
}

/* ---- box constraints ----------------------------------------------------------- */

/* The problem in x = 1/sqrt(lambda):  n_i(x) = clip(r_i x, lo_i, hi_i). */
typedef struct box {
    double *r, *lo, *hi; /* (m) roots sqrt(c_i) and bounds */
    size_t m;
} box;

static ref_status box_init(box *b, size_t m)
{
    *b = (box){.m = m};
    b->r = calloc(m, 3 * sizeof *b->r); /* one block: r, lo, hi */
    if (b->r == NULL) return REF_ENOMEM;
    b->lo = b->r + m;
    b->hi = b->lo + m;
    return REF_OK;
}

static void box_free(box *b)
{
    free(b->r);
    *b = (box){0};
}

static double clip(double x, double lo, double hi)
{
    return fmin(fmax(x, lo), hi);
}

/* The linear piece of sum n(x) that x lies on. */
typedef struct piece {
    double fixed; /* sum of the n_i at a bound */
    double slope; /* sum of the r_i that are free */
} piece;

static piece box_piece(const box *b, double x)
{
    ref_sum fixed = {0}, slope = {0};
    for (size_t i = 0; i < b->m; i++) {
        const double n = b->r[i] * x;
        if (!(n > b->lo[i]))
            ref_sum_add(&fixed, b->lo[i]);
        else if (n >= b->hi[i])
            ref_sum_add(&fixed, b->hi[i]);
        else
            ref_sum_add(&slope, b->r[i]);
    }
    return (piece){ref_sum_value(&fixed), ref_sum_value(&slope)};
}

/* x with sum n(x) = budget, given that there is one: Newton from piece to piece, which
 * is exact on the last, inside a bracket that halves where a step would leave it. */
static double box_solve(const box *b, double budget)
{
    double under = 0.0, over = HUGE_VAL;
    const double roots = ref_total(b->r, b->m);
    if (!(roots > 0.0)) return 0.0; /* nothing grows: every n_i is pinned */
    double x = budget / roots;
    for (;;) {
        const piece here = box_piece(b, x);
        const double sum = here.fixed + here.slope * x;
        if (fabs(sum - budget) <= 4.0 * DBL_EPSILON * budget) return x;
        if (sum < budget)
            under = x;
        else
            over = x;
        double next = (budget - here.fixed) / here.slope; /* no slope: inf or NaN */
        if (!(under < next && next < over))
            next = isinf(over) ? 2.0 * x : 0.5 * (under + over);
        if (!(under < next && next < over)) return x;
        x = next;
    }
}

static ref_status box_check(const double *c, const double *L, const double *U, size_t m,
                            double budget, ref_why *why)
{
    double top = 0.0;
    REF_TRY(largest(&top, c, m, "variance", why));
    REF_TRY(ref_allocate_check_budget(budget, why));
    ref_sum least = {0}, most = {0};
    for (size_t i = 0; i < m; i++) {
        const double lo = L != NULL ? L[i] : 0.0, hi = U != NULL ? U[i] : HUGE_VAL;
        if (!(lo >= 0.0 && isfinite(lo) && hi >= lo))
            return ref_fail(why, REF_EDOM, "bounds %zu are [%.17g, %.17g]", i, lo, hi);
        ref_sum_add(&least, lo);
        ref_sum_add(&most, hi);
    }
    if (ref_sum_value(&least) <= budget && budget <= ref_sum_value(&most))
        return REF_OK;
    return ref_fail(why, REF_EINFEASIBLE,
                    "budget %.17g is outside the sums of the bounds, [%.17g, %.17g]",
                    budget, ref_sum_value(&least), ref_sum_value(&most));
}

/* Every c_i > 0 is full: pin them there and raise the others to a common level. */
static double box_pour(box *b, double budget)
{
    for (size_t i = 0; i < b->m; i++) {
        if (b->r[i] > 0.0) b->lo[i] = b->hi[i];
        b->r[i] = b->r[i] > 0.0 ? 0.0 : 1.0;
    }
    return box_solve(b, budget);
}

ref_status ref_allocate_box(double *restrict n, double *restrict lambda,
                            const double *restrict c, const double *restrict L,
                            const double *restrict U, size_t m, double budget,
                            ref_why *why)
{
    REF_TRY(box_check(c, L, U, m, budget, why));
    box b;
    if (box_init(&b, m) != REF_OK)
        return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", m);
    bool grows = false; /* is there a c_i > 0 without an upper bound? */
    ref_sum full = {0}; /* what the c_i > 0 take at most, the others at least */
    for (size_t i = 0; i < m; i++) {
        b.r[i] = sqrt(c[i]);
        b.lo[i] = L != NULL ? L[i] : 0.0;
        b.hi[i] = U != NULL ? U[i] : HUGE_VAL;
        ref_sum_add(&full, c[i] > 0.0 ? b.hi[i] : b.lo[i]);
        grows = grows || (c[i] > 0.0 && isinf(b.hi[i]));
    }

    const bool saturated = !grows && ref_sum_value(&full) <= budget;
    const double x = saturated ? box_pour(&b, budget) : box_solve(&b, budget);
    for (size_t i = 0; i < m; i++) n[i] = clip(b.r[i] * x, b.lo[i], b.hi[i]);
    if (lambda != NULL) *lambda = saturated ? 0.0 : 1.0 / (x * x);
    box_free(&b);
    return REF_OK;
}
