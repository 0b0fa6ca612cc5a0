/* experiment_static.c -- exact variances of every rule at the starting point of a model.
 *
 * Symbols (paper -> code)
 *   V(u)      variance   exact IW variance of the mean gradient at shares u
 *   N, m      budget     samples in all; per prompt 8 unless said otherwise
 *   N'        pilot      draws of the pilot
 *   CV        -          coefficient of variation of G/sqrt(p) over prompts
 */
#include "ref/allocate.h"
#include "ref/numeric.h"
#include "sim/experiment.h"
#include "sim/population.h"
#include "sim/setting.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static size_t prompts_of(const sim_config *c)
{
    return (size_t)sim_config_number(c, "prompts");
}

static ref_status check_prompts(const sim_config *c, ref_why *why)
{
    return sim_setting_count(c, "prompts", 2.0, 4096.0, why);
}

/* V of a rule that sees the truth; NaN where the rule leaves a prompt without samples or
 * asks for what a static model lacks (visits, a pilot). */
static double rule_variance(const sim_population *x, const ref_allocate_rule *rule,
                            double alpha, double budget, double *share)
{
    ref_allocate_input in = sim_population_input(x, budget);
    in.alpha = alpha;
    if (rule->share(share, &in, rule->user, NULL) != REF_OK) return nan("");
    const double V = sim_population_variance(x, share, budget);
    return isfinite(V) ? V : nan("");
}

/* ---- variance-heterogeneity: the gain over uniform against the spread of p -------- */

/* Expectations over K ~ Bin(N', p) on the event K > 0, with w = 1/sqrt(phat). */
typedef struct pilot_mean {
    double kept, w, w2, inverse; /* P(K > 0), E w, E w^2, E 1/w */
} pilot_mean;

static pilot_mean pilot_expectation(size_t pilot, double p)
{
    pilot_mean e = {0};
    const double n = (double)pilot;
    for (size_t K = 1; K <= pilot; K++) {
        const double k = (double)K;
        const double mass = exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0)
                                + k * log(p) + (n - k) * log1p(-p));
        e.kept += mass;
        e.w += mass * sqrt(n / k);
        e.w2 += mass * n / k;
        e.inverse += mass * sqrt(k / n);
    }
    return e;
}

/* V_unif/V_gvm over the prompts that a pilot keeps, equal G, in the limit of many
 * prompts: as the pilot's rates promise it, and in truth; and the share it drops. */
typedef struct pilot_outcome {
    double planned, gain, dropped;
} pilot_outcome;

static pilot_outcome pilot_gain(const sim_population *x, size_t pilot)
{
    pilot_mean sum = {0};
    double uniform = 0.0;
    double spent = 0.0;
    for (size_t i = 0; i < x->m; i++) {
        const pilot_mean e = pilot_expectation(pilot, x->p[i]);
        sum.kept += e.kept;
        sum.w += e.w;
        sum.w2 += e.w2;
        uniform += e.kept / x->p[i];
        spent += e.inverse / x->p[i];
    }
    return (pilot_outcome){.planned = sum.kept * sum.w2 / (sum.w * sum.w),
                           .gain = sum.kept * uniform / (sum.w * spent),
                           .dropped = 1.0 - sum.kept / (double)x->m};
}

/* exact gain of GVM over uniform; bound <- 1 + CV^2(G/sqrt p) */
static ref_status exact_gain(const sim_config *c, const char *model,
                             const char *profile, double *gain, double *bound,
                             sim_population *x, ref_why *why)
{
    REF_TRY(sim_population_named(x, model, profile, prompts_of(c), why));
    double *share = calloc(2 * x->m, sizeof *share);
    if (share == NULL) return REF_ENOMEM;
    double *b = share + x->m;
    for (size_t i = 0; i < x->m; i++) b[i] = x->S2[i] / x->p[i];
    *bound = ref_allocate_gain(b, x->m);
    const double N = 8.0 * (double)x->m;
    *gain =
        rule_variance(x, ref_allocate_rule_find("uniform"), 0.0, N, share)
        / rule_variance(x, ref_allocate_rule_find("gvm-unregularised"), 0.0, N, share);
    free(share);
    return REF_OK;
}

static size_t heterogeneity_cells(const sim_config *c)
{
    return sim_setting_length(c, "p-min");
}

static ref_status heterogeneity_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_list(c, "pilot", 1.0, 1024.0, why));
    REF_TRY(sim_setting_list(c, "p-min", 1e-8, 0.9, why));
    return check_prompts(c, why);
}

static ref_status heterogeneity_run(const sim_config *c, size_t cell, sim_rows *out,
                                    ref_why *why)
{
    static const char *const model[] = {"loglinear", "long", "tabular"};
    const double low = sim_setting_item(c, "p-min", cell);
    const size_t pilot = (size_t)sim_config_number(c, "pilot");
    char profile[64];
    (void)snprintf(profile, sizeof profile, "logu:%.17g,0.9", low);

    double gain[3];
    double bound[3];
    pilot_outcome seen = {0};
    for (size_t k = 0; k < 3; k++) {
        sim_population x = {0};
        const ref_status s =
            exact_gain(c, model[k], profile, &gain[k], &bound[k], &x, why);
        if (s == REF_OK && k == 0) seen = pilot_gain(&x, pilot);
        sim_population_free(&x);
        if (s != REF_OK) return s;
    }
    sim_rows_number(out, low);
    for (size_t k = 0; k < 3; k++) {
        sim_rows_number(out, gain[k]);
        sim_rows_number(out, bound[k]);
    }
    sim_rows_number(out, seen.planned);
    sim_rows_number(out, seen.gain);
    sim_rows_number(out, seen.dropped);
    sim_rows_number(out, ref_reject_pilot_ceiling(pilot));
    sim_rows_end(out);
    return REF_OK;
}

static const sim_parameter heterogeneity_parameter[] = {
    {"p-min", "0.9,0.5,0.2,0.1,0.05,0.02,0.01,0.005,0.002,0.001,0.0005,0.0002,0.0001",
     "hardest acceptance rate; log-uniform up to 0.9"},
    {"prompts", "128", "prompts m"},
    {"pilot", "8", "draws N' of the pilot"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_variance_heterogeneity = {
    .name = "variance-heterogeneity",
    .label = "spec:gvm 3.1",
    .what = "exact gain of GVM over uniform against the spread of acceptance rates",
    .columns = "pmin\toracle\tbound\toracle_long\tbound_long\toracle_single\t"
               "bound_single\tplanned\tpilot\tdropped\tceiling",
    .seeds = 1,
    .parameter = heterogeneity_parameter,
    .cells = heterogeneity_cells,
    .run = heterogeneity_run,
    .check = heterogeneity_check,
};

/* ---- variance-budget: every rule of the table, variance against budget ------------ */

static size_t budget_cells(const sim_config *c)
{
    return sim_setting_length(c, "draws");
}

static ref_status budget_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_list(c, "draws", 1.0, 1e6, why));
    return check_prompts(c, why);
}

/* 1 for the smallest V, ties by index; NaN ranks nowhere */
static double rank_of(const double *V, size_t count, size_t r)
{
    size_t rank = 1;
    for (size_t k = 0; k < count; k++) rank += V[k] < V[r] || (V[k] == V[r] && k < r);
    return (double)rank;
}

static ref_status budget_run(const sim_config *c, size_t cell, sim_rows *out,
                             ref_why *why)
{
    sim_population x = {0};
    REF_TRY(sim_population_named(&x, sim_config_text(c, "model"),
                                 sim_config_text(c, "profile"), prompts_of(c), why));
    size_t rules = 0;
    (void)ref_allocate_rules(&rules);
    double *share = calloc(x.m + rules, sizeof *share);
    if (share == NULL) {
        sim_population_free(&x);
        return REF_ENOMEM;
    }
    double *V = share + x.m;
    const double per_prompt = sim_setting_item(c, "draws", cell);
    const double N = per_prompt * (double)x.m;
    const double best = ref_allocate_minimum(x.c, x.m, N) / ((double)x.m * (double)x.m);

    const ref_allocate_rule *rule = ref_allocate_rules(&rules);
    for (size_t r = 0; r < rules; r++)
        V[r] = rule_variance(&x, &rule[r], 1e-3, N, share);
    for (size_t r = 0; r < rules; r++) {
        if (isnan(V[r])) continue;
        sim_rows_text(out, rule[r].name);
        sim_rows_number(out, per_prompt);
        sim_rows_number(out, N);
        sim_rows_number(out, V[r]);
        sim_rows_number(out, V[r] / best);
        sim_rows_number(out, rank_of(V, rules, r));
        sim_rows_end(out);
    }
    free(share);
    sim_population_free(&x);
    return REF_OK;
}

static const sim_parameter budget_parameter[] = {
    {"draws", "1,2,4,8,16,32,64,128,256", "budget per prompt, N/m"},
    {"model", "loglinear", "tabular, loglinear or long"},
    {"profile", "U>=1e-3", "difficulty profile"},
    {"prompts", "128", "prompts m"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_variance_budget = {
    .name = "variance-budget",
    .label = "spec:gvm 9",
    .what =
        "exact variance against budget for every rule that gives each prompt samples",
    .columns = "rule\tdraws\tbudget\tvariance\tratio\trank",
    .seeds = 1,
    .parameter = budget_parameter,
    .cells = budget_cells,
    .run = budget_run,
    .check = budget_check,
};

/* ---- gain-profile: which sets of prompts leave something to gain ------------------- */

static const struct {
    const char *model, *profile;
} set_of[] = {
    {"tabular", "const:.3"},   {"tabular", "U>=1e-3"},      {"tabular", "easy"},
    {"loglinear", "const:.3"}, {"loglinear", "beta:0,2,2"}, {"loglinear", "U>=1e-3"},
    {"loglinear", "logu2"},    {"loglinear", "logu3"},      {"loglinear", "easy"},
    {"long", "U>=1e-3"},       {"long", "logu3"},
};

static size_t profile_cells(const sim_config *c)
{
    (void)c;
    return sizeof set_of / sizeof set_of[0];
}

static ref_status profile_run(const sim_config *c, size_t cell, sim_rows *out,
                              ref_why *why)
{
    static const char *const name[] = {
        "gvm-unregularised", "neyman-iw",     "gvm",
        "inverse-p",         "reinforce-log", "bernoulli"};
    sim_population x = {0};
    REF_TRY(sim_population_named(&x, set_of[cell].model, set_of[cell].profile,
                                 prompts_of(c), why));
    double *share = calloc(x.m, sizeof *share);
    if (share == NULL) {
        sim_population_free(&x);
        return REF_ENOMEM;
    }
    const double N = 8.0 * (double)x.m;
    const double uniform =
        rule_variance(&x, ref_allocate_rule_find("uniform"), 0.0, N, share);
    for (size_t r = 0; r < sizeof name / sizeof name[0]; r++) {
        const double V =
            rule_variance(&x, ref_allocate_rule_find(name[r]), 1e-3, N, share);
        sim_rows_number(out, (double)cell);
        sim_rows_text(out, set_of[cell].model);
        sim_rows_text(out, set_of[cell].profile);
        sim_rows_text(out, name[r]);
        sim_rows_number(out, uniform / V);
        sim_rows_end(out);
    }
    free(share);
    sim_population_free(&x);
    return REF_OK;
}

static const sim_parameter profile_parameter[] = {
    {"prompts", "128", "prompts m"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_gain_profile = {
    .name = "gain-profile",
    .label = "spec:sim 4.1",
    .what = "exact gain over uniform by model, difficulty profile and rule",
    .columns = "set\tmodel\tprofile\trule\tgain",
    .seeds = 1,
    .parameter = profile_parameter,
    .cells = profile_cells,
    .run = profile_run,
    .check = check_prompts,
};
