/* spec_bvpo_3_6.c -- the quadratic testbed, where the bounds are equalities. */
#include "ref/bvpo.h"
#include "ref/descent.h"
#include "sim/quadratic.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>

#define DIM 4

static const double isotropic[DIM] = {2.0, 2.0, 2.0, 2.0};
static const double anisotropic[DIM] = {2.0, 1.0, 0.5, 0.1};
static const double start[DIM] = {1.0, -2.0, 0.5, 3.0};
static const double b[DIM] = {0.1, -0.05, 0.2, 0.0}, v[DIM] = {0.3, 0.1, 0.2, 0.4};
static const double none[DIM];

/* the golden problem: one estimator, the other silent */
static sim_quadratic golden(const double *lam)
{
    return (sim_quadratic){DIM, lam, start, b, none, v, none, none};
}

static double floor_of(const sim_quadratic *q, double alpha, double eta)
{
    const ref_bvpo_pieces p = sim_quadratic_pieces(q);
    return ref_descent_floor(ref_bvpo_bias2(&p, alpha), eta,
                             sim_quadratic_smoothness(q), ref_bvpo_variance(&p, alpha));
}

/* property 21: golden numbers of both problems */
static void the_golden_runs_come_out(void)
{
    sim_quadratic q = golden(isotropic);
    sim_quadratic_run run;
    CHECK_OK(sim_quadratic_run_exact(&run, &q, 1.0, 0.5, 50));
    const double floor = floor_of(&q, 1.0, 0.5);
    double error = check_bvpo_relative(run.average, 2.171450000000);
    error = check_worse(
        error, check_bvpo_relative(ref_descent_average(run.first, 0.5, 2.0, 50, floor),
                                   2.192500000000));
    error =
        check_worse(error, check_bvpo_relative(ref_descent_average(run.first - run.last,
                                                                   0.5, 2.0, 50, floor),
                                               2.171450000000));
    q = golden(anisotropic);
    CHECK_OK(sim_quadratic_run_exact(&run, &q, 1.0, 0.25, 50));
    error = check_worse(error, check_bvpo_relative(run.average, 0.477424364064));
    error = check_worse(
        error, check_bvpo_relative(ref_descent_average(run.first, 0.25, 2.0, 50,
                                                       floor_of(&q, 1.0, 0.25)),
                                   1.114500000000));
    CLAIM_HOLDS(
        "spec:bvpo 3.6",
        "Averages and bounds of the two golden runs; with E F_K for F* the bound "
        "is met exactly when all curvatures equal L",
        error, 1e-11);
}

/* A mixture with two sources that share noise, so that alpha matters everywhere. */
static const double b_e[DIM] = {0.3, 0.2, -0.1, 0.25};
static const double S_e[DIM] = {0.1, 0.2, 0.05, 0.1},
                    S_te[DIM] = {0.1, -0.1, 0.05, 0.1};

/* property 21: residual of (*) at every step; PL bound at every step */
static void walk(double *residual, double *excess, double *pl, const double *lam,
                 double alpha, double eta)
{
    const sim_quadratic q = {DIM, lam, start, b, b_e, v, S_e, S_te};
    const ref_bvpo_pieces p = sim_quadratic_pieces(&q);
    const double L = sim_quadratic_smoothness(&q), m = sim_quadratic_convexity(&q);
    double mean[DIM], variance[DIM];
    sim_quadratic_state s = {mean, variance};
    sim_quadratic_start(&s, &q);
    sim_quadratic_value now = sim_quadratic_value_at(&s, &q, alpha);
    const double gap = now.loss;
    for (size_t k = 1; k <= 60; k++) {
        const double change =
            ref_descent_step(eta, L, now.gradient2, now.shifted2,
                             ref_bvpo_bias2(&p, alpha), ref_bvpo_variance(&p, alpha));
        sim_quadratic_step(&s, &q, alpha, eta);
        const sim_quadratic_value next = sim_quadratic_value_at(&s, &q, alpha);
        *residual = check_worse(*residual, fabs(next.loss - now.loss - change));
        *excess = check_worse(*excess, next.loss - now.loss - change);
        const double limit =
            ref_descent_pl(gap, eta, L, m, k, floor_of(&q, alpha, eta));
        *pl = check_worse(*pl, next.loss - limit);
        now = next;
    }
}

static void every_step_meets_its_bound(void)
{
    double residual = 0.0, excess = -HUGE_VAL, pl = -HUGE_VAL, loose = 0.0;
    for (double alpha = 0.0; alpha <= 1.0; alpha += 0.25) {
        walk(&residual, &excess, &pl, isotropic, alpha, 0.5);
        walk(&residual, &excess, &pl, isotropic, alpha, 0.2);
        walk(&loose, &excess, &pl, anisotropic, alpha, 0.5);
        walk(&loose, &excess, &pl, anisotropic, alpha, 0.2);
    }
    CLAIM_HOLDS(
        "bvpo:thm3",
        "The one-step bound is an equality on (L/2)|theta|^2, for every mixture",
        residual, 1e-12);
    CLAIM_HOLDS("bvpo:thm3",
                "The one-step bound holds along runs with unequal curvatures", excess,
                1e-12);
    CLAIM_HOLDS("spec:bvpo 2.4", "The Polyak-Lojasiewicz bound holds at every step", pl,
                1e-12);
    CHECK(loose > 0.01);
}

static void bad_problems_are_refused(void)
{
    const double flat[DIM] = {1.0, 0.0, 1.0, 1.0};
    sim_quadratic_run run;
    sim_quadratic q = golden(flat);
    CHECK_STATUS(sim_quadratic_run_exact(&run, &q, 1.0, 0.5, 50), REF_EDOM);
    q = golden(isotropic);
    CHECK_STATUS(sim_quadratic_run_exact(&run, &q, 1.0, nan(""), 50), REF_EDOM);
    CHECK_STATUS(sim_quadratic_run_exact(&run, &q, 1.0, 0.5, 0), REF_ESHAPE);
    q.d = 0;
    CHECK_STATUS(sim_quadratic_run_exact(&run, &q, 1.0, 0.5, 50), REF_ESHAPE);
}

SUITE("[spec:bvpo 3.6][bvpo:thm3][spec:bvpo 2.4] the quadratic testbed", NULL,
      {"the golden runs come out", the_golden_runs_come_out},
      {"every step meets its bound", every_step_meets_its_bound},
      {"bad problems are refused", bad_problems_are_refused});
