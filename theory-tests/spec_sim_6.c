/* spec_sim_6.c -- the problem behind the rate checks: curvature, noise, floors. */
#include "sim/exact_moments.h"

#include "theory-tests/check.h"
#include "theory-tests/check_family.h"

#include <gsl/gsl_eigen.h>
#include <math.h>

enum { M = 64, Y = 16, D = 8 };

typedef struct rate_problem {
    sim_problem p;
    double theta[D];
    sim_exact e;
} rate_problem;

static void rate_open(rate_problem *r)
{
    sim_shape s = {.m = M, .Y = Y, .d = D, .kA = 3, .lambda = 0.05, .seed = 21};
    *r = (rate_problem){0};
    CHECK_OK(sim_profile_parse(&s.profile, "U>=.01", NULL));
    CHECK_OK(sim_loglinear_init(&r->p, &s, 'F', NULL));
    CHECK_OK(sim_problem_minimise(&r->p, r->theta, 1e-12, NULL));
    CHECK_OK(sim_exact_open(&r->e, &r->p, r->theta, NULL));
}

static void rate_close(rate_problem *r)
{
    sim_exact_close(&r->e);
    sim_problem_free(&r->p);
}

static void gap_and_curvature(void)
{
    rate_problem r;
    double zero[D] = {0}, L0 = nan(""), least, largest;
    rate_open(&r);
    CHECK_OK(sim_problem_loss(&r.p, zero, &L0, NULL, NULL, NULL));
    check_hessian_range(&r.p, r.theta, &least, &largest);
    CLAIM_HOLDS("spec:sim 6",
                "The rate problem (m = 64, Y = 16, d = 8) starts .034662139 above its "
                "least loss",
                fabs(L0 - r.e.loss - .034662139), 5e-10);
    CLAIM_HOLDS("spec:sim 6",
                "The rate problem's Hessian has eigenvalues from .049582 to .099954 at "
                "the minimum",
                check_worse(fabs(least - .049582), fabs(largest - .099954)), 5e-7);
    CLAIM_HOLDS("spec:sim 6", "The rate problem's certified smoothness is 1.3316",
                fabs(r.e.smoothness - 1.3316), 5e-5);
    rate_close(&r);
}

/* rule, tr Sigma, floor at eta = 1/8, 1/4, 1/2, 1 as printed */
static const struct {
    const char *rule;
    double trace, floor[4];
} printed[] = {
    {"uniform", .0284435, {.0008926, .0017926, .0036154, .0073550}},
    {"G/sqrt p", .0131420, {.0004124, .0008284, .0016711, .0034012}},
    {"1/sqrt p", .0134789, {.0004230, .0008496, .0017138, .0034876}},
    {"G/p", .0193115, {.0006061, .0012175, .0024564, .0050009}},
    {"G sqrt p", .1045338, {.0032803, .0065879, .0132869, .0270300}},
};

static double weight(size_t rule, double p, double G)
{
    const double w[] = {1.0, G / sqrt(p), 1.0 / sqrt(p), G / p, G * sqrt(p)};
    return w[rule];
}

/* The printed numbers are of whole draws: largest remainder at 8 per prompt, then no
 * prompt below one draw. (Only G/p has prompts below one; it spends 527 for 512.) */
static void draws_of_rule(double *n, const sim_exact *e, size_t rule)
{
    double w[M], rest[M], total = 0.0, left = 8.0 * M;
    for (size_t i = 0; i < M; i++) {
        w[i] = weight(rule, e->p[i], e->G[i]);
        total += w[i];
    }
    for (size_t i = 0; i < M; i++) {
        const double share = 8.0 * M * w[i] / total;
        n[i] = floor(share);
        rest[i] = share - n[i];
        left -= n[i];
    }
    for (; left > 0.5; left -= 1.0) {
        size_t best = 0;
        for (size_t i = 1; i < M; i++)
            if (rest[i] > rest[best]) best = i;
        n[best] += 1.0;
        rest[best] = -1.0;
    }
    for (size_t i = 0; i < M; i++) n[i] = fmax(n[i], 1.0);
}

/* Sigma (D,D) = (1/m^2) sum_i (E_Q[s s']/p_i - mu_i mu_i') / n_i, latent by latent. */
static void covariance(double *sigma, const rate_problem *r, const double *n)
{
    double scratch[256], s[D];
    CHECK(r->p.scratch <= 256);
    for (size_t k = 0; k < D * D; k++) sigma[k] = 0.0;
    for (size_t i = 0; i < M; i++) {
        const double p = r->e.p[i], weight_i = 1.0 / (n[i] * M * M);
        const double *mu = r->e.mu + i * D;
        r->p.family->open(&r->p, r->theta, i, scratch);
        for (uint32_t y = 0; y < 3; y++) { /* the accepted latents */
            for (size_t k = 0; k < D; k++) s[k] = 0.0;
            r->p.family->add_score(&r->p, i, scratch, &y, 1.0, 0.0, s);
            for (size_t j = 0; j < D; j++)
                for (size_t k = 0; k < D; k++)
                    sigma[j * D + k] += weight_i * scratch[y] / (p * p) * s[j] * s[k];
        }
        for (size_t j = 0; j < D; j++)
            for (size_t k = 0; k < D; k++) sigma[j * D + k] -= weight_i * mu[j] * mu[k];
    }
}

static void traces_of_five_allocations(void)
{
    rate_problem r;
    double n[M], sigma[D * D], worst = 0.0, worst_matrix = 0.0;
    rate_open(&r);
    for (size_t k = 0; k < 5; k++) {
        double trace = 0.0;
        draws_of_rule(n, &r.e, k);
        covariance(sigma, &r, n);
        for (size_t j = 0; j < D; j++) trace += sigma[j * D + j];
        const double V = sim_exact_variance(&r.e, n);
        worst = check_worse(worst, fabs(V - printed[k].trace));
        worst_matrix = check_worse(worst_matrix, fabs(trace / V - 1.0));
    }
    CLAIM_HOLDS("spec:sim 6",
                "tr Sigma, the variance of the mean IW gradient, equals the printed "
                "values for five allocations of 8 draws per prompt",
                worst, 5e-8);
    CLAIM_HOLDS("gvm:lemma1", "The IW variance is the trace of the covariance matrix",
                worst_matrix, 1e-12);
    rate_close(&r);
}

/* E L - L* = (eta/2) sum_j Sigma_jj / (2 - eta h_j) in the eigenbasis of H. */
static double stationary_floor(double eta, const double *sigma, const gsl_vector *value,
                               const gsl_matrix *vector)
{
    double total = 0.0;
    for (size_t j = 0; j < D; j++) {
        double along = 0.0;
        for (size_t a = 0; a < D; a++)
            for (size_t b = 0; b < D; b++)
                along += gsl_matrix_get(vector, a, j) * sigma[a * D + b]
                         * gsl_matrix_get(vector, b, j);
        total += along / (2.0 - eta * gsl_vector_get(value, j));
    }
    return 0.5 * eta * total;
}

static void floors_of_five_allocations(void)
{
    rate_problem r;
    double n[M], sigma[D * D], worst = 0.0;
    rate_open(&r);
    gsl_matrix *h = gsl_matrix_alloc(D, D), *vector = gsl_matrix_alloc(D, D);
    gsl_vector *value = gsl_vector_alloc(D);
    gsl_eigen_symmv_workspace *w = gsl_eigen_symmv_alloc(D);
    CHECK_OK(r.p.family->hessian(&r.p, r.theta, h->data));
    CHECK_EQUAL(gsl_eigen_symmv(h, value, vector, w), 0);
    for (size_t k = 0; k < 5; k++) {
        draws_of_rule(n, &r.e, k);
        covariance(sigma, &r, n);
        for (size_t step = 0; step < 4; step++)
            worst = check_worse(
                worst,
                fabs(stationary_floor(0.125 * (double)(1 << step), sigma, value, vector)
                     - printed[k].floor[step]));
    }
    CLAIM_HOLDS("spec:sim 6",
                "The noise floors (eta/2) sum Sigma_jj/(2 - eta h_j) of five "
                "allocations at four step sizes equal the printed values",
                worst, 5e-8);
    gsl_eigen_symmv_free(w);
    gsl_vector_free(value);
    gsl_matrix_free(vector);
    gsl_matrix_free(h);
    rate_close(&r);
}

SUITE("[spec:sim 6] rate checks: exact side", NULL,
      {"gap and curvature", gap_and_curvature},
      {"traces of five allocations", traces_of_five_allocations},
      {"floors of five allocations", floors_of_five_allocations});
