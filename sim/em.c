/* em.c -- see em.h. */
#include "sim/em.h"

#include "ref/numeric.h"
#include "ref/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STREAM_BATCH = 5 }; /* coins that order the prompts of a step */

/* A training under way. */
typedef struct loop {
    const sim_problem *p;
    const sim_training *t;
    sim_estimator e;
    sim_problem test; /* the test set as a problem, where accuracy is wanted */
    sim_sampler tester;
    ref_optim_adamw adam[SIM_LANES];
    double *theta, *g;       /* (d, lanes) */
    double *exact_g;         /* (d, lanes) */
    double *one, *one_g;     /* (d) one lane */
    size_t *prompts;         /* (m) in this step's order */
    double *coin;            /* (m) */
    double draws[SIM_LANES]; /* per prompt, so far */
    double log_p[SIM_LANES]; /* at the current theta, once measured */
    double accuracy[SIM_LANES], grad2[SIM_LANES]; /* likewise */
    struct timespec start;
} loop;

void sim_trace_free(sim_trace *t)
{
    free(t->step);
    free(t->theta);
    *t = (sim_trace){0};
}

static void loop_free(loop *w)
{
    sim_estimator_free(&w->e);
    sim_sampler_free(&w->tester);
    sim_problem_free(&w->test);
    for (size_t l = 0; l < SIM_LANES; l++) ref_optim_adamw_free(&w->adam[l]);
    free(w->theta);
    free(w->prompts);
}

/* The test set as a problem of its own, so that accuracy is measured on all lanes. */
static ref_status open_test_set(loop *w, ref_why *why)
{
    const sim_loglinear *test = sim_problem_test_set(w->p);
    if (test == NULL) return ref_fail(why, REF_EUSAGE, "this problem has no test set");
    REF_TRY(sim_loglinear_from(&w->test, test, NULL, 0.0, why));
    return sim_sampler_init(&w->tester, &w->test, false, why);
}

static ref_status loop_init(loop *w, const sim_problem *p, const sim_training *t,
                            ref_why *why)
{
    *w = (loop){.p = p, .t = t};
    const uint32_t replica = t->replica;
    REF_TRY(sim_estimator_init(&w->e, p, &t->method, t->seed, replica, why));
    const size_t lanes = w->e.sampler.lanes;
    w->theta = sim_aligned(3 * p->d * SIM_LANES + 2 * p->d + p->m);
    w->prompts = calloc(p->m, sizeof *w->prompts);
    bool ok = w->theta != NULL && w->prompts != NULL;
    for (size_t l = 0; ok && t->optimiser == SIM_ADAM && l < lanes; l++)
        ok = ref_optim_adamw_init(&w->adam[l], p->d) == REF_OK;
    if (!ok) return ref_fail(why, REF_ENOMEM, "no room for %zu parameters", p->d);
    w->g = w->theta + p->d * SIM_LANES;
    w->exact_g = w->g + p->d * SIM_LANES;
    w->one = w->exact_g + p->d * SIM_LANES;
    w->one_g = w->one + p->d;
    w->coin = w->one_g + p->d;
    if (t->accuracy) REF_TRY(open_test_set(w, why));
    if (t->start != NULL)
        memcpy(w->one, t->start, p->d * sizeof *w->one);
    else
        p->family->start(p, w->one);
    for (size_t k = 0; k < p->d; k++)
        for (size_t l = 0; l < lanes; l++) w->theta[k * lanes + l] = w->one[k];
    for (size_t l = t->replicas; l < SIM_LANES; l++) w->e.alive[l] = false;
    (void)clock_gettime(CLOCK_MONOTONIC, &w->start);
    return REF_OK;
}

static void take_lane(const loop *w, size_t l)
{
    const size_t lanes = w->e.sampler.lanes;
    for (size_t k = 0; k < w->p->d; k++) w->one[k] = w->theta[k * lanes + l];
}

/* ---- recording --------------------------------------------------------------------- */

static double ridge(const loop *w, size_t l)
{
    take_lane(w, l);
    return 0.5 * w->p->lambda * ref_norm2(w->one, w->p->d);
}

/* Mean log p of every lane at the current theta, without drawing. */
static void measure(loop *w)
{
    sim_sampler *s = &w->e.sampler;
    for (size_t l = 0; l < SIM_LANES; l++) w->log_p[l] = 0.0;
    for (size_t i = 0; i < w->p->m; i++) {
        s->ops->open(s, i, w->theta, false);
        for (size_t l = 0; l < s->lanes; l++) w->log_p[l] += log(s->exact[i].p[l]);
    }
    for (size_t l = 0; l < s->lanes; l++) w->log_p[l] /= (double)w->p->m;
}

/* Expected acceptance on the test set, every lane. */
static void measure_accuracy(loop *w)
{
    sim_sampler *s = &w->tester;
    for (size_t l = 0; l < SIM_LANES; l++) w->accuracy[l] = 0.0;
    for (size_t i = 0; i < w->test.m; i++) {
        s->ops->open(s, i, w->theta, false);
        for (size_t l = 0; l < s->lanes; l++) w->accuracy[l] += s->exact[i].p[l];
    }
    for (size_t l = 0; l < s->lanes; l++) w->accuracy[l] /= (double)w->test.m;
}

/* |grad L|^2 of every lane; the prompts are open at the current theta. */
static void measure_gradient(loop *w)
{
    sim_sampler *s = &w->e.sampler;
    const size_t d = w->p->d;
    double *g = w->exact_g;
    memset(g, 0, d * s->lanes * sizeof *g);
    for (size_t i = 0; i < w->p->m; i++) s->ops->mean(s, i, -1.0 / (double)w->p->m, g);
    for (size_t l = 0; l < s->lanes; l++) {
        double sum = 0.0;
        for (size_t k = 0; k < d; k++) {
            const double x =
                g[k * s->lanes + l] + w->p->lambda * w->theta[k * s->lanes + l];
            sum += x * x;
        }
        w->grad2[l] = sum;
    }
}

/* |ghat - g|^2 of one lane: the estimate in w->g against minus the loss's data part. */
static double noise(const loop *w, size_t l)
{
    const size_t lanes = w->e.sampler.lanes;
    double sum = 0.0;
    for (size_t k = 0; k < w->p->d; k++) {
        const double x = w->g[k * lanes + l] + w->exact_g[k * lanes + l];
        sum += x * x;
    }
    return sum;
}

static void record(loop *w, sim_trace *out, size_t step, bool estimated)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    const size_t r = out->records++;
    if (w->t->accuracy) measure_accuracy(w);
    if (w->t->gradient) measure_gradient(w);
    out->step[r] = (double)step;
    out->seconds[r] = (double)(now.tv_sec - w->start.tv_sec)
                      + 1e-9 * (double)(now.tv_nsec - w->start.tv_nsec);
    for (size_t l = 0; l < out->lanes; l++) {
        const size_t at = r * SIM_LANES + l;
        out->draws[at] = w->draws[l];
        out->loss[at] = w->e.alive[l] ? ridge(w, l) - w->log_p[l] : nan("");
        const bool alive = w->e.alive[l];
        out->accuracy[at] = alive && w->t->accuracy ? w->accuracy[l] : nan("");
        out->grad2[at] = alive && w->t->gradient ? w->grad2[l] : nan("");
        out->noise2[at] = alive && w->t->gradient && estimated ? noise(w, l) : nan("");
    }
}

/* Stops the lanes whose loss is beyond the guard or not a number. */
static void watch(loop *w, sim_trace *out)
{
    const double guard = w->t->guard > 0.0 ? w->t->guard : 20.0;
    for (size_t l = 0; l < out->lanes; l++) {
        if (!w->e.alive[l] || ridge(w, l) - w->log_p[l] <= guard) continue;
        w->e.alive[l] = false;
        out->diverged++;
    }
}

/* ---- stepping ---------------------------------------------------------------------- */

/* theta <- theta - eta (lambda theta - g), or Adam on the same gradient. */
static ref_status update(loop *w, double eta, ref_why *why)
{
    const size_t d = w->p->d;
    const size_t lanes = w->e.sampler.lanes;
    for (size_t k = 0; k < d * lanes; k++)
        w->g[k] = w->e.alive[k % lanes] ? w->p->lambda * w->theta[k] - w->g[k] : 0.0;
    if (w->t->optimiser == SIM_SGD) {
        if (ref_optim_sgd(w->theta, w->g, d * lanes, eta) == REF_OK) return REF_OK;
        return ref_fail(why, REF_ENONFINITE, "a gradient is not finite at eta = %g",
                        eta);
    }
    const ref_optim_adamw_choices c = {0.9, 0.999, 1e-8, 0.0};
    for (size_t l = 0; l < lanes; l++) {
        if (!w->e.alive[l]) continue;
        take_lane(w, l);
        for (size_t k = 0; k < d; k++) w->one_g[k] = w->g[k * lanes + l];
        const ref_status s =
            ref_optim_adamw_step(&w->adam[l], w->one, w->one_g, &c, eta);
        if (s != REF_OK) return ref_fail(why, s, "Adam: %s", ref_status_text(s));
        for (size_t k = 0; k < d; k++) w->theta[k * lanes + l] = w->one[k];
    }
    return REF_OK;
}

/* This step's order of prompts, the same for all replicas. */
static void shuffle(loop *w, uint32_t step)
{
    const size_t m = w->p->m;
    for (size_t i = 0; i < m; i++) {
        const ref_rng_stream s = {w->t->seed, STREAM_BATCH, (uint32_t)i, step, 0};
        w->coin[i] = ref_rng_uniform(&s, 0);
    }
    for (size_t i = 0; i < m; i++) { /* insertion: m is small, and order is all */
        size_t k = i;
        for (; k > 0 && w->coin[w->prompts[k - 1]] > w->coin[i]; k--)
            w->prompts[k] = w->prompts[k - 1];
        w->prompts[k] = i;
    }
}

static void count_draws(loop *w)
{
    for (size_t l = 0; l < w->e.sampler.lanes; l++)
        w->draws[l] += w->e.draws[l] / (double)w->p->m;
}

static ref_status split_step(loop *w, size_t step, double eta, ref_why *why)
{
    const size_t U = w->t->updates;
    const size_t m = w->p->m;
    shuffle(w, (uint32_t)step);
    for (size_t u = 0; u < U; u++) {
        const size_t first = u * m / U;
        const size_t count = (u + 1) * m / U - first;
        REF_TRY(sim_estimate(&w->e, w->g, w->theta, (uint32_t)step, w->prompts + first,
                             count, why));
        count_draws(w);
        REF_TRY(update(w, eta, why));
    }
    return REF_OK;
}

/* One step; due says whether its starting point is to be recorded. */
static ref_status step_once(loop *w, sim_trace *out, size_t step, bool due,
                            ref_why *why)
{
    const sim_training *t = w->t;
    const double eta = t->schedule != NULL ? t->schedule(step, t->user) : t->eta;
    if (t->updates > 1) {
        if (due) {
            measure(w);
            watch(w, out);
            record(w, out, step, false);
        }
        return split_step(w, step, eta, why);
    }
    REF_TRY(sim_estimate(&w->e, w->g, w->theta, (uint32_t)step, NULL, 0, why));
    memcpy(w->log_p, w->e.log_p, sizeof w->log_p);
    watch(w, out);
    if (due) record(w, out, step, true); /* before its draws are counted */
    count_draws(w);
    return update(w, eta, why);
}

static ref_status trace_init(sim_trace *out, const sim_problem *p,
                             const sim_training *t, size_t lanes, ref_why *why)
{
    const size_t room = t->steps / t->every + 2;
    *out = (sim_trace){.lanes = t->replicas < lanes ? t->replicas : lanes};
    out->step = calloc(room * (2 + 5 * SIM_LANES), sizeof *out->step);
    out->theta = calloc(p->d * SIM_LANES, sizeof *out->theta);
    if (out->step == NULL || out->theta == NULL) {
        sim_trace_free(out);
        return ref_fail(why, REF_ENOMEM, "no room for %zu records", room);
    }
    out->seconds = out->step + room;
    out->loss = out->seconds + room;
    out->draws = out->loss + room * SIM_LANES;
    out->accuracy = out->draws + room * SIM_LANES;
    out->grad2 = out->accuracy + room * SIM_LANES;
    out->noise2 = out->grad2 + room * SIM_LANES;
    return REF_OK;
}

static ref_status train(loop *w, sim_trace *out, ref_why *why)
{
    const sim_training *t = w->t;
    for (size_t step = 0; step < t->steps; step++)
        REF_TRY(step_once(w, out, step, step % t->every == 0, why));
    measure(w);
    watch(w, out);
    record(w, out, t->steps, false);
    const size_t lanes = w->e.sampler.lanes;
    for (size_t k = 0; k < w->p->d; k++)
        for (size_t l = 0; l < lanes; l++)
            out->theta[k * SIM_LANES + l] = w->theta[k * lanes + l];
    return REF_OK;
}

ref_status sim_train(sim_trace *out, const sim_problem *p, const sim_training *t,
                     ref_why *why)
{
    *out = (sim_trace){0};
    sim_training own = *t;
    if (own.updates == 0) own.updates = 1;
    if (own.every == 0) own.every = 1;
    if (own.updates > p->m || own.replicas == 0)
        return ref_fail(why, REF_EUSAGE, "updates must be 1..m, replicas at least 1");
    loop w;
    ref_status s = loop_init(&w, p, &own, why);
    if (s == REF_OK) s = trace_init(out, p, &own, w.e.sampler.lanes, why);
    if (s == REF_OK) s = train(&w, out, why);
    loop_free(&w);
    if (s != REF_OK) sim_trace_free(out);
    return s;
}
