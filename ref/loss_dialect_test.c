/* loss_dialect_test.c -- each preset gives the numbers its framework would give. */
#include "ref/loss_dialect.h"

#include "theory-tests/check.h"

#include <math.h>
#include <string.h>

/* Group of four, one success: mean 1/4, sum of squares 3/4. */
static double advantage_of_the_success(const char *name)
{
    const double r[4] = {0.0, 1.0, 0.0, 0.0};
    double A[4];
    bool keep[4];
    const ref_loss_dialect *const d = ref_loss_dialect_find(name);
    CHECK(d != NULL);
    if (d == NULL) return nan("");
    CHECK_OK(ref_loss_advantage(A, keep, REF_LOSS_GRPO, &d->choices.group, r, NULL, 4,
                                NULL));
    return A[1];
}

/* The dialects as read in their sources: four epsilons, two divisors, two that only centre. */
static void the_epsilon_and_divisor_of_each(void)
{
    const double s = 0.5; /* sqrt((3/4)/3) */
    static const struct {
        const char *name;
        double eps;
    } scaled[] = {{"gvm-paper", 1e-6},
                  {"gvm-official", 1e-6},
                  {"verl-2026.01", 1e-6},
                  {"trl-2026.07", 1e-4},
                  {"openrlhf-2026.08", 1e-9},
                  {"nemo-rl-2026.08", 1e-6},
                  {"slime", 1e-6},
                  {"skyrl", 1e-6}};
    double error = 0.0;
    for (size_t i = 0; i < sizeof scaled / sizeof scaled[0]; i++)
        error = check_worse(error, fabs(advantage_of_the_success(scaled[i].name)
                                        - 0.75 / (s + scaled[i].eps)));
    error = check_worse(error, fabs(advantage_of_the_success("open-instruct") - 0.75));
    error = check_worse(error, fabs(advantage_of_the_success("prime-rl") - 0.75));
    CLAIM_HOLDS("spec:product 3.8",
                "GRPO's advantage of one success among four equals the hand value in "
                "ten dialects (epsilon, divisor, or centring alone)",
                error, 1e-15);
    const ref_loss_dialect *const open = ref_loss_dialect_find("open-instruct");
    CHECK(open->choices.group.ddof == 0 && open->choices.group.eps == 1e-8);
}

static ref_status on_groups(const char *name, const size_t *key, double *A, bool *keep)
{
    const double r[3] = {1.0, 1.0, 0.0};
    return ref_loss_advantage(A, keep, REF_LOSS_GRPO,
                              &ref_loss_dialect_find(name)->choices.group, r, key, 3,
                              NULL);
}

static void groups_of_one_and_unequal_groups(void)
{
    const size_t key[3] = {0, 1, 1}; /* one alone, two together */
    const size_t alone[3] = {0, 1, 2};
    double A[3];
    bool keep[3];
    static const char *const raw[] = {"verl-2026.01", "gvm-official", "skyrl"};
    for (int i = 0; i < 3; i++) {
        CHECK_OK(on_groups(raw[i], key, A, keep));
        CHECK_NEAR(A[0], 1.0 / (1.0 + 1e-6), 1e-15);
    }
    CHECK_OK(on_groups("gvm-paper", key, A, keep));
    CHECK_EQUAL(A[0], 0.0);
    static const char *const refuse[] = {"trl-2026.07", "openrlhf-2026.08"};
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(on_groups(refuse[i], alone, A, keep), REF_EDOM);
        CHECK_EQUAL(ref_loss_dialect_find(refuse[i])->choices.group.unequal,
                    REF_LOSS_UNEQUAL_ERROR);
    }
    CHECK_STATUS(on_groups("open-instruct", key, A, keep), REF_ESHAPE);
    CHECK_OK(on_groups("slime", key, A, keep)); /* one group of three */
    CHECK_NEAR(A[0], (1.0 / 3.0) / (sqrt(1.0 / 3.0) + 1e-6), 1e-15);
    CHECK_OK(on_groups("prime-rl", key, A, keep));
    CHECK(!keep[0] && keep[1] && keep[2]);
}

static void losses_of_the_two_gvm_presets(void)
{
    const ref_loss_choices *const paper = &ref_loss_dialect_find("gvm-paper")->choices;
    const ref_loss_choices *const code =
        &ref_loss_dialect_find("gvm-official")->choices;
    CHECK_EQUAL(paper->aggregation, REF_LOSS_PROMPT_ACCEPTED_TOKEN_MEAN);
    CHECK_EQUAL(paper->clip.high, 0.28);
    CHECK(isinf(paper->clip.dual));
    CHECK_EQUAL(code->aggregation, REF_LOSS_TOKEN_MEAN);
    CHECK(code->clip.high == 0.2 && code->clip.dual == 3.0);
    CHECK(code->kl.kind == REF_LOSS_KL_K3 && code->kl.coefficient == 0.001
          && code->kl.clamp == 10.0 && code->kl.place == REF_LOSS_KL_IN_LOSS);
    CHECK_EQUAL(code->algorithm, REF_LOSS_RAFTPP);
}

static void the_table_is_complete(void)
{
    static const char *const wanted[] = {
        "gvm-paper",     "gvm-official",     "verl-2026.01",
        "trl-2026.07",   "openrlhf-2026.08", "nemo-rl-2026.08",
        "open-instruct", "prime-rl",         "slime",
        "skyrl"};
    size_t count = 0;
    const ref_loss_dialect *const rows = ref_loss_dialects(&count);
    CHECK_EQUAL(count, sizeof wanted / sizeof wanted[0]);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        CHECK(ref_loss_dialect_find(wanted[i]) != NULL);
    for (size_t i = 0; i < count; i++) {
        CHECK(strlen(rows[i].what) > 0);
        CHECK(ref_loss_dialect_find(rows[i].name) == &rows[i]);
    }
    CHECK(ref_loss_dialect_find("verl") == NULL);
    ref_loss_choices c = {.entropy_coefficient = 7.0};
    CHECK_STATUS(ref_loss_standard(&c, REF_LOSS_ALGORITHM_COUNT), REF_EDOM);
    CHECK_EQUAL(c.entropy_coefficient, 7.0);
}

static void aggregation_names_are_found_again(void)
{
    for (size_t a = 0; a < REF_LOSS_AGGREGATION_COUNT; a++) {
        const char *const name = ref_loss_aggregation_name((ref_loss_aggregation)a);
        CHECK_EQUAL(ref_loss_aggregation_find(name), (ref_loss_aggregation)a);
    }
    CHECK_EQUAL(ref_loss_aggregation_find("mean"), REF_LOSS_AGGREGATION_COUNT);
    CHECK(strcmp(ref_loss_aggregation_name(REF_LOSS_AGGREGATION_COUNT), "?") == 0);
}

SUITE("[spec:product 3.8][spec:gvm 5.9] dialects", NULL,
      {"the epsilon and divisor of each", the_epsilon_and_divisor_of_each},
      {"groups of one and unequal groups", groups_of_one_and_unequal_groups},
      {"paper and released code differ by name", losses_of_the_two_gvm_presets},
      {"the table is complete", the_table_is_complete},
      {"aggregation names are found again", aggregation_names_are_found_again});
