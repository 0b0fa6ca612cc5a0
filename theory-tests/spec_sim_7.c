/* spec_sim_7.c -- BVPO inside the latent model H-31: A, B, C and alpha*.
 *
 *   A, B      A, B     MSE of the trace estimator and of the quiet one
 *   C         C        cross term E<g_t - g, g_e - g>
 *   alpha*    alpha    (B - C)/(A + B - 2C), MSE* = (A B - C^2)/(A + B - 2C)
 *
 * A batch of `batch` prompts is drawn with replacement: the printed numbers are those.
 */
#include "sim/exact_moments.h"

#include "theory-tests/check.h"

#include <math.h>

enum { M = 24, D = 12 };

typedef struct head {
    sim_exact e;
    double quiet[M][D];
} head;

static void head_open(head *h)
{
    sim_problem p;
    double theta[D], scratch[128];
    CHECK_OK(sim_head_init(&p, M, 6, 4, 6, 0.5, 31, NULL));
    p.family->start(&p, theta);
    CHECK_OK(sim_exact_open(&h->e, &p, theta, NULL));
    for (size_t i = 0; i < M; i++)
        CHECK(sim_head_quiet(&p, theta, i, scratch, h->quiet[i]));
    sim_problem_free(&p);
}

typedef struct row {
    ref_reject_estimator estimator;
    double n, batch; /* batch 24: all prompts, each once */
    double A, B, C, alpha, best, half, one;
} row;

static const row rows[] = {
    {REF_REJECT_IW, 1, 24, 7.256745, .071847, 0, .0098, .071143, 1.832148, 7.256745},
    {REF_REJECT_IW, 16, 24, .453547, .071847, 0, .1367, .062022, .131348, .453547},
    {REF_REJECT_IW, 64, 24, .113387, .071847, 0, .3879, .043980, .046308, .113387},
    {REF_REJECT_RB, 1, 24, .210979, .071847, 0, .2540, .053595, .070706, .210979},
    {REF_REJECT_RB, 4, 24, .052745, .071847, 0, .5767, .030416, .031148, .052745},
    {REF_REJECT_RB, 64, 24, .003297, .071847, 0, .9561, .003152, .018786, .003297},
    {REF_REJECT_SN, 4, 24, .472174, .071847, -.010129, .1453, .059938, .130941,
     .472174},
    {REF_REJECT_IW, 16, 8, 2.057666, .912714, .637223, .1624, .867963, 1.061207,
     2.057666},
    {REF_REJECT_RB, 4, 8, .855261, .912714, .637223, .5582, .758933, .760605, .855261},
};

typedef struct mixture {
    double A, B, C;
} mixture;

/* Prompts as a random batch: the spread between prompts joins both errors. */
static void add_batch(mixture *x, const head *h, double batch)
{
    double mean_mu[D] = {0}, mean_quiet[D] = {0};
    for (size_t i = 0; i < M; i++)
        for (size_t k = 0; k < D; k++) {
            mean_mu[k] += h->e.mu[i * D + k] / M;
            mean_quiet[k] += h->quiet[i][k] / M;
        }
    for (size_t i = 0; i < M; i++)
        for (size_t k = 0; k < D; k++) {
            const double t = h->e.mu[i * D + k] - mean_mu[k];
            const double q = h->quiet[i][k] - mean_quiet[k];
            x->A += t * t / (M * batch);
            x->B += q * q / (M * batch);
            x->C += t * q / (M * batch);
        }
}

static mixture errors(const head *h, const row *r)
{
    double n[M], mean[D], bias[D] = {0};
    mixture x = {0};
    for (size_t i = 0; i < M; i++) {
        n[i] = r->n;
        for (size_t k = 0; k < D; k++)
            bias[k] += (h->quiet[i][k] - h->e.mu[i * D + k]) / M;
    }
    const sim_exact_law law = sim_exact_estimator(mean, &h->e, r->estimator, n);
    x.A = law.bias2 + law.variance * M / r->batch;
    for (size_t k = 0; k < D; k++) {
        x.B += bias[k] * bias[k];
        x.C += (mean[k] - h->e.g[k]) * bias[k];
    }
    if (r->batch < M) add_batch(&x, h, r->batch);
    return x;
}

static double mse(const mixture *x, double alpha)
{
    const double beta = 1.0 - alpha;
    return alpha * alpha * x->A + beta * beta * x->B + 2.0 * alpha * beta * x->C;
}

static void the_table_of_mixtures_comes_out(void)
{
    head h;
    double worst = 0.0;
    head_open(&h);
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        const row *r = &rows[k];
        const mixture x = errors(&h, r);
        const double alpha = (x.B - x.C) / (x.A + x.B - 2.0 * x.C);
        const double off[] = {(x.A - r->A) / 5e-7,
                              (x.B - r->B) / 5e-7,
                              (x.C - r->C) / 5e-7,
                              (alpha - r->alpha) / 5e-5,
                              (mse(&x, alpha) - r->best) / 5e-7,
                              (mse(&x, 0.5) - r->half) / 5e-7,
                              (mse(&x, 1.0) - r->one) / 5e-7};
        for (size_t c = 0; c < 7; c++) {
            CHECK_AT_MOST(fabs(off[c]), 1.0 + 1e-6);
            worst = check_worse(worst, fabs(off[c]));
        }
    }
    CLAIM_HOLDS("spec:sim 7",
                "A, B, C, alpha* and MSE of model H to the printed digits", worst,
                1.0 + 1e-6);
    sim_exact_close(&h.e);
}

SUITE("[spec:sim 7] mixtures inside the latent model", NULL,
      {"the table of mixtures comes out", the_table_of_mixtures_comes_out});
