/* family_tabular.c -- P(y|x_i) = softmax(theta_i.): one logit per prompt and latent.
 *
 * h = s = e_y - P on the block of prompt i, zero elsewhere; a prompt's Hessian
 * Diag(P) - P P' - Diag(Q) + Q Q' has norm <= 1/2.                     [spec:sim 2.3]
 */
#include "sim/family.h"
#include "sim/family_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Scratch of one prompt: P, C, Q, logit, h2, each (Y), in this order. */
typedef struct prompt_table {
    double *P, *C, *Q, *logit, *h2;
} prompt_table;

static prompt_table table_at(double *scratch, size_t Y)
{
    return (prompt_table){.P = scratch,
                          .C = scratch + Y,
                          .Q = scratch + 2 * Y,
                          .logit = scratch + 3 * Y,
                          .h2 = scratch + 4 * Y};
}

static const sim_loglinear_data *data_of(const sim_problem *p)
{
    return p->data;
}

static void tabular_start(const sim_problem *p, double *theta)
{
    memcpy(theta, data_of(p)->start, p->d * sizeof *theta);
}

static void tabular_open(const sim_problem *p, const double *theta, size_t i,
                         double *scratch)
{
    const size_t Y = data_of(p)->table.Y;
    const prompt_table w = table_at(scratch, Y);
    memcpy(w.logit, theta + i * Y, Y * sizeof *theta);
    sim_softmax(w.P, w.C, w.logit, Y);
}

/* |e_y - P|^2 */
static double norm2_at(const double *P, size_t Y, size_t y)
{
    double total = 0.0;
    for (size_t z = 0; z < Y; z++) {
        const double h = (z == y ? 1.0 : 0.0) - P[z];
        total += h * h;
    }
    return total;
}

static void tabular_moments(const sim_problem *p, const double *theta, size_t i,
                            double *scratch, sim_moments *out, double *mu)
{
    const sim_loglinear *t = &data_of(p)->table;
    const double *accept = t->accept + i * t->Y;
    const prompt_table w = table_at(scratch, t->Y);
    tabular_open(p, theta, i, scratch);
    sim_posterior(w.Q, out, w.P, accept, NULL, w.logit, t->Y);
    for (size_t y = 0; y < t->Y; y++) w.h2[y] = norm2_at(w.P, t->Y, y);
    sim_moment_sums(out, w.P, w.Q, accept, w.h2, w.h2, t->Y);

    out->mu2 = 0.0;
    out->v = 0.0;
    if (mu != NULL) memset(mu, 0, p->d * sizeof *mu);
    for (size_t y = 0; y < t->Y; y++) {
        const double mu_y = w.Q[y] - w.P[y];
        out->mu2 += mu_y * mu_y;
        out->v += w.Q[y] * (1.0 - w.Q[y]); /* E_Q |e_y - Q|^2 */
        if (mu != NULL) mu[i * t->Y + y] = mu_y;
    }
}

static ref_status tabular_hessian(const sim_problem *p, const double *theta,
                                  double *hessian)
{
    const sim_loglinear *t = &data_of(p)->table;
    double *scratch = calloc(p->scratch, sizeof *scratch);
    if (scratch == NULL) return REF_ENOMEM;
    const prompt_table w = table_at(scratch, t->Y);
    const double weight = 1.0 / (double)t->m;

    memset(hessian, 0, p->d * p->d * sizeof *hessian);
    for (size_t i = 0; i < t->m; i++) {
        sim_moments unused;
        tabular_open(p, theta, i, scratch);
        sim_posterior(w.Q, &unused, w.P, t->accept + i * t->Y, NULL, w.logit, t->Y);
        for (size_t y = 0; y < t->Y; y++) {
            double *row = hessian + (i * t->Y + y) * p->d + i * t->Y;
            for (size_t z = 0; z < t->Y; z++)
                row[z] = weight * (w.Q[y] * w.Q[z] - w.P[y] * w.P[z]);
            row[y] += weight * (w.P[y] - w.Q[y]) + p->lambda;
        }
    }
    free(scratch);
    return REF_OK;
}

/* Prompts own disjoint blocks, so the largest block counts, not their sum. */
static double tabular_smoothness(const sim_problem *p)
{
    return 0.5 / (double)p->m + p->lambda;
}

static double tabular_draw(const sim_problem *p, size_t i, const double *scratch,
                           const ref_rng_stream *stream, uint32_t j, uint32_t *latent)
{
    const sim_loglinear *t = &data_of(p)->table;
    latent[0] = sim_draw_index(scratch + t->Y, t->Y, ref_rng_uniform(stream, j));
    return t->accept[i * t->Y + latent[0]];
}

static void tabular_add_score(const sim_problem *p, size_t i, const double *scratch,
                              const uint32_t *latent, double c_s, double c_h, double *g)
{
    const size_t Y = data_of(p)->table.Y;
    const double c = c_s + c_h;
    for (size_t y = 0; y < Y; y++)
        g[i * Y + y] += c * ((y == latent[0] ? 1.0 : 0.0) - scratch[y]);
}

static double tabular_score_norm(const sim_problem *p, size_t i, const double *scratch,
                                 const uint32_t *latent)
{
    (void)i;
    return sqrt(norm2_at(scratch, data_of(p)->table.Y, latent[0]));
}

static void tabular_release(sim_problem *p)
{
    sim_loglinear_data_free(p->data);
}

const sim_family sim_family_tabular = {
    .name = "tabular",
    .what = "one logit per prompt and latent, fixed acceptance",
    .start = tabular_start,
    .moments = tabular_moments,
    .hessian = tabular_hessian,
    .smoothness = tabular_smoothness,
    .open = tabular_open,
    .draw = tabular_draw,
    .add_score = tabular_add_score,
    .score_norm = tabular_score_norm,
    .free = tabular_release,
};
