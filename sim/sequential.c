/* sequential.c -- methods that decide while they draw.       [spec:sim 3.2][spec:sim 3.3] */
#include "sim/estimate_private.h"

#include <math.h>
#include <stdlib.h>

/* Memory of one step: everything decays, then this step's draws are added. */
static void remember(sim_estimator *e, const sim_batch *b)
{
    for (size_t k = 0; k < b->count; k++) {
        const size_t i = sim_batch_at(b, k);
        const sim_tally *t = &e->sampler.tally[i];
        for (size_t l = 0; l < e->sampler.lanes; l++) {
            const size_t at = i * SIM_LANES + l;
            e->K[at] = e->method.decay * e->K[at] + t->K[l];
            e->memory[at] = e->method.decay * e->memory[at] + t->n[l];
            e->norm2[at] = e->method.decay * e->norm2[at] + t->norm2[l];
        }
    }
}

/* ---- RRIS ------------------------------------------------------------------------ */

/* Successes to wait for, and the weight of what they give, in one lane. */
static void roulette(sim_estimator *e, const sim_batch *b, size_t lane,
                     ref_allocate_input *in, const double *share)
{
    in->share = share;
    for (size_t k = 0; k < b->count; k++) {
        const size_t i = sim_batch_at(b, k);
        const size_t at = i * SIM_LANES + lane;
        const double kappa = ref_allocate_rris_kappa(in, k);
        const double coin = sim_batch_coin(e, b, i, lane);
        e->rate[at] = ref_allocate_rate(in, k);
        e->weight[at] = kappa > 0.0 && kappa < 1.0 ? 1.0 / kappa : 1.0;
        e->n[k * SIM_LANES + lane] = (double)ref_allocate_rris_successes(kappa, coin);
    }
}

/* A tenth root: the budget follows what a prompt really cost over some ten steps. */
static void adjust(sim_estimator *e, const sim_batch *b, size_t lane)
{
    const double wanted = e->method.draws * (double)b->count;
    const double factor = pow(wanted / fmax(e->draws[lane], 1.0), 0.1);
    e->control[lane] = fmin(fmax(e->control[lane] * factor, 0.125), 8.0);
}

ref_status sim_sequential_rris(sim_estimator *e, const sim_batch *b, ref_why *why)
{
    sim_sampler *s = &e->sampler;
    double *share = e->column + 6 * b->count;
    for (size_t l = 0; l < s->lanes; l++) {
        ref_allocate_input in;
        if (!e->alive[l]) continue;
        REF_TRY(sim_batch_share(e, b, l, &in, share, why));
        roulette(e, b, l, &in, share);
    }
    sim_order o = sim_batch_order(e, b, false);
    for (size_t k = 0; k < b->count; k++) {
        const size_t i = sim_batch_at(b, k);
        for (size_t l = 0; l < s->lanes; l++) {
            o.successes[l] = e->n[k * SIM_LANES + l];
            o.limit[l] =
                e->alive[l] && o.successes[l] > 0.0 ? (double)e->method.cap : 0.0;
        }
        s->ops->draw(s, i, &o);
        for (size_t l = 0; l < s->lanes; l++) e->draws[l] += s->tally[i].n[l];
    }
    for (size_t l = 0; l < s->lanes; l++)
        if (e->alive[l]) adjust(e, b, l);
    remember(e, b);
    return REF_OK;
}

/* ---- plus ------------------------------------------------------------------------ */

ref_status sim_sequential_plus(sim_estimator *e, const sim_batch *b, ref_why *why)
{
    const size_t lanes = e->sampler.lanes;
    const double each = fmin((double)e->method.pilot, e->method.draws);
    for (size_t k = 0; k < b->count * SIM_LANES; k++) e->n[k] = each;
    REF_TRY(sim_batch_draw(e, b));
    double *share = e->column + 6 * b->count;
    for (size_t l = 0; l < lanes; l++) {
        ref_allocate_input in;
        if (!e->alive[l]) continue; /* its memory has decayed to nothing */
        REF_TRY(sim_batch_share(e, b, l, &in, share, why));
        REF_TRY(sim_batch_round(e, b, l, share, why));
    }
    REF_TRY(sim_batch_draw(e, b));
    remember(e, b);
    return REF_OK;
}

/* ---- any rule that decides draw by draw ------------------------------------------- */

/* Every prompt of one lane is asked once; false when nobody wants more, or can have it. */
static bool ask_round(sim_estimator *e, const sim_batch *b, size_t lane,
                      const ref_allocate_input *in)
{
    sim_sampler *s = &e->sampler;
    const double most = e->method.draws * (double)b->count;
    bool going = false;
    for (size_t k = 0; k < b->count; k++) {
        const size_t i = sim_batch_at(b, k);
        const sim_tally *t = &s->tally[i];
        const double coin = sim_batch_coin(e, b, i, lane);
        const double wish = (double)e->rule->more(
            in, k, (size_t)t->n[lane], (size_t)t->K[lane], coin, e->rule->user);
        if (wish == 0.0 || e->draws[lane] + wish > most) continue;
        sim_order o = sim_batch_order(e, b, false);
        o.limit[lane] = wish;
        e->draws[lane] += wish;
        s->ops->draw(s, i, &o);
        going = true;
    }
    return going;
}

ref_status sim_sequential_more(sim_estimator *e, const sim_batch *b, ref_why *why)
{
    double *share = e->column + 6 * b->count;
    for (size_t l = 0; l < e->sampler.lanes; l++) {
        ref_allocate_input in;
        if (!e->alive[l]) continue;
        REF_TRY(sim_batch_share(e, b, l, &in, share, why));
        in.share = share;
        while (ask_round(e, b, l, &in)) continue;
    }
    return REF_OK;
}

/* ---- Ada-seq and DAPO ------------------------------------------------------------- */

static double group_of(const sim_estimator *e)
{
    return e->method.group > 0 ? (double)e->method.group : 8.0;
}

void sim_sequential_ada(sim_estimator *e, const sim_batch *b)
{
    sim_sampler *s = &e->sampler;
    const double most = e->method.draws * (double)b->count;
    const double round = group_of(e);
    const double target = e->method.target > 0 ? (double)e->method.target : 4.0;
    bool going = true;
    while (going) { /* one round over all prompts: the least sampled come first */
        going = false;
        for (size_t k = 0; k < b->count; k++) {
            const size_t i = sim_batch_at(b, k);
            sim_order o = sim_batch_order(e, b, false);
            for (size_t l = 0; l < s->lanes; l++) {
                const bool left = s->tally[i].K[l] >= target;
                if (!e->alive[l] || left || e->draws[l] + round > most) continue;
                o.limit[l] = round;
                e->draws[l] += round;
                going = true;
            }
            s->ops->draw(s, i, &o);
        }
    }
}

/* Prompts in the order of their coins; ties are as good as impossible, index breaks them. */
typedef struct place {
    double coin;
    size_t i;
} place;

static int by_coin(const void *a, const void *b)
{
    const place *x = a;
    const place *y = b;
    if (x->coin != y->coin) return x->coin < y->coin ? -1 : 1;
    return x->i < y->i ? -1 : x->i > y->i;
}

/* One group for prompt i in one lane; true if it is mixed and kept. */
static bool mixed_group(sim_estimator *e, const sim_batch *b, size_t i, size_t lane)
{
    sim_sampler *s = &e->sampler;
    sim_order o = sim_batch_order(e, b, false);
    o.limit[lane] = group_of(e);
    s->ops->draw(s, i, &o);
    e->draws[lane] += o.limit[lane];
    const double K = s->tally[i].K[lane];
    if (K > 0.0 && K < o.limit[lane]) return true;
    s->ops->clear(s, i, lane);
    return false;
}

void sim_sequential_dapo(sim_estimator *e, const sim_batch *b)
{
    const double most = e->method.draws * (double)b->count;
    const double group = group_of(e);
    place *order = (place *)(void *)(e->column);
    for (size_t l = 0; l < e->sampler.lanes; l++) {
        size_t waiting = e->alive[l] ? b->count : 0;
        for (size_t k = 0; k < waiting; k++) {
            const size_t i = sim_batch_at(b, k);
            order[k] = (place){sim_batch_coin(e, b, i, l), i};
        }
        qsort(order, waiting, sizeof *order, by_coin);
        while (waiting > 0 && e->draws[l] + group <= most) {
            size_t still = 0;
            for (size_t k = 0; k < waiting; k++) {
                const bool afford = e->draws[l] + group <= most;
                if (afford && mixed_group(e, b, order[k].i, l)) continue;
                order[still++] = order[k];
            }
            waiting = still;
        }
    }
}
