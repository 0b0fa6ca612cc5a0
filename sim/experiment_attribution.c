/* experiment_attribution.c -- what the released run's speed-up is made of, and how the
 * acceptance rates move.
 *
 * Symbols (paper -> code)
 *   U         updates  optimiser updates per step
 *   p_i       p        acceptance rate of a prompt
 */
#include "sim/regime.h"
#include "sim/setting.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- attribution ------------------------------------------------------------------ */

/* Each change alone, and those of the released run together. The first is the baseline. */
static const struct {
    const char *name, *method;
    double draws;
    size_t updates;
} factor[] = {{"uniform 8, U=4", "uniform-pool", 8.0, 4},
              {"GVM, U=4", "gvm-pilot-pool", 8.0, 4},
              {"uniform 16, U=4", "uniform-pool", 16.0, 4},
              {"uniform 8, U=32", "uniform-pool", 8.0, 32},
              {"GVM, U=32", "gvm-pilot-pool", 8.0, 32}};

enum { FACTORS = sizeof factor / sizeof factor[0], RESAMPLES = 400 };

static const double accuracy_target[] = {0.6, 0.7, 0.8};

static const sim_parameter attribution_parameter[] = {
    SIM_REGIME_PARAMETERS("U>=1e-4", "128", "32", "64", "4", "0", "11"),
    {"lrs", "0.01,0.03", "Adam's learning rates"},
    {"steps", "250", "most steps"},
    {NULL, NULL, NULL}};

static size_t attribution_cells(const sim_config *c)
{
    return FACTORS * sim_setting_length(c, "lrs");
}

static ref_status attribution_check(const sim_config *c, ref_why *why)
{
    size_t n = 0;
    REF_TRY(sim_regime_whole(&n, c, "steps", 1, 10000000, why));
    REF_TRY(sim_regime_whole(&n, c, "prompts", 32, 1000000, why));
    return sim_setting_list(c, "lrs", 0.0, 1e9, why);
}

static ref_status train_factor(sim_curves *v, const sim_config *c, const sim_problem *p,
                               size_t f, double lr, ref_why *why)
{
    sim_training t = {.seed = c->seed,
                      .replicas = c->seeds,
                      .optimiser = SIM_ADAM,
                      .eta = lr,
                      .steps = (size_t)sim_config_number(c, "steps"),
                      .every = 1,
                      .accuracy = true,
                      .updates = factor[f].updates};
    REF_TRY(sim_regime_method(&t.method, factor[f].method, why));
    t.method.draws = factor[f].draws;
    return sim_train_all(v, NULL, NULL, p, &t, why);
}

static void ratio_columns(sim_rows *out, sim_ratio x)
{
    sim_rows_number(out, x.ratio);
    sim_rows_number(out, x.low);
    sim_rows_number(out, x.high);
}

/* Steps and draws to each accuracy, and the speed-up over the baseline in both. */
static ref_status attribution_rows(sim_rows *out, const sim_config *c, size_t f,
                                   double lr, const sim_curves *base,
                                   const sim_curves *own, ref_why *why)
{
    for (size_t k = 0; k < sizeof accuracy_target / sizeof accuracy_target[0]; k++) {
        sim_goal goal = {.accuracy = true, .level = accuracy_target[k]};
        sim_ratio steps;
        sim_ratio draws;
        sim_rows_number(out, lr);
        sim_rows_text(out, factor[f].name);
        sim_rows_number(out, goal.level);
        sim_rows_number(out, sim_curve_target(own, &goal, NULL));
        REF_TRY(sim_curve_compare(&steps, base, own, &goal, c->seed, RESAMPLES, why));
        goal.draws = true;
        sim_rows_number(out, sim_curve_target(own, &goal, NULL));
        REF_TRY(sim_curve_compare(&draws, base, own, &goal, c->seed, RESAMPLES, why));
        ratio_columns(out, steps);
        ratio_columns(out, draws);
        sim_rows_end(out);
    }
    return REF_OK;
}

static ref_status attribution_run(const sim_config *c, size_t cell, sim_rows *out,
                                  ref_why *why)
{
    const double lr = sim_setting_item(c, "lrs", cell / FACTORS);
    const size_t f = cell % FACTORS;
    sim_problem p;
    sim_curves base = {0};
    sim_curves own = {0};
    REF_TRY(sim_regime_problem(&p, c, 'R', why));
    ref_status s = train_factor(&base, c, &p, 0, lr, why);
    if (s == REF_OK) s = train_factor(&own, c, &p, f, lr, why);
    if (s == REF_OK) s = attribution_rows(out, c, f, lr, &base, &own, why);
    sim_curves_free(&base);
    sim_curves_free(&own);
    sim_problem_free(&p);
    return s;
}

const sim_experiment sim_experiment_attribution = {
    .name = "attribution",
    .label = "spec:sim 5.4",
    .what =
        "the released speed-up taken apart: allocation, twice the draws, more updates",
    .columns = "lr\tfactor\taccuracy\tsteps\tdraws\tspeedup\tspeedup_lo\tspeedup_hi"
               "\tdraws_ratio\tdraws_ratio_lo\tdraws_ratio_hi",
    .seeds = 16,
    .parameter = attribution_parameter,
    .cells = attribution_cells,
    .run = attribution_run,
    .check = attribution_check,
};

/* ---- acceptance-histogram ---------------------------------------------------------- */

static const sim_parameter histogram_parameter[] = {
    SIM_REGIME_PARAMETERS("U>=1e-4", "128", "32", "64", "4", "0", "11"),
    {"method", "gvm-pilot-sn", "method"},
    {"eta", "16", "step size"},
    {"steps", "0,10,30,100", "steps at which to look"},
    {"bins", "20", "bins of [0,1]"},
    {NULL, NULL, NULL}};

static size_t histogram_cells(const sim_config *c)
{
    return sim_setting_length(c, "steps");
}

static ref_status histogram_check(const sim_config *c, ref_why *why)
{
    size_t n = 0;
    REF_TRY(sim_regime_whole(&n, c, "bins", 1, 10000, why));
    REF_TRY(sim_setting_list(c, "steps", 0.0, 1e7, why));
    return sim_regime_check_methods(c, "method", why);
}

/* share (bins, S) <- part of the prompts in each bin for the replicas of one block. */
static ref_status block_histogram(double *share, size_t bins, size_t S, size_t first,
                                  const sim_problem *p, const sim_trace *trace,
                                  ref_why *why)
{
    double *theta = calloc(p->d, sizeof *theta);
    double *scratch = calloc(p->scratch, sizeof *scratch);
    const ref_status s = theta != NULL && scratch != NULL ? REF_OK : REF_ENOMEM;
    for (size_t l = 0; s == REF_OK && l < trace->lanes; l++) {
        for (size_t k = 0; k < p->d; k++) theta[k] = trace->theta[k * SIM_LANES + l];
        for (size_t i = 0; i < p->m; i++) {
            sim_moments x;
            p->family->moments(p, theta, i, scratch, &x, NULL);
            size_t bin = (size_t)(x.p * (double)bins);
            if (bin >= bins) bin = bins - 1;
            share[bin * S + first + l] += 1.0 / (double)p->m;
        }
    }
    free(theta);
    free(scratch);
    return s == REF_OK ? REF_OK : ref_fail(why, s, "no room for theta");
}

static ref_status histogram_fill(double *share, size_t bins, const sim_config *c,
                                 const sim_problem *p, const sim_training *t,
                                 ref_why *why)
{
    for (size_t first = 0; first < c->seeds;) {
        sim_training block = *t;
        sim_trace trace;
        block.replica = (uint32_t)first;
        block.replicas = c->seeds - first < SIM_LANES ? c->seeds - first : SIM_LANES;
        REF_TRY(sim_train(&trace, p, &block, why));
        const ref_status s =
            block_histogram(share, bins, c->seeds, first, p, &trace, why);
        first += trace.lanes;
        sim_trace_free(&trace);
        REF_TRY(s);
    }
    return REF_OK;
}

static ref_status histogram_run(const sim_config *c, size_t cell, sim_rows *out,
                                ref_why *why)
{
    const size_t bins = (size_t)sim_config_number(c, "bins");
    sim_problem p;
    sim_training t = {.seed = c->seed,
                      .eta = sim_config_number(c, "eta"),
                      .steps = (size_t)sim_setting_item(c, "steps", cell),
                      .every = 1000000};
    REF_TRY(sim_regime_method(&t.method, sim_config_text(c, "method"), why));
    REF_TRY(sim_regime_problem(&p, c, 'R', why));
    double *share = calloc(bins * c->seeds, sizeof *share);
    ref_status s =
        share != NULL ? REF_OK : ref_fail(why, REF_ENOMEM, "no room for bins");
    if (s == REF_OK && share != NULL) s = histogram_fill(share, bins, c, &p, &t, why);
    for (size_t b = 0; s == REF_OK && share != NULL && b < bins; b++) {
        sim_rows_number(out, (double)t.steps);
        sim_rows_number(out, (double)b / (double)bins);
        sim_rows_number(out, (double)(b + 1) / (double)bins);
        sim_regime_band(out, share + b * c->seeds, c->seeds, 1.0, 0.0);
        sim_rows_end(out);
    }
    free(share);
    sim_problem_free(&p);
    return s;
}

const sim_experiment sim_experiment_acceptance_histogram = {
    .name = "acceptance-histogram",
    .label = "spec:sim 8",
    .what = "how the prompts' acceptance rates spread over [0,1] as training goes on",
    .columns = "step\tbin\tbin_end\tshare\tshare_lo\tshare_hi\tshare_se",
    .seeds = 16,
    .parameter = histogram_parameter,
    .cells = histogram_cells,
    .run = histogram_run,
    .check = histogram_check,
};
