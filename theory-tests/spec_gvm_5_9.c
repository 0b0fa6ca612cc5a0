/* spec_gvm_5_9.c -- the algorithms as their papers define them, and DAPO's extras. */
#include "ref/loss_dialect.h"
#include "theory-tests/check.h"

#include <math.h>

/* Two prompts of three sequences, lengths 1 to 4; prompt 0 mixed, 1 all right. */
enum { B = 6, N = 15 };
static const size_t tokens[B] = {2, 1, 4, 3, 1, 4};
static const size_t key[B] = {0, 1, 0, 1, 0, 1};
static const double reward[B] = {1.0, 1.0, 0.0, 1.0, 1.0, 1.0};

typedef struct sample {
    size_t offset[B + 1];
    double logp[N], old[N], ref[N];
} sample;

static void draw(sample *s)
{
    s->offset[0] = 0;
    for (size_t j = 0; j < B; j++) s->offset[j + 1] = s->offset[j] + tokens[j];
    for (size_t t = 0; t < N; t++) {
        s->logp[t] = -1.0 - 0.05 * (double)t;
        s->old[t] = s->logp[t] - 0.5 * sin(1.7 * (double)t + 0.3);
        s->ref[t] = s->logp[t] + 0.3 * cos(2.3 * (double)t);
    }
}

static ref_loss_batch batch_of(const sample *s)
{
    return (ref_loss_batch){.sequences = B,
                            .offset = s->offset,
                            .logp = s->logp,
                            .old = s->old,
                            .ref = s->ref,
                            .reward = reward,
                            .key = key,
                            .padded = 4.0};
}

static double clamped(double r, double low, double high)
{
    return fmin(fmax(r, 1.0 - low), 1.0 + high);
}

static double evaluated(ref_loss_algorithm a, const sample *s)
{
    ref_loss_choices c;
    CHECK_OK(ref_loss_standard(&c, a));
    const ref_loss_batch batch = batch_of(s);
    ref_loss_result out = {0};
    CHECK_OK(ref_loss_evaluate(&out, &c, &batch, NULL));
    return out.loss;
}

/* sum_t of the paper's token term of sequence j, to be maximised */
typedef double term(const sample *s, size_t t, double A);

static double clipped_term(const sample *s, size_t t, double A)
{
    const double r = exp(s->logp[t] - s->old[t]);
    return fmin(r * A, clamped(r, 0.2, 0.2) * A);
}

static double grpo_term(const sample *s, size_t t, double A)
{
    const double x = s->ref[t] - s->logp[t];
    return clipped_term(s, t, A) - 0.001 * (exp(x) - x - 1.0);
}

static double dapo_term(const sample *s, size_t t, double A)
{
    const double r = exp(s->logp[t] - s->old[t]);
    return fmin(r * A, clamped(r, 0.2, 0.28) * A);
}

static double log_term(const sample *s, size_t t, double A)
{
    return A * s->logp[t];
}

static double over_sequence(term *f, const sample *s, size_t j, double A)
{
    double sum = 0.0;
    for (size_t t = s->offset[j]; t < s->offset[j + 1]; t++) sum += f(s, t, A);
    return sum;
}

/* Advantages by hand: prompt 0 has rewards 1, 0, 1: mean 2/3, std (n-1) sqrt(1/3). */
static double normalised(size_t j)
{
    if (key[j] == 1) return 0.0;
    return (reward[j] - 2.0 / 3.0) / (sqrt(1.0 / 3.0) + 1e-6);
}

static void definitions_by_hand(void)
{
    sample s;
    draw(&s);
    double raft = 0.0;
    double raftpp = 0.0;
    double grpo = 0.0;
    double dr = 0.0;
    double dapo = 0.0;
    for (size_t j = 0; j < B; j++) {
        const double T = (double)tokens[j];
        const double A = normalised(j);
        const double centred = key[j] == 0 ? reward[j] - 2.0 / 3.0 : 0.0;
        raft -= over_sequence(log_term, &s, j, reward[j]) / 6.0;
        raftpp -= over_sequence(clipped_term, &s, j, reward[j]) / T / 6.0;
        grpo -= over_sequence(grpo_term, &s, j, A) / T / 6.0;
        dr -= over_sequence(clipped_term, &s, j, centred) / 4.0;
        if (key[j] == 0) dapo -= over_sequence(dapo_term, &s, j, A) / (7.0 + 1e-8);
    }
    const double tol = 1e-14;
    CLAIM_HOLDS("spec:gvm 5.9",
                "RAFT's loss is minus the log-probability of the accepted samples",
                fabs(evaluated(REF_LOSS_RAFT, &s) - raft), tol);
    CLAIM_HOLDS("spec:gvm 5.9",
                "RAFT++'s loss is minus the clipped ratio, averaged over tokens, of "
                "the accepted samples",
                fabs(evaluated(REF_LOSS_RAFTPP, &s) - raftpp), tol);
    CLAIM_HOLDS(
        "spec:gvm 5.9",
        "GRPO's loss is minus the clipped advantage plus k3, a mean per sequence",
        fabs(evaluated(REF_LOSS_GRPO, &s) - grpo), tol);
    CLAIM_HOLDS("spec:gvm 5.9",
                "Dr.GRPO's loss has a constant divisor in place of the length and no "
                "deviation in the advantage",
                fabs(evaluated(REF_LOSS_DR_GRPO, &s) - dr), tol);
    CLAIM_HOLDS("spec:gvm 5.9",
                "DAPO's loss clips at 0.2 and 0.28 and is a token mean over the groups "
                "with both right and wrong answers",
                fabs(evaluated(REF_LOSS_DAPO, &s) - dapo), tol);
}

/* The printed indicator 1[r = max in group] would keep every answer of an all-wrong
 * group; the code, which is followed here, gives them 0. */
static void an_all_wrong_group_teaches_nothing(void)
{
    const double wrong[3] = {0.0, 0.0, 0.0};
    double A[3] = {7.0, 7.0, 7.0};
    bool keep[3];
    CHECK_OK(ref_loss_advantage(A, keep, REF_LOSS_RAFTPP, &(ref_loss_group_rule){0},
                                wrong, NULL, 3, NULL));
    CLAIM_HOLDS("spec:gvm 5.2", "RAFT gives nothing to an all-wrong group",
                fabs(A[0]) + fabs(A[1]) + fabs(A[2]), 0.0);
}

static void overlong_penalty(void)
{
    double error = 0.0;
    for (int length = 0; length <= 3000; length++) {
        const double want = length <= 1500   ? 0.0
                            : length <= 2000 ? (1500.0 - length) / 500.0
                                             : -1.0;
        error = check_worse(
            error, fabs(ref_loss_overlong_penalty(length, 2000.0, 500.0) - want));
    }
    CLAIM_HOLDS("spec:gvm 5.9", "The soft overlong penalty falls linearly from 0 to -1",
                error, 0.0);
    CHECK_EQUAL(ref_loss_overlong_penalty(2000.0, 2000.0, 500.0), -1.0);
    CHECK_EQUAL(ref_loss_overlong_penalty(1750.0, 2000.0, 500.0), -0.5);
    CHECK(isnan(ref_loss_overlong_penalty(1.0, 2000.0, 0.0)));
    CHECK(isnan(ref_loss_overlong_penalty(1.0, 100.0, 200.0)));
    CHECK(isnan(ref_loss_overlong_penalty(nan(""), 2000.0, 500.0)));
}

/* The penalty enters before the group statistics, the filter looks at the reward alone:
 * a group that is all right stays dropped although its penalised rewards differ. */
static void the_penalty_moves_advantages_not_the_filter(void)
{
    sample s;
    draw(&s);
    ref_loss_choices c;
    CHECK_OK(ref_loss_standard(&c, REF_LOSS_DAPO));
    c.overlong_max = 4.0;
    c.overlong_soft = 2.0; /* lengths 2, 4, 1 are penalised by 0, -1, 0 */
    const ref_loss_batch batch = batch_of(&s);
    double A[B];
    double weight[B];
    ref_loss_result out = {.advantage = A, .weight = weight};
    CHECK_OK(ref_loss_evaluate(&out, &c, &batch, NULL));
    /* rewards 1, -1, 1: mean 1/3, std sqrt(4/3) */
    const double std = sqrt(4.0 / 3.0) + 1e-6;
    CHECK_NEAR(A[0], (2.0 / 3.0) / std, 1e-14);
    CHECK_NEAR(A[2], (-4.0 / 3.0) / std, 1e-14);
    CHECK(A[1] != 0.0);
    CHECK_EQUAL(weight[1], 0.0);
    CHECK_EQUAL(out.counted, 3);
    CHECK_EQUAL(out.scored, 7);
}

static void the_filter_keeps_mixed_groups(void)
{
    const double r[8] = {1, 0, 1, 1, 0, 0, 1, -1};
    const size_t k[8] = {3, 3, 1, 1, 2, 2, 5, 6};
    bool keep[8] = {true, true, true, true, true, true, true, true};
    CHECK_OK(ref_loss_dynamic_filter(keep, r, k, 8));
    for (size_t j = 0; j < 8; j++) CHECK_EQUAL(keep[j], j < 2);
    keep[0] = false; /* it clears, it never sets */
    CHECK_OK(ref_loss_dynamic_filter(keep, r, k, 8));
    CHECK(!keep[0] && keep[1]);
}

SUITE("[spec:gvm 5.9] definitions of the algorithms", NULL,
      {"each algorithm as its paper prints it", definitions_by_hand},
      {"an all-wrong group teaches nothing", an_all_wrong_group_teaches_nothing},
      {"the soft overlong penalty", overlong_penalty},
      {"the penalty moves advantages, not the filter",
       the_penalty_moves_advantages_not_the_filter},
      {"dynamic sampling keeps mixed groups", the_filter_keeps_mixed_groups});
