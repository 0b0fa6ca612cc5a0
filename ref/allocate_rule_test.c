/* allocate_rule_test.c -- the table of rules: shares, missing columns, a rule of one's own. */
#include "ref/allocate_rule.h"

#include "ref/allocate.h"
#include "ref/numeric.h"
#include "theory-tests/check.h"

#include <math.h>
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
        worst = fmax(worst, fabs(ref_total(share, M) - 1.0));
        CHECK(ref_allocate_rule_find(rules[k].name) == &rules[k]);
    }
    CLAIM_HOLDS("spec:gvm 9", "every rule of the table returns shares that sum to one",
                worst, 1e-14);
    CHECK(ref_allocate_rule_find("no-such-rule") == NULL);
}

SUITE("[spec:gvm 9][spec:sim 3.1][spec:sim 3.2] the table of allocation rules", NULL,
      {"every rule spends the budget once", every_rule_spends_the_budget_once});
