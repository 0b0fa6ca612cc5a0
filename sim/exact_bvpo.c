/* exact_bvpo.c -- options in, exact quantities of the BVPO models out, as JSON. */
#include "sim/exact_bvpo.h"

#include "ref/bvpo.h"
#include "ref/descent.h"
#include "ref/io/parse.h"
#include "sim/family_bvpo.h"
#include "sim/quadratic.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- options --------------------------------------------------------------------------- */

typedef struct option {
    const char *name;  /* without the dashes */
    const char *value; /* default, replaced by the command line */
} option;

/* The value of options[i] <- the command line's.          REF_OK or REF_EUSAGE */
static ref_status read_options(option *options, size_t count, int argc, char **argv,
                               ref_why *why)
{
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0)
            return ref_fail(why, REF_EUSAGE, "'%s' is no option", argv[i]);
        const char *name = argv[i] + 2;
        const size_t length = strcspn(name, "=");
        size_t k = 0;
        while (k < count
               && !(strlen(options[k].name) == length
                    && strncmp(options[k].name, name, length) == 0))
            k++;
        if (k == count)
            return ref_fail(why, REF_EUSAGE, "unknown option '%s'", argv[i]);
        if (name[length] == '=') {
            options[k].value = name + length + 1;
        } else if (i + 1 < argc) {
            options[k].value = argv[++i];
        } else {
            return ref_fail(why, REF_EUSAGE, "option '%s' needs a value", argv[i]);
        }
    }
    return REF_OK;
}

static ref_status number(double *x, const option *o, ref_why *why)
{
    if (ref_parse_double(x, o->value) == REF_OK) return REF_OK;
    return ref_fail(why, REF_EUSAGE, "--%s: '%s' is not a finite number", o->name,
                    o->value);
}

static ref_status whole(uint64_t *n, const option *o, uint64_t max, ref_why *why)
{
    if (ref_parse_unsigned(n, o->value, max) == REF_OK) return REF_OK;
    return ref_fail(why, REF_EUSAGE, "--%s: '%s' is not a whole number up to %llu",
                    o->name, o->value, (unsigned long long)max);
}

/* A JSON object from names and values, numbers that are not finite as null. */
typedef struct field {
    const char *name;
    double value;
} field;

static ref_status put_fields(json_t *object, const field *f, size_t count, ref_why *why)
{
    for (size_t i = 0; i < count; i++) {
        json_t *value = isfinite(f[i].value) ? json_real(f[i].value) : json_null();
        if (json_object_set_new(object, f[i].name, value) != 0)
            return ref_fail(why, REF_ENOMEM, "no memory for the answer");
    }
    return REF_OK;
}

/* ---- bvpo ------------------------------------------------------------------------------ */

enum { MODEL_SEED, BETA, TAU, KAPPA, COUPLING, BATCH, BVPO_OPTIONS };

typedef struct request {
    sim_bvpo_shape shape;
    sim_bvpo_coupling coupling;
    double batch;
} request;

static ref_status read_request(request *r, int argc, char **argv, ref_why *why)
{
    option o[BVPO_OPTIONS] = {[MODEL_SEED] = {"model-seed", "20251006"},
                              [BETA] = {"beta", "1"},
                              [TAU] = {"tau", "1"},
                              [KAPPA] = {"kappa", "0.5"},
                              [COUPLING] = {"coupling", "paired"},
                              [BATCH] = {"batch", "1"}};
    REF_TRY(read_options(o, BVPO_OPTIONS, argc, argv, why));
    *r = (request){.shape = sim_bvpo_default()};
    REF_TRY(whole(&r->shape.seed, &o[MODEL_SEED], UINT64_MAX, why));
    REF_TRY(number(&r->shape.beta, &o[BETA], why));
    REF_TRY(number(&r->shape.tau, &o[TAU], why));
    REF_TRY(number(&r->shape.kappa, &o[KAPPA], why));
    REF_TRY(sim_bvpo_coupling_parse(&r->coupling, o[COUPLING].value, why));
    uint64_t batch;
    REF_TRY(whole(&batch, &o[BATCH], (uint64_t)1 << 53, why));
    if (batch == 0) return ref_fail(why, REF_EUSAGE, "--batch must be at least 1");
    r->batch = (double)batch;
    if (!(r->shape.beta > 0.0))
        return ref_fail(why, REF_EUSAGE, "--beta must be positive");
    return REF_OK;
}

/* Moments of a batch: covariances divided by its size. */
static ref_bvpo_pieces batch_pieces(const ref_bvpo_pieces *p, double n)
{
    ref_bvpo_pieces out = *p;
    out.tr_S_t /= n;
    out.tr_S_e /= n;
    out.tr_S_te /= n;
    return out;
}

static ref_status put_moments(json_t *object, const sim_bvpo_exact *x, double batch,
                              ref_why *why)
{
    const ref_bvpo_pieces p = batch_pieces(&x->pieces, batch);
    const ref_bvpo_moments m = ref_bvpo_moments_at(&p, 1.0);
    const double star = ref_bvpo_alpha(&m);
    const field fields[] = {
        {"L_m", x->L_m},
        {"L_t", x->L_t},
        {"L_e", x->L_e},
        {"mu2", x->mu2},
        {"A", m.A},
        {"B", m.B},
        {"C", m.C},
        {"D", m.D},
        {"alpha_unc", ref_bvpo_alpha_free(&m)},
        {"alpha_star", star},
        {"MSE_star", ref_bvpo_mse(&m, star)},
        {"MSE_half", ref_bvpo_mse(&m, 0.5)},
        {"b_t2", p.b_t2},
        {"b_e2", p.b_e2},
        {"b_te", p.b_te},
        {"tr_S_t", p.tr_S_t},
        {"tr_S_e", p.tr_S_e},
        {"tr_S_te", p.tr_S_te},
        {"condvar", x->condvar / batch},
    };
    return put_fields(object, fields, sizeof fields / sizeof fields[0], why);
}

static ref_status put_vector(json_t *object, const char *name, const double *x,
                             size_t n, ref_why *why)
{
    json_t *array = json_array();
    bool ok = array != NULL;
    for (size_t i = 0; ok && i < n; i++)
        ok =
            json_array_append_new(array, isfinite(x[i]) ? json_real(x[i]) : json_null())
            == 0;
    if (ok && json_object_set(object, name, array) == 0) {
        json_decref(array);
        return REF_OK;
    }
    json_decref(array);
    return ref_fail(why, REF_ENOMEM, "no memory for the answer");
}

/* The model is open; tables and vectors are made, used and released here. */
static ref_status answer_bvpo(json_t *object, const sim_bvpo *m, const request *r,
                              ref_why *why)
{
    sim_bvpo_table t;
    sim_bvpo_exact x;
    double *mu = malloc(m->shape.d * sizeof *mu);
    ref_status status = sim_bvpo_table_init(&t, m, m->theta);
    if (status == REF_OK && mu == NULL) status = REF_ENOMEM;
    if (status == REF_OK) status = sim_bvpo_moments(&x, mu, m, &t, r->coupling);
    if (status == REF_OK) {
        status = put_moments(object, &x, r->batch, why);
        if (status == REF_OK) status = put_vector(object, "mu", mu, m->shape.d, why);
    } else {
        (void)ref_fail(why, status, "no memory for the enumeration");
    }
    sim_bvpo_table_free(&t);
    free(mu);
    return status;
}

ref_status sim_exact_bvpo(int argc, char **argv, json_t **out, ref_why *why)
{
    request r;
    REF_TRY(read_request(&r, argc, argv, why));
    sim_bvpo m;
    REF_TRY(sim_bvpo_init(&m, &r.shape, why));
    json_t *object = json_object();
    ref_status status = object == NULL
                            ? ref_fail(why, REF_ENOMEM, "no memory for the answer")
                            : answer_bvpo(object, &m, &r, why);
    sim_bvpo_free(&m);
    if (status == REF_OK && !json_is_real(json_object_get(object, "A")))
        status = ref_fail(why, REF_ENONFINITE,
                          "the trace gradient's error A is not finite at beta %g, tau "
                          "%g, kappa %g",
                          r.shape.beta, r.shape.tau, r.shape.kappa);
    if (status == REF_OK) {
        *out = object;
    } else {
        json_decref(object);
    }
    return status;
}

/* ---- quadratic ------------------------------------------------------------------------- */

#define LIST_MAX 64

enum {
    LAM,
    START,
    B_T,
    B_E,
    S_T,
    S_E,
    S_TE,
    LISTS,
    ALPHA = LISTS,
    ETA,
    STEPS,
    Q_OPTIONS
};

/* x (LIST_MAX) <- comma-separated numbers; *n their count. */
static ref_status list(double *x, size_t *n, const option *o, ref_why *why)
{
    size_t count = 0;
    for (const char *item = o->value; item != NULL; count++) {
        const char *comma = strchr(item, ',');
        const size_t length = comma != NULL ? (size_t)(comma - item) : strlen(item);
        char text[64];
        if (count == LIST_MAX)
            return ref_fail(why, REF_EUSAGE, "--%s: more than %d numbers", o->name,
                            LIST_MAX);
        if (length >= sizeof text)
            return ref_fail(why, REF_EUSAGE, "--%s: item %zu is too long", o->name,
                            count + 1);
        memcpy(text, item, length);
        text[length] = '\0';
        if (ref_parse_double(&x[count], text) != REF_OK)
            return ref_fail(why, REF_EUSAGE,
                            "--%s: item %zu, '%s', is not a finite number", o->name,
                            count + 1, text);
        item = comma != NULL ? comma + 1 : NULL;
    }
    *n = count;
    return REF_OK;
}

typedef struct quadratic_request {
    double x[LISTS][LIST_MAX];
    double alpha, eta;
    uint64_t steps;
    sim_quadratic q;
} quadratic_request;

/* Two noises that exist: S_t, S_e >= 0 and S_te^2 <= S_t S_e up to rounding. */
static ref_status check_noise(const sim_quadratic *q, ref_why *why)
{
    for (size_t i = 0; i < q->d; i++) {
        const double limit = q->S_t[i] * q->S_e[i] * (1.0 + 8.0 * DBL_EPSILON);
        if (!(q->S_t[i] >= 0.0 && q->S_e[i] >= 0.0 && q->S_te[i] * q->S_te[i] <= limit))
            return ref_fail(
                why, REF_EUSAGE,
                "--S-t %g, --S-e %g, --S-te %g at place %zu are no covariance",
                q->S_t[i], q->S_e[i], q->S_te[i], i + 1);
    }
    return REF_OK;
}

static ref_status read_quadratic(quadratic_request *r, int argc, char **argv,
                                 ref_why *why)
{
    option o[Q_OPTIONS] = {
        [LAM] = {"lam", "2,2,2,2"}, [START] = {"start", "1,-2,0.5,3"},
        [B_T] = {"b-t", NULL},      [B_E] = {"b-e", NULL},
        [S_T] = {"S-t", NULL},      [S_E] = {"S-e", NULL},
        [S_TE] = {"S-te", NULL},    [ALPHA] = {"alpha", "1"},
        [ETA] = {"eta", "0.5"},     [STEPS] = {"steps", "50"}};
    REF_TRY(read_options(o, Q_OPTIONS, argc, argv, why));
    memset(r, 0, sizeof *r);
    for (size_t i = 0; i < LISTS; i++) {
        size_t n = r->q.d;
        if (o[i].value != NULL) REF_TRY(list(r->x[i], &n, &o[i], why));
        if (i == LAM) r->q.d = n;
        if (n != r->q.d)
            return ref_fail(why, REF_EUSAGE, "--%s has %zu numbers, --lam has %zu",
                            o[i].name, n, r->q.d);
    }
    REF_TRY(number(&r->alpha, &o[ALPHA], why));
    REF_TRY(number(&r->eta, &o[ETA], why));
    REF_TRY(whole(&r->steps, &o[STEPS], 100000000, why));
    if (r->steps == 0) return ref_fail(why, REF_EUSAGE, "--steps must be at least 1");
    r->q = (sim_quadratic){r->q.d,    r->x[LAM], r->x[START], r->x[B_T],
                           r->x[B_E], r->x[S_T], r->x[S_E],   r->x[S_TE]};
    return check_noise(&r->q, why);
}

ref_status sim_exact_quadratic(int argc, char **argv, json_t **out, ref_why *why)
{
    quadratic_request r;
    REF_TRY(read_quadratic(&r, argc, argv, why));
    sim_quadratic_run run;
    const ref_status ran =
        sim_quadratic_run_exact(&run, &r.q, r.alpha, r.eta, (size_t)r.steps);
    if (ran != REF_OK)
        return ref_fail(why, ran, "--lam and --eta must be positive and finite");

    const ref_bvpo_pieces p = sim_quadratic_pieces(&r.q);
    const double L = sim_quadratic_smoothness(&r.q), K = (double)r.steps;
    const double bias2 = ref_bvpo_bias2(&p, r.alpha),
                 s2 = ref_bvpo_variance(&p, r.alpha);
    const double floor = ref_descent_floor(bias2, r.eta, L, s2);
    const field fields[] = {
        {"alpha", r.alpha},
        {"eta", r.eta},
        {"steps", K},
        {"L", L},
        {"F_0", run.first},
        {"F_K", run.last},
        {"average_gradient2", run.average},
        {"b_c2", bias2},
        {"s_c2", s2},
        {"bound", ref_descent_average(run.first, r.eta, L, r.steps, floor)},
        {"bound_F_K",
         ref_descent_average(run.first - run.last, r.eta, L, r.steps, floor)},
        {"alpha_floor", ref_bvpo_floor_weight(&p, r.eta * L)},
    };
    json_t *object = json_object();
    if (object == NULL) return ref_fail(why, REF_ENOMEM, "no memory for the answer");
    const ref_status status =
        put_fields(object, fields, sizeof fields / sizeof fields[0], why);
    if (status == REF_OK) {
        *out = object;
    } else {
        json_decref(object);
    }
    return status;
}
