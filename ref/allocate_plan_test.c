/* allocate_plan_test.c -- from a rule's name to whole samples, and the report. */
#include "ref/allocate_plan.h"

#include "ref/allocate.h"
#include "ref/numeric.h"
#include "theory-tests/check.h"

#include <math.h>
#include <string.h>

enum { M = 9 };

static const double p9[M] = {1, .875, .75, .625, .5, .375, .25, .125, 0};
static const double G9[M] = {1, 2, 1, 3, 1, 2, 1, 4, 5};

static ref_allocate_input input(void)
{
    return (ref_allocate_input){
        .m = M, .budget = 72, .p = p9, .G = G9, .alpha = 1e-3, .beta = 2};
}

static const ref_allocate_rule *gvm(void)
{
    return ref_allocate_rule_find("gvm");
}

static size_t total(const size_t *n, size_t m)
{
    size_t sum = 0;
    for (size_t i = 0; i < m; i++) sum += n[i];
    return sum;
}

static void optimal_rounding_comes_with_a_proof(void)
{
    const size_t want[M] = {3, 6, 3, 11, 4, 9, 6, 30, 0};
    const ref_allocate_input in = input();
    const ref_allocate_rounding how = {.kind = REF_ALLOCATE_ROUND_OPTIMAL};
    size_t n[M];
    double share[M];
    ref_allocate_report report;
    CHECK_OK(ref_allocate_plan(n, share, gvm(), &in, &how, NULL));
    CHECK(memcmp(n, want, sizeof n) == 0);
    CHECK_OK(ref_allocate_explain(&report, n, share, gvm(), &in, &how, NULL));
    CHECK(report.proof.feasible && report.proof.optimal);
    CHECK(report.without == 1 && report.unserved == 0);

    double c[M], flat[M];
    for (size_t i = 0; i < M; i++) {
        c[i] = p9[i] > 0.0 ? G9[i] * G9[i] / p9[i] : 0.0;
        flat[i] = 8.0;
    }
    CHECK_RELATIVE(report.uniform, ref_allocate_variance(flat, c, M), 1e-14);
    CHECK_RELATIVE(report.continuous, ref_allocate_minimum(c, M, 72.0), 1e-14);
    CHECK_RELATIVE(report.integer, 9.460566649598906, 1e-14);
    CHECK_RELATIVE(report.variance, ref_allocate_integer_variance(n, c, M), 1e-14);
    CHECK(report.integer <= report.variance && report.continuous <= report.integer);
}

static void released_rounding_is_not_proved_optimal(void)
{
    const ref_allocate_input in = input();
    const ref_allocate_rounding how = {.kind = REF_ALLOCATE_ROUND_OFFICIAL};
    size_t n[M];
    double share[M];
    ref_allocate_report report;
    CHECK_OK(ref_allocate_plan(n, share, gvm(), &in, &how, NULL));
    CHECK_OK(ref_allocate_explain(&report, n, share, gvm(), &in, &how, NULL));
    CHECK(report.proof.feasible && !report.proof.optimal);
    CHECK(report.proof.gainer == 6 && report.proof.loser == 7);
    CHECK_OK(ref_allocate_explain(&report, NULL, share, gvm(), &in, &how, NULL));
    CHECK(!report.proof.feasible);
}

static void bounds_hold_for_every_rounding(void)
{
    ref_allocate_input in = input();
    in.budget = 90;
    for (int kind = 0; kind < REF_ALLOCATE_ROUND_COUNT; kind++) {
        const ref_allocate_rounding how = {
            .kind = (ref_allocate_rounding_kind)kind, .min = 2, .max = 17};
        size_t n[M] = {0};
        double share[M];
        CHECK_OK(ref_allocate_plan(n, share, gvm(), &in, &how, NULL));
        CHECK_NEAR(ref_total(share, M), 1.0, 1e-14);
        for (size_t i = 0; i < M; i++)
            CHECK(90.0 * share[i] >= 2.0 - 1e-12 && 90.0 * share[i] <= 17.0 + 1e-12);
        if (kind == REF_ALLOCATE_ROUND_NONE) continue;
        CHECK_EQUAL(total(n, M), 90);
        for (size_t i = 0; i < M; i++) CHECK(2 <= n[i] && n[i] <= 17);
        CHECK_EQUAL(n[8], 2); /* p = 0: no share, so exactly min */
        ref_allocate_report report;
        CHECK_OK(ref_allocate_explain(&report, n, share, gvm(), &in, &how, NULL));
        CHECK(report.proof.feasible);
        if (kind == REF_ALLOCATE_ROUND_OPTIMAL) CHECK(report.proof.optimal);
    }
}

static void filters_come_before_rounding(void)
{
    const ref_allocate_input in = input();
    const ref_allocate_rounding how = {.kind = REF_ALLOCATE_ROUND_OFFICIAL,
                                       .filter_threshold = 0.8,
                                       .filter_insufficient = 2.0};
    size_t n[M];
    CHECK_OK(ref_allocate_plan(n, NULL, gvm(), &in, &how, NULL));
    CHECK_EQUAL(total(n, M), 72);
    CHECK(n[0] == 0 && n[1] == 0 && n[4] == 0 && n[6] == 0 && n[8] == 0);
    CHECK(n[2] > 3 && n[7] > 31);
}

static void budgets_are_refused_by_value(void)
{
    const double bad[] = {0.0, -3.0, nan(""), HUGE_VAL, 9007199254740994.0, 7.5};
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        ref_allocate_input in = input();
        in.budget = bad[k];
        size_t n[M] = {77};
        ref_why why = {0};
        const ref_allocate_rounding how = {.kind = REF_ALLOCATE_ROUND_OFFICIAL};
        CHECK_STATUS(ref_allocate_plan(n, NULL, gvm(), &in, &how, &why), REF_EDOM);
        CHECK(n[0] == 77 && strstr(why.text, "budget") != NULL);
    }
    const ref_allocate_input in = input();
    size_t n[M];
    const ref_allocate_rounding crossed = {.min = 5, .max = 4}, many = {.min = 9};
    const ref_allocate_rounding few = {.max = 7};
    const ref_allocate_rounding unknown = {.kind = REF_ALLOCATE_ROUND_COUNT};
    CHECK_STATUS(ref_allocate_plan(n, NULL, gvm(), &in, &crossed, NULL),
                 REF_EINFEASIBLE);
    CHECK_STATUS(ref_allocate_plan(n, NULL, gvm(), &in, &many, NULL), REF_EINFEASIBLE);
    CHECK_STATUS(ref_allocate_plan(n, NULL, gvm(), &in, &few, NULL), REF_EINFEASIBLE);
    CHECK_STATUS(ref_allocate_plan(n, NULL, gvm(), &in, &unknown, NULL), REF_EUSAGE);
}

static void names_of_roundings_lead_back(void)
{
    for (int kind = 0; kind < REF_ALLOCATE_ROUND_COUNT; kind++) {
        const ref_allocate_rounding_kind k = (ref_allocate_rounding_kind)kind;
        CHECK_EQUAL(ref_allocate_rounding_find(ref_allocate_rounding_name(k)), k);
    }
    CHECK_EQUAL(ref_allocate_rounding_find("nearest"), REF_ALLOCATE_ROUND_COUNT);
    CHECK(strcmp(ref_allocate_rounding_name(REF_ALLOCATE_ROUND_COUNT), "unknown") == 0);
}

/* ---- a rule of the caller's own -------------------------------------------------- */

/* n_i ~ G_i^power, the power in user */
static ref_status by_power(double *share, const ref_allocate_input *in, void *user,
                           ref_why *why)
{
    double w[M];
    for (size_t i = 0; i < in->m; i++) w[i] = pow(in->G[i], *(const double *)user);
    return ref_allocate_shares(share, w, in->m, why);
}

static ref_status broken(double *share, const ref_allocate_input *in, void *user,
                         ref_why *why)
{
    (void)user, (void)why;
    for (size_t i = 0; i < in->m; i++) share[i] = i == 2 ? nan("") : 1.0;
    return REF_OK;
}

static void a_rule_of_ones_own_plugs_in(void)
{
    double power = 2.0;
    const ref_allocate_rule own = {.name = "power",
                                   .formula = "G^power",
                                   .source = "here",
                                   .share = by_power,
                                   .user = &power};
    const ref_allocate_input in = input();
    const ref_allocate_rounding how = {.kind = REF_ALLOCATE_ROUND_OPTIMAL};
    size_t n[M];
    double share[M];
    CHECK_OK(ref_allocate_plan(n, share, &own, &in, &how, NULL));
    CHECK_EQUAL(total(n, M), 72);
    CHECK_RELATIVE(share[8] / share[0], 25.0, 1e-14);
    ref_allocate_report report;
    CHECK_OK(ref_allocate_explain(&report, n, share, &own, &in, &how, NULL));
    CHECK(report.proof.optimal);

    const ref_allocate_rule bad = {.name = "broken", .share = broken};
    ref_why why = {0};
    size_t kept[M] = {77};
    CHECK_STATUS(ref_allocate_plan(kept, NULL, &bad, &in, &how, &why), REF_EDOM);
    CHECK(kept[0] == 77 && strstr(why.text, "weight 2") != NULL);
}

/* V = sum w_i^2 (G_i^2/p_i)/n_i by hand: weights enter squared. */
static void weights_enter_squared(void)
{
    const double p[2] = {0.5, 0.25}, G[2] = {1, 2}, weight[2] = {0.25, 0.75};
    const size_t n[2] = {3, 5};
    const double share[2] = {0.375, 0.625};
    const ref_allocate_input in = {.m = 2,
                                   .budget = 8,
                                   .p = p,
                                   .G = G,
                                   .weight = weight,
                                   .alpha = 1e-3,
                                   .beta = 2};
    const ref_allocate_rounding how = {.kind = REF_ALLOCATE_ROUND_OFFICIAL};
    ref_allocate_report report;
    CHECK_OK(ref_allocate_explain(&report, n, share, gvm(), &in, &how, NULL));
    const double c0 = 0.0625 * 2.0, c1 = 0.5625 * 16.0;
    CHECK_ROUND(report.variance, c0 / 3.0 + c1 / 5.0, 4, 2.0);
    CHECK_ROUND(report.uniform, (c0 + c1) / 4.0, 4, 3.0);
}

static void nothing_to_explain_is_said(void)
{
    const double p[2] = {0, 0}, G[2] = {1, 1}, share[2] = {.5, .5};
    const ref_allocate_input in = {.m = 2, .budget = 4, .p = p, .G = G};
    const size_t n[2] = {2, 2};
    ref_allocate_report report = {.variance = 7.0};
    CHECK_STATUS(ref_allocate_explain(&report, n, share,
                                      ref_allocate_rule_find("uniform"), &in,
                                      &(ref_allocate_rounding){0}, NULL),
                 REF_EDOM);
    CHECK_EQUAL(report.variance, 7.0);
}

SUITE("[gvm:alg2][spec:gvm 3.3][spec:gvm 3.5] plans", NULL,
      {"optimal rounding comes with a proof", optimal_rounding_comes_with_a_proof},
      {"released rounding is not proved optimal",
       released_rounding_is_not_proved_optimal},
      {"bounds hold for every rounding", bounds_hold_for_every_rounding},
      {"filters come before rounding", filters_come_before_rounding},
      {"budgets are refused by value", budgets_are_refused_by_value},
      {"names of roundings lead back", names_of_roundings_lead_back},
      {"a rule of one's own plugs in", a_rule_of_ones_own_plugs_in},
      {"weights enter the variance squared", weights_enter_squared},
      {"nothing to explain is said", nothing_to_explain_is_said});
