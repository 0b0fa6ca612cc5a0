/* spec_sim_6_laws.c -- the sampler and the estimators against their exact laws: tests U1, U2
 * and U7 of the specification, on the frustrated problem m = 64, Y = 16, d = 12. */
#include "sim/em.h"
#include "theory-tests/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { M = 64, D = 12 };

static bool open_problem(sim_problem *p, const char *profile)
{
    sim_shape s = {.m = M, .Y = 16, .d = D, .kA = 3, .lambda = 0.0, .seed = 11};
    return CHECK_OK(sim_profile_parse(&s.profile, profile, NULL))
           && CHECK_OK(sim_loglinear_init(p, &s, 'F', NULL));
}

/* Exact moments and gradients of every prompt at theta = 0. */
typedef struct truth {
    sim_moments x[M];
    double mu[M][D];
} truth;

static void exact_truth(truth *t, const sim_problem *p)
{
    double theta[D] = {0};
    double *scratch = calloc(p->scratch, sizeof *scratch);
    for (size_t i = 0; i < M; i++)
        p->family->moments(p, theta, i, scratch, &t->x[i], t->mu[i]);
    free(scratch);
}

/* Mean and mean squared distance from `centre` of many estimates at theta = 0. */
typedef struct sample {
    size_t R;
    double mean[D], var[D]; /* of each coordinate */
    double total, total_se; /* E|g - centre|^2 */
    double draws;           /* per prompt and estimate */
} sample;

static void draw_sample(sample *out, const sim_problem *p, const sim_method *method,
                        const double *centre, size_t blocks)
{
    sim_estimator e;
    *out = (sample){0};
    CHECK_OK(sim_estimator_init(&e, p, method, 20, 0, NULL));
    double *theta = sim_aligned(D * SIM_LANES);
    double *g = sim_aligned(D * SIM_LANES);
    double square[D] = {0};
    double total2 = 0.0;
    for (size_t step = 0; step < blocks; step++) {
        if (!CHECK_OK(sim_estimate(&e, g, theta, (uint32_t)step, NULL, 0, NULL))) break;
        for (size_t l = 0; l < SIM_LANES; l++) {
            double distance = 0.0;
            out->draws += e.draws[l] / M;
            for (size_t k = 0; k < D; k++) {
                const double x = g[k * SIM_LANES + l] - centre[k];
                out->mean[k] += x; /* shifted: no cancellation in the variance */
                square[k] += x * x;
                distance += x * x;
            }
            out->total += distance;
            total2 += distance * distance;
        }
    }
    const double R = (double)(blocks * SIM_LANES);
    out->R = blocks * SIM_LANES;
    out->draws /= R;
    out->total /= R;
    out->total_se = sqrt((total2 / R - out->total * out->total) / R);
    for (size_t k = 0; k < D; k++) {
        out->mean[k] /= R;
        out->var[k] = square[k] / R - out->mean[k] * out->mean[k];
        out->mean[k] += centre[k];
    }
    sim_estimator_free(&e);
    free(theta);
    free(g);
}

/* (1/m) sum omega_i mu_i, omega by estimator and draws. */
static void exact_mean(double *mean, const truth *t, ref_reject_estimator e, double n)
{
    memset(mean, 0, D * sizeof *mean);
    for (size_t i = 0; i < M; i++) {
        const sim_moments *x = &t->x[i];
        const ref_reject_moments r = {x->p, x->S2, x->mu2, x->v, x->H2, x->HR, x->W2};
        const double omega =
            e == REF_REJECT_RRIS ? 1.0 : ref_reject_exact(e, &r, n, 1.0 / n).omega;
        for (size_t k = 0; k < D; k++) mean[k] += omega * t->mu[i][k] / M;
    }
}

/* Largest |z| over coordinates; 4.9 + .5 log10(D) keeps the false alarm below 1e-6. */
static double worst_z(const sample *s, const double *mean)
{
    double worst = 0.0;
    for (size_t k = 0; k < D; k++) {
        const double z = fabs(s->mean[k] - mean[k]) / sqrt(s->var[k] / (double)s->R);
        worst = check_worse(worst, z);
    }
    return worst;
}

static const double u1_slack = 0.53959062302381236; /* .5 log10(12) */

static void means_are_exact(void)
{
    static const struct {
        const char *name, *claim;
    } tried[] = {
        {"uniform-iw",
         "U1: the importance-weighted estimator IW at 8 draws per prompt has "
         "the mean (1/m) sum mu_i"},
        {"uniform-sn",
         "U1: the self-normalised estimator SN at 8 draws per prompt has the "
         "mean (1/m) sum (1-q_i^8) mu_i"},
        {"uniform-loo",
         "U1: the leave-one-out estimator LOO at 8 draws per prompt has the "
         "mean (1/m) sum (1-q_i^7) mu_i"},
        {"rris-oracle",
         "U7: Russian-roulette inverse sampling (RRIS) without truncation "
         "has the mean (1/m) sum mu_i"},
    };
    sim_problem p;
    static truth t;
    if (!open_problem(&p, "U>=1e-2")) return;
    exact_truth(&t, &p);
    for (size_t q = 0; q < 4; q++) {
        sim_method method = *sim_method_find(tried[q].name);
        method.cap = 100000; /* RRIS without truncation */
        double want[D];
        double wrong[D];
        exact_mean(want, &t, method.estimator, method.draws);
        /* wrong alternatives: the zero-success factor left out, or put in */
        const ref_reject_estimator other =
            method.estimator == REF_REJECT_SN || method.estimator == REF_REJECT_LOO
                ? REF_REJECT_RRIS
                : REF_REJECT_SN;
        exact_mean(wrong, &t, other, method.draws);
        sample s;
        draw_sample(&s, &p, &method, want, 2500);
        const double z = worst_z(&s, want) - u1_slack;
        const double z_wrong = worst_z(&s, wrong);
        CLAIM_SAMPLED("spec:sim 6", tried[q].claim, z,
                      "the zero-success factor 1-q^n left out (IW, RRIS: put in)",
                      z_wrong);
    }
    sim_problem_free(&p);
}

/* Mean and total variance of (1/m) sum g_i with n_i draws of prompt i. */
static double exact_law(double *mean, const truth *t, ref_reject_estimator e,
                        const double *n)
{
    double total = 0.0;
    double variance = 0.0;
    for (size_t i = 0; i < M; i++) total += n[i];
    memset(mean, 0, D * sizeof *mean);
    for (size_t i = 0; i < M; i++) {
        const sim_moments *x = &t->x[i];
        const ref_reject_moments r = {x->p, x->S2, x->mu2, x->v, x->H2, x->HR, x->W2};
        const ref_reject_law law = ref_reject_exact(e, &r, n[i], M / total);
        variance += law.variance / (M * M);
        for (size_t k = 0; k < D; k++) mean[k] += law.omega * t->mu[i][k] / M;
    }
    return variance;
}

static void variances_are_exact(void)
{
#define WHOLE                                                                          \
    " over a problem of 64 prompts, 5 to 11 draws each, is the sum of its prompts'"
    static const struct {
        ref_reject_estimator estimator;
        const char *claim;
    } tried[] = {
        {REF_REJECT_IW, "U2: the total variance of IW" WHOLE},
        {REF_REJECT_SN, "U2: the total variance of SN" WHOLE},
        {REF_REJECT_LOO, "U2: the total variance of LOO" WHOLE},
        {REF_REJECT_POOL, "U2: the total variance of the pooled estimator POOL" WHOLE},
    };
#undef WHOLE
    sim_problem p;
    static truth t;
    double n[M];
    if (!open_problem(&p, "const:.3")) return;
    exact_truth(&t, &p);
    for (size_t i = 0; i < M; i++) n[i] = 5.0 + (double)(i % 7); /* 509 in all */
    for (size_t q = 0; q < 4; q++) {
        const sim_method method = {"fixed", tried[q].estimator, "uniform", .draws = 8,
                                   .n = n};
        double mean[D];
        const double want = exact_law(mean, &t, tried[q].estimator, n);
        sample s;
        draw_sample(&s, &p, &method, mean, 2500);
        CHECK_NEAR(s.draws, 509.0 / M, 1e-12);
        CLAIM_SAMPLED("spec:sim 6", tried[q].claim, (s.total - want) / s.total_se,
                      "a factor of 1.05", (s.total - 1.05 * want) / s.total_se);
    }
    sim_problem_free(&p);
}

SUITE("[spec:sim 6] estimators against their exact laws", NULL,
      {"U1, U7: means are exact", means_are_exact},
      {"U2: variances are exact", variances_are_exact});
