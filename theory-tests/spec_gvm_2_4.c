/* spec_gvm_2_4.c -- h(n,p) = E[1{K>0}/K] against its binomial and its closed sum. */
#include "ref/reject.h"

#include "ref/numeric.h"
#include "theory-tests/check.h"

#include <gsl/gsl_randist.h>
#include <math.h>

static const double rate[] = {1e-6, 0.01, 0.3, 0.9, 1.0};
enum { RATES = sizeof rate / sizeof rate[0], DRAWS = 60 };

static double by_binomial(unsigned n, double p)
{
    ref_sum h = {0};
    for (unsigned k = 1; k <= n; k++)
        ref_sum_add(&h, gsl_ran_binomial_pdf(k, p, n) / (double)k);
    return ref_sum_value(&h);
}

/* sum_j (q^(n-j) - q^n)/j */
static double by_closed_sum(unsigned n, double p)
{
    ref_sum h = {0};
    for (unsigned j = 1; j <= n; j++) {
        const double miss = ref_miss_probability((double)(n - j), p);
        ref_sum_add(&h, miss * ref_hit_probability((double)j, p) / (double)j);
    }
    return ref_sum_value(&h);
}

/* property 11, the first half */
static void three_forms_agree(void)
{
    double worst = 0.0;
    for (int r = 0; r < RATES; r++) {
        for (unsigned n = 1; n <= DRAWS; n++) {
            const double h = ref_reject_h(n, rate[r]);
            worst = check_worse(worst, fabs(h / by_binomial(n, rate[r]) - 1.0));
            worst = check_worse(worst, fabs(h / by_closed_sum(n, rate[r]) - 1.0));
        }
    }
    CLAIM_HOLDS("spec:gvm 2.4",
                "The recursion, the binomial sum and the closed sum of h(n,p) = "
                "E[1{K>0}/K] agree for n <= 60 and p from 1e-6 to 1",
                worst, 1e-10);
}

/* property 11, the second half; both bounds are attained, so rounding is allowed for */
static void bounds_hold(void)
{
    double worst = -HUGE_VAL;
    for (int r = 0; r < RATES; r++) {
        for (unsigned n = 1; n <= 10 * DRAWS; n++) {
            const double h = ref_reject_h(n, rate[r]);
            worst = check_worse(worst, ref_reject_h_lower(n, rate[r]) / h - 1.0);
            worst = check_worse(worst, h / ref_reject_h_upper(n, rate[r]) - 1.0);
        }
    }
    CLAIM_HOLDS("spec:gvm 2.4",
                "(1-q^n)^2/(n p) <= h(n,p) <= 2 (1-q^(n+1))/((n+1) p) for n <= 600 and "
                "p from 1e-6 to 1",
                worst, 1e-13);
}

static void h_is_not_monotone(void)
{
    CHECK(ref_reject_h(2, 0.3) > ref_reject_h(1, 0.3));
    CHECK(ref_reject_h(60, 0.3) < ref_reject_h(30, 0.3));
    for (int r = 0; r < RATES; r++) {
        const double p = rate[r];
        CHECK_RELATIVE(ref_reject_h(2, p), 2.0 * p * (1.0 - p) + p * p / 2.0, 1e-14);
    }
}

SUITE("[spec:gvm 2.4] the mean reciprocal success count h(n,p)", NULL,
      {"three forms agree", three_forms_agree}, {"both bounds hold", bounds_hold},
      {"h is not monotone in n", h_is_not_monotone});
