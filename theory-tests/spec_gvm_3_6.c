/* spec_gvm_3_6.c -- bounds on every count: water-filling, solved exactly. */
#include "ref/allocate.h"
#include "ref/numeric.h"
#include "theory-tests/check.h"
#include "theory-tests/instances.h"

#include <math.h>
#include <string.h>

enum { M = 12 };

typedef struct instance {
    size_t m;
    double c[M], L[M], U[M], budget;
} instance;

static instance draw(uint64_t *state)
{
    instance x = {.m = instance_whole(state, 1, M)};
    double least = 0.0, most = 0.0;
    instance_spread(x.c, x.m, 4.0, state);
    for (size_t i = 0; i < x.m; i++) {
        if (instance_unit(state) < 0.1) x.c[i] = 0.0;
        x.L[i] = instance_unit(state) < 0.3 ? 0.0 : 3.0 * instance_unit(state);
        x.U[i] = x.L[i] + 10.0 * instance_unit(state);
        least += x.L[i];
        most += x.U[i];
    }
    x.budget = least + (most - least) * instance_unit(state);
    return x;
}

/* Worst violation of: c/n^2 = lambda where free, <= at L, >= at U, relative to
 * lambda. */
static double kkt_violation(const instance *x, const double *n, double lambda)
{
    double worst = 0.0;
    for (size_t i = 0; i < x->m; i++) {
        const double slope = x->c[i] > 0.0 ? x->c[i] / (n[i] * n[i]) : 0.0;
        if (n[i] > x->L[i]) worst = check_worse(worst, 1.0 - slope / lambda);
        if (n[i] < x->U[i]) worst = check_worse(worst, slope / lambda - 1.0);
    }
    return worst;
}

/* c/n, and nothing for a prompt without variance, even at n = 0. */
static double term(double c, double n)
{
    return c > 0.0 ? c / n : 0.0;
}

/* The best that moving d units from one prompt to another can bring. */
static double best_exchange(const instance *x, const double *n)
{
    double best = -HUGE_VAL;
    for (size_t i = 0; i < x->m; i++)
        for (size_t j = 0; j < x->m; j++) {
            const double d = 1e-3 * fmin(x->U[i] - n[i], n[j] - x->L[j]);
            if (i == j || !(d > 0.0)) continue;
            const double own = term(x->c[i], n[i]) - term(x->c[i], n[i] + d);
            const double cost = term(x->c[j], n[j] - d) - term(x->c[j], n[j]);
            const double scale = term(x->c[i], n[i]) + term(x->c[j], n[j]);
            best = check_worse(best, (own - cost) / (scale + 1e-300));
        }
    return best;
}

/* property 28 */
static void the_bounded_optimum_satisfies_its_conditions(void)
{
    uint64_t state = 28;
    double sum = 0.0, kkt = 0.0, exchange = -HUGE_VAL;
    for (int trial = 0; trial < 5000; trial++) {
        const instance x = draw(&state);
        double n[M], lambda = 0.0;
        CHECK_OK(ref_allocate_box(n, &lambda, x.c, x.L, x.U, x.m, x.budget, NULL));
        sum = check_worse(sum, fabs(ref_total(n, x.m) / x.budget - 1.0));
        for (size_t i = 0; i < x.m; i++) CHECK(x.L[i] <= n[i] && n[i] <= x.U[i]);
        if (lambda == 0.0) continue; /* the rest goes to c = 0; a NaN goes on */
        kkt = check_worse(kkt, kkt_violation(&x, n, lambda));
        exchange = check_worse(exchange, best_exchange(&x, n));
    }
    CLAIM_HOLDS("spec:gvm 3.6",
                "The optimum under bounds spends the whole budget, relative error", sum,
                1e-12);
    CLAIM_HOLDS("spec:gvm 3.6",
                "Under bounds c/n^2 equals the multiplier where free, is at most it at "
                "L and at least it at U, relative violation",
                kkt, 1e-12);
    CLAIM_HOLDS("spec:gvm 3.6",
                "No exchange between two prompts lowers the variance of the optimum "
                "under bounds, relative gain",
                exchange, 1e-13);
}

/* property 17: without bounds n doubles with N; property 15 again by another road */
static void without_bounds_it_is_proposition_one(void)
{
    uint64_t state = 117;
    for (int trial = 0; trial < 200; trial++) {
        double c[M], n[M], twice[M], share[M], lambda = 0.0;
        instance_spread(c, M, 4.0, &state);
        CHECK_OK(ref_allocate_box(n, &lambda, c, NULL, NULL, M, 40.0, NULL));
        CHECK_OK(ref_allocate_box(twice, NULL, c, NULL, NULL, M, 80.0, NULL));
        CHECK_OK(ref_allocate_neyman(share, c, M, NULL));
        for (size_t i = 0; i < M; i++) {
            CHECK_RELATIVE(twice[i], 2.0 * n[i], 1e-14);
            CHECK_RELATIVE(n[i], 40.0 * share[i], 1e-13);
            CHECK_RELATIVE(c[i] / (n[i] * n[i]), lambda, 1e-13);
        }
    }
}

/* properties 28 and 29 */
static void corners_are_exact(void)
{
    const double c[3] = {4.0, 1.0, 0.0}, L[3] = {1.5, 2.0, 0.25}, U[3] = {5, 3, 9};
    double n[3], lambda = -1.0;
    CHECK_OK(ref_allocate_box(n, NULL, c, L, L, 3, 3.75, NULL));
    CHECK(memcmp(n, L, sizeof n) == 0);
    CHECK_OK(ref_allocate_box(n, NULL, c, L, U, 3, 3.75, NULL));
    CHECK(memcmp(n, L, sizeof n) == 0);
    CHECK_OK(ref_allocate_box(n, &lambda, c, L, U, 3, 17.0, NULL));
    CHECK(memcmp(n, U, sizeof n) == 0 && lambda == 0.0);
    /* the rest goes to c = 0 */
    CHECK_OK(ref_allocate_box(n, &lambda, c, L, U, 3, 12.0, NULL));
    CHECK(n[0] == 5 && n[1] == 3 && lambda == 0.0);
    CHECK_NEAR(n[2], 4.0, 1e-14);
    CHECK_OK(ref_allocate_box(n, NULL, c, NULL, NULL, 1, 6.25, NULL));
    CHECK_NEAR(n[0], 6.25, 1e-14);
    const double equal[3] = {2.385, 2.385, 2.385};
    CHECK_OK(ref_allocate_box(n, NULL, equal, NULL, NULL, 3, 7.5, NULL));
    for (size_t i = 0; i < 3; i++) CHECK_NEAR(n[i], 2.5, 1e-14);
    const double none[2] = {0, 0}, level[2] = {3.0, 0.5};
    CHECK_OK(ref_allocate_box(n, NULL, none, level, NULL, 2, 5.0, NULL));
    CHECK(n[0] == 3.0);
    CHECK_NEAR(n[1], 2.0, 1e-14);
}

static void infeasible_and_bad_bounds_are_reported(void)
{
    const double c[2] = {1, 2}, bad[2] = {1, -2}, L[2] = {2, 2}, U[2] = {3, 3};
    const double crossed[2] = {4, 1}, endless[2] = {HUGE_VAL, 1};
    double n[2] = {7, 7};
    ref_why why = {0};
    CHECK_STATUS(ref_allocate_box(n, NULL, c, L, U, 2, 3.5, &why), REF_EINFEASIBLE);
    CHECK(strstr(why.text, "[4, 6]") != NULL);
    CHECK_STATUS(ref_allocate_box(n, NULL, c, L, U, 2, 6.5, NULL), REF_EINFEASIBLE);
    CHECK_STATUS(ref_allocate_box(n, NULL, bad, L, U, 2, 5.0, NULL), REF_EDOM);
    CHECK_STATUS(ref_allocate_box(n, NULL, c, crossed, U, 2, 5.0, NULL), REF_EDOM);
    CHECK_STATUS(ref_allocate_box(n, NULL, c, endless, NULL, 2, 5.0, NULL), REF_EDOM);
    CHECK_STATUS(ref_allocate_box(n, NULL, c, L, U, 0, 5.0, NULL), REF_ESHAPE);
    CHECK_STATUS(ref_allocate_box(n, NULL, c, L, U, 2, nan(""), NULL), REF_EDOM);
    CHECK_STATUS(ref_allocate_box(n, NULL, c, NULL, NULL, 2, 1e16, NULL), REF_EDOM);
    CHECK(n[0] == 7 && n[1] == 7);
}

SUITE("[spec:gvm 3.6] box constraints", NULL,
      {"the bounded optimum satisfies its conditions",
       the_bounded_optimum_satisfies_its_conditions},
      {"without bounds it is Proposition 1", without_bounds_it_is_proposition_one},
      {"corners are exact", corners_are_exact},
      {"infeasible and bad bounds are reported",
       infeasible_and_bad_bounds_are_reported});
