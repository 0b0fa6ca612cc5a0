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
    const double z = check_worse(0.0, fabs(got - want) - 0.01 * want) / se;
    CLAIM_SAMPLED("spec:sim 6",
                  "U3: the loss of 64 runs with GVM's draws settles on the predicted "
                  "noise floor, not on that of uniform draws",
                  z, "uniform draws in place of GVM's", (got - uniform) / se);
    CLAIM_SAMPLED("spec:sim 6",
                  "U3: the loss of 64 runs with GVM's draws settles on the noise floor "
                  "of G/sqrt p, not on that of G sqrt p",
                  z, "the exponent of p swapped", (got - exponent) / se);
    sim_curves_free(&v);
    sim_exact_close(&e);
    sim_floor_free(&f);
    sim_problem_free(&p);
}

/* ---- U4, U5 ----------------------------------------------------------------------- */

typedef struct schedule {
    size_t kind;
    double T, h_min;
    const char *method;
} schedule;

/* The worst z of U5 over the runs, and the best of it with the noise term left out. */
typedef struct bound {
    double worst, without_noise;
} bound;

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
                        bound *u5)
{
    double start[8];
    for (size_t k = 0; k < 8; k++) start[k] = f->theta[k] + 2.0;
    s->T = (double)T;
    s->h_min = f->h[0];
    const sim_training t = {.method = *sim_method_find(s->method),
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
    double bare[SIM_LANES]; /* the same without its second term */
    double total = 0.0;
    for (size_t l = 0; l < SIM_LANES; l++) {
        double grad = 0.0;
        double noise = 0.0;
        for (size_t r = 0; r < T; r++) {
            grad += trace.grad2[r * SIM_LANES + l] / (double)T;
            noise += trace.noise2[r * SIM_LANES + l] / (double)T;
        }
        total += grad / SIM_LANES;
        bare[l] = grad - 2.0 * (trace.loss[l] - f->best) / (eta * (double)T);
        D[l] = bare[l] - p->family->smoothness(p) * eta * noise;
    }
    double se = 0.0;
    const double mean = sim_curve_mean(D, SIM_LANES, NULL, &se);
    if (s->kind < 2) u5->worst = check_worse(u5->worst, mean / se);
    const double left = sim_curve_mean(bare, SIM_LANES, NULL, &se);
    if (s->kind < 2) u5->without_noise = check_worse(u5->without_noise, left / se);
    sim_trace_free(&trace);
    return total;
}

/* Slope of log mean |grad|^2 against log T from T = 512 to 4096. */
static double slope_of(const sim_problem *p, const sim_floor *f, size_t kind,
                       const char *method, bound *u5)
{
    schedule s = {.kind = kind, .method = method};
    const double early = path_mean(p, f, &s, 512, u5);
    const double late = path_mean(p, f, &s, 4096, u5);
    return log(late / early) / log(8.0);
}

/* How far a slope is outside the band of a kind of schedule; below 0 inside. */
static double outside(double slope, size_t kind)
{
    static const double band[3][2] = {{-0.15, 0.05}, {-0.60, -0.45}, {-1.10, -0.90}};
    return check_worse(band[kind][0] - slope, slope - band[kind][1]);
}

static void slopes_and_bound(void)
{
    sim_problem p;
    sim_floor f;
    if (!open_rate_problem(&p, &f)) return;
    double slope[3];
    double worst = -1.0;
    double mistaken = HUGE_VAL; /* nearest that a slope comes to another's band */
    bound u5 = {-HUGE_VAL, -HUGE_VAL};
    for (size_t kind = 0; kind < 3; kind++) {
        slope[kind] = slope_of(&p, &f, kind, "uniform-iw", &u5);
        worst = check_worse(worst, outside(slope[kind], kind));
    }
    for (size_t k = 0; k < 9; k++)
        if (k / 3 != k % 3)
            mistaken = check_least(mistaken, outside(slope[k / 3], k % 3));
    bound unused = u5;
    const double biased = slope_of(&p, &f, 2, "uniform-sn", &unused);
    CLAIM_HOLDS(
        "spec:sim 6",
        "U4: with IW mean |grad|^2 over T steps falls like T^0, T^-1/2 and T^-1 under "
        "constant, T^-1/2 and 1/t step sizes (statistic: slope outside its band)",
        worst, 0.0);
    /* the bands lie 0.3 apart; a slope's own error is some hundredths */
    CLAIM_REFUTED("spec:sim 6",
                  "U4: a run whose step-size schedule is a wrong one of the three "
                  "comes within 0.1 of the right one's slope of log mean |grad|^2",
                  mistaken, 0.1);
    CLAIM_REFUTED("spec:sim 6",
                  "U4: with the biased estimator SN and 1/t steps mean |grad|^2 falls "
                  "like T^-1 all the same",
                  outside(biased, 2), 0.1);
    CLAIM_HOLDS(
        "spec:sim 6",
        "U5: the mean squared gradient of a run stays below 2(L0-L*)/(eta T) + L eta "
        "V, L the certified smoothness, V the mean squared noise (in standard errors)",
        u5.worst, 4.75);
    CLAIM_REFUTED("spec:sim 6",
                  "U5: the mean squared gradient of a run stays below 2(L0-L*)/(eta T) "
                  "without the noise term (in standard errors)",
                  u5.without_noise, CHECK_Z_POWER);
    sim_floor_free(&f);
    sim_problem_free(&p);
}

/* ---- U6 --------------------------------------------------------------------------- */

/* A method at one step size; sim_curves_free the curves. */
static bool run_at(sim_curves *v, const sim_problem *p, const sim_method *method,
                   double eta, size_t steps)
{
    const sim_training t = {.method = *method,
                            .eta = eta,
                            .steps = steps,
                            .every = 10,
                            .seed = 1,
                            .replicas = 64};
    return CHECK_OK(sim_train_all(v, NULL, NULL, p, &t, NULL));
}

/* The better of two step sizes. */
static bool run_better(sim_curves *v, const sim_problem *p, const sim_method *method,
                       const double *eta, size_t steps, const sim_goal *goal)
{
    sim_curves other;
    if (!run_at(v, p, method, eta[0], steps)) return false;
    if (!run_at(&other, p, method, eta[1], steps)) return false;
    const double first = sim_curve_target(v, goal, NULL);
    const double second = sim_curve_target(&other, goal, NULL);
    if (second < first || isnan(first)) {
        const sim_curves kept = *v;
        *v = other;
        other = kept;
    }
    sim_curves_free(&other);
    return true;
}

static bool never_there(const sim_problem *p, const sim_method *method, double eta,
                        const sim_goal *goal)
{
    sim_curves v;
    if (!run_at(&v, p, method, eta, 600)) return false;
    const bool never = isnan(sim_curve_target(&v, goal, NULL));
    sim_curves_free(&v);
    return never;
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
    const sim_goal goal = {.level = best + 0.2 * (first - best)};
    /* steps on the grid 2^(k/2)/4; 0.25 leaves uniform draws above the target for longer */
    static const double large[2] = {0.5, 0.707};
    const sim_method *gvm = sim_method_find("gvm-oracle-iw");
    sim_curves slow;
    sim_curves fast;
    sim_ratio x;
    if (!run_at(&slow, &p, sim_method_find("uniform-iw"), 0.177, 3000)) return;
    if (!run_better(&fast, &p, gvm, large, 600, &goal)) return;
    CHECK_OK(sim_curve_compare(&x, &slow, &fast, &goal, 1, 1000, NULL));
    /* the band is 0.6 to 1.1 times the variance ratio 3.525; the ratio of first arrivals
     * is known to 15 % of it, so its 95 % interval must meet the band */
    CLAIM_HOLDS("spec:sim 6",
                "U6: GVM reaches 20 % of the initial excess loss in fewer steps than "
                "uniform draws, by 0.6 to 1.1 times their variance ratio 3.525",
                check_worse(x.low / 3.525 - 1.1, 0.6 - x.high / 3.525), 0.0);
    CLAIM_REFUTED("spec:sim 6",
                  "U6: GVM's draws reach 20 % of the initial excess loss in no fewer "
                  "steps than uniform ones (left side: lower end of the speed-up)",
                  x.low, 1.0);
    sim_method unused = *gvm; /* GVM's name and step size, but even draws */
    unused.rule = "uniform";
    sim_curves even;
    if (!run_at(&even, &p, &unused, 0.5, 600)) return;
    CHECK_OK(sim_curve_compare(&x, &slow, &even, &goal, 1, 1000, NULL));
    CLAIM_REFUTED("spec:sim 6",
                  "U6: GVM's step size with uniform draws reaches 0.6 of the variance "
                  "ratio in speed-up (left side: what is lacking)",
                  0.6 - x.high / 3.525, 0.0);
    sim_curves_free(&even);
    /* the released protocol never gets there, nor does SN with the true p in its draws */
    CHECK(never_there(&p, sim_method_find("gvm-pilot-sn"), 0.25, &goal));
    CHECK(never_there(&p, sim_method_find("gvm-oracle-sn"), 0.25, &goal));
    sim_curves_free(&slow);
    sim_curves_free(&fast);
    sim_problem_free(&p);
}

SUITE("[spec:sim 6] whole runs", NULL,
      {"U3: the floor is where it is predicted", the_floor_is_where_it_is_predicted},
      {"U4, U5: slopes and bound", slopes_and_bound},
      {"U6: the speed-up follows the variance ratio",
       the_speed_up_follows_the_variance_ratio});
