/* experiment_bvpo_descent.c -- SGD on the preference loss against the bound of Theorem 3.
 *
 * Symbols (paper -> code)
 *   eta, L    eta, L   step size, certified smoothness constant of L_m
 *   c         c        eta L / batch, weight of one item's noise in the floor
 */
#include "sim/experiment_bvpo.h"

#include "ref/bvpo.h"
#include "ref/descent.h"
#include "ref/numeric.h"
#include "sim/setting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define D SIM_BVPO_D

enum { EMPTY_ONLY, HALF, TRACE_ONLY, ADAPTIVE, METHODS };
static const char *const method_name[METHODS] = {"empty", "half", "trace", "adaptive"};

/* One run's record: loss, running mean of |grad|^2 and of the floor, per step. */
typedef struct record {
    double *loss, *gradient2, *floor; /* (steps + 1) each */
} record;

typedef struct descent_case {
    size_t steps;
    uint32_t batch;
    double eta, L;
    int method;
} descent_case;

static double weight_of(int method, const ref_bvpo_pieces *p, double c)
{
    if (method == EMPTY_ONLY) return 0.0;
    if (method == HALF) return 0.5;
    if (method == TRACE_ONLY) return 1.0;
    const ref_bvpo_moments m = ref_bvpo_moments_at(p, c);
    return ref_bvpo_alpha(&m);
}

/* theta -= eta g_c with a batch of items on the same pairs */
static void descend(double *theta, const sim_bvpo_study *s, const sim_bvpo_table *t,
                    const descent_case *d, double alpha, const ref_rng_stream *stream)
{
    double g[D], step[D] = {0};
    for (uint32_t i = 0; i < d->batch; i++) {
        const sim_bvpo_draw draw = sim_bvpo_sample(&s->m, SIM_BVPO_PAIRED, stream, i);
        (void)sim_bvpo_trace(&s->m, t, draw.t, draw.r_plus, draw.r_minus, g);
        for (size_t j = 0; j < D; j++) step[j] += alpha * g[j] / d->batch;
        (void)sim_bvpo_empty(&s->m, t, draw.e, g);
        for (size_t j = 0; j < D; j++) step[j] += (1.0 - alpha) * g[j] / d->batch;
    }
    for (size_t j = 0; j < D; j++) theta[j] -= d->eta * step[j];
}

/* One trajectory; the moments at every theta are exact. */
static ref_status run_descent(record *r, sim_bvpo_study *s, sim_bvpo_table *t,
                              const descent_case *d, uint32_t seed)
{
    double theta[D], gradient2 = 0.0, floor = 0.0;
    memcpy(theta, s->m.theta, sizeof theta);
    for (size_t k = 0; k <= d->steps; k++) {
        sim_bvpo_table_fill(t, &s->m, theta);
        sim_bvpo_exact x;
        REF_TRY(sim_bvpo_moments(&x, NULL, &s->m, t, SIM_BVPO_PAIRED));
        const double c = d->eta * d->L / d->batch;
        const double alpha = weight_of(d->method, &x.pieces, c);
        r->loss[k] = x.L_m;
        r->gradient2[k] = k > 0 ? gradient2 / (double)k : x.mu2;
        r->floor[k] = k > 0 ? floor / (double)k : ref_bvpo_floor(&x.pieces, alpha, c);
        gradient2 += x.mu2;
        floor += ref_bvpo_floor(&x.pieces, alpha, c);
        const ref_rng_stream stream = {.seed = seed, .stream = 1, .step = (uint32_t)k};
        descend(theta, s, t, d, alpha, &stream);
    }
    return REF_OK;
}

static size_t descent_cells(const sim_config *c)
{
    (void)c;
    return METHODS;
}

static ref_status descent_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_bvpo_check_seeds(c, why));
    REF_TRY(sim_setting_count(c, "steps", 1.0, 100000.0, why));
    REF_TRY(sim_setting_count(c, "batch", 1.0, 4096.0, why));
    REF_TRY(sim_setting_range(c, "eta-L", 1e-6, 1.0, why));
    REF_TRY(sim_setting_count(c, "every", 1.0, 100000.0, why));
    return sim_setting_range(c, "kappa", 0.0, 10.0, why);
}

/* Bands over seeds at step k, and the bound with the loss that the runs reached. */
static void descent_row(sim_rows *out, const record *r, const record *half,
                        size_t seeds, size_t k, const descent_case *d)
{
    double loss[SIM_BVPO_SEEDS], gradient2[SIM_BVPO_SEEDS], gain[SIM_BVPO_SEEDS];
    ref_moment floor = {0};
    for (size_t i = 0; i < seeds; i++) {
        loss[i] = r[i].loss[k];
        gain[i] = r[i].loss[k] - half[i].loss[k];
        gradient2[i] = r[i].gradient2[k];
        ref_moment_add(&floor, r[i].floor[k]);
    }
    const sim_bvpo_band reached = sim_bvpo_band_of(loss, seeds);
    const double gap = r[0].loss[0] - reached.mean;
    sim_rows_text(out, method_name[d->method]);
    sim_rows_number(out, (double)k);
    sim_bvpo_rows_band(out, reached);
    sim_bvpo_rows_band(out, sim_bvpo_band_of(gain, seeds));
    sim_bvpo_rows_band(out, sim_bvpo_band_of(gradient2, seeds));
    sim_rows_number(out, ref_descent_average(gap, d->eta, d->L, k, floor.mean));
    sim_rows_number(out, floor.mean);
    sim_rows_end(out);
}

/* One method's runs and those of alpha = 1/2 on the same data and traces, seed by seed. */
static ref_status descent_all(const sim_config *c, sim_bvpo_study *s,
                              const descent_case *d, sim_rows *out)
{
    const size_t length = d->steps + 1, every = (size_t)sim_config_number(c, "every");
    record r[SIM_BVPO_SEEDS] = {0}, half[SIM_BVPO_SEEDS] = {0};
    descent_case other = *d;
    other.method = HALF;
    sim_bvpo_table t;
    double *block = calloc(6 * length * c->seeds, sizeof *block);
    ref_status status = sim_bvpo_table_init(&t, &s->m, s->m.theta);
    if (block == NULL) status = REF_ENOMEM;
    for (size_t i = 0; status == REF_OK && i < c->seeds; i++) {
        const uint32_t seed = c->seed + (uint32_t)i;
        double *const own = block + 6 * length * i;
        r[i] = (record){own, own + length, own + 2 * length};
        half[i] = (record){own + 3 * length, own + 4 * length, own + 5 * length};
        status = run_descent(&r[i], s, &t, d, seed);
        if (status == REF_OK) status = run_descent(&half[i], s, &t, &other, seed);
    }
    for (size_t k = 1; status == REF_OK && k < length; k++)
        if (k == 1 || k % every == 0) descent_row(out, r, half, c->seeds, k, d);
    sim_bvpo_table_free(&t);
    free(block);
    return status;
}

static ref_status descent_run(const sim_config *c, size_t cell, sim_rows *out,
                              ref_why *why)
{
    sim_bvpo_study s;
    REF_TRY(sim_bvpo_study_open(&s, 1.0, 1.0, sim_config_number(c, "kappa"),
                                SIM_BVPO_PAIRED, why));
    const double L = sim_bvpo_smooth(&s.m).L_m;
    const descent_case d = {.steps = (size_t)sim_config_number(c, "steps"),
                            .batch = (uint32_t)sim_config_number(c, "batch"),
                            .eta = sim_config_number(c, "eta-L") / L,
                            .L = L,
                            .method = (int)cell};
    const ref_status status = descent_all(c, &s, &d, out);
    sim_bvpo_study_close(&s);
    return status == REF_OK ? REF_OK : ref_fail(why, status, "no memory for the runs");
}

static const sim_parameter descent_parameter[] = {
    {"steps", "600", "SGD steps of each run"},
    {"batch", "16", "items per step"},
    {"eta-L", "1", "step size times the certified smoothness constant, at most 1"},
    {"every", "10", "steps between rows"},
    {"kappa", "0.5", "dependence of the answer on the trace"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_bvpo_descent = {
    .name = "bvpo-descent",
    .label = "bvpo:thm3",
    .what = "SGD on the preference loss with each weight against the bound",
    .columns = "method\tstep\tloss\tloss_low\tloss_high\tgain\tgain_low\tgain_"
               "high\tgradient2\tgradient2_low\t"
               "gradient2_high\tbound\tfloor",
    .seeds = 10,
    .parameter = descent_parameter,
    .cells = descent_cells,
    .run = descent_run,
    .check = descent_check,
};
