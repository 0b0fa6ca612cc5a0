/* spec_bvpo_3_5.c -- smoothness constants against numerical Hessians. */
#include "sim/family_bvpo.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <gsl/gsl_eigen.h>
#include <math.h>

#define DIM 8

enum { MARGINAL, TRACE, EMPTY, KINDS };

static void gradients(double g[KINDS][DIM], const check_bvpo *c, sim_bvpo_pair pair,
                      size_t r, size_t q)
{
    (void)sim_bvpo_marginal(&c->m, &c->t, pair, g[MARGINAL]);
    (void)sim_bvpo_trace(&c->m, &c->t, pair, r, q, g[TRACE]);
    (void)sim_bvpo_empty(&c->m, &c->t, pair, g[EMPTY]);
}

/* Extreme eigenvalues of the symmetrised Hessians by central differences of gradients. */
static void extremes(double low[KINDS], double high[KINDS], check_bvpo *c,
                     const double *theta, sim_bvpo_pair pair, size_t r, size_t q)
{
    const double step = 1e-5;
    double H[KINDS][DIM][DIM], up[KINDS][DIM], down[KINDS][DIM], at[DIM];
    for (size_t j = 0; j < DIM; j++) {
        for (size_t k = 0; k < DIM; k++) at[k] = theta[k] + (k == j ? step : 0.0);
        sim_bvpo_table_fill(&c->t, &c->m, at);
        gradients(up, c, pair, r, q);
        at[j] = theta[j] - step;
        sim_bvpo_table_fill(&c->t, &c->m, at);
        gradients(down, c, pair, r, q);
        for (size_t i = 0; i < KINDS; i++)
            for (size_t k = 0; k < DIM; k++)
                H[i][j][k] = (up[i][k] - down[i][k]) / (2.0 * step);
    }
    gsl_matrix *A = gsl_matrix_alloc(DIM, DIM);
    gsl_vector *value = gsl_vector_alloc(DIM);
    gsl_eigen_symm_workspace *work = gsl_eigen_symm_alloc(DIM);
    for (size_t i = 0; i < KINDS; i++) {
        for (size_t j = 0; j < DIM; j++)
            for (size_t k = 0; k < DIM; k++)
                gsl_matrix_set(A, j, k, 0.5 * (H[i][j][k] + H[i][k][j]));
        CHECK_EQUAL(gsl_eigen_symm(A, value, work), 0);
        gsl_vector_minmax(value, &low[i], &high[i]);
    }
    gsl_eigen_symm_free(work);
    gsl_vector_free(value);
    gsl_matrix_free(A);
}

/* property 22: 100 random theta and pairs, at one beta; ratio of |eigenvalue| to bound */
static void scan(double *worst, double *lowest_empty, double *attained, double beta)
{
    check_bvpo c;
    if (!check_bvpo_open(&c, beta, 1.0, 0.5)) return;
    const sim_bvpo_smoothness s = sim_bvpo_smooth(&c.m);
    const double limit[KINDS] = {s.L_m, s.L_t, s.L_e};
    for (uint32_t i = 0; i < 100; i++) {
        double theta[DIM], low[KINDS], high[KINDS];
        for (uint32_t j = 0; j < DIM; j++)
            theta[j] = c.m.theta_ref[j] + 4.0 * check_bvpo_uniform(35, i, j) - 2.0;
        extremes(low, high, &c, theta, sim_bvpo_pair_at(&c.m, i % 36), i % 5,
                 i / 5 % 5);
        for (size_t k = 0; k < KINDS; k++)
            *worst = check_worse(*worst, check_worse(high[k], -low[k]) / limit[k]);
        *lowest_empty = check_least(*lowest_empty, low[EMPTY]);
        *attained = check_worse(*attained, high[EMPTY] / limit[EMPTY]);
    }
    check_bvpo_close(&c);
}

static void hessians_stay_within_the_constants(void)
{
    double worst = 0.0, lowest = 0.0, attained = 0.0;
    scan(&worst, &lowest, &attained, 1.0);
    scan(&worst, &lowest, &attained, 0.1);
    CLAIM_HOLDS(
        "spec:bvpo 3.5",
        "Hessian eigenvalues of l_m, l_t, l_e stay within the smoothness constants "
        "at 200 random points (statistic: largest ratio)",
        worst, 1.0 + 1e-6);
    CLAIM_HOLDS(
        "spec:bvpo 3.5",
        "The empty-trace loss is convex (statistic: minus the least eigenvalue)",
        -lowest, 1e-8);
    CHECK(attained > 0.9); /* the bound of l_e is nearly attained at small beta */
}

static void the_constants_are_the_golden_ones(void)
{
    check_bvpo c;
    if (!check_bvpo_open(&c, 1.0, 1.0, 0.5)) return;
    sim_bvpo_smoothness s = sim_bvpo_smooth(&c.m);
    CHECK_NEAR(s.D_phi, 3.305027984594, 1e-12);
    CHECK_NEAR(s.D_psi, 3.779731018897, 1e-12);
    CHECK_NEAR(s.D_psi0, 3.773317095444, 1e-12);
    CHECK_NEAR(s.L_m, 62.5901633670895, 1e-11);
    CHECK_NEAR(s.L_t, 33.080877505446, 1e-11);
    CHECK_NEAR(s.L_e, 3.559480475693, 1e-12);
    check_bvpo_close(&c);
    if (!check_bvpo_open(&c, 0.1, 1.0, 0.5)) return;
    s = sim_bvpo_smooth(&c.m);
    CHECK_NEAR(s.L_m, 3.603180609161, 1e-12);
    CHECK_NEAR(s.L_t, 0.652252022997, 1e-12);
    CHECK_NEAR(s.L_e, 0.035594804757, 1e-12);
    check_bvpo_close(&c);
}

SUITE("[spec:bvpo 3.5] smoothness of the preference losses", NULL,
      {"the constants are the golden ones", the_constants_are_the_golden_ones},
      {"Hessians stay within the constants", hessians_stay_within_the_constants});
