/* experiment_ablation.c -- what a small pilot and the regulariser do to the allocation.
 *
 * Symbols (paper -> code)
 *   N'        pilot     draws per prompt of the pilot; 0: the rule sees the true p
 *   phat_i    seen[i]   K'_i / N'
 *   rho       rho       <g, E ghat>^2 / (|g|^2 E|ghat|^2), share of exact progress per step
 *   V         -         exact IW variance of the mean gradient, true p in the denominator
 *
 * Expectations over the draws of the second stage are exact; those over the pilot are
 * means over seeds.
 */
#include "ref/allocate.h"
#include "ref/allocate_round.h"
#include "ref/numeric.h"
#include "ref/rng.h"
#include "sim/experiment.h"
#include "sim/population.h"
#include "sim/setting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double PER_PROMPT = 8.0; /* samples per prompt of the second stage */

/* Working space of one cell. */
typedef struct bench {
    sim_population x;
    double *seen, *share; /* (m) */
    double *mean, *total; /* (d) E ghat given a pilot; its sum over pilots */
    size_t *n;            /* (m) */
} bench;

static void bench_free(bench *b)
{
    free(b->seen);
    free(b->n);
    sim_population_free(&b->x);
    *b = (bench){0};
}

static ref_status bench_init(bench *b, const sim_config *c, const char *model,
                             const char *profile, ref_why *why)
{
    *b = (bench){0};
    const size_t m = (size_t)sim_config_number(c, "prompts");
    REF_TRY(sim_population_named(&b->x, model, profile, m, why));
    b->seen = calloc(2 * m + 2 * b->x.d, sizeof *b->seen);
    b->n = calloc(m, sizeof *b->n);
    if (b->seen == NULL || b->n == NULL) {
        bench_free(b);
        return REF_ENOMEM;
    }
    b->share = b->seen + m;
    b->mean = b->seen + 2 * m;
    b->total = b->mean + b->x.d;
    return REF_OK;
}

/* seen <- the rates of a pilot of N' draws; the truth for N' = 0. Returns the share of
 * sum |mu|^2 that belongs to prompts without a success. */
static double pilot_stage(bench *b, size_t pilot, uint32_t seed)
{
    double dropped = 0.0;
    double all = 0.0;
    for (size_t i = 0; i < b->x.m; i++) {
        const ref_rng_stream s = {.seed = seed, .stream = 0, .prompt = (uint32_t)i};
        double hits = 0.0;
        for (size_t j = 0; j < pilot; j++)
            hits += ref_rng_uniform(&s, (uint32_t)j) < b->x.p[i];
        b->seen[i] = pilot == 0 ? b->x.p[i] : hits / (double)pilot;
        all += b->x.mu2[i];
        if (!(b->seen[i] > 0.0)) dropped += b->x.mu2[i];
    }
    return dropped / all;
}

/* share <- a rule that sees the pilot's rates and the true norms. */
static ref_status allocate(bench *b, const char *rule, size_t pilot, double alpha,
                           double beta, double prior, double budget, ref_why *why)
{
    ref_allocate_input in = sim_population_input(&b->x, budget);
    in.p = b->seen;
    in.pilot = pilot;
    in.alpha = alpha;
    in.beta = beta;
    in.prior_a = prior;
    in.prior_b = prior;
    const ref_allocate_rule *r = ref_allocate_rule_find(rule);
    return r->share(b->share, &in, r->user, why);
}

/* ---- alpha-beta: the regulariser, with and without knowledge of p ----------------- */

/* mean <- E ghat of the SN estimator at counts n; returns E|ghat|^2. */
static double sn_second_moment(bench *b)
{
    const sim_population *x = &b->x;
    const double w = 1.0 / (double)x->m;
    ref_sum variance = {0};
    memset(b->mean, 0, x->d * sizeof *b->mean);
    for (size_t i = 0; i < x->m; i++) {
        const ref_reject_law law =
            ref_reject_exact(REF_REJECT_SN, &x->moments[i], (double)b->n[i], 0.0);
        ref_sum_add(&variance, w * w * law.variance);
        for (size_t k = 0; k < x->d; k++)
            b->mean[k] += w * law.omega * x->mu[i * x->d + k];
    }
    return ref_norm2(b->mean, x->d) + ref_sum_value(&variance);
}

/* What one alpha and beta make of a profile, averaged over pilots. */
typedef struct ablation {
    double rho, variance; /* efficiency of SN; IW variance in units of |g|^2 */
} ablation;

static ref_status ablate(ablation *out, bench *b, const sim_config *c, size_t pilot,
                         double alpha, double beta, ref_why *why)
{
    const double N = PER_PROMPT * (double)b->x.m;
    const size_t pilots = pilot == 0 ? 1 : c->seeds;
    ref_sum second = {0};
    ref_sum variance = {0};
    memset(b->total, 0, b->x.d * sizeof *b->total);
    for (size_t s = 0; s < pilots; s++) {
        (void)pilot_stage(b, pilot, c->seed + (uint32_t)s);
        REF_TRY(allocate(b, "gvm", pilot, alpha, beta, 0.0, N, why));
        REF_TRY(ref_allocate_round_official(b->n, b->share, b->x.m, (size_t)N, why));
        ref_sum_add(&second, sn_second_moment(b) / (double)pilots);
        ref_sum_add(&variance, sim_population_variance(&b->x, b->share, N));
        for (size_t k = 0; k < b->x.d; k++) b->total[k] += b->mean[k] / (double)pilots;
    }
    out->rho = ref_reject_efficiency(ref_dot(b->x.g, b->total, b->x.d), b->x.g2,
                                     ref_sum_value(&second));
    const double V = ref_sum_value(&variance) / ((double)pilots * b->x.g2);
    out->variance = isfinite(V) ? V : nan("");
    return REF_OK;
}

static const char *const ablation_profile[] = {"U>=1e-3", "logu3"};

static size_t alpha_beta_cells(const sim_config *c)
{
    return (sizeof ablation_profile / sizeof ablation_profile[0])
           * sim_setting_length(c, "pilot");
}

static ref_status alpha_beta_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_list(c, "alpha", 0.0, 1e3, why));
    REF_TRY(sim_setting_list(c, "beta", 1.0, 100.0, why));
    REF_TRY(sim_setting_list(c, "pilot", 0.0, 1024.0, why));
    return sim_setting_count(c, "prompts", 2.0, 4096.0, why);
}

static ref_status alpha_beta_run(const sim_config *c, size_t cell, sim_rows *out,
                                 ref_why *why)
{
    const size_t pilots = sim_setting_length(c, "pilot");
    const char *profile = ablation_profile[cell / pilots];
    const size_t pilot = (size_t)sim_setting_item(c, "pilot", cell % pilots);
    bench b;
    REF_TRY(bench_init(&b, c, "loglinear", profile, why));

    ref_status s = REF_OK;
    const size_t alphas = sim_setting_length(c, "alpha");
    const size_t betas = sim_setting_length(c, "beta");
    for (size_t k = 0; k < alphas * betas && s == REF_OK; k++) {
        const double alpha = sim_setting_item(c, "alpha", k / betas);
        const double beta = sim_setting_item(c, "beta", k % betas);
        ablation a = {0};
        s = ablate(&a, &b, c, pilot, alpha, beta, why);
        sim_rows_text(out, profile);
        sim_rows_number(out, (double)pilot);
        sim_rows_number(out, alpha);
        sim_rows_number(out, floor((double)k / (double)betas));
        sim_rows_number(out, beta);
        sim_rows_number(out, a.rho);
        sim_rows_number(out, a.variance);
        sim_rows_end(out);
    }
    bench_free(&b);
    return s;
}

static const sim_parameter alpha_beta_parameter[] = {
    {"alpha", "0,1e-6,1e-5,1e-4,1e-3,1e-2,1e-1", "regulariser"},
    {"beta", "2,2.5,3,3.5,4,4.5,5", "its exponent"},
    {"pilot", "0,32,8", "draws of the pilot; 0: true p"},
    {"prompts", "128", "prompts m"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_alpha_beta = {
    .name = "alpha-beta",
    .label = "spec:sim 4.4",
    .what = "efficiency and IW variance over alpha and beta, with true and piloted p",
    .columns = "profile\tpilot\talpha\tindex\tbeta\trho\tvariance",
    .seeds = 32,
    .parameter = alpha_beta_parameter,
    .cells = alpha_beta_cells,
    .run = alpha_beta_run,
    .check = alpha_beta_check,
};

/* ---- share-pilot: how much of the oracle's gain a pilot keeps --------------------- */

static const struct {
    const char *name, *model, *profile;
} share_set[] = {
    {"U>=.01", "loglinear", "U>=.01"},
    {"U>=1e-3", "loglinear", "U>=1e-3"},
    {"logu3", "loglinear", "logu3"},
    {"long U>=.01", "long", "U>=.01"},
};

/* The treatments of prompts without a success; a prior makes all rates positive. */
static const struct {
    const char *rule;
    double prior;
} treatment[] = {
    {"gvm-hardest", 0.0}, {"empirical-bayes", 0.0}, {"gvm", 0.5}, /* Jeffreys */
};
enum { TREATMENTS = sizeof treatment / sizeof treatment[0] };

static size_t share_cells(const sim_config *c)
{
    return (sizeof share_set / sizeof share_set[0]) * sim_setting_length(c, "pilot");
}

static ref_status share_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_list(c, "pilot", 1.0, 1024.0, why));
    return sim_setting_count(c, "prompts", 2.0, 4096.0, why);
}

/* mean and its standard error, two columns; NaN where there is nothing to average */
static void moment_columns(sim_rows *out, const ref_moment *x)
{
    sim_rows_number(out, x->n > 0 ? x->mean : nan(""));
    sim_rows_number(out, sqrt(ref_moment_variance(x, 1) / (double)x->n));
}

/* One pilot: share of the gain per treatment, share dropped, cost at equal total. */
static ref_status share_of_pilot(ref_moment moment[TREATMENTS + 2], bench *b,
                                 size_t pilot, uint32_t seed, double uniform,
                                 double oracle, ref_why *why)
{
    const double m = (double)b->x.m;
    ref_moment_add(&moment[TREATMENTS], pilot_stage(b, pilot, seed));
    for (size_t k = 0; k < TREATMENTS; k++) {
        REF_TRY(allocate(b, treatment[k].rule, pilot, 0.0, 2.0, treatment[k].prior,
                         PER_PROMPT * m, why));
        const double V = sim_population_variance(&b->x, b->share, PER_PROMPT * m);
        ref_moment_add(&moment[k], (uniform - V) / (uniform - oracle));
    }
    const double left = 2.0 * PER_PROMPT - (double)pilot;
    REF_TRY(allocate(b, "empirical-bayes", pilot, 0.0, 2.0, 0.0, PER_PROMPT * m, why));
    if (left > 0.0)
        ref_moment_add(&moment[TREATMENTS + 1],
                       sim_population_variance(&b->x, b->share, left * m)
                           / (0.5 * uniform));
    return REF_OK;
}

static ref_status share_run(const sim_config *c, size_t cell, sim_rows *out,
                            ref_why *why)
{
    const size_t pilots = sim_setting_length(c, "pilot");
    const size_t set = cell / pilots;
    const size_t pilot = (size_t)sim_setting_item(c, "pilot", cell % pilots);
    bench b;
    REF_TRY(bench_init(&b, c, share_set[set].model, share_set[set].profile, why));

    const double m = (double)b.x.m;
    for (size_t i = 0; i < b.x.m; i++) b.share[i] = 1.0 / m;
    const double uniform = sim_population_variance(&b.x, b.share, PER_PROMPT * m);
    (void)pilot_stage(&b, 0, c->seed);
    ref_status s =
        allocate(&b, "gvm-unregularised", 0, 0.0, 2.0, 0.0, PER_PROMPT * m, why);
    const double oracle = sim_population_variance(&b.x, b.share, PER_PROMPT * m);

    ref_moment moment[TREATMENTS + 2] = {0};
    for (size_t k = 0; k < c->seeds && s == REF_OK; k++)
        s = share_of_pilot(moment, &b, pilot, c->seed + (uint32_t)k, uniform, oracle,
                           why);
    sim_rows_text(out, share_set[set].name);
    sim_rows_number(out, (double)pilot);
    sim_rows_number(out, uniform / oracle);
    for (size_t k = 0; k < TREATMENTS + 2; k++) moment_columns(out, &moment[k]);
    sim_rows_end(out);
    bench_free(&b);
    return s;
}

static const sim_parameter share_parameter[] = {
    {"pilot", "2,4,8,16,32", "draws of the pilot"},
    {"prompts", "128", "prompts m"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_share_pilot = {
    .name = "share-pilot",
    .label = "spec:sim 4.3",
    .what = "share of the oracle's variance gain against the pilot, by treatment of "
            "prompts without a success",
    .columns = "profile\tpilot\tgain\thardest\thardest_se\teb\teb_se\tjeffreys\t"
               "jeffreys_se\tdropped\tdropped_se\tequal_total\tequal_total_se",
    .seeds = 64,
    .parameter = share_parameter,
    .cells = share_cells,
    .run = share_run,
    .check = share_check,
};

/* ---- n-histogram: how many samples prompts get ------------------------------------ */

static const double bin_low[] = {0, 1, 2, 3, 5, 9, 17, 33, 65};
enum { BINS = sizeof bin_low / sizeof bin_low[0] };

static const struct {
    const char *name;
    bool piloted;
    double alpha;
} histogram_set[] = {
    {"pilot", true, 1e-3},
    {"oracle", false, 1e-3},
    {"oracle-plain", false, 0.0},
};

static size_t histogram_cells(const sim_config *c)
{
    (void)c;
    return sizeof histogram_set / sizeof histogram_set[0];
}

static ref_status histogram_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_list(c, "pilot", 1.0, 1024.0, why));
    return sim_setting_count(c, "prompts", 2.0, 4096.0, why);
}

static size_t bin_of(size_t n)
{
    size_t bin = 0;
    while (bin + 1 < BINS && (double)n >= bin_low[bin + 1]) bin++;
    return bin;
}

static ref_status histogram_run(const sim_config *c, size_t cell, sim_rows *out,
                                ref_why *why)
{
    const bool piloted = histogram_set[cell].piloted;
    const size_t pilot = piloted ? (size_t)sim_config_number(c, "pilot") : 0;
    const size_t rounds = piloted ? c->seeds : 1;
    bench b;
    REF_TRY(bench_init(&b, c, "loglinear", sim_config_text(c, "profile"), why));

    const double N = PER_PROMPT * (double)b.x.m;
    double prompts[BINS] = {0};
    double samples[BINS] = {0};
    ref_status s = REF_OK;
    for (size_t k = 0; k < rounds && s == REF_OK; k++) {
        (void)pilot_stage(&b, pilot, c->seed + (uint32_t)k);
        s = allocate(&b, "gvm", pilot, histogram_set[cell].alpha, 2.0, 0.0, N, why);
        if (s == REF_OK)
            s = ref_allocate_round_official(b.n, b.share, b.x.m, (size_t)N, why);
        for (size_t i = 0; i < b.x.m && s == REF_OK; i++) {
            prompts[bin_of(b.n[i])] += 1.0 / ((double)b.x.m * (double)rounds);
            samples[bin_of(b.n[i])] += (double)b.n[i] / (N * (double)rounds);
        }
    }
    for (size_t bin = 0; bin < BINS; bin++) {
        sim_rows_text(out, histogram_set[cell].name);
        sim_rows_number(out, (double)bin);
        sim_rows_number(out, bin_low[bin]);
        sim_rows_number(out, prompts[bin]);
        sim_rows_number(out, samples[bin]);
        sim_rows_end(out);
    }
    bench_free(&b);
    return s;
}

static const sim_parameter histogram_parameter[] = {
    {"pilot", "8", "draws of the pilot"},
    {"profile", "U>=1e-3", "difficulty profile"},
    {"prompts", "128", "prompts m"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_n_histogram = {
    .name = "n-histogram",
    .label = "spec:gvm 3.4",
    .what = "how many samples prompts get, released rounding, eight per prompt in all",
    .columns = "method\tbin\tlow\tprompts\tsamples",
    .seeds = 64,
    .parameter = histogram_parameter,
    .cells = histogram_cells,
    .run = histogram_run,
    .check = histogram_check,
};
