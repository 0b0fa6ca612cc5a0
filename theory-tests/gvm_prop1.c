/* gvm_prop1.c -- Proposition 1: n_i ~ G_i / sqrt(p_i + alpha p_i^(1-beta)). */
#include "ref/allocate.h"
#include "ref/allocate_plan.h"
#include "ref/numeric.h"
#include "theory-tests/check.h"
#include "theory-tests/instances.h"

#include <math.h>

enum { M = 9, LARGEST = 12 };

/* The worked example of the specification, section 11. */
static const double golden_p[M] = {1, .875, .75, .625, .5, .375, .25, .125, 0};
static const double golden_G[M] = {1, 2, 1, 3, 1, 2, 1, 4, 5};
static const double golden_share[M] = {
    0.03889417575471574, 0.08314653289845628, 0.04489368785525836,
    0.14747814642199375, 0.05492243107648556, 0.1266418596397892,
    0.07721199124943086, 0.42681117510387023, 0.0};

/* property 21, the ratios; the whole numbers are in spec_gvm_3_4.c */
static void the_worked_example_comes_out(void)
{
    double share[M], worst = 0.0;
    CHECK_OK(ref_allocate_gvm(share, golden_p, golden_G, M, 1e-3, 2.0, NULL));
    for (size_t i = 0; i < M; i++)
        worst = check_worse(worst, fabs(share[i] - golden_share[i]));
    CLAIM_HOLDS("gvm:prop1",
                "Proposition 1's shares of the worked example (nine prompts, alpha = "
                "1e-3, beta = 2) equal the golden values",
                worst, 1e-12);

    const ref_allocate_input in = {
        .m = M, .budget = 72, .p = golden_p, .G = golden_G, .alpha = 1e-3, .beta = 2};
    double again[M];
    CHECK_OK(ref_allocate_plan(NULL, again, ref_allocate_rule_find("gvm"), &in,
                               &(ref_allocate_rounding){0}, NULL));
    for (size_t i = 0; i < M; i++) CHECK_NEAR(again[i], golden_share[i], 1e-12);
}

/* property 15: (sum sqrt c)^2/N is reached; 1000 random feasible n are never better */
static void no_feasible_split_does_better(void)
{
    uint64_t state = 2505;
    double missed = 0.0, beaten = -HUGE_VAL;
    for (int trial = 0; trial < 50; trial++) {
        const size_t m = instance_whole(&state, 1, LARGEST);
        const double budget = 3.7 * (double)m;
        double p[LARGEST], G[LARGEST], c[LARGEST], n[LARGEST], share[LARGEST];
        instance_spread(G, m, 2.0, &state);
        for (size_t i = 0; i < m; i++) {
            p[i] = instance_unit(&state);
            c[i] = G[i] * G[i] / (p[i] * (1.0 + 1e-3 / (p[i] * p[i])));
        }
        CHECK_OK(ref_allocate_gvm(share, p, G, m, 1e-3, 2.0, NULL));
        for (size_t i = 0; i < m; i++) n[i] = budget * share[i];
        const double least = ref_allocate_minimum(c, m, budget);
        missed =
            check_worse(missed, fabs(ref_allocate_variance(n, c, m) / least - 1.0));
        for (int k = 0; k < 1000; k++) {
            instance_simplex(n, m, &state);
            for (size_t i = 0; i < m; i++) n[i] *= budget;
            beaten = check_worse(beaten, 1.0 - ref_allocate_variance(n, c, m) / least);
        }
    }
    CLAIM_HOLDS(
        "gvm:prop1",
        "Proposition 1's shares reach the minimum (sum sqrt c)^2/N of sum c_i/n_i",
        missed, 1e-12);
    CLAIM_HOLDS("gvm:prop1",
                "No random split of the budget (50 000 tried) has a smaller sum "
                "c_i/n_i than Proposition 1's",
                beaten, 1e-12);
}

/* property 17: G -> aG, permutations, doubling N */
static void only_ratios_matter(void)
{
    uint64_t state = 17;
    double worst = 0.0;
    for (int trial = 0; trial < 100; trial++) {
        double p[LARGEST], G[LARGEST], scaled[LARGEST], pr[LARGEST], Gr[LARGEST];
        double share[LARGEST], other[LARGEST];
        instance_spread(G, LARGEST, 3.0, &state);
        const double a = pow(10.0, 40.0 * (instance_unit(&state) - 0.5));
        for (size_t i = 0; i < LARGEST; i++) {
            p[i] = instance_unit(&state);
            scaled[i] = a * G[i];
            pr[LARGEST - 1 - i] = p[i];
            Gr[LARGEST - 1 - i] = G[i];
        }
        CHECK_OK(ref_allocate_gvm(share, p, G, LARGEST, 1e-3, 2.0, NULL));
        CHECK_OK(ref_allocate_gvm(other, p, scaled, LARGEST, 1e-3, 2.0, NULL));
        for (size_t i = 0; i < LARGEST; i++)
            worst = check_worse(worst, fabs(other[i] / share[i] - 1.0));
        /* the compensated sum may differ in its last bit: equality is up to eps */
        CHECK_OK(ref_allocate_gvm(other, pr, Gr, LARGEST, 1e-3, 2.0, NULL));
        for (size_t i = 0; i < LARGEST; i++)
            CHECK_ROUND(other[LARGEST - 1 - i], share[i], 2, share[i]);
    }
    CLAIM_HOLDS("gvm:prop1",
                "Multiplying every gradient norm G by the same number leaves "
                "Proposition 1's shares unchanged",
                worst, 1e-14);
}

/* property 18: alpha = 0 is G/sqrt p; a larger alpha moves budget from hard to easy */
static void alpha_moves_budget_to_easier_prompts(void)
{
    uint64_t state = 18;
    double worst = 0.0, rise = -HUGE_VAL;
    for (int trial = 0; trial < 200; trial++) {
        const double p = 0.9 * instance_unit(&state);
        const double easier = p + (1.0 - p) * instance_unit(&state);
        worst = check_worse(
            worst,
            fabs(ref_allocate_gvm_weight(p, 2.385, 0.0, 2.0) * sqrt(p) / 2.385 - 1.0));
        double before = HUGE_VAL;
        for (double alpha = 1e-6; alpha < 10.0; alpha *= 3.0) {
            const double ratio = ref_allocate_gvm_weight(p, 1.0, alpha, 2.0)
                                 / ref_allocate_gvm_weight(easier, 1.0, alpha, 2.0);
            if (isfinite(before)) rise = check_worse(rise, ratio / before - 1.0);
            before = ratio;
        }
    }
    CLAIM_HOLDS("gvm:prop1", "At alpha = 0 the weight of Proposition 1 is G/sqrt p",
                worst, 1e-15);
    /* strictly: the smallest fall met is still far above rounding */
    CLAIM_HOLDS("gvm:prop1",
                "For p_hard < p_easy the ratio n_hard/n_easy strictly falls as alpha "
                "grows (statistic: minus the least relative fall)",
                rise, -1e-12);
    CHECK(ref_allocate_gvm_weight(1e-200, 1.0, 1e-3, 1.5) < 1e-40);
    CHECK_RELATIVE(ref_allocate_gvm_weight(1e-200, 1.0, 1e-3, 1.0), 1.0 / sqrt(1e-3),
                   1e-14);
}

/* property 47: with the exact variances as weights, GVM never loses to uniform */
static void never_worse_than_uniform(void)
{
    uint64_t state = 47;
    double worst = -HUGE_VAL;
    for (int trial = 0; trial < 2000; trial++) {
        const size_t m = instance_whole(&state, 1, LARGEST);
        double c[LARGEST], share[LARGEST], n[LARGEST], flat[LARGEST];
        for (size_t i = 0; i < m; i++) {
            const double p = instance_unit(&state), S2 = 4.0 * instance_unit(&state);
            const double mu2 = S2 * instance_unit(&state);
            c[i] = S2 / p - mu2;
        }
        CHECK_OK(ref_allocate_neyman(share, c, m, NULL));
        for (size_t i = 0; i < m; i++) {
            n[i] = 8.0 * (double)m * share[i];
            flat[i] = 8.0;
        }
        const double uniform = ref_allocate_variance(flat, c, m);
        worst = check_worse(worst, ref_allocate_variance(n, c, m) / uniform - 1.0);
    }
    CLAIM_HOLDS("gvm:prop1",
                "Shares from the exact variances S2/p - |mu|^2 never have more "
                "variance than uniform ones (2000 random problems)",
                worst, 1e-13);
}

SUITE("[gvm:prop1][gvm:eq7][gvm:alg2] optimal shares", NULL,
      {"the worked example comes out", the_worked_example_comes_out},
      {"no feasible split does better", no_feasible_split_does_better},
      {"only ratios matter", only_ratios_matter},
      {"alpha moves budget to easier prompts", alpha_moves_budget_to_easier_prompts},
      {"exact weights never lose to uniform", never_worse_than_uniform});
