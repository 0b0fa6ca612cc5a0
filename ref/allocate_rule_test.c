/* allocate_rule_test.c -- the table of rules: shares, missing columns, bad input. */
#include "ref/allocate_rule.h"

#include "ref/allocate.h"
#include "ref/numeric.h"
#include "theory-tests/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { M = 6 };

static const double p6[M] = {0.9, 0.55, 0.25, 0.125, 0.02, 0.4};
static const double G6[M] = {1.0, 2.385, 0.7, 3.1, 1.9, 1.3};
static const double S2[M] = {1.0, 5.7, 0.5, 9.7, 3.7, 1.7};
static const double mu2[M] = {0.1, 1.1, 0.2, 2.5, 0.4, 0.6};
static const double H2[M] = {1.4, 4.9, 0.8, 6.2, 2.5, 1.9};
static const double wrong[M] = {2.0, 3.5, 1.1, 5.0, 2.4, 2.2};
static const double visits[M] = {0.0, 1.0, 2.0, 0.0, 3.0, 1.0};

static ref_allocate_input whole(void)
{
    return (ref_allocate_input){.m = M,
                                .budget = 72.0,
                                .p = p6,
                                .G = G6,
                                .S2 = S2,
                                .mu2 = mu2,
                                .H2 = H2,
                                .S2_wrong = wrong,
                                .alpha = 1e-3,
                                .beta = 2.0,
                                .pilot = 8,
                                .visits = visits};
}

static void every_rule_spends_the_budget_once(void)
{
    size_t count = 0;
    const ref_allocate_rule *rules = ref_allocate_rules(&count);
    CHECK(count >= 30);
    double worst = 0.0;
    for (size_t k = 0; k < count; k++) {
        const ref_allocate_input in = whole();
        ref_why why = {0};
        double share[M];
        if (!CHECK_OK(rules[k].share(share, &in, rules[k].user, &why))) continue;
        for (size_t i = 0; i < M; i++) CHECK(share[i] >= 0.0);
        worst = check_worse(worst, fabs(ref_total(share, M) - 1.0));
        CHECK(ref_allocate_rule_find(rules[k].name) == &rules[k]);
    }
    CLAIM_HOLDS("spec:gvm 9", "Every rule of the table returns shares that sum to one",
                worst, 1e-14);
    CHECK(ref_allocate_rule_find("no-such-rule") == NULL);
}

/* property 23, for every rule: no bad entry passes, and outputs stay untouched */
static void every_rule_refuses_bad_numbers(void)
{
    size_t count = 0;
    int accepted = 0;
    const ref_allocate_rule *rules = ref_allocate_rules(&count);
    for (size_t k = 0; k < count; k++)
        for (int kind = 0; kind < 7; kind++) {
            double p[M], G[M], share[M] = {77.0};
            memcpy(p, p6, sizeof p);
            memcpy(G, G6, sizeof G);
            ref_allocate_input in = whole();
            in.p = p;
            in.G = G;
            if (kind == 0) p[3] = nan("");
            if (kind == 1) p[3] = 1.5;
            if (kind == 2) p[3] = -0.1;
            if (kind == 3) G[3] = nan("");
            if (kind == 4) G[3] = HUGE_VAL;
            if (kind == 5) G[3] = -1.0;
            if (kind == 6) in.budget = nan("");
            ref_why why = {0};
            accepted += rules[k].share(share, &in, rules[k].user, &why) != REF_EDOM;
            CHECK(share[0] == 77.0);
            CHECK(strstr(why.text, kind == 6 ? "budget" : "3 is") != NULL);
        }
    CLAIM_HOLDS(
        "spec:gvm 3.3",
        "No allocation rule of the table takes a NaN, infinite, negative or (for "
        "p) above-one input: each is an error (statistic: inputs let through)",
        accepted, 0.0);
}

/* ---- parameters ------------------------------------------------------------------- */

static const char *const parameter_name[] = {"alpha",   "beta", "prior", "group",
                                             "target",  "min",  "max",   "tau",
                                             "explore", "seed"};
enum { PARAMETERS = sizeof parameter_name / sizeof parameter_name[0], MORE = 160 };

static void set_parameter(ref_allocate_input *in, size_t k)
{
    if (k == 0) in->alpha = 0.3;
    if (k == 1) in->beta = 3.0;
    if (k == 2) in->prior_a = 2.0;
    if (k == 2) in->prior_b = 3.0;
    if (k == 3) in->group = 5;
    if (k == 4) in->target = 3;
    if (k == 5) in->min = 6;
    if (k == 6) in->max = 19;
    if (k == 7) in->tau = 0.2;
    if (k == 8) in->explore = 0.25;
    if (k == 9) in->seed = 5;
}

/* Shares, then the answers of `more` to some counts. */
typedef struct answers {
    double share[M];
    size_t more[MORE];
} answers;

static void ask(answers *a, const ref_allocate_rule *rule, ref_allocate_input in)
{
    memset(a, 0, sizeof *a);
    ref_why why = {0};
    if (!CHECK_OK(rule->share(a->share, &in, rule->user, &why)))
        (void)fprintf(stderr, "%s: %s\n", rule->name, why.text);
    if (rule->more == NULL) return;
    in.share = a->share;
    for (size_t k = 0; k < MORE; k++) {
        const size_t n = k / 4 * 4;
        a->more[k] = rule->more(&in, k % M, n, n < k % 4 ? n : k % 4, 0.5, rule->user);
    }
}

/* A parameter of the table changes shares or draws, every other one changes nothing. */
static void rules_read_the_parameters_they_name(void)
{
    size_t count = 0;
    int mistaken = 0;
    const ref_allocate_rule *rules = ref_allocate_rules(&count);
    for (size_t r = 0; r < count; r++)
        for (size_t k = 0; k < PARAMETERS; k++) {
            static answers before;
            static answers after;
            ref_allocate_input in = whole();
            in.group = 20; /* mopps picks three of the six prompts */
            ask(&before, &rules[r], in);
            set_parameter(&in, k);
            ask(&after, &rules[r], in);
            const bool changes = memcmp(&before, &after, sizeof before) != 0;
            if (changes == ref_allocate_rule_reads(&rules[r], parameter_name[k]))
                continue;
            mistaken++;
            (void)fprintf(stderr, "%s: %s\n", rules[r].name, parameter_name[k]);
        }
    CLAIM_HOLDS("spec:gvm 9",
                "Every allocation rule of the table depends on the parameters it names "
                "and on no other (statistic: exceptions among ten parameters)",
                mistaken, 0.0);
    const ref_allocate_rule silent = {.name = "own"};
    CHECK(ref_allocate_rule_reads(&silent, "alpha"));
    CHECK(!ref_allocate_rule_reads(ref_allocate_rule_find("gvm"), "alph"));
}

static void missing_columns_are_named(void)
{
    static const struct {
        const char *rule, *column;
    } needs[] = {{"neyman-iw", "mu2"},   {"neyman-sn", "mu2"},
                 {"neyman-loo", "mu2"},  {"reinforce-log-exact", "mu2"},
                 {"cures", "mu2"},       {"plus", "mu2"},
                 {"rris", "mu2"},        {"greso", "visits"},
                 {"gvm-reuse", "pilot"}, {"empirical-bayes", "pilot"}};
    for (size_t k = 0; k < sizeof needs / sizeof needs[0]; k++) {
        const ref_allocate_input in = {.m = M, .budget = 72, .p = p6, .G = G6};
        double share[M];
        ref_why why = {0};
        const ref_allocate_rule *rule = ref_allocate_rule_find(needs[k].rule);
        CHECK_STATUS(rule->share(share, &in, rule->user, &why), REF_EUSAGE);
        CHECK(strstr(why.text, needs[k].column) != NULL);
    }
    ref_allocate_input in = whole();
    in.H2 = NULL;
    in.S2_wrong = NULL;
    double share[M];
    ref_why why = {0};
    CHECK_STATUS(ref_allocate_rule_find("rris")->share(share, &in, NULL, &why),
                 REF_EUSAGE);
    CHECK(strstr(why.text, "H2") != NULL);
    CHECK_STATUS(ref_allocate_rule_find("cures")->share(share, &in, NULL, &why),
                 REF_EUSAGE);
    CHECK(strstr(why.text, "S2_wrong") != NULL);
    in.p = NULL;
    CHECK_STATUS(ref_allocate_rule_find("gvm")->share(share, &in, NULL, &why),
                 REF_EUSAGE);
    in = whole();
    in.G = NULL;
    CHECK_STATUS(ref_allocate_rule_find("gvm")->share(share, &in, NULL, &why),
                 REF_EUSAGE);
    in.m = 0;
    CHECK_STATUS(ref_allocate_rule_find("gvm")->share(share, &in, NULL, &why),
                 REF_ESHAPE);
}

/* an error unless the caller asks for uniform */
static void all_zero_weights_are_the_callers_choice(void)
{
    const double none[M] = {0};
    ref_allocate_input in = whole();
    in.p = none;
    in.mu2 = NULL;
    double share[M];
    const ref_allocate_rule *rule = ref_allocate_rule_find("gvm");
    CHECK_STATUS(rule->share(share, &in, NULL, NULL), REF_EDOM);
    in.zero = REF_ALLOCATE_ZERO_UNIFORM;
    CHECK_OK(rule->share(share, &in, NULL, NULL));
    for (size_t i = 0; i < M; i++) CHECK_EQUAL(share[i], 1.0 / M);
    in.G = none;
    CHECK_OK(ref_allocate_rule_find("vip-dr-grpo")->share(share, &in, NULL, NULL));
    CHECK_NEAR(share[0], 1.0 / M, 1e-15);
    CHECK_OK(ref_allocate_rule_find("vip-rloo")->share(share, &in, NULL, NULL));
    CHECK_NEAR(share[0], 1.0 / M, 1e-15);
    in.zero = REF_ALLOCATE_ZERO_ERROR;
    CHECK_STATUS(ref_allocate_rule_find("vip-rloo")->share(share, &in, NULL, NULL),
                 REF_EDOM);
}

static void other_bad_input_is_refused(void)
{
    const double over[M] = {9, 9, 9, 99, 9, 9}, zero[M] = {1, 1, 0, 1, 1, 1};
    const ref_allocate_rule *rule = ref_allocate_rule_find("gvm");
    double share[M];
    for (int kind = 0; kind < 8; kind++) {
        ref_allocate_input in = whole();
        if (kind == 0) in.mu2 = over;
        if (kind == 1) in.cost = zero;
        if (kind == 2) in.alpha = -1.0;
        if (kind == 3) in.beta = nan("");
        if (kind == 4) in.prior_a = -1.0;
        if (kind == 5) in.explore = 1.5;
        if (kind == 6) in.tau = -1.0;
        if (kind == 7) in.prior_b = HUGE_VAL;
        CHECK_STATUS(rule->share(share, &in, NULL, NULL), REF_EDOM);
    }
    ref_allocate_input in = whole();
    in.min = 5;
    in.max = 4;
    CHECK_STATUS(rule->share(share, &in, NULL, NULL), REF_EINFEASIBLE);
    /* moments that no distribution has: the variance of the rule is negative */
    in = whole();
    const double little[M] = {0.01, 0.01, 0.01, 0.01, 0.01, 0.01};
    in.H2 = little;
    CHECK_STATUS(ref_allocate_rule_find("neyman-loo")->share(share, &in, NULL, NULL),
                 REF_EDOM);
}

/* weight and cost enter the variance rules: n ~ w sqrt(c/l) */
static void weight_and_cost_enter_variance_rules(void)
{
    const double w[M] = {1, 2, 0.5, 1, 3, 0}, l[M] = {4, 1, 1, 9, 1, 1};
    size_t count = 0;
    const ref_allocate_rule *rules = ref_allocate_rules(&count);
    for (size_t k = 0; k < count; k++) {
        if (!rules[k].variance) continue;
        ref_allocate_input in = whole();
        double plain[M], scaled[M], want[M];
        CHECK_OK(rules[k].share(plain, &in, rules[k].user, NULL));
        in.weight = w;
        in.cost = l;
        CHECK_OK(rules[k].share(scaled, &in, rules[k].user, NULL));
        for (size_t i = 0; i < M; i++) plain[i] *= w[i] / sqrt(l[i]);
        CHECK_OK(ref_allocate_shares(want, plain, M, NULL));
        for (size_t i = 0; i < M; i++) CHECK_NEAR(scaled[i], want[i], 1e-15);
    }
}

SUITE("[spec:gvm 9][spec:sim 3.1][spec:sim 3.2] the table of allocation rules", NULL,
      {"every rule spends the budget once", every_rule_spends_the_budget_once},
      {"every rule refuses bad numbers", every_rule_refuses_bad_numbers},
      {"rules read the parameters they name", rules_read_the_parameters_they_name},
      {"missing columns are named", missing_columns_are_named},
      {"all-zero weights are the caller's choice",
       all_zero_weights_are_the_callers_choice},
      {"other bad input is refused", other_bad_input_is_refused},
      {"weight and cost enter variance rules", weight_and_cost_enter_variance_rules});
