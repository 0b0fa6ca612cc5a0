/* experiment_bvpo_latent.c -- BVPO inside the latent model: rejection sampling mixed with
 * the gradient of the empty rationale.
 *
 * Symbols (paper -> code)
 *   n         n        rationales drawn per prompt, every prompt in the batch
 *   g_t       -        IW, RB or SN from n rationales
 *   g_e       quiet    grad log P(z|x, empty rationale): exact, biased      length d
 *   A, B, C   m        second moments of the two errors
 */
#include "sim/experiment_bvpo.h"

#include "ref/bvpo.h"
#include "ref/reject.h"
#include "sim/exact_moments.h"
#include "sim/family.h"
#include "sim/setting.h"

#include <math.h>
#include <stdlib.h>

/* The model of the specification's table: H-31, dimensions as printed. */
enum { PROMPTS = 24, POLICY = 6, ANSWERS = 4, FEATURES = 6, SEED = 31, LATENT_D = 12 };

typedef struct latent {
    sim_exact e;
    double error[LATENT_D]; /* E g_e - g */
} latent;

/* error <- mean over prompts of quiet_i - mu_i; the ridge drops out of the difference */
static ref_status quiet_error(latent *l, const sim_problem *p, const double *theta,
                              ref_why *why)
{
    double g[LATENT_D], *scratch = malloc(p->scratch * sizeof *scratch);
    if (scratch == NULL) return ref_fail(why, REF_ENOMEM, "no memory for the model");
    for (size_t k = 0; k < LATENT_D; k++) l->error[k] = 0.0;
    for (size_t i = 0; i < PROMPTS; i++) {
        (void)sim_head_quiet(p, theta, i, scratch, g);
        for (size_t k = 0; k < LATENT_D; k++)
            l->error[k] += (g[k] - l->e.mu[i * LATENT_D + k]) / PROMPTS;
    }
    free(scratch);
    return REF_OK;
}

static ref_status latent_open(latent *l, ref_why *why)
{
    sim_problem p;
    double theta[LATENT_D];
    *l = (latent){0};
    REF_TRY(sim_head_init(&p, PROMPTS, POLICY, ANSWERS, FEATURES, 0.5, SEED, why));
    p.family->start(&p, theta);
    ref_status status = sim_exact_open(&l->e, &p, theta, why);
    if (status == REF_OK) {
        status = quiet_error(l, &p, theta, why);
        if (status != REF_OK) sim_exact_close(&l->e);
    }
    sim_problem_free(&p);
    return status;
}

/* A, B, C of an estimator with n rationales per prompt. */
static ref_bvpo_moments latent_moments(const latent *l, ref_reject_estimator e,
                                       double n)
{
    double draws[PROMPTS], mean[LATENT_D], B = 0.0, C = 0.0;
    for (size_t i = 0; i < PROMPTS; i++) draws[i] = n;
    const sim_exact_law law = sim_exact_estimator(mean, &l->e, e, draws);
    for (size_t k = 0; k < LATENT_D; k++) {
        B += l->error[k] * l->error[k];
        C += (mean[k] - l->e.g[k]) * l->error[k];
    }
    return ref_bvpo_moments_of(law.mse, B, C);
}

static const ref_reject_estimator estimator[] = {REF_REJECT_IW, REF_REJECT_RB,
                                                 REF_REJECT_SN};

static size_t latent_cells(const sim_config *c)
{
    (void)c;
    return sizeof estimator / sizeof estimator[0];
}

static ref_status latent_check(const sim_config *c, ref_why *why)
{
    return sim_setting_counts(c, "n", 1.0, 65536.0, why);
}

static ref_status latent_run(const sim_config *c, size_t cell, sim_rows *out,
                             ref_why *why)
{
    double n[SIM_SETTING_MOST];
    const size_t count = sim_config_list(c, "n", n, SIM_SETTING_MOST);
    latent l;
    REF_TRY(latent_open(&l, why));
    for (size_t i = 0; i < count; i++) {
        const ref_bvpo_moments m = latent_moments(&l, estimator[cell], n[i]);
        const double star = ref_bvpo_alpha(&m);
        for (int k = 0; k <= 100; k++) {
            sim_rows_text(out, ref_reject_name(estimator[cell]));
            sim_rows_number(out, n[i]);
            sim_rows_number(out, k / 100.0);
            sim_rows_number(out, ref_bvpo_mse(&m, k / 100.0));
            sim_rows_number(out, star);
            sim_rows_number(out, ref_bvpo_mse(&m, star));
            sim_rows_end(out);
        }
    }
    sim_exact_close(&l.e);
    return REF_OK;
}

static const sim_parameter latent_parameter[] = {
    {"n", "1,4,16,64", "rationales per prompt"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_bvpo_latent = {
    .name = "bvpo-latent",
    .label = "spec:sim 7",
    .what =
        "error against the weight when rejection sampling meets the empty rationale",
    .columns = "estimator\tn\talpha\tmse\talpha_star\tmse_star",
    .seeds = 1,
    .parameter = latent_parameter,
    .cells = latent_cells,
    .run = latent_run,
    .check = latent_check,
};
