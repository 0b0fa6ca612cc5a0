/* elbo.c -- see elbo.h for the contracts. */
#include "ref/elbo.h"

#include "ref/numeric.h"

#include <math.h>
#include <string.h>

static double log_joint(const ref_elbo_prompt *x, size_t y)
{
    return x->log_prior[y] + x->log_accept[y];
}

double ref_elbo_log_marginal(const ref_elbo_prompt *x)
{
    /* log-sum-exp of a sum of two tables, without a table for the sum */
    double top = -HUGE_VAL;
    for (size_t y = 0; y < x->Y; y++)
        if (!(log_joint(x, y) <= top)) top = log_joint(x, y); /* negated: NaN wins */
    if (!isfinite(top)) return top;

    ref_sum total = {0};
    for (size_t y = 0; y < x->Y; y++) ref_sum_add(&total, exp(log_joint(x, y) - top));
    return top + log(ref_sum_value(&total));
}

ref_status ref_elbo_posterior(double *Q, const ref_elbo_prompt *x)
{
    const double log_p = ref_elbo_log_marginal(x);
    if (!isfinite(log_p)) return REF_EDOM;
    for (size_t y = 0; y < x->Y; y++) Q[y] = exp(log_joint(x, y) - log_p);
    return REF_OK;
}

double ref_elbo_entropy(const double *Q, size_t Y)
{
    ref_sum total = {0};
    for (size_t y = 0; y < Y; y++)
        if (Q[y] != 0.0) ref_sum_add(&total, -Q[y] * log(Q[y]));
    return ref_sum_value(&total);
}

double ref_elbo_loss(const ref_elbo_model *model)
{
    ref_sum total = {0};
    for (size_t i = 0; i < model->m; i++)
        ref_sum_add(&total, -model->w[i] * ref_elbo_log_marginal(&model->prompt[i]));
    return ref_sum_value(&total);
}

double ref_elbo_objective(const ref_elbo_model *model, const double *Q)
{
    ref_sum total = {0};
    for (size_t i = 0; i < model->m; i++) {
        const ref_elbo_prompt *x = &model->prompt[i];
        for (size_t y = 0; y < x->Y; y++)
            if (Q[y] != 0.0) ref_sum_add(&total, -model->w[i] * Q[y] * log_joint(x, y));
        Q += x->Y;
    }
    return ref_sum_value(&total);
}

double ref_elbo_surrogate(const ref_elbo_model *model, const double *Q)
{
    ref_sum total = {0};
    ref_sum_add(&total, ref_elbo_objective(model, Q));
    for (size_t i = 0; i < model->m; i++) {
        const size_t Y = model->prompt[i].Y;
        ref_sum_add(&total, -model->w[i] * ref_elbo_entropy(Q, Y));
        Q += Y;
    }
    return ref_sum_value(&total);
}

double ref_elbo_gap(const ref_elbo_model *model, const double *Q)
{
    ref_sum total = {0};
    for (size_t i = 0; i < model->m; i++) {
        const ref_elbo_prompt *x = &model->prompt[i];
        const double log_p = ref_elbo_log_marginal(x);
        for (size_t y = 0; y < x->Y; y++) {
            if (Q[y] == 0.0) continue;
            const double log_ratio = log(Q[y]) - (log_joint(x, y) - log_p);
            ref_sum_add(&total, model->w[i] * Q[y] * log_ratio);
        }
        Q += x->Y;
    }
    return ref_sum_value(&total);
}

/* out (d) += c E_Q s; rejected rows are skipped, they may hold anything */
static void add_mean_score(double *out, double c, const ref_elbo_prompt *x,
                           const double *Q, size_t d)
{
    for (size_t k = 0; k < d; k++) {
        ref_sum mean = {0};
        for (size_t y = 0; y < x->Y; y++)
            if (Q[y] != 0.0) ref_sum_add(&mean, Q[y] * x->s[y * d + k]);
        out[k] += c * ref_sum_value(&mean);
    }
}

void ref_elbo_gradient(double *g, const ref_elbo_model *model, const double *Q)
{
    memset(g, 0, model->d * sizeof *g);
    for (size_t i = 0; i < model->m; i++) {
        const ref_elbo_prompt *x = &model->prompt[i];
        add_mean_score(g, -model->w[i], x, Q, model->d);
        Q += x->Y;
    }
}

void ref_elbo_mean_score(double *mu, const ref_elbo_prompt *x, const double *Q,
                         size_t d)
{
    memset(mu, 0, d * sizeof *mu);
    add_mean_score(mu, 1.0, x, Q, d);
}

void ref_elbo_louis(double *hessian, const ref_elbo_prompt *x, const double *Q,
                    const double *mu, const double *curvature, size_t d)
{
    for (size_t j = 0; j < d; j++) {
        for (size_t k = 0; k < d; k++) {
            ref_sum entry = {0};
            for (size_t y = 0; y < x->Y; y++) {
                if (Q[y] == 0.0) continue;
                const double *s = &x->s[y * d]; /* (d) */
                const double spread = (s[j] - mu[j]) * (s[k] - mu[k]);
                ref_sum_add(&entry, Q[y] * (curvature[(y * d + j) * d + k] - spread));
            }
            hessian[j * d + k] = ref_sum_value(&entry);
        }
    }
}

/* E_Q|s - centre|^2; centre NULL is the origin. */
static double mean_square(const ref_elbo_prompt *x, const double *Q,
                          const double *centre, size_t d)
{
    ref_sum total = {0};
    for (size_t y = 0; y < x->Y; y++) {
        if (Q[y] == 0.0) continue;
        for (size_t k = 0; k < d; k++) {
            const double e = x->s[y * d + k] - (centre == NULL ? 0.0 : centre[k]);
            ref_sum_add(&total, Q[y] * e * e);
        }
    }
    return ref_sum_value(&total);
}

/* H2, HR and W2: the moments under the prior. */
static void prior_moments(ref_reject_moments *out, const ref_elbo_prompt *x, size_t d)
{
    ref_sum H2 = {0}, HR = {0}, W2 = {0};
    for (size_t y = 0; y < x->Y; y++) {
        const double P = exp(x->log_prior[y]);
        const double a = exp(x->log_accept[y]);
        const double h2 = ref_norm2(&x->h[y * d], d);
        ref_sum_add(&H2, P * h2);
        ref_sum_add(&HR, P * -expm1(x->log_accept[y]) * h2);
        if (a > 0.0) ref_sum_add(&W2, P * a * a * ref_norm2(&x->s[y * d], d));
    }
    out->H2 = ref_sum_value(&H2);
    out->HR = ref_sum_value(&HR);
    out->W2 = ref_sum_value(&W2);
}

ref_status ref_elbo_prompt_moments(ref_elbo_moments *out, double *Q, double *mu,
                                   const ref_elbo_prompt *x, size_t d)
{
    REF_TRY(ref_elbo_posterior(Q, x));
    ref_elbo_mean_score(mu, x, Q, d);

    ref_elbo_moments r = {.log_p = ref_elbo_log_marginal(x)};
    ref_sum G1 = {0};
    for (size_t y = 0; y < x->Y; y++)
        if (Q[y] != 0.0) ref_sum_add(&G1, Q[y] * sqrt(ref_norm2(&x->s[y * d], d)));
    r.G1 = ref_sum_value(&G1);
    r.reject.p = fmin(exp(r.log_p), 1.0); /* round-off may lead past 1 */
    r.reject.S2 = mean_square(x, Q, NULL, d);
    r.reject.mu2 = ref_norm2(mu, d);
    r.reject.v = mean_square(x, Q, mu, d);
    prior_moments(&r.reject, x, d);
    *out = r;
    return REF_OK;
}
