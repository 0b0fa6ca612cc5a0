/* spec_gvm_9.c -- the rival rules: each minimises, or waits for, what its paper
 * says. */
#include "ref/allocate.h"
#include "ref/allocate_integer.h"
#include "ref/allocate_rule.h"
#include "ref/numeric.h"
#include "theory-tests/check.h"
#include "theory-tests/finite_model.h"
#include "theory-tests/instances.h"

#include <math.h>
#include <string.h>

enum { M = 5, CAP = 60, TARGET = 3 };

static const double p5[M] = {0.9, 0.55, 0.3, 0.15, 0.4};
static const double G5[M] = {1.0, 2.385, 0.7, 3.1, 1.3};

static ref_allocate_input prompts(double budget)
{
    return (ref_allocate_input){.m = M, .budget = budget, .p = p5, .G = G5};
}

static void shares_of(double *share, const char *name, const ref_allocate_input *in)
{
    const ref_allocate_rule *rule = ref_allocate_rule_find(name);
    ref_why why = {0};
    for (size_t i = 0; i < in->m; i++) share[i] = nan("");
    if (CHECK(rule != NULL)) CHECK_OK(rule->share(share, in, rule->user, &why));
}

/* ---- rules that are one formula ------------------------------------------------- */

static void formulas_are_those_of_the_table(void)
{
    struct {
        const char *name;
        double weight[M];
    } want[7] = {{.name = "uniform"},       {.name = "inverse-p"},
                 {.name = "rft-log"},       {.name = "bernoulli"},
                 {.name = "reinforce-log"}, {.name = "reinforce-log-g"},
                 {.name = "cures-prompt"}};
    for (size_t i = 0; i < M; i++) {
        const double p = p5[i], q = 1.0 - p, G = G5[i];
        const double w[7] = {
            1,           1 / p,           1 / sqrt(p),           sqrt(p * q),
            sqrt(q / p), G * sqrt(q / p), exp(sqrt(p * q) / 0.2)};
        for (size_t k = 0; k < 7; k++) want[k].weight[i] = w[k];
    }
    ref_allocate_input in = prompts(40.0);
    in.tau = 0.2;
    double worst = 0.0;
    for (size_t k = 0; k < 7; k++) {
        double share[M], expected[M];
        CHECK_OK(ref_allocate_shares(expected, want[k].weight, M, NULL));
        shares_of(share, want[k].name, &in);
        for (size_t i = 0; i < M; i++)
            worst = check_worse(worst, fabs(share[i] / expected[i] - 1.0));
    }
    CLAIM_HOLDS(
        "spec:gvm 9",
        "The rules that are one formula (uniform, 1/p, 1/sqrt p, ...) follow it", worst,
        1e-14);
}

/* ---- exact variances by enumeration ---------------------------------------------- */

/* Columns of finite prompts with a verifier, by enumeration of one draw. */
typedef struct columns {
    double p[FINITE_M], G[FINITE_M], S2[FINITE_M], mu2[FINITE_M], H2[FINITE_M];
    double S2_wrong[FINITE_M], reward[FINITE_M], influence[FINITE_M];
} columns;

static double row_norm2(const double *row, size_t d, double scale, const double *minus,
                        double shift)
{
    double total = 0.0;
    for (size_t k = 0; k < d; k++) {
        const double x = scale * row[k] - shift * (minus != NULL ? minus[k] : 0.0);
        total += x * x;
    }
    return total;
}

static void enumerate(columns *x, const finite_model *f, size_t i)
{
    const size_t Y = f->shape.Y, d = f->shape.d;
    double mu[FINITE_D] = {0}, mean[FINITE_D] = {0}, p = 0.0, wrong = 0.0, right = 0.0;
    for (size_t y = 0; y < f->shape.accepted; y++) p += exp(f->log_prior[i][y]);
    for (size_t y = 0; y < f->shape.accepted; y++)
        for (size_t k = 0; k < d; k++)
            mu[k] += exp(f->log_prior[i][y]) / p * f->h[i][y * d + k];
    x->H2[i] = x->reward[i] = x->influence[i] = 0.0;
    for (size_t y = 0; y < Y; y++) {
        const double P = exp(f->log_prior[i][y]), r = y < f->shape.accepted ? 1.0 : 0.0;
        const double *s = &f->h[i][y * d];
        const double size = row_norm2(s, d, 1.0, NULL, 0.0);
        x->H2[i] += P * size;
        right += r * P * size / p;
        wrong += (1.0 - r) * P * size / (1.0 - p);
        x->reward[i] += P * row_norm2(s, d, r - p, NULL, 0.0);
        for (size_t k = 0; k < d; k++) mean[k] += P * (r - p) * s[k];
        /* what one more draw moves in the leave-one-out estimate: r (s - mu)/p - h */
        x->influence[i] += P * row_norm2(s, d, r / p - 1.0, mu, r / p);
    }
    x->reward[i] -= row_norm2(mean, d, 1.0, NULL, 0.0);
    x->p[i] = p;
    x->S2[i] = right;
    x->G[i] = sqrt(right);
    x->mu2[i] = row_norm2(mu, d, 1.0, NULL, 0.0);
    x->S2_wrong[i] = wrong;
}

static double compare(const char *name, const ref_allocate_input *in, const double *c)
{
    double share[FINITE_M], want[FINITE_M], worst = 0.0;
    shares_of(share, name, in);
    CHECK_OK(ref_allocate_neyman(want, c, in->m, NULL));
    for (size_t i = 0; i < in->m; i++)
        worst = check_worse(worst, fabs(share[i] / want[i] - 1.0));
    return worst;
}

static void variance_rules_are_exact(void)
{
    double cures = 0.0, reinforce = 0.0, loo = 0.0, iw = 0.0, sn = 0.0;
    for (uint32_t seed = 0; seed < 40; seed++) {
        static finite_model f;
        const finite_shape shape = {FINITE_M, FINITE_Y, FINITE_D, 1 + seed % 4, seed};
        double theta[FINITE_D], c[FINITE_M];
        finite_model_init(&f, &shape);
        finite_model_theta(&f, theta, 0.8, 0);
        finite_model_at(&f, theta);
        columns x;
        for (size_t i = 0; i < FINITE_M; i++) enumerate(&x, &f, i);
        const ref_allocate_input in = {.m = FINITE_M,
                                       .budget = 32,
                                       .p = x.p,
                                       .G = x.G,
                                       .S2 = x.S2,
                                       .mu2 = x.mu2,
                                       .H2 = x.H2,
                                       .S2_wrong = x.S2_wrong};
        cures = check_worse(cures, compare("cures", &in, x.reward));
        for (size_t i = 0; i < FINITE_M; i++) c[i] = x.reward[i] / (x.p[i] * x.p[i]);
        reinforce = check_worse(reinforce, compare("reinforce-log-exact", &in, c));
        loo = check_worse(loo, compare("neyman-loo", &in, x.influence));
        for (size_t i = 0; i < FINITE_M; i++) c[i] = x.S2[i] / x.p[i] - x.mu2[i];
        iw = check_worse(iw, compare("neyman-iw", &in, c));
        if (shape.accepted == 1) continue; /* v = 0: nothing to allocate by */
        for (size_t i = 0; i < FINITE_M; i++) c[i] = (x.S2[i] - x.mu2[i]) / x.p[i];
        sn = check_worse(sn, compare("neyman-sn", &in, c));
    }
    CLAIM_HOLDS(
        "spec:gvm 9",
        "CurES weighs a prompt by the standard deviation of (r-p) s, r the reward",
        cures, 1e-10);
    CLAIM_HOLDS("spec:gvm 9",
                "The exact rule for REINFORCE on log p weighs a prompt by the standard "
                "deviation of (r-p) s/p",
                reinforce, 1e-10);
    CLAIM_HOLDS("spec:sim 3.1",
                "The leave-one-out rule weighs a prompt by the standard deviation of "
                "one draw's influence",
                loo, 1e-10);
    CLAIM_HOLDS("spec:sim 3.1",
                "Neyman's rules for IW and for SN follow the exact variances of both",
                check_worse(iw, sn), 1e-12);
}

/* ---- VIP ------------------------------------------------------------------------- */

static double vip_scale(size_t i)
{
    return 4.0 * G5[i] * G5[i] * p5[i] * (1.0 - p5[i]);
}

static double vip_value(const double *n, bool rloo)
{
    double total = 0.0;
    for (size_t i = 0; i < M; i++)
        total +=
            vip_scale(i) * (rloo ? 1.0 / (n[i] - 1.0) : (n[i] - 1.0) / (n[i] * n[i]));
    return total;
}

static void vip_minimises_its_variance(void)
{
    uint64_t state = 9;
    double worst = -HUGE_VAL;
    for (int kind = 0; kind < 2; kind++) {
        const bool rloo = kind == 1;
        const double low = rloo ? 2.0 : 3.0, budget = 37.5;
        ref_allocate_input in = prompts(budget);
        double best[M], n[M];
        shares_of(best, rloo ? "vip-rloo" : "vip-dr-grpo", &in);
        for (size_t i = 0; i < M; i++) best[i] *= budget;
        for (size_t i = 0; i < M; i++) CHECK(best[i] >= low * (1.0 - 1e-14));
        for (int trial = 0; trial < 3000; trial++) {
            instance_simplex(n, M, &state);
            const double step = trial % 2 == 0 ? 1.0 : 1e-3; /* far and near */
            for (size_t i = 0; i < M; i++) {
                const double far = low + (budget - low * M) * n[i];
                n[i] = best[i] + step * (far - best[i]);
            }
            worst =
                check_worse(worst, vip_value(best, rloo) / vip_value(n, rloo) - 1.0);
        }
        in.budget = low * M - 1.0;
        double share[M];
        const ref_allocate_rule *rule =
            ref_allocate_rule_find(rloo ? "vip-rloo" : "vip-dr-grpo");
        CHECK_STATUS(rule->share(share, &in, rule->user, NULL), REF_EINFEASIBLE);
    }
    CLAIM_HOLDS("spec:gvm 9",
                "VIP's counts minimise VIP's variance, with Dr.GRPO and with RLOO "
                "(statistic: the best exchange)",
                worst, 1e-13);
}

/* ---- knapsack -------------------------------------------------------------------- */

/* the negated value, plus 1 so that costs stay positive */
static void knapsack_table(double *phi, const void *context, size_t i, size_t U)
{
    const ref_allocate_input *in = context;
    const double p = in->p[i], q = 1.0 - p;
    for (size_t n = 0; n <= U; n++)
        phi[n] = 1.0 - (1.0 - pow(p, (double)n) - pow(q, (double)n)) * p * q * q;
}

static void knapsack_equals_its_dynamic_programme(void)
{
    uint64_t state = 99;
    double worst = 0.0;
    for (int trial = 0; trial < 60; trial++) {
        double p[M], share[M], got = 0.0, least = 0.0, phi[64];
        size_t n[M], L[M], U[M];
        for (size_t i = 0; i < M; i++) {
            p[i] = instance_unit(&state);
            L[i] = 2;
            U[i] = 20;
        }
        ref_allocate_input in = prompts((double)instance_whole(&state, 2 * M, 50));
        in.p = p;
        in.max = 20;
        shares_of(share, "knapsack", &in);
        for (size_t i = 0; i < M; i++) {
            knapsack_table(phi, &in, i, 50);
            got += phi[(size_t)rint(share[i] * in.budget)];
        }
        CHECK_OK(ref_allocate_program(n, &least, knapsack_table, &in, L, U, M,
                                      (size_t)in.budget, NULL));
        worst = check_worse(worst, fabs(got - least));
    }
    CLAIM_HOLDS("spec:gvm 9",
                "Greedy solves the knapsack rule's integer problem exactly (against "
                "its dynamic programme)",
                worst, 1e-14);
    /* what the items cannot take goes to the prompt without a success */
    const double p[3] = {0.5, 0.0, 1.0}, G[3] = {1, 1, 1};
    double share[3];
    const ref_allocate_input in = {.m = 3, .budget = 40, .p = p, .G = G, .max = 10};
    shares_of(share, "knapsack", &in);
    CHECK_NEAR(40.0 * share[0], 10.0, 1e-12);
    CHECK_NEAR(40.0 * share[1], 28.0, 1e-12);
    CHECK_NEAR(40.0 * share[2], 2.0, 1e-12);
}

/* ---- sequential rules ------------------------------------------------------------ */

static double binomial(size_t n, size_t k, double p)
{
    double out = 1.0;
    for (size_t j = 0; j < k; j++) out *= (double)(n - j) / (double)(k - j) * p;
    return out * pow(1.0 - p, (double)(n - k));
}

/* Expected draws of a rule's `more`, followed through every (n, K) with its
 * probability. */
static double follow(const ref_allocate_rule *rule, const ref_allocate_input *in,
                     size_t i, double uniform)
{
    static double chance[CAP + 1][CAP + 1];
    memset(chance, 0, sizeof chance);
    chance[0][0] = 1.0;
    double draws = 0.0;
    for (size_t n = 0; n <= CAP; n++)
        for (size_t K = 0; K <= n; K++) {
            if (chance[n][K] == 0.0) continue;
            const size_t more = rule->more(in, i, n, K, uniform, rule->user);
            if (!CHECK(n + more <= CAP)) return nan("");
            if (more == 0) draws += chance[n][K] * (double)n;
            for (size_t k = 0; k <= more && more > 0; k++)
                chance[n + more][K + k] +=
                    chance[n][K] * binomial(more, k, ref_allocate_rate(in, i));
        }
    return draws;
}

static void expected_draws_are_those_of_the_stopping_rule(void)
{
    const char *const names[] = {
        "reinforce-ada-seq", "reinforce-ada-balance", "dapo",           "dars-et",
        "dars-hw",           "dart-uniform",          "dart-prop2diff", "speed"};
    const double p[M] = {0.97, 0.5, 0.2, 0.03, 0.0};
    double worst = 0.0;
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        for (size_t cap = 23; cap <= CAP; cap += CAP - 23) {
            ref_allocate_input in = prompts(40.0);
            in.p = p;
            in.max = cap;
            in.group = 7;
            in.target = TARGET;
            const ref_allocate_rule *rule = ref_allocate_rule_find(names[k]);
            double share[M], draws[M], want[M];
            shares_of(share, names[k], &in);
            for (size_t i = 0; i < M; i++) draws[i] = follow(rule, &in, i, 0.5);
            CHECK_OK(ref_allocate_shares(want, draws, M, NULL));
            for (size_t i = 0; i < M; i++)
                worst = check_worse(worst, fabs(share[i] - want[i]));
        }
    CLAIM_HOLDS("spec:gvm 9",
                "The expected shares of eight sequential rules equal those of "
                "following each stopping rule through all outcomes",
                worst, 1e-13);
}

static void waiting_times_have_their_closed_forms(void)
{
    double worst = 0.0;
    for (double p = 0.05; p < 1.0; p += 0.15) {
        const double q = 1.0 - p;
        const double one = ref_allocate_expected_draws(p, 1, 0, 1, 40);
        worst = check_worse(worst, fabs(one / ((1.0 - pow(q, 40.0)) / p) - 1.0));
        /* k successes without a cap cost k/p */
        const double five = ref_allocate_expected_draws(p, 5, 0, 1, 4000);
        worst = check_worse(worst, fabs(five / (5.0 / p) - 1.0));
        /* one of each: 1 + p/q + q/p */
        const double both = ref_allocate_expected_draws(p, 1, 1, 1, 4000);
        worst = check_worse(worst, fabs(both / (1.0 + p / q + q / p) - 1.0));
    }
    CLAIM_HOLDS("spec:gvm 9", "Waiting for k successes costs k/p draws in expectation",
                worst, 1e-12);
    CHECK_EQUAL(ref_allocate_expected_draws(0.0, 1, 0, 1, 64), 64.0);
    CHECK_EQUAL(ref_allocate_expected_draws(1.0, 3, 0, 1, 64), 3.0);
    CHECK_EQUAL(ref_allocate_expected_draws(1.0, 3, 0, 4, 64), 4.0);
    CHECK_EQUAL(ref_allocate_expected_draws(0.5, 0, 0, 1, 64), 0.0);
    CHECK(isnan(ref_allocate_expected_draws(1.5, 1, 0, 1, 64)));
    CHECK(isnan(ref_allocate_expected_draws(0.5, 1, 0, 0, 64)));
}

static void greso_visits_by_its_coin(void)
{
    const double visits[M] = {0, 1, 2, 3, 0.5};
    ref_allocate_input in = prompts(40.0);
    in.visits = visits;
    in.explore = 0.25;
    double share[M];
    shares_of(share, "greso", &in);
    const ref_allocate_rule *rule = ref_allocate_rule_find("greso");
    for (size_t i = 0; i < M; i++) {
        const double chance = pow(0.25, visits[i]);
        CHECK_RELATIVE(share[i] / share[0], chance, 1e-14);
        CHECK_EQUAL(rule->more(&in, i, 0, 0, 0.999 * chance, NULL), 8);
        if (chance < 1.0)
            CHECK_EQUAL(rule->more(&in, i, 0, 0, 1.001 * chance, NULL), 0);
        CHECK_EQUAL(rule->more(&in, i, 8, 3, 0.0, NULL), 0);
    }
}

static void reinforce_ada_est_stays_in_its_bounds(void)
{
    const double p[M] = {1.0, 0.5, 0.1, 0.01, 0.0};
    ref_allocate_input in = prompts(40.0);
    in.p = p;
    in.min = 4;
    in.max = 12;
    in.explore = 1e-4;
    double share[M];
    shares_of(share, "reinforce-ada-est", &in);
    const double want[M] = {4, 4, 8, 12, 12}; /* the third takes what is left */
    for (size_t i = 0; i < M; i++) CHECK_NEAR(40.0 * share[i], want[i], 1e-12);
    in.min = in.max = 0;
    shares_of(share, "reinforce-ada-est", &in);
    for (size_t i = 1; i < M; i++)
        CHECK_RELATIVE(share[i] / share[0], sqrt((1.0 + 1e-4) / (p[i] + 1e-4)), 1e-13);
}

/* ---- MoPPS ----------------------------------------------------------------------- */

/* P(|x - 1/2| < |y - 1/2|), x ~ Beta(a,b), y ~ Beta(c,d), by the midpoint rule in w,
 * low = w^5/2, which tames the poles of shapes below 1. */
static double nearer_chance(double a, double b, double c, double d)
{
    enum { CELLS = 4000 };
    double total = 0.0, all_x = 0.0, all_y = 0.0;
    for (size_t k = CELLS; k-- > 0;) {
        const double w = ((double)k + 0.5) / CELLS, dw = pow(w, 4.0);
        const double low = 0.5 * pow(w, 5.0), high = 1.0 - low;
        const double x =
            pow(low, a - 1) * pow(high, b - 1) + pow(high, a - 1) * pow(low, b - 1);
        const double y =
            pow(low, c - 1) * pow(high, d - 1) + pow(high, c - 1) * pow(low, d - 1);
        total += y * dw * (all_x + 0.5 * x * dw); /* x nearer, or half of this cell */
        all_x += x * dw;
        all_y += y * dw;
    }
    return total / (all_x * all_y);
}

enum { STEPS = 40000 }; /* of MoPPS: the weaker alternative is then 17.9 away */

/* How often the first of two prompts is picked. */
static double first_picked(ref_allocate_input in)
{
    size_t first = 0;
    for (uint32_t step = 0; step < STEPS; step++) {
        double share[2] = {nan(""), nan("")};
        in.step = step;
        shares_of(share, "mopps", &in);
        first += share[0] == 1.0 ? 1 : 0;
    }
    return (double)first / STEPS;
}

static double z_of(double mean, double chance)
{
    return (mean - chance) / sqrt(chance * (1.0 - chance) / STEPS);
}

static void mopps_draws_from_its_posterior(void)
{
    const double p[2] = {0.625, 0.25}, extreme[2] = {1.0, 0.5}, G[2] = {1, 1};
    ref_allocate_input in = {
        .m = 2, .budget = 8, .p = p, .G = G, .pilot = 8, .seed = 2507};
    double mean = first_picked(in);
    /* Beta(1 + K, 1 + N' - K); the alternative forgets the prior */
    CLAIM_SAMPLED("spec:gvm 9",
                  "MoPPS picks prompts by draws from the Beta posterior (40 000 steps)",
                  z_of(mean, nearer_chance(6, 4, 3, 7)),
                  "posterior without the Beta(1,1) prior",
                  z_of(mean, nearer_chance(5, 3, 2, 6)));
    /* shapes below 1, one of them below the 1/3 under which the plain method breaks */
    in.p = extreme;
    in.pilot = 1;
    in.prior_a = in.prior_b = 0.25;
    mean = first_picked(in);
    CLAIM_SAMPLED("spec:gvm 9",
                  "MoPPS draws from the Beta posterior also where a shape is below one "
                  "(40 000 steps)",
                  z_of(mean, nearer_chance(1.25, 0.25, 0.75, 0.75)),
                  "Beta(1,1) in place of the given prior",
                  z_of(mean, nearer_chance(2.0, 1.0, 1.5, 1.5)));
    /* an exact rate needs no draw */
    in.p = p;
    in.pilot = 0;
    in.prior_a = in.prior_b = 0.0;
    double share[2] = {nan(""), nan("")};
    shares_of(share, "mopps", &in);
    CHECK(share[0] == 1.0 && share[1] == 0.0);
}

/* by hand at N = 8: K = 0 counts as a = 1/16, S = .4841; K = 2 has S = .8660 */
static void dars_gives_its_extra_draws(void)
{
    const struct {
        size_t K, et, hw;
    } want[4] = {{0, 9, 23}, {2, 2, 6}, {4, 0, 0}, {8, 0, 0}};
    const ref_allocate_rule *et = ref_allocate_rule_find("dars-et");
    const ref_allocate_rule *hw = ref_allocate_rule_find("dars-hw");
    const ref_allocate_input in = prompts(40.0);
    for (size_t k = 0; k < 4; k++) {
        CHECK_EQUAL(et->more(&in, 0, 8, want[k].K, 0.5, NULL), want[k].et);
        CHECK_EQUAL(hw->more(&in, 0, 8, want[k].K, 0.5, NULL), want[k].hw);
    }
    CHECK_EQUAL(et->more(&in, 0, 0, 0, 0.5, NULL), 8);
    CHECK_EQUAL(et->more(&in, 0, 17, 0, 0.5, NULL), 0);
}

SUITE("[spec:gvm 9][spec:sim 3.1] rival rules", NULL,
      {"formulas are those of the table", formulas_are_those_of_the_table},
      {"variance rules are exact", variance_rules_are_exact},
      {"VIP minimises its variance", vip_minimises_its_variance},
      {"knapsack equals its dynamic programme", knapsack_equals_its_dynamic_programme},
      {"expected draws are those of the stopping rule",
       expected_draws_are_those_of_the_stopping_rule},
      {"waiting times have their closed forms", waiting_times_have_their_closed_forms},
      {"GRESO visits by its coin", greso_visits_by_its_coin},
      {"Reinforce-Ada-Est stays in its bounds", reinforce_ada_est_stays_in_its_bounds},
      {"DARS gives its extra draws", dars_gives_its_extra_draws},
      {"MoPPS draws from its posterior", mopps_draws_from_its_posterior});
