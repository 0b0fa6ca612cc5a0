/* block_test.c -- the block engine: bits of every kernel, its exponential, its draws. */
#include "sim/block.h"
#include "theory-tests/check.h"

#include <float.h>
#include <math.h>
#include <mpfr.h>
#include <stdlib.h>
#include <string.h>

/* A frustrated problem of odd sizes, so that every tile has a remainder. */
static bool odd_problem(sim_problem *p, size_t m, size_t Y, size_t d)
{
    sim_shape shape = {.m = m, .Y = Y, .d = d, .kA = 2, .lambda = 1e-3, .seed = 11};
    return CHECK_OK(sim_profile_parse(&shape.profile, "U>=1e-3", NULL))
           && CHECK_OK(sim_loglinear_init(p, &shape, 'F', NULL));
}

/* theta (d,8), different in every lane. */
static double *lanes_of_theta(size_t d, double scale)
{
    double *theta = sim_aligned(d * SIM_LANES);
    for (size_t k = 0; theta != NULL && k < d * SIM_LANES; k++)
        theta[k] = scale * ref_rng_feature_gauss(5, 0, 0, 0, (uint32_t)k);
    return theta;
}

/* Everything a kernel can do, once: fixed draws, draws until success, uneven lanes. */
static void exercise(sim_sampler *s, const double *theta, double *g)
{
    sim_order fixed = {.seed = 7, .stream = 1, .step = 3, .replica = 40};
    sim_order until = {.seed = 7, .stream = 1, .step = 3, .replica = 40};
    double accepted[SIM_LANES];
    double all[SIM_LANES];
    for (size_t l = 0; l < SIM_LANES; l++) {
        fixed.limit[l] = (double)(l == 5 ? 0 : 3 + l);
        fixed.successes[l] = HUGE_VAL;
        until.limit[l] = 50.0;
        until.successes[l] = (double)(l % 4);
        accepted[l] = 0.3 + (double)l;
        all[l] = -0.1 * (double)l;
    }
    sim_sampler_reset(s);
    for (size_t i = 0; i < s->problem->m; i++) {
        s->ops->open(s, i, theta, i % 2 == 0);
        s->ops->draw(s, i, &fixed);
        s->ops->draw(s, i, &until);
        if (i % 3 == 0) s->ops->clear(s, i, 2);
        s->ops->add(s, i, accepted, all, g);
    }
}

static void every_kernel_gives_the_bits_of_the_plain_one(void)
{
    static const size_t size[][3] = {{7, 13, 11}, {5, 16, 12}, {4, 3, 1}, {3, 33, 17}};
    double worst = 0.0;
    for (size_t c = 0; c < sizeof size / sizeof size[0]; c++) {
        const size_t m = size[c][0];
        const size_t d = size[c][2];
        sim_problem p;
        if (!odd_problem(&p, m, size[c][1], d)) return;
        double *theta = lanes_of_theta(d, 3.0);
        double *want = sim_aligned(d * SIM_LANES);
        sim_sampler plain;
        CHECK_OK(sim_sampler_block(&plain, &p, NULL));
        size_t count = 0;
        const sim_block_kernel *const *kernel = sim_block_kernels(&count);
        sim_block_use(&plain, kernel[0]);
        exercise(&plain, theta, want);
        for (size_t k = 1; k < count; k++) {
            if (!kernel[k]->supported()) continue;
            double *got = sim_aligned(d * SIM_LANES);
            sim_sampler s;
            CHECK_OK(sim_sampler_block(&s, &p, NULL));
            sim_block_use(&s, kernel[k]);
            exercise(&s, theta, got);
            const bool same = memcmp(got, want, d * SIM_LANES * sizeof *got) == 0
                              && memcmp(s.tally, plain.tally, m * sizeof *s.tally) == 0
                              && memcmp(s.exact, plain.exact, m * sizeof *s.exact) == 0;
            CHECK(same);
            if (!same) worst = 1.0;
            sim_sampler_free(&s);
            free(got);
        }
        sim_sampler_free(&plain);
        sim_problem_free(&p);
        free(theta);
        free(want);
    }
    CLAIM_HOLDS(
        "spec:sim 9",
        "Every vector kernel of the block engine gives the bits of the plain one",
        worst, 0.0);
}

static void exponential_is_within_one_and_a_half_ulp(void)
{
    mpfr_t x, y;
    mpfr_inits2(120, x, y, (mpfr_ptr)0);
    double worst = 0.0;
    for (uint32_t k = 0; k < 20000; k++) {
        const double u = ref_rng_feature_uniform(3, 0, 0, 0, k);
        const double argument = k % 2 == 0 ? -u : -700.0 * u;
        mpfr_set_d(x, argument, MPFR_RNDN);
        mpfr_exp(y, x, MPFR_RNDN);
        mpfr_div_d(y, y, sim_exp(argument), MPFR_RNDN);
        mpfr_sub_ui(y, y, 1, MPFR_RNDN);
        const double error = fabs(mpfr_get_d(y, MPFR_RNDN));
        worst = check_worse(worst, error);
    }
    mpfr_clears(x, y, (mpfr_ptr)0);
    CHECK_EQUAL(sim_exp(0.0), 1.0);
    CHECK_EQUAL(sim_exp(-1e9), sim_exp(-708.0));
    CHECK(isnan(sim_exp(nan(""))));
    CLAIM_HOLDS("spec:sim 9",
                "The block engine's exponential is within 1.5 x 2^-52 of e^x", worst,
                1.5 * DBL_EPSILON);
}

/* Lane l of a block is replica l of the generic sampler: same draws, and gradients that
 * agree up to rounding, m Y terms of size |phi| each. */
static void a_lane_is_a_replica_of_the_generic_sampler(void)
{
    sim_problem p;
    if (!odd_problem(&p, 9, 13, 11)) return;
    double *theta = lanes_of_theta(p.d, 2.0);
    double *got = sim_aligned(p.d * SIM_LANES);
    sim_sampler block;
    CHECK_OK(sim_sampler_block(&block, &p, NULL));
    exercise(&block, theta, got);
    for (size_t l = 0; l < SIM_LANES; l++) {
        sim_sampler one;
        CHECK_OK(sim_sampler_family(&one, &p, false, NULL));
        double *t = sim_aligned(p.d);
        double *g = sim_aligned(p.d);
        for (size_t k = 0; k < p.d; k++) t[k] = theta[k * SIM_LANES + l];
        const sim_order fixed = {
            7, 1, 3, 40 + (uint32_t)l, {(double)(l == 5 ? 0 : 3 + l)}, {HUGE_VAL}};
        const sim_order until = {7, 1, 3, 40 + (uint32_t)l, {50.0}, {(double)(l % 4)}};
        const double accepted = 0.3 + (double)l;
        const double all = -0.1 * (double)l;
        sim_sampler_reset(&one);
        for (size_t i = 0; i < p.m; i++) {
            one.ops->open(&one, i, t, true);
            one.ops->draw(&one, i, &fixed);
            one.ops->draw(&one, i, &until);
            if (i % 3 == 0 && l == 2) one.ops->clear(&one, i, 0);
            one.ops->add(&one, i, &accepted, &all, g);
            CHECK_EQUAL(one.tally[i].n[0], block.tally[i].n[l]);
            CHECK_EQUAL(one.tally[i].K[0], block.tally[i].K[l]);
            CHECK_ROUND(one.exact[i].p[0], block.exact[i].p[l], 64, one.exact[i].p[0]);
        }
        for (size_t k = 0; k < p.d; k++)
            CHECK_ROUND(g[k], got[k * SIM_LANES + l], 9 * 13 * 8, 8.0 * 50.0 * 9.0);
        sim_sampler_free(&one);
        free(t);
        free(g);
    }
    sim_sampler_free(&block);
    sim_problem_free(&p);
    free(theta);
    free(got);
}

static void fractional_acceptance_is_refused(void)
{
    double phi[2] = {1.0, 2.0};
    double offset[2] = {0.0, 0.0};
    double accept[2] = {0.5, 1.0};
    const sim_loglinear table = {1, 2, 1, phi, offset, accept};
    sim_problem p;
    CHECK_OK(sim_loglinear_from(&p, &table, NULL, 0.0, NULL));
    sim_sampler s;
    CHECK_STATUS(sim_sampler_block(&s, &p, NULL), REF_EUNSUPPORTED);
    CHECK_OK(sim_sampler_init(&s, &p, false, NULL));
    CHECK_EQUAL(s.lanes, 1);
    sim_sampler_free(&s);
    sim_problem_free(&p);
}

SUITE("[spec:sim 9] block engine", NULL,
      {"every kernel gives the bits of the plain one",
       every_kernel_gives_the_bits_of_the_plain_one},
      {"the exponential is within 1.5 ulp", exponential_is_within_one_and_a_half_ulp},
      {"a lane is a replica of the generic sampler",
       a_lane_is_a_replica_of_the_generic_sampler},
      {"fractional acceptance is refused", fractional_acceptance_is_refused});
