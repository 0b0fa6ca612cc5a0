/* allocate_plan.c -- see allocate_plan.h for the contracts. */
#include "ref/allocate_plan.h"

#include "ref/allocate.h"
#include "ref/allocate_private.h"
#include "ref/allocate_round.h"
#include "ref/numeric.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *const rounding_names[] = {
#define ROUNDING_NAME(id, name, what) name,
    REF_ALLOCATE_ROUNDING_LIST(ROUNDING_NAME)
#undef ROUNDING_NAME
};

ref_allocate_rounding_kind ref_allocate_rounding_find(const char *name)
{
    ref_allocate_rounding_kind kind = REF_ALLOCATE_ROUND_NONE;
    while (kind < REF_ALLOCATE_ROUND_COUNT && strcmp(name, rounding_names[kind]) != 0)
        kind++;
    return kind;
}

const char *ref_allocate_rounding_name(ref_allocate_rounding_kind kind)
{
    return kind < REF_ALLOCATE_ROUND_COUNT ? rounding_names[kind] : "unknown";
}

/* Everything a plan needs besides its outputs; one block per element type. At a million
 * prompts fetching memory costs as much as the formulas: nothing is there unused. */
typedef struct plan {
    const ref_allocate_rounding *how;
    size_t m, budget;
    bool bounded;      /* min or max was given */
    double *share, *c; /* (m) */
    size_t *n, *U, *L; /* (m); L is NULL where min is 0 */
} plan;

static void plan_free(plan *x)
{
    free(x->share);
    free(x->n);
    *x = (plan){0};
}

static ref_status plan_init(plan *x, size_t m, double budget,
                            const ref_allocate_rounding *how, ref_why *why)
{
    *x = (plan){.how = how,
                .m = m,
                .budget = (size_t)budget,
                .bounded = how->min > 0 || how->max > 0};
    const size_t counts = how->min > 0 ? 3 : 2;
    x->share = calloc(m, 2 * sizeof *x->share);
    x->n = calloc(m, counts * sizeof *x->n);
    if (x->share == NULL || x->n == NULL) {
        plan_free(x);
        (void)ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", m);
        return REF_ENOMEM;
    }
    x->c = x->share + m;
    x->U = x->n + m;
    x->L = how->min > 0 ? x->U + m : NULL;
    return REF_OK;
}

static ref_status check_rounding(const ref_allocate_input *in,
                                 const ref_allocate_rounding *how, ref_why *why)
{
    REF_TRY(ref_allocate_check_budget(in->budget, why));
    if (how->kind >= REF_ALLOCATE_ROUND_COUNT)
        return ref_fail(why, REF_EUSAGE, "rounding %d is unknown", (int)how->kind);
    if (how->kind != REF_ALLOCATE_ROUND_NONE && in->budget != floor(in->budget))
        return ref_fail(why, REF_EDOM, "budget %.17g is not whole", in->budget);
    if (how->max != 0 && how->min > how->max)
        return ref_fail(why, REF_EINFEASIBLE, "min %zu is above max %zu", how->min,
                        how->max);
    return REF_OK;
}

/* Squared shares, and bounds that leave prompts without a share at min. */
static void plan_bounds(plan *x)
{
    const bool none = x->how->max == 0;
    for (size_t i = 0; i < x->m; i++) {
        x->c[i] = x->share[i] * x->share[i];
        const bool served = x->share[i] > 0.0;
        x->U[i] = !served ? x->how->min : none ? SIZE_MAX : x->how->max;
        if (x->L != NULL) x->L[i] = x->how->min;
    }
}

/* Rule and filters: the shares that are aimed at. */
static ref_status plan_aim(plan *x, const ref_allocate_rule *rule,
                           const ref_allocate_input *in, ref_why *why)
{
    const ref_allocate_rounding *how = x->how;
    REF_TRY(rule->share(x->share, in, rule->user, why));
    /* a caller's own rule is held to the contract */
    REF_TRY(ref_allocate_shares(x->share, x->share, x->m, why));
    if (how->filter_threshold != 0.0 || how->filter_insufficient != 0.0)
        REF_TRY(ref_allocate_filter(x->share, in->p, x->m, in->budget,
                                    how->filter_threshold, how->filter_insufficient,
                                    why));
    return REF_OK;
}

/* The bounds, poured into the shares. */
static ref_status plan_pour(plan *x, const ref_allocate_input *in, ref_why *why)
{
    const size_t m = x->m;
    double *n = calloc(m, 3 * sizeof *n);
    if (n == NULL) return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", m);
    double *const low = n + m, *const high = low + m;
    for (size_t i = 0; i < m; i++) {
        low[i] = (double)x->how->min;
        high[i] = x->U[i] == SIZE_MAX ? HUGE_VAL : (double)x->U[i];
    }
    const ref_status s = ref_allocate_box(n, NULL, x->c, low, high, m, in->budget, why);
    for (size_t i = 0; i < m && s == REF_OK; i++) x->share[i] = n[i] / in->budget;
    free(n);
    return s;
}

static ref_status plan_round(plan *x, const ref_allocate_input *in, ref_why *why)
{
    const rule_bounds bounds = {x->L, x->bounded ? x->U : NULL};
    switch (x->how->kind) {
    case REF_ALLOCATE_ROUND_OPTIMAL:
        return ref_allocate_integer(x->n, x->c, x->L, x->U, x->m, x->budget,
                                    REF_ALLOCATE_AUTO, why);
    case REF_ALLOCATE_ROUND_OFFICIAL:
        return rule_round_official(x->n, x->share, bounds, x->m, x->budget, why);
    case REF_ALLOCATE_ROUND_APPENDIX_B:
        return rule_round_appendix_b(x->n, x->share, in->p, bounds, x->m, x->budget,
                                     why);
    case REF_ALLOCATE_ROUND_REMAINDER:
        return rule_round_remainder(x->n, x->share, bounds, x->m, x->budget, why);
    case REF_ALLOCATE_ROUND_NONE:
    case REF_ALLOCATE_ROUND_COUNT:
        break;
    }
    return REF_OK;
}

/* What every use of a plan begins with: refuse bad input, then make room. */
static ref_status plan_open(plan *x, const ref_allocate_input *in,
                            const ref_allocate_rounding *how, ref_why *why)
{
    REF_TRY(check_rounding(in, how, why));
    REF_TRY(ref_allocate_check_input(in, why));
    return plan_init(x, in->m, in->budget, how, why);
}

ref_status ref_allocate_plan(size_t *restrict n, double *restrict share,
                             const ref_allocate_rule *rule,
                             const ref_allocate_input *in,
                             const ref_allocate_rounding *rounding, ref_why *why)
{
    plan x;
    REF_TRY(plan_open(&x, in, rounding, why));
    ref_status s = plan_aim(&x, rule, in, why);
    if (x.bounded || rounding->kind == REF_ALLOCATE_ROUND_OPTIMAL) plan_bounds(&x);
    if (s == REF_OK && x.bounded) s = plan_pour(&x, in, why);
    if (s == REF_OK) s = plan_round(&x, in, why);
    if (s == REF_OK) {
        const bool whole = rounding->kind != REF_ALLOCATE_ROUND_NONE;
        for (size_t i = 0; i < in->m; i++) {
            if (whole && n != NULL) n[i] = x.n[i];
            if (share != NULL) share[i] = x.share[i];
        }
    }
    plan_free(&x);
    return s;
}

/* ---- what a plan is worth -------------------------------------------------------- */

/* c_i of the legend */
static double prompt_variance(const ref_allocate_input *in, size_t i)
{
    const double p = in->p[i], w = in->weight != NULL ? in->weight[i] : 1.0;
    const double S2 = in->S2 != NULL ? in->S2[i] : in->G[i] * in->G[i];
    if (p == 0.0) return 0.0;
    const double mu2 = in->mu2 != NULL ? in->mu2[i] : 0.0;
    return w * w * fmax(S2 / p - mu2, 0.0);
}

/* Variances of the plan (c of x) and of its rivals; n of x is scratch. */
static ref_status report_variances(ref_allocate_report *out, plan *x, const size_t *n,
                                   const double *share, double budget, ref_why *why)
{
    ref_sum plan_sum = {0};
    for (size_t i = 0; i < x->m; i++) {
        const double count = n != NULL ? (double)n[i] : share[i] * budget;
        if (x->c[i] > 0.0) ref_sum_add(&plan_sum, x->c[i] / count);
        out->unserved += x->c[i] > 0.0 && !(count > 0.0) ? 1 : 0;
        out->without += x->c[i] == 0.0 ? 1 : 0;
    }
    if (out->without == x->m)
        return ref_fail(why, REF_EDOM,
                        "no prompt has any variance: nothing to explain");
    out->variance = ref_sum_value(&plan_sum);
    out->uniform = (double)x->m * ref_total(x->c, x->m) / budget;
    out->continuous = ref_allocate_minimum(x->c, x->m, budget);
    REF_TRY(ref_allocate_integer(x->n, x->c, NULL, NULL, x->m, x->budget,
                                 REF_ALLOCATE_AUTO, why));
    out->integer = ref_allocate_integer_variance(x->n, x->c, x->m);
    return REF_OK;
}

ref_status ref_allocate_explain(ref_allocate_report *restrict out,
                                const size_t *restrict n, const double *restrict share,
                                const ref_allocate_rule *rule,
                                const ref_allocate_input *in,
                                const ref_allocate_rounding *rounding, ref_why *why)
{
    plan x;
    REF_TRY(plan_open(&x, in, rounding, why));
    ref_allocate_report report = {0};
    ref_status s = REF_OK;
    if (n != NULL) {
        s = plan_aim(&x, rule, in, why);
        plan_bounds(&x);
        if (s == REF_OK)
            report.proof = ref_allocate_prove(n, x.c, x.L, x.U, x.m, x.budget);
    }
    for (size_t i = 0; i < x.m; i++) {
        x.c[i] = prompt_variance(in, i);
        if (s == REF_OK && !isfinite(x.c[i]))
            s = ref_fail(
                why, REF_ENONFINITE,
                "prompt %zu of %zu: variance w^2 (S2/p - |mu|^2) is %g, beyond "
                "double precision",
                i + 1, x.m, x.c[i]);
    }
    if (s == REF_OK) s = report_variances(&report, &x, n, share, in->budget, why);
    if (s == REF_OK) *out = report;
    plan_free(&x);
    return s;
}
