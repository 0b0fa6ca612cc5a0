/* spec_gvm_5_2.c -- advantages: closed forms, group rules, groups in any order. */
#include "ref/loss_advantage.h"
#include "theory-tests/check.h"

#include <math.h>
#include <string.h>

/* Every group of n <= 12 sequences with S <= n successes, 90 groups, 728 sequences. */
enum { LARGEST = 12, ROOM = 728 };

typedef struct crowd {
    size_t B;
    size_t key[ROOM], n[ROOM],
        S[ROOM]; /* per sequence: its group, and its group's n, S */
    double reward[ROOM], A[ROOM];
    bool keep[ROOM];
} crowd;

/* Groups are dealt round robin, so no group is contiguous and keys do not ascend. */
static void gather(crowd *c, double wrong)
{
    *c = (crowd){0};
    for (size_t k = 0; k < LARGEST; k++)
        for (size_t n = LARGEST; n > k; n--)
            for (size_t S = 0; S <= n; S++) {
                const size_t j = c->B++;
                c->key[j] = 1000 - 20 * n + S;
                c->n[j] = n;
                c->S[j] = S;
                c->reward[j] = k < S ? 1.0 : wrong;
            }
}

static void evaluate(crowd *c, ref_loss_algorithm a, const ref_loss_group_rule *rule)
{
    CHECK_OK(ref_loss_advantage(c->A, c->keep, a, rule, c->reward, c->key, c->B, NULL));
}

static const ref_loss_group_rule exact = {
    .ddof = 1, .eps = 0.0, .singleton = REF_LOSS_SINGLETON_RAW};
static const ref_loss_group_rule official = {
    .ddof = 1, .eps = 1e-6, .singleton = REF_LOSS_SINGLETON_RAW};

/* Worst error of an algorithm against want(n, S, r) over the whole crowd. */
static double worst(ref_loss_algorithm a, const ref_loss_group_rule *rule, double wrong,
                    double (*want)(double n, double S, double r))
{
    static crowd c;
    gather(&c, wrong);
    evaluate(&c, a, rule);
    double error = 0.0;
    for (size_t j = 0; j < c.B; j++) {
        const double e =
            fabs(c.A[j] - want((double)c.n[j], (double)c.S[j], c.reward[j]));
        error = check_worse(error, e);
    }
    return error;
}

static double raft(double n, double S, double r)
{
    (void)n, (void)S;
    return r > 0.0 ? 1.0 : 0.0;
}

static double reinforce(double n, double S, double r)
{
    (void)n, (void)S;
    return r;
}

static double rejecting(double n, double S, double r)
{
    return n > 1.0 && (S == 0.0 || S == n) ? 0.0 : r;
}

static double centred(double n, double S, double r)
{
    return n == 1.0 ? r : r - S / n;
}

static double leave_one_out(double n, double S, double r)
{
    /* the mean of the others, which is what the baseline is meant to be */
    return n == 1.0 ? r : r - (S - r) / (n - 1.0);
}

static double normalised(double n, double S, double r)
{
    if (n == 1.0) return r;
    if (S == 0.0 || S == n) return 0.0;
    return r > 0.0 ? sqrt((n - S) * (n - 1.0) / (n * S))
                   : -sqrt(S * (n - 1.0) / (n * (n - S)));
}

static double normalised_official(double n, double S, double r)
{
    if (n == 1.0) return r / (1.0 + 1e-6);
    const double std = sqrt(S * (n - S) / (n * (n - 1.0)));
    return (r - S / n) / (std + 1e-6);
}

/* property 32 */
static void closed_forms(void)
{
    CLAIM_HOLDS("spec:gvm 5.2", "RAFT gives 1 to every accepted sample and 0 otherwise",
                worst(REF_LOSS_RAFT, &exact, 0.0, raft), 0.0);
    CHECK_EQUAL(worst(REF_LOSS_RAFT, &exact, -1.0, raft), 0.0);
    CHECK_EQUAL(worst(REF_LOSS_RAFTPP, &exact, -1.0, raft), 0.0);
    CHECK_EQUAL(worst(REF_LOSS_REINFORCE, &exact, -1.0, reinforce), 0.0);
    CLAIM_HOLDS("spec:gvm 5.2", "Reinforce-Rej silences all-equal groups and only them",
                worst(REF_LOSS_REINFORCE_REJ, &exact, 0.0, rejecting), 0.0);
    CHECK_EQUAL(worst(REF_LOSS_REINFORCE_REJ, &exact, -1.0, rejecting), 0.0);
    CLAIM_HOLDS("spec:gvm 5.2",
                "Dr.GRPO's advantage is the reward minus the group's mean",
                worst(REF_LOSS_DR_GRPO, &official, 0.0, centred), 1e-12);
    CLAIM_HOLDS("spec:gvm 5.2",
                "RLOO's advantage is the reward minus the mean reward of the group's "
                "other samples",
                worst(REF_LOSS_RLOO, &official, 0.0, leave_one_out), 1e-12);
    CLAIM_HOLDS("spec:gvm 5.2",
                "GRPO's advantage equals its closed form in n samples and S successes "
                "for all S <= n <= 12, epsilon = 0",
                worst(REF_LOSS_GRPO, &exact, 0.0, normalised), 1e-12);
    CLAIM_HOLDS("spec:gvm 5.2",
                "GRPO's advantage with epsilon 1e-6 added to the deviation equals its "
                "closed form for all S <= n <= 12",
                worst(REF_LOSS_GRPO, &official, 0.0, normalised_official), 1e-12);
    CHECK_AT_MOST(worst(REF_LOSS_DAPO, &official, 0.0, normalised_official), 1e-12);
    /* normalisation removes location and scale: -1/+1 rewards give the same numbers */
    CHECK_AT_MOST(worst(REF_LOSS_GRPO, &exact, -1.0, normalised), 1e-12);
}

/* property 32: sum A = 0 for the centred ones, sum A^2 = n-1 for GRPO with eps = 0 */
static void group_sums(void)
{
    static crowd c;
    double zero = 0.0;
    double square = 0.0;
    static const ref_loss_algorithm centring[] = {REF_LOSS_RLOO, REF_LOSS_DR_GRPO,
                                                  REF_LOSS_GRPO};
    for (size_t a = 0; a < 3; a++) {
        gather(&c, 0.0);
        evaluate(&c, centring[a], &exact);
        for (size_t i = 0; i < c.B; i++) {
            if (c.n[i] == 1) continue;
            double sum = 0.0;
            double sum2 = 0.0;
            for (size_t j = 0; j < c.B; j++)
                if (c.key[j] == c.key[i]) {
                    sum += c.A[j];
                    sum2 += c.A[j] * c.A[j];
                }
            const bool mixed = c.S[i] > 0 && c.S[i] < c.n[i];
            zero = check_worse(zero, fabs(sum));
            if (centring[a] == REF_LOSS_GRPO)
                square = check_worse(square,
                                     fabs(sum2 - (mixed ? (double)c.n[i] - 1.0 : 0.0)));
        }
    }
    CLAIM_HOLDS("spec:gvm 5.2", "Centred advantages sum to 0 in every group", zero,
                1e-12);
    CLAIM_HOLDS("spec:gvm 5.2", "Squared GRPO advantages sum to n-1", square, 1e-12);
}

/* property 32: a sequence's advantage moves with it when the batch is shuffled */
static void groups_are_keyed_in_any_order(void)
{
    static crowd c;
    static crowd shuffled;
    double moved = 0.0;
    for (size_t a = 0; a < REF_LOSS_ALGORITHM_COUNT; a++) {
        gather(&c, 0.0);
        evaluate(&c, (ref_loss_algorithm)a, &official);
        shuffled = c;
        for (size_t j = 0; j < c.B; j++) {
            const size_t to = (j * 307 + 11) % c.B; /* 307 and 728 are coprime */
            shuffled.key[to] = c.key[j];
            shuffled.reward[to] = c.reward[j];
        }
        evaluate(&shuffled, (ref_loss_algorithm)a, &official);
        for (size_t j = 0; j < c.B; j++)
            moved = check_worse(moved, fabs(shuffled.A[(j * 307 + 11) % c.B] - c.A[j]));
    }
    CLAIM_HOLDS("spec:gvm 5.2",
                "Advantages do not depend on the order of rows: groups are found by "
                "prompt index",
                moved, 0.0);
}

/* property 32: groups of one, by each policy and each algorithm */
static void groups_of_one(void)
{
    const double reward[2] = {1.0, 0.0};
    const size_t key[2] = {5, 9};
    for (size_t a = 0; a < REF_LOSS_ALGORITHM_COUNT; a++) {
        const bool normal = a == REF_LOSS_GRPO || a == REF_LOSS_DAPO;
        const bool grouped = a >= REF_LOSS_REINFORCE_REJ;
        for (int policy = 0; policy <= REF_LOSS_SINGLETON_ERROR; policy++) {
            const ref_loss_group_rule rule = {
                .ddof = 1, .eps = 1e-6, .singleton = (ref_loss_singleton)policy};
            double A[2] = {7.0, 7.0};
            bool keep[2] = {true, true};
            const ref_status s = ref_loss_advantage(A, keep, (ref_loss_algorithm)a,
                                                    &rule, reward, key, 2, NULL);
            if (grouped && policy == REF_LOSS_SINGLETON_ERROR) {
                CHECK_EQUAL(s, REF_EDOM);
                CHECK_EQUAL(A[0], 7.0);
                continue;
            }
            CHECK_OK(s);
            const bool raw = !grouped || policy == REF_LOSS_SINGLETON_RAW;
            CHECK_EQUAL(A[0], !raw ? 0.0 : normal ? 1.0 / (1.0 + 1e-6) : 1.0);
            CHECK_EQUAL(A[1], 0.0);
            CHECK_EQUAL(keep[0], !(grouped && policy == REF_LOSS_SINGLETON_SKIP));
        }
    }
}

/* The divisor alone moves the GRPO advantage by 6.9 % at n = 8 and by 41 % at n = 2. */
static void the_divisor_matters(void)
{
    const double reward[8] = {1, 0, 1, 0, 1, 1, 0, 0};
    const size_t size[2] = {8, 2};
    const double ratio[2] = {sqrt(8.0 / 7.0), sqrt(2.0)};
    double worst = 0.0;
    for (int i = 0; i < 2; i++) {
        double A[2][8];
        bool keep[8];
        for (size_t ddof = 0; ddof < 2; ddof++)
            CHECK_OK(ref_loss_advantage(A[ddof], keep, REF_LOSS_GRPO,
                                        &(ref_loss_group_rule){.ddof = ddof}, reward,
                                        NULL, size[i], NULL));
        worst = check_worse(worst, fabs(A[0][0] / A[1][0] - ratio[i]));
    }
    CLAIM_HOLDS(
        "spec:product 3.8",
        "Divisor n in place of n-1 in the deviation multiplies GRPO's advantages "
        "by sqrt(n/(n-1)) (n = 2 and 8)",
        worst, 1e-14);
    CHECK_NEAR(ratio[0], 1.069, 5e-4);
    CHECK_NEAR(ratio[1], 1.41, 5e-3);
}

static void epsilon_has_a_place(void)
{
    const double reward[4] = {1.0, 0.0, 0.0, 0.0}; /* s^2 = 1/4 */
    double A[4];
    bool keep[4];
    ref_loss_group_rule rule = {.ddof = 1, .eps = 0.11};
    CHECK_OK(ref_loss_advantage(A, keep, REF_LOSS_GRPO, &rule, reward, NULL, 4, NULL));
    CHECK_NEAR(A[0], 0.75 / 0.61, 1e-15);
    rule.eps_place = REF_LOSS_EPS_INSIDE;
    CHECK_OK(ref_loss_advantage(A, keep, REF_LOSS_GRPO, &rule, reward, NULL, 4, NULL));
    CHECK_NEAR(A[0], 0.75 / 0.6, 1e-15);
    rule.scale = REF_LOSS_SCALE_NONE;
    CHECK_OK(ref_loss_advantage(A, keep, REF_LOSS_GRPO, &rule, reward, NULL, 4, NULL));
    CHECK_EQUAL(A[0], 0.75);
}

SUITE("[spec:gvm 5.2][spec:product 3.8] advantages", NULL,
      {"closed forms for all n <= 12 and S <= n", closed_forms},
      {"sums over a group", group_sums},
      {"groups are keyed by index in any order", groups_are_keyed_in_any_order},
      {"groups of one follow the named policy", groups_of_one},
      {"the divisor moves the advantage", the_divisor_matters},
      {"epsilon has a place", epsilon_has_a_place});
