/* family_chain_test.c -- the chain's dynamic programming against all S^L paths. */
#include "sim/family.h"

#include "theory-tests/check.h"
#include "theory-tests/check_family.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static sim_problem open_chain(size_t S, const size_t *length, size_t m, double eps,
                              double back)
{
    sim_problem p;
    CHECK_OK(sim_chain_init(&p, S, length, m, eps, back, NULL));
    return p;
}

static size_t power(size_t base, size_t exponent)
{
    return exponent == 0 ? 1 : base * power(base, exponent - 1);
}

/* P(b|a) in plain arithmetic. */
static double step_probability(const double *theta, size_t S, size_t a, size_t b)
{
    double total = 0.0;
    for (size_t k = 0; k < S; k++) total += exp(theta[a * S + k]);
    return exp(theta[a * S + b]) / total;
}

/* Every path of prompt i; path number = its states as digits in base S. */
static void write_paths(check_latents *l, const double *theta, size_t S, size_t L,
                        size_t i)
{
    check_latents_open(l, power(S, L), S * S);
    for (size_t path = 0; path < l->count; path++) {
        size_t a = i % (S - 1), rest = path;
        double *s = l->s + path * S * S;
        l->P[path] = 1.0;
        for (size_t step = 0; step < L; step++, rest /= S) {
            const size_t b = rest % S;
            l->P[path] *= step_probability(theta, S, a, b);
            for (size_t k = 0; k < S; k++)
                s[a * S + k] -= step_probability(theta, S, a, k);
            s[a * S + b] += 1.0;
            a = b;
        }
        l->a[path] = a == (3 * i + 1) % (S - 1) ? 1.0 : 0.0;
        memcpy(l->h + path * S * S, s, S * S * sizeof(double));
    }
}

static double worst_gap(size_t S, const size_t *length, size_t m, uint32_t seed,
                        double scale)
{
    sim_problem p = open_chain(S, length, m, 0.2, 0.05);
    double *block = calloc(p.scratch + 3 * p.d, sizeof *block);
    double worst = 0.0;
    if (block == NULL) return nan("");
    double *theta = block + p.scratch, *mu = theta + p.d, *want_mu = mu + p.d;
    check_random_theta(theta, p.d, seed, scale);
    for (size_t i = 0; i < m; i++) {
        check_latents l;
        sim_moments got;
        write_paths(&l, theta, S, length[i], i);
        const sim_moments want = check_latents_moments(&l, want_mu);
        p.family->moments(&p, theta, i, block, &got, mu);
        CHECK(isnan(got.G1));
        worst = check_worse(worst, check_moments_gap(&got, &want));
        for (size_t k = 0; k < p.d; k++)
            CHECK_NEAR(mu[k], want_mu[k], 1e-13 * (1.0 + fabs(want_mu[k])));
        check_latents_close(&l);
    }
    free(block);
    sim_problem_free(&p);
    return worst;
}

static void moments_are_sums_over_paths(void)
{
    const size_t three[] = {1, 2, 5, 7}, four[] = {3, 6}, five[] = {4, 1};
    double worst = worst_gap(3, three, 4, 5, 1.0);
    worst = check_worse(worst, worst_gap(4, four, 2, 6, 0.7));
    worst = check_worse(worst, worst_gap(5, five, 2, 7, 1.5));
    CLAIM_HOLDS("spec:sim 2.5",
                "The chain's recursion for S2, H2 and mu equals sums over all paths",
                worst, 1e-12);
}

static void gradient_matches_finite_differences(void)
{
    const size_t length[] = {3, 8, 20};
    sim_problem p = open_chain(4, length, 3, 0.1, 0.01);
    double theta[16];
    check_random_theta(theta, 16, 3, 0.6);
    CLAIM_HOLDS("gvm:eq3",
                "grad L is the derivative of L (chain family, central differences)",
                check_gradient_gap(&p, theta, 1e-5), 1e-9);
    sim_problem_free(&p);
}

/* Curvature along random directions stays below max(L/2, 2 L^2). */
static void smoothness_bounds_the_curvature(void)
{
    const size_t length[] = {2, 6};
    sim_problem p = open_chain(3, length, 2, 0.1, 0.01);
    double theta[9], at[9], direction[9], up[9], down[9], loss, worst = -HUGE_VAL;
    for (uint32_t draw = 0; draw < 40; draw++) {
        double norm2 = 0.0, curvature = 0.0;
        check_random_theta(theta, 9, 200 + draw, 0.1 * draw);
        check_random_theta(direction, 9, 300 + draw, 1.0);
        for (size_t k = 0; k < 9; k++) norm2 += direction[k] * direction[k];
        for (size_t k = 0; k < 9; k++) at[k] = theta[k] + 1e-5 * direction[k];
        CHECK_OK(sim_problem_loss(&p, at, &loss, up, NULL, NULL));
        for (size_t k = 0; k < 9; k++) at[k] = theta[k] - 1e-5 * direction[k];
        CHECK_OK(sim_problem_loss(&p, at, &loss, down, NULL, NULL));
        for (size_t k = 0; k < 9; k++)
            curvature += direction[k] * (up[k] - down[k]) / 2e-5;
        worst = check_worse(worst, fabs(curvature) / norm2 - p.family->smoothness(&p));
    }
    CHECK_EQUAL(p.family->smoothness(&p), (8.0 + 72.0) / 2.0);
    CLAIM_HOLDS("spec:sim 2.5", "The chain's curvature stays below max(L/2, 2 L^2)",
                worst, 1e-9);
    sim_problem_free(&p);
}

/* Reading of [spec:sim 5.3]: lengths 2..48 span p from .162 to .0032. */
static void the_default_chain_has_the_stated_rates(void)
{
    size_t length[24];
    sim_moments x[24];
    double theta[36], loss;
    for (size_t i = 0; i < 24; i++) length[i] = 2 * (i + 1);
    sim_problem p = open_chain(6, length, 24, 0.1, 1e-3);
    p.family->start(&p, theta);
    CHECK_OK(sim_problem_loss(&p, theta, &loss, NULL, x, NULL));
    CHECK_NEAR(x[0].p, 0.162, 5e-4);
    CHECK_NEAR(x[23].p, 0.0032, 5e-5);
    sim_problem_free(&p);
}

/* With back = 1e-300 a path that errs once is lost: log p = L log(1-eps) - log 5, far
 * below the smallest double. */
static void long_chains_stay_finite(void)
{
    const size_t length = 6000;
    sim_problem p = open_chain(6, &length, 1, 0.1, 1e-3);
    double theta[36], g[36], loss;
    sim_moments x;
    p.family->start(&p, theta);
    CHECK_OK(sim_problem_loss(&p, theta, &loss, g, &x, NULL));
    CHECK(isfinite(x.S2) && isfinite(x.H2) && x.S2 >= x.mu2);
    sim_problem_free(&p);

    p = open_chain(6, &length, 1, 0.5, 1e-300);
    p.family->start(&p, theta);
    CHECK_OK(sim_problem_loss(&p, theta, &loss, g, &x, NULL));
    CHECK_RELATIVE(x.log_p, 6000.0 * log(0.5) - log(5.0), 1e-13);
    CHECK_EQUAL(x.p, 0.0);
    CHECK(isfinite(x.S2) && isfinite(x.mu2) && isfinite(x.H2));
    /* the posterior never errs: 6000 good steps over 5 x 5 equal cells, less P */
    double error_column = 0.0;
    for (size_t a = 0; a < 5; a++) error_column += g[a * 6 + 5];
    CHECK_RELATIVE(error_column, 6000.0 * 0.5, 1e-12);
    CLAIM_HOLDS(
        "spec:sim 2.5",
        "log p of a chain of 6000 steps, about -4160, loses no digits to underflow",
        fabs(x.log_p / (6000.0 * log(0.5) - log(5.0)) - 1.0), 1e-13);
    sim_problem_free(&p);
}

/* Frequencies of the first step, and |s| and s of each drawn path. */
static void draws_are_paths(void)
{
    const size_t length[] = {4, 5};
    sim_problem p = open_chain(3, length, 2, 0.3, 0.2);
    double theta[9], scratch[200], P[3], g[9];
    uint32_t latent[5];
    check_random_theta(theta, 9, 8, 0.8);
    for (size_t b = 0; b < 3; b++) P[b] = step_probability(theta, 3, 1, b);
    const check_draws d = check_draw_frequencies(&p, theta, 1, P, 3, 20000);
    CLAIM_SAMPLED("spec:sim 2.5", "Draws of the chain follow its first step", d.z,
                  "uniform draws", d.z_uniform);

    const ref_rng_stream stream = {.seed = 3, .stream = 1, .prompt = 0};
    CHECK(p.scratch <= 200);
    p.family->open(&p, theta, 0, scratch);
    check_latents l;
    write_paths(&l, theta, 3, 4, 0);
    for (uint32_t j = 0; j < 50; j++) {
        const double a = p.family->draw(&p, 0, scratch, &stream, j, latent);
        size_t path = 0;
        for (size_t step = 4; step-- > 0;) path = 3 * path + latent[step];
        CHECK_EQUAL(a, l.a[path]);
        memset(g, 0, sizeof g);
        p.family->add_score(&p, 0, scratch, latent, 0.75, 0.25, g);
        double norm2 = 0.0;
        for (size_t k = 0; k < 9; k++) {
            CHECK_NEAR(g[k], l.s[path * 9 + k], 1e-14);
            norm2 += g[k] * g[k];
        }
        CHECK_NEAR(p.family->score_norm(&p, 0, scratch, latent), sqrt(norm2), 1e-14);
    }
    check_latents_close(&l);
    sim_problem_free(&p);
}

static void accepted_paths_have_the_computed_rate(void)
{
    const size_t length = 12;
    sim_problem p = open_chain(6, &length, 1, 0.1, 1e-3);
    double *block = calloc(p.scratch + 36, sizeof *block);
    uint32_t latent[12];
    sim_moments x;
    const uint32_t draws = 20000;
    double hits = 0.0;
    if (block == NULL) return;
    double *theta = block + p.scratch;
    p.family->start(&p, theta);
    p.family->moments(&p, theta, 0, block, &x, NULL);
    p.family->open(&p, theta, 0, block);
    const ref_rng_stream stream = {.seed = 4, .stream = 1};
    for (uint32_t j = 0; j < draws; j++)
        hits += p.family->draw(&p, 0, block, &stream, j, latent);
    const double se = sqrt(draws * x.p * x.q), wrong = pow(0.9, 12.0);
    CLAIM_SAMPLED("spec:sim 2.5", "Paths are accepted at the rate the recursion gives",
                  (hits - draws * x.p) / se, "any good state accepted, (1-eps)^L",
                  (hits - draws * wrong) / se);
    free(block);
    sim_problem_free(&p);
}

static void bad_chains_are_refused(void)
{
    sim_problem p;
    const size_t good = 3, none = 0, huge = 10000000;
    CHECK_STATUS(sim_chain_init(&p, 2, &good, 1, 0.1, 0.1, NULL), REF_ESHAPE);
    CHECK_STATUS(sim_chain_init(&p, 65, &good, 1, 0.1, 0.1, NULL), REF_ESHAPE);
    CHECK_STATUS(sim_chain_init(&p, 4, &good, 0, 0.1, 0.1, NULL), REF_ESHAPE);
    CHECK_STATUS(sim_chain_init(&p, 4, &none, 1, 0.1, 0.1, NULL), REF_ESHAPE);
    CHECK_STATUS(sim_chain_init(&p, 4, &huge, 1, 0.1, 0.1, NULL), REF_ESHAPE);
    CHECK_STATUS(sim_chain_init(&p, 4, &good, 1, 0.0, 0.1, NULL), REF_EDOM);
    CHECK_STATUS(sim_chain_init(&p, 4, &good, 1, 0.1, nan(""), NULL), REF_EDOM);
    CHECK_OK(sim_chain_init(&p, 4, &good, 1, 0.1, 0.1, NULL));
    double theta[16];
    p.family->start(&p, theta);
    CHECK_STATUS(sim_problem_minimise(&p, theta, 1e-9, NULL), REF_EUNSUPPORTED);
    CHECK(sim_problem_loglinear(&p) == NULL);
    sim_problem_free(&p);
}

SUITE("[spec:sim 2.5] sequential chain", NULL,
      {"moments are sums over paths", moments_are_sums_over_paths},
      {"gradient matches finite differences", gradient_matches_finite_differences},
      {"smoothness bounds the curvature", smoothness_bounds_the_curvature},
      {"the default chain has the stated rates",
       the_default_chain_has_the_stated_rates},
      {"long chains stay finite", long_chains_stay_finite},
      {"draws are paths", draws_are_paths},
      {"accepted paths have the computed rate", accepted_paths_have_the_computed_rate},
      {"bad chains are refused", bad_chains_are_refused});
