/* estimate.c -- see estimate.h. */
#include "sim/estimate_private.h"

#include "ref/allocate_round.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_PILOT = 0, STREAM_TRAIN = 1, STREAM_COIN = 2 };

#define IW   REF_REJECT_IW
#define SN   REF_REJECT_SN
#define LOO  REF_REJECT_LOO
#define POOL REF_REJECT_POOL
#define BOTH .draws = 8, .pilot = 8, .beta = 2.0

static const sim_method methods[] = {
    {"uniform-iw", IW, "uniform", .draws = 8},
    {"uniform-rb", REF_REJECT_RB, "uniform", .draws = 8},
    {"uniform-sn", SN, "uniform", .draws = 8},
    {"uniform-loo", LOO, "uniform", .draws = 8},
    {"uniform-pool", POOL, "uniform", .draws = 8},
    {"gvm-oracle-iw", IW, "gvm", .draws = 8, .beta = 2.0},
    {"gvm-oracle-sn", SN, "gvm", .draws = 8, .alpha = 1e-3, .beta = 2.0},
    {"gvm-oracle-pool", POOL, "gvm", .draws = 8, .alpha = 1e-3, .beta = 2.0},
    {"inverse-p-iw", IW, "inverse-p", .draws = 8},
    {"bernoulli-iw", IW, "bernoulli", .draws = 8},
    {"reinforce-log-iw", IW, "reinforce-log", .draws = 8},
    {"gvm-pilot-iw", IW, "gvm", SIM_SOURCE_PILOT, .alpha = 1e-3, BOTH},
    {"gvm-pilot-sn", SN, "gvm", SIM_SOURCE_PILOT, .alpha = 1e-3, BOTH},
    {"gvm-pilot-loo", LOO, "gvm", SIM_SOURCE_PILOT, .alpha = 1e-3, BOTH},
    {"gvm-pilot-pool", POOL, "gvm", SIM_SOURCE_PILOT, .alpha = 1e-3, BOTH},
    {"gvm-reuse-sn", SN, "gvm-reuse", SIM_SOURCE_PILOT, .draws = 16, .pilot = 8,
     .alpha = 1e-3, .beta = 2.0, .reuse = true},
    {"rris", REF_REJECT_RRIS, "rris", SIM_SOURCE_MEMORY, SIM_SCHEME_RRIS, .draws = 8},
    {"rris-oracle", REF_REJECT_RRIS, "rris", SIM_SOURCE_EXACT, SIM_SCHEME_RRIS,
     .draws = 8},
    {"dapo", LOO, "uniform", SIM_SOURCE_MEMORY, SIM_SCHEME_DAPO, .draws = 16},
    {"ada-seq", LOO, "uniform", SIM_SOURCE_MEMORY, SIM_SCHEME_ADA, .draws = 16},
    {"plus", LOO, "plus", SIM_SOURCE_MEMORY, SIM_SCHEME_PLUS, .draws = 8, .pilot = 4},
    {.name = NULL}};

const sim_method *sim_methods(void)
{
    return methods;
}

const sim_method *sim_method_find(const char *name)
{
    for (const sim_method *m = methods; m->name != NULL; m++)
        if (strcmp(m->name, name) == 0) return m;
    return NULL;
}

void sim_estimator_free(sim_estimator *e)
{
    sim_sampler_free(&e->sampler);
    free(e->column);
    free(e->count);
    free(e->truth);
    free(e->scratch);
    *e = (sim_estimator){0};
}

static bool lay_out_truth(sim_estimator *e, const sim_problem *p)
{
    e->truth = calloc(p->m * SIM_LANES, sizeof *e->truth);
    e->scratch = sim_aligned(p->d + p->scratch);
    return e->truth != NULL && e->scratch != NULL;
}

static bool lay_out(sim_estimator *e, size_t m)
{
    const size_t lanes = m * SIM_LANES;
    e->column = sim_aligned(15 * lanes);
    e->count = calloc(2 * m, sizeof *e->count);
    if (e->column == NULL || e->count == NULL) return false;
    e->n = e->column + 8 * lanes;
    e->rate = e->n + lanes;
    e->weight = e->rate + lanes;
    e->share = e->weight + lanes;
    e->K = e->share + lanes;
    e->memory = e->K + lanes;
    e->norm2 = e->memory + lanes;
    for (size_t k = 0; k < lanes; k++) { /* one draw that says nothing */
        e->K[k] = 0.5;
        e->memory[k] = 1.0;
    }
    return true;
}

ref_status sim_estimator_init(sim_estimator *e, const sim_problem *p,
                              const sim_method *method, uint32_t seed, uint32_t replica,
                              ref_why *why)
{
    *e = (sim_estimator){.method = *method,
                         .rule = ref_allocate_rule_find(method->rule),
                         .seed = seed,
                         .replica = replica};
    if (e->rule == NULL)
        return ref_fail(why, REF_EUSAGE, "no allocation rule '%s'", method->rule);
    sim_method *x = &e->method;
    if (x->cap == 0) x->cap = 128;
    if (x->decay == 0.0) x->decay = 0.8;
    for (size_t l = 0; l < SIM_LANES; l++) {
        e->alive[l] = true;
        e->control[l] = 1.0;
    }
    REF_TRY(sim_sampler_init(&e->sampler, p, x->estimator == REF_REJECT_RB, why));
    if (lay_out(e, p->m) && (!sim_inputs_need_truth(x) || lay_out_truth(e, p)))
        return REF_OK;
    sim_estimator_free(e);
    return ref_fail(why, REF_ENOMEM, "no room for %zu prompts", p->m);
}

size_t sim_batch_at(const sim_batch *b, size_t k)
{
    return b->prompts != NULL ? b->prompts[k] : k;
}

sim_order sim_batch_order(const sim_estimator *e, const sim_batch *b, bool pilot)
{
    sim_order o = {.seed = e->seed,
                   .stream = pilot ? STREAM_PILOT : STREAM_TRAIN,
                   .step = b->step,
                   .replica = e->replica};
    for (size_t l = 0; l < SIM_LANES; l++) o.successes[l] = HUGE_VAL;
    return o;
}

double sim_batch_coin(const sim_estimator *e, const sim_batch *b, size_t i, size_t lane)
{
    const ref_rng_stream s = {e->seed, STREAM_COIN, (uint32_t)i, b->step,
                              e->replica + (uint32_t)lane};
    return ref_rng_uniform(&s, 0);
}

ref_status sim_batch_round(sim_estimator *e, const sim_batch *b, size_t lane,
                           const double *share, ref_why *why)
{
    const size_t total = (size_t)llround(e->method.draws * (double)b->count);
    REF_TRY(ref_allocate_round_remainder(e->count, share, b->count, total, why));
    for (size_t k = 0; k < b->count; k++)
        e->n[k * SIM_LANES + lane] = (double)e->count[k];
    return REF_OK;
}

/* ---- fixed numbers of draws ------------------------------------------------------- */

static bool is_uniform(const sim_estimator *e)
{
    return strcmp(e->rule->name, "uniform") == 0;
}

/* Shares that are kept from step to step: a pilot's, and an oracle's that ages. */
static bool keeps_share(const sim_estimator *e)
{
    return e->method.source == SIM_SOURCE_PILOT || e->method.refresh > 1;
}

static bool share_due(const sim_estimator *e, const sim_batch *b)
{
    if (!keeps_share(e)) return true;
    return e->method.refresh < 2 || b->step % e->method.refresh == 0 || !e->has_share;
}

/* Shares of every lane into e->share. */
static ref_status keep_shares(sim_estimator *e, const sim_batch *b, ref_why *why)
{
    double *share = e->column + 6 * b->count;
    for (size_t l = 0; l < e->sampler.lanes; l++) {
        ref_allocate_input in;
        if (!e->alive[l]) continue;
        REF_TRY(sim_batch_share(e, b, l, &in, share, why));
        for (size_t k = 0; k < b->count; k++)
            e->share[sim_batch_at(b, k) * SIM_LANES + l] = share[k];
    }
    e->has_share = true;
    return REF_OK;
}

/* The pilot stage: draws, shares, and the draws forgotten again unless re-used. */
static ref_status run_pilot(sim_estimator *e, const sim_batch *b, ref_why *why)
{
    sim_sampler *s = &e->sampler;
    sim_order o = sim_batch_order(e, b, true);
    for (size_t l = 0; l < s->lanes; l++) {
        o.limit[l] = e->alive[l] ? (double)e->method.pilot : 0.0;
        e->draws[l] += o.limit[l] * (double)b->count;
    }
    for (size_t k = 0; k < b->count; k++) s->ops->draw(s, sim_batch_at(b, k), &o);
    REF_TRY(keep_shares(e, b, why));
    for (size_t k = 0; k < b->count; k++) {
        const size_t i = sim_batch_at(b, k);
        if (!e->method.reuse)
            s->ops->reset(s, i);
        else /* training draws come from a stream of their own */
            memset(s->tally[i].next, 0, sizeof s->tally[i].next);
    }
    return REF_OK;
}

/* Shares of one lane: exact, or the last ones kept over the prompts at hand. */
static ref_status lane_share(sim_estimator *e, const sim_batch *b, size_t l,
                             double *share, ref_why *why)
{
    ref_allocate_input in;
    if (!keeps_share(e)) return sim_batch_share(e, b, l, &in, share, why);
    double total = 0.0;
    for (size_t k = 0; k < b->count; k++) {
        share[k] = e->share[sim_batch_at(b, k) * SIM_LANES + l];
        total += share[k];
    }
    for (size_t k = 0; k < b->count; k++)
        share[k] = total > 0.0 ? share[k] / total : 1.0 / (double)b->count;
    return REF_OK;
}

static ref_status plan_fixed(sim_estimator *e, const sim_batch *b, ref_why *why)
{
    const double each = e->method.draws;
    if (e->method.n != NULL) {
        for (size_t k = 0; k < b->count * SIM_LANES; k++)
            e->n[k] = e->method.n[sim_batch_at(b, k / SIM_LANES)];
        return REF_OK;
    }
    if (is_uniform(e) && each == floor(each)) {
        for (size_t k = 0; k < b->count * SIM_LANES; k++) e->n[k] = each;
        return REF_OK;
    }
    if (keeps_share(e) && share_due(e, b))
        REF_TRY(e->method.source == SIM_SOURCE_PILOT ? run_pilot(e, b, why)
                                                     : keep_shares(e, b, why));
    double *share = e->column + 6 * b->count;
    for (size_t l = 0; l < e->sampler.lanes; l++) {
        if (!e->alive[l]) continue;
        REF_TRY(lane_share(e, b, l, share, why));
        REF_TRY(sim_batch_round(e, b, l, share, why));
    }
    return REF_OK;
}

ref_status sim_batch_draw(sim_estimator *e, const sim_batch *b)
{
    sim_sampler *s = &e->sampler;
    sim_order o = sim_batch_order(e, b, false);
    for (size_t k = 0; k < b->count; k++) {
        const size_t i = sim_batch_at(b, k);
        for (size_t l = 0; l < s->lanes; l++) {
            const double more = e->n[k * SIM_LANES + l] - s->tally[i].n[l];
            o.limit[l] = e->alive[l] && more > 0.0 ? more : 0.0;
            e->draws[l] += o.limit[l];
        }
        s->ops->draw(s, i, &o);
    }
    return s->failed ? REF_ENOMEM : REF_OK;
}

/* ---- coefficients ----------------------------------------------------------------- */

static void coefficients(const sim_estimator *e, size_t i, const double *total,
                         size_t count, double *accepted, double *all)
{
    const sim_tally *t = &e->sampler.tally[i];
    for (size_t l = 0; l < e->sampler.lanes; l++) {
        const size_t at = i * SIM_LANES + l;
        const bool roulette = e->method.estimator == REF_REJECT_RRIS;
        const ref_reject_case c = {.n = (size_t)t->n[l],
                                   .K = (size_t)t->K[l],
                                   .p = !roulette ? e->sampler.exact[i].p[l]
                                        : e->method.no_control ? 0.0
                                                               : e->rate[at],
                                   .pool =
                                       total[l] > 0.0 ? (double)count / total[l] : 0.0,
                                   .weight = e->weight[at]};
        const ref_reject_coefficient x =
            ref_reject_coefficients(e->method.estimator, &c);
        accepted[l] = x.accepted / (double)count;
        all[l] = x.all / (double)count;
    }
}

static void add_scores(sim_estimator *e, const sim_batch *b, double *g)
{
    sim_sampler *s = &e->sampler;
    double total[SIM_LANES] = {0};
    for (size_t k = 0; k < b->count; k++)
        for (size_t l = 0; l < s->lanes; l++)
            total[l] += s->tally[sim_batch_at(b, k)].n[l];
    for (size_t k = 0; k < b->count; k++) {
        double accepted[SIM_LANES] = {0};
        double all[SIM_LANES] = {0};
        const size_t i = sim_batch_at(b, k);
        coefficients(e, i, total, b->count, accepted, all);
        s->ops->add(s, i, accepted, all, g);
    }
}

/* Does anything read norms in this step? */
static bool wants_norms(const sim_estimator *e, const sim_batch *b)
{
    if (e->method.scheme == SIM_SCHEME_RRIS || e->method.scheme == SIM_SCHEME_PLUS)
        return true;
    if (e->method.scheme != SIM_SCHEME_FIXED || is_uniform(e)) return false;
    if (e->method.n != NULL) return false;
    return share_due(e, b);
}

static void open_batch(sim_estimator *e, const sim_batch *b, const double *theta)
{
    sim_sampler *s = &e->sampler;
    const bool norms = wants_norms(e, b);
    for (size_t l = 0; l < SIM_LANES; l++) e->draws[l] = e->log_p[l] = 0.0;
    for (size_t k = 0; k < b->count; k++) {
        const size_t i = sim_batch_at(b, k);
        s->ops->reset(s, i);
        s->ops->open(s, i, theta, norms);
        for (size_t l = 0; l < s->lanes; l++) e->log_p[l] += log(s->exact[i].p[l]);
    }
    for (size_t l = 0; l < s->lanes; l++) e->log_p[l] /= (double)b->count;
    if (e->truth != NULL && norms) sim_inputs_look_up(e, b, theta);
}

ref_status sim_estimate(sim_estimator *e, double *g, const double *theta, uint32_t step,
                        const size_t *prompts, size_t count, ref_why *why)
{
    const sim_problem *p = e->sampler.problem;
    const sim_batch b = {prompts, prompts != NULL ? count : p->m, step};
    open_batch(e, &b, theta);
    switch (e->method.scheme) {
    case SIM_SCHEME_FIXED:
        REF_TRY(plan_fixed(e, &b, why));
        REF_TRY(sim_batch_draw(e, &b));
        break;
    case SIM_SCHEME_RRIS:
        REF_TRY(sim_sequential_rris(e, &b, why));
        break;
    case SIM_SCHEME_MORE:
        REF_TRY(sim_sequential_more(e, &b, why));
        break;
    case SIM_SCHEME_DAPO:
        sim_sequential_dapo(e, &b);
        break;
    case SIM_SCHEME_ADA:
        sim_sequential_ada(e, &b);
        break;
    case SIM_SCHEME_PLUS:
        REF_TRY(sim_sequential_plus(e, &b, why));
        break;
    }
    if (e->sampler.failed) return ref_fail(why, REF_ENOMEM, "no room for the draws");
    memset(g, 0, p->d * e->sampler.lanes * sizeof *g);
    add_scores(e, &b, g);
    return REF_OK;
}
