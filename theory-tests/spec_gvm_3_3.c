/* spec_gvm_3_3.c -- edge cases of the released pipeline: bad input, two filters. */
#include "ref/allocate.h"
#include "ref/allocate_plan.h"
#include "ref/allocate_round.h"
#include "ref/numeric.h"
#include "theory-tests/check.h"
#include "theory-tests/instances.h"

#include <math.h>
#include <string.h>

enum { M = 9 };

/* property 23: each bad entry is an error that names index and value */
static void bad_numbers_are_refused_by_name(void)
{
    const double bad_p[] = {nan(""), HUGE_VAL, -0.25, 1.5};
    const double bad_G[] = {nan(""), HUGE_VAL, -1.0};
    for (size_t k = 0; k < sizeof bad_p / sizeof bad_p[0]; k++) {
        const double p[3] = {0.5, bad_p[k], 0.25}, G[3] = {1, 1, 1};
        double share[3] = {7, 7, 7};
        ref_why why = {0};
        CHECK_STATUS(ref_allocate_gvm(share, p, G, 3, 1e-3, 2.0, &why), REF_EDOM);
        CHECK(strstr(why.text, "p 1 is") != NULL);
        CHECK(share[0] == 7 && share[1] == 7 && share[2] == 7);
    }
    for (size_t k = 0; k < sizeof bad_G / sizeof bad_G[0]; k++) {
        const double p[3] = {0.5, 0.5, 0.25}, G[3] = {1, 1, bad_G[k]};
        double share[3] = {7, 7, 7};
        ref_why why = {0};
        CHECK_STATUS(ref_allocate_gvm(share, p, G, 3, 1e-3, 2.0, &why), REF_EDOM);
        CHECK(strstr(why.text, "G 2 is") != NULL);
        CHECK(share[0] == 7 && share[1] == 7 && share[2] == 7);
    }
}

/* property 23: the released code divides by zero here */
static void all_zero_weights_are_an_error(void)
{
    const double p[3] = {0, 0.5, 0}, G[3] = {1, 0, 3};
    double share[3] = {7, 7, 7};
    ref_why why = {0};
    CHECK_STATUS(ref_allocate_gvm(share, p, G, 3, 1e-3, 2.0, &why), REF_EDOM);
    CHECK(strstr(why.text, "zero") != NULL && share[1] == 7);
    CHECK_STATUS(ref_allocate_gvm(share, p, G, 0, 1e-3, 2.0, NULL), REF_ESHAPE);
    CHECK_STATUS(ref_allocate_gvm(share, p, G, 3, -1.0, 2.0, NULL), REF_EDOM);
    CHECK_STATUS(ref_allocate_gvm(share, p, G, 3, 1.0, nan(""), NULL), REF_EDOM);
    CHECK(isnan(ref_allocate_gvm_weight(0.5, 1.0, -1.0, 2.0)));
    CHECK(isnan(ref_allocate_gvm_weight(1.5, 1.0, 1e-3, 2.0)));
}

/* property 24: thresholds look at the shares before they are made to sum to 1 again */
static void filters_follow_the_released_order(void)
{
    const double p[4] = {1.0, 0.5, 0.25, 0.125};
    double share[4] = {0.25, 0.25, 0.25, 0.25};
    /* p u N at N = 16: 4, 2, 1, 0.5; the filter of 1 keeps the third although the share
     * that is cut would have raised the fourth to 2/3 */
    CHECK_OK(ref_allocate_filter(share, p, 4, 16.0, 0.9, 1.0, NULL));
    CHECK_EQUAL(share[0], 0.0);
    CHECK_EQUAL(share[3], 0.0);
    CHECK_NEAR(share[1], 0.5, 1e-15);
    CHECK_NEAR(share[2], 0.5, 1e-15);

    uint64_t state = 24;
    double worst = 0.0;
    int wrong = 0;
    for (int trial = 0; trial < 2000; trial++) {
        double rate[M], before[M], after[M];
        for (size_t i = 0; i < M; i++)
            rate[i] = (double)instance_whole(&state, 0, 8) / 8.0;
        instance_simplex(before, M, &state);
        memcpy(after, before, sizeof after);
        const double easy = instance_unit(&state), few = 2.0 * instance_unit(&state);
        if (ref_allocate_filter(after, rate, M, 72.0, easy, few, NULL) != REF_OK)
            continue; /* nothing left: tested below */
        for (size_t i = 0; i < M; i++) {
            const bool cut = rate[i] > easy || rate[i] * before[i] * 72.0 < few;
            wrong += (after[i] == 0.0) != cut;
        }
        worst = check_worse(worst, fabs(ref_total(after, M) - 1.0));
    }
    CLAIM_HOLDS(
        "spec:gvm 3.3",
        "The released filters cut a prompt by its rate and its expected successes "
        "p u N before rounding and before shares sum to one again (statistic: "
        "prompts cut otherwise, 2000 trials)",
        wrong, 0.0);
    CLAIM_HOLDS("spec:gvm 3.3", "Shares sum to one again after the released filters",
                worst, 1e-14);
}

static void filters_can_leave_nothing(void)
{
    const double p[2] = {1.0, 1.0};
    double share[2] = {0.5, 0.5};
    CHECK_STATUS(ref_allocate_filter(share, p, 2, 16.0, 0.5, 0.0, NULL), REF_EDOM);
    CHECK_EQUAL(share[0], 0.5);
    CHECK_STATUS(ref_allocate_filter(share, p, 0, 16.0, 0.5, 0.0, NULL), REF_ESHAPE);
    CHECK_STATUS(ref_allocate_filter(share, p, 2, -1.0, 0.5, 0.0, NULL), REF_EDOM);
    CHECK_STATUS(ref_allocate_filter(share, p, 2, 16.0, nan(""), 0.0, NULL), REF_EDOM);
    /* the run script's values, 1 and 0, change nothing */
    CHECK_OK(ref_allocate_filter(share, p, 2, 16.0, 1.0, 0.0, NULL));
    CHECK_EQUAL(share[1], 0.5);
}

SUITE("[spec:gvm 3.3] edge cases of the released pipeline", NULL,
      {"bad numbers are refused by name", bad_numbers_are_refused_by_name},
      {"all-zero weights are an error", all_zero_weights_are_an_error},
      {"filters follow the released order", filters_follow_the_released_order},
      {"filters can leave nothing", filters_can_leave_nothing});
