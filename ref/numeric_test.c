/* numeric_test.c -- the small numerics against identities and known values. */
#include "ref/numeric.h"

#include "theory-tests/check.h"

#include <float.h>
#include <math.h>

/* log(e^a + e^b) = max + log1p(e^-|a-b|), and a common shift passes through. */
static void logsumexp_is_shift_equivariant(void)
{
    const double x[3] = {-1.25, 0.5, 2.385};
    const double direct = log(exp(x[0]) + exp(x[1]) + exp(x[2]));
    CHECK_ROUND(ref_logsumexp(x, 3), direct, 8, direct);
    for (double shift = -1e4; shift <= 1e4; shift += 1234.5) {
        const double y[3] = {x[0] + shift, x[1] + shift, x[2] + shift};
        CHECK_ROUND(ref_logsumexp(y, 3), direct + shift, 8, fabs(shift) + 3.0);
    }
}

static void logsumexp_edges(void)
{
    const double none[2] = {-HUGE_VAL, -HUGE_VAL};
    const double bad[2] = {0.0, nan("")};
    CHECK_EQUAL(ref_logsumexp(none, 0), -HUGE_VAL);
    CHECK_EQUAL(ref_logsumexp(none, 2), -HUGE_VAL);
    CHECK(isnan(ref_logsumexp(bad, 2)));
    const double last[2] = {-HUGE_VAL, nan("")};
    CHECK(isnan(ref_logsumexp(last, 2)));
}

/* [spec:bvpo 7] property 1: softplus(x) - softplus(-x) = x, sigma(x) + sigma(-x) = 1. */
static void sigmoid_and_softplus_identities(void)
{
    for (double x = -800.0; x <= 800.0; x += 0.37) {
        CHECK_NEAR(ref_softplus(x) - ref_softplus(-x), x, 1e-12);
        CHECK_NEAR(ref_sigmoid(x) + ref_sigmoid(-x), 1.0, 1e-12);
    }
    CHECK_EQUAL(ref_softplus(800.0), 800.0);
    CHECK_EQUAL(ref_softplus(-800.0), 0.0);
    CHECK_RELATIVE(ref_softplus(-40.0), 4.248354255291589e-18, 1e-15);
    CHECK_NEAR(ref_softplus(0.0), 0.6931471805599453, 1e-16);
    CHECK_EQUAL(ref_softplus(HUGE_VAL), HUGE_VAL);
    CHECK(isnan(ref_softplus(nan(""))));
    CHECK(isnan(ref_sigmoid(nan(""))));
}

/* 1 - e^x must keep its digits where e^x is near 0 and where it is near 1. */
static void log1mexp_keeps_digits_at_both_ends(void)
{
    CHECK_RELATIVE(ref_log1mexp(-1e-20), log(1e-20), 4 * DBL_EPSILON);
    CHECK_RELATIVE(ref_log1mexp(-50.0), -exp(-50.0), 4 * DBL_EPSILON);
    CHECK_EQUAL(ref_log1mexp(0.0), -HUGE_VAL);
    CHECK(isnan(ref_log1mexp(1.0)));
}

static void hit_and_miss_are_complements(void)
{
    for (int n = 0; n < 60; n++)
        for (double p = 0.0; p <= 1.0; p += 0.0625)
            CHECK_NEAR(ref_hit_probability(n, p) + ref_miss_probability(n, p), 1.0,
                       1e-15);
    CHECK_RELATIVE(ref_hit_probability(5, 1e-18), 5e-18, 4 * DBL_EPSILON);
    CHECK_EQUAL(ref_hit_probability(0, 1.0), 0.0);
    CHECK_EQUAL(ref_miss_probability(3, 1.0), 0.0);
    CHECK(isnan(ref_hit_probability(3, 1.5)));
    CHECK(isnan(ref_miss_probability(-1, 0.5)));
}

/* A sum that plain addition gets entirely wrong. */
static void compensated_sums_survive_cancellation(void)
{
    const double x[4] = {1.0, 1e100, 1.0, -1e100};
    const double one[4] = {1.0, 1.0, 1.0, 1.0};
    CHECK_EQUAL(ref_total(x, 4), 2.0);
    CHECK_EQUAL(ref_dot(x, one, 4), 2.0);
    const double a[2] = {1.0 + 0x1p-30, -1.0};
    const double b[2] = {1.0 + 0x1p-30, 1.0 + 0x1p-29};
    CHECK_EQUAL(ref_dot(a, b, 2),
                0x1p-60); /* exact: the rounded products cancel to 0 */
    const double huge[2] = {HUGE_VAL, 1.0};
    CHECK_EQUAL(ref_total(huge, 2), HUGE_VAL);
}

static void welford_equals_two_passes(void)
{
    ref_moment s = {0};
    double total = 0.0;
    for (int i = 0; i < 1000; i++) {
        const double x = 1e6 + sin(i);
        ref_moment_add(&s, x);
        total += x;
    }
    double m2 = 0.0;
    for (int i = 0; i < 1000; i++) {
        const double d = 1e6 + sin(i) - total / 1000.0;
        m2 += d * d;
    }
    CHECK_RELATIVE(ref_moment_variance(&s, 1), m2 / 999.0, 1e-9);
    CHECK(isnan(ref_moment_variance(&(ref_moment){.n = 1}, 1)));
}

SUITE("[spec:gvm 1.4][spec:gvm 2.3][spec:gvm 2.4][spec:bvpo 4][spec:bvpo 7] numeric",
      NULL, {"log-sum-exp is shift equivariant", logsumexp_is_shift_equivariant},
      {"log-sum-exp edge cases", logsumexp_edges},
      {"sigmoid and softplus identities", sigmoid_and_softplus_identities},
      {"log(1-e^x) keeps its digits at both ends", log1mexp_keeps_digits_at_both_ends},
      {"hit and miss probabilities are complements", hit_and_miss_are_complements},
      {"compensated sums survive cancellation", compensated_sums_survive_cancellation},
      {"Welford equals two passes", welford_equals_two_passes});
