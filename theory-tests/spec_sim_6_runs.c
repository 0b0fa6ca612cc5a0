/* spec_sim_6_runs.c -- whole runs against what theory says of them: U3 to U6. */
#include "ref/numeric.h"
#include "sim/em.h"
#include "sim/exact_moments.h"
#include "sim/floor.h"
#include "theory-tests/check.h"

#include <math.h>

static bool open_rate_problem(sim_problem *p, sim_floor *f)
{
    sim_shape s = {.m = 64, .Y = 16, .d = 8, .kA = 3, .lambda = 0.05, .seed = 21};
    return CHECK_OK(sim_profile_parse(&s.profile, "U>=.01", NULL))
           && CHECK_OK(sim_loglinear_init(p, &s, 'F', NULL))
           && CHECK_OK(sim_floor_init(f, p, NULL));
}

/* ---- U3 --------------------------------------------------------------------------- */

enum { CHAINS = 64 };

/* Predicted floor of the weights w at eta = 1/4, and the draws they give. */
static double predicted(double *n, const sim_problem *p, const sim_floor *f,
                        const double *w)
{
    double sigma[8];
    CHECK_OK(sim_floor_draws(n, w, 64, 8.0, NULL));
    CHECK_OK(sim_floor_noise(sigma, f, p, n, NULL));
    return sim_floor_predict(f, sigma, 0.25);
}

static void the_floor_is_where_it_is_predicted(void)
{
    sim_problem p;
    sim_floor f;
    sim_exact e;
    double gvm[64], swapped[64], n[64], unused[64], one[64];
    if (!open_rate_problem(&p, &f)) return;
    CHECK_OK(sim_exact_open(&e, &p, f.theta, NULL));
    for (size_t i = 0; i < 64; i++) {
        gvm[i] = e.G[i] / sqrt(e.p[i]);
        swapped[i] = e.G[i] * sqrt(e.p[i]);
        one[i] = 1.0;
    }
    const double want = predicted(n, &p, &f, gvm);
    const double uniform = predicted(unused, &p, &f, one);
    const double exponent = predicted(unused, &p, &f, swapped);

    const size_t burn = (size_t)(6.0 / (0.25 * f.h[0]));
    const sim_training t = {
        .method = {"u3", REF_REJECT_IW, "uniform", .draws = 8, .n = n},
        .eta = 0.25,
        .steps = burn + (size_t)(40.0 / (0.25 * f.h[0])),
        .start = f.theta,
        .seed = 3,
        .replicas = CHAINS};
    sim_curves v;
    if (!CHECK_OK(sim_train_all(&v, NULL, NULL, &p, &t, NULL))) return;
    double excess[CHAINS];
    double se = 0.0;
    for (size_t k = 0; k < CHAINS; k++) {
        ref_sum sum = {0};
        for (size_t r = burn; r < v.records; r++)
            ref_sum_add(&sum, v.loss[r * CHAINS + k]);
        excess[k] = ref_sum_value(&sum) / (double)(v.records - burn) - f.best;
    }
    const double got = sim_curve_mean(excess, CHAINS, NULL, &se);
    /* the prediction is quadratic; the specification allows 1 % for what is not */
    const double z = fmax(0.0, fabs(got - want) - 0.01 * want) / se;
    CLAIM_SAMPLED("spec:sim 6", "U3: the noise floor of GVM's draws is as predicted", z,
                  "uniform draws in place of GVM's", (got - uniform) / se);
    CLAIM_SAMPLED("spec:sim 6", "U3: the noise floor of GVM's draws is as predicted", z,
                  "the exponent of p swapped", (got - exponent) / se);
    sim_curves_free(&v);
    sim_exact_close(&e);
    sim_floor_free(&f);
    sim_problem_free(&p);
}

/* ---- U4, U5 ----------------------------------------------------------------------- */

typedef struct schedule {
    size_t kind;
    double T, h_min;
} schedule;

static double rate(size_t t, const void *user)
{
    const schedule *s = user;
    if (s->kind == 0) return 4.0;
    if (s->kind == 1) return 4.0 * sqrt(64.0 / s->T);
    return fmin(4.0, 2.2 / (s->h_min * ((double)t + 20.0)));
}

/* One run of a block of replicas: mean |grad|^2 over the first T steps, and D of U5, per
 * replica the left side minus the right side of
 *   (1/T) sum |grad|^2 <= 2 (L0 - L*)/(eta T) + L_cert eta (1/T) sum |noise|^2. */
static double path_mean(const sim_problem *p, const sim_floor *f, schedule *s, size_t T,
                        double *worst_z)
{
    double start[8];
    for (size_t k = 0; k < 8; k++) start[k] = f->theta[k] + 2.0;
    s->T = (double)T;
    s->h_min = f->h[0];
    const sim_training t = {.method = *sim_method_find("uniform-iw"),
                            .schedule = rate,
                            .user = s,
                            .steps = T,
                            .gradient = true,
                            .start = start,
                            .seed = 4,
                            .replicas = SIM_LANES};
    sim_trace trace;
    if (!CHECK_OK(sim_train(&trace, p, &t, NULL))) return nan("");
    const double eta = rate(0, s);
    double D[SIM_LANES];
    double total = 0.0;
    for (size_t l = 0; l < SIM_LANES; l++) {
        double grad = 0.0;
        double noise = 0.0;
        for (size_t r = 0; r < T; r++) {
            grad += trace.grad2[r * SIM_LANES + l] / (double)T;
            noise += trace.noise2[r * SIM_LANES + l] / (double)T;
        }
        total += grad / SIM_LANES;
        D[l] = grad - 2.0 * (trace.loss[l] - f->best) / (eta * (double)T)
               - p->family->smoothness(p) * eta * noise;
    }
    double se = 0.0;
    const double mean = sim_curve_mean(D, SIM_LANES, NULL, &se);
    if (s->kind < 2 && !(mean / se <= *worst_z)) *worst_z = mean / se;
    sim_trace_free(&trace);
    return total;
}

static void slopes_and_bound(void)
{
    static const double band[3][2] = {{-0.15, 0.05}, {-0.60, -0.45}, {-1.10, -0.90}};
    sim_problem p;
    sim_floor f;
    if (!open_rate_problem(&p, &f)) return;
    double worst = -1.0; /* how far outside its band a slope is */
    double worst_z = -HUGE_VAL;
    for (size_t kind = 0; kind < 3; kind++) {
        schedule s = {.kind = kind};
        const double early = path_mean(&p, &f, &s, 512, &worst_z);
        const double late = path_mean(&p, &f, &s, 4096, &worst_z);
        const double slope = log(late / early) / log(8.0);
        const double outside = fmax(band[kind][0] - slope, slope - band[kind][1]);
        if (!(outside <= worst)) worst = outside;
    }
    CLAIM_HOLDS("spec:sim 6",
                "U4: mean |grad|^2 falls like T^0, T^-1/2 and T^-1 under constant, "
                "T^-1/2 and 1/t steps",
                worst, 0.0);
    CLAIM_HOLDS("spec:sim 6",
                "U5: the mean squared gradient stays below 2(L0-L*)/(eta T) + L eta V",
                worst_z, 4.75);
    sim_floor_free(&f);
    sim_problem_free(&p);
}

/* ---- U6 --------------------------------------------------------------------------- */

static double steps_to_a_fifth(const sim_problem *p, const char *method, double eta,
                               size_t steps, double level)
{
    const sim_training t = {.method = *sim_method_find(method),
                            .eta = eta,
                            .steps = steps,
                            .every = 10,
                            .seed = 1,
                            .replicas = 32};
    const sim_goal goal = {.level = level};
    sim_curves v;
    if (!CHECK_OK(sim_train_all(&v, NULL, NULL, p, &t, NULL))) return nan("");
    const double reached = sim_curve_target(&v, &goal, NULL);
    sim_curves_free(&v);
    return reached;
}

static void the_speed_up_follows_the_variance_ratio(void)
{
    sim_shape s = {.m = 64, .Y = 16, .d = 12, .kA = 3, .lambda = 1e-3, .seed = 11};
    sim_problem p;
    CHECK_OK(sim_profile_parse(&s.profile, "U>=3e-3", NULL));
    if (!CHECK_OK(sim_loglinear_init(&p, &s, 'F', NULL))) return;
    double zero[12] = {0};
    double theta[12] = {0};
    double first = 0.0;
    double best = 0.0;
    CHECK_OK(sim_problem_loss(&p, zero, &first, NULL, NULL, NULL));
    CHECK_OK(sim_problem_minimise(&p, theta, 1e-10, NULL));
    CHECK_OK(sim_problem_loss(&p, theta, &best, NULL, NULL, NULL));
    CHECK_NEAR(first, 1.451581151, 5e-10);
    CHECK_NEAR(best, 1.425567437, 5e-10);
    const double level = best + 0.2 * (first - best);
    /* each at its better step on the grid 2^(k/2)/4 */
    const double uniform = fmin(steps_to_a_fifth(&p, "uniform-iw", 0.25, 1500, level),
                                steps_to_a_fifth(&p, "uniform-iw", 0.177, 1500, level));
    const double gvm = fmin(steps_to_a_fifth(&p, "gvm-oracle-iw", 0.5, 600, level),
                            steps_to_a_fifth(&p, "gvm-oracle-iw", 0.707, 600, level));
    /* 0.6 to 1.1 times the variance ratio 3.525 */
    CLAIM_HOLDS("spec:sim 6",
                "U6: GVM's step speed-up is 0.6 to 1.1 of the variance ratio",
                fabs(uniform / gvm / 3.525 - 0.85), 0.25);
    const double biased = steps_to_a_fifth(&p, "gvm-pilot-sn", 0.25, 600, level);
    CHECK(isnan(biased)); /* the released protocol never gets there */
    sim_problem_free(&p);
}

SUITE("[spec:sim 6] whole runs", NULL,
      {"U3: the floor is where it is predicted", the_floor_is_where_it_is_predicted},
      {"U4, U5: slopes and bound", slopes_and_bound},
      {"U6: the speed-up follows the variance ratio",
       the_speed_up_follows_the_variance_ratio});
