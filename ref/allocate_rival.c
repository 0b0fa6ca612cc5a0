/* allocate_rival.c -- rules of the table that fix n_i by a procedure. */
#include "ref/allocate.h"
#include "ref/allocate_integer.h"
#include "ref/allocate_private.h"
#include "ref/numeric.h"
#include "ref/rng.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static ref_status no_memory(const ref_allocate_input *in, ref_why *why)
{
    return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", in->m);
}

/* n (m) real counts to shares; their sum is the budget up to rounding */
static ref_status counts_to_shares(double *share, const double *n,
                                   const ref_allocate_input *in, ref_why *why)
{
    return ref_allocate_shares(share, n, in->m, why);
}

ref_status rule_by_box(double *share, const double *w, const double *low, double high,
                       const ref_allocate_input *in, ref_why *why)
{
    const size_t m = in->m;
    double *block = calloc(m, 4 * sizeof *block);
    if (block == NULL) return no_memory(in, why);
    double *flat = block, *c = block + m, *U = block + 2 * m, *n = block + 3 * m;
    for (size_t i = 0; i < m; i++) U[i] = fmax(high, low != NULL ? low[i] : 0.0);

    ref_status s = rule_shares(flat, w, in, why);
    if (s == REF_OK) {
        for (size_t i = 0; i < m; i++) c[i] = flat[i] * flat[i];
        s = ref_allocate_box(n, NULL, c, low, U, m, in->budget, why);
    }
    if (s == REF_OK) s = counts_to_shares(share, n, in, why);
    free(block);
    return s;
}

/* ---- Reinforce-Ada, estimated rates --------------------------------------------- */

static double ada_est_weight(const rule_prompt *x)
{
    const double eps = x->in->explore > 0.0 ? x->in->explore : 1e-3;
    return 1.0 / sqrt(x->p + eps);
}

ref_status rule_reinforce_ada_est(double *share, const ref_allocate_input *in,
                                  void *user, ref_why *why)
{
    (void)user;
    REF_TRY(rule_check(in, RULE_PLAIN, why));
    double *w = calloc(in->m, 2 * sizeof *w);
    if (w == NULL) return no_memory(in, why);
    double *low = w + in->m;
    for (size_t i = 0; i < in->m; i++) low[i] = (double)in->min;
    rule_weigh(w, in, ada_est_weight, RULE_PLAIN);
    const double high = in->max != 0 ? (double)in->max : HUGE_VAL;
    const ref_status s = rule_by_box(share, w, low, high, in, why);
    free(w);
    return s;
}

/* ---- VIP ------------------------------------------------------------------------ */

static double vip_scale(const rule_prompt *x)
{
    return 4.0 * x->G * x->G * x->p * x->q;
}

static ref_status vip_check(const ref_allocate_input *in, size_t low, ref_why *why)
{
    REF_TRY(rule_check(in, RULE_PLAIN, why));
    const double least = (double)low * (double)in->m;
    if (in->budget < least)
        return ref_fail(why, REF_EINFEASIBLE,
                        "budget %.17g is below %zu samples for each of %zu prompts",
                        in->budget, low, in->m);
    return REF_OK;
}

/* Largest n with a (n-2)/n^3 = lambda, at least low >= 3 where the left side falls:
 * Newton on the convex y n^3 - n + 2, y = lambda/a, from the right of its last root. */
static double vip_count(double a, double lambda, double low, double high)
{
    const double y = lambda / a; /* inf for a = 0: stays at low */
    if (!(y * low * low * low < low - 2.0)) return low;
    double n = 1.0 / sqrt(y), before = HUGE_VAL;
    while (n < before) { /* monotone from the right until rounding stops it */
        before = n;
        n -= (y * n * n * n - n + 2.0) / (3.0 * y * n * n - 1.0);
    }
    return fmin(fmax(before, low), high);
}

/* n (m) at the multiplier; their sum */
static double vip_counts(double *n, const double *a, size_t m, double lambda,
                         double low, double high)
{
    ref_sum total = {0};
    for (size_t i = 0; i < m; i++) {
        n[i] = vip_count(a[i], lambda, low, high);
        ref_sum_add(&total, n[i]);
    }
    return ref_sum_value(&total);
}

/* Bisection in log lambda: the sum falls from m high (or no limit) to m low. */
static ref_status vip_solve(double *n, const double *a, const ref_allocate_input *in,
                            double low, double high, ref_why *why)
{
    double top = 0.0;
    for (size_t i = 0; i < in->m; i++) top = fmax(top, a[i]);
    double over = log(top) + log((low - 2.0) / (low * low * low)); /* all at low */
    double under = log(DBL_MIN);
    if (vip_counts(n, a, in->m, exp(under), low, high) < in->budget)
        return ref_fail(why, REF_EINFEASIBLE,
                        "budget %.17g is more than the prompts with signal can take",
                        in->budget);
    for (double middle = 0.5 * (under + over); under < middle && middle < over;
         middle = 0.5 * (under + over)) {
        if (vip_counts(n, a, in->m, exp(middle), low, high) >= in->budget)
            under = middle;
        else
            over = middle;
    }
    return REF_OK;
}

ref_status rule_vip_dr_grpo(double *share, const ref_allocate_input *in, void *user,
                            ref_why *why)
{
    (void)user;
    const size_t low = in->min > 3 ? in->min : 3;
    REF_TRY(vip_check(in, low, why));
    double *a = calloc(in->m, 2 * sizeof *a);
    if (a == NULL) return no_memory(in, why);
    double *n = a + in->m;
    rule_weigh(a, in, vip_scale, RULE_PLAIN);
    ref_status s = rule_shares(n, a, in, why); /* judges all-zero a; n is scratch */
    bool zero = true;
    for (size_t i = 0; i < in->m; i++) zero = zero && a[i] == 0.0;
    if (s == REF_OK && !zero)
        s = vip_solve(n, a, in, (double)low, in->max != 0 ? (double)in->max : HUGE_VAL,
                      why);
    if (s == REF_OK) s = counts_to_shares(share, n, in, why);
    free(a);
    return s;
}

ref_status rule_vip_rloo(double *share, const ref_allocate_input *in, void *user,
                         ref_why *why)
{
    (void)user;
    const size_t m = in->m, low = in->min > 2 ? in->min : 2;
    REF_TRY(vip_check(in, low, why));
    double *block = calloc(m, 4 * sizeof *block);
    if (block == NULL) return no_memory(in, why);
    double *a = block, *L = block + m, *U = block + 2 * m, *n = block + 3 * m;
    rule_weigh(a, in, vip_scale, RULE_PLAIN);
    for (size_t i = 0; i < m; i++) {
        L[i] = (double)low - 1.0; /* in x = n - 1 the objective is a/x */
        U[i] = in->max != 0 ? (double)in->max - 1.0 : HUGE_VAL;
    }
    ref_status s = rule_shares(n, a, in, why);
    if (s == REF_OK)
        s = ref_allocate_box(n, NULL, a, L, U, m, in->budget - (double)m, why);
    if (s == REF_OK) {
        for (size_t i = 0; i < m; i++) n[i] += 1.0;
        s = counts_to_shares(share, n, in, why);
    }
    free(block);
    return s;
}

/* ---- Knapsack RL ---------------------------------------------------------------- */

/* Value(n+1) - Value(n), Value = (1 - p^n - q^n) p q^2: falls with n */
static double knapsack_gain(const void *context, size_t i, size_t n)
{
    const rule_prompt x = rule_prompt_at(context, i);
    const double count = (double)n;
    return (pow(x.p, count) * x.q + pow(x.q, count) * x.p) * x.p * x.q * x.q;
}

ref_status rule_knapsack(double *share, const ref_allocate_input *in, void *user,
                         ref_why *why)
{
    (void)user;
    const size_t m = in->m, low = rule_default(in->min, 2);
    const size_t high = rule_default(in->max, 128);
    REF_TRY(vip_check(in, low, why));
    size_t *n = calloc(m, 2 * sizeof *n);
    double *real = calloc(m, sizeof *real);
    if (n == NULL || real == NULL) {
        free(n);
        free(real);
        return no_memory(in, why);
    }
    size_t *U = n + m, left = 0;
    for (size_t i = 0; i < m; i++) {
        n[i] = low;
        U[i] = low > high ? low : high;
    }
    const size_t units = (size_t)in->budget - low * m;
    ref_status s = ref_allocate_greedy(n, &left, knapsack_gain, in, U, m, units, why);
    if (s == REF_OK && left > 0) {
        /* what is left goes to prompts without a success, without limit */
        size_t without = 0;
        for (size_t i = 0; i < m; i++) {
            U[i] = in->p[i] > 0.0 ? n[i] : SIZE_MAX;
            without += in->p[i] > 0.0 ? 0 : 1;
        }
        if (without > 0) left = ref_allocate_level(n, U, m, left);
        if (left > 0)
            s = ref_fail(why, REF_EINFEASIBLE,
                         "%zu samples more than the knapsack's items can take", left);
    }
    for (size_t i = 0; i < m; i++) real[i] = (double)n[i];
    if (s == REF_OK) s = counts_to_shares(share, real, in, why);
    free(n);
    free(real);
    return s;
}

/* ---- MoPPS ---------------------------------------------------------------------- */

/* j-th coin of prompt i */
static double coin(const ref_allocate_input *in, size_t i, uint32_t j)
{
    const ref_rng_stream s = {
        .seed = in->seed, .stream = 2, .prompt = (uint32_t)i, .step = in->step};
    return ref_rng_uniform(&s, j);
}

/* Gamma(shape) by Marsaglia and Tsang (2000), shape + 1 and a power below 1. */
static double gamma_draw(const ref_allocate_input *in, size_t i, double shape,
                         uint32_t *j)
{
    if (shape < 1.0) {
        const double boost = pow(coin(in, i, (*j)++), 1.0 / shape);
        return boost * gamma_draw(in, i, shape + 1.0, j);
    }
    const double d = shape - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        const double radius = sqrt(-2.0 * log(coin(in, i, (*j)++)));
        const double z = radius * cos(6.283185307179586 * coin(in, i, (*j)++));
        const double root = 1.0 + c * z, v = root * root * root;
        const double u = coin(in, i, (*j)++);
        if (root > 0.0 && log(u) < 0.5 * z * z + d - d * v + d * log(v)) return d * v;
    }
}

/* |theta - 1/2| for theta ~ Beta(a + K, b + n - K); the rate itself where p is exact */
static double mopps_distance(const ref_allocate_input *in, size_t i)
{
    const double n = in->draws != NULL ? in->draws[i] : (double)in->pilot;
    if (n == 0.0) return fabs(in->p[i] - 0.5);
    const bool given = in->prior_a > 0.0 && in->prior_b > 0.0;
    uint32_t j = 0;
    const double right =
        gamma_draw(in, i, (given ? in->prior_a : 1.0) + n * in->p[i], &j);
    const double wrong =
        gamma_draw(in, i, (given ? in->prior_b : 1.0) + n * (1.0 - in->p[i]), &j);
    return fabs(right / (right + wrong) - 0.5);
}

typedef struct candidate {
    double distance;
    size_t i;
} candidate;

static int nearer(const void *left, const void *right)
{
    const candidate *a = left, *b = right;
    if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
    return (a->i > b->i) - (a->i < b->i);
}

ref_status rule_mopps(double *share, const ref_allocate_input *in, void *user,
                      ref_why *why)
{
    (void)user;
    REF_TRY(rule_check(in, RULE_PLAIN, why));
    const size_t m = in->m, group = rule_default(in->group, 8);
    const double wanted = floor(in->budget / (double)group);
    const size_t picked = wanted < 1.0 ? 1 : wanted > (double)m ? m : (size_t)wanted;
    candidate *all = calloc(m, sizeof *all);
    if (all == NULL) return no_memory(in, why);
    for (size_t i = 0; i < m; i++)
        all[i] = (candidate){.distance = mopps_distance(in, i), .i = i};
    qsort(all, m, sizeof *all, nearer);
    for (size_t k = 0; k < m; k++)
        share[all[k].i] = k < picked ? 1.0 / (double)picked : 0.0;
    free(all);
    return REF_OK;
}
