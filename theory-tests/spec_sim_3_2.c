/* spec_sim_3_2.c -- rules that repair a short pilot: prior by moments, reuse, plus. */
#include "ref/allocate.h"
#include "ref/allocate_rule.h"
#include "ref/numeric.h"
#include "theory-tests/check.h"
#include "theory-tests/instances.h"

#include <math.h>
#include <stdlib.h>

enum { M = 6, PILOT = 8, POPULATION = 40000 };

static const double phat[M] = {1.0, 0.5, 0.25, 0.125, 0.0, 0.375};
static const double G6[M] = {1.0, 2.385, 0.7, 3.1, 0.0, 1.3};
static const double S2[M] = {1.2, 5.9, 0.6, 9.9, 3.0, 1.8};
static const double mu2[M] = {0.3, 1.1, 0.2, 2.5, 0.4, 0.6};
static const double H2[M] = {1.4, 4.9, 0.8, 6.2, 2.5, 1.9};

static ref_allocate_input pilot_input(void)
{
    return (ref_allocate_input){.m = M,
                                .budget = 96,
                                .p = phat,
                                .G = G6,
                                .S2 = S2,
                                .mu2 = mu2,
                                .H2 = H2,
                                .alpha = 1e-3,
                                .beta = 2,
                                .pilot = PILOT};
}

static void shares_of(double *share, const char *name, const ref_allocate_input *in)
{
    const ref_allocate_rule *rule = ref_allocate_rule_find(name);
    for (size_t i = 0; i < in->m; i++) share[i] = nan("");
    if (CHECK(rule != NULL)) CHECK_OK(rule->share(share, in, rule->user, NULL));
}

/* A population whose K/N' has exactly the beta-binomial law, up to rounding of
 * counts. */
static size_t fill_population(double *p, double *n, double a, double b)
{
    size_t m = 0;
    for (size_t K = 0; K <= PILOT; K++) {
        const double k = (double)K, N = PILOT;
        const double log_chance = lgamma(N + 1) - lgamma(k + 1) - lgamma(N - k + 1)
                                  + lgamma(k + a) + lgamma(N - k + b)
                                  - lgamma(N + a + b) + lgamma(a + b) - lgamma(a)
                                  - lgamma(b);
        const size_t copies = (size_t)rint(POPULATION * exp(log_chance));
        for (size_t c = 0; c < copies && m < POPULATION + PILOT; c++, m++) {
            p[m] = k / N;
            n[m] = N;
        }
    }
    return m;
}

static void moments_recover_the_prior(void)
{
    const double truth[4][2] = {{2, 3}, {0.4, 0.4}, {8, 1}, {0.6, 0.9}};
    double *p = calloc(2 * (POPULATION + PILOT), sizeof *p), worst = 0.0;
    if (CHECK(p != NULL)) {
        double *n = p + POPULATION + PILOT;
        for (size_t k = 0; k < 4; k++) {
            double a = 0.0, b = 0.0;
            const size_t m = fill_population(p, n, truth[k][0], truth[k][1]);
            CHECK_OK(ref_allocate_prior(&a, &b, p, n, m, NULL));
            worst = check_worse(worst, fabs(a / truth[k][0] - 1.0));
            worst = check_worse(worst, fabs(b / truth[k][1] - 1.0));
        }
    }
    /* rounding of 40000 counts moves the moments by about 1/40000 of their sum */
    CLAIM_HOLDS("spec:sim 3.2",
                "The method of moments recovers four Beta populations from pilot "
                "counts, relative error",
                worst, 2e-3);
    free(p);
}

static void a_homogeneous_pilot_is_not_told_apart(void)
{
    double p[M], n[M], a = 0.0, b = 0.0;
    for (size_t i = 0; i < M; i++) {
        p[i] = 0.5;
        n[i] = PILOT;
    }
    CHECK_OK(ref_allocate_prior(&a, &b, p, n, M, NULL));
    CHECK_NEAR(a + b, (double)(M * PILOT), 1e-12);
    for (size_t i = 0; i < M; i++) p[i] = 0.0;
    CHECK_OK(ref_allocate_prior(&a, &b, p, n, M, NULL));
    CHECK(a > 0.0 && a < b);
    for (size_t i = 0; i < M; i++) p[i] = i % 2 == 0 ? 1.0 : 0.0;
    CHECK_OK(ref_allocate_prior(&a, &b, p, n, M, NULL));
    CHECK(a > 0.0 && a + b < 0.1);
    for (size_t i = 0; i < M; i++) n[i] = 1.0;
    CHECK_OK(ref_allocate_prior(&a, &b, p, n, M, NULL));
    CHECK_NEAR(a + b, (double)M, 1e-12);
    CHECK_STATUS(ref_allocate_prior(&a, &b, p, n, 0, NULL), REF_ESHAPE);
    n[3] = 0.0;
    CHECK_STATUS(ref_allocate_prior(&a, &b, p, n, M, NULL), REF_EDOM);
}

static void a_given_prior_smooths_every_rule(void)
{
    ref_allocate_input in = pilot_input();
    in.prior_a = 0.5;
    in.prior_b = 0.5;
    double share[M], want[M], w[M];
    for (size_t i = 0; i < M; i++) {
        CHECK_NEAR(ref_allocate_rate(&in, i), (8.0 * phat[i] + 0.5) / 9.0, 1e-15);
        w[i] = 1.0 / sqrt((8.0 * phat[i] + 0.5) / 9.0);
    }
    CHECK_OK(ref_allocate_shares(want, w, M, NULL));
    shares_of(share, "rft-log", &in);
    for (size_t i = 0; i < M; i++) CHECK_RELATIVE(share[i], want[i], 1e-14);
    in.pilot = 0;
    CHECK_STATUS(ref_allocate_rule_find("rft-log")->share(share, &in, NULL, NULL),
                 REF_EUSAGE);
    const double draws[M] = {1, 2, 3, 4, 5, 6.5};
    in.draws = draws;
    CHECK_NEAR(ref_allocate_rate(&in, 5), (6.5 * 0.375 + 0.5) / 7.5, 1e-15);
}

/* prompts without a success: dropped, as the hardest seen, or by the posterior */
static void zero_successes_by_three_treatments(void)
{
    const ref_allocate_input in = pilot_input();
    double dropped[M], hardest[M], posterior[M], w[M], n[M], want[M];
    shares_of(dropped, "gvm", &in);
    shares_of(hardest, "gvm-hardest", &in);
    shares_of(posterior, "empirical-bayes", &in);
    CHECK_EQUAL(dropped[4], 0.0);
    /* its norm was never measured: the mean of the measured ones stands in */
    const double mean = (1.0 + 2.385 + 0.7 + 3.1 + 1.3) / 5.0;
    CHECK_RELATIVE(hardest[4] / hardest[3], mean / 3.1, 1e-14);
    double a = 0.0, b = 0.0;
    for (size_t i = 0; i < M; i++) n[i] = PILOT;
    CHECK_OK(ref_allocate_prior(&a, &b, phat, n, M, NULL));
    for (size_t i = 0; i < M; i++)
        w[i] = ref_allocate_gvm_weight((8.0 * phat[i] + a) / (8.0 + a + b),
                                       i == 4 ? mean : G6[i], 1e-3, 2.0);
    CHECK_OK(ref_allocate_shares(want, w, M, NULL));
    double worst = 0.0;
    for (size_t i = 0; i < M; i++)
        worst = check_worse(worst, fabs(posterior[i] / want[i] - 1.0));
    CLAIM_HOLDS("spec:sim 3.2",
                "The empirical-Bayes rule is GVM at the posterior mean rates", worst,
                1e-13);
}

/* n_i = max(N', c w_i) with sum N: pilot draws are kept and never exceeded by the
 * sum */
static void reuse_never_takes_back_a_draw(void)
{
    const ref_allocate_input in = pilot_input();
    double share[M], gvm[M], ratio = 0.0;
    shares_of(share, "gvm-reuse", &in);
    shares_of(gvm, "gvm", &in);
    for (size_t i = 0; i < M; i++) CHECK(96.0 * share[i] >= 8.0 * (1.0 - 1e-14));
    for (size_t i = 0; i < M; i++) {
        if (96.0 * share[i] < 8.0 * (1.0 + 1e-12)) continue;
        if (ratio == 0.0) ratio = share[i] / gvm[i];
        CHECK_RELATIVE(share[i] / gvm[i], ratio, 1e-12);
    }
    CHECK(ratio > 0.0);
    ref_allocate_input poor = in;
    poor.budget = 40.0; /* the pilot alone drew 48 */
    CHECK_STATUS(ref_allocate_rule_find("gvm-reuse")->share(share, &poor, NULL, NULL),
                 REF_EINFEASIBLE);
}

static double pooled_ratio(void)
{
    double v = 0.0, h = 0.0;
    for (size_t i = 0; i < M; i++) {
        v += S2[i] - mu2[i];
        h += H2[i];
    }
    return v / h;
}

static void plus_aims_at_the_pooled_leave_one_out_variance(void)
{
    const double p[M] = {0.9, 0.5, 0.25, 0.125, 0.004, 0.375};
    ref_allocate_input in = pilot_input();
    in.p = p;
    in.pilot = 0; /* exact rates, nothing drawn yet */
    const double r = pooled_ratio();
    double share[M], rris[M], w[M], want[M], worst = 0.0;
    shares_of(share, "plus", &in);
    shares_of(rris, "rris", &in);
    for (size_t i = 0; i < M; i++) w[i] = sqrt(H2[i] * (r / p[i] - 2.0 * r + 1.0));
    CHECK_OK(ref_allocate_shares(want, w, M, NULL));
    for (size_t i = 0; i < M; i++)
        worst = check_worse(worst, fabs(rris[i] / want[i] - 1.0));
    CLAIM_HOLDS("spec:sim 3.3",
                "Russian-roulette inverse sampling (RRIS) with kappa = c p sqrt(v) "
                "expects kappa/p draws",
                worst, 1e-13);
    /* damped where four times the mean budget still expects no success: 4 * 16 *
     * .004 */
    for (size_t i = 0; i < M; i++) w[i] *= fmin(1.0, 64.0 * p[i]);
    CHECK(64.0 * p[4] < 1.0);
    CHECK_OK(ref_allocate_shares(want, w, M, NULL));
    worst = 0.0;
    for (size_t i = 0; i < M; i++)
        worst = check_worse(worst, fabs(share[i] / want[i] - 1.0));
    CLAIM_HOLDS("spec:sim 3.2", "The rule plus follows its damped target", worst,
                1e-13);
    /* with draws behind it, they are kept and counted */
    in = pilot_input();
    shares_of(share, "plus", &in);
    for (size_t i = 0; i < M; i++) CHECK(96.0 * share[i] >= 8.0 * (1.0 - 1e-14));
    CHECK(share[4] > 0.0);
}

/* ---- RRIS, the draws ------------------------------------------------------------- */

static void roulette_keeps_the_mean(void)
{
    for (double kappa = 0.05; kappa < 4.0; kappa += 0.175) {
        /* uniform on a grid of 1000: the mean of k is kappa up to one cell */
        double mean = 0.0;
        for (int k = 0; k < 1000; k++)
            mean +=
                (double)ref_allocate_rris_successes(kappa, (k + 0.5) / 1000.0) / 1000;
        CHECK_NEAR(mean, kappa, 1.01e-3);
    }
    CHECK_EQUAL(ref_allocate_rris_successes(2.0, 1e-300), 2);
    CHECK_EQUAL(ref_allocate_rris_successes(0.25, 0.25), 1);
    CHECK_EQUAL(ref_allocate_rris_successes(0.25, 0.26), 0);
}

static void rris_stops_at_the_success_or_the_cap(void)
{
    ref_allocate_input in = pilot_input();
    in.pilot = 0;
    double share[M];
    shares_of(share, "rris", &in);
    in.share = share;
    in.max = 40;
    const ref_allocate_rule *rule = ref_allocate_rule_find("rris");
    for (size_t i = 0; i < M; i++) {
        const double kappa = 96.0 * share[i] * phat[i];
        CHECK_NEAR(ref_allocate_rris_kappa(&in, i), kappa, 1e-12);
        const size_t k = ref_allocate_rris_successes(kappa, 0.5);
        CHECK_EQUAL(rule->more(&in, i, 0, 0, 0.5, NULL), k);
        CHECK_EQUAL(rule->more(&in, i, k + 3, k, 0.5, NULL), 0);
        if (k > 0) CHECK_EQUAL(rule->more(&in, i, 39, k - 1, 0.5, NULL), 1);
        CHECK_EQUAL(rule->more(&in, i, 40, 0, 0.5, NULL), 0);
    }
}

SUITE("[spec:sim 3.2][spec:sim 3.3] rules that repair a short pilot", NULL,
      {"moments recover the prior", moments_recover_the_prior},
      {"a homogeneous pilot is not told apart", a_homogeneous_pilot_is_not_told_apart},
      {"a given prior smooths every rule", a_given_prior_smooths_every_rule},
      {"zero successes by three treatments", zero_successes_by_three_treatments},
      {"reuse never takes back a draw", reuse_never_takes_back_a_draw},
      {"plus aims at the pooled leave-one-out variance",
       plus_aims_at_the_pooled_leave_one_out_variance},
      {"roulette keeps the mean", roulette_keeps_the_mean},
      {"RRIS stops at the success or the cap", rris_stops_at_the_success_or_the_cap});
