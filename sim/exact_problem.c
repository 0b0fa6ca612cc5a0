/* exact_problem.c -- options in, a problem, its exact law, JSON out. */
#include "sim/exact_problem.h"

#include "ref/allocate_round.h"
#include "ref/io/parse.h"
#include "ref/numeric.h"
#include "sim/exact_moments.h"
#include "sim/exact_options.h"
#include "sim/model.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t LARGEST_SIZE = 1000000;
enum { DEFAULT_DRAWS = 8 }; /* per prompt */

/* ---- options to problems -------------------------------------------------------- */

#define LAW_OPTIONS                                                                    \
    {"n", NULL, false}, {"allocation", NULL, false}, {"budget", NULL, false},          \
        {"alpha", NULL, false}, {"beta", NULL, false}, {"estimator", "all", false},    \
    {                                                                                  \
        "at", "start", false                                                           \
    }

#define SHAPE_OPTIONS(prompts, latents, accepted, ridge, profile)                      \
    {"prompts", prompts, false}, {"latents", latents, false},                          \
        {"accepted", accepted, false}, {"ridge", ridge, false},                        \
    {                                                                                  \
        "profile", profile, false                                                      \
    }

#define FEATURE_OPTIONS(features)                                                      \
    {"features", features, false}, {"seed", "11", false},                              \
    {                                                                                  \
        "long-is-hard", NULL, true                                                     \
    }

typedef ref_status open_problem(sim_problem *p, const sim_options *o, ref_why *why);

static ref_status read_shape(sim_shape *s, const sim_options *o, ref_why *why)
{
    *s = (sim_shape){0};
    REF_TRY(sim_options_whole(&s->m, o, "prompts", 1, LARGEST_SIZE, why));
    REF_TRY(sim_options_whole(&s->Y, o, "latents", 2, LARGEST_SIZE, why));
    REF_TRY(sim_options_whole(&s->kA, o, "accepted", 1, LARGEST_SIZE, why));
    REF_TRY(sim_options_number(&s->lambda, o, "ridge", why));
    return sim_profile_parse(&s->profile, sim_options_text(o, "profile"), why);
}

static ref_status read_features(sim_shape *s, const sim_options *o, ref_why *why)
{
    size_t seed = 0;
    REF_TRY(read_shape(s, o, why));
    REF_TRY(sim_options_whole(&s->d, o, "features", 1, LARGEST_SIZE, why));
    REF_TRY(sim_options_whole(&seed, o, "seed", 0, UINT32_MAX, why));
    s->seed = (uint32_t)seed;
    s->long_is_hard = sim_options_text(o, "long-is-hard") != NULL;
    return REF_OK;
}

static ref_status open_tabular(sim_problem *p, const sim_options *o, ref_why *why)
{
    sim_shape s;
    REF_TRY(read_shape(&s, o, why));
    return sim_tabular_init(p, &s, why);
}

static ref_status open_realisable(sim_problem *p, const sim_options *o, ref_why *why)
{
    sim_shape s;
    REF_TRY(read_features(&s, o, why));
    return sim_loglinear_init(p, &s, 'R', why);
}

static ref_status open_frustrated(sim_problem *p, const sim_options *o, ref_why *why)
{
    sim_shape s;
    REF_TRY(read_features(&s, o, why));
    return sim_loglinear_init(p, &s, 'F', why);
}

static ref_status open_head(sim_problem *p, const sim_options *o, ref_why *why)
{
    size_t m, Y, Z, d, seed;
    double kappa, ridge;
    REF_TRY(sim_options_whole(&m, o, "prompts", 1, LARGEST_SIZE, why));
    REF_TRY(sim_options_whole(&Y, o, "latents", 1, LARGEST_SIZE, why));
    REF_TRY(sim_options_whole(&Z, o, "answers", 2, LARGEST_SIZE, why));
    REF_TRY(sim_options_whole(&d, o, "features", 1, LARGEST_SIZE, why));
    REF_TRY(sim_options_whole(&seed, o, "seed", 0, UINT32_MAX, why));
    REF_TRY(sim_options_number(&kappa, o, "kappa", why));
    REF_TRY(sim_options_number(&ridge, o, "ridge", why));
    if (!(ridge >= 0.0))
        return ref_fail(why, REF_EUSAGE, "--ridge: %g is below 0", ridge);
    REF_TRY(sim_head_init(p, m, Y, Z, d, kappa, (uint32_t)seed, why));
    p->lambda = ridge;
    return REF_OK;
}

static ref_status open_chain(sim_problem *p, const sim_options *o, ref_why *why)
{
    size_t states, count = 0;
    double eps, back;
    REF_TRY(sim_options_whole(&states, o, "states", 1, LARGEST_SIZE, why));
    REF_TRY(sim_options_number(&eps, o, "eps", why));
    REF_TRY(sim_options_number(&back, o, "back", why));
    size_t *length = calloc(LARGEST_SIZE, sizeof *length);
    if (length == NULL) return ref_fail(why, REF_ENOMEM, "no memory for lengths");
    ref_status s = sim_chain_lengths(length, &count, LARGEST_SIZE,
                                     sim_options_text(o, "lengths"), why);
    if (s == REF_OK) s = sim_chain_init(p, states, length, count, eps, back, why);
    free(length);
    return s;
}

static ref_status open_model(sim_problem *p, const sim_options *o, ref_why *why)
{
    const char *path = sim_options_text(o, "model");
    if (path == NULL)
        return ref_fail(why, REF_EUSAGE, "family model needs --model FILE.json");
    return sim_model_load(p, path, why);
}

/* ---- draws ----------------------------------------------------------------------- */

/* How the budget is split: real-valued and whole. */
typedef struct split {
    const char *rule;
    double budget;
    double *real, *whole; /* (m) */
} split;

static ref_status split_by_rule(split *x, const sim_exact *e, const sim_options *o,
                                ref_why *why)
{
    const ref_allocate_rule *rule = ref_allocate_rule_find(x->rule);
    if (rule == NULL)
        return ref_fail(why, REF_EUSAGE,
                        "--allocation: there is no rule '%s'; `gvm allocate "
                        "--list-rules` shows them",
                        x->rule);
    ref_allocate_input in = sim_exact_input(e, x->budget); /* alpha 0, beta 2 */
    if (sim_options_text(o, "alpha") != NULL)
        REF_TRY(sim_options_number(&in.alpha, o, "alpha", why));
    if (sim_options_text(o, "beta") != NULL)
        REF_TRY(sim_options_number(&in.beta, o, "beta", why));
    REF_TRY(rule->share(x->real, &in, rule->user, why));
    size_t *n = calloc(e->m, sizeof *n);
    if (n == NULL) return ref_fail(why, REF_ENOMEM, "no memory for draws");
    const ref_status s =
        ref_allocate_round_remainder(n, x->real, e->m, (size_t)x->budget, why);
    for (size_t i = 0; s == REF_OK && i < e->m; i++) {
        x->real[i] *= x->budget;
        x->whole[i] = (double)n[i];
    }
    free(n);
    return s;
}

static ref_status split_evenly(split *x, const sim_exact *e, const sim_options *o,
                               ref_why *why)
{
    static const char *const others[] = {"budget", "alpha", "beta"};
    for (size_t k = 0; k < 3; k++)
        if (sim_options_text(o, others[k]) != NULL)
            return ref_fail(why, REF_EUSAGE, "--%s belongs to --allocation", others[k]);
    size_t count = DEFAULT_DRAWS;
    if (sim_options_text(o, "n") != NULL)
        REF_TRY(sim_options_whole(&count, o, "n", 1, LARGEST_SIZE, why));
    x->rule = "uniform";
    x->budget = (double)count * (double)e->m;
    for (size_t i = 0; i < e->m; i++) x->real[i] = x->whole[i] = (double)count;
    return REF_OK;
}

static ref_status split_budget(split *x, const sim_exact *e, const sim_options *o,
                               ref_why *why)
{
    x->rule = sim_options_text(o, "allocation");
    if (x->rule == NULL) return split_evenly(x, e, o, why);
    if (sim_options_text(o, "n") != NULL)
        return ref_fail(why, REF_EUSAGE, "--n and --allocation exclude each other");
    size_t budget = DEFAULT_DRAWS * e->m;
    if (sim_options_text(o, "budget") != NULL)
        REF_TRY(sim_options_whole(&budget, o, "budget", 1, LARGEST_SIZE * e->m, why));
    x->budget = (double)budget;
    return split_by_rule(x, e, o, why);
}

/* ---- JSON ------------------------------------------------------------------------ */

static json_t *real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static void put(json_t *object, const char *key, double x)
{
    (void)json_object_set_new(object, key, real(x));
}

static void put_count(json_t *object, const char *key, size_t n)
{
    (void)json_object_set_new(object, key, json_integer((json_int_t)n));
}

static json_t *prompts_json(const sim_exact *e, const double *n)
{
    json_t *all = json_array();
    for (size_t i = 0; i < e->m; i++) {
        const sim_moments *x = &e->moments[i];
        json_t *row = json_object();
        put_count(row, "index", i);
        put(row, "n", n[i]);
        put(row, "p", x->p);
        put(row, "q", x->q);
        put(row, "log_p", x->log_p);
        put(row, "S2", x->S2);
        put(row, "G1", x->G1);
        put(row, "mu2", x->mu2);
        put(row, "v", x->v);
        put(row, "H2", x->H2);
        put(row, "HR", x->HR);
        put(row, "W2", x->W2);
        (void)json_array_append_new(all, row);
    }
    return all;
}

/* V at real-valued draws of the rules that section 4.1 compares. */
static json_t *variance_json(const sim_exact *e, const split *x)
{
    double uniform = 0.0, gvm = 0.0, neyman = 0.0, bound = 0.0;
    const double scale = x->budget * (double)e->m * (double)e->m;
    double root = 0.0, cost = 0.0, best = 0.0;
    for (size_t i = 0; i < e->m; i++) {
        const double w = e->G[i] / sqrt(e->p[i]);
        uniform += e->c[i];
        bound += e->S2[i] / e->p[i];
        best += sqrt(e->c[i]);
        root += w;
        if (e->c[i] != 0.0) cost += e->c[i] / w;
    }
    const double m = (double)e->m, V = sim_exact_variance(e, x->real);
    json_t *out = json_object();
    gvm = root * cost / scale;
    neyman = best * best / scale;
    put(out, "tight", uniform / bound);
    uniform = m * uniform / scale;
    put(out, "uniform", uniform);
    put(out, "gvm", gvm);
    put(out, "neyman", neyman);
    put(out, "allocation", V);
    put(out, "gain_gvm", uniform / gvm);
    put(out, "gain_neyman", uniform / neyman);
    put(out, "gain_allocation", uniform / V);
    return out;
}

static json_t *estimator_json(const sim_exact *e, ref_reject_estimator estimator,
                              const double *n, double *mean)
{
    const sim_exact_law law = sim_exact_estimator(mean, e, estimator, n);
    json_t *row = json_object(), *vector = json_array();
    (void)json_object_set_new(row, "name", json_string(ref_reject_name(estimator)));
    put(row, "variance", law.variance);
    put(row, "bias2", law.bias2);
    put(row, "mse", law.mse);
    put(row, "rho", law.rho);
    for (size_t k = 0; k < e->d; k++)
        (void)json_array_append_new(vector, real(mean[k]));
    (void)json_object_set_new(row, "mean", vector);
    return row;
}

static ref_status estimators_json(json_t **out, const sim_exact *e, const double *n,
                                  const char *name, ref_why *why)
{
    const ref_reject_estimator one = ref_reject_find(name);
    if (one == REF_REJECT_COUNT && strcmp(name, "all") != 0)
        return ref_fail(why, REF_EUSAGE,
                        "--estimator: '%s' is none of iw, rb, sn, loo, pool, rris, all",
                        name);
    double *mean = calloc(e->d, sizeof *mean);
    if (mean == NULL) return ref_fail(why, REF_ENOMEM, "no memory for a mean vector");
    *out = json_array();
    for (int k = 0; k < REF_REJECT_COUNT; k++) {
        const ref_reject_estimator estimator = (ref_reject_estimator)k;
        if (one == REF_REJECT_COUNT || one == estimator)
            (void)json_array_append_new(*out, estimator_json(e, estimator, n, mean));
    }
    free(mean);
    return REF_OK;
}

static ref_status report_json(json_t **out, const sim_problem *p, const sim_exact *e,
                              const split *x, const sim_options *o, ref_why *why)
{
    json_t *estimators = NULL;
    REF_TRY(estimators_json(&estimators, e, x->whole, sim_options_text(o, "estimator"),
                            why));
    json_t *top = json_object();
    (void)json_object_set_new(top, "family", json_string(p->family->name));
    put_count(top, "prompts", e->m);
    put_count(top, "parameters", e->d);
    put(top, "ridge", p->lambda);
    (void)json_object_set_new(top, "at", json_string(sim_options_text(o, "at")));
    put(top, "loss", e->loss);
    put(top, "grad2", e->grad2);
    put(top, "smoothness", e->smoothness);
    (void)json_object_set_new(top, "allocation", json_string(x->rule));
    put(top, "budget", x->budget);
    (void)json_object_set_new(top, "variance", variance_json(e, x));
    (void)json_object_set_new(top, "estimators", estimators);
    (void)json_object_set_new(top, "prompt", prompts_json(e, x->whole));
    /* jansson drops what it has no memory for: count */
    if (json_object_size(top) != 13
        || json_array_size(json_object_get(top, "prompt")) != e->m) {
        json_decref(top);
        return ref_fail(why, REF_ENOMEM, "no memory for the result");
    }
    *out = top;
    return REF_OK;
}

/* ---- one run --------------------------------------------------------------------- */

static ref_status report_at(json_t **out, const sim_problem *p, const double *theta,
                            const sim_options *o, ref_why *why)
{
    sim_exact e;
    REF_TRY(sim_exact_open(&e, p, theta, why));
    if (!isfinite(e.loss) || !isfinite(e.grad2)) {
        const double loss = e.loss, grad2 = e.grad2;
        sim_exact_close(&e);
        return ref_fail(why, REF_ENONFINITE,
                        "loss %g and squared gradient %g must be finite", loss, grad2);
    }
    double *draws = calloc(2 * e.m, sizeof *draws);
    if (draws == NULL) {
        sim_exact_close(&e);
        return ref_fail(why, REF_ENOMEM, "no memory for draws");
    }
    split x = {.real = draws, .whole = draws + e.m};
    ref_status s = split_budget(&x, &e, o, why);
    if (s == REF_OK) s = report_json(out, p, &e, &x, o, why);
    free(draws);
    sim_exact_close(&e);
    return s;
}

static ref_status report_problem(json_t **out, const sim_problem *p,
                                 const sim_options *o, ref_why *why)
{
    const char *at = sim_options_text(o, "at");
    const bool minimum = strcmp(at, "minimum") == 0;
    if (!minimum && strcmp(at, "start") != 0)
        return ref_fail(why, REF_EUSAGE, "--at: '%s' is neither start nor minimum", at);
    assert(p->d > 0);
    double *theta = calloc(p->d, sizeof *theta);
    if (theta == NULL) return ref_fail(why, REF_ENOMEM, "no memory for theta");
    p->family->start(p, theta);
    ref_status s = minimum ? sim_problem_minimise(p, theta, 1e-10, why) : REF_OK;
    if (s == REF_OK) s = report_at(out, p, theta, o, why);
    free(theta);
    return s;
}

static ref_status run_family(open_problem *open, sim_options o, int argc, char **argv,
                             json_t **out, ref_why *why)
{
    sim_problem p = {0};
    REF_TRY(sim_options_read(&o, argc, argv, why));
    ref_status s = open(&p, &o, why);
    if (s == REF_OK) s = report_problem(out, &p, &o, why);
    sim_problem_free(&p);
    return s;
}

ref_status sim_exact_tabular(int argc, char **argv, json_t **out, ref_why *why)
{
    sim_option option[] = {SHAPE_OPTIONS("128", "32", "1", "0", "U>=1e-3"),
                           LAW_OPTIONS};
    const sim_options o = {option, sizeof option / sizeof option[0]};
    return run_family(open_tabular, o, argc, argv, out, why);
}

ref_status sim_exact_realisable(int argc, char **argv, json_t **out, ref_why *why)
{
    sim_option option[] = {SHAPE_OPTIONS("128", "32", "4", "0", "U>=1e-3"),
                           FEATURE_OPTIONS("64"), LAW_OPTIONS};
    const sim_options o = {option, sizeof option / sizeof option[0]};
    return run_family(open_realisable, o, argc, argv, out, why);
}

ref_status sim_exact_frustrated(int argc, char **argv, json_t **out, ref_why *why)
{
    sim_option option[] = {SHAPE_OPTIONS("64", "16", "3", "1e-3", "U>=3e-3"),
                           FEATURE_OPTIONS("12"), LAW_OPTIONS};
    const sim_options o = {option, sizeof option / sizeof option[0]};
    return run_family(open_frustrated, o, argc, argv, out, why);
}

ref_status sim_exact_head(int argc, char **argv, json_t **out, ref_why *why)
{
    sim_option option[] = {{"prompts", "24", false}, {"latents", "6", false},
                           {"answers", "4", false},  {"features", "6", false},
                           {"kappa", "0.5", false},  {"seed", "31", false},
                           {"ridge", "0", false},    LAW_OPTIONS};
    const sim_options o = {option, sizeof option / sizeof option[0]};
    return run_family(open_head, o, argc, argv, out, why);
}

ref_status sim_exact_chain(int argc, char **argv, json_t **out, ref_why *why)
{
    sim_option option[] = {{"states", "6", false},
                           {"lengths", "2:48:2", false},
                           {"eps", "0.1", false},
                           {"back", "1e-3", false},
                           LAW_OPTIONS};
    const sim_options o = {option, sizeof option / sizeof option[0]};
    return run_family(open_chain, o, argc, argv, out, why);
}

ref_status sim_exact_model(int argc, char **argv, json_t **out, ref_why *why)
{
    sim_option option[] = {{"model", NULL, false}, LAW_OPTIONS};
    const sim_options o = {option, sizeof option / sizeof option[0]};
    return run_family(open_model, o, argc, argv, out, why);
}
