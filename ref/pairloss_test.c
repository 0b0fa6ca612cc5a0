/* pairloss_test.c -- domains, what frameworks log, batches and names. */
#include "ref/pairloss.h"

#include "theory-tests/check.h"

#include <math.h>
#include <string.h>

static const ref_pairloss_pair pair = {.plus = -20.0,
                                       .minus = -31.0,
                                       .ref_plus = -22.0,
                                       .ref_minus = -30.0,
                                       .len_plus = 10.0,
                                       .len_minus = 16.0};

static void rewards_and_margin(void)
{
    ref_pairloss_choices c = {.kind = REF_PAIRLOSS_DPO, .beta = 0.25};
    const ref_pairloss_value v = ref_pairloss_evaluate(&c, &pair);
    CHECK_EQUAL(v.reward_plus, 0.5);
    CHECK_EQUAL(v.reward_minus, -0.25);
    CHECK_EQUAL(v.margin, 0.75);
    CHECK_EQUAL(v.accuracy, 1.0);
    c.kind = REF_PAIRLOSS_SIMPO;
    const ref_pairloss_value s = ref_pairloss_evaluate(&c, &pair);
    CHECK_NEAR(s.reward_plus, -0.5, 1e-16);
    CHECK_NEAR(s.margin, -0.5 + 0.25 * 31.0 / 16.0, 1e-16);
    CHECK_NEAR(s.d_minus * 16.0, -s.d_plus * 10.0, 1e-16);
}

static void hinge_is_flat_beyond_one(void)
{
    const ref_pairloss_choices c = {.kind = REF_PAIRLOSS_HINGE, .beta = 1.0};
    const ref_pairloss_value v = ref_pairloss_evaluate(&c, &pair); /* z = 3 */
    CHECK(v.loss == 0.0 && v.d_plus == 0.0 && v.d_minus == 0.0);
    const ref_pairloss_pair edge = {.plus = 1.0};
    CHECK_EQUAL(ref_pairloss_evaluate(&c, &edge).d_plus, 0.0);
}

static void is_nan(const ref_pairloss_choices *c, const ref_pairloss_pair *x)
{
    const ref_pairloss_value v = ref_pairloss_evaluate(c, x);
    CHECK(isnan(v.loss) && isnan(v.d_plus) && isnan(v.d_minus) && isnan(v.margin)
          && isnan(v.reward_plus) && isnan(v.reward_minus) && isnan(v.accuracy));
}

static void nan_outside_the_domain(void)
{
    static const ref_pairloss_choices bad[] = {
        {REF_PAIRLOSS_DPO, 0.0, 0, 0, 0, 0},
        {REF_PAIRLOSS_DPO, HUGE_VAL, 0, 0, 0, 0},
        {REF_PAIRLOSS_CONSERVATIVE, 1.0, 1.5, 0, 0, 0},
        {REF_PAIRLOSS_ROBUST, 1.0, 0.5, 0, 0, 0},
        {REF_PAIRLOSS_SIMPO, 1.0, 0, HUGE_VAL, 0, 0},
        {REF_PAIRLOSS_RDPO, 1.0, 0, 0, HUGE_VAL, 0},
        {REF_PAIRLOSS_DPO_SFT, 1.0, 0, 0, 0, -1.0},
        {REF_PAIRLOSS_COUNT, 1.0, 0, 0, 0, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) is_nan(&bad[i], &pair);
    for (size_t k = 0; k < REF_PAIRLOSS_COUNT; k++) {
        const ref_pairloss_choices c = {.kind = (ref_pairloss_kind)k, .beta = 1.0};
        ref_pairloss_pair x = pair;
        x.plus = nan("");
        is_nan(&c, &x);
        x = pair;
        x.minus = -HUGE_VAL;
        is_nan(&c, &x);
    }
    const ref_pairloss_choices simpo = {.kind = REF_PAIRLOSS_SIMPO, .beta = 1.0};
    ref_pairloss_pair x = pair;
    x.len_minus = 0.0;
    is_nan(&simpo, &x);
    x = pair;
    x.ref_plus = nan(""); /* SimPO has no reference and does not look */
    CHECK(isfinite(ref_pairloss_evaluate(&simpo, &x).loss));
    const ref_pairloss_choices dpo = {.kind = REF_PAIRLOSS_DPO, .beta = 1.0};
    is_nan(&dpo, &x);
}

static void batches_are_means(void)
{
    const ref_pairloss_choices c = {.kind = REF_PAIRLOSS_DPO, .beta = 0.1};
    const ref_pairloss_pair batch[3] = {
        pair, {.plus = -3.0, .minus = -1.0}, {.plus = 2.0}};
    ref_pairloss_value each[3];
    ref_pairloss_value mean;
    CHECK_OK(ref_pairloss_mean(&mean, each, &c, batch, 3, NULL));
    double loss = 0.0;
    double slope = 0.0;
    for (int i = 0; i < 3; i++) {
        const ref_pairloss_value v = ref_pairloss_evaluate(&c, &batch[i]);
        CHECK_EQUAL(each[i].loss, v.loss);
        loss += v.loss / 3.0;
        slope += v.d_minus / 3.0;
    }
    CHECK_NEAR(mean.loss, loss, 1e-15);
    CHECK_NEAR(mean.d_minus, slope, 1e-15);
    CHECK_NEAR(mean.accuracy, 2.0 / 3.0, 1e-16);
    CHECK_NEAR(mean.margin, (0.3 - 0.2 + 0.2) / 3.0, 1e-15);
}

static void bad_batches_are_refused(void)
{
    const ref_pairloss_choices c = {.kind = REF_PAIRLOSS_DPO, .beta = 0.1};
    ref_pairloss_pair batch[2] = {pair, pair};
    ref_pairloss_value mean = {.loss = 7.0};
    ref_pairloss_value each[2] = {{.loss = 7.0}, {.loss = 7.0}};
    ref_why why;
    CHECK_STATUS(ref_pairloss_mean(&mean, each, &c, batch, 0, &why), REF_ESHAPE);
    batch[1].plus = nan("");
    CHECK_STATUS(ref_pairloss_mean(&mean, each, &c, batch, 2, &why), REF_EDOM);
    CHECK(strstr(why.text, "pair 1") != NULL);
    CHECK(mean.loss == 7.0 && each[0].loss == 7.0);
}

static void names_are_found_again(void)
{
    for (size_t k = 0; k < REF_PAIRLOSS_COUNT; k++) {
        const char *const name = ref_pairloss_name((ref_pairloss_kind)k);
        CHECK_EQUAL(ref_pairloss_find(name), (ref_pairloss_kind)k);
    }
    CHECK_EQUAL(ref_pairloss_find("kto"), REF_PAIRLOSS_COUNT);
    CHECK(strcmp(ref_pairloss_name(REF_PAIRLOSS_COUNT), "?") == 0);
}

SUITE("[spec:bvpo 4] pair losses", NULL, {"rewards and margin", rewards_and_margin},
      {"the hinge is flat from 1 on", hinge_is_flat_beyond_one},
      {"NaN outside the domain", nan_outside_the_domain},
      {"batches are means", batches_are_means},
      {"bad batches are refused", bad_batches_are_refused},
      {"names are found again", names_are_found_again});
