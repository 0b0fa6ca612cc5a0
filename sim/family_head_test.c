/* family_head_test.c -- the answer head against plain sums, and the numbers of model
 * H-31 in [spec:sim 7]. */
#include "sim/family.h"

#include "theory-tests/check.h"
#include "theory-tests/check_family.h"

#include <math.h>

enum { M = 24, Y = 6, Z = 4, D = 6, SEED = 31 };

static sim_problem open_head(double kappa)
{
    sim_problem p;
    CHECK_OK(sim_head_init(&p, M, Y, Z, D, kappa, SEED, NULL));
    CHECK(p.scratch <= 128 && p.d == 2 * D && p.policy == D);
    return p;
}

/* chi = a + kappa b, straight from the specification's streams. */
static double chi(double kappa, uint32_t i, uint32_t y, uint32_t z, uint32_t k)
{
    return ref_rng_feature_gauss(SEED, 2, i, z, k)
           + kappa * ref_rng_feature_gauss(SEED, 4, i * Y + y, z, k);
}

/* P(z|x_i,y) and its score, by plain exponentials. */
static double answer(const double *psi, double kappa, uint32_t i, uint32_t y, double *r)
{
    double weight[Z], total = 0.0;
    for (uint32_t z = 0; z < Z; z++) {
        double logit = 0.0;
        for (uint32_t k = 0; k < D; k++) logit += psi[k] * chi(kappa, i, y, z, k);
        weight[z] = exp(logit);
        total += weight[z];
    }
    for (uint32_t k = 0; k < D; k++) {
        r[k] = chi(kappa, i, y, i % Z, k);
        for (uint32_t z = 0; z < Z; z++)
            r[k] -= weight[z] / total * chi(kappa, i, y, z, k);
    }
    return weight[i % Z] / total;
}

static void write_out(check_latents *l, const double *theta, double kappa, uint32_t i)
{
    double phi[Y][D], total = 0.0;
    check_latents_open(l, Y, 2 * D);
    for (uint32_t y = 0; y < Y; y++) {
        double logit = y == 0 ? -2.0 : 0.0;
        for (uint32_t k = 0; k < D; k++) {
            phi[y][k] = ref_rng_feature_gauss(SEED, 0, i, y, k) / sqrt(2.0);
            logit += theta[k] * phi[y][k];
        }
        l->P[y] = exp(logit);
        total += l->P[y];
    }
    for (uint32_t y = 0; y < Y; y++) l->P[y] /= total;
    for (uint32_t y = 0; y < Y; y++) {
        double *s = l->s + y * 2 * D, *h = l->h + y * 2 * D;
        l->a[y] = answer(theta + D, kappa, i, y, s + D);
        for (uint32_t k = 0; k < D; k++) {
            h[k] = phi[y][k];
            for (uint32_t x = 0; x < Y; x++) h[k] -= l->P[x] * phi[x][k];
            s[k] = h[k];
        }
    }
}

static void moments_are_sums_over_latents(void)
{
    sim_problem p = open_head(0.7);
    double theta[2 * D], scratch[128], mu[2 * D], want_mu[2 * D], worst = 0.0;
    check_random_theta(theta, 2 * D, 4, 0.8);
    for (uint32_t i = 0; i < M; i += 5) {
        check_latents l;
        sim_moments got;
        write_out(&l, theta, 0.7, i);
        const sim_moments want = check_latents_moments(&l, want_mu);
        p.family->moments(&p, theta, i, scratch, &got, mu);
        worst = check_worse(worst, check_moments_gap(&got, &want));
        for (size_t k = 0; k < 2 * D; k++) CHECK_NEAR(mu[k], want_mu[k], 1e-14);
        check_latents_close(&l);
    }
    CLAIM_HOLDS("spec:sim 2.4", "Moments of the head model equal sums over latents",
                worst, 1e-13);
    sim_problem_free(&p);
}

static void derivatives_match_finite_differences(void)
{
    sim_problem p = open_head(0.5);
    p.lambda = 0.01;
    double theta[2 * D];
    check_random_theta(theta, 2 * D, 5, 1.0);
    CLAIM_HOLDS(
        "gvm:eq3",
        "grad L is the derivative of L (output-head family, central differences)",
        check_gradient_gap(&p, theta, 1e-5), 1e-9);
    CLAIM_HOLDS("spec:gvm 1.3",
                "Louis: Hess L = E_Q of the complete Hessian - Cov_Q(s) (head)",
                check_hessian_gap(&p, theta, 1e-5), 1e-9);
    sim_problem_free(&p);
}

static void smoothness_bounds_every_eigenvalue(void)
{
    sim_problem p = open_head(0.5);
    double theta[2 * D], worst = -HUGE_VAL;
    const double bound = p.family->smoothness(&p);
    for (uint32_t draw = 0; draw < 30; draw++) {
        double least, largest;
        check_random_theta(theta, 2 * D, 40 + draw, 0.2 * draw);
        check_hessian_range(&p, theta, &least, &largest);
        worst = check_worse(worst, check_worse(fabs(least), fabs(largest)) - bound);
    }
    CLAIM_HOLDS("spec:sim 2.4", "The head's certified constant bounds every eigenvalue",
                worst, 1e-12);
    sim_problem_free(&p);
}

static void drawing_agrees_with_the_sums(void)
{
    sim_problem p = open_head(0.5);
    double theta[2 * D], scratch[128], moment_scratch[128], mu[2 * D], g[2 * D] = {0};
    sim_moments x;
    check_latents l;
    p.family->start(&p, theta);
    write_out(&l, theta, 0.5, 7);
    p.family->moments(&p, theta, 7, moment_scratch, &x, mu);
    p.family->open(&p, theta, 7, scratch);
    for (uint32_t y = 0; y < Y; y++) {
        /* E_Q s = mu on both blocks; the h part has mean zero under P */
        p.family->add_score(&p, 7, scratch, &y, l.P[y] * l.a[y] / x.p, 0.3 * l.P[y], g);
        double norm2 = 0.0;
        for (size_t k = 0; k < 2 * D; k++)
            norm2 += l.s[y * 2 * D + k] * l.s[y * 2 * D + k];
        CHECK_NEAR(p.family->score_norm(&p, 7, scratch, &y), sqrt(norm2), 1e-14);
    }
    for (size_t k = 0; k < 2 * D; k++) CHECK_NEAR(g[k], mu[k], 1e-14);
    const check_draws d = check_draw_frequencies(&p, theta, 7, l.P, Y, 20000);
    CLAIM_SAMPLED("spec:sim 2.4", "Draws of the head model follow its policy", d.z,
                  "uniform draws", d.z_uniform);
    const ref_rng_stream stream = {.seed = 2, .stream = 1, .prompt = 7};
    for (uint32_t j = 0; j < 30; j++) {
        uint32_t y;
        const double a = p.family->draw(&p, 7, scratch, &stream, j, &y);
        CHECK_NEAR(a, l.a[y], 1e-15);
    }
    check_latents_close(&l);
    sim_problem_free(&p);
}

static void the_quiet_estimator_is_the_empty_rationale(void)
{
    sim_problem p = open_head(0.5), other = {0};
    double theta[2 * D], scratch[128], g[2 * D];
    check_latents l;
    p.family->start(&p, theta);
    write_out(&l, theta, 0.5, 3);
    CHECK(sim_head_quiet(&p, theta, 3, scratch, g));
    for (size_t k = 0; k < D; k++) {
        CHECK_EQUAL(g[k], 0.0);
        CHECK_NEAR(g[D + k], l.s[D + k], 1e-15);
    }
    CHECK(!sim_head_quiet(&other, theta, 3, scratch, g));
    check_latents_close(&l);
    sim_problem_free(&p);
}

static void newton_finds_a_minimum(void)
{
    sim_problem p = open_head(0.5);
    double theta[2 * D], g[2 * D], loss, least, largest, norm2 = 0.0;
    p.lambda = 0.05;
    p.family->start(&p, theta);
    CHECK_OK(sim_problem_minimise(&p, theta, 1e-10, NULL));
    CHECK_OK(sim_problem_loss(&p, theta, &loss, g, NULL, NULL));
    for (size_t k = 0; k < 2 * D; k++) norm2 += g[k] * g[k];
    CHECK_AT_MOST(norm2, 1e-20);
    check_hessian_range(&p, theta, &least, &largest);
    CHECK(least > 0.0);
    CHECK_STATUS(sim_problem_minimise(&p, theta, 0.0, NULL), REF_EDOM);
    sim_problem_free(&p);
}

static void bad_heads_are_refused(void)
{
    sim_problem p;
    CHECK_STATUS(sim_head_init(&p, 0, 2, 2, 2, 0.5, 1, NULL), REF_ESHAPE);
    CHECK_STATUS(sim_head_init(&p, 1, 2, 1, 2, 0.5, 1, NULL), REF_ESHAPE);
    CHECK_STATUS(sim_head_init(&p, SIZE_MAX, SIZE_MAX, 2, 2, 0.5, 1, NULL), REF_ESHAPE);
    CHECK_STATUS(sim_head_init(&p, 1, 2, 2, 2, nan(""), 1, NULL), REF_EDOM);
}

SUITE("[spec:sim 2.4] answer head", NULL,
      {"moments are sums over latents", moments_are_sums_over_latents},
      {"derivatives match finite differences", derivatives_match_finite_differences},
      {"smoothness bounds every eigenvalue", smoothness_bounds_every_eigenvalue},
      {"drawing agrees with the sums", drawing_agrees_with_the_sums},
      {"the quiet estimator is the empty rationale",
       the_quiet_estimator_is_the_empty_rationale},
      {"Newton finds a minimum", newton_finds_a_minimum},
      {"bad heads are refused", bad_heads_are_refused});
