/* finite_model.c -- see finite_model.h. */
#include "theory-tests/finite_model.h"

#include "ref/numeric.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void finite_model_init(finite_model *f, const finite_shape *shape)
{
    assert(shape->m <= FINITE_M && shape->Y <= FINITE_Y && shape->d <= FINITE_D);
    memset(f, 0, sizeof *f);
    f->shape = *shape;
    const size_t m = shape->m, Y = shape->Y, d = shape->d;
    for (size_t i = 0; i < m; i++) {
        const uint32_t prompt = (uint32_t)i;
        for (size_t y = 0; y < Y; y++) {
            for (size_t k = 0; k < d; k++) {
                const uint32_t latent = (uint32_t)y, feature = (uint32_t)k;
                f->phi[i][y * d + k] =
                    ref_rng_feature_gauss(shape->seed, 0, prompt, latent, feature);
                f->psi[i][y * d + k] =
                    ref_rng_feature_gauss(shape->seed, 2, prompt, latent, feature);
            }
        }
        f->w[i] = (double)(i + 1) / (0.5 * (double)m * (double)(m + 1));
        f->prompt[i] =
            (ref_elbo_prompt){Y, f->log_prior[i], f->log_accept[i], f->h[i], f->s[i]};
    }
    f->elbo = (ref_elbo_model){m, d, f->w, f->prompt};
    finite_model_at(f, (double[FINITE_D]){0});
}

void finite_model_one_hot(finite_model *f)
{
    assert(f->shape.d == f->shape.Y);
    for (size_t i = 0; i < f->shape.m; i++)
        for (size_t y = 0; y < f->shape.Y; y++)
            for (size_t k = 0; k < f->shape.d; k++)
                f->phi[i][y * f->shape.d + k] = y == k ? 1.0 : 0.0;
    finite_model_at(f, (double[FINITE_D]){0});
}

void finite_model_theta(const finite_model *f, double *theta, double scale,
                        uint32_t which)
{
    for (size_t k = 0; k < f->shape.d; k++)
        theta[k] =
            scale * ref_rng_feature_gauss(f->shape.seed, 7, which, 0, (uint32_t)k);
}

static double dot(const double *a, const double *b, size_t d)
{
    double total = 0.0;
    for (size_t k = 0; k < d; k++) total += a[k] * b[k];
    return total;
}

/* Prior and its score: h = phi - E_P phi. */
static void prior_at(finite_model *f, size_t i, const double *theta)
{
    const size_t Y = f->shape.Y, d = f->shape.d;
    double logit[FINITE_Y], mean[FINITE_D] = {0};
    for (size_t y = 0; y < Y; y++) logit[y] = dot(&f->phi[i][y * d], theta, d);
    const double log_z = ref_logsumexp(logit, Y);
    for (size_t y = 0; y < Y; y++) {
        f->log_prior[i][y] = logit[y] - log_z;
        const double P = exp(f->log_prior[i][y]);
        for (size_t k = 0; k < d; k++) mean[k] += P * f->phi[i][y * d + k];
    }
    for (size_t y = 0; y < Y; y++)
        for (size_t k = 0; k < d; k++)
            f->h[i][y * d + k] = f->phi[i][y * d + k] - mean[k];
}

void finite_model_at(finite_model *f, const double *theta)
{
    const size_t Y = f->shape.Y, d = f->shape.d;
    for (size_t i = 0; i < f->shape.m; i++) {
        prior_at(f, i, theta);
        memcpy(f->s[i], f->h[i], sizeof f->s[i]);
        for (size_t y = 0; y < Y; y++) {
            if (f->shape.accepted > 0) {
                f->log_accept[i][y] = y < f->shape.accepted ? 0.0 : -HUGE_VAL;
                continue;
            }
            const double t = dot(&f->psi[i][y * d], theta, d);
            f->log_accept[i][y] = -ref_softplus(-t);
            for (size_t k = 0; k < d; k++) /* grad log sigmoid = (1-a) psi */
                f->s[i][y * d + k] += ref_sigmoid(-t) * f->psi[i][y * d + k];
        }
    }
}

double finite_model_smoothness(const finite_model *f)
{
    const size_t d = f->shape.d;
    double worst = 0.0;
    for (size_t i = 0; i < f->shape.m; i++) {
        double diameter2 = 0.0, psi2 = 0.0;
        for (size_t y = 0; y < f->shape.Y; y++) {
            psi2 = fmax(psi2, ref_norm2(&f->psi[i][y * d], d));
            for (size_t z = 0; z < y; z++) {
                double gap[FINITE_D];
                for (size_t k = 0; k < d; k++)
                    gap[k] = f->phi[i][y * d + k] - f->phi[i][z * d + k];
                diameter2 = fmax(diameter2, ref_norm2(gap, d));
            }
        }
        const double accept = f->shape.accepted > 0 ? 0.0 : psi2 / 4.0;
        worst = fmax(worst, diameter2 / 4.0 + accept);
    }
    return worst;
}

void finite_model_curvature(const finite_model *f, size_t i, double *curvature)
{
    const size_t Y = f->shape.Y, d = f->shape.d;
    double covariance[FINITE_D * FINITE_D] = {0};
    for (size_t y = 0; y < Y; y++)
        for (size_t j = 0; j < d; j++)
            for (size_t k = 0; k < d; k++)
                covariance[j * d + k] +=
                    exp(f->log_prior[i][y]) * f->h[i][y * d + j] * f->h[i][y * d + k];
    for (size_t y = 0; y < Y; y++) {
        const double a = exp(f->log_accept[i][y]);
        const double *psi = &f->psi[i][y * d];
        for (size_t j = 0; j < d; j++)
            for (size_t k = 0; k < d; k++)
                curvature[(y * d + j) * d + k] =
                    covariance[j * d + k] + a * (1.0 - a) * psi[j] * psi[k];
    }
}

double finite_model_outcome(const finite_model *f, size_t i, size_t outcome)
{
    const size_t y = outcome / 2;
    const double accept =
        outcome % 2 == 1 ? exp(f->log_accept[i][y]) : -expm1(f->log_accept[i][y]);
    return exp(f->log_prior[i][y]) * accept;
}

void finite_model_estimate(const finite_model *f, size_t i, ref_reject_estimator e,
                           const size_t *outcome, size_t n, const ref_reject_case *c,
                           double *g)
{
    const size_t d = f->shape.d;
    ref_reject_case filled = *c;
    filled.n = n;
    filled.K = 0;
    for (size_t j = 0; j < n; j++) filled.K += outcome[j] % 2;
    const ref_reject_coefficient on = ref_reject_coefficients(e, &filled);

    memset(g, 0, d * sizeof *g);
    for (size_t j = 0; j < n; j++) {
        const size_t y = outcome[j] / 2;
        const double bit = (double)(outcome[j] % 2);
        const double a = e == REF_REJECT_RB ? exp(f->log_accept[i][y]) : bit;
        for (size_t k = 0; k < d; k++) {
            if (a > 0.0) g[k] += on.accepted * a * f->s[i][y * d + k];
            g[k] += on.all * f->h[i][y * d + k];
        }
    }
}

void finite_model_law(const finite_model *f, size_t i, ref_reject_estimator e, size_t n,
                      double pool, finite_law *out)
{
    const size_t d = f->shape.d, kinds = 2 * f->shape.Y;
    double mu[FINITE_D];
    const ref_elbo_moments x = finite_model_moments(f, i, mu);
    const ref_reject_case c = {.p = x.reject.p, .pool = pool, .weight = 1.0};
    ref_sum mean[FINITE_D] = {{0}}, square = {0}, error = {0}, mass = {0};
    size_t total = 1;
    for (size_t j = 0; j < n; j++) total *= kinds;

    for (size_t code = 0; code < total; code++) {
        size_t outcome[8], rest = code;
        double P = 1.0, g[FINITE_D];
        for (size_t j = 0; j < n; j++, rest /= kinds) {
            outcome[j] = rest % kinds;
            P *= finite_model_outcome(f, i, outcome[j]);
        }
        if (P == 0.0) continue;
        finite_model_estimate(f, i, e, outcome, n, &c, g);
        ref_sum_add(&mass, P);
        for (size_t k = 0; k < d; k++) {
            ref_sum_add(&mean[k], P * g[k]);
            ref_sum_add(&square, P * g[k] * g[k]);
            ref_sum_add(&error, P * (g[k] - mu[k]) * (g[k] - mu[k]));
        }
    }
    for (size_t k = 0; k < d; k++) out->mean[k] = ref_sum_value(&mean[k]);
    out->variance = ref_sum_value(&square) - ref_norm2(out->mean, d);
    out->mse = ref_sum_value(&error);
    out->mass = ref_sum_value(&mass);
}

ref_elbo_moments finite_model_moments(const finite_model *f, size_t i, double *mu)
{
    double Q[FINITE_Y], own[FINITE_D];
    ref_elbo_moments x = {.log_p = nan("")};
    const ref_status s = ref_elbo_prompt_moments(&x, Q, mu == NULL ? own : mu,
                                                 &f->prompt[i], f->shape.d);
    assert(s == REF_OK);
    (void)s;
    return x;
}

size_t finite_model_draw(const finite_model *f, size_t i, const ref_rng_stream *stream,
                         uint32_t j)
{
    double u = ref_rng_uniform(stream, j);
    size_t y = 0;
    for (; y + 1 < f->shape.Y; y++) {
        const double P = exp(f->log_prior[i][y]);
        if (u <= P) break;
        u -= P;
    }
    const double a = exp(f->log_accept[i][y]);
    return 2 * y + (ref_rng_uniform(stream, j + 1) <= a ? 1 : 0);
}

void finite_model_sample(const finite_model *f, size_t i, ref_reject_estimator e,
                         size_t n, uint32_t seed, uint32_t replicas, finite_sample *out)
{
    const size_t d = f->shape.d;
    double mu[FINITE_D];
    const ref_elbo_moments x = finite_model_moments(f, i, mu);
    const ref_reject_case c = {.p = x.reject.p, .weight = 1.0};
    *out = (finite_sample){.mu_norm = sqrt(x.reject.mu2)};
    assert(n <= 16);
    for (uint32_t r = 0; r < replicas; r++) {
        const ref_rng_stream stream = {seed, 1, (uint32_t)i, 0, r};
        size_t outcome[16];
        double g[FINITE_D], along = 0.0, error = 0.0;
        for (size_t j = 0; j < n; j++)
            outcome[j] = finite_model_draw(f, i, &stream, 2 * (uint32_t)j);
        finite_model_estimate(f, i, e, outcome, n, &c, g);
        for (size_t k = 0; k < d; k++) {
            along += g[k] * mu[k] / out->mu_norm;
            error += (g[k] - mu[k]) * (g[k] - mu[k]);
        }
        ref_moment_add(&out->projection, along);
        ref_moment_add(&out->error, error);
    }
}

double finite_sample_z(const ref_moment *s, double want)
{
    return (s->mean - want) / sqrt(ref_moment_variance(s, 1) / (double)s->n);
}
