/* optim.c -- plain loops; a gradient that is not finite changes nothing. */
#include "ref/optim.h"

#include "ref/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool all_finite(const double *x, size_t d)
{
    for (size_t i = 0; i < d; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

ref_status ref_optim_sgd(double *theta, const double *g, size_t d, double eta)
{
    if (!(eta >= 0.0 && isfinite(eta))) return REF_EDOM;
    if (!all_finite(g, d)) return REF_ENONFINITE;
    for (size_t i = 0; i < d; i++) theta[i] -= eta * g[i];
    return REF_OK;
}

/* ---- AdamW ----------------------------------------------------------------------- */

ref_optim_adamw_choices ref_optim_adamw_default(void)
{
    return (ref_optim_adamw_choices){
        .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .decay = 0.01};
}

ref_status ref_optim_adamw_init(ref_optim_adamw *s, size_t d)
{
    *s = (ref_optim_adamw){.d = d};
    const size_t room = d > 0 ? d : 1;
    s->m = calloc(room, sizeof *s->m);
    s->v = calloc(room, sizeof *s->v);
    if (s->m == NULL || s->v == NULL) {
        ref_optim_adamw_free(s);
        return REF_ENOMEM;
    }
    return REF_OK;
}

void ref_optim_adamw_free(ref_optim_adamw *s)
{
    free(s->m);
    free(s->v);
    *s = (ref_optim_adamw){0};
}

/* 1 - beta^k without cancellation for beta near 1; k >= 1. */
static double bias_correction(double beta, size_t k)
{
    return -expm1((double)k * log(beta));
}

ref_status ref_optim_adamw_step(ref_optim_adamw *s, double *theta, const double *g,
                                const ref_optim_adamw_choices *c, double eta)
{
    const bool domain = eta >= 0.0 && isfinite(eta) && c->beta1 >= 0.0 && c->beta1 < 1.0
                        && c->beta2 >= 0.0 && c->beta2 < 1.0 && c->eps >= 0.0
                        && isfinite(c->eps) && c->decay >= 0.0 && isfinite(c->decay);
    if (!domain) return REF_EDOM;
    if (!all_finite(g, s->d)) return REF_ENONFINITE;

    s->k++;
    const double c1 = bias_correction(c->beta1, s->k);
    const double c2 = bias_correction(c->beta2, s->k);
    for (size_t i = 0; i < s->d; i++) {
        s->m[i] = c->beta1 * s->m[i] + (1.0 - c->beta1) * g[i];
        s->v[i] = c->beta2 * s->v[i] + (1.0 - c->beta2) * g[i] * g[i];
        const double mhat = s->m[i] / c1;
        const double vhat = s->v[i] / c2;
        theta[i] *= 1.0 - eta * c->decay;
        /* 0/0 is a coordinate that has never had a gradient */
        if (mhat != 0.0) theta[i] -= eta * (mhat / (sqrt(vhat) + c->eps));
    }
    return REF_OK;
}

/* ---- clipping -------------------------------------------------------------------- */

double ref_optim_norm(const double *g, size_t d)
{
    double largest = 0.0;
    for (size_t i = 0; i < d; i++) {
        if (isnan(g[i])) return nan("");
        if (fabs(g[i]) > largest) largest = fabs(g[i]);
    }
    if (largest == 0.0 || isinf(largest)) return largest;

    /* a power of two scales without rounding, unlike the largest entry itself */
    const int e = ilogb(largest);
    ref_sum square = {0};
    for (size_t i = 0; i < d; i++) {
        const double x = scalbn(g[i], -e);
        ref_sum_add(&square, x * x);
    }
    return scalbn(sqrt(ref_sum_value(&square)), e);
}

ref_status ref_optim_clip(double *g, double *norm, size_t d, double limit, double eps)
{
    if (!(limit > 0.0 && eps >= 0.0)) return REF_EDOM;
    *norm = ref_optim_norm(g, d);
    if (!isfinite(*norm)) return REF_ENONFINITE;
    const double scale = limit / (*norm + eps);
    if (scale < 1.0)
        for (size_t i = 0; i < d; i++) g[i] *= scale;
    return REF_OK;
}

/* ---- schedules ------------------------------------------------------------------- */

static const double pi = 3.14159265358979323846;

double ref_optim_rate(const ref_optim_schedule *s, size_t k)
{
    const bool decays = s->kind == REF_OPTIM_LINEAR || s->kind == REF_OPTIM_COSINE;
    const bool domain = (size_t)s->kind < REF_OPTIM_SCHEDULE_COUNT && k >= 1
                        && s->eta >= 0.0 && isfinite(s->eta);
    if (!domain) return nan("");
    if (decays && !(s->total > s->warmup && s->floor >= 0.0 && s->floor <= s->eta))
        return nan("");

    if (s->kind == REF_OPTIM_CONSTANT) return s->eta;
    if (k < s->warmup) return s->eta * ((double)k / (double)s->warmup);
    if (!decays) return s->eta;
    if (k >= s->total) return s->floor;
    const double x = (double)(k - s->warmup) / (double)(s->total - s->warmup);
    const double share =
        s->kind == REF_OPTIM_LINEAR ? 1.0 - x : 0.5 * (1.0 + cos(pi * x));
    return s->floor + (s->eta - s->floor) * share;
}

static const char *const names[] = {
#define REF_OPTIM_SCHEDULE_NAME(id, name, formula) name,
    REF_OPTIM_SCHEDULE_LIST(REF_OPTIM_SCHEDULE_NAME)
#undef REF_OPTIM_SCHEDULE_NAME
};

ref_optim_schedule_kind ref_optim_schedule_find(const char *name)
{
    for (size_t k = 0; k < REF_OPTIM_SCHEDULE_COUNT; k++)
        if (strcmp(names[k], name) == 0) return (ref_optim_schedule_kind)k;
    return REF_OPTIM_SCHEDULE_COUNT;
}

const char *ref_optim_schedule_name(ref_optim_schedule_kind kind)
{
    return (size_t)kind < REF_OPTIM_SCHEDULE_COUNT ? names[kind] : "?";
}
