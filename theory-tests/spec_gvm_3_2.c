/* spec_gvm_3_2.c -- the shape of the regulariser 1/sqrt(p + alpha p^(1-beta)). */
#include "ref/allocate.h"
#include "theory-tests/check.h"
#include "theory-tests/instances.h"

#include <math.h>

static double direct(double p, double alpha, double beta)
{
    return 1.0 / sqrt(p + alpha * pow(p, 1.0 - beta));
}

/* property 19 */
static void the_stable_form_equals_the_direct_one(void)
{
    uint64_t state = 19;
    double worst = 0.0;
    for (int trial = 0; trial < 5000; trial++) {
        const double p = pow(10.0, -12.0 * instance_unit(&state));
        const double alpha = pow(10.0, -6.0 * instance_unit(&state));
        const double beta = 1.0 + 5.0 * instance_unit(&state);
        const double stable = ref_allocate_gvm_weight(p, 1.0, alpha, beta);
        worst = check_worse(worst, fabs(stable / direct(p, alpha, beta) - 1.0));
    }
    CLAIM_HOLDS(
        "spec:gvm 3.2",
        "The weight of Proposition 1 equals p^((beta-1)/2)/sqrt(p^beta + alpha)", worst,
        1e-12);
    CHECK(isfinite(ref_allocate_gvm_weight(1e-300, 1.0, 1e-3, 5.0)));
    CHECK(isfinite(ref_allocate_gvm_weight(1e-300, 1.0, 0.0, 5.0)));
    /* p^(1-beta) overflows, the weight p^((beta-1)/2)/sqrt(alpha) does not */
    CHECK_RELATIVE(ref_allocate_gvm_weight(1e-100, 1.0, 1e-3, 4.5), 1e-175 / sqrt(1e-3),
                   1e-13);
    CHECK_RELATIVE(ref_allocate_gvm_weight(1e-300, 1.0, 1e-3, 2.0), 1e-150 / sqrt(1e-3),
                   1e-12);
}

static void golden_weights(void)
{
    const double want[2][3] = {
        {3.146583877637763, 3.0151134457776365, 2.23606797749979},
        {2.756350715435098, 1.5500099140071402, 0.5536553985261546}};
    double alpha = 1e-4, worst = 0.0;
    for (int k = 0; k < 3; k++, alpha *= 10.0)
        for (int b = 0; b < 2; b++) {
            const double got =
                ref_allocate_gvm_weight(0.1, 1.0, alpha, b == 0 ? 2.0 : 3.5);
            worst = check_worse(worst, fabs(got / want[b][k] - 1.0));
        }
    CLAIM_HOLDS(
        "spec:gvm 3.2",
        "The weights f(0.1) for six pairs of alpha and beta equal their golden values",
        worst, 1e-14);
}

/* Minimiser of sqrt(p + alpha p^(1-beta)) on [low, high] by golden section. */
static double search(double low, double high, double alpha, double beta)
{
    const double shrink = 0.6180339887498949;
    double a = high - shrink * (high - low), b = low + shrink * (high - low);
    while (high - low > 1e-12 * high) {
        if (direct(a, alpha, beta) > direct(b, alpha, beta)) {
            high = b;
            b = a;
            a = high - shrink * (high - low);
        } else {
            low = a;
            a = b;
            b = low + shrink * (high - low);
        }
    }
    return 0.5 * (low + high);
}

/* property 20, first half. The minimum is flat: p* is found to sqrt(eps), T to eps. */
static void the_peak_is_where_the_formula_says(void)
{
    double worst_T = 0.0, worst_p = 0.0;
    for (double beta = 1.5; beta < 6.0; beta += 0.75)
        for (double alpha = 1e-4; alpha < 0.1; alpha *= 5.0) {
            const double p = search(1e-6, 1.0, alpha, beta);
            const double T = ref_allocate_penalty_minimum(alpha, beta);
            worst_T =
                check_worse(worst_T, fabs(1.0 / direct(p, alpha, beta) / T - 1.0));
            worst_p = check_worse(
                worst_p, fabs(p / ref_allocate_penalty_peak(alpha, beta) - 1.0));
        }
    CLAIM_HOLDS("spec:gvm 3.2",
                "The minimum of sqrt(p + alpha p^(1-beta)) over p is T = "
                "sqrt(beta/(beta-1)) (alpha (beta-1))^(1/(2 beta))",
                worst_T, 1e-8);
    CLAIM_HOLDS("spec:gvm 3.2",
                "The weight of Proposition 1 peaks at p* = (alpha (beta-1))^(1/beta), "
                "as far as a search of a flat peak can tell",
                worst_p, 1e-6);
    CHECK_NEAR(ref_allocate_penalty_peak(1e-3, 2.0), 0.0316228, 1e-7);
    CHECK_NEAR(1.0 / ref_allocate_penalty_minimum(1e-3, 2.0), 3.97635, 1e-5);
    CHECK_NEAR(ref_allocate_penalty_minimum(30.0, 2.0), sqrt(31.0), 1e-15);
    CHECK(isnan(ref_allocate_penalty_minimum(0.0, 2.0)));
    CHECK(isnan(ref_allocate_penalty_peak(1e-3, 1.0)));
}

/* at N' = 8 the smallest rate that can be seen, 1/8, is beyond the peak */
static void the_penalty_sleeps_at_a_pilot_of_eight(void)
{
    const double regular = ref_allocate_gvm_weight(0.125, 1.0, 1e-3, 2.0);
    const double plain = ref_allocate_gvm_weight(0.125, 1.0, 0.0, 2.0);
    CHECK_NEAR(regular, 2.742, 1e-3);
    CHECK_NEAR(plain, 2.828, 1e-3);
    CLAIM_HOLDS("spec:gvm 3.2",
                "With N' = 8 pilot samples the penalty (alpha = 1e-3, beta = 2) "
                "changes the weight at the smallest visible rate 1/8 by 3 %",
                fabs(regular / plain - 1.0), 0.031);
    CHECK_NEAR(ref_allocate_gvm_weight(0.03125, 1.0, 1e-3, 2.0), 3.976, 1e-3);
    CHECK_NEAR(ref_allocate_gvm_weight(0.03125, 1.0, 0.0, 2.0), 5.657, 1e-3);
}

SUITE("[spec:gvm 3.2] shape of the regulariser", NULL,
      {"the stable form equals the direct one", the_stable_form_equals_the_direct_one},
      {"golden weights", golden_weights},
      {"the peak is where the formula says", the_peak_is_where_the_formula_says},
      {"the penalty sleeps at a pilot of eight",
       the_penalty_sleeps_at_a_pilot_of_eight});
