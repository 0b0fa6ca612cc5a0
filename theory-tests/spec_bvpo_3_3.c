/* spec_bvpo_3_3.c -- sampled preference data against the enumerated moments. */
#include "ref/bvpo.h"
#include "ref/numeric.h"
#include "sim/family_bvpo.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>
#include <stdlib.h>

#define DIM   8
#define DRAWS 100000

/* rows (DRAWS, 2 DIM): g_t then g_e */
static void sample_gradients(double *row, const check_bvpo *c,
                             sim_bvpo_coupling coupling, uint32_t stream)
{
    for (uint32_t i = 0; i < DRAWS; i++) {
        const ref_rng_stream s = {.seed = 33, .stream = stream, .prompt = i};
        const sim_bvpo_draw d = sim_bvpo_sample(&c->m, coupling, &s, 0);
        double *g = &row[(size_t)i * 2 * DIM];
        (void)sim_bvpo_trace(&c->m, &c->t, d.t, d.r_plus, d.r_minus, g);
        (void)sim_bvpo_empty(&c->m, &c->t, d.e, g + DIM);
    }
}

typedef struct scores {
    double mean, tr_t, tr_e, tr_te; /* z */
    double wrong;                   /* z of tr S_te = that of the other coupling */
} scores;

/* z of each coordinate's mean and of the three traces about the exact means */
static scores judge(const double *row, const check_bvpo *c, sim_bvpo_coupling coupling,
                    sim_bvpo_coupling other)
{
    scores z = {0};
    sim_bvpo_exact x, alternative;
    CHECK_OK(sim_bvpo_moments(&x, NULL, &c->m, &c->t, coupling));
    CHECK_OK(sim_bvpo_moments(&alternative, NULL, &c->m, &c->t, other));
    ref_moment coordinate[2 * DIM] = {{0}}, t = {0}, e = {0}, te = {0};
    for (size_t i = 0; i < DRAWS; i++)
        for (size_t j = 0; j < 2 * DIM; j++)
            ref_moment_add(&coordinate[j], row[i * 2 * DIM + j]);
    for (size_t i = 0; i < DRAWS; i++) {
        double sq_t = 0.0, sq_e = 0.0, cross = 0.0;
        for (size_t j = 0; j < DIM; j++) {
            const double a = row[i * 2 * DIM + j] - coordinate[j].mean;
            const double b = row[i * 2 * DIM + DIM + j] - coordinate[DIM + j].mean;
            sq_t += a * a;
            sq_e += b * b;
            cross += a * b;
        }
        ref_moment_add(&t, sq_t);
        ref_moment_add(&e, sq_e);
        ref_moment_add(&te, cross);
    }
    const double root = sqrt((double)DRAWS);
    z.tr_t = (t.mean - x.pieces.tr_S_t) / sqrt(ref_moment_variance(&t, 1)) * root;
    z.tr_e = (e.mean - x.pieces.tr_S_e) / sqrt(ref_moment_variance(&e, 1)) * root;
    const double sd = sqrt(ref_moment_variance(&te, 1)) / root;
    z.tr_te = (te.mean - x.pieces.tr_S_te) / sd;
    z.wrong = (te.mean - alternative.pieces.tr_S_te) / sd;
    return z;
}

/* Means of g_t: mu + b_t by enumeration. */
static double worst_mean(const double *row, const check_bvpo *c)
{
    double worst = 0.0; /* of |z| */
    for (size_t j = 0; j < DIM; j++) {
        double exact = 0.0, g[DIM];
        for (size_t k = 0; k < 36 * 25; k++) {
            const sim_bvpo_pair p = sim_bvpo_pair_at(&c->m, k / 25);
            const size_t r = k % 25 / 5, q = k % 5;
            (void)sim_bvpo_trace(&c->m, &c->t, p, r, q, g);
            exact += sim_bvpo_weight(&c->m, p, SIM_BVPO_MARGINAL) * g[j]
                     * check_bvpo_traces(c, p, r, q);
        }
        ref_moment m = {0};
        for (size_t i = 0; i < DRAWS; i++) ref_moment_add(&m, row[i * 2 * DIM + j]);
        const double se = sqrt(ref_moment_variance(&m, 1) / (double)DRAWS);
        worst = check_worse(worst, fabs(m.mean - exact) / se);
    }
    return worst;
}

/* property 23 */
static void sampled_moments_agree(void)
{
    const sim_bvpo_coupling other[3] = {SIM_BVPO_PROMPT, SIM_BVPO_PAIRED,
                                        SIM_BVPO_PROMPT};
    check_bvpo c;
    double *row = malloc((size_t)DRAWS * 2 * DIM * sizeof *row);
    CHECK(row != NULL);
    if (row == NULL || !check_bvpo_open_g1(&c)) {
        free(row);
        return;
    }
    for (int k = 0; k < 3; k++) {
        sample_gradients(row, &c, (sim_bvpo_coupling)k, (uint32_t)k);
        const scores z = judge(row, &c, (sim_bvpo_coupling)k, other[k]);
        CHECK_Z(worst_mean(row, &c));
        CHECK_Z(z.tr_t);
        CHECK_Z(z.tr_e);
        CLAIM_SAMPLED(
            "spec:bvpo 3.3",
            k == 0 ? "The sampled cross-covariance tr S_te of g_t and g_e on the same "
                     "pair equals that by enumeration (100 000 draws)"
            : k == 1 ? "The sampled cross-covariance tr S_te of g_t and g_e on two "
                       "pairs of one prompt equals that by enumeration (100 000 draws)"
                     : "The sampled cross-covariance tr S_te of g_t and g_e on "
                       "independent pairs is zero (100 000 draws)",
            z.tr_te, "the pairs of g_t and g_e are coupled in another way", z.wrong);
    }
    free(row);
    check_bvpo_close(&c);
}

/* property 23: streaming accumulators against two passes */
static void welford_equals_two_passes(void)
{
    ref_moment stream = {0};
    double x[1000], sum = 0.0, square = 0.0;
    for (uint32_t i = 0; i < 1000; i++) {
        x[i] = 1e4 + check_bvpo_uniform(34, i, 0); /* mean far above the spread */
        ref_moment_add(&stream, x[i]);
        sum += x[i];
    }
    for (size_t i = 0; i < 1000; i++)
        square += (x[i] - sum / 1000) * (x[i] - sum / 1000);
    CHECK_RELATIVE(stream.mean, sum / 1000, 1e-10);
    CHECK_RELATIVE(ref_moment_variance(&stream, 1), square / 999, 1e-10);
}

SUITE("[spec:bvpo 3.3] sampled preference data", NULL,
      {"sampled moments agree", sampled_moments_agree},
      {"Welford equals two passes", welford_equals_two_passes});
