/* loss_test.c -- whole batches: every combination of choices against differences. */
#include "ref/loss.h"

#include "ref/loss_dialect.h"
#include "ref/rng.h"
#include "theory-tests/check.h"

#include <math.h>
#include <string.h>

/* Seven sequences of three prompts: mixed, all wrong, all right; a masked token each
 * where there is room. */
enum { B = 7, N = 21 };
static const size_t offset[B + 1] = {0, 3, 4, 8, 10, 15, 17, 21};
static const size_t key[B] = {5, 2, 5, 9, 5, 2, 9};
static const double reward[B] = {1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0};
static const double p[B] = {0.6, 0.2, 0.6, 0.9, 0.6, 0.2, 0.9};
static const size_t packing[B] = {0, 0, 1, 1, 0, 1, 0};

typedef struct sample {
    bool mask[N];
    double logp[N], old[N], ref[N], entropy[N];
} sample;

/* Ratios keep 0.02 away from every kink of the clips in use (0.8, 1.2, 1.28, 3). */
static void draw(sample *s)
{
    static const double ratio[7] = {0.5, 0.9, 1.0, 1.1, 1.4, 2.5, 3.4};
    const ref_rng_stream stream = {.seed = 511};
    for (uint32_t t = 0; t < N; t++) {
        const double u = ref_rng_uniform(&stream, 3 * t);
        s->logp[t] = -0.1 - 3.0 * u;
        s->old[t] = s->logp[t] - log(ratio[t % 7])
                    + 0.02 * (ref_rng_uniform(&stream, 3 * t + 1) - 0.5);
        s->ref[t] = s->logp[t] + 2.0 * ref_rng_uniform(&stream, 3 * t + 2) - 1.0;
        s->entropy[t] = 1.0 + u;
        s->mask[t] = t != 2 && t != 9 && t != 16;
    }
}

static ref_loss_batch batch_of(const sample *s)
{
    return (ref_loss_batch){.sequences = B,
                            .offset = offset,
                            .mask = s->mask,
                            .logp = s->logp,
                            .old = s->old,
                            .ref = s->ref,
                            .entropy = s->entropy,
                            .reward = reward,
                            .key = key,
                            .p = p,
                            .prompts = 4,
                            .padded = 6.0};
}

static ref_loss_choices usual(ref_loss_algorithm a)
{
    return (ref_loss_choices){.algorithm = a,
                              .group = {.ddof = 1, .eps = 1e-6},
                              .policy = REF_LOSS_PLUSPLUS,
                              .clip = {.low = 0.2, .high = 0.28, .dual = 3.0},
                              .kl = {.kind = REF_LOSS_KL_NONE, .clamp = 10.0},
                              .aggregation = REF_LOSS_TOKEN_MEAN};
}

static double loss_at(const ref_loss_choices *c, const ref_loss_batch *batch)
{
    ref_loss_result out = {0};
    CHECK_OK(ref_loss_evaluate(&out, c, batch, NULL));
    return out.loss;
}

/* Worst |d - central difference| over all tokens, masked ones included. */
static double worst_slope(const ref_loss_choices *c, sample *s,
                          const ref_loss_batch *batch)
{
    const double h = 1e-6;
    double d[N];
    double token[N];
    double weight[B];
    ref_loss_result out = {.d = d, .token = token, .weight = weight};
    CHECK_OK(ref_loss_evaluate(&out, c, batch, NULL));
    double error = 0.0;
    double total = 0.0;
    for (size_t j = 0; j < B; j++)
        for (size_t t = offset[j]; t < offset[j + 1]; t++) {
            const double keep = s->logp[t];
            s->logp[t] = keep + h;
            const double up = loss_at(c, batch);
            s->logp[t] = keep - h;
            const double down = loss_at(c, batch);
            s->logp[t] = keep;
            const double e = fabs(d[t] - (up - down) / (2.0 * h));
            error = check_worse(error, e);
            total += weight[j] * token[t];
        }
    CHECK_NEAR(total, out.loss, 1e-12);
    return error;
}

static double every_kl(ref_loss_choices *c, sample *s, const ref_loss_batch *batch)
{
    double error = 0.0;
    for (int kind = REF_LOSS_KL_NONE; kind <= REF_LOSS_KL_K3; kind++)
        for (int place = 0; place < 2; place++) {
            if (kind == REF_LOSS_KL_NONE && place > 0) continue;
            c->kl = (ref_loss_kl){.kind = (ref_loss_kl_kind)kind,
                                  .place = (ref_loss_kl_place)place,
                                  .coefficient = 0.3,
                                  .clamp = 0.4};
            const double e = worst_slope(c, s, batch);
            error = check_worse(error, e);
        }
    return error;
}

static void derivative_of_every_combination(void)
{
    sample s;
    draw(&s);
    ref_loss_batch batch = batch_of(&s);
    double error = 0.0;
    for (size_t a = 0; a < REF_LOSS_ALGORITHM_COUNT; a++)
        for (size_t g = 0; g < REF_LOSS_AGGREGATION_COUNT; g++)
            for (int policy = 0; policy < 2; policy++) {
                ref_loss_choices c = usual((ref_loss_algorithm)a);
                c.aggregation = (ref_loss_aggregation)g;
                c.policy = (ref_loss_policy)policy;
                c.entropy_coefficient = 0.05;
                batch.pack =
                    a % 2 == 1 && g < REF_LOSS_PROMPT_ACCEPTED ? packing : NULL;
                error = check_worse(error, every_kl(&c, &s, &batch));
            }
    CLAIM_HOLDS("spec:gvm 5.8",
                "d loss/d logp of every algorithm, KL kind, clip and aggregation "
                "equals the central difference of the loss",
                error, 1e-8);
}

static void derivative_of_every_dialect(void)
{
    sample s;
    draw(&s);
    /* equal groups, which some dialects insist on */
    static const size_t equal[B] = {1, 1, 1, 1, 1, 1, 1};
    ref_loss_batch batch = batch_of(&s);
    batch.key = equal;
    size_t count = 0;
    const ref_loss_dialect *const rows = ref_loss_dialects(&count);
    for (size_t i = 0; i < count; i++)
        CHECK_AT_MOST(worst_slope(&rows[i].choices, &s, &batch), 1e-8);
}

static void masked_tokens_are_never_read(void)
{
    sample clean;
    draw(&clean);
    sample dirty = clean;
    for (size_t t = 0; t < N; t++)
        if (!clean.mask[t])
            dirty.logp[t] = dirty.old[t] = dirty.ref[t] = dirty.entropy[t] = nan("");
    for (size_t a = 0; a < REF_LOSS_ALGORITHM_COUNT; a++) {
        ref_loss_choices c = usual((ref_loss_algorithm)a);
        c.kl = (ref_loss_kl){REF_LOSS_KL_K3, REF_LOSS_KL_IN_REWARD, 0.1, 10.0};
        c.entropy_coefficient = 0.01;
        const ref_loss_batch x = batch_of(&clean);
        const ref_loss_batch y = batch_of(&dirty);
        double d[N];
        double token[N];
        ref_loss_result out = {.d = d, .token = token};
        CHECK_OK(ref_loss_evaluate(&out, &c, &y, NULL));
        CHECK_EQUAL(out.loss, loss_at(&c, &x));
        for (size_t t = 0; t < N; t++)
            if (!clean.mask[t]) CHECK(d[t] == 0.0 && token[t] == 0.0);
    }
}

/* The same sequences in another order: each keeps its derivative. */
static void order_of_sequences_does_not_matter(void)
{
    sample s;
    draw(&s);
    ref_loss_choices c = usual(REF_LOSS_GRPO);
    c.aggregation = REF_LOSS_SEQ_MEAN_TOKEN_MEAN;
    const ref_loss_batch batch = batch_of(&s);
    double d[N];
    ref_loss_result out = {.d = d};
    CHECK_OK(ref_loss_evaluate(&out, &c, &batch, NULL));

    sample back;
    size_t start[B + 1] = {0};
    size_t back_key[B];
    double back_reward[B];
    for (size_t j = 0; j < B; j++) {
        const size_t from = B - 1 - j;
        const size_t T = offset[from + 1] - offset[from];
        start[j + 1] = start[j] + T;
        back_key[j] = key[from];
        back_reward[j] = reward[from];
        memcpy(back.mask + start[j], s.mask + offset[from], T * sizeof *s.mask);
        memcpy(back.logp + start[j], s.logp + offset[from], T * sizeof *s.logp);
        memcpy(back.old + start[j], s.old + offset[from], T * sizeof *s.old);
    }
    ref_loss_batch turned = batch_of(&back);
    turned.offset = start;
    turned.key = back_key;
    turned.reward = back_reward;
    double e[N];
    ref_loss_result again = {.d = e};
    CHECK_OK(ref_loss_evaluate(&again, &c, &turned, NULL));
    CHECK_NEAR(again.loss, out.loss, 1e-15);
    for (size_t j = 0; j < B; j++)
        for (size_t t = start[j]; t < start[j + 1]; t++)
            CHECK_NEAR(e[t], d[offset[B - 1 - j] + t - start[j]], 1e-15);
}

static void fractions_count_tokens(void)
{
    /* ratios 2, 0.5, 2, 0.5, 4, 1 on A = +1 +1 -1 -1 -1 -1 */
    const double old[6] = {0, 0, 0, 0, 0, 0};
    const double logp[6] = {log(2.0), log(0.5), log(2.0), log(0.5), log(4.0), 0.0};
    const size_t start[3] = {0, 2, 6};
    const double r[2] = {1.0, -1.0};
    ref_loss_choices c = usual(REF_LOSS_REINFORCE);
    ref_loss_result out = {0};
    const ref_loss_batch batch = {
        .sequences = 2, .offset = start, .logp = logp, .old = old, .reward = r};
    CHECK_OK(ref_loss_evaluate(&out, &c, &batch, NULL));
    CHECK_NEAR(out.clip_fraction, 2.0 / 6.0, 1e-16);
    CHECK_NEAR(out.dual_fraction, 1.0 / 6.0, 1e-16);
    CHECK_NEAR(out.old_divergence, -log(4.0) / 6.0, 1e-16);
    CHECK_NEAR(out.loss * 6.0, -1.28 - 0.5 + 2.0 + 0.8 + 3.0 + 1.0, 1e-7);
    CHECK_EQUAL(out.counted, 2);
    CHECK_EQUAL(out.scored, 6);
}

/* KL in the reward lowers R_j by coefficient sum_t k(ref - old), and only that. */
static void kl_in_the_reward(void)
{
    sample s;
    draw(&s);
    ref_loss_choices c = usual(REF_LOSS_REINFORCE);
    c.kl = (ref_loss_kl){REF_LOSS_KL_K1, REF_LOSS_KL_IN_REWARD, 0.25, 10.0};
    const ref_loss_batch batch = batch_of(&s);
    double A[B];
    ref_loss_result out = {.advantage = A};
    CHECK_OK(ref_loss_evaluate(&out, &c, &batch, NULL));
    for (size_t j = 0; j < B; j++) {
        double want = reward[j];
        for (size_t t = offset[j]; t < offset[j + 1]; t++)
            if (s.mask[t]) want -= 0.25 * (s.old[t] - s.ref[t]);
        CHECK_NEAR(A[j], want, 1e-14);
    }
    CHECK_EQUAL(out.kl, 0.0);
}

static void nothing_to_learn_from(void)
{
    const size_t none[1] = {0};
    const ref_loss_batch empty = {.sequences = 0,
                                  .offset = none,
                                  .logp = reward,
                                  .old = reward,
                                  .reward = reward};
    sample s;
    draw(&s);
    ref_loss_choices c = usual(REF_LOSS_DAPO);
    const double right[B] = {1, 1, 1, 1, 1, 1, 1};
    ref_loss_batch flat = batch_of(&s);
    flat.reward = right;
    for (size_t g = 0; g < REF_LOSS_AGGREGATION_COUNT; g++) {
        c.aggregation = (ref_loss_aggregation)g;
        CHECK_EQUAL(loss_at(&c, &flat), 0.0);
        ref_loss_choices e = c;
        e.aggregation =
            g == REF_LOSS_SEQ_MEAN_TOKEN_SUM_NORM || g == REF_LOSS_PROMPT_IMPORTANCE
                ? REF_LOSS_TOKEN_MEAN
                : e.aggregation;
        CHECK_EQUAL(loss_at(&e, &empty), 0.0);
    }
}

/* A counted sequence whose tokens are all masked: 0/0 in the loss, not in d. */
static void a_sequence_without_tokens(void)
{
    sample s;
    draw(&s);
    s.mask[3] = false; /* the only token of sequence 1 */
    const ref_loss_batch batch = batch_of(&s);
    for (size_t g = 0; g < REF_LOSS_AGGREGATION_COUNT; g++) {
        ref_loss_choices c = usual(REF_LOSS_REINFORCE);
        c.aggregation = (ref_loss_aggregation)g;
        double d[N];
        ref_loss_result out = {.d = d};
        CHECK_OK(ref_loss_evaluate(&out, &c, &batch, NULL));
        CHECK_EQUAL(isnan(out.loss) != 0, g == REF_LOSS_SEQ_MEAN_TOKEN_MEAN);
        for (size_t t = 0; t < N; t++) CHECK(isfinite(d[t]));
        CHECK_EQUAL(d[3], 0.0);
    }
}

static void refused(const ref_loss_choices *c, const ref_loss_batch *batch,
                    ref_status want, const char *word)
{
    double d[N] = {7.0};
    ref_loss_result out = {.loss = 7.0, .d = d};
    ref_why why = {""};
    CHECK_STATUS(ref_loss_evaluate(&out, c, batch, &why), want);
    CHECK(out.loss == 7.0 && d[0] == 7.0);
    CHECK(strstr(why.text, word) != NULL);
}

static void bad_batches_are_refused(void)
{
    sample s;
    draw(&s);
    const ref_loss_choices c = usual(REF_LOSS_GRPO);
    ref_loss_batch b = batch_of(&s);
    s.logp[4] = nan("");
    refused(&c, &b, REF_ENONFINITE, "log-prob of token 4");
    draw(&s);
    s.old[20] = -HUGE_VAL;
    refused(&c, &b, REF_ENONFINITE, "old log-prob of token 20");
    draw(&s);
    b.old = NULL;
    refused(&c, &b, REF_ESHAPE, "old log-prob");
    b = batch_of(&s);
    b.reward = (double[]){1, 1, nan(""), 1, 1, 1, 1};
    refused(&c, &b, REF_EDOM, "reward of sequence 2");
    b = batch_of(&s);
    b.offset = (size_t[]){0, 3, 2, 8, 10, 15, 17, 21};
    refused(&c, &b, REF_ESHAPE, "offsets");
    b.offset = NULL;
    refused(&c, &b, REF_ESHAPE, "offsets");
}

static void bad_choices_are_refused(void)
{
    sample s;
    draw(&s);
    ref_loss_batch b = batch_of(&s);
    ref_loss_choices c = usual(REF_LOSS_GRPO);
    c.clip.dual = 1.0;
    refused(&c, &b, REF_EDOM, "dual 1");
    c = usual(REF_LOSS_GRPO);
    c.kl.coefficient = nan("");
    refused(&c, &b, REF_EDOM, "KL coefficient");
    c = usual(REF_LOSS_GRPO);
    c.kl = (ref_loss_kl){REF_LOSS_KL_K3, REF_LOSS_KL_IN_LOSS, 0.1, 0.0};
    refused(&c, &b, REF_EDOM, "clamp 0");
    c.kl.clamp = 10.0;
    b.ref = NULL;
    refused(&c, &b, REF_ESHAPE, "reference log-prob");
    c = usual(REF_LOSS_GRPO);
    c.entropy_coefficient = -1.0;
    refused(&c, &b, REF_EDOM, "entropy coefficient");
    c.entropy_coefficient = 1.0;
    b.entropy = NULL;
    refused(&c, &b, REF_ESHAPE, "entropy");
    c = usual(REF_LOSS_DAPO);
    c.overlong_soft = 5.0;
    refused(&c, &b, REF_EDOM, "overlong");
    c = usual(REF_LOSS_ALGORITHM_COUNT);
    refused(&c, &b, REF_EDOM, "algorithm");
}

SUITE("[spec:gvm 5.8][spec:gvm 5.9] loss of a batch", NULL,
      {"the derivative of every combination", derivative_of_every_combination},
      {"the derivative of every dialect", derivative_of_every_dialect},
      {"masked tokens are never read", masked_tokens_are_never_read},
      {"the order of sequences does not matter", order_of_sequences_does_not_matter},
      {"clip fractions count tokens", fractions_count_tokens},
      {"KL in the reward", kl_in_the_reward},
      {"a batch without a signal has loss zero", nothing_to_learn_from},
      {"a sequence without tokens", a_sequence_without_tokens},
      {"bad batches are refused", bad_batches_are_refused},
      {"bad choices are refused", bad_choices_are_refused});
