/* allocate_pilot.c -- rules that repair what a short pilot stage does to GVM. */
#include "ref/allocate.h"
#include "ref/allocate_private.h"
#include "ref/numeric.h"

#include <math.h>
#include <stdlib.h>

static double draws_behind(const ref_allocate_input *in, size_t i)
{
    return in->draws != NULL ? in->draws[i] : (double)in->pilot;
}

static ref_status no_memory(const ref_allocate_input *in, ref_why *why)
{
    return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", in->m);
}

/* ---- the prior ------------------------------------------------------------------ */

/* Kleinman (1973), with k = m - 1:
 *   E sum n (K/n - M)^2 = M (1-M) (k + rho (N - sum n^2/N - k)) */
ref_status ref_allocate_prior(double *restrict a, double *restrict b,
                              const double *restrict p, const double *restrict n,
                              size_t m, ref_why *why)
{
    if (m == 0) return ref_fail(why, REF_ESHAPE, "no prompts");
    ref_sum hits = {0}, draws = {0}, squares = {0}, spread = {0};
    for (size_t i = 0; i < m; i++) {
        if (!(p[i] >= 0.0 && p[i] <= 1.0 && n[i] > 0.0 && isfinite(n[i])))
            return ref_fail(why, REF_EDOM, "rate %zu is %.17g of %.17g draws", i, p[i],
                            n[i]);
        ref_sum_add(&hits, n[i] * p[i]);
        ref_sum_add(&draws, n[i]);
        ref_sum_add(&squares, n[i] * n[i]);
    }
    const double N = ref_sum_value(&draws);
    const double M = (ref_sum_value(&hits) + 0.5) / (N + 1.0);
    for (size_t i = 0; i < m; i++) ref_sum_add(&spread, n[i] * (p[i] - M) * (p[i] - M));

    const double within = (double)m - 1.0;
    const double room = N - ref_sum_value(&squares) / N - within;
    const double excess = ref_sum_value(&spread) / (M * (1.0 - M)) - within;
    /* one draw per prompt (room = 0) cannot tell rates apart: treated as equal rates */
    const double rho = room > 0.0 ? fmin(excess / room, 1.0) : 0.0;
    const double strength = rho > 0.0 ? fmin(1.0 / rho - 1.0, N) : N;
    /* rho = 1, every rate 0 or 1, would be a + b = 0: keep the added halves */
    *a = M * fmax(strength, 1.0 / (N + 1.0));
    *b = (1.0 - M) * fmax(strength, 1.0 / (N + 1.0));
    return REF_OK;
}

/* in with a prior fitted where the pilot has draws and the caller gave no prior */
static ref_status with_prior(ref_allocate_input *out, const ref_allocate_input *in,
                             ref_why *why)
{
    *out = *in;
    if (in->prior_a + in->prior_b > 0.0 || (in->pilot == 0 && in->draws == NULL))
        return REF_OK;
    double *n = calloc(in->m, sizeof *n);
    if (n == NULL) return no_memory(in, why);
    for (size_t i = 0; i < in->m; i++) n[i] = draws_behind(in, i);
    const ref_status s =
        ref_allocate_prior(&out->prior_a, &out->prior_b, in->p, n, in->m, why);
    free(n);
    return s;
}

/* ---- prompts without a success --------------------------------------------------- */

/* G (m) <- in->G, where p_i = 0 (so that nothing was accepted to measure) the mean of
 * those that were measured */
static void fill_norms(double *G, const ref_allocate_input *in)
{
    ref_moment seen = {0};
    for (size_t i = 0; i < in->m; i++)
        if (in->p[i] > 0.0) ref_moment_add(&seen, in->G[i]);
    for (size_t i = 0; i < in->m; i++)
        G[i] = in->p[i] > 0.0 || in->G[i] > 0.0 ? in->G[i] : seen.mean;
}

static double gvm_weight(const rule_prompt *x)
{
    return ref_allocate_gvm_weight(x->p, x->G, x->in->alpha, x->in->beta);
}

ref_status rule_empirical_bayes(double *share, const ref_allocate_input *in, void *user,
                                ref_why *why)
{
    (void)user;
    REF_TRY(rule_check(in, RULE_PILOT, why));
    ref_allocate_input smooth;
    REF_TRY(with_prior(&smooth, in, why));
    double *G = calloc(in->m, sizeof *G);
    if (G == NULL) return no_memory(in, why);
    fill_norms(G, in);
    smooth.G = G;
    smooth.S2 = NULL; /* gvm looks at G; moments of the raw G no longer belong to it */
    smooth.mu2 = NULL;
    const ref_status s = rule_by_weight(share, &smooth, gvm_weight, RULE_VARIANCE, why);
    free(G);
    return s;
}

ref_status rule_gvm_hardest(double *share, const ref_allocate_input *in, void *user,
                            ref_why *why)
{
    (void)user;
    REF_TRY(rule_check(in, RULE_PLAIN, why));
    double *G = calloc(in->m, 2 * sizeof *G);
    if (G == NULL) return no_memory(in, why);
    double *p = G + in->m, hardest = 1.0;
    fill_norms(G, in);
    for (size_t i = 0; i < in->m; i++)
        if (in->p[i] > 0.0) hardest = fmin(hardest, in->p[i]);
    for (size_t i = 0; i < in->m; i++) p[i] = in->p[i] > 0.0 ? in->p[i] : hardest;

    ref_allocate_input filled = *in;
    filled.p = p;
    filled.G = G;
    filled.S2 = NULL;
    filled.mu2 = NULL;
    const ref_status s = rule_by_weight(share, &filled, gvm_weight, RULE_VARIANCE, why);
    free(G);
    return s;
}

/* ---- what was drawn already counts ----------------------------------------------- */

ref_status rule_gvm_reuse(double *share, const ref_allocate_input *in, void *user,
                          ref_why *why)
{
    (void)user;
    REF_TRY(rule_check(in, RULE_PILOT, why));
    double *w = calloc(in->m, 2 * sizeof *w);
    if (w == NULL) return no_memory(in, why);
    double *low = w + in->m;
    rule_weigh(w, in, gvm_weight, RULE_VARIANCE);
    for (size_t i = 0; i < in->m; i++) low[i] = draws_behind(in, i);
    const ref_status s = rule_by_box(share, w, low, HUGE_VAL, in, why);
    free(w);
    return s;
}

/* ---- leave-one-out target with a pooled ratio ------------------------------------ */

/* w_i = sqrt(H2 (r/p - 2r + 1)), r = sum v / sum H2: neyman-loo with v_i ~ r H2_i */
static void pooled_weights(double *w, const ref_allocate_input *in)
{
    ref_sum v = {0}, H2 = {0};
    for (size_t i = 0; i < in->m; i++) {
        const rule_prompt x = rule_prompt_at(in, i);
        ref_sum_add(&v, x.v);
        ref_sum_add(&H2, x.H2);
    }
    const double r =
        ref_sum_value(&H2) > 0.0 ? ref_sum_value(&v) / ref_sum_value(&H2) : 0.0;
    for (size_t i = 0; i < in->m; i++) {
        const rule_prompt x = rule_prompt_at(in, i);
        /* r > 1 is possible for estimates; a variance is not negative */
        const double per_draw = fmax(r / x.p - 2.0 * r + 1.0, 0.0);
        w[i] = x.p > 0.0 ? sqrt(x.H2 * per_draw) : 0.0;
    }
}

ref_status rule_plus(double *share, const ref_allocate_input *in, void *user,
                     ref_why *why)
{
    (void)user;
    REF_TRY(rule_check(in, RULE_MU2 | RULE_H2, why));
    ref_allocate_input smooth;
    REF_TRY(with_prior(&smooth, in, why));
    double *w = calloc(in->m, 2 * sizeof *w);
    if (w == NULL) return no_memory(in, why);
    double *low = w + in->m;
    pooled_weights(w, &smooth);
    for (size_t i = 0; i < in->m; i++) {
        const double mean = in->budget / (double)in->m;
        w[i] *= fmin(1.0, 4.0 * mean * ref_allocate_rate(&smooth, i));
        low[i] = draws_behind(in, i); /* already drawn: kept and counted */
    }
    const ref_status s = rule_by_box(share, w, low, HUGE_VAL, in, why);
    free(w);
    return s;
}

ref_status rule_rris(double *share, const ref_allocate_input *in, void *user,
                     ref_why *why)
{
    (void)user;
    REF_TRY(rule_check(in, RULE_MU2 | RULE_H2, why));
    double *w = calloc(in->m, sizeof *w);
    if (w == NULL) return no_memory(in, why);
    pooled_weights(w, in); /* expected draws kappa/p ~ p sqrt(v)/p */
    const ref_status s = rule_shares(share, w, in, why);
    free(w);
    return s;
}
