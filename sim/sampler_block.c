/* sampler_block.c -- eight replicas of an explicit table with a 0/1 verifier. */
#include "sim/block.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct block_data {
    const sim_loglinear *table; /* borrowed from the problem */
    const sim_block_kernel *kernel;
    double *all;   /* one block that the rest points into */
    double *e, *C; /* (m,Y,8) */
    double *count; /* (m,Y,8) */
    double *norm2; /* (m,Y,8) */
    double *phi2;  /* (m,Y) */
    double *zero;  /* (Y) */
    double *row;   /* (Y,8) */
    double *mean;  /* (d,8) */
    bool norms;    /* are norm2 current? */
} block_data;

static sim_block_prompt prompt_of(const block_data *b, size_t i)
{
    const sim_loglinear *t = b->table;
    const size_t at = i * t->Y;
    return (sim_block_prompt){.Y = t->Y,
                              .d = t->d,
                              .phi = t->phi + at * t->d,
                              .phi2 = b->phi2 + at,
                              .offset = t->offset + at,
                              .accept = t->accept + at,
                              .e = b->e + at * SIM_LANES,
                              .C = b->C + at * SIM_LANES,
                              .count = b->count + at * SIM_LANES,
                              .norm2 = b->norm2 + at * SIM_LANES,
                              .zero = b->zero,
                              .row = b->row,
                              .mean = b->mean};
}

/* S2, G1 and H2 from the norms: sums over latents in index order. */
static void exact_norms(const sim_block_prompt *p, sim_exact_lane *x)
{
    for (size_t l = 0; l < SIM_LANES; l++) {
        double norm2 = 0.0;
        double norm = 0.0;
        double all = 0.0;
        double accepted = 0.0;
        for (size_t y = 0; y < p->Y; y++) {
            const size_t at = y * SIM_LANES + l;
            all += p->e[at] * p->norm2[at];
            if (p->accept[y] == 0.0) continue;
            accepted += p->e[at];
            norm2 += p->e[at] * p->norm2[at];
            norm += p->e[at] * sqrt(p->norm2[at]);
        }
        x->H2[l] = all / p->C[(p->Y - 1) * SIM_LANES + l];
        x->S2[l] = accepted > 0.0 ? norm2 / accepted : 0.0;
        x->G1[l] = accepted > 0.0 ? norm / accepted : 0.0;
    }
}

static void block_open(sim_sampler *s, size_t i, const double *theta, bool norms)
{
    block_data *b = s->data;
    const sim_block_prompt p = prompt_of(b, i);
    _Alignas(64) double rate[SIM_LANES];
    b->kernel->open(&p, theta, rate);
    memcpy(s->exact[i].p, rate, sizeof rate);
    b->norms = norms;
    if (!norms) return;
    b->kernel->norms(&p);
    exact_norms(&p, &s->exact[i]);
}

/* Enters draw y of lane l; `take` is 1 or 0, so that the common case has no branch. */
static void enter(const sim_block_prompt *p, sim_tally *t, size_t l, int64_t y,
                  double take, bool norms)
{
    const size_t at = (size_t)y * SIM_LANES + l;
    const double accepted = take * p->accept[y];
    p->count[at] += take;
    t->K[l] += accepted;
    if (!norms || accepted == 0.0) return;
    t->norm[l] += sqrt(p->norm2[at]);
    t->norm2[l] += p->norm2[at];
}

/* A fixed number of draws in every lane. */
static void draw_fixed(const block_data *b, const sim_block_prompt *p, uint32_t prompt,
                       const sim_order *order, sim_tally *t)
{
    double first = t->next[0];
    double last = 0.0;
    for (size_t l = 0; l < SIM_LANES; l++) {
        const double limit = t->next[l] + order->limit[l];
        if (t->next[l] < first) first = t->next[l];
        if (limit > last) last = limit;
    }
    for (uint32_t pair = (uint32_t)first / 2; 2.0 * pair < last; pair++) {
        _Alignas(64) int64_t y0[SIM_LANES];
        _Alignas(64) int64_t y1[SIM_LANES];
        b->kernel->invert(p, prompt, order, pair, y0, y1);
        const double j = 2.0 * pair;
        for (size_t l = 0; l < SIM_LANES; l++) {
            const double from = t->next[l];
            const double to = from + order->limit[l];
            enter(p, t, l, y0[l], (double)((j >= from) & (j < to)), b->norms);
            enter(p, t, l, y1[l], (double)((j + 1.0 >= from) & (j + 1.0 < to)),
                  b->norms);
        }
    }
    for (size_t l = 0; l < SIM_LANES; l++) {
        t->n[l] += order->limit[l];
        t->next[l] += order->limit[l];
    }
}

/* Draws until the lane has its successes or its limit. */
static void draw_until(const block_data *b, const sim_block_prompt *p, uint32_t prompt,
                       const sim_order *order, sim_tally *t)
{
    double first = HUGE_VAL; /* lanes may stand at different draws */
    double end[SIM_LANES];
    double until[SIM_LANES];
    for (size_t l = 0; l < SIM_LANES; l++) {
        end[l] = t->next[l] + order->limit[l];
        until[l] = t->K[l] + order->successes[l];
        if (t->next[l] < end[l] && t->K[l] < until[l]) first = fmin(first, t->next[l]);
    }
    bool going = first < HUGE_VAL;
    for (uint32_t pair = going ? (uint32_t)first / 2 : 0; going; pair++) {
        _Alignas(64) int64_t y[2][SIM_LANES];
        b->kernel->invert(p, prompt, order, pair, y[0], y[1]);
        going = false;
        for (size_t k = 0; k < 2 * SIM_LANES; k++) {
            const size_t l = k % SIM_LANES;
            const size_t odd = k / SIM_LANES;
            const double j = 2.0 * pair + (double)odd;
            if (t->next[l] == j && j < end[l] && t->K[l] < until[l]) {
                enter(p, t, l, y[odd][l], 1.0, b->norms);
                t->n[l] += 1.0;
                t->next[l] += 1.0;
            }
            going = going || (t->next[l] < end[l] && t->K[l] < until[l]);
        }
    }
}

static void block_draw(sim_sampler *s, size_t i, const sim_order *order)
{
    const block_data *b = s->data;
    const sim_block_prompt p = prompt_of(b, i);
    bool fixed = true;
    for (size_t l = 0; l < SIM_LANES; l++)
        fixed = fixed && order->successes[l] >= order->limit[l];
    if (fixed)
        draw_fixed(b, &p, (uint32_t)i, order, &s->tally[i]);
    else
        draw_until(b, &p, (uint32_t)i, order, &s->tally[i]);
}

static void block_clear(sim_sampler *s, size_t i, size_t lane)
{
    block_data *b = s->data;
    const sim_block_prompt p = prompt_of(b, i);
    sim_tally *t = &s->tally[i];
    if (t->n[lane] > 0.0) /* most are empty already */
        for (size_t y = 0; y < p.Y; y++) p.count[y * SIM_LANES + lane] = 0.0;
    t->n[lane] = t->K[lane] = t->norm[lane] = t->norm2[lane] = 0.0;
}

static void block_reset(sim_sampler *s, size_t i)
{
    block_data *b = s->data;
    const sim_block_prompt p = prompt_of(b, i);
    memset(p.count, 0, p.Y * SIM_LANES * sizeof *p.count);
    memset(&s->tally[i], 0, sizeof s->tally[i]);
}

static void block_add(sim_sampler *s, size_t i, const double *accepted,
                      const double *all, double *g)
{
    block_data *b = s->data;
    const sim_block_prompt p = prompt_of(b, i);
    _Alignas(64) double c[2][SIM_LANES]; /* callers need not align theirs */
    memcpy(c[0], accepted, sizeof c[0]);
    memcpy(c[1], all, sizeof c[1]);
    b->kernel->add(&p, c[0], c[1], g);
}

/* The posterior as fractional counts: e_y a_y / sum e a. */
static void block_mean(sim_sampler *s, size_t i, double c, double *g)
{
    block_data *b = s->data;
    sim_block_prompt p = prompt_of(b, i);
    _Alignas(64) double accepted[SIM_LANES];
    _Alignas(64) const double all[SIM_LANES] = {0};
    for (size_t l = 0; l < SIM_LANES; l++)
        accepted[l] = c / (s->exact[i].p[l] * p.C[(p.Y - 1) * SIM_LANES + l]);
    p.count = p.e;
    b->kernel->add(&p, accepted, all, g);
}

static void block_free(sim_sampler *s)
{
    block_data *b = s->data;
    if (b != NULL) free(b->all);
    free(b);
    s->data = NULL;
}

static const sim_sampler_ops block_ops = {block_open,  block_draw, block_clear,
                                          block_reset, block_add,  block_mean,
                                          block_free};

void sim_block_use(sim_sampler *s, const sim_block_kernel *kernel)
{
    ((block_data *)s->data)->kernel = kernel;
}

static bool is_verifier(const sim_loglinear *t)
{
    for (size_t k = 0; k < t->m * t->Y; k++)
        if (t->accept[k] != 0.0 && t->accept[k] != 1.0) return false;
    return true;
}

/* Pieces of b->all; each starts on a 64-byte line. */
static bool lay_out(block_data *b)
{
    const sim_loglinear *t = b->table;
    const size_t rows = t->m * t->Y;
    const size_t rows8 = (rows + 7) / 8 * 8;
    b->all =
        sim_aligned(4 * rows * SIM_LANES + rows8 + (t->Y + t->d) * SIM_LANES + t->Y);
    if (b->all == NULL) return false;
    b->e = b->all;
    b->C = b->e + rows * SIM_LANES;
    b->count = b->C + rows * SIM_LANES;
    b->norm2 = b->count + rows * SIM_LANES;
    b->row = b->norm2 + rows * SIM_LANES;
    b->mean = b->row + t->Y * SIM_LANES;
    b->phi2 = b->mean + t->d * SIM_LANES;
    b->zero = b->phi2 + rows8;
    for (size_t k = 0; k < rows; k++)
        for (size_t f = 0; f < t->d; f++)
            b->phi2[k] += t->phi[k * t->d + f] * t->phi[k * t->d + f];
    return true;
}

ref_status sim_sampler_block(sim_sampler *s, const sim_problem *p, ref_why *why)
{
    const sim_loglinear *t = sim_problem_loglinear(p);
    *s = (sim_sampler){0};
    if (t == NULL || !is_verifier(t))
        return ref_fail(why, REF_EUNSUPPORTED,
                        "the block engine needs an explicit table");
    *s = (sim_sampler){.ops = &block_ops, .problem = p, .lanes = SIM_LANES};
    block_data *b = calloc(1, sizeof *b);
    s->data = b;
    s->tally = (void *)sim_aligned(p->m * sizeof *s->tally / sizeof(double));
    s->exact = (void *)sim_aligned(p->m * sizeof *s->exact / sizeof(double));
    if (b != NULL) *b = (block_data){.table = t, .kernel = sim_block_best()};
    if (b == NULL || s->tally == NULL || s->exact == NULL || !lay_out(b)) {
        sim_sampler_free(s);
        return ref_fail(why, REF_ENOMEM, "no room for a block of %zu prompts", t->m);
    }
    return REF_OK;
}
