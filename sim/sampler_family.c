/* sampler_family.c -- one replica of any family through its table of functions. */
#include "sim/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    COIN_STREAM = 16
}; /* + the order's stream: coins of acceptance between 0 and 1 */

/* The draws of one prompt in the order made. */
typedef struct drawn {
    uint32_t *latent; /* (room, p->latent) */
    double *weight;   /* (room) a(y), or whether accepted */
    size_t count, room;
} drawn;

typedef struct family_data {
    double *scratch; /* (m, p->scratch): every prompt stays open */
    double *work;    /* (p->scratch) for moments */
    double *mu;      /* (m, d) exact gradients of log p */
    drawn *list;     /* (m) */
    bool norms;
} family_data;

static void family_open(sim_sampler *s, size_t i, const double *theta, bool norms)
{
    family_data *f = s->data;
    const sim_problem *p = s->problem;
    sim_moments x;
    p->family->moments(p, theta, i, f->work, &x, f->mu + i * p->d);
    s->exact[i].p[0] = x.p;
    s->exact[i].S2[0] = x.S2;
    s->exact[i].G1[0] = x.G1;
    s->exact[i].H2[0] = x.H2;
    f->norms = norms;
    p->family->open(p, theta, i, f->scratch + i * p->scratch);
}

static bool grow(drawn *d, size_t words)
{
    if (d->count < d->room) return true;
    const size_t room = d->room > 0 ? 2 * d->room : 16;
    uint32_t *latent = realloc(d->latent, room * words * sizeof *latent);
    if (latent != NULL) d->latent = latent;
    double *weight = realloc(d->weight, room * sizeof *weight);
    if (weight != NULL) d->weight = weight;
    if (latent == NULL || weight == NULL) return false;
    d->room = room;
    return true;
}

/* Is a draw with acceptance a accepted? Sure things toss no coin. */
static bool accept(double a, const ref_rng_stream *stream, uint32_t j)
{
    if (a == 0.0 || a == 1.0) return a == 1.0;
    ref_rng_stream coin = *stream;
    coin.stream += COIN_STREAM;
    return ref_rng_uniform(&coin, j) < a;
}

static void family_draw(sim_sampler *s, size_t i, const sim_order *order)
{
    family_data *f = s->data;
    const sim_problem *p = s->problem;
    const double *scratch = f->scratch + i * p->scratch;
    const ref_rng_stream stream = {order->seed, order->stream, (uint32_t)i, order->step,
                                   order->replica};
    sim_tally *t = &s->tally[i];
    drawn *d = &f->list[i];
    double successes = 0.0;
    for (double n = 0.0; n < order->limit[0] && successes < order->successes[0];
         n += 1.0) {
        if (!grow(d, p->latent)) {
            s->failed = true;
            return;
        }
        const uint32_t j = (uint32_t)t->next[0];
        uint32_t *latent = d->latent + d->count * p->latent;
        const double a = p->family->draw(p, i, scratch, &stream, j, latent);
        const bool accepted = accept(a, &stream, j);
        d->weight[d->count++] = s->weighted ? a : (double)accepted;
        t->next[0] += 1.0;
        t->n[0] += 1.0;
        if (!accepted) continue;
        successes += 1.0;
        t->K[0] += 1.0;
        if (!f->norms) continue;
        const double norm = p->family->score_norm(p, i, scratch, latent);
        t->norm[0] += norm;
        t->norm2[0] += norm * norm;
    }
}

static void family_clear(sim_sampler *s, size_t i, size_t lane)
{
    family_data *f = s->data;
    sim_tally *t = &s->tally[i];
    f->list[i].count = 0;
    t->n[lane] = t->K[lane] = t->norm[lane] = t->norm2[lane] = 0.0;
}

static void family_reset(sim_sampler *s, size_t i)
{
    family_data *f = s->data;
    f->list[i].count = 0;
    memset(&s->tally[i], 0, sizeof s->tally[i]);
}

static void family_add(sim_sampler *s, size_t i, const double *accepted,
                       const double *all, double *g)
{
    family_data *f = s->data;
    const sim_problem *p = s->problem;
    const drawn *d = &f->list[i];
    for (size_t k = 0; k < d->count; k++) {
        const double c = d->weight[k] * accepted[0];
        if (c == 0.0 && all[0] == 0.0) continue;
        p->family->add_score(p, i, f->scratch + i * p->scratch,
                             d->latent + k * p->latent, c, all[0], g);
    }
}

static void family_mean(sim_sampler *s, size_t i, double c, double *g)
{
    family_data *f = s->data;
    const double *mu = f->mu + i * s->problem->d;
    for (size_t k = 0; k < s->problem->d; k++) g[k] += c * mu[k];
}

static void family_free(sim_sampler *s)
{
    family_data *f = s->data;
    if (f == NULL) return;
    for (size_t i = 0; f->list != NULL && i < s->problem->m; i++) {
        free(f->list[i].latent);
        free(f->list[i].weight);
    }
    free(f->list);
    free(f->scratch);
    free(f->work);
    free(f->mu);
    free(f);
    s->data = NULL;
}

static const sim_sampler_ops family_ops = {family_open,  family_draw, family_clear,
                                           family_reset, family_add,  family_mean,
                                           family_free};

ref_status sim_sampler_family(sim_sampler *s, const sim_problem *p, bool weighted,
                              ref_why *why)
{
    *s = (sim_sampler){
        .ops = &family_ops, .problem = p, .lanes = 1, .weighted = weighted};
    family_data *f = calloc(1, sizeof *f);
    s->data = f;
    s->tally = calloc(p->m, sizeof *s->tally);
    s->exact = calloc(p->m, sizeof *s->exact);
    bool ok = f != NULL && s->tally != NULL && s->exact != NULL;
    if (ok) {
        f->scratch = calloc(p->m * p->scratch, sizeof *f->scratch);
        f->work = calloc(p->scratch, sizeof *f->work);
        f->list = calloc(p->m, sizeof *f->list);
        f->mu = calloc(p->m * p->d, sizeof *f->mu);
        ok = f->scratch != NULL && f->work != NULL && f->list != NULL && f->mu != NULL;
    }
    if (ok) return REF_OK;
    sim_sampler_free(s);
    return ref_fail(why, REF_ENOMEM, "no room to open %zu prompts", p->m);
}
