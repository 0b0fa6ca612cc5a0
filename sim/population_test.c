/* population_test.c -- static gains at the starting point come out as specified. */
#include "ref/allocate.h"
#include "sim/population.h"
#include "theory-tests/check.h"

#include <math.h>
#include <stdlib.h>

/* One row of the table: V_unif/V_gvm and V_unif/V_Neyman to two decimals. */
typedef struct golden {
    const char *model, *profile;
    double gvm, optimum;
} golden;

static const golden table[] = {
    {"tabular", "const:.3", 1.00, 1.00},     {"tabular", "U>=1e-3", 5.56, 5.60},
    {"tabular", "easy", 2.76, 3.04},         {"loglinear", "const:.3", 1.00, 1.00},
    {"loglinear", "beta:0,2,2", 1.19, 1.19}, {"loglinear", "U>=1e-3", 4.15, 4.15},
    {"loglinear", "logu3", 1.86, 1.86},      {"loglinear", "easy", 1.01, 1.01},
    {"long", "U>=1e-3", 8.36, 8.36},         {"long", "logu3", 2.63, 2.63},
};

static double variance_of(const sim_population *x, const char *rule, double *share)
{
    const double N = 8.0 * (double)x->m;
    ref_allocate_input in = sim_population_input(x, N);
    const ref_allocate_rule *r = ref_allocate_rule_find(rule);
    if (r == NULL || r->share(share, &in, r->user, NULL) != REF_OK) return nan("");
    return sim_population_variance(x, share, N);
}

static void gains_over_uniform_come_out(void)
{
    double worst = 0.0;
    for (size_t k = 0; k < sizeof table / sizeof table[0]; k++) {
        sim_population x;
        double share[128];
        CHECK(sim_population_named(&x, table[k].model, table[k].profile, 128, NULL)
              == REF_OK);
        const double uniform = variance_of(&x, "uniform", share);
        const double gvm = uniform / variance_of(&x, "gvm-unregularised", share);
        const double best = uniform / variance_of(&x, "neyman-iw", share);
        /* printed to two decimals */
        CHECK_NEAR(gvm, table[k].gvm, 0.00501);
        CHECK_NEAR(best, table[k].optimum, 0.00501);
        worst = check_worse(worst, check_worse(fabs(gvm - table[k].gvm),
                                               fabs(best - table[k].optimum)));
        sim_population_free(&x);
    }
    CLAIM_HOLDS("spec:sim 4.1",
                "The exact variance gains of GVM and of the optimum over uniform "
                "shares equal the tabulated values to two decimals",
                worst, 0.00501);
}

static void no_rule_beats_the_optimum(void)
{
    sim_population x;
    double share[64];
    CHECK(sim_population_named(&x, "loglinear", "U>=1e-3", 64, NULL) == REF_OK);
    const double best = variance_of(&x, "neyman-iw", share);
    size_t count = 0;
    double worst = -HUGE_VAL; /* how far below the optimum a rule gets */
    const ref_allocate_rule *rule = ref_allocate_rules(&count);
    for (size_t r = 0; r < count; r++) {
        const double V = variance_of(&x, rule[r].name, share);
        if (isfinite(V)) worst = check_worse(worst, 1.0 - V / best);
    }
    CHECK(count > 20);
    CLAIM_HOLDS("spec:sim 4.1",
                "No allocation rule of the table has less variance of the "
                "importance-weighted (IW) estimator than Neyman's",
                worst, 1e-12);
    sim_population_free(&x);
}

static void mean_gradient_is_the_mean_of_prompts(void)
{
    sim_population x;
    CHECK(sim_population_named(&x, "loglinear", "logu3", 16, NULL) == REF_OK);
    double worst = 0.0;
    for (size_t k = 0; k < x.d; k++) {
        double sum = 0.0;
        for (size_t i = 0; i < x.m; i++) sum += x.mu[i * x.d + k];
        worst = check_worse(worst, fabs(x.g[k] - sum / 16.0));
    }
    CHECK_ROUND(worst, 0.0, 32, 1.0);
    for (size_t i = 0; i < x.m; i++) {
        double mu2 = 0.0;
        for (size_t k = 0; k < x.d; k++) mu2 += x.mu[i * x.d + k] * x.mu[i * x.d + k];
        CHECK_RELATIVE(mu2, x.mu2[i], 1e-13);
    }
    sim_population_free(&x);
}

/* E[|h|^2; rejected]/q over the latents, h = phi - E phi, straight from the features. */
static double wrong_square(const sim_loglinear *t, size_t i)
{
    const double *phi = t->phi + i * t->Y * t->d;
    double P[32];
    double mean[64] = {0};
    double total = 0.0;
    double square = 0.0;
    double q = 0.0;
    for (size_t y = 0; y < t->Y; y++) total += P[y] = exp(t->offset[i * t->Y + y]);
    for (size_t y = 0; y < t->Y; y++)
        for (size_t k = 0; k < t->d; k++) mean[k] += P[y] / total * phi[y * t->d + k];
    for (size_t y = 0; y < t->Y; y++) {
        if (t->accept[i * t->Y + y] > 0.0) continue;
        q += P[y] / total;
        for (size_t k = 0; k < t->d; k++) {
            const double h = phi[y * t->d + k] - mean[k];
            square += P[y] / total * h * h;
        }
    }
    return square / q;
}

static void rejected_scores_have_their_mean_square(void)
{
    sim_shape s = {.m = 12, .Y = 32, .d = 64, .kA = 4, .seed = 11};
    sim_problem p;
    sim_population x;
    CHECK_OK(sim_profile_parse(&s.profile, "easy", NULL));
    CHECK_OK(sim_loglinear_init(&p, &s, 'R', NULL));
    CHECK_OK(sim_population_init(&x, &p));
    for (size_t i = 0; i < s.m; i++)
        CHECK_RELATIVE(x.S2_wrong[i], wrong_square(sim_problem_loglinear(&p), i),
                       1e-12);
    sim_population_free(&x);
    sim_problem_free(&p);
}

static void unknown_names_are_refused(void)
{
    sim_population x;
    ref_why why = {0};
    CHECK_STATUS(sim_population_named(&x, "cubic", "logu3", 16, &why), REF_EUSAGE);
    CHECK(why.text[0] != '\0');
    CHECK(sim_population_named(&x, "tabular", "steep", 16, &why) != REF_OK);
    sim_population_free(&x);
}

SUITE("[spec:sim 4.1][gvm:prop1] exact variance of whole populations", NULL,
      {"gains over uniform come out as tabulated", gains_over_uniform_come_out},
      {"no rule has less variance than the optimum", no_rule_beats_the_optimum},
      {"the mean gradient is the mean of the prompts' gradients",
       mean_gradient_is_the_mean_of_prompts},
      {"rejected scores have the mean square of enumeration",
       rejected_scores_have_their_mean_square},
      {"unknown model and profile names are refused", unknown_names_are_refused});
