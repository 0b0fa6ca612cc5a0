/* allocate_rule.c -- the table of rules, and those that are one line of a paper. */
#include "ref/allocate_rule.h"

#include "ref/allocate.h"
#include "ref/allocate_private.h"
#include "ref/numeric.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one prompt ---------------------------------------------------------------- */

static double draws_behind(const ref_allocate_input *in, size_t i)
{
    return in->draws != NULL ? in->draws[i] : (double)in->pilot;
}

double ref_allocate_rate(const ref_allocate_input *in, size_t i)
{
    const double n = draws_behind(in, i), prior = in->prior_a + in->prior_b;
    return prior > 0.0 ? (n * in->p[i] + in->prior_a) / (n + prior) : in->p[i];
}

static double entry(const double *column, size_t i, double missing)
{
    return column != NULL ? column[i] : missing;
}

rule_prompt rule_prompt_at(const ref_allocate_input *in, size_t i)
{
    rule_prompt x = {.in = in, .i = i, .p = ref_allocate_rate(in, i), .G = in->G[i]};
    x.q = 1.0 - x.p;
    x.S2 = entry(in->S2, i, x.G * x.G);
    x.mu2 = entry(in->mu2, i, 0.0);
    x.v = fmax(x.S2 - x.mu2, 0.0); /* checked: negative by rounding only */
    x.H2 = entry(in->H2, i, 0.0);
    x.S2_wrong = entry(in->S2_wrong, i, 0.0);
    return x;
}

size_t rule_default(size_t value, size_t otherwise)
{
    return value != 0 ? value : otherwise;
}

/* ---- checks -------------------------------------------------------------------- */

static ref_status check_column(const double *column, const char *name, size_t m,
                               double low, double high, ref_why *why)
{
    if (column == NULL) return REF_OK;
    for (size_t i = 0; i < m; i++)
        if (!(column[i] >= low && column[i] <= high))
            return ref_fail(why, REF_EDOM, "%s %zu is %.17g, outside [%g, %g]", name, i,
                            column[i], low, high);
    return REF_OK;
}

static ref_status check_scalar(double x, const char *name, double high, ref_why *why)
{
    if (x >= 0.0 && x <= high) return REF_OK;
    return ref_fail(why, REF_EDOM, "%s is %.17g, outside [0, %g]", name, x, high);
}

static ref_status check_moments(const ref_allocate_input *in, ref_why *why)
{
    if (in->mu2 == NULL) return REF_OK;
    for (size_t i = 0; i < in->m; i++) {
        const double S2 = entry(in->S2, i, in->G[i] * in->G[i]);
        /* Jensen: |E s|^2 <= E|s|^2, up to the rounding of both sums */
        if (!(in->mu2[i] <= S2 * (1.0 + 64.0 * DBL_EPSILON)))
            return ref_fail(why, REF_EDOM, "mu2 %zu is %.17g, above S2 = %.17g", i,
                            in->mu2[i], S2);
    }
    return REF_OK;
}

static ref_status check_scalars(const ref_allocate_input *in, ref_why *why)
{
    REF_TRY(check_scalar(in->alpha, "alpha", DBL_MAX, why));
    REF_TRY(check_scalar(in->beta, "beta", DBL_MAX, why));
    REF_TRY(check_scalar(in->prior_a, "prior a", DBL_MAX, why));
    REF_TRY(check_scalar(in->prior_b, "prior b", DBL_MAX, why));
    REF_TRY(check_scalar(in->tau, "tau", DBL_MAX, why));
    REF_TRY(check_scalar(in->explore, "explore", 1.0, why));
    if (in->max != 0 && in->min > in->max)
        return ref_fail(why, REF_EINFEASIBLE, "min %zu is above max %zu", in->min,
                        in->max);
    if (in->prior_a + in->prior_b > 0.0 && in->pilot == 0 && in->draws == NULL)
        return ref_fail(why, REF_EUSAGE, "a prior needs the number of draws behind p");
    return REF_OK;
}

ref_status ref_allocate_check_input(const ref_allocate_input *in, ref_why *why)
{
    const size_t m = in->m;
    if (m == 0) return ref_fail(why, REF_ESHAPE, "no prompts");
    if (in->p == NULL) return ref_fail(why, REF_EUSAGE, "column p is missing");
    if (in->G == NULL) return ref_fail(why, REF_EUSAGE, "column G is missing");
    REF_TRY(ref_allocate_check_budget(in->budget, why));
    REF_TRY(check_column(in->p, "p", m, 0.0, 1.0, why));
    REF_TRY(check_column(in->G, "G", m, 0.0, DBL_MAX, why));
    REF_TRY(check_column(in->weight, "weight", m, 0.0, DBL_MAX, why));
    REF_TRY(check_column(in->S2, "S2", m, 0.0, DBL_MAX, why));
    REF_TRY(check_column(in->mu2, "mu2", m, 0.0, DBL_MAX, why));
    REF_TRY(check_column(in->H2, "H2", m, 0.0, DBL_MAX, why));
    REF_TRY(check_column(in->S2_wrong, "S2_wrong", m, 0.0, DBL_MAX, why));
    REF_TRY(check_column(in->cost, "cost", m, DBL_MIN, DBL_MAX, why));
    REF_TRY(check_column(in->visits, "visits", m, 0.0, DBL_MAX, why));
    REF_TRY(check_column(in->draws, "draws", m, 0.0, DBL_MAX, why));
    REF_TRY(check_scalars(in, why));
    return check_moments(in, why);
}

ref_status rule_check(const ref_allocate_input *in, unsigned needs, ref_why *why)
{
    REF_TRY(ref_allocate_check_input(in, why));
    const char *missing = NULL; /* the first that is missing */
    if ((needs & RULE_PILOT) != 0 && in->pilot == 0 && in->draws == NULL)
        missing = "pilot";
    if ((needs & RULE_VISITS) != 0 && in->visits == NULL) missing = "visits";
    if ((needs & RULE_WRONG) != 0 && in->S2_wrong == NULL) missing = "S2_wrong";
    if ((needs & RULE_H2) != 0 && in->H2 == NULL) missing = "H2";
    if ((needs & RULE_MU2) != 0 && in->mu2 == NULL) missing = "mu2";
    if (missing == NULL) return REF_OK;
    return ref_fail(why, REF_EUSAGE, "the rule needs %s, which is missing", missing);
}

/* ---- from weights to shares ---------------------------------------------------- */

void rule_weigh(double *w, const ref_allocate_input *in, rule_weight *weight,
                unsigned needs)
{
    for (size_t i = 0; i < in->m; i++) {
        const rule_prompt x = rule_prompt_at(in, i);
        w[i] = weight(&x);
        if ((needs & RULE_VARIANCE) == 0) continue;
        if (in->weight != NULL) w[i] *= in->weight[i];
        if (in->cost != NULL) w[i] /= sqrt(in->cost[i]);
    }
}

ref_status rule_shares(double *share, const double *w, const ref_allocate_input *in,
                       ref_why *why)
{
    bool zero = true;
    for (size_t i = 0; i < in->m; i++) zero = zero && w[i] == 0.0;
    if (!zero || in->zero != REF_ALLOCATE_ZERO_UNIFORM)
        return ref_allocate_shares(share, w, in->m, why);
    for (size_t i = 0; i < in->m; i++) share[i] = 1.0 / (double)in->m;
    return REF_OK;
}

ref_status rule_by_weight(double *share, const ref_allocate_input *in,
                          rule_weight *weight, unsigned needs, ref_why *why)
{
    REF_TRY(rule_check(in, needs, why));
    double *w = calloc(in->m, sizeof *w);
    if (w == NULL) return ref_fail(why, REF_ENOMEM, "no memory for %zu weights", in->m);
    rule_weigh(w, in, weight, needs);
    const ref_status s = rule_shares(share, w, in, why);
    free(w);
    return s;
}

/* ---- rules that are one formula ------------------------------------------------ */

/* sqrt of a variance that is a difference of moments: 0 where rounding made it
 * negative, NaN (and so an error with the prompt's index) where the moments contradict
 * each other */
static double root(double variance, double summands)
{
    if (variance < 0.0 && variance >= -64.0 * DBL_EPSILON * summands) return 0.0;
    return sqrt(variance);
}

/* E|(r-p) s|^2/p^2 - |mu|^2: per-draw variance of REINFORCE with baseline p */
static double reinforce_log_variance(const rule_prompt *x)
{
    const double both = x->q * x->q * x->S2 / x->p + x->q * x->S2_wrong;
    const double root_both = root(both - x->mu2, both);
    return root_both * root_both;
}

/* the share function of a weight */
#define BY_WEIGHT(name, needs)                                                         \
    static ref_status rule_##name(double *share, const ref_allocate_input *in,         \
                                  void *user, ref_why *why)                            \
    {                                                                                  \
        (void)user;                                                                    \
        return rule_by_weight(share, in, weight_##name, (needs), why);                 \
    }

/* WEIGHT(name, needed columns, weight of prompt x where p > 0, weight at p = 0) */
#define WEIGHT(name, needs, positive, at_zero)                                         \
    static double weight_##name(const rule_prompt *x)                                  \
    {                                                                                  \
        return x->p > 0.0 ? (positive) : (at_zero);                                    \
    }                                                                                  \
    BY_WEIGHT(name, needs)

static double weight_uniform(const rule_prompt *x)
{
    (void)x;
    return 1.0;
}
BY_WEIGHT(uniform, RULE_PLAIN)

WEIGHT(gvm, RULE_VARIANCE,
       ref_allocate_gvm_weight(x->p, x->G, x->in->alpha, x->in->beta), 0.0)
WEIGHT(gvm_unregularised, RULE_VARIANCE, x->G / sqrt(x->p), 0.0)
WEIGHT(neyman_iw, RULE_VARIANCE | RULE_MU2, root(x->S2 / x->p - x->mu2, x->S2 / x->p),
       0.0)
WEIGHT(neyman_sn, RULE_VARIANCE | RULE_MU2, sqrt(x->v / x->p), 0.0)
WEIGHT(neyman_loo, RULE_VARIANCE | RULE_MU2 | RULE_H2,
       root(x->v / x->p - 2.0 * x->v + x->H2, x->v / x->p + x->H2), 0.0)
WEIGHT(inverse_p, RULE_PLAIN, 1.0 / x->p, 0.0)
WEIGHT(rft_log, RULE_PLAIN, 1.0 / sqrt(x->p), 0.0)
WEIGHT(bernoulli, RULE_PLAIN, sqrt(x->p * x->q), 0.0)
WEIGHT(reinforce_log, RULE_PLAIN, sqrt(x->q / x->p), 0.0)
WEIGHT(reinforce_log_g, RULE_VARIANCE, x->G *sqrt(x->q / x->p), 0.0)
WEIGHT(reinforce_log_exact, RULE_VARIANCE | RULE_MU2 | RULE_WRONG,
       sqrt(reinforce_log_variance(x)), 0.0)
WEIGHT(cures, RULE_VARIANCE | RULE_MU2 | RULE_WRONG,
       x->p *sqrt(reinforce_log_variance(x)), 0.0)
WEIGHT(cures_prompt, RULE_PLAIN,
       exp(sqrt(x->p * x->q) / (x->in->tau > 0.0 ? x->in->tau : 1.0)), 1.0)

/* ---- the table ----------------------------------------------------------------- */

#define FORMULA(name, formula, source, share, reads)                                   \
    {                                                                                  \
        name, formula, source, share, NULL, NULL, false, reads                         \
    }
#define VARIANCE(name, formula, source, share, reads)                                  \
    {                                                                                  \
        name, formula, source, share, NULL, NULL, true, reads                          \
    }
#define DRAWING(name, formula, source, share, more, reads)                             \
    {                                                                                  \
        name, formula, source, share, more, NULL, false, reads                         \
    }

static const ref_allocate_rule table[] = {
    FORMULA("uniform", "1", "spec:gvm 9", rule_uniform, ""),
    VARIANCE("gvm", "w G/sqrt(l (p + alpha p^(1-beta)))", "gvm:prop1", rule_gvm,
             "alpha beta prior"),
    VARIANCE("gvm-unregularised", "w G/sqrt(l p)", "gvm:prop1", rule_gvm_unregularised,
             "prior"),
    FORMULA("gvm-hardest", "gvm, p = 0 taken as the smallest p > 0 seen",
            "spec:sim 4.3", rule_gvm_hardest, "alpha beta prior"),
    FORMULA("gvm-reuse", "max(N', c gvm), sum N", "spec:sim 3.1", rule_gvm_reuse,
            "alpha beta prior"),
    FORMULA("empirical-bayes", "gvm at (K+a)/(N'+a+b), a and b by moments",
            "spec:sim 4.3", rule_empirical_bayes, "alpha beta prior"),
    VARIANCE("neyman-iw", "w sqrt((S2/p - |mu|^2)/l)", "spec:gvm 3.1", rule_neyman_iw,
             "prior"),
    VARIANCE("neyman-sn", "w sqrt(v/(p l))", "spec:sim 3.1", rule_neyman_sn, "prior"),
    VARIANCE("neyman-loo", "w sqrt((v/p - 2v + H2)/l)", "spec:sim 3.1", rule_neyman_loo,
             "prior"),
    FORMULA("inverse-p", "1/p", "spec:gvm 9", rule_inverse_p, "prior"),
    FORMULA("rft-log", "1/sqrt(p)", "spec:gvm 9", rule_rft_log, "prior"),
    FORMULA("bernoulli", "sqrt(p q)", "spec:gvm 9", rule_bernoulli, "prior"),
    FORMULA("reinforce-log", "sqrt(q/p)", "spec:gvm 9", rule_reinforce_log, "prior"),
    VARIANCE("reinforce-log-g", "w G sqrt(q/(p l))", "spec:gvm 9", rule_reinforce_log_g,
             "prior"),
    VARIANCE("reinforce-log-exact", "w sqrt((q^2 S2/p + q S2_wrong - |mu|^2)/l)",
             "spec:gvm 9", rule_reinforce_log_exact, "prior"),
    FORMULA("reinforce-ada-est", "1/sqrt(p + explore), min <= n <= max", "spec:gvm 9",
            rule_reinforce_ada_est, "prior min max explore"),
    DRAWING("reinforce-ada-seq", "rounds of `group` until `target` right, at most max",
            "spec:gvm 9", rule_ada_seq, more_ada_seq, "prior group target max"),
    DRAWING("reinforce-ada-balance",
            "rounds of `group` until `target` right and as many wrong, at most max",
            "spec:gvm 9", rule_ada_balance, more_ada_balance, "prior group target max"),
    FORMULA("vip-dr-grpo", "min sum a (n-1)/n^2, a = 4 G^2 p q, n >= 3", "spec:gvm 9",
            rule_vip_dr_grpo, "prior min max"),
    FORMULA("vip-rloo", "min sum a/(n-1), a = 4 G^2 p q, n >= 2", "spec:gvm 9",
            rule_vip_rloo, "prior min max"),
    VARIANCE("cures", "w sqrt((p q^2 S2 + p^2 q S2_wrong - p^2 |mu|^2)/l)",
             "spec:gvm 9", rule_cures, "prior"),
    FORMULA("cures-prompt", "exp(sqrt(p q)/tau)", "spec:gvm 9", rule_cures_prompt,
            "prior tau"),
    FORMULA("knapsack", "max sum (1 - p^n - q^n) p q^2, 2 <= n <= 128", "spec:gvm 9",
            rule_knapsack, "prior min max"),
    DRAWING("dapo", "groups of `group` until one is mixed, at most max", "spec:gvm 9",
            rule_dapo, more_dapo, "prior group max"),
    DRAWING("dars-et", "group + ceil(group (1 - S)/S) where p < 1/2, S = 2 sqrt(p q)",
            "spec:gvm 9", rule_dars_et, more_dars_et, "prior group max"),
    DRAWING("dars-hw", "group + ceil(group (2q - S)/S) where p < 1/2, S = 2 sqrt(p q)",
            "spec:gvm 9", rule_dars_hw, more_dars_hw, "prior group max"),
    DRAWING("dart-uniform", "until `target` right, at most max", "spec:gvm 9",
            rule_dart_uniform, more_dart_uniform, "prior target max"),
    DRAWING("dart-prop2diff", "until ceil(target q) right, at most max", "spec:gvm 9",
            rule_dart_prop2diff, more_dart_prop2diff, "prior target max"),
    DRAWING("speed", "`group`, and up to max where 0 < K < group", "spec:gvm 9",
            rule_speed, more_speed, "prior group max"),
    DRAWING("greso", "`group` with probability explore^visits", "spec:gvm 9",
            rule_greso, more_greso, "group explore"),
    FORMULA("mopps", "N/group prompts whose Thompson draw is nearest 1/2", "spec:gvm 9",
            rule_mopps, "prior group seed"),
    FORMULA("plus", "sqrt(H2 (r/p - 2r + 1)) min(1, 4 N p/m), r = sum v/sum H2",
            "spec:sim 3.2", rule_plus, "prior"),
    DRAWING("rris", "sqrt(H2 (r/p - 2r + 1)), r = sum v/sum H2; until k successes",
            "spec:sim 3.3", rule_rris, more_rris, "prior max"),
};

const ref_allocate_rule *ref_allocate_rules(size_t *count)
{
    if (count != NULL) *count = sizeof table / sizeof table[0];
    return table;
}

const ref_allocate_rule *ref_allocate_rule_find(const char *name)
{
    for (size_t k = 0; k < sizeof table / sizeof table[0]; k++)
        if (strcmp(table[k].name, name) == 0) return &table[k];
    return NULL;
}

bool ref_allocate_rule_reads(const ref_allocate_rule *rule, const char *parameter)
{
    if (rule->parameters == NULL) return true;
    const size_t n = strlen(parameter);
    for (const char *at = rule->parameters; *at != '\0';) {
        const size_t length = strcspn(at, " ");
        if (length == n && memcmp(at, parameter, n) == 0) return true;
        at += length;
        at += strspn(at, " ");
    }
    return false;
}
