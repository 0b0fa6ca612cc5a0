/* family.c -- what is the same for every family: the loss, its gradient, small sums. */
#include "sim/family.h"

#include "ref/numeric.h"
#include "sim/family_private.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* Prompts whose gradients are held at a time, and the work from which threads pay. */
enum { LOSS_CHUNK = 64, LOSS_PARALLEL_WORK = 1 << 15 };

void sim_problem_free(sim_problem *p)
{
    if (p->family != NULL && p->data != NULL) p->family->free(p);
    *p = (sim_problem){0};
}

/* Scratch of one call of sim_problem_loss; a NULL member is a failed allocation. */
typedef struct loss_work {
    sim_moments *moments; /* (m) */
    double *mu;           /* (LOSS_CHUNK,d), or NULL when no gradient is wanted */
    double *scratch;      /* (threads, p->scratch) */
    double *g;            /* (d) */
} loss_work;

static void work_free(loss_work *w)
{
    free(w->moments);
    free(w->mu);
    free(w->scratch);
    free(w->g);
}

static ref_status work_open(loss_work *w, const sim_problem *p, size_t threads,
                            bool gradient)
{
    *w = (loss_work){0};
    w->moments = calloc(p->m, sizeof *w->moments);
    w->scratch = calloc(threads * p->scratch, sizeof *w->scratch);
    bool ok = w->moments != NULL && w->scratch != NULL;
    if (gradient) {
        w->mu = calloc(LOSS_CHUNK * p->d, sizeof *w->mu);
        w->g = calloc(p->d, sizeof *w->g);
        ok = ok && w->mu != NULL && w->g != NULL;
    }
    if (ok) return REF_OK;
    work_free(w);
    return REF_ENOMEM;
}

/* Prompts [first, first + count) in parallel into their own slots, then the slots are
 * added in index order: the bits do not depend on the number of threads. */
static void loss_chunk(loss_work *w, const sim_problem *p, const double *theta,
                       size_t first, size_t count, int threads)
{
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(dynamic)
    for (size_t c = 0; c < count; c++) {
        double *scratch = w->scratch + (size_t)omp_get_thread_num() * p->scratch;
        double *mu = w->mu == NULL ? NULL : w->mu + c * p->d;
        p->family->moments(p, theta, first + c, scratch, &w->moments[first + c], mu);
    }
    if (w->g == NULL) return;
    for (size_t c = 0; c < count; c++)
        for (size_t k = 0; k < p->d; k++) w->g[k] += w->mu[c * p->d + k];
}

static ref_status loss_sum(double *loss, const loss_work *w, const sim_problem *p,
                           const double *theta, ref_why *why)
{
    ref_sum total = {0};
    for (size_t i = 0; i < p->m; i++) {
        if (!isfinite(w->moments[i].log_p))
            return ref_fail(why, REF_ENONFINITE, "prompt %zu: log p = %g is not finite",
                            i, w->moments[i].log_p);
        ref_sum_add(&total, w->moments[i].log_p);
    }
    *loss = -ref_sum_value(&total) / (double)p->m;
    if (p->lambda != 0.0) *loss += 0.5 * p->lambda * ref_norm2(theta, p->d);
    return REF_OK;
}

ref_status sim_problem_loss(const sim_problem *p, const double *theta, double *loss,
                            double *g, sim_moments *moments, ref_why *why)
{
    const bool small = p->m * p->scratch < LOSS_PARALLEL_WORK || omp_in_parallel();
    const int threads = small ? 1 : omp_get_max_threads();
    loss_work w;
    if (work_open(&w, p, (size_t)threads, g != NULL) != REF_OK)
        return ref_fail(why, REF_ENOMEM, "no memory for the moments of %zu prompts",
                        p->m);

    for (size_t i = 0; i < p->m; i += LOSS_CHUNK) {
        const size_t left = p->m - i;
        loss_chunk(&w, p, theta, i, left < LOSS_CHUNK ? left : LOSS_CHUNK, threads);
    }
    const ref_status s = loss_sum(loss, &w, p, theta, why);
    if (s == REF_OK && g != NULL)
        for (size_t k = 0; k < p->d; k++)
            g[k] = -w.g[k] / (double)p->m + p->lambda * theta[k];
    if (s == REF_OK && moments != NULL)
        memcpy(moments, w.moments, p->m * sizeof *moments);
    work_free(&w);
    return s;
}

/* Taken off all logits before their log-sum, which then is at most log Y: a log-sum as
 * large as the logits would lose the digits that P is made of. */
static double largest(const double *logit, size_t Y)
{
    double top = logit[0];
    for (size_t y = 1; y < Y; y++)
        if (!(logit[y] <= top)) top = logit[y]; /* negated so that NaN stays */
    return top;
}

void sim_softmax(double *P, double *C, const double *logit, size_t Y)
{
    const double top = largest(logit, Y);
    double total = 0.0;
    for (size_t y = 0; y < Y; y++) total += P[y] = exp(logit[y] - top);
    double running = 0.0;
    for (size_t y = 0; y < Y; y++) {
        P[y] /= total;
        running += P[y];
        C[y] = running;
    }
}

void sim_posterior(double *Q, sim_moments *out, const double *P, const double *accept,
                   const double *log_accept, double *logit, size_t Y)
{
    const double top = largest(logit, Y);
    for (size_t y = 0; y < Y; y++) logit[y] -= top;
    const double all = ref_logsumexp(logit, Y);
    double q = 0.0;
    for (size_t y = 0; y < Y; y++) {
        q += P[y] * (1.0 - accept[y]);
        /* log 0 = -inf drops the latent */
        logit[y] += log_accept == NULL ? log(accept[y]) : log_accept[y];
    }
    const double accepted = ref_logsumexp(logit, Y);
    for (size_t y = 0; y < Y; y++) Q[y] = exp(logit[y] - accepted);

    /* each form keeps its digits on its own side of 1/2 */
    out->log_p = q < 0.5 ? log1p(-q) : accepted - all;
    out->p = exp(out->log_p);
    out->q = q;
}

uint32_t sim_draw_index(const double *C, size_t n, double u)
{
    const double level = u * C[n - 1];
    size_t y = 0;
    while (y + 1 < n && !(level < C[y])) y++;
    return (uint32_t)y;
}

void sim_moment_sums(sim_moments *out, const double *P, const double *Q,
                     const double *accept, const double *s2, const double *h2, size_t Y)
{
    double S2 = 0.0, G1 = 0.0, H2 = 0.0, HR = 0.0, W2 = 0.0;
    for (size_t y = 0; y < Y; y++) {
        S2 += Q[y] * s2[y];
        G1 += Q[y] * sqrt(s2[y]);
        H2 += P[y] * h2[y];
        HR += P[y] * (1.0 - accept[y]) * h2[y];
        W2 += P[y] * accept[y] * accept[y] * s2[y];
    }
    out->S2 = S2;
    out->G1 = G1;
    out->H2 = H2;
    out->HR = HR;
    out->W2 = W2;
}
