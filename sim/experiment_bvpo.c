/* experiment_bvpo.c -- BVPO's weight: error against alpha, against the batch, with traces,
 * and where trace samples go when prompts can fall back on the empty trace.
 *
 * Symbols (paper -> code)
 *   n         batch    items averaged in one step
 *   c         c        eta L
 *   K         K        traces per answer
 */
#include "sim/experiment_bvpo.h"

#include "ref/bvpo.h"
#include "ref/bvpo_allocate.h"
#include "ref/bvpo_ktrace.h"
#include "ref/numeric.h"
#include "sim/setting.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define D SIM_BVPO_D

/* ---- shared ---------------------------------------------------------------------------- */

ref_status sim_bvpo_study_open(sim_bvpo_study *s, double beta, double tau, double kappa,
                               sim_bvpo_coupling coupling, ref_why *why)
{
    sim_bvpo_shape shape = sim_bvpo_default();
    shape.beta = beta;
    shape.tau = tau;
    shape.kappa = kappa;
    *s = (sim_bvpo_study){0};
    REF_TRY(sim_bvpo_init(&s->m, &shape, why));
    ref_status status = sim_bvpo_table_init(&s->t, &s->m, s->m.theta);
    if (status == REF_OK)
        status = sim_bvpo_moments(&s->x, s->mu, &s->m, &s->t, coupling);
    if (status == REF_OK) return REF_OK;
    sim_bvpo_study_close(s);
    return ref_fail(why, status, "no memory for the preference model");
}

void sim_bvpo_study_close(sim_bvpo_study *s)
{
    sim_bvpo_table_free(&s->t);
    sim_bvpo_free(&s->m);
}

ref_status sim_bvpo_check_seeds(const sim_config *c, ref_why *why)
{
    if (c->seeds >= 1 && c->seeds <= SIM_BVPO_SEEDS) return REF_OK;
    return ref_fail(why, REF_EUSAGE, "%zu seeds, 1 to %d are possible", c->seeds,
                    SIM_BVPO_SEEDS);
}

sim_bvpo_band sim_bvpo_band_of(const double *x, size_t seeds)
{
    ref_moment m = {0};
    for (size_t i = 0; i < seeds; i++) ref_moment_add(&m, x[i]);
    if (seeds < 2) return (sim_bvpo_band){m.mean, nan(""), nan("")};
    const double se = sqrt(ref_moment_variance(&m, 1) / (double)seeds);
    const double half = gsl_cdf_tdist_Pinv(0.975, (double)(seeds - 1)) * se;
    return (sim_bvpo_band){m.mean, m.mean - half, m.mean + half};
}

void sim_bvpo_rows_band(sim_rows *out, sim_bvpo_band band)
{
    sim_rows_number(out, band.mean);
    sim_rows_number(out, band.low);
    sim_rows_number(out, band.high);
}

/* ---- bvpo-alpha: closed form against brute force --------------------------------------- */

/* Batch means of g_t and g_e, replicas of one seed after another: row (count, 2D). */
static void draw_batches(double *row, const sim_bvpo_study *s, size_t batch,
                         size_t replicas, uint32_t seed)
{
    double g[D];
    for (size_t b = 0; b < replicas; b++) {
        double *mean = &row[b * 2 * D];
        memset(mean, 0, 2 * D * sizeof *mean);
        const ref_rng_stream stream = {
            .seed = seed, .stream = 1, .step = (uint32_t)b, .replica = (uint32_t)batch};
        for (uint32_t i = 0; i < batch; i++) {
            const sim_bvpo_draw d = sim_bvpo_sample(&s->m, SIM_BVPO_PAIRED, &stream, i);
            (void)sim_bvpo_trace(&s->m, &s->t, d.t, d.r_plus, d.r_minus, g);
            for (size_t j = 0; j < D; j++) mean[j] += g[j] / (double)batch;
            (void)sim_bvpo_empty(&s->m, &s->t, d.e, g);
            for (size_t j = 0; j < D; j++) mean[D + j] += g[j] / (double)batch;
        }
    }
}

/* One weight, brute force, for every tenth row (it does not apply to the others, whose
 * fields are NaN): the error of every replica, its mean per seed, and from all of
 * them bias^2 (its own sampling noise taken off) and variance. */
static void brute_force(sim_rows *out, const sim_bvpo_study *s, const double *row,
                        size_t seeds, size_t replicas, double alpha)
{
    double mse[SIM_BVPO_SEEDS] = {0}, mean[D] = {0};
    double total = 0.0;
    const size_t count = seeds * replicas;
    for (size_t b = 0; b < count; b++)
        for (size_t j = 0; j < D; j++) {
            const double *g = &row[b * 2 * D];
            const double error = alpha * g[j] + (1.0 - alpha) * g[D + j] - s->mu[j];
            mse[b / replicas] += error * error / (double)replicas;
            mean[j] += error / (double)count;
            total += error * error;
        }
    const double n = (double)count, square = ref_norm2(mean, D);
    const double variance = (total - n * square) / (n - 1.0);
    sim_rows_number(out, square - variance / n);
    sim_rows_number(out, variance);
    sim_bvpo_rows_band(out, sim_bvpo_band_of(mse, seeds));
}

static size_t alpha_cells(const sim_config *c)
{
    return sim_setting_length(c, "batch");
}

static ref_status alpha_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_bvpo_check_seeds(c, why));
    REF_TRY(sim_setting_counts(c, "batch", 1.0, 65536.0, why));
    REF_TRY(sim_setting_count(c, "replicas", 2.0, 1e6, why));
    REF_TRY(sim_setting_range(c, "tau", -10.0, 10.0, why));
    return sim_setting_range(c, "kappa", 0.0, 10.0, why);
}

static ref_status alpha_run(const sim_config *c, size_t cell, sim_rows *out,
                            ref_why *why)
{
    const double batch = sim_setting_item(c, "batch", cell);
    const size_t replicas = (size_t)sim_config_number(c, "replicas");
    double *row = malloc(c->seeds * replicas * 2 * D * sizeof *row);
    if (row == NULL) return ref_fail(why, REF_ENOMEM, "no memory for the replicas");
    sim_bvpo_study s;
    const ref_status status =
        sim_bvpo_study_open(&s, 1.0, sim_config_number(c, "tau"),
                            sim_config_number(c, "kappa"), SIM_BVPO_PAIRED, why);
    for (size_t k = 0; status == REF_OK && k < c->seeds; k++)
        draw_batches(row + k * replicas * 2 * D, &s, (size_t)batch, replicas,
                     c->seed + (uint32_t)k);
    for (int i = 0; status == REF_OK && i <= 100; i++) {
        const double alpha = i / 100.0;
        const double bias2 = ref_bvpo_bias2(&s.x.pieces, alpha);
        const double variance = ref_bvpo_variance(&s.x.pieces, alpha) / batch;
        sim_rows_number(out, batch);
        sim_rows_number(out, alpha);
        sim_rows_number(out, ref_bvpo_floor_weight(&s.x.pieces, 1.0 / batch));
        sim_rows_number(out, bias2);
        sim_rows_number(out, variance);
        sim_rows_number(out, bias2 + variance);
        if (i % 10 == 0) {
            brute_force(out, &s, row, c->seeds, replicas, alpha);
        } else {
            for (int k = 0; k < 5; k++) sim_rows_number(out, nan(""));
        }
        sim_rows_end(out);
    }
    if (status == REF_OK) sim_bvpo_study_close(&s);
    free(row);
    return status;
}

static const sim_parameter alpha_parameter[] = {
    {"batch", "1,512", "items averaged in one gradient"},
    {"replicas", "200", "brute-force batches per seed"},
    {"tau", "1", "distance of the policy from the reference"},
    {"kappa", "0.5", "dependence of the answer on the trace"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_bvpo_alpha = {
    .name = "bvpo-alpha",
    .label = "bvpo:thm2",
    .what = "bias, variance and error against the weight, closed form and brute force",
    .columns = "batch\talpha\talpha_star\tbias2\tvariance\tmse\tbias2_mc\tvariance_mc\t"
               "mse_mc\tmse_low\tmse_high",
    .seeds = 10,
    .parameter = alpha_parameter,
    .cells = alpha_cells,
    .run = alpha_run,
    .check = alpha_check,
};

/* ---- bvpo-batch: the best weight against the batch ------------------------------------- */

static size_t batch_cells(const sim_config *c)
{
    return sim_setting_length(c, "kappa");
}

static ref_status batch_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_list(c, "kappa", 0.0, 10.0, why));
    REF_TRY(sim_setting_range(c, "tau", -10.0, 10.0, why));
    REF_TRY(sim_setting_range(c, "eta-L", 1e-6, 1.0, why));
    return sim_setting_count(c, "doublings", 1.0, 40.0, why);
}

static ref_status batch_run(const sim_config *c, size_t cell, sim_rows *out,
                            ref_why *why)
{
    const double kappa = sim_setting_item(c, "kappa", cell);
    const double eta_L = sim_config_number(c, "eta-L");
    const int doublings = (int)sim_config_number(c, "doublings");
    sim_bvpo_study s;
    REF_TRY(sim_bvpo_study_open(&s, 1.0, sim_config_number(c, "tau"), kappa,
                                SIM_BVPO_PAIRED, why));
    for (int k = 0; k <= 2 * doublings; k++) {
        const double batch = exp2(0.5 * k);
        const ref_bvpo_moments mse = ref_bvpo_moments_at(&s.x.pieces, 1.0 / batch);
        const ref_bvpo_moments floor = ref_bvpo_moments_at(&s.x.pieces, eta_L / batch);
        const double star = ref_bvpo_alpha(&mse), best = ref_bvpo_mse(&mse, star);
        sim_rows_number(out, kappa);
        sim_rows_number(out, batch);
        sim_rows_number(out, star);
        sim_rows_number(out, ref_bvpo_alpha(&floor));
        sim_rows_number(out, best);
        sim_rows_number(out, ref_bvpo_mse(&mse, 0.5) / best);
        sim_rows_number(out, mse.A / best);
        sim_rows_number(out, mse.B / best);
        sim_rows_end(out);
    }
    sim_bvpo_study_close(&s);
    return REF_OK;
}

static const sim_parameter batch_parameter[] = {
    {"kappa", "0.25,0.5,1.5", "dependence of the answer on the trace"},
    {"tau", "1", "distance of the policy from the reference"},
    {"eta-L", "0.05", "step size times smoothness of the floor weight"},
    {"doublings", "16", "batches 1 to 2^doublings, two per octave"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_bvpo_batch = {
    .name = "bvpo-batch",
    .label = "bvpo:thm4",
    .what = "optimal weights against the batch size, and what a fixed 1/2 costs",
    .columns = "kappa\tbatch\talpha_star\talpha_c\tmse\thalf\ttrace\tempty",
    .seeds = 1,
    .parameter = batch_parameter,
    .cells = batch_cells,
    .run = batch_run,
    .check = batch_check,
};

/* ---- bvpo-allocate: samples with a fallback -------------------------------------------- */

static size_t one_cell(const sim_config *c)
{
    (void)c;
    return 1;
}

static ref_status allocate_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_list(c, "v", 1e-9, 1e9, why));
    REF_TRY(sim_setting_list(c, "B", 1e-9, 1e9, why));
    if (sim_setting_length(c, "v") != sim_setting_length(c, "B"))
        return ref_fail(why, REF_EUSAGE, "v and B: one number per prompt in both");
    return sim_setting_range(c, "budget-max", 1.0, 1e9, why);
}

/* Errors of the rules at one budget; shares of the fallback rule, prompt by prompt. */
static ref_status allocate_row(sim_rows *out, const ref_bvpo_item *item, size_t m,
                               double budget, ref_why *why)
{
    double n[SIM_SETTING_MOST], neyman[SIM_SETTING_MOST], uniform[SIM_SETTING_MOST];
    double total = 0.0, traces = 0.0, active = 0.0;
    REF_TRY(ref_bvpo_allocate(n, NULL, item, m, budget, why));
    for (size_t i = 0; i < m; i++) total += sqrt(item[i].v);
    for (size_t i = 0; i < m; i++) {
        neyman[i] = budget * sqrt(item[i].v) / total;
        uniform[i] = budget / (double)m;
        traces += item[i].v / neyman[i];
        active += n[i] > 0.0;
    }
    for (size_t i = 0; i < m; i++) {
        sim_rows_number(out, budget);
        sim_rows_number(out, (double)i);
        sim_rows_number(out, n[i] / budget);
        sim_rows_number(out, neyman[i] / budget);
        sim_rows_number(out, ref_bvpo_item_alpha(&item[i], n[i]));
        sim_rows_number(out, ref_bvpo_allocation_error(item, n, m));
        sim_rows_number(out, ref_bvpo_allocation_error(item, neyman, m));
        sim_rows_number(out, ref_bvpo_allocation_error(item, uniform, m));
        sim_rows_number(out, traces);
        sim_rows_number(out, active);
        sim_rows_end(out);
    }
    return REF_OK;
}

static ref_status allocate_run(const sim_config *c, size_t cell, sim_rows *out,
                               ref_why *why)
{
    (void)cell;
    ref_bvpo_item item[SIM_SETTING_MOST];
    const size_t m = sim_setting_length(c, "v");
    for (size_t i = 0; i < m; i++)
        item[i] = ref_bvpo_item_unbiased(sim_setting_item(c, "v", i),
                                         sim_setting_item(c, "B", i), 1.0, 1.0);
    const double last = sim_config_number(c, "budget-max");
    for (int k = 0; k <= 60; k++)
        REF_TRY(allocate_row(out, item, m, pow(last, k / 60.0), why));
    return REF_OK;
}

static const sim_parameter allocate_parameter[] = {
    {"v", "4,1,0.25,9,0.5", "variance of one trace sample, prompt by prompt"},
    {"B", "0.5,0.05,2,0.02,0.3", "squared bias of the empty trace"},
    {"budget-max", "1000", "largest budget; the axis starts at 1 sample"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_bvpo_allocate = {
    .name = "bvpo-allocate",
    .label = "spec:bvpo 8.4",
    .what = "trace samples where every prompt can fall back on the empty trace",
    .columns = "budget\tprompt\tshare\tneyman_share\talpha\tfallback\tneyman\tuniform\t"
               "traces\tactive",
    .seeds = 1,
    .parameter = allocate_parameter,
    .cells = one_cell,
    .run = allocate_run,
    .check = allocate_check,
};
