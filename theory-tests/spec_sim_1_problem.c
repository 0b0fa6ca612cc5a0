/* spec_sim_1_problem.c -- mean, variance and efficiency of every estimator on a whole
 * problem against all outcomes: every tuple of latents, every tuple of accept bits,
 * through the interface that samples (open, add_score, ref_reject_coefficients).
 *
 * Prompts are independent: each prompt's outcomes are enumerated on their own, and the
 * totals are put together here by vectors.
 */
#include "sim/exact_moments.h"

#include "ref/numeric.h"
#include "theory-tests/check.h"
#include "theory-tests/check_family.h"

#include <math.h>
#include <string.h>

enum { PROMPTS = 3, LATENTS = 4, DRAWS = 4, PARAMETERS = 16 };

/* One prompt being enumerated. */
typedef struct walk {
    const sim_problem *p;
    size_t i;
    double *scratch;
    ref_reject_estimator estimator;
    size_t n;
    double rate, pool;
    double P[LATENTS], a[LATENTS];
    size_t count;
    double mean[PARAMETERS], second; /* E ghat_i, E|ghat_i|^2 */
} walk;

/* ghat_i of one outcome: latents y, accept bits. RB weighs by a(y) on every draw. */
static void add_outcome(walk *w, const uint32_t *y, const bool *accepted, double P)
{
    double g[PARAMETERS] = {0};
    ref_reject_case x = {.n = w->n, .p = w->rate, .pool = w->pool, .weight = 1.0};
    for (size_t j = 0; j < w->n; j++) x.K += accepted[j];
    const ref_reject_coefficient c = ref_reject_coefficients(w->estimator, &x);
    for (size_t j = 0; j < w->n; j++) {
        const double bit = w->estimator == REF_REJECT_RB ? w->a[y[j]] : accepted[j];
        w->p->family->add_score(w->p, w->i, w->scratch, &y[j], c.accepted * bit, c.all,
                                g);
    }
    for (size_t k = 0; k < w->p->d; k++) w->mean[k] += P * g[k];
    w->second += P * ref_norm2(g, w->p->d);
}

static void extend(walk *w, uint32_t *y, bool *accepted, size_t j, double P)
{
    if (j == w->n) {
        add_outcome(w, y, accepted, P);
        return;
    }
    for (uint32_t latent = 0; latent < w->count; latent++)
        for (int bit = 0; bit < 2; bit++) {
            const double a = bit ? w->a[latent] : 1.0 - w->a[latent];
            if (a == 0.0) continue;
            y[j] = latent;
            accepted[j] = bit;
            extend(w, y, accepted, j + 1, P * w->P[latent] * a);
        }
}

/* How a family tells P and a of its latents: from its own opened tables. */
typedef void read_latents(walk *w);

static void read_table(walk *w)
{
    const sim_loglinear *t = sim_problem_loglinear(w->p);
    w->count = t->Y;
    for (size_t y = 0; y < t->Y; y++) {
        w->P[y] = w->scratch[y];
        w->a[y] = t->accept[w->i * t->Y + y];
    }
}

/* The head's tables P, C, Q, logit, accept start the scratch; LATENTS of each. */
static void read_head(walk *w)
{
    w->count = LATENTS;
    for (size_t y = 0; y < LATENTS; y++) {
        w->P[y] = w->scratch[y];
        w->a[y] = w->scratch[4 * LATENTS + y];
    }
}

typedef struct brute {
    double mean[PARAMETERS], variance;
} brute;

static brute enumerate(const sim_problem *p, const double *theta, read_latents *read,
                       ref_reject_estimator estimator, const double *n, double pool)
{
    brute out = {0};
    double scratch[256], unused[256];
    if (!CHECK(p->scratch <= 256 && p->d <= PARAMETERS && p->m == PROMPTS)) return out;
    for (size_t i = 0; i < PROMPTS; i++) {
        walk w = {.p = p, .i = i, .scratch = scratch, .estimator = estimator};
        uint32_t y[DRAWS];
        bool accepted[DRAWS];
        sim_moments x;
        p->family->moments(p, theta, i, unused, &x, NULL);
        p->family->open(p, theta, i, scratch);
        w.n = (size_t)n[i];
        w.rate = x.p;
        w.pool = pool;
        read(&w);
        extend(&w, y, accepted, 0, 1.0);
        out.variance += (w.second - ref_norm2(w.mean, p->d)) / (double)(p->m * p->m);
        for (size_t k = 0; k < p->d; k++) out.mean[k] += w.mean[k] / (double)p->m;
    }
    for (size_t k = 0; k < p->d; k++) out.mean[k] -= p->lambda * theta[k];
    return out;
}

/* Worst gap of one estimator on one problem, relative to 1 + the size. */
static double estimator_gap(const sim_problem *p, const double *theta,
                            read_latents *read, ref_reject_estimator estimator,
                            const double *n)
{
    sim_exact e = {0};
    double mean[PARAMETERS], worst = 0.0, bias2 = 0.0;
    if (!CHECK_OK(sim_exact_open(&e, p, theta, NULL))) return nan("");
    const double pool = (double)p->m / ref_total(n, p->m);
    const brute want = enumerate(p, theta, read, estimator, n, pool);
    const sim_exact_law law = sim_exact_estimator(mean, &e, estimator, n);
    for (size_t k = 0; k < p->d; k++) {
        worst = check_worse(worst, fabs(mean[k] - want.mean[k]));
        bias2 += (want.mean[k] - e.g[k]) * (want.mean[k] - e.g[k]);
    }
    const double inner = ref_dot(e.g, want.mean, p->d);
    const double second = ref_norm2(want.mean, p->d) + want.variance;
    const double rho = inner * inner / e.grad2 / second;
    /* LOO of one draw is silent: E|ghat|^2 = 0, and rho has no meaning */
    CHECK((isnan(law.rho) != 0) == (second == 0.0));
    const double gaps[] = {(law.variance - want.variance) / (1.0 + want.variance),
                           law.bias2 - bias2, second == 0.0 ? 0.0 : law.rho - rho,
                           law.mse - law.variance - law.bias2};
    for (size_t k = 0; k < 4; k++) worst = check_worse(worst, fabs(gaps[k]));
    sim_exact_close(&e);
    return worst;
}

static const ref_reject_estimator closed[] = {
    REF_REJECT_IW, REF_REJECT_RB, REF_REJECT_SN, REF_REJECT_LOO, REF_REJECT_POOL};

static const double budgets[][PROMPTS] = {{1, 1, 1}, {2, 3, 1}, {4, 1, 2}, {3, 0, 2}};

static double all_estimators(const sim_problem *p, const double *theta,
                             read_latents *read)
{
    double worst = 0.0;
    for (size_t b = 0; b < 4; b++)
        for (size_t k = 0; k < sizeof closed / sizeof closed[0]; k++)
            worst = check_worse(worst,
                                estimator_gap(p, theta, read, closed[k], budgets[b]));
    return worst;
}

/* property 6, 7, 9, 10: means, variances and coherent biases, verifier. */
static void laws_with_a_verifier(void)
{
    sim_shape s = {.m = 3, .Y = LATENTS, .d = 5, .kA = 2, .seed = 5, .lambda = 0.1};
    double theta[PARAMETERS], worst = 0.0;
    for (int single = 0; single < 2; single++) {
        sim_problem p;
        s.kA = single ? 1 : 2;
        CHECK_OK(sim_profile_parse(&s.profile, "logu:.1,.9", NULL));
        CHECK_OK(sim_loglinear_init(&p, &s, 'F', NULL));
        check_random_theta(theta, p.d, 15, 0.5);
        worst = check_worse(worst, all_estimators(&p, theta, read_table));
        sim_problem_free(&p);
        CHECK_OK(sim_tabular_init(&p, &s, NULL));
        check_random_theta(theta, p.d, 16, 0.5);
        worst = check_worse(worst, all_estimators(&p, theta, read_table));
        sim_problem_free(&p);
    }
    CLAIM_HOLDS("spec:sim 1",
                "IW, RB, SN, LOO and POOL: mean, variance, bias and rho of a whole "
                "problem equal sums over all outcomes (verifier)",
                worst, 1e-12);
}

/* Acceptance between 0 and 1 that does not depend on theta: h = s still. */
static void laws_with_soft_acceptance(void)
{
    double phi[PROMPTS * LATENTS * 2], offset[PROMPTS * LATENTS] = {0}, theta[2];
    double accept[PROMPTS * LATENTS];
    for (uint32_t k = 0; k < PROMPTS * LATENTS; k++) {
        accept[k] = (k % 5) / 4.0;
        phi[2 * k] = ref_rng_feature_gauss(8, 70, 0, 0, k);
        phi[2 * k + 1] = ref_rng_feature_gauss(8, 72, 0, 0, k);
    }
    const sim_loglinear t = {PROMPTS, LATENTS, 2, phi, offset, accept};
    sim_problem p;
    CHECK_OK(sim_loglinear_from(&p, &t, NULL, 0.0, NULL));
    check_random_theta(theta, 2, 18, 0.6);
    CLAIM_HOLDS(
        "spec:sim 1",
        "With soft acceptance known in advance, mean, variance, bias and rho of the "
        "five estimators of a whole problem equal sums over all outcomes",
        all_estimators(&p, theta, read_table), 1e-12);
    sim_problem_free(&p);
}

/* property 8 and the soft case: a head, whose h lacks the answer block. */
static void laws_with_an_answer_head(void)
{
    sim_problem p;
    double theta[PARAMETERS];
    CHECK_OK(sim_head_init(&p, 3, LATENTS, 3, 2, 0.5, 7, NULL));
    check_random_theta(theta, p.d, 17, 0.7);
    double worst = 0.0;
    for (size_t k = 0; k < sizeof closed / sizeof closed[0]; k++)
        worst = check_worse(worst,
                            estimator_gap(&p, theta, read_head, closed[k], budgets[3]));
    CLAIM_HOLDS("spec:sim 1",
                "With soft acceptance and LOO's baseline on the policy block alone, "
                "mean, variance, bias and rho of the five estimators of a whole "
                "problem equal sums over all outcomes",
                worst, 1e-12);
    sim_problem_free(&p);
}

/* ---- RRIS: one success, runs cut where q^depth is below rounding ------------------- */

typedef struct run {
    const sim_problem *p;
    const double *scratch;
    double c; /* coefficient of the control variate */
    double P[2], a[2];
    double mean[PARAMETERS], second, seen;
} run;

/* g carries -c sum h of the draws so far. */
static void extend_run(run *r, const double *g, size_t depth, double P)
{
    for (uint32_t y = 0; y < 2; y++) {
        double hit[PARAMETERS], miss[PARAMETERS];
        memcpy(hit, g, r->p->d * sizeof *g);
        memcpy(miss, g, r->p->d * sizeof *g);
        r->p->family->add_score(r->p, 0, r->scratch, &y, 1.0, -r->c, hit);
        r->p->family->add_score(r->p, 0, r->scratch, &y, 0.0, -r->c, miss);
        const double joint = P * r->P[y] * r->a[y];
        r->seen += joint;
        r->second += joint * ref_norm2(hit, r->p->d);
        for (size_t k = 0; k < r->p->d; k++) r->mean[k] += joint * hit[k];
        if (depth > 1) extend_run(r, miss, depth - 1, P * r->P[y] * (1.0 - r->a[y]));
    }
}

/* X of one success against Var X at kappa = 1; kappa = 3 and 1/2 follow by arithmetic. */
static void roulette_on_an_answer_head(void)
{
    sim_problem p;
    double scratch[256], theta[4] = {0.3, -0.2, 0, 0}, quiet[4], zero[4] = {0};
    sim_exact e;
    CHECK_OK(sim_head_init(&p, 1, 2, 2, 2, 0.2, 9, NULL));
    CHECK(sim_head_quiet(&p, theta, 0, scratch, quiet));
    for (size_t k = 2; k < 4; k++) /* make success likely: psi along the right answer */
        theta[k] = 3.0 * quiet[k] / ref_norm2(quiet, 4);
    CHECK_OK(sim_exact_open(&e, &p, theta, NULL));
    p.family->open(&p, theta, 0, scratch);
    run r = {.p = &p, .scratch = scratch, .c = e.p[0]};
    for (size_t y = 0; y < 2; y++) {
        r.P[y] = scratch[y];
        r.a[y] = scratch[8 + y];
    }
    extend_run(&r, zero, 14, 1.0);
    CHECK_NEAR(r.seen, 1.0, 1e-12);

    const double one = r.second - ref_norm2(r.mean, 4), mu2 = e.mu2[0], p0 = e.p[0];
    const double n[3] = {1.0 / p0, 3.0 / p0, 0.5 / p0};
    const double want[3] = {one, one / 3.0, (one + mu2) / 0.5 - mu2};
    double worst = 0.0, mean[4];
    for (size_t k = 0; k < 3; k++) {
        const sim_exact_law law = sim_exact_estimator(mean, &e, REF_REJECT_RRIS, &n[k]);
        worst = check_worse(worst, fabs(law.variance - want[k]));
        for (size_t j = 0; j < 4; j++) {
            CHECK_NEAR(r.mean[j], mean[j], 1e-10);
            CHECK_NEAR(mean[j], e.g[j], 1e-14);
        }
    }
    CLAIM_HOLDS("spec:sim 3.3",
                "RRIS is unbiased with the stated variance (answer head)", worst,
                1e-10);
    sim_exact_close(&e);
    sim_problem_free(&p);
}

static void fractional_and_negative_draws_are_not_numbers(void)
{
    sim_shape s = {
        .m = 2, .Y = 3, .d = 2, .kA = 1, .profile = {SIM_PROFILE_CONST, .3, 0, 0}};
    sim_problem p;
    sim_exact e;
    double theta[2] = {0.1, 0.2}, half[2] = {1.5, 2.0}, bad[2] = {-1.0, 2.0};
    CHECK_OK(sim_loglinear_init(&p, &s, 'F', NULL));
    CHECK_OK(sim_exact_open(&e, &p, theta, NULL));
    CHECK(isnan(sim_exact_estimator(NULL, &e, REF_REJECT_SN, half).variance));
    CHECK(isfinite(sim_exact_estimator(NULL, &e, REF_REJECT_IW, half).variance));
    CHECK(isnan(sim_exact_estimator(NULL, &e, REF_REJECT_IW, bad).variance));
    CHECK_RELATIVE(sim_exact_estimator(NULL, &e, REF_REJECT_IW, half).variance,
                   sim_exact_variance(&e, half), 1e-14);
    sim_exact_close(&e);
    sim_exact_close(&e);
    sim_problem_free(&p);
}

SUITE("[spec:sim 1][spec:gvm 2.2][spec:gvm 2.3] estimators on whole problems", NULL,
      {"laws with a verifier", laws_with_a_verifier},
      {"laws with soft acceptance", laws_with_soft_acceptance},
      {"laws with an answer head", laws_with_an_answer_head},
      {"roulette on an answer head", roulette_on_an_answer_head},
      {"fractional and negative draws are not numbers",
       fractional_and_negative_draws_are_not_numbers});
