/* loss_advantage_test.c -- groups, drops, sizes and refusals. */
#include "ref/loss_advantage.h"

#include "theory-tests/check.h"

#include <math.h>
#include <string.h>

static void groups_sort_by_key_and_keep_the_order(void)
{
    const size_t key[6] = {9, 4, 9, (size_t)-1, 4, 0};
    ref_loss_groups g;
    CHECK_OK(ref_loss_groups_init(&g, key, 6));
    const size_t member[6] = {5, 1, 4, 0, 2, 3};
    const size_t start[5] = {0, 1, 3, 5, 6};
    CHECK_EQUAL(g.count, 4);
    CHECK(memcmp(g.member, member, sizeof member) == 0);
    CHECK(memcmp(g.start, start, sizeof start) == 0);
    ref_loss_groups_free(&g);
    ref_loss_groups_free(&g); /* any number of times */
    CHECK_OK(ref_loss_groups_init(&g, NULL, 3));
    CHECK(g.count == 1 && g.start[1] == 3);
    ref_loss_groups_free(&g);
    CHECK_OK(ref_loss_groups_init(&g, key, 0));
    CHECK(g.count == 0 && g.start[0] == 0);
    ref_loss_groups_free(&g);
}

/* Three equal rewards of 0.1 have a mean that is not 0.1 in doubles; with eps = 0 the
 * residue would be divided by another residue. */
static void equal_rewards_leave_no_residue(void)
{
    const double r[3] = {0.1, 0.1, 0.1};
    double A[3];
    bool keep[3];
    for (size_t a = REF_LOSS_REINFORCE_REJ; a < REF_LOSS_ALGORITHM_COUNT; a++) {
        CHECK_OK(ref_loss_advantage(A, keep, (ref_loss_algorithm)a,
                                    &(ref_loss_group_rule){.ddof = 1}, r, NULL, 3,
                                    NULL));
        for (int j = 0; j < 3; j++) CHECK(A[j] == 0.0 && keep[j]);
    }
}

static void flat_groups_are_kept_or_dropped(void)
{
    const double r[5] = {1.0, 1.0, 0.0, 1.0, 0.0};
    const size_t key[5] = {0, 0, 1, 1, 2};
    double A[5];
    bool keep[5];
    ref_loss_group_rule rule = {.ddof = 1};
    CHECK_OK(ref_loss_advantage(A, keep, REF_LOSS_GRPO, &rule, r, key, 5, NULL));
    for (int j = 0; j < 5; j++) CHECK(keep[j]);
    rule.flat = REF_LOSS_FLAT_DROPPED;
    CHECK_OK(ref_loss_advantage(A, keep, REF_LOSS_GRPO, &rule, r, key, 5, NULL));
    CHECK(!keep[0] && !keep[1] && keep[2] && keep[3] && keep[4]);
    /* a group of one is the singleton policy's business, and RAFT has none */
    CHECK_OK(ref_loss_advantage(A, keep, REF_LOSS_RAFT, &rule, r, key, 5, NULL));
    CHECK(!keep[0] && !keep[1] && keep[2] && keep[3] && keep[4]);
    rule.flat = REF_LOSS_FLAT_ZERO_DROPPED;
    CHECK_OK(ref_loss_advantage(A, keep, REF_LOSS_GRPO, &rule, r, key, 5, NULL));
    CHECK(!keep[0] && !keep[1] && keep[2] && keep[3] && !keep[4]);
    CHECK_OK(ref_loss_advantage(A, keep, REF_LOSS_RAFT, &rule, r, key, 5, NULL));
    CHECK(keep[0] && keep[1] && !keep[2] && keep[3] && !keep[4]);
}

static void unequal_groups(void)
{
    const double r[5] = {1.0, 0.0, 1.0, 0.0, 0.0};
    const size_t key[5] = {3, 3, 3, 8, 8};
    double A[5] = {7.0, 7.0, 7.0, 7.0, 7.0};
    bool keep[5];
    ref_why why;
    ref_loss_group_rule rule = {.ddof = 1, .unequal = REF_LOSS_UNEQUAL_ERROR};
    CHECK_STATUS(ref_loss_advantage(A, keep, REF_LOSS_GRPO, &rule, r, key, 5, &why),
                 REF_ESHAPE);
    CHECK(strstr(why.text, "3 and of 2") != NULL);
    CHECK_EQUAL(A[0], 7.0);
    rule.unequal = REF_LOSS_UNEQUAL_POOLED; /* mean 2/5 of all five */
    CHECK_OK(ref_loss_advantage(A, keep, REF_LOSS_DR_GRPO, &rule, r, key, 5, NULL));
    CHECK_NEAR(A[0], 0.6, 1e-16);
    CHECK_NEAR(A[4], -0.4, 1e-16);
    rule.unequal = REF_LOSS_UNEQUAL_ALLOWED;
    CHECK_OK(ref_loss_advantage(A, keep, REF_LOSS_DR_GRPO, &rule, r, key, 5, NULL));
    CHECK_NEAR(A[0], 1.0 / 3.0, 1e-15);
    CHECK_EQUAL(A[4], 0.0);
    /* equal sizes are groups under every policy */
    rule.unequal = REF_LOSS_UNEQUAL_POOLED;
    CHECK_OK(ref_loss_advantage(A, keep, REF_LOSS_DR_GRPO, &rule, r, key + 1, 4, NULL));
    CHECK_EQUAL(A[0], 0.5);
}

static void bad_rules_are_refused(void)
{
    const double r[2] = {1.0, 0.0};
    const double bad[2] = {1.0, HUGE_VAL};
    double A[2] = {7.0, 7.0};
    bool keep[2] = {false, false};
    ref_loss_group_rule rule = {.eps = -1.0};
    CHECK_STATUS(ref_loss_advantage(A, keep, REF_LOSS_GRPO, &rule, r, NULL, 2, NULL),
                 REF_EDOM);
    rule = (ref_loss_group_rule){.eps = nan("")};
    CHECK_STATUS(ref_loss_advantage(A, keep, REF_LOSS_GRPO, &rule, r, NULL, 2, NULL),
                 REF_EDOM);
    rule = (ref_loss_group_rule){.ddof = 2};
    CHECK_STATUS(ref_loss_advantage(A, keep, REF_LOSS_GRPO, &rule, r, NULL, 2, NULL),
                 REF_EDOM);
    rule.ddof = 1;
    CHECK_STATUS(ref_loss_advantage(A, keep, REF_LOSS_GRPO, &rule, bad, NULL, 2, NULL),
                 REF_EDOM);
    CHECK_STATUS(
        ref_loss_advantage(A, keep, REF_LOSS_ALGORITHM_COUNT, &rule, r, NULL, 2, NULL),
        REF_EDOM);
    CHECK(A[0] == 7.0 && !keep[0]);
    CHECK_OK(ref_loss_advantage(A, keep, REF_LOSS_GRPO, &rule, r, NULL, 0, NULL));
    CHECK_EQUAL(A[0], 7.0);
}

static void names_are_found_again(void)
{
    for (size_t a = 0; a < REF_LOSS_ALGORITHM_COUNT; a++) {
        const char *const name = ref_loss_algorithm_name((ref_loss_algorithm)a);
        CHECK_EQUAL(ref_loss_algorithm_find(name), (ref_loss_algorithm)a);
    }
    CHECK_EQUAL(ref_loss_algorithm_find("ppo"), REF_LOSS_ALGORITHM_COUNT);
    CHECK(strcmp(ref_loss_algorithm_name(REF_LOSS_ALGORITHM_COUNT), "?") == 0);
}

SUITE("[spec:gvm 5.2][spec:gvm 5.9] groups and advantages", NULL,
      {"groups sort by key and keep the order", groups_sort_by_key_and_keep_the_order},
      {"equal rewards leave no residue", equal_rewards_leave_no_residue},
      {"flat groups are kept or dropped", flat_groups_are_kept_or_dropped},
      {"unequal groups are allowed, refused or pooled", unequal_groups},
      {"bad rules are refused", bad_rules_are_refused},
      {"names are found again", names_are_found_again});
