/* check_family.c -- see check_family.h. */
#include "theory-tests/check_family.h"

#include "theory-tests/check.h"

#include <gsl/gsl_eigen.h>
#include <math.h>
#include <stdlib.h>

void check_latents_open(check_latents *l, size_t count, size_t d)
{
    *l = (check_latents){.count = count, .d = d};
    l->P = calloc(count, sizeof(double));
    l->a = calloc(count, sizeof(double));
    l->s = calloc(count * d, sizeof(double));
    l->h = calloc(count * d, sizeof(double));
    if (l->P == NULL || l->a == NULL || l->s == NULL || l->h == NULL) abort();
}

void check_latents_close(check_latents *l)
{
    free(l->P);
    free(l->a);
    free(l->s);
    free(l->h);
}

static double norm2(const double *x, size_t d)
{
    double total = 0.0;
    for (size_t k = 0; k < d; k++) total += x[k] * x[k];
    return total;
}

sim_moments check_latents_moments(const check_latents *l, double *mu)
{
    sim_moments out = {0};
    for (size_t k = 0; k < l->d; k++) mu[k] = 0.0;
    for (size_t y = 0; y < l->count; y++) {
        const double s2 = norm2(l->s + y * l->d, l->d);
        const double h2 = norm2(l->h + y * l->d, l->d);
        const double joint = l->P[y] * l->a[y];
        out.p += joint;
        out.q += l->P[y] * (1.0 - l->a[y]);
        out.S2 += joint * s2;
        out.G1 += joint * sqrt(s2);
        out.H2 += l->P[y] * h2;
        out.HR += l->P[y] * (1.0 - l->a[y]) * h2;
        out.W2 += joint * l->a[y] * s2;
        for (size_t k = 0; k < l->d; k++) mu[k] += joint * l->s[y * l->d + k];
    }
    out.S2 /= out.p;
    out.G1 /= out.p;
    for (size_t k = 0; k < l->d; k++) mu[k] /= out.p;
    out.mu2 = norm2(mu, l->d);
    out.v = out.S2 - out.mu2;
    out.log_p = log(out.p);
    return out;
}

static double gap(double got, double want)
{
    return fabs(got - want) / (1.0 + fabs(want));
}

double check_moments_gap(const sim_moments *got, const sim_moments *want)
{
    const double gaps[] = {gap(got->log_p, want->log_p),
                           gap(got->p, want->p),
                           gap(got->q, want->q),
                           gap(got->S2, want->S2),
                           isnan(got->G1) ? 0.0 : gap(got->G1, want->G1),
                           gap(got->mu2, want->mu2),
                           gap(got->v, want->v),
                           gap(got->H2, want->H2),
                           gap(got->HR, want->HR),
                           gap(got->W2, want->W2)};
    double worst = 0.0;
    for (size_t k = 0; k < sizeof gaps / sizeof gaps[0]; k++) {
        if (isnan(gaps[k])) return gaps[k];
        worst = check_worse(worst, gaps[k]);
    }
    return worst;
}

static double loss_at(const sim_problem *p, const double *theta, double *g)
{
    double loss = nan("");
    CHECK_OK(sim_problem_loss(p, theta, &loss, g, NULL, NULL));
    return loss;
}

double check_gradient_gap(const sim_problem *p, const double *theta, double step)
{
    double *at = calloc(p->d, sizeof *at);
    double *g = calloc(p->d, sizeof *g);
    double worst = nan("");
    if (at != NULL && g != NULL) {
        worst = 0.0;
        for (size_t k = 0; k < p->d; k++) at[k] = theta[k];
        loss_at(p, theta, g);
        for (size_t k = 0; k < p->d; k++) {
            at[k] = theta[k] + step;
            const double up = loss_at(p, at, NULL);
            at[k] = theta[k] - step;
            const double down = loss_at(p, at, NULL);
            at[k] = theta[k];
            worst = check_worse(worst, fabs(g[k] - (up - down) / (2.0 * step)));
        }
    }
    free(at);
    free(g);
    return worst;
}

double check_hessian_gap(const sim_problem *p, const double *theta, double step)
{
    const size_t d = p->d;
    double *block = calloc(3 * d + d * d, sizeof *block);
    if (block == NULL) return nan("");
    double *at = block, *up = block + d, *down = block + 2 * d, *h = block + 3 * d;
    double worst = 0.0;
    CHECK_OK(p->family->hessian(p, theta, h));
    for (size_t k = 0; k < d; k++) at[k] = theta[k];
    for (size_t k = 0; k < d; k++) {
        at[k] = theta[k] + step;
        loss_at(p, at, up);
        at[k] = theta[k] - step;
        loss_at(p, at, down);
        at[k] = theta[k];
        for (size_t j = 0; j < d; j++)
            worst = check_worse(worst,
                                fabs(h[j * d + k] - (up[j] - down[j]) / (2.0 * step)));
    }
    free(block);
    return worst;
}

void check_hessian_range(const sim_problem *p, const double *theta, double *least,
                         double *largest)
{
    *least = *largest = nan("");
    gsl_matrix *h = gsl_matrix_alloc(p->d, p->d);
    gsl_vector *value = gsl_vector_alloc(p->d);
    gsl_eigen_symm_workspace *w = gsl_eigen_symm_alloc(p->d);
    if (h != NULL && value != NULL && w != NULL
        && CHECK_OK(p->family->hessian(p, theta, h->data))
        && gsl_eigen_symm(h, value, w) == 0) {
        *least = gsl_vector_min(value);
        *largest = gsl_vector_max(value);
    }
    gsl_matrix_free(h);
    gsl_vector_free(value);
    gsl_eigen_symm_free(w);
}

void check_random_theta(double *theta, size_t d, uint32_t seed, double scale)
{
    for (size_t k = 0; k < d; k++)
        theta[k] = scale * ref_rng_feature_gauss(seed, 90, 0, 0, (uint32_t)k);
}

/* Pearson's statistic as a normal score (Fisher): sqrt(2 X) - sqrt(2 k - 1). */
static double chi2_score(const double *seen, const double *P, size_t count, double n)
{
    double X = 0.0;
    for (size_t y = 0; y < count; y++) {
        const double want = n * P[y];
        X += (seen[y] - want) * (seen[y] - want) / want;
    }
    return sqrt(2.0 * X) - sqrt(2.0 * (double)(count - 1) - 1.0);
}

check_draws check_draw_frequencies(const sim_problem *p, const double *theta, size_t i,
                                   const double *P, size_t count, uint32_t draws)
{
    check_draws out = {nan(""), nan("")};
    double *block = calloc(p->scratch + 2 * count, sizeof *block);
    uint32_t *latent = calloc(p->latent, sizeof *latent);
    if (block != NULL && latent != NULL) {
        double *scratch = block, *seen = block + p->scratch, *flat = seen + count;
        const ref_rng_stream stream = {.seed = 90, .stream = 1, .prompt = (uint32_t)i};
        p->family->open(p, theta, i, scratch);
        for (uint32_t j = 0; j < draws; j++) {
            p->family->draw(p, i, scratch, &stream, j, latent);
            seen[latent[0]] += 1.0;
        }
        for (size_t y = 0; y < count; y++) flat[y] = 1.0 / (double)count;
        out.z = chi2_score(seen, P, count, draws);
        out.z_uniform = chi2_score(seen, flat, count, draws);
    }
    free(block);
    free(latent);
    return out;
}
