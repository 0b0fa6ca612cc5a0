/* spec_sim_3_3.c -- Russian-roulette inverse sampling: exact law, cost, sampling. */
#include "ref/reject.h"

#include "theory-tests/check.h"
#include "theory-tests/finite_model.h"

#include <math.h>
#include <string.h>

enum { MODELS = 18, LONGEST = 7 };

/* One or two of three or four latents pass; p is not small, so that tails end. */
static void make(finite_model *f, uint32_t seed)
{
    const finite_shape shape = {1, 3 + seed % 2, 3, 1 + seed / 2 % 2, 2500 + seed};
    double theta[FINITE_D];
    finite_model_init(f, &shape);
    finite_model_theta(f, theta, 0.6, 0);
    finite_model_at(f, theta);
}

typedef struct law_sums {
    ref_sum mean[FINITE_D], second, cost, mass;
} law_sums;

/* A run that has drawn `draws` rejected latents, whose scores sum to h. */
static void follow(const finite_model *f, const ref_reject_roulette *r, size_t draws,
                   double P, const double *h, law_sums *out)
{
    const size_t d = f->shape.d;
    if (draws == r->cap) { /* no success: the estimate is 0 */
        ref_sum_add(&out->mass, P);
        ref_sum_add(&out->cost, P * (double)draws);
        return;
    }
    for (size_t y = 0; y < f->shape.Y; y++) {
        const double *s = &f->h[0][y * d]; /* (d) */
        const double here = P * exp(f->log_prior[0][y]);
        double next[FINITE_D];
        for (size_t k = 0; k < d; k++) next[k] = h[k] + s[k];
        if (y >= f->shape.accepted) {
            follow(f, r, draws + 1, here, next, out);
            continue;
        }
        const ref_reject_case c = {
            .n = draws + 1, .K = 1, .p = r->c, .weight = 1.0 / r->kappa};
        const ref_reject_coefficient on = ref_reject_coefficients(REF_REJECT_RRIS, &c);
        for (size_t k = 0; k < d; k++) {
            const double g = on.accepted * s[k] + on.all * next[k];
            ref_sum_add(&out->mean[k], here * g);
            ref_sum_add(&out->second, here * g * g);
        }
        ref_sum_add(&out->mass, here);
        ref_sum_add(&out->cost, here * (double)(draws + 1));
    }
}

/* Every run up to the cap, then the coin that decides whether there is a run at all. */
static void capped_law_matches_enumeration(void)
{
    double worst_mean = 0.0, worst_variance = 0.0, worst_cost = 0.0, printed = 0.0;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        double mu[FINITE_D], mean2 = 0.0;
        make(&f, seed);
        const ref_reject_moments x = finite_model_moments(&f, 0, mu).reject;
        const ref_reject_roulette r = {.kappa = seed % 3 == 0 ? 1.0 : 0.6,
                                       .c = 0.15 * (seed % 4),
                                       .cap = 1 + seed % LONGEST};
        law_sums sum = {0};
        follow(&f, &r, 0, 1.0, (double[FINITE_D]){0}, &sum);
        CHECK_NEAR(ref_sum_value(&sum.mass), 1.0, 1e-13);
        const ref_reject_law law = ref_reject_rris(&x, &r);
        for (size_t k = 0; k < f.shape.d; k++) {
            const double mean = r.kappa * ref_sum_value(&sum.mean[k]);
            worst_mean = check_worse(worst_mean, fabs(mean - law.omega * mu[k]));
            mean2 += mean * mean;
        }
        const double variance = r.kappa * ref_sum_value(&sum.second) - mean2;
        worst_variance = check_worse(worst_variance,
                                     fabs(variance - law.variance) / (1.0 + variance));
        const double cost = r.kappa * ref_sum_value(&sum.cost);
        worst_cost =
            check_worse(worst_cost, fabs(cost - ref_reject_rris_cost(x.p, &r)));
        printed = check_worse(
            printed, fabs(ref_hit_probability((double)r.cap, x.p) - law.omega));
    }
    CHECK_AT_MOST(1e-2, printed); /* 1-q^cap alone is the factor for c = 0 only */
    CLAIM_HOLDS("spec:sim 3.3",
                "RRIS with a cap has the mean factor 1 - q^cap - c p cap q^(cap-1)",
                worst_mean, 1e-12);
    CLAIM_HOLDS("spec:sim 3.3",
                "The variance formula of capped RRIS equals enumeration",
                worst_variance, 1e-12);
    CLAIM_HOLDS("spec:sim 3.3",
                "Capped RRIS draws kappa (1-q^cap)/p samples in expectation",
                worst_cost, 1e-12);
}

/* A cap so long that it never acts: the closed form against the sum over runs. */
static void long_caps_approach_the_closed_form(void)
{
    double worst = 0.0;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        make(&f, seed);
        const ref_reject_moments x = finite_model_moments(&f, 0, NULL).reject;
        const ref_reject_roulette open = {.kappa = 0.7, .c = 0.15 * (seed % 4)};
        ref_reject_roulette capped = open;
        capped.cap = 20000;
        const ref_reject_law a = ref_reject_rris(&x, &open);
        const ref_reject_law b = ref_reject_rris(&x, &capped);
        worst = check_worse(worst, fabs(a.variance - b.variance) / a.variance);
        worst = check_worse(worst, fabs(b.omega - 1.0));
        CHECK_RELATIVE(ref_reject_rris_cost(x.p, &capped), 0.7 / x.p, 1e-12);
    }
    CLAIM_HOLDS("spec:sim 3.3",
                "RRIS without a cap has the variance (Var X + |mu|^2)/kappa - |mu|^2, "
                "kappa <= 1, as the limit of long caps",
                worst, 1e-11);
}

/* c = 0 and kappa = n p: S2/(n p) - |mu|^2, at n = 1 exactly IW with the true p. */
static void without_control_variate_it_is_iw(void)
{
    double worst = 0.0;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        make(&f, seed);
        const ref_reject_moments x = finite_model_moments(&f, 0, NULL).reject;
        const ref_reject_roulette r = {.kappa = x.p};
        const double iw = ref_reject_exact(REF_REJECT_IW, &x, 1.0, 0.0).variance;
        worst = check_worse(worst, fabs(ref_reject_rris(&x, &r).variance / iw - 1.0));
        CHECK_RELATIVE(ref_reject_rris_cost(x.p, &r), 1.0, 1e-14);
    }
    CLAIM_HOLDS("spec:sim 3.3",
                "RRIS with one expected draw and c = 0 has the variance of IW, without "
                "knowing p",
                worst, 1e-12);
}

static void best_coefficient_beats_a_grid(void)
{
    double worst = -HUGE_VAL;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        make(&f, seed);
        const ref_reject_moments x = finite_model_moments(&f, 0, NULL).reject;
        const ref_reject_roulette best = {.kappa = 1.0, .c = ref_reject_rris_best(&x)};
        const double least = ref_reject_rris(&x, &best).variance;
        for (int step = 0; step <= 100; step++) {
            const ref_reject_roulette r = {.kappa = 1.0, .c = 0.01 * step};
            worst = check_worse(worst, least - ref_reject_rris(&x, &r).variance);
        }
        const double p = x.p, q = 1.0 - p, vR = x.HR / q - p / q * (p / q) * x.mu2;
        const double R = q / p * vR + x.mu2 / q; /* as printed */
        CHECK_NEAR(best.c, x.v / (x.v + R), 1e-12);
    }
    CLAIM_HOLDS("spec:sim 3.3",
                "c = v/(v+R) is the best coefficient of RRIS's rejected draws", worst,
                1e-12);
}

/* One estimate with a given kappa; draws come from stream {24, 1, 0, 0, replica}. */
static void roulette(const finite_model *f, const ref_reject_roulette *r,
                     uint32_t replica, bool keep_weight, double *g)
{
    const ref_rng_stream stream = {24, 1, 0, 0, replica};
    const size_t d = f->shape.d;
    const double coin = ref_rng_uniform(&stream, 0), whole = floor(r->kappa);
    const size_t wanted = (size_t)whole + (coin <= r->kappa - whole ? 1 : 0);
    double s_sum[FINITE_D] = {0}, h_sum[FINITE_D] = {0};
    memset(g, 0, d * sizeof *g);
    if (wanted == 0) return;

    ref_reject_case c = {.p = r->c};
    c.weight = r->kappa < 1.0 && keep_weight ? 1.0 / r->kappa : 1.0;
    while (c.K < wanted) {
        const uint32_t j = 1 + 2 * (uint32_t)c.n++;
        const size_t outcome = finite_model_draw(f, 0, &stream, j), y = outcome / 2;
        for (size_t k = 0; k < d; k++) {
            h_sum[k] += f->h[0][y * d + k];
            if (outcome % 2 == 1) s_sum[k] += f->s[0][y * d + k];
        }
        c.K += outcome % 2;
    }
    const ref_reject_coefficient on = ref_reject_coefficients(REF_REJECT_RRIS, &c);
    for (size_t k = 0; k < d; k++) g[k] = on.accepted * s_sum[k] + on.all * h_sum[k];
}

static finite_sample sample(const finite_model *f, const ref_reject_roulette *r,
                            bool keep_weight)
{
    double mu[FINITE_D];
    const ref_reject_moments x = finite_model_moments(f, 0, mu).reject;
    finite_sample s = {.mu_norm = sqrt(x.mu2)};
    for (uint32_t replica = 0; replica < 40000; replica++) {
        double g[FINITE_D], along = 0.0, error = 0.0;
        roulette(f, r, replica, keep_weight, g);
        for (size_t k = 0; k < f->shape.d; k++) {
            along += g[k] * mu[k] / s.mu_norm;
            error += (g[k] - mu[k]) * (g[k] - mu[k]);
        }
        ref_moment_add(&s.projection, along);
        ref_moment_add(&s.error, error);
    }
    return s;
}

/* 40 000 replicas each: kappa below one, and 2.4 with 2 or 3 successes */
static void sampled_law_matches(void)
{
    finite_model f;
    make(&f, 3);
    const ref_reject_moments x = finite_model_moments(&f, 0, NULL).reject;
    const ref_reject_roulette few = {.kappa = 0.5, .c = 0.2};
    const ref_reject_roulette many = {.kappa = 2.4, .c = 0.2};
    const ref_reject_roulette two = {.kappa = 2.0, .c = 0.2};
    const finite_sample a = sample(&f, &few, true), wrong = sample(&f, &few, false);
    const finite_sample b = sample(&f, &many, true);

    CLAIM_SAMPLED("spec:sim 3.3", "The sampled mean of RRIS is mu",
                  finite_sample_z(&a.projection, a.mu_norm), "weight 1/kappa dropped",
                  finite_sample_z(&wrong.projection, a.mu_norm));
    const double limit = (1.0 - few.c) * (1.0 - few.c) * x.v; /* R forgotten */
    CLAIM_SAMPLED("spec:sim 3.3",
                  "The sampled variance of RRIS equals its formula, kappa < 1",
                  finite_sample_z(&a.error, ref_reject_rris(&x, &few).variance),
                  "the part of the rejected draws forgotten",
                  finite_sample_z(&a.error, (limit + x.mu2) / 0.5 - x.mu2));
    CLAIM_SAMPLED("spec:sim 3.3",
                  "The sampled variance of RRIS equals its formula, kappa = 2.4",
                  finite_sample_z(&b.error, ref_reject_rris(&x, &many).variance),
                  "kappa rounded down",
                  finite_sample_z(&b.error, ref_reject_rris(&x, &two).variance));
    CHECK_Z(finite_sample_z(&b.projection, b.mu_norm));
}

SUITE("[spec:sim 3.3] Russian-roulette inverse sampling", NULL,
      {"the capped law matches enumeration", capped_law_matches_enumeration},
      {"long caps approach the closed form", long_caps_approach_the_closed_form},
      {"without a control variate it is IW", without_control_variate_it_is_iw},
      {"the best coefficient beats a grid", best_coefficient_beats_a_grid},
      {"the sampled law matches", sampled_law_matches});
