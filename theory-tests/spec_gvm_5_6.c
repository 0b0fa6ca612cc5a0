/* spec_gvm_5_6.c -- aggregations: a hand example, every name, every undefined case. */
#include "ref/loss_aggregate.h"
#include "theory-tests/check.h"

#include <math.h>
#include <string.h>

/* Three sequences of 2, 1 and 3 tokens with token losses summing to 3, 5 and 12; the
 * first two belong to prompt 4, the third to prompt 2; first and third are right. */
enum { B = 3 };
static const size_t tokens[B] = {2, 1, 3};
static const double sums[B] = {3.0, 5.0, 12.0};
static const size_t key[B] = {4, 4, 2};
static const bool accepted[B] = {true, false, true};
static const double p[B] = {0.5, 0.5, 0.25};

static const ref_loss_layout example = {.sequences = B,
                                        .tokens = tokens,
                                        .padded = 8.0,
                                        .key = key,
                                        .accepted = accepted,
                                        .p = p};

static double loss(ref_loss_aggregation a, const ref_loss_layout *layout)
{
    double weight[B];
    CHECK_OK(ref_loss_weights(weight, a, layout, NULL));
    double total = 0.0;
    for (size_t j = 0; j < B; j++) total += weight[j] * sums[j];
    return total;
}

/* property 37 */
static void hand_example(void)
{
    const ref_loss_layout *const l = &example;
    double e = fabs(loss(REF_LOSS_TOKEN_MEAN, l) - 20.0 / (6.0 + 1e-8));
    e = check_worse(e, fabs(loss(REF_LOSS_SEQ_MEAN_TOKEN_SUM, l) - 20.0 / 3.0));
    e = check_worse(
        e, fabs(loss(REF_LOSS_SEQ_MEAN_TOKEN_MEAN, l) - (1.5 + 5.0 + 4.0) / 3.0));
    e = check_worse(e, fabs(loss(REF_LOSS_SEQ_MEAN_TOKEN_SUM_NORM, l) - 20.0 / 8.0));
    CLAIM_HOLDS("spec:gvm 5.6",
                "The four aggregations of token losses (token-mean and three sequence "
                "means) equal an example by hand",
                e, 1e-14);
    e = fabs(loss(REF_LOSS_PROMPT_ACCEPTED, l) - 0.5 * (3.0 + 12.0));
    e = check_worse(
        e, fabs(loss(REF_LOSS_PROMPT_ACCEPTED_TOKEN_MEAN, l) - 0.5 * (1.5 + 4.0)));
    e = check_worse(e, fabs(loss(REF_LOSS_PROMPT_IMPORTANCE, l)
                            - 0.5 * (3.0 / (2.0 * 0.5) + 12.0 / (1.0 * 0.25))));
    CLAIM_HOLDS("spec:gvm 5.6",
                "The papers' aggregations, weight 1/|D_i| and weight 1/(n_i p_i), "
                "equal an example by hand",
                e, 1e-14);
}

static void prompt_weights_and_absent_prompts(void)
{
    ref_loss_layout l = example;
    l.prompts = 5; /* three prompts got no sequence and count in m */
    CHECK_NEAR(loss(REF_LOSS_PROMPT_ACCEPTED, &l), 0.2 * 15.0, 1e-14);
    const double w[B] = {0.7, 0.7, 0.3};
    l.w = w;
    CHECK_NEAR(loss(REF_LOSS_PROMPT_ACCEPTED, &l), 0.7 * 3.0 + 0.3 * 12.0, 1e-14);
    const bool none[B] = {true, false, false};
    l.accepted = none; /* K = 0 contributes nothing */
    CHECK_NEAR(loss(REF_LOSS_PROMPT_ACCEPTED, &l), 0.7 * 3.0, 1e-14);
    CHECK_NEAR(loss(REF_LOSS_PROMPT_IMPORTANCE, &l), 0.7 * 3.0, 1e-14);
}

/* Leaving a sequence out changes the denominators, not only its own term. */
static void what_does_not_count_is_in_no_denominator(void)
{
    const bool keep[B] = {true, false, true};
    ref_loss_layout l = example;
    l.keep = keep;
    CHECK_NEAR(loss(REF_LOSS_TOKEN_MEAN, &l), 15.0 / (5.0 + 1e-8), 1e-14);
    CHECK_NEAR(loss(REF_LOSS_SEQ_MEAN_TOKEN_SUM, &l), 15.0 / 2.0, 1e-14);
    CHECK_NEAR(loss(REF_LOSS_SEQ_MEAN_TOKEN_MEAN, &l), (1.5 + 4.0) / 2.0, 1e-14);
    CHECK_NEAR(loss(REF_LOSS_PROMPT_IMPORTANCE, &l),
               0.5 * (3.0 / (1.0 * 0.5) + 12.0 / 0.25), 1e-14);
    const bool nothing[B] = {false, false, false};
    l.keep = nothing;
    for (size_t a = 0; a < REF_LOSS_AGGREGATION_COUNT; a++)
        CHECK_EQUAL(loss((ref_loss_aggregation)a, &l), 0.0);
}

/* T_j = 0: 0/0 in the token mean of a sequence, as in the framework; nowhere else. */
static void a_sequence_without_tokens(void)
{
    const size_t empty[B] = {2, 0, 3};
    ref_loss_layout l = example;
    l.tokens = empty;
    double weight[B];
    for (size_t a = 0; a < REF_LOSS_AGGREGATION_COUNT; a++) {
        CHECK_OK(ref_loss_weights(weight, (ref_loss_aggregation)a, &l, NULL));
        CHECK_EQUAL(isnan(weight[1]) != 0, a == REF_LOSS_SEQ_MEAN_TOKEN_MEAN);
        CHECK(isfinite(weight[0]) && isfinite(weight[2]));
    }
}

static void bad_layouts_are_refused(void)
{
    double weight[B] = {7.0, 7.0, 7.0};
    ref_why why;
    ref_loss_layout l = example;
    l.padded = 0.0;
    CHECK_STATUS(ref_loss_weights(weight, REF_LOSS_SEQ_MEAN_TOKEN_SUM_NORM, &l, &why),
                 REF_EDOM);
    CHECK(strstr(why.text, "padded length") != NULL);
    l = example;
    l.p = (double[]){0.5, 0.0, 0.5};
    CHECK_STATUS(ref_loss_weights(weight, REF_LOSS_PROMPT_IMPORTANCE, &l, &why),
                 REF_EDOM);
    CHECK(strstr(why.text, "sequence 1") != NULL);
    l.p = NULL;
    CHECK_STATUS(ref_loss_weights(weight, REF_LOSS_PROMPT_IMPORTANCE, &l, NULL),
                 REF_EDOM);
    l.accepted = NULL;
    CHECK_STATUS(ref_loss_weights(weight, REF_LOSS_PROMPT_ACCEPTED, &l, NULL),
                 REF_EDOM);
    l = example;
    l.pack = key;
    CHECK_STATUS(ref_loss_weights(weight, REF_LOSS_PROMPT_ACCEPTED, &l, NULL),
                 REF_EDOM);
    CHECK_STATUS(ref_loss_weights(weight, REF_LOSS_AGGREGATION_COUNT, &l, NULL),
                 REF_EDOM);
    CHECK_EQUAL(weight[0], 7.0);
}

SUITE("[spec:gvm 5.6] aggregations", NULL, {"a hand example", hand_example},
      {"prompt weights, absent prompts, no accepted sample",
       prompt_weights_and_absent_prompts},
      {"what does not count is in no denominator",
       what_does_not_count_is_in_no_denominator},
      {"a sequence without tokens", a_sequence_without_tokens},
      {"bad layouts are refused", bad_layouts_are_refused});
