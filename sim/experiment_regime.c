/* experiment_regime.c -- whole runs: the theory's setting, the realisable one, and what a
 * target costs.
 *
 * Symbols (paper -> code)
 *   eta       eta      constant step size
 *   L, L*     loss     loss and its minimum
 *   b         budget   draws per prompt and step
 */
#include "sim/regime.h"
#include "sim/setting.h"

#include <math.h>
#include <stdio.h>

/* ---- regime-t ------------------------------------------------------------------- */

/* Methods and their best constant steps on the grid 2^(k/2) for the default profile:
 * `gvm-sim sweep regime-t --grid etas=...` is how they were found. */
static const sim_parameter regime_t_parameter[] = {
    SIM_REGIME_PARAMETERS("U>=3e-3", "64", "16", "12", "3", "1e-3", "11"),
    {"methods", "uniform-iw,gvm-oracle-iw,rris,uniform-sn,gvm-pilot-sn", "methods"},
    {"etas", "0.25,0.5,0.707,0.25,0.25", "step size of each method"},
    {"cap", "2048", "longest run of draws of RRIS"},
    {"steps", "3000", "steps"},
    {"every", "10", "steps between rows"},
    {NULL, NULL, NULL}};

static size_t by_method(const sim_config *c)
{
    return sim_regime_words(c, "methods");
}

static ref_status regime_check(const sim_config *c, ref_why *why)
{
    size_t n = 0;
    REF_TRY(sim_regime_whole(&n, c, "steps", 1, 10000000, why));
    REF_TRY(sim_regime_whole(&n, c, "every", 1, 10000000, why));
    REF_TRY(sim_regime_whole(&n, c, "cap", 1, 1000000, why));
    if (sim_setting_length(c, "etas") != by_method(c))
        return ref_fail(why, REF_EUSAGE, "etas: as many as there are methods");
    return sim_regime_check_methods(c, "methods", why);
}

/* Training of the cell's method with its own step size. */
static ref_status cell_training(sim_training *t, char *name, const sim_config *c,
                                size_t cell, ref_why *why)
{
    *t = (sim_training){.seed = c->seed, .replicas = c->seeds};
    (void)sim_regime_word(name, 64, c, "methods", cell);
    if (cell >= SIM_SETTING_MOST)
        return ref_fail(why, REF_EUSAGE, "methods: at most %d", SIM_SETTING_MOST);
    t->eta = sim_setting_item(c, "etas", cell);
    REF_TRY(sim_regime_whole(&t->steps, c, "steps", 1, 10000000, why));
    REF_TRY(sim_regime_whole(&t->every, c, "every", 1, 10000000, why));
    REF_TRY(sim_regime_method(&t->method, name, why));
    t->method.cap = (size_t)sim_config_number(c, "cap");
    return REF_OK;
}

static void regime_rows(sim_rows *out, const char *name, const sim_curves *v,
                        double eta, double best, double gap, size_t diverged,
                        bool accuracy)
{
    for (size_t r = 0; r < v->records; r++) {
        const size_t at = r * v->S;
        sim_rows_text(out, name);
        sim_rows_number(out, eta);
        sim_rows_number(out, v->step[r]);
        sim_rows_number(out, sim_curve_mean(v->draws + at, v->S, NULL, NULL));
        sim_regime_band(out, v->loss + at, v->S, 1.0, 0.0);
        sim_regime_band(out, v->loss + at, v->S, 1.0 / gap, best);
        if (accuracy) sim_regime_band(out, v->accuracy + at, v->S, 1.0, 0.0);
        sim_rows_number(out, (double)diverged);
        sim_rows_end(out);
    }
}

static ref_status regime_t_run(const sim_config *c, size_t cell, sim_rows *out,
                               ref_why *why)
{
    char name[64];
    sim_training t;
    sim_problem p;
    REF_TRY(cell_training(&t, name, c, cell, why));
    REF_TRY(sim_regime_problem(&p, c, 'F', why));
    double best = 0.0;
    double first = 0.0;
    size_t diverged = 0;
    sim_curves v;
    ref_status s = sim_regime_optimum(&p, NULL, &best, &first, why);
    if (s == REF_OK) s = sim_train_all(&v, &diverged, NULL, &p, &t, why);
    if (s == REF_OK) {
        regime_rows(out, name, &v, t.eta, best, first - best, diverged, false);
        sim_curves_free(&v);
    }
    sim_problem_free(&p);
    return s;
}

#define LOSS_COLUMNS                                                                   \
    "method\teta\tstep\tdraws\tloss\tloss_lo\tloss_hi\tloss_se"                        \
    "\texcess\texcess_lo\texcess_hi\texcess_se"

const sim_experiment sim_experiment_regime_t = {
    .name = "regime-t",
    .label = "spec:sim 5.1",
    .what =
        "the theory's setting: excess loss against draws; two rules fall, two turn up",
    .columns = LOSS_COLUMNS "\tdiverged",
    .seeds = 16,
    .parameter = regime_t_parameter,
    .cells = by_method,
    .run = regime_t_run,
    .check = regime_check,
};

/* ---- regime-r ------------------------------------------------------------------- */

static const sim_parameter regime_r_parameter[] = {
    SIM_REGIME_PARAMETERS("U>=1e-4", "128", "32", "64", "4", "0", "11"),
    {"methods", "uniform-pool,gvm-pilot-pool,uniform-sn,gvm-pilot-sn,rris", "methods"},
    {"etas", "16,16,16,16,16", "step size of each method"},
    {"draws", "8,8,8,8,4", "training draws per prompt of each method"},
    {"cap", "512", "longest run of draws of RRIS"},
    {"steps", "240", "steps"},
    {"every", "2", "steps between rows"},
    {NULL, NULL, NULL}};

static ref_status regime_r_check(const sim_config *c, ref_why *why)
{
    REF_TRY(regime_check(c, why));
    if (sim_setting_length(c, "draws") != by_method(c))
        return ref_fail(why, REF_EUSAGE, "draws: as many as there are methods");
    return REF_OK;
}

static ref_status regime_r_run(const sim_config *c, size_t cell, sim_rows *out,
                               ref_why *why)
{
    char name[64];
    sim_training t;
    sim_problem p;
    REF_TRY(cell_training(&t, name, c, cell, why));
    t.method.draws = sim_setting_item(c, "draws", cell);
    t.accuracy = true;
    REF_TRY(sim_regime_problem(&p, c, 'R', why));
    size_t diverged = 0;
    sim_curves v;
    const ref_status s = sim_train_all(&v, &diverged, NULL, &p, &t, why);
    if (s == REF_OK) { /* the infimum is 0: the problem is realisable */
        regime_rows(out, name, &v, t.eta, 0.0, v.loss[0], diverged, true);
        sim_curves_free(&v);
    }
    sim_problem_free(&p);
    return s;
}

const sim_experiment sim_experiment_regime_r = {
    .name = "regime-r",
    .label = "spec:sim 5.2",
    .what =
        "the realisable setting: accuracy and loss against steps and against all draws",
    .columns =
        LOSS_COLUMNS "\taccuracy\taccuracy_lo\taccuracy_hi\taccuracy_se\tdiverged",
    .seeds = 16,
    .parameter = regime_r_parameter,
    .cells = by_method,
    .run = regime_r_run,
    .check = regime_r_check,
};

/* ---- draws-to-target ------------------------------------------------------------- */

static const sim_parameter target_parameter[] = {
    SIM_REGIME_PARAMETERS("U>=1e-4", "128", "32", "64", "4", "0", "11"),
    {"methods", "uniform-sn,gvm-pilot-sn,rris", "methods"},
    {"budgets", "1,2,4,8,16", "draws per prompt and step; a pilot is as large again"},
    {"eta", "16", "step size"},
    {"cap", "512", "longest run of draws of RRIS"},
    {"loss", "0.2", "target of the training loss"},
    {"steps", "720", "most steps"},
    {NULL, NULL, NULL}};

static size_t target_cells(const sim_config *c)
{
    return by_method(c) * sim_setting_length(c, "budgets");
}

static ref_status target_check(const sim_config *c, ref_why *why)
{
    size_t n = 0;
    REF_TRY(sim_regime_whole(&n, c, "steps", 1, 10000000, why));
    REF_TRY(sim_regime_whole(&n, c, "cap", 1, 1000000, why));
    REF_TRY(sim_setting_counts(c, "budgets", 1.0, 4096.0, why));
    return sim_regime_check_methods(c, "methods", why);
}

/* Each replica's own cost to the target, for the band. */
static void target_row(sim_rows *out, const sim_curves *v, double level)
{
    double sum[2] = {0};
    double square[2] = {0};
    double n = 0.0;
    for (size_t k = 0; k < v->S; k++) {
        size_t r = 0;
        while (r < v->records && !(v->loss[r * v->S + k] <= level)) r++;
        if (r == v->records) continue;
        const double cost[2] = {v->step[r], v->draws[r * v->S + k]};
        n += 1.0;
        for (size_t q = 0; q < 2; q++) {
            sum[q] += cost[q];
            square[q] += cost[q] * cost[q];
        }
    }
    for (size_t q = 0; q < 2; q++) {
        const double mean = sum[q] / n;
        const double se = sqrt(fmax(0.0, square[q] / n - mean * mean) / (n - 1.0));
        sim_rows_number(out, mean);
        sim_rows_number(out, mean - 1.96 * se);
        sim_rows_number(out, mean + 1.96 * se);
        sim_rows_number(out, se);
    }
    sim_rows_number(out, (double)v->S - n);
}

static ref_status target_run(const sim_config *c, size_t cell, sim_rows *out,
                             ref_why *why)
{
    char name[64];
    const size_t budgets = sim_setting_length(c, "budgets");
    sim_problem p;
    sim_training t = {.seed = c->seed,
                      .replicas = c->seeds,
                      .steps = (size_t)sim_config_number(c, "steps"),
                      .eta = sim_config_number(c, "eta"),
                      .every = 1};
    (void)sim_regime_word(name, sizeof name, c, "methods", cell / budgets);
    REF_TRY(sim_regime_method(&t.method, name, why));
    t.method.draws = sim_setting_item(c, "budgets", cell % budgets);
    if (t.method.pilot > 0) t.method.pilot = (size_t)t.method.draws;
    t.method.cap = (size_t)sim_config_number(c, "cap");
    REF_TRY(sim_regime_problem(&p, c, 'R', why));
    sim_curves v;
    const ref_status s = sim_train_all(&v, NULL, NULL, &p, &t, why);
    if (s == REF_OK) {
        sim_rows_text(out, name);
        sim_rows_number(out, t.method.draws);
        sim_rows_number(out, sim_config_number(c, "loss"));
        target_row(out, &v, sim_config_number(c, "loss"));
        sim_rows_end(out);
        sim_curves_free(&v);
    }
    sim_problem_free(&p);
    return s;
}

const sim_experiment sim_experiment_draws_to_target = {
    .name = "draws-to-target",
    .label = "spec:sim 5.2",
    .what = "steps and draws to a loss against the budget per step: uniform, GVM, RRIS",
    .columns = "method\tb\ttarget\tsteps\tsteps_lo\tsteps_hi\tsteps_se\tdraws\tdraws_lo"
               "\tdraws_hi\tdraws_se\tmissed",
    .seeds = 16,
    .parameter = target_parameter,
    .cells = target_cells,
    .run = target_run,
    .check = target_check,
};
