/* spec_bvpo_4.c -- the DPO family: identities, derivatives, golden numbers. */
#include "ref/numeric.h"
#include "ref/pairloss.h"
#include "ref/rng.h"
#include "theory-tests/check.h"

#include <math.h>

static const ref_pairloss_choices usual = {
    .beta = 0.1, .smoothing = 0.1, .gamma = 0.6, .length_weight = 0.03, .sft = 0.25};

static const ref_pairloss_pair worked = {.plus = -120.0,
                                         .minus = -140.0,
                                         .ref_plus = -125.0,
                                         .ref_minus = -138.0,
                                         .len_plus = 60.0,
                                         .len_minus = 80.0};

static ref_pairloss_value at(ref_pairloss_kind kind, const ref_pairloss_pair *pair)
{
    ref_pairloss_choices c = usual;
    c.kind = kind;
    return ref_pairloss_evaluate(&c, pair);
}

/* property 1 */
static void sigmoid_identities(void)
{
    double line = 0.0;
    double one = 0.0;
    for (int x = -800; x <= 800; x++) {
        line = check_worse(line, fabs(ref_softplus(x) - ref_softplus(-x) - x));
        one = check_worse(one, fabs(ref_sigmoid(x) + ref_sigmoid(-x) - 1.0));
        CHECK(isfinite(ref_softplus(x)) && isfinite(ref_sigmoid(x)));
    }
    CLAIM_HOLDS("spec:bvpo 4", "softplus(x) - softplus(-x) = x for |x| <= 800", line,
                1e-12);
    CLAIM_HOLDS("spec:bvpo 4", "sigma(x) + sigma(-x) = 1 for |x| <= 800", one, 1e-12);
    CHECK_EQUAL(ref_pairloss_dpo(-800.0), 800.0);
    CHECK_NEAR(ref_pairloss_dpo(-40.0), 40.0, 1e-14);
    CHECK_NEAR(ref_pairloss_dpo(0.0), 0.6931471805599453, 1e-16);
    CHECK_RELATIVE(ref_pairloss_dpo(40.0), 4.248354255291589e-18, 1e-15);
    CHECK_EQUAL(ref_pairloss_dpo(800.0), 0.0);
}

/* property 2: the worked example, to 1e-12 */
static void worked_example(void)
{
    double e = fabs(at(REF_PAIRLOSS_DPO, &worked).margin - 0.7);
    e = check_worse(e, fabs(at(REF_PAIRLOSS_DPO, &worked).loss - 0.403186048885458));
    e = check_worse(e, fabs(at(REF_PAIRLOSS_DPO, &worked).d_plus + 0.033181222783183));
    e = check_worse(e, fabs(at(REF_PAIRLOSS_DPO, &worked).d_minus - 0.033181222783183));
    e = check_worse(
        e, fabs(at(REF_PAIRLOSS_CONSERVATIVE, &worked).loss - 0.473186048885458));
    e = check_worse(e, fabs(at(REF_PAIRLOSS_ROBUST, &worked).loss - 0.315686048885458));
    e = check_worse(e, fabs(at(REF_PAIRLOSS_IPO, &worked).loss - 4.0));
    e = check_worse(e, fabs(at(REF_PAIRLOSS_HINGE, &worked).loss - 0.3));
    ref_pairloss_choices c = usual;
    c.kind = REF_PAIRLOSS_SIMPO;
    c.beta = 2.0;
    const ref_pairloss_value s = ref_pairloss_evaluate(&c, &worked);
    e = check_worse(e, fabs(s.margin - c.gamma + 1.1)); /* u */
    e = check_worse(e, fabs(s.loss - 1.387335325115431));
    e = check_worse(e, fabs(s.d_plus + 0.025008670186504));
    e = check_worse(e, fabs(s.d_minus - 0.018756502639878));
    CLAIM_HOLDS("spec:bvpo 4",
                "Losses and slopes of the DPO family (six variants) equal those of the "
                "worked example",
                e, 1e-12);
}

/* Each loss again from its line in the table, without the identities the code uses. */
static double from_the_table(const ref_pairloss_choices *c, const ref_pairloss_pair *x)
{
    const double beta = c->beta;
    const double e = c->smoothing;
    const double D = (x->plus - x->ref_plus) - (x->minus - x->ref_minus);
    const double z = beta * D;
    const double dpo = log(1.0 + exp(-z));
    const double flipped = log(1.0 + exp(z));
    const double per = x->plus / x->len_plus - x->minus / x->len_minus;
    const double per_ref = x->ref_plus / x->len_plus - x->ref_minus / x->len_minus;
    switch (c->kind) {
    case REF_PAIRLOSS_DPO:
        return dpo;
    case REF_PAIRLOSS_CONSERVATIVE:
        return (1.0 - e) * dpo + e * flipped;
    case REF_PAIRLOSS_ROBUST:
        return ((1.0 - e) * dpo - e * flipped) / (1.0 - 2.0 * e);
    case REF_PAIRLOSS_HINGE:
        return fmax(0.0, 1.0 - z);
    case REF_PAIRLOSS_IPO:
        return (D - 0.5 / beta) * (D - 0.5 / beta);
    case REF_PAIRLOSS_IPO_TOKEN_MEAN:
        return (per - per_ref - 0.5 / beta) * (per - per_ref - 0.5 / beta);
    case REF_PAIRLOSS_SIMPO:
        return log(1.0 + exp(-(beta * per - c->gamma)));
    case REF_PAIRLOSS_RDPO:
        return log(1.0 + exp(-(z - c->length_weight * (x->len_plus - x->len_minus))));
    case REF_PAIRLOSS_DPO_SFT:
        return dpo + c->sft * (-x->plus / x->len_plus);
    case REF_PAIRLOSS_COUNT:
        break;
    }
    return nan("");
}

/* Central difference of the printed line when lp+ and lp- move by these steps. */
static double difference(const ref_pairloss_choices *c, const ref_pairloss_pair *x,
                         double plus, double minus)
{
    ref_pairloss_pair up = *x;
    ref_pairloss_pair down = *x;
    up.plus += plus;
    up.minus += minus;
    down.plus -= plus;
    down.minus -= minus;
    return (from_the_table(c, &up) - from_the_table(c, &down)) / (2.0 * (plus + minus));
}

/* property 2: every variant, z in {-3, -0.2, 0, 1.3, 4}, step 1e-6. With beta = 1: at
 * 0.1 the IPO loss at z = 4 is 1225 and its rounding alone, 1225 eps/2h, above 1e-7. */
static void derivatives_equal_central_differences(void)
{
    static const double margin[5] = {-3.0, -0.2, 0.0, 1.3, 4.0};
    const double h = 1e-6;
    double value = 0.0;
    double slope = 0.0;
    for (size_t kind = 0; kind < REF_PAIRLOSS_COUNT; kind++)
        for (int i = 0; i < 5; i++) {
            ref_pairloss_choices c = usual;
            c.kind = (ref_pairloss_kind)kind;
            c.beta = 1.0;
            ref_pairloss_pair x = {.ref_plus = -0.3,
                                   .ref_minus = -0.7,
                                   .minus = -0.4,
                                   .len_plus = 3.0,
                                   .len_minus = 5.0};
            x.plus = margin[i] + x.ref_plus + x.minus - x.ref_minus;
            const ref_pairloss_value v = ref_pairloss_evaluate(&c, &x);
            value = check_worse(value, fabs(v.loss - from_the_table(&c, &x)));
            slope = check_worse(slope, fabs(v.d_plus - difference(&c, &x, h, 0.0)));
            slope = check_worse(slope, fabs(v.d_minus - difference(&c, &x, 0.0, h)));
        }
    CLAIM_HOLDS("spec:bvpo 4",
                "Every loss of the DPO family equals the formula of its line in the "
                "table of variants",
                value, 1e-13);
    CLAIM_HOLDS("spec:bvpo 4",
                "Every derivative of the DPO family's losses equals the central "
                "difference, away from kinks",
                slope, 1e-7);
}

/* property 3 */
static void policy_equal_to_reference(void)
{
    ref_pairloss_pair x = worked;
    x.plus = x.ref_plus;
    x.minus = x.ref_minus;
    static const ref_pairloss_kind sigmoid[] = {REF_PAIRLOSS_DPO, REF_PAIRLOSS_RDPO,
                                                REF_PAIRLOSS_CONSERVATIVE,
                                                REF_PAIRLOSS_ROBUST};
    double loss = 0.0;
    double slope = 0.0;
    for (int i = 0; i < 4; i++) {
        ref_pairloss_choices c = {.kind = sigmoid[i], .beta = 0.1};
        const ref_pairloss_value v = ref_pairloss_evaluate(&c, &x);
        loss = check_worse(loss, fabs(v.loss - log(2.0)));
        slope = check_worse(slope, fabs(v.d_plus + 0.05) + fabs(v.d_minus - 0.05));
        CHECK_EQUAL(v.accuracy, 0.0); /* a tie is no success */
    }
    CLAIM_HOLDS("spec:bvpo 4",
                "Where policy and reference agree, every sigmoid loss of the DPO "
                "family is log 2",
                loss, 1e-15);
    CLAIM_HOLDS("spec:bvpo 4",
                "Where policy and reference agree, the slopes in the two "
                "log-probabilities are -beta/2 and +beta/2",
                slope, 1e-15);
}

/* property 4 */
static void shift_and_swap(void)
{
    double shift = 0.0;
    double swap = 0.0;
    for (int i = -8; i <= 8; i++) {
        const double constant = 17.0 * i / 8.0;
        const ref_pairloss_pair x = {.plus = -12.0 + 2.0 * i,
                                     .minus = -14.0,
                                     .ref_plus = -12.5,
                                     .ref_minus = -13.8};
        const ref_pairloss_pair moved = {.plus = x.plus + constant,
                                         .minus = x.minus + constant,
                                         .ref_plus = x.ref_plus - 0.3 * constant,
                                         .ref_minus = x.ref_minus - 0.3 * constant};
        const ref_pairloss_pair swapped = {.plus = x.minus,
                                           .minus = x.plus,
                                           .ref_plus = x.ref_minus,
                                           .ref_minus = x.ref_plus};
        const ref_pairloss_value v = at(REF_PAIRLOSS_DPO, &x);
        const ref_pairloss_value m = at(REF_PAIRLOSS_DPO, &moved);
        const ref_pairloss_value s = at(REF_PAIRLOSS_DPO, &swapped);
        shift = check_worse(shift, fabs(v.loss - m.loss) + fabs(v.d_plus - m.d_plus));
        swap = check_worse(swap, fabs(v.loss - s.loss + v.margin));
    }
    CLAIM_HOLDS("spec:bvpo 4",
                "The same shift of a log-probability in policy and reference leaves "
                "DPO's loss and slopes unchanged",
                shift, 1e-12);
    CLAIM_HOLDS("spec:bvpo 4",
                "Swapping the two answers of DPO gives l(h) - l(-h) = -h, h the margin",
                swap, 1e-12);
}

/* property 16: log pi(EMPTY, y|x) = log pi(EMPTY|x) + log pi(y|x, EMPTY); the common
 * term cancels in DPO and does not in SimPO when the lengths differ. */
static void the_empty_block_cancels(void)
{
    double cancels = 0.0;
    double simpo = HUGE_VAL;
    const ref_rng_stream stream = {.seed = 416};
    for (uint32_t i = 0; i < 50; i++) {
        const double empty = -2.0 - 3.0 * ref_rng_uniform(&stream, 8 * i);
        const double empty_ref = -2.0 - 3.0 * ref_rng_uniform(&stream, 8 * i + 1);
        ref_pairloss_pair x = {.plus = -9.0 * ref_rng_uniform(&stream, 8 * i + 2),
                               .minus = -9.0 * ref_rng_uniform(&stream, 8 * i + 3),
                               .ref_plus = -9.0 * ref_rng_uniform(&stream, 8 * i + 4),
                               .ref_minus = -9.0 * ref_rng_uniform(&stream, 8 * i + 5),
                               .len_plus = 6.0,
                               .len_minus = 8.0};
        ref_pairloss_pair joint = x;
        joint.plus += empty;
        joint.minus += empty;
        joint.ref_plus += empty_ref;
        joint.ref_minus += empty_ref;
        cancels = check_worse(cancels, fabs(at(REF_PAIRLOSS_DPO, &joint).margin
                                            - at(REF_PAIRLOSS_DPO, &x).margin));
        joint.len_plus += 2.0; /* the block's own tokens count as well */
        joint.len_minus += 2.0;
        simpo = check_least(simpo, fabs(at(REF_PAIRLOSS_SIMPO, &joint).margin
                                        - at(REF_PAIRLOSS_SIMPO, &x).margin));
    }
    CLAIM_HOLDS("spec:bvpo 4",
                "The log-probability of the empty trace block cancels in DPO's margin",
                cancels, 1e-12);
    CLAIM_REFUTED("spec:bvpo 4",
                  "The log-probability of the empty trace block cancels in SimPO's "
                  "margin, answers of different length",
                  simpo, 1e-6);
}

static double curvature_by_difference(double beta, double z)
{
    const double h = 1e-5;
    return beta
           * (ref_pairloss_dpo_slope(beta, z + beta * h)
              - ref_pairloss_dpo_slope(beta, z - beta * h))
           / (2.0 * beta * h);
}

static void curvature_and_minima(void)
{
    double error = 0.0;
    double excess = -HUGE_VAL;
    for (int i = -60; i <= 60; i++) {
        const double z = i / 10.0;
        const double c = ref_pairloss_dpo_curvature(0.7, z);
        error = check_worse(error, fabs(c - curvature_by_difference(0.7, z)));
        excess = check_worse(excess, c - 0.49 / 4.0);
    }
    CLAIM_HOLDS("spec:bvpo 4",
                "DPO's second derivative in the log-ratio difference is beta^2 "
                "sigma(z) sigma(-z)",
                error, 1e-9);
    CLAIM_HOLDS("spec:bvpo 4",
                "beta^2 sigma(z) sigma(-z) never exceeds beta^2/4 (statistic: the "
                "largest excess met)",
                excess, 1e-16);
    /* conservative: minimum at z = log((1-e)/e); robust: unbiased under flips */
    ref_pairloss_pair x = {.plus = log(9.0) / 0.1};
    CHECK_NEAR(at(REF_PAIRLOSS_CONSERVATIVE, &x).d_plus, 0.0, 1e-16);
    double unbiased = 0.0;
    for (int i = -20; i <= 20; i++) {
        x.plus = i;
        const ref_pairloss_pair flipped = {.minus = x.plus};
        const double mean = 0.9 * at(REF_PAIRLOSS_ROBUST, &x).loss
                            + 0.1 * at(REF_PAIRLOSS_ROBUST, &flipped).loss;
        unbiased = check_worse(unbiased, fabs(mean - at(REF_PAIRLOSS_DPO, &x).loss));
    }
    CLAIM_HOLDS("spec:bvpo 4",
                "The robust DPO loss, averaged over labels that flip at its rate, is "
                "the clean DPO loss",
                unbiased, 1e-15);
}

SUITE("[spec:bvpo 4] the DPO family", NULL,
      {"softplus and sigma identities", sigmoid_identities},
      {"the worked example", worked_example},
      {"derivatives of all variants", derivatives_equal_central_differences},
      {"policy equal to reference", policy_equal_to_reference},
      {"shift invariance and swap", shift_and_swap},
      {"the empty block cancels", the_empty_block_cancels},
      {"curvature, minima and flips", curvature_and_minima});
