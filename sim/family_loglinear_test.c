/* family_loglinear_test.c -- tabular and log-linear problems against plain sums. */
#include "sim/family.h"

#include "theory-tests/check.h"
#include "theory-tests/check_family.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static sim_problem open_problem(char variant, sim_shape s, const char *profile)
{
    sim_problem p = {0};
    CHECK_OK(sim_profile_parse(&s.profile, profile, NULL));
    if (variant == 'A')
        CHECK_OK(sim_tabular_init(&p, &s, NULL));
    else
        CHECK_OK(sim_loglinear_init(&p, &s, variant, NULL));
    return p;
}

/* A 3 x 5 x 4 table with acceptance strictly between 0 and 1 in places. */
static sim_problem soft_problem(void)
{
    static double phi[3 * 5 * 4], offset[15], accept[15], start[4];
    for (uint32_t k = 0; k < 60; k++) phi[k] = ref_rng_feature_gauss(3, 60, 0, 0, k);
    for (uint32_t k = 0; k < 15; k++) {
        offset[k] = 0.3 * ref_rng_feature_gauss(3, 62, 0, 0, k);
        accept[k] = k % 4 == 0 ? (double)(k % 8 == 0) : 0.06 * k;
    }
    check_random_theta(start, 4, 5, 0.4);
    const sim_loglinear t = {3, 5, 4, phi, offset, accept};
    sim_problem p;
    CHECK_OK(sim_loglinear_from(&p, &t, start, 0.02, NULL));
    return p;
}

/* Prompt i of an explicit table, latent by latent, in plain arithmetic. */
static void write_out(check_latents *l, const sim_loglinear *t, const double *theta,
                      size_t i)
{
    double total = 0.0;
    check_latents_open(l, t->Y, t->d);
    for (size_t y = 0; y < t->Y; y++) {
        double logit = t->offset[i * t->Y + y];
        for (size_t k = 0; k < t->d; k++)
            logit += theta[k] * t->phi[(i * t->Y + y) * t->d + k];
        l->P[y] = exp(logit);
        l->a[y] = t->accept[i * t->Y + y];
        total += l->P[y];
    }
    for (size_t y = 0; y < t->Y; y++) l->P[y] /= total;
    for (size_t y = 0; y < t->Y; y++)
        for (size_t k = 0; k < t->d; k++) {
            double mean = 0.0;
            for (size_t z = 0; z < t->Y; z++)
                mean += l->P[z] * t->phi[(i * t->Y + z) * t->d + k];
            l->h[y * t->d + k] = t->phi[(i * t->Y + y) * t->d + k] - mean;
            l->s[y * t->d + k] = l->h[y * t->d + k];
        }
}

static double moments_against_enumeration(const sim_problem *p, const double *theta)
{
    const sim_loglinear *t = sim_problem_loglinear(p);
    double worst = 0.0;
    if (!CHECK(t != NULL)) return nan("");
    double *block = calloc(p->scratch + 2 * p->d, sizeof *block);
    if (block == NULL) return nan("");
    double *mu = block + p->scratch, *want_mu = mu + p->d;
    for (size_t i = 0; i < p->m; i++) {
        check_latents l;
        sim_moments got;
        write_out(&l, t, theta, i);
        const sim_moments want = check_latents_moments(&l, want_mu);
        p->family->moments(p, theta, i, block, &got, mu);
        worst = check_worse(worst, check_moments_gap(&got, &want));
        for (size_t k = 0; k < p->d; k++)
            CHECK_NEAR(mu[k], want_mu[k], 1e-12 * (1.0 + fabs(want_mu[k])));
        check_latents_close(&l);
    }
    free(block);
    return worst;
}

/* property 1 and 5: the posterior mean score is grad log p; scores have mean zero. */
static void moments_are_sums_over_latents(void)
{
    const sim_shape s = {.m = 5, .Y = 6, .d = 3, .kA = 2, .seed = 4, .lambda = 0.1};
    double theta[30], worst = 0.0;
    const char variant[] = "ARF";
    for (size_t v = 0; v < 3; v++) {
        sim_problem p = open_problem(variant[v], s, "logu:.02,.9");
        check_random_theta(theta, p.d, 17, 0.7);
        worst = check_worse(worst, moments_against_enumeration(&p, theta));
        sim_problem_free(&p);
    }
    sim_problem p = soft_problem();
    check_random_theta(theta, p.d, 18, 1.0);
    worst = check_worse(worst, moments_against_enumeration(&p, theta));
    sim_problem_free(&p);
    CLAIM_HOLDS("spec:sim 2.4",
                "Moments of tabular and log-linear problems equal sums over latents",
                worst, 1e-12);
}

static void derivatives_match_finite_differences(void)
{
    const sim_shape s = {.m = 4, .Y = 5, .d = 4, .kA = 2, .seed = 8, .lambda = 0.03};
    double theta[20], gradient = 0.0, hessian = 0.0;
    const char variant[] = "ARFs";
    for (size_t v = 0; v < 4; v++) {
        sim_problem p = variant[v] == 's' ? soft_problem()
                                          : open_problem(variant[v], s, "logu:.05,.9");
        check_random_theta(theta, p.d, 21, 0.8);
        gradient = check_worse(gradient, check_gradient_gap(&p, theta, 1e-5));
        hessian = check_worse(hessian, check_hessian_gap(&p, theta, 1e-5));
        sim_problem_free(&p);
    }
    /* error of a central difference: h^2 L'''/6 + eps |L| / h = 1e-10 at h = 1e-5 */
    CLAIM_HOLDS("gvm:eq3",
                "grad L is the derivative of L (tabular and log-linear families, "
                "central differences)",
                gradient, 1e-9);
    CLAIM_HOLDS("spec:gvm 1.3",
                "Hess L = Cov_P(phi) - Cov_Q(phi) + lambda I for log-linear families "
                "with features phi, policy P and posterior Q",
                hessian, 1e-9);
}

/* property 40 */
static void smoothness_bounds_every_eigenvalue(void)
{
    const sim_shape s = {.m = 3, .Y = 4, .d = 3, .kA = 1, .seed = 9, .lambda = 0.05};
    double theta[12], worst = -HUGE_VAL;
    const char variant[] = "ARF";
    for (size_t v = 0; v < 3; v++) {
        sim_problem p = open_problem(variant[v], s, "logu:.05,.9");
        for (uint32_t draw = 0; draw < 40; draw++) {
            double least, largest;
            check_random_theta(theta, p.d, 100 + draw, 0.2 * draw);
            check_hessian_range(&p, theta, &least, &largest);
            const double size = check_worse(fabs(least), fabs(largest));
            worst = check_worse(worst, size - p.family->smoothness(&p));
        }
        sim_problem_free(&p);
    }
    CLAIM_HOLDS("spec:gvm 1.4",
                "No eigenvalue of Hess L exceeds the certified constant", worst, 1e-12);
}

/* Two equal latents: Cov_P has eigenvalue 1/2, Cov_Q vanishes as Q sits on one. */
static void tabular_bound_is_attained(void)
{
    const double logit[2] = {0.0, 0.0}, accept[2] = {1.0, 0.0};
    sim_problem p;
    double least, largest;
    CHECK_OK(sim_tabular_from(&p, 1, 2, logit, accept, 0.0, NULL));
    check_hessian_range(&p, logit, &least, &largest);
    CHECK_ROUND(largest, 0.5, 4, 1.0);
    CHECK_EQUAL(p.family->smoothness(&p), 0.5);
    sim_problem_free(&p);
}

/* A spelled-out tabular problem is the log-linear problem with one-hot features. */
static void tabular_is_log_linear_with_one_hot_features(void)
{
    const sim_shape s = {.m = 4, .Y = 6, .kA = 2};
    sim_problem a = open_problem('A', s, "logu:.01,.9"), b;
    double theta[24], ga[24], gb[24], la, lb;
    a.family->start(&a, theta);
    CHECK_OK(sim_loglinear_from(&b, sim_problem_loglinear(&a), theta, 0.0, NULL));
    theta[3] += 0.4;
    CHECK_OK(sim_problem_loss(&a, theta, &la, ga, NULL, NULL));
    CHECK_OK(sim_problem_loss(&b, theta, &lb, gb, NULL, NULL));
    CHECK_ROUND(la, lb, 16, la);
    for (size_t k = 0; k < 24; k++) CHECK_NEAR(ga[k], gb[k], 1e-15);
    CHECK_ROUND(sim_problem_loglinear(&a)->phi[25], 1.0, 1, 1.0);
    sim_problem_free(&a);
    sim_problem_free(&b);
}

/* E_P of c_h h vanishes and E_Q of c_s s is mu, both through the drawing interface. */
static void scores_average_to_their_means(void)
{
    const sim_shape s = {.m = 3, .Y = 5, .d = 4, .kA = 2, .seed = 2};
    const char variant[] = "AR";
    for (size_t v = 0; v < 2; v++) {
        sim_problem p = open_problem(variant[v], s, "logu:.05,.9");
        double scratch[64], theta[15], g[15] = {0}, mu[15], G1 = 0.0;
        sim_moments x;
        check_random_theta(theta, p.d, 6, 0.5);
        p.family->moments(&p, theta, 1, scratch, &x, mu);
        p.family->open(&p, theta, 1, scratch);
        const double *accept = sim_problem_loglinear(&p)->accept + s.Y;
        for (uint32_t y = 0; y < s.Y; y++) {
            p.family->add_score(&p, 1, scratch, &y, accept[y] * scratch[y] / x.p,
                                scratch[y], g);
            G1 +=
                accept[y] * scratch[y] / x.p * p.family->score_norm(&p, 1, scratch, &y);
        }
        for (size_t k = 0; k < p.d; k++) CHECK_NEAR(g[k], mu[k], 1e-14);
        CHECK_ROUND(G1, x.G1, 32, x.G1);
        sim_problem_free(&p);
    }
}

/* property 12, first half */
static void draws_follow_the_policy(void)
{
    const sim_shape s = {.m = 3, .Y = 7, .d = 4, .kA = 2, .seed = 2};
    const char variant[] = "AF";
    for (size_t v = 0; v < 2; v++) {
        sim_problem p = open_problem(variant[v], s, "const:.4");
        double theta[21];
        check_latents l;
        check_random_theta(theta, p.d, 6, 0.9);
        write_out(&l, sim_problem_loglinear(&p), theta, 2);
        const check_draws d = check_draw_frequencies(&p, theta, 2, l.P, s.Y, 20000);
        CLAIM_SAMPLED("spec:sim 2.1",
                      variant[v] == 'A'
                          ? "Draws of the tabular family follow its policy"
                          : "Draws of the log-linear family follow its policy",
                      d.z, "uniform draws", d.z_uniform);
        check_latents_close(&l);
        sim_problem_free(&p);
    }
}

static void draw_returns_the_acceptance_of_its_latent(void)
{
    sim_problem p = soft_problem();
    double theta[4], scratch[64];
    const ref_rng_stream stream = {.seed = 1, .stream = 1, .prompt = 2};
    p.family->start(&p, theta);
    p.family->open(&p, theta, 2, scratch);
    for (uint32_t j = 0; j < 200; j++) {
        uint32_t y;
        const double a = p.family->draw(&p, 2, scratch, &stream, j, &y);
        CHECK_EQUAL(a, sim_problem_loglinear(&p)->accept[10 + y]);
        /* the reference sampler, written out */
        const double u = ref_rng_uniform(&stream, j);
        double C = 0.0;
        uint32_t first = 0;
        for (; first < 4; first++) {
            C += scratch[first];
            if (u * scratch[9] < C) break;
        }
        CHECK_EQUAL(y, first);
    }
    sim_problem_free(&p);
}

/* property 50 */
static void bits_do_not_depend_on_threads(void)
{
    const sim_shape s = {.m = 150, .Y = 16, .d = 40, .kA = 3, .seed = 3};
    sim_problem p = open_problem('F', s, "logu3");
    double theta[40], g1[40], g3[40], l1, l3;
    check_random_theta(theta, p.d, 3, 0.3);
    const int before = omp_get_max_threads();
    omp_set_num_threads(1);
    CHECK_OK(sim_problem_loss(&p, theta, &l1, g1, NULL, NULL));
    omp_set_num_threads(3);
    CHECK_OK(sim_problem_loss(&p, theta, &l3, g3, NULL, NULL));
    omp_set_num_threads(before);
    CHECK_EQUAL(l1, l3);
    CHECK_EQUAL(memcmp(g1, g3, sizeof g1), 0);
    sim_problem_free(&p);
}

static void the_profile_is_met_at_the_start(void)
{
    const sim_shape s = {
        .m = 9, .Y = 8, .d = 5, .kA = 3, .seed = 3, .long_is_hard = true};
    const char variant[] = "ARF";
    double rate[9];
    sim_profile f;
    CHECK_OK(sim_profile_parse(&f, "U>=1e-3", NULL));
    CHECK_OK(sim_profile_fill(rate, 9, &f));
    for (size_t v = 0; v < 3; v++) {
        sim_problem p = open_problem(variant[v], s, "U>=1e-3");
        double theta[72], loss;
        sim_moments x[9];
        p.family->start(&p, theta);
        CHECK_OK(sim_problem_loss(&p, theta, &loss, NULL, x, NULL));
        for (size_t i = 0; i < 9; i++) CHECK_RELATIVE(x[i].p, rate[i], 1e-12);
        sim_problem_free(&p);
    }
}

/* The teacher separates: every accepted latent scores above every rejected one. */
static void realisable_problems_can_be_solved(void)
{
    const sim_shape s = {.m = 6, .Y = 8, .d = 4, .kA = 3, .seed = 11};
    sim_problem p = open_problem('R', s, "const:.2");
    double teacher[4], norm = 0.0, scratch[80], zero[4] = {0};
    for (uint32_t k = 0; k < 4; k++) {
        teacher[k] = ref_rng_feature_gauss(11, 2, 0, 0, k);
        norm += teacher[k] * teacher[k];
    }
    CHECK_ROUND(sim_problem_test_accuracy(&p, zero, scratch), 0.2, 64, 1.0);
    for (uint32_t k = 0; k < 4; k++) teacher[k] *= 3e4 / sqrt(norm);
    CHECK(sim_problem_test_accuracy(&p, teacher, scratch) > 0.9999);
    double loss;
    CHECK_OK(sim_problem_loss(&p, teacher, &loss, NULL, NULL, NULL));
    CHECK_AT_MOST(loss, 1e-4);
    const sim_loglinear *test = sim_problem_test_set(&p);
    CHECK_RELATIVE(test->phi[0], ref_rng_feature_gauss(11, 0, 6, 0, 0) / 2.0, 1e-15);
    sim_problem_free(&p);
    CHECK(isnan(sim_problem_test_accuracy(&p, teacher, scratch)));
}

static void large_tabular_problems_keep_no_features(void)
{
    const sim_shape s = {.m = 128, .Y = 32, .kA = 1};
    sim_problem p = open_problem('A', s, "const:.3");
    CHECK(sim_problem_loglinear(&p) == NULL);
    CHECK_EQUAL(p.d, 4096);
    CHECK(sim_problem_test_set(&p) == NULL);
    sim_problem_free(&p);
    sim_problem_free(&p);
}

/* p underflows in the last prompt: log p stays finite; a_i = 0 everywhere is an error. */
static void extremes_are_told_apart(void)
{
    const double logit[4] = {0.0, -800.0, 0.0, 0.0};
    const double hard[4] = {0.0, 1.0, 1.0, 0.0}, hopeless[4] = {1.0, 0.0, 0.0, 0.0};
    sim_problem p;
    sim_moments x[2];
    ref_why why = {{0}};
    double loss, g[4] = {7.0, 7.0, 7.0, 7.0};
    CHECK_OK(sim_tabular_from(&p, 2, 2, logit, hard, 0.0, NULL));
    CHECK_OK(sim_problem_loss(&p, logit, &loss, NULL, x, NULL));
    CHECK_RELATIVE(x[0].log_p, -800.0, 1e-15);
    CHECK_NEAR(x[0].S2, 2.0, 1e-14);
    CHECK_EQUAL(x[0].v, 0.0);
    sim_problem_free(&p);
    CHECK_OK(sim_tabular_from(&p, 2, 2, logit, hopeless, 0.0, NULL));
    CHECK_STATUS(sim_problem_loss(&p, logit, &loss, g, NULL, &why), REF_ENONFINITE);
    CHECK(strstr(why.text, "prompt 1") != NULL);
    CHECK_EQUAL(g[0], 7.0);
    sim_problem_free(&p);
}

static void bad_shapes_are_refused(void)
{
    ref_why why = {{0}};
    sim_problem p;
    sim_shape s = {
        .m = 3, .Y = 4, .d = 2, .kA = 4, .profile = {SIM_PROFILE_CONST, 0.3, 0, 0}};
    CHECK_STATUS(sim_loglinear_init(&p, &s, 'F', &why), REF_ESHAPE);
    s.kA = 1;
    CHECK_STATUS(sim_loglinear_init(&p, &s, 'X', &why), REF_EUSAGE);
    s.lambda = nan("");
    CHECK_STATUS(sim_loglinear_init(&p, &s, 'R', &why), REF_EDOM);
    s.lambda = 0.0;
    s.profile.a = 1.0;
    CHECK_STATUS(sim_tabular_init(&p, &s, &why), REF_EDOM);
    s.profile.a = 1.5;
    CHECK_STATUS(sim_tabular_init(&p, &s, &why), REF_EDOM);
    s.profile.a = 0.5;
    s.m = SIZE_MAX / 2;
    CHECK_STATUS(sim_tabular_init(&p, &s, &why), REF_ESHAPE);
    double phi[2] = {0.0, nan("")}, offset[2] = {0.0, 0.0}, accept[2] = {1.0, 1.5};
    sim_loglinear t = {1, 2, 1, phi, offset, accept};
    CHECK_STATUS(sim_loglinear_from(&p, &t, NULL, 0.0, &why), REF_EDOM);
    CHECK(strstr(why.text, "phi[1][0]") != NULL);
    phi[1] = 1.0;
    CHECK_STATUS(sim_loglinear_from(&p, &t, NULL, 0.0, &why), REF_EDOM);
    CHECK(strstr(why.text, "accept[0][1]") != NULL);
    t.Y = 0;
    CHECK_STATUS(sim_loglinear_from(&p, &t, NULL, 0.0, &why), REF_ESHAPE);
    CHECK_STATUS(sim_tabular_from(&p, 1, 2, offset, accept, -1.0, &why), REF_EDOM);
    CHECK(p.family == NULL);
}

SUITE("[spec:sim 2.3][spec:sim 2.4][spec:gvm 1.4][gvm:eq3] enumerable families", NULL,
      {"moments are sums over latents", moments_are_sums_over_latents},
      {"derivatives match finite differences", derivatives_match_finite_differences},
      {"the smoothness constant bounds every eigenvalue",
       smoothness_bounds_every_eigenvalue},
      {"the tabular bound is attained", tabular_bound_is_attained},
      {"tabular is log-linear with one-hot features",
       tabular_is_log_linear_with_one_hot_features},
      {"scores average to their means", scores_average_to_their_means},
      {"draws follow the policy", draws_follow_the_policy},
      {"a draw returns the acceptance of its latent",
       draw_returns_the_acceptance_of_its_latent},
      {"bits do not depend on threads", bits_do_not_depend_on_threads},
      {"the profile is met at the start", the_profile_is_met_at_the_start},
      {"realisable problems can be solved", realisable_problems_can_be_solved},
      {"large tabular problems keep no features",
       large_tabular_problems_keep_no_features},
      {"extremes are told apart", extremes_are_told_apart},
      {"bad shapes are refused", bad_shapes_are_refused});
