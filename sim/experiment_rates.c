/* experiment_rates.c -- floors, slopes and bounds on the rate problem of section 6.
 *
 * Symbols (paper -> code)
 *   eta       eta      step size
 *   T         T        steps
 *   L_cert    -        certified smoothness, 1/gamma
 */
#include "ref/descent.h"
#include "ref/numeric.h"
#include "sim/exact_moments.h"
#include "sim/floor.h"
#include "sim/regime.h"
#include "sim/setting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE_PROBLEM SIM_REGIME_PARAMETERS("U>=.01", "64", "16", "8", "3", "0.05", "21")

/* ---- floor ------------------------------------------------------------------------- */

static const char *const floor_rule[] = {"uniform", "G/sqrt p", "1/sqrt p", "G/p",
                                         "G sqrt p"};
enum { FLOOR_RULES = sizeof floor_rule / sizeof floor_rule[0] };

static double floor_weight(size_t rule, double p, double G)
{
    switch (rule) {
    case 0:
        return 1.0;
    case 1:
        return G / sqrt(p);
    case 2:
        return 1.0 / sqrt(p);
    case 3:
        return G / p;
    default:
        return G * sqrt(p);
    }
}

static const sim_parameter floor_parameter[] = {
    RATE_PROBLEM,
    {"etas", "0.125,0.25,0.5,1", "step sizes"},
    {"length", "40", "averaging time in units of 1/(eta h_min), after 6 of burn-in"},
    {"steps", "6000", "most steps to average over"},
    {NULL, NULL, NULL}};

static size_t floor_cells(const sim_config *c)
{
    return FLOOR_RULES * sim_setting_length(c, "etas");
}

static ref_status floor_check(const sim_config *c, ref_why *why)
{
    size_t n = 0;
    REF_TRY(sim_regime_whole(&n, c, "steps", 1, 10000000, why));
    REF_TRY(sim_regime_whole(&n, c, "length", 1, 100000, why));
    return sim_setting_list(c, "etas", 1e-6, 1e9, why);
}

/* excess (S) <- each replica's time average of L - L* after the burn-in. */
static ref_status floor_measure(double *excess, const sim_config *c,
                                const sim_problem *p, const sim_floor *f,
                                const double *n, double eta, ref_why *why)
{
    const double unit = 1.0 / (eta * f->h[0]);
    const size_t burn = (size_t)ceil(6.0 * unit);
    const double length = fmin(ceil(sim_config_number(c, "length") * unit),
                               sim_config_number(c, "steps"));
    const sim_training t = {
        .method = {"floor", REF_REJECT_IW, "uniform", .draws = 8, .n = n},
        .eta = eta,
        .steps = burn + (size_t)length,
        .start = f->theta,
        .seed = c->seed,
        .replicas = c->seeds};
    sim_curves v;
    REF_TRY(sim_train_all(&v, NULL, NULL, p, &t, why));
    for (size_t k = 0; k < v.S; k++) {
        ref_sum sum = {0};
        for (size_t r = burn; r < v.records; r++)
            ref_sum_add(&sum, v.loss[r * v.S + k]);
        excess[k] = ref_sum_value(&sum) / (double)(v.records - burn) - f->best;
    }
    sim_curves_free(&v);
    return REF_OK;
}

static ref_status floor_row(sim_rows *out, const sim_config *c, const sim_problem *p,
                            const sim_floor *f, size_t rule, double eta, double *work,
                            ref_why *why)
{
    double *n = work;
    double *w = n + p->m;
    double *sigma = w + p->m;
    double *excess = sigma + p->d;
    sim_exact e;
    REF_TRY(sim_exact_open(&e, p, f->theta, why));
    for (size_t i = 0; i < p->m; i++) w[i] = floor_weight(rule, e.p[i], e.G[i]);
    sim_exact_close(&e);
    REF_TRY(sim_floor_draws(n, w, p->m, 8.0, why));
    REF_TRY(sim_floor_noise(sigma, f, p, n, why));
    REF_TRY(floor_measure(excess, c, p, f, n, eta, why));
    sim_rows_text(out, floor_rule[rule]);
    sim_rows_number(out, eta);
    sim_rows_number(out, ref_total(sigma, p->d));
    sim_rows_number(out, sim_floor_predict(f, sigma, eta));
    sim_regime_band(out, excess, c->seeds, 1.0, 0.0);
    sim_rows_end(out);
    return REF_OK;
}

static ref_status floor_run(const sim_config *c, size_t cell, sim_rows *out,
                            ref_why *why)
{
    const size_t count = sim_setting_length(c, "etas");
    const double eta = sim_setting_item(c, "etas", cell % count);
    sim_problem p;
    sim_floor f;
    REF_TRY(sim_regime_problem(&p, c, 'F', why));
    ref_status s = sim_floor_init(&f, &p, why);
    double *work = calloc(2 * p.m + p.d + c->seeds, sizeof *work);
    if (work == NULL) s = ref_fail(why, REF_ENOMEM, "no room for a run");
    if (s == REF_OK && work != NULL)
        s = floor_row(out, c, &p, &f, cell / count, eta, work, why);
    free(work);
    sim_floor_free(&f);
    sim_problem_free(&p);
    return s;
}

const sim_experiment sim_experiment_floor = {
    .name = "floor",
    .label = "spec:sim 6",
    .what = "noise floor of a constant step, predicted and measured, five allocations",
    .columns = "rule\teta\ttrace\tpredicted\tmeasured\tmeasured_lo\tmeasured_hi\tse",
    .seeds = 16,
    .parameter = floor_parameter,
    .cells = floor_cells,
    .run = floor_run,
    .check = floor_check,
};

/* ---- rates ------------------------------------------------------------------------- */

static const char *const rate_method[] = {"uniform-iw", "gvm-oracle-iw"};
static const char *const rate_schedule[] = {"constant", "sqrt", "inverse"};
enum { RATE_KINDS = 6 }; /* methods x schedules */

static const sim_parameter rates_parameter[] = {
    RATE_PROBLEM,
    {"eta", "4", "constant step; the others start there"},
    {"Ts", "64,128,256,512,1024,2048,4096", "numbers of steps"},
    {NULL, NULL, NULL}};

static size_t rates_cells(const sim_config *c)
{
    return RATE_KINDS * sim_setting_length(c, "Ts");
}

static ref_status rates_check(const sim_config *c, ref_why *why)
{
    return sim_setting_list(c, "Ts", 1.0, 1e7, why);
}

/* What a schedule reads: its kind, the largest step, T, and the least curvature. */
typedef struct rate_plan {
    size_t kind;
    double eta, T, h_min;
} rate_plan;

static double rate_eta(size_t t, const void *user)
{
    const rate_plan *r = user;
    if (r->kind == 0) return r->eta;
    if (r->kind == 1) return r->eta * sqrt(64.0 / r->T);
    return fmin(r->eta, 2.2 / (r->h_min * ((double)t + 20.0)));
}

/* Mean |grad|^2 along the path, last excess and the bound of one replica:
 *   (1/T) sum |grad|^2 <= 2 (L0 - L*)/(eta T) + L_cert eta (1/T) sum |noise|^2,
 * for constant eta; NaN for the schedule that changes it. */
static void rate_replica(const sim_curves *v, size_t k, const rate_plan *r, double best,
                         double smooth, double *out)
{
    ref_sum grad = {0};
    ref_sum noise = {0};
    for (size_t t = 0; t + 1 < v->records; t++) {
        ref_sum_add(&grad, v->grad2[t * v->S + k]);
        ref_sum_add(&noise, v->noise2[t * v->S + k]);
    }
    const double eta = rate_eta(0, r);
    out[0] = ref_sum_value(&grad) / r->T;
    out[1] = v->loss[(v->records - 1) * v->S + k] - best;
    out[2] = r->kind == 2 ? nan("")
                          : 2.0 * (v->loss[k] - best) / (eta * r->T)
                                + smooth * eta * ref_sum_value(&noise) / r->T;
}

static ref_status rates_rows(sim_rows *out, const sim_config *c, const sim_problem *p,
                             const sim_floor *f, const char *method, rate_plan *r,
                             double *work, ref_why *why)
{
    for (size_t k = 0; k < p->d; k++) work[k] = f->theta[k] + 2.0;
    r->h_min = f->h[0];
    sim_training t = {.schedule = rate_eta,
                      .user = r,
                      .steps = (size_t)r->T,
                      .gradient = true,
                      .start = work,
                      .seed = c->seed,
                      .replicas = c->seeds};
    REF_TRY(sim_regime_method(&t.method, method, why));
    sim_curves v;
    REF_TRY(sim_train_all(&v, NULL, NULL, p, &t, why));
    double *value = work + p->d; /* (3, S) */
    for (size_t k = 0; k < v.S; k++) {
        double x[3];
        rate_replica(&v, k, r, f->best, p->family->smoothness(p), x);
        for (size_t q = 0; q < 3; q++) value[q * v.S + k] = x[q];
    }
    sim_rows_text(out, method);
    sim_rows_text(out, rate_schedule[r->kind]);
    sim_rows_number(out, r->T);
    for (size_t q = 0; q < 3; q++) sim_regime_band(out, value + q * v.S, v.S, 1.0, 0.0);
    sim_rows_end(out);
    sim_curves_free(&v);
    return REF_OK;
}

static ref_status rates_run(const sim_config *c, size_t cell, sim_rows *out,
                            ref_why *why)
{
    const size_t count = sim_setting_length(c, "Ts");
    const size_t kind = cell / count;
    const double T = floor(sim_setting_item(c, "Ts", cell % count));
    rate_plan r = {kind % 3, sim_config_number(c, "eta"), T, 0.0};
    sim_problem p;
    sim_floor f;
    REF_TRY(sim_regime_problem(&p, c, 'F', why));
    ref_status s = sim_floor_init(&f, &p, why);
    double *work = calloc(p.d + 3 * c->seeds, sizeof *work);
    if (work == NULL) s = ref_fail(why, REF_ENOMEM, "no room for a run");
    if (s == REF_OK && work != NULL)
        s = rates_rows(out, c, &p, &f, rate_method[kind / 3], &r, work, why);
    free(work);
    sim_floor_free(&f);
    sim_problem_free(&p);
    return s;
}

const sim_experiment sim_experiment_rates = {
    .name = "rates",
    .label = "spec:sim 6",
    .what =
        "mean squared gradient and excess against T for three schedules, and the bound",
    .columns = "method\tschedule\tT\tmg2\tmg2_lo\tmg2_hi\tmg2_se\texcess\texcess_lo"
               "\texcess_hi\texcess_se\tbound\tbound_lo\tbound_hi\tbound_se",
    .seeds = 16,
    .parameter = rates_parameter,
    .cells = rates_cells,
    .run = rates_run,
    .check = rates_check,
};

/* ---- em-gap ------------------------------------------------------------------------ */

static const sim_parameter gap_parameter[] = {
    RATE_PROBLEM,
    {"methods", "uniform-iw,gvm-oracle-iw", "methods with an unbiased estimator"},
    {"step", "0.1", "step size in units of gamma = 1/L_cert, at most 1"},
    {"steps", "400", "steps"},
    {"every", "4", "steps between rows"},
    {NULL, NULL, NULL}};

static size_t gap_cells(const sim_config *c)
{
    return sim_regime_words(c, "methods");
}

static ref_status gap_check(const sim_config *c, ref_why *why)
{
    size_t n = 0;
    const double step = sim_config_number(c, "step");
    if (!(step > 0.0 && step <= 1.0))
        return ref_fail(why, REF_EUSAGE, "step: must be in (0,1]");
    REF_TRY(sim_regime_whole(&n, c, "steps", 1, 1000000, why));
    REF_TRY(sim_regime_whole(&n, c, "every", 1, 1000000, why));
    return sim_regime_check_methods(c, "methods", why);
}

/* Rows of L(theta_t) - L*, the change since the start, and Theorem 1's bound on it. */
static void gap_rows(sim_rows *out, const sim_config *c, const char *name,
                     const sim_curves *v, double best, double eta, double gamma)
{
    const size_t every = (size_t)sim_config_number(c, "every");
    ref_sum D1 = {0};
    ref_sum Omega = {0};
    const double first = sim_curve_mean(v->loss, v->S, NULL, NULL);
    for (size_t t = 0; t < v->records; t++) {
        const ref_descent_run r = {.eta = eta,
                                   .gamma = gamma,
                                   .k = 1,
                                   .D1 = ref_sum_value(&D1),
                                   .Omega = ref_sum_value(&Omega)};
        if (t % every == 0 || t + 1 == v->records) {
            sim_rows_text(out, name);
            sim_rows_number(out, (double)t);
            sim_rows_number(out, sim_curve_mean(v->draws + t * v->S, v->S, NULL, NULL));
            sim_regime_band(out, v->loss + t * v->S, v->S, 1.0, best);
            sim_regime_band(out, v->loss + t * v->S, v->S, 1.0, first);
            sim_rows_number(out, ref_descent_thm1(&r));
            sim_rows_end(out);
        }
        ref_sum_add(&D1, sim_curve_mean(v->grad2 + t * v->S, v->S, NULL, NULL));
        ref_sum_add(&Omega, sim_curve_mean(v->noise2 + t * v->S, v->S, NULL, NULL));
    }
}

static ref_status gap_run(const sim_config *c, size_t cell, sim_rows *out, ref_why *why)
{
    char name[64];
    sim_problem p;
    double best = 0.0;
    double first = 0.0;
    sim_training t = {.seed = c->seed,
                      .replicas = c->seeds,
                      .steps = (size_t)sim_config_number(c, "steps"),
                      .gradient = true};
    (void)sim_regime_word(name, sizeof name, c, "methods", cell);
    REF_TRY(sim_regime_method(&t.method, name, why));
    REF_TRY(sim_regime_problem(&p, c, 'F', why));
    const double gamma = 1.0 / p.family->smoothness(&p);
    t.eta = gamma * sim_config_number(c, "step");
    sim_curves v;
    ref_status s = sim_regime_optimum(&p, NULL, &best, &first, why);
    if (s == REF_OK) s = sim_train_all(&v, NULL, NULL, &p, &t, why);
    if (s == REF_OK) {
        gap_rows(out, c, name, &v, best, t.eta, gamma);
        sim_curves_free(&v);
    }
    sim_problem_free(&p);
    return s;
}

const sim_experiment sim_experiment_em_gap = {
    .name = "em-gap",
    .label = "gvm:thm1",
    .what =
        "loss above its minimum per iteration, its change, and Theorem 1's bound on it",
    .columns = "method\tstep\tdraws\tgap\tgap_lo\tgap_hi\tgap_se\tchange\tchange_lo"
               "\tchange_hi\tchange_se\tbound",
    .seeds = 16,
    .parameter = gap_parameter,
    .cells = gap_cells,
    .run = gap_run,
    .check = gap_check,
};
