/* descent_test.c -- the bounds on a quadratic whose SGD moments have an exact recursion;
 * the theorems themselves are enumerated in theory-tests/. */
#include "ref/descent.h"

#include "ref/numeric.h"
#include "theory-tests/check.h"

#include <math.h>

enum { D = 4, STEPS = 50 };

/* F = 1/2 sum lam theta^2, g = grad F + b + noise of variance v per coordinate. */
typedef struct quadratic {
    double lam[D], b[D], v[D];
    double mean[D], spread[D]; /* of theta: expectation and variance */
} quadratic;

static quadratic testbed(const double *lam)
{
    quadratic q = {.b = {0.1, -0.05, 0.2, 0.0},
                   .v = {0.3, 0.1, 0.2, 0.4},
                   .mean = {1.0, -2.0, 0.5, 3.0}};
    for (int i = 0; i < D; i++) q.lam[i] = lam[i];
    return q;
}

typedef struct measured {
    double loss, grad2, shifted2, bias2, s2;
} measured;

static measured measure(const quadratic *q)
{
    measured x = {0};
    for (int i = 0; i < D; i++) {
        const double second = q->mean[i] * q->mean[i] + q->spread[i];
        const double shift = q->lam[i] * q->mean[i] + q->b[i];
        x.loss += 0.5 * q->lam[i] * second;
        x.grad2 += q->lam[i] * q->lam[i] * second;
        x.shifted2 += shift * shift + q->lam[i] * q->lam[i] * q->spread[i];
        x.bias2 += q->b[i] * q->b[i];
        x.s2 += q->v[i];
    }
    return x;
}

static void sgd_step(quadratic *q, double eta)
{
    for (int i = 0; i < D; i++) {
        const double keep = 1.0 - eta * q->lam[i];
        q->mean[i] = keep * q->mean[i] - eta * q->b[i];
        q->spread[i] = keep * keep * q->spread[i] + eta * eta * q->v[i];
    }
}

static const double round_lam[D] = {2.0, 2.0, 2.0, 2.0};
static const double long_lam[D] = {2.0, 1.0, 0.5, 0.1};

/* property 21 of BVPO, the first part: equality for F = (L/2)|theta|^2 */
static void one_step_is_an_equality_for_round_quadratics(void)
{
    for (double eta = 0.1; eta < 1.2; eta += 0.2) { /* any eta, also beyond 1/L */
        quadratic q = testbed(round_lam);
        for (int k = 0; k < STEPS; k++) {
            const measured x = measure(&q);
            const double bound =
                ref_descent_step(eta, 2.0, x.grad2, x.shifted2, x.bias2, x.s2);
            sgd_step(&q, eta);
            const double change = measure(&q).loss - x.loss;
            /* a diverging run grows, so the tolerance follows the loss */
            CHECK_NEAR(change - bound, 0.0, 1e-12 * (1.0 + x.loss));
        }
    }
}

/* and a bound for any quadratic whose curvatures are at most L */
static void one_step_bounds_long_quadratics(void)
{
    quadratic q = testbed(long_lam);
    for (int k = 0; k < STEPS; k++) {
        const measured x = measure(&q);
        const double bound =
            ref_descent_step(0.25, 2.0, x.grad2, x.shifted2, x.bias2, x.s2);
        sgd_step(&q, 0.25);
        CHECK_AT_MOST(measure(&q).loss - x.loss, bound + 1e-12);
    }
}

/* Average squared gradient over 50 steps; the loss at the end goes to *last. */
static double average_gradient(const double *lam, double eta, double *last)
{
    quadratic q = testbed(lam);
    double total = 0.0;
    for (int k = 0; k < STEPS; k++) {
        total += measure(&q).grad2;
        sgd_step(&q, eta);
    }
    *last = measure(&q).loss;
    return total / STEPS;
}

/* property 21 of BVPO, the second part */
static void average_matches_its_golden_numbers(void)
{
    quadratic q = testbed(round_lam);
    const measured x = measure(&q);
    const double floor = ref_descent_floor(x.bias2, 0.5, 2.0, x.s2);
    double last;
    const double average = average_gradient(round_lam, 0.5, &last);
    CHECK_RELATIVE(average, 2.17145, 1e-11);
    CHECK_RELATIVE(ref_descent_average(x.loss, 0.5, 2.0, STEPS, floor), 2.1925, 1e-11);
    CHECK_RELATIVE(ref_descent_average(x.loss - last, 0.5, 2.0, STEPS, floor), 2.17145,
                   1e-11);

    q = testbed(long_lam);
    const measured y = measure(&q);
    const double long_floor = ref_descent_floor(y.bias2, 0.25, 2.0, y.s2);
    const double long_average = average_gradient(long_lam, 0.25, &last);
    CHECK_RELATIVE(long_average, 0.477424364064, 1e-11);
    const double bound = ref_descent_average(y.loss, 0.25, 2.0, STEPS, long_floor);
    CHECK_RELATIVE(bound, 1.1145, 1e-11);
    CHECK_AT_MOST(long_average, bound);
}

/* property 21 of BVPO, the third part */
static void pl_bound_holds_at_every_step(void)
{
    quadratic q = testbed(long_lam);
    const measured start = measure(&q);
    const double floor = ref_descent_floor(start.bias2, 0.25, 2.0, start.s2);
    for (size_t k = 0; k <= STEPS; k++) {
        const double bound = ref_descent_pl(start.loss, 0.25, 2.0, 0.1, k, floor);
        CHECK_AT_MOST(measure(&q).loss, bound + 1e-12);
        sgd_step(&q, 0.25);
    }
    CHECK_EQUAL(ref_descent_pl(3.0, 0.25, 2.0, 0.1, 0, floor), 3.0);
    const double once = 0.975 * 3.0 + floor / 0.2 * 0.025;
    CHECK_RELATIVE(ref_descent_pl(3.0, 0.25, 2.0, 0.1, 1, floor), once, 1e-13);
}

static void best_step_beats_a_grid_of_steps(void)
{
    const double gap = 1.3, L = 2.0, bias2 = 0.05;
    const double noise[] = {0.0, 0.01, 1.0, 30.0};
    for (size_t i = 0; i < 4; i++) {
        const double s2 = noise[i];
        const double best = ref_descent_best_average(gap, L, STEPS, bias2, s2);
        for (double eta = 0.002; eta <= 1.0 / L; eta += 0.002) {
            const double floor = ref_descent_floor(bias2, eta, L, s2);
            CHECK_AT_MOST(best, ref_descent_average(gap, eta, L, STEPS, floor) + 1e-12);
        }
    }
    CHECK_RELATIVE(ref_descent_best_average(gap, L, STEPS, bias2, 30.0),
                   bias2 + 2.0 * sqrt(2.0 * gap * L * 30.0 / STEPS), 1e-13);
    CHECK_EQUAL(ref_descent_best_average(0.0, L, STEPS, bias2, 1.0), bias2);
}

static void mean_gradient_corollary_is_below_its_two_term_bound(void)
{
    for (double V = 0.0; V < 20.0; V += 0.7) {
        const double eta = ref_descent_best_step(1.3, 0.5, 40.0, V);
        CHECK_AT_MOST(ref_descent_mean_gradient(1.3, eta, 0.5, 40.0, V),
                      ref_descent_best_gradient(1.3, 0.5, 40.0, V) + 1e-12);
    }
    const double eta = ref_descent_best_step(1.3, 0.5, 40.0, 9.0); /* interior */
    CHECK_RELATIVE(ref_descent_mean_gradient(1.3, eta, 0.5, 40.0, 9.0),
                   ref_descent_best_gradient(1.3, 0.5, 40.0, 9.0), 1e-13);
}

static void adaptive_floor_takes_the_smaller_error(void)
{
    const double t[] = {1.0, 4.0}, e[] = {2.0, 1.0};
    CHECK_RELATIVE(ref_descent_adaptive(3.0, 2.0, t, e, 2), 7.0, 1e-15);
    const double bad[] = {nan(""), 1.0};
    CHECK(isnan(ref_descent_adaptive(3.0, 2.0, bad, e, 2)));
    CHECK(isnan(ref_descent_adaptive(3.0, 2.0, e, bad, 2)));
}

static void steps_outside_the_condition_are_nan(void)
{
    ref_descent_run r = {.eta = 0.6, .gamma = 1.0, .k = 2, .H = 0.1, .D1 = 1.0};
    CHECK(!isnan(ref_descent_thm1(&r)) && isnan(ref_descent_thm2_printed(&r)));
    CHECK(isnan(ref_descent_thm3_printed(&r)));
    r.eta = 1.1;
    CHECK(isnan(ref_descent_thm1(&r)) && isnan(ref_descent_thm1_sharp(&r)));
    CHECK(isnan(ref_descent_thm2(&r, 0.1)) && isnan(ref_descent_thm3(&r, 0.1, 0.1)));
    CHECK(isnan(ref_descent_biased(1.1, 1.0, 1.0, 0.0, 0.0)));
    CHECK(isnan(ref_descent_distance(1.0, 1.1, 1.0, 0.5, 3, 1.0)));
    CHECK(isnan(ref_descent_average(1.0, 0.6, 2.0, 5, 0.0)));
    CHECK(isnan(ref_descent_pl(1.0, 0.5, 2.0, 3.0, 5, 0.0)));
    CHECK(isnan(ref_descent_step(0.0, 1.0, 1.0, 1.0, 1.0, 1.0)));
    CHECK(isnan(ref_descent_mean_gradient(1.0, 2.0, 1.0, 5.0, 1.0)));
    CHECK(isnan(ref_descent_best_step(1.0, 0.0, 5.0, 1.0)));
}

SUITE("[bvpo:thm3][bvpo:thm4][spec:bvpo 2.4][spec:gvm 6.2] descent bounds", NULL,
      {"one step is an equality for round quadratics",
       one_step_is_an_equality_for_round_quadratics},
      {"one step bounds long quadratics", one_step_bounds_long_quadratics},
      {"the average matches its golden numbers", average_matches_its_golden_numbers},
      {"the Polyak-Lojasiewicz bound holds at every step",
       pl_bound_holds_at_every_step},
      {"the best step beats a grid of steps", best_step_beats_a_grid_of_steps},
      {"the corollary of theorem 1 is below its two-term bound",
       mean_gradient_corollary_is_below_its_two_term_bound},
      {"the adaptive floor takes the smaller error",
       adaptive_floor_takes_the_smaller_error},
      {"steps outside the condition are NaN", steps_outside_the_condition_are_nan});
