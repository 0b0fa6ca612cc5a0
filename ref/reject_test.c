/* reject_test.c -- golden numbers and edges of the rejection estimators; their laws are
 * checked against enumeration in theory-tests/. */
#include "ref/reject.h"

#include "theory-tests/check.h"

#include <math.h>
#include <string.h>

static void h_matches_its_golden_numbers(void)
{
    CHECK_RELATIVE(ref_reject_h(1, 0.3), 0.3, 1e-15);
    CHECK_RELATIVE(ref_reject_h(2, 0.3), 0.465, 1e-14);
    CHECK_RELATIVE(ref_reject_h(4, 0.5), 0.5364583333333333, 1e-14);
    CHECK_RELATIVE(ref_reject_h(8, 0.125), 0.5123172139128049, 1e-14);
    CHECK_RELATIVE(ref_reject_h(32, 0.03125), 0.4913636690656993, 1e-14);
    CHECK_RELATIVE(ref_reject_h(100, 0.9), 0.011123609869090084, 1e-13);
}

static void h_is_exact_at_the_ends(void)
{
    CHECK_EQUAL(ref_reject_h(0, 0.3), 0.0);
    CHECK_EQUAL(ref_reject_h(7, 0.0), 0.0);
    CHECK_RELATIVE(ref_reject_h(7, 1.0), 1.0 / 7.0, 1e-15);
    CHECK(isnan(ref_reject_h(3, -0.1)) && isnan(ref_reject_h(3, nan(""))));
    CHECK_EQUAL(ref_reject_h_lower(0, 0.5), 0.0);
    CHECK_EQUAL(ref_reject_h_upper(5, 0.0), 0.0);
    CHECK(isinf(ref_reject_h_large(5, 0.0)));
}

/* The next term is q(1+q)/(np)^3, whose coefficient is below 2. */
static void expansion_of_h_has_third_order_rest(void)
{
    for (size_t n = 2000; n <= 16000; n *= 2) {
        const double p = 0.2, np = (double)n * p;
        const double rest = fabs(ref_reject_h(n, p) - ref_reject_h_large(n, p));
        CHECK_AT_MOST(rest * np * np * np, 2.0);
    }
}

static void plugin_factor_matches_its_golden_numbers(void)
{
    CHECK_NEAR(ref_reject_plugin(8, 1.0 / 32.0), 0.05300, 5e-6);
    CHECK_NEAR(ref_reject_plugin(8, 0.125), 0.51232, 5e-6);
    CHECK_NEAR(ref_reject_plugin(8, 0.25), 1.03770, 5e-6);
    CHECK_NEAR(ref_reject_plugin(8, 0.5), 1.17658, 5e-6);
}

static void pilot_ceiling_matches_its_golden_numbers(void)
{
    const double want[] = {1.030, 1.125, 1.295, 1.563, 1.958, 2.531};
    for (size_t i = 0, pilot = 2; i < 6; i++, pilot *= 2)
        CHECK_NEAR(ref_reject_pilot_ceiling(pilot), want[i], 5.1e-4);
    CHECK(isnan(ref_reject_pilot_ceiling(0)));
}

static ref_reject_coefficient coefficients(ref_reject_estimator e, size_t n, size_t K)
{
    const ref_reject_case c = {.n = n, .K = K, .p = 0.25, .pool = 0.125, .weight = 2.0};
    return ref_reject_coefficients(e, &c);
}

static void coefficients_follow_the_formulas(void)
{
    CHECK_EQUAL(coefficients(REF_REJECT_IW, 8, 3).accepted, 0.5);
    CHECK_EQUAL(coefficients(REF_REJECT_RB, 8, 3).accepted, 0.5);
    CHECK_EQUAL(coefficients(REF_REJECT_SN, 8, 4).accepted, 0.25);
    CHECK_EQUAL(coefficients(REF_REJECT_SN, 8, 4).all, 0.0);
    CHECK_EQUAL(coefficients(REF_REJECT_LOO, 8, 4).accepted, 0.25);
    CHECK_EQUAL(coefficients(REF_REJECT_LOO, 8, 4).all, -0.125);
    CHECK_EQUAL(coefficients(REF_REJECT_POOL, 8, 4).accepted, 0.125);
    CHECK_EQUAL(coefficients(REF_REJECT_RRIS, 8, 4).accepted, 0.5);
    CHECK_EQUAL(coefficients(REF_REJECT_RRIS, 8, 4).all, -0.125);
    CHECK(isnan(coefficients(REF_REJECT_COUNT, 8, 4).accepted));
}

static void nothing_drawn_or_nothing_accepted_is_zero(void)
{
    CHECK_EQUAL(coefficients(REF_REJECT_IW, 0, 0).accepted, 0.0);
    CHECK_EQUAL(coefficients(REF_REJECT_RB, 0, 0).accepted, 0.0);
    const ref_reject_estimator zero[] = {REF_REJECT_SN, REF_REJECT_LOO,
                                         REF_REJECT_RRIS};
    for (size_t i = 0; i < 3; i++) {
        CHECK_EQUAL(coefficients(zero[i], 8, 0).accepted, 0.0);
        CHECK_EQUAL(coefficients(zero[i], 8, 0).all, 0.0);
    }
    const ref_reject_moments x = {.p = 0.3, .S2 = 2.0, .mu2 = 0.5, .v = 1.5};
    const ref_reject_law none = ref_reject_exact(REF_REJECT_SN, &x, 0.0, 0.0);
    CHECK_EQUAL(none.omega, 0.0);
    CHECK_EQUAL(none.mse, 0.5);
}

static void names_are_found_again(void)
{
    for (int e = 0; e < (int)REF_REJECT_COUNT; e++)
        CHECK_EQUAL((int)ref_reject_find(ref_reject_name((ref_reject_estimator)e)), e);
    CHECK_EQUAL(ref_reject_find("nosuch"), REF_REJECT_COUNT);
    CHECK(strcmp(ref_reject_name(REF_REJECT_COUNT), "unknown") == 0);
}

static void outside_the_domain_is_nan(void)
{
    const ref_reject_moments x = {.p = 0.3, .S2 = 2.0, .mu2 = 0.5, .v = 1.5};
    ref_reject_moments zero = x;
    zero.p = 0.0;
    CHECK(isnan(ref_reject_exact(REF_REJECT_IW, &zero, 4.0, 0.0).variance));
    CHECK(isnan(ref_reject_exact(REF_REJECT_RB, &zero, 4.0, 0.0).variance));
    CHECK(isnan(ref_reject_exact(REF_REJECT_SN, &x, 2.5, 0.0).variance));
    CHECK(isnan(ref_reject_exact(REF_REJECT_IW, &x, -1.0, 0.0).variance));
    CHECK(isnan(ref_reject_exact(REF_REJECT_RRIS, &x, 4.0, 0.0).variance));
    CHECK(isnan(ref_reject_bound(&zero, 4.0)));
    const ref_reject_roulette capped = {.kappa = 2.0, .c = 0.1, .cap = 8};
    CHECK(isnan(ref_reject_rris(&x, &capped).variance));
    CHECK(isnan(ref_reject_rris_cost(0.0, &capped)));
    CHECK(isnan(ref_reject_omega_pilot(REF_REJECT_RRIS, 8, 8.0, 0.5)));
    CHECK(isnan(ref_reject_efficiency(1.0, 0.0, 1.0)));
}

SUITE(
    "[spec:gvm 2.4][spec:gvm 2.5][spec:sim 4.3][gvm:eq6][gvm:alg1] rejection sampling",
    NULL, {"h matches its golden numbers", h_matches_its_golden_numbers},
    {"h is exact at the ends", h_is_exact_at_the_ends},
    {"the expansion of h has a third-order rest", expansion_of_h_has_third_order_rest},
    {"the plug-in factor matches its golden numbers",
     plugin_factor_matches_its_golden_numbers},
    {"the pilot ceiling matches its golden numbers",
     pilot_ceiling_matches_its_golden_numbers},
    {"coefficients follow the formulas", coefficients_follow_the_formulas},
    {"nothing drawn or nothing accepted is zero",
     nothing_drawn_or_nothing_accepted_is_zero},
    {"names are found again", names_are_found_again},
    {"outside the domain is NaN", outside_the_domain_is_nan});
