/* spec_gvm_3_4.c -- whole samples as the released code and the paper make them. */
#include "ref/allocate_integer.h"
#include "ref/allocate_plan.h"
#include "ref/allocate_round.h"
#include "theory-tests/check.h"
#include "theory-tests/instances.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { M = 9, LARGEST = 40 };

static const double golden_p[M] = {1, .875, .75, .625, .5, .375, .25, .125, 0};
static const double golden_G[M] = {1, 2, 1, 3, 1, 2, 1, 4, 5};

static ref_allocate_input golden(void)
{
    return (ref_allocate_input){
        .m = M, .budget = 72, .p = golden_p, .G = golden_G, .alpha = 1e-3, .beta = 2};
}

static int differences(const size_t *got, const size_t *want, size_t m)
{
    int count = 0;
    for (size_t i = 0; i < m; i++) count += got[i] != want[i];
    return count;
}

/* property 21: exact */
static void the_released_pipeline_comes_out(void)
{
    const size_t want[M] = {3, 6, 3, 11, 4, 9, 5, 31, 0};
    const ref_allocate_input in = golden();
    size_t n[M];
    CHECK_OK(ref_allocate_plan(
        n, NULL, ref_allocate_rule_find("gvm"), &in,
        &(ref_allocate_rounding){.kind = REF_ALLOCATE_ROUND_OFFICIAL}, NULL));
    CLAIM_HOLDS("spec:gvm 3.4",
                "The released rounding of the worked example gives its golden counts "
                "(statistic: counts that differ)",
                differences(n, want, M), 0.0);
}

static void ties_go_to_the_lower_index(void)
{
    size_t n[8];
    const double half[2] = {.5, .5}, quarter[4] = {.25, .25, .25, .25};
    const double third[3] = {1.0 / 3, 1.0 / 3, 1.0 / 3};
    const double eighth[8] = {.125, .125, .125, .125, .125, .125, .125, .125};
    CHECK_OK(ref_allocate_round_official(n, half, 2, 1, NULL));
    CHECK(differences(n, (size_t[]){1, 0}, 2) == 0);
    CHECK_OK(ref_allocate_round_official(n, quarter, 4, 2, NULL));
    CHECK(differences(n, (size_t[]){1, 1, 0, 0}, 4) == 0);
    CHECK_OK(ref_allocate_round_official(n, third, 3, 1, NULL));
    CHECK(differences(n, (size_t[]){1, 0, 0}, 3) == 0);
    CHECK_OK(ref_allocate_round_official(n, eighth, 8, 4, NULL));
    CHECK(differences(n, (size_t[]){1, 1, 1, 1, 0, 0, 0, 0}, 8) == 0);
    /* halves to even: 1.5 and 2.5 both become 2, and the sum is right */
    const double banker[2] = {.375, .625};
    CHECK_OK(ref_allocate_round_official(n, banker, 2, 4, NULL));
    CHECK(differences(n, (size_t[]){2, 2}, 2) == 0);
    /* 1.5, 1.5, 1 round up to 5 of 4: one of the two equal residuals steps down */
    const double over[3] = {.375, .375, .25};
    CHECK_OK(ref_allocate_round_official(n, over, 3, 4, NULL));
    CHECK(differences(n, (size_t[]){1, 2, 1}, 3) == 0);
}

/* The rounding rule by a full stable sort, for comparison. */
static void reference_rounding(size_t *n, const double *share, size_t m, size_t budget)
{
    double residual[LARGEST];
    long long left = (long long)budget;
    for (size_t i = 0; i < m; i++) {
        const double exact = share[i] * (double)budget;
        n[i] = (size_t)rint(exact);
        residual[i] = exact - (double)n[i];
        left -= (long long)n[i];
    }
    const double sign = left > 0 ? 1.0 : -1.0;
    for (; left != 0; left -= (long long)sign) {
        size_t best = m;
        for (size_t i = 0; i < m; i++)
            if (share[i] > 0.0
                && (best == m || sign * residual[i] > sign * residual[best]))
                best = i;
        n[best] = left > 0 ? n[best] + 1 : n[best] - 1;
        residual[best] = -sign * HUGE_VAL;
    }
}

/* property 22, on 10^4 random vectors, a third of them with ties */
static void rounding_keeps_its_promises(void)
{
    uint64_t state = 22;
    double farthest = 0.0;
    int wrong = 0;
    for (int trial = 0; trial < 10000; trial++) {
        const size_t m = instance_whole(&state, 1, LARGEST);
        const size_t budget = instance_whole(&state, 1, 200);
        double share[LARGEST], total = 0.0;
        instance_simplex(share, m, &state);
        for (size_t i = 0; i < m; i++) {
            if (trial % 3 == 0) share[i] = (double)instance_whole(&state, 0, 4);
            if (instance_unit(&state) < 0.1) share[i] = 0.0;
            total += share[i];
        }
        if (total == 0.0) continue;
        for (size_t i = 0; i < m; i++) share[i] /= total;
        size_t n[LARGEST], want[LARGEST], sum = 0;
        CHECK_OK(ref_allocate_round_official(n, share, m, budget, NULL));
        reference_rounding(want, share, m, budget);
        wrong += differences(n, want, m);
        for (size_t i = 0; i < m; i++) {
            farthest =
                check_worse(farthest, fabs((double)n[i] - share[i] * (double)budget));
            wrong += share[i] == 0.0 && n[i] != 0;
            sum += n[i];
        }
        wrong += sum != budget;
    }
    CHECK_EQUAL(wrong, 0);
    CLAIM_HOLDS("spec:gvm 3.4",
                "The released rounding moves no count by a whole sample or more (10 "
                "000 random share vectors, a third with ties)",
                farthest, nextafter(1.0, 0.0));
}

/* the paper's appendix B: leftovers to the lowest acceptance rates, not to residuals */
static void appendix_b_favours_the_hardest(void)
{
    const ref_allocate_input in = golden();
    size_t n[M], floors = 0;
    double share[M];
    CHECK_OK(ref_allocate_plan(
        n, share, ref_allocate_rule_find("gvm"), &in,
        &(ref_allocate_rounding){.kind = REF_ALLOCATE_ROUND_APPENDIX_B}, NULL));
    for (size_t i = 0; i < M; i++) floors += (size_t)floor(72.0 * share[i]);
    const size_t left = 72 - floors;
    CHECK(left > 0 && left < M - 1);
    for (size_t i = 0; i < M; i++) {
        /* rates fall with the index, and the last prompt has no share */
        const bool lifted = i + 1 < M && i + 1 + left >= M;
        CHECK_EQUAL(n[i], (size_t)floor(72.0 * share[i]) + (lifted ? 1 : 0));
    }
    const double even[3] = {.5, .25, .25}, rate[3] = {.5, .5, .5};
    CHECK_OK(ref_allocate_round_appendix_b(n, even, rate, 3, 2, NULL));
    CHECK(differences(n, (size_t[]){2, 0, 0}, 3) == 0);
    const double off[3] = {.5, .5, 1.5};
    CHECK_STATUS(ref_allocate_round_appendix_b(n, even, off, 3, 2, NULL), REF_EDOM);
}

static void largest_remainder_follows_hamilton(void)
{
    size_t n[3];
    /* 2.25, 1.375, 0.375 of 4: floors 2, 1, 0, and the tie goes to the lower index */
    const double share[3] = {.5625, .34375, .09375};
    CHECK_OK(ref_allocate_round_remainder(n, share, 3, 4, NULL));
    CHECK(differences(n, (size_t[]){2, 2, 0}, 3) == 0);
    /* 5.5, 1.75, 0.75 of 8: two left, for the two largest fractions */
    const double plain[3] = {.6875, .21875, .09375};
    CHECK_OK(ref_allocate_round_remainder(n, plain, 3, 8, NULL));
    CHECK(differences(n, (size_t[]){5, 2, 1}, 3) == 0);
}

static void a_share_below_one_half_can_lose_everything(void)
{
    /* c = (1, 10/9, 2, 50) at N = 6: the released rule serves 0, 1, 1, 4 */
    const double c[4] = {1, 10.0 / 9.0, 2, 50};
    double share[4], total = 0.0;
    for (size_t i = 0; i < 4; i++) total += sqrt(c[i]);
    for (size_t i = 0; i < 4; i++) share[i] = sqrt(c[i]) / total;
    size_t n[4];
    CHECK_OK(ref_allocate_round_official(n, share, 4, 6, NULL));
    CHECK(differences(n, (size_t[]){0, 1, 1, 4}, 4) == 0);
    CHECK_EQUAL(ref_allocate_integer_variance(n, c, 4), HUGE_VAL);
    CHECK_OK(ref_allocate_integer(n, c, NULL, NULL, 4, 6, REF_ALLOCATE_AUTO, NULL));
    CHECK(differences(n, (size_t[]){1, 1, 1, 3}, 4) == 0);
    CHECK_NEAR(ref_allocate_integer_variance(n, c, 4), 20.7778, 5e-5);
}

static void bad_shares_are_refused(void)
{
    const double low[2] = {.5, .4}, bad[2] = {nan(""), .5}, good[2] = {.5, .5};
    size_t n[2] = {7, 7};
    CHECK_STATUS(ref_allocate_round_official(n, low, 2, 10, NULL), REF_EDOM);
    CHECK_STATUS(ref_allocate_round_official(n, bad, 2, 10, NULL), REF_EDOM);
    CHECK_STATUS(ref_allocate_round_remainder(n, low, 2, 10, NULL), REF_EDOM);
    CHECK_STATUS(ref_allocate_round_official(n, good, 0, 10, NULL), REF_ESHAPE);
    CHECK_STATUS(ref_allocate_round_official(n, good, 2, 0, NULL), REF_EDOM);
    CHECK_STATUS(ref_allocate_round_official(n, good, 2, ((size_t)1 << 53) + 2, NULL),
                 REF_EDOM);
    CHECK(n[0] == 7 && n[1] == 7);
    /* shares that miss 1 by less than the check sees, at a budget that sees it */
    const double near[2] = {.5, .5 - 4e-10};
    ref_why why = {0};
    CHECK_STATUS(ref_allocate_round_official(n, near, 2, (size_t)1 << 52, &why),
                 REF_EDOM);
    CHECK(strstr(why.text, "closely enough") != NULL);
}

/* property 31 */
static void padding_reaches_a_multiple_of_the_ranks(void)
{
    uint64_t state = 31;
    int wrong = 0;
    for (int trial = 0; trial < 5000; trial++) {
        const size_t m = instance_whole(&state, 1, LARGEST);
        const size_t ranks = instance_whole(&state, 1, 16);
        size_t before[LARGEST], n[LARGEST], sum = 0, total = 0, added = 99;
        for (size_t i = 0; i < m; i++) {
            before[i] = n[i] = instance_whole(&state, 0, 6);
            sum += n[i];
        }
        CHECK_OK(ref_allocate_align_chunk(n, &added, m, ranks, NULL));
        for (size_t i = 0; i < m; i++) total += n[i];
        wrong += total % ranks != 0 || total - sum != added || added >= ranks;
        wrong += sum == 0 && added != 0;
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < m; j++) {
                /* who got more is at least as large; equals by lower index */
                const size_t up_i = n[i] - before[i], up_j = n[j] - before[j];
                wrong += up_i > up_j && before[i] < before[j];
                wrong += up_i > up_j && before[i] == before[j] && i > j;
                wrong += up_i > up_j + 1;
            }
    }
    CLAIM_HOLDS(
        "spec:gvm 3.4",
        "The released padding reaches a multiple of the ranks with fewer than one "
        "rank's samples, largest counts first (statistic: violations in 5000 trials)",
        wrong, 0.0);
    size_t n[2] = {1, 2}, huge[2] = {(size_t)1 << 53, 5};
    CHECK_STATUS(ref_allocate_align_chunk(n, NULL, 2, 0, NULL), REF_ESHAPE);
    CHECK_STATUS(ref_allocate_align_chunk(n, NULL, 0, 3, NULL), REF_ESHAPE);
    CHECK_STATUS(ref_allocate_align_chunk(huge, NULL, 2, 3, NULL), REF_EDOM);
}

/* property 27 */
static void the_optimum_lies_between_continuous_and_released(void)
{
    uint64_t state = 27;
    double below = -HUGE_VAL, above = -HUGE_VAL;
    for (int trial = 0; trial < 3000; trial++) {
        const size_t m = instance_whole(&state, 1, 20);
        const size_t budget = instance_whole(&state, m, 8 * m);
        double c[20], share[20], roots = 0.0;
        instance_spread(c, m, 3.0, &state);
        size_t L[20], best[20], released[20];
        for (size_t i = 0; i < m; i++) {
            L[i] = 1;
            roots += sqrt(c[i]);
        }
        for (size_t i = 0; i < m; i++) share[i] = sqrt(c[i]) / roots;
        CHECK_OK(
            ref_allocate_integer(best, c, L, NULL, m, budget, REF_ALLOCATE_AUTO, NULL));
        CHECK_OK(ref_allocate_round_official(released, share, m, budget, NULL));
        const double V = ref_allocate_integer_variance(best, c, m);
        const double theirs = ref_allocate_integer_variance(released, c, m);
        below = check_worse(below, roots * roots / (double)budget / V - 1.0);
        above = check_worse(above, isinf(theirs) ? -1.0 : V / theirs - 1.0);
    }
    CLAIM_HOLDS(
        "spec:gvm 3.5",
        "No optimum in whole samples has less variance than the continuous optimum",
        below, 1e-13);
    CLAIM_HOLDS(
        "spec:gvm 3.5",
        "No optimum in whole samples has more variance than the released rounding",
        above, 1e-13);
}

SUITE("[spec:gvm 3.4] released rounding", NULL,
      {"the released pipeline comes out", the_released_pipeline_comes_out},
      {"ties go to the lower index", ties_go_to_the_lower_index},
      {"rounding keeps its promises", rounding_keeps_its_promises},
      {"appendix B favours the hardest", appendix_b_favours_the_hardest},
      {"largest remainder follows Hamilton", largest_remainder_follows_hamilton},
      {"a share below one half can lose everything",
       a_share_below_one_half_can_lose_everything},
      {"bad shares are refused", bad_shares_are_refused},
      {"padding reaches a multiple of the ranks",
       padding_reaches_a_multiple_of_the_ranks},
      {"the optimum lies between continuous and released",
       the_optimum_lies_between_continuous_and_released});
