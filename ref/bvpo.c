/* bvpo.c -- the mixture of two gradients and its best weight. */
#include "ref/bvpo.h"

#include "ref/numeric.h"

#include <float.h>
#include <math.h>

static double clip(double x)
{
    if (isnan(x)) return x;
    return fmin(1.0, fmax(0.0, x));
}

/* D is a sum of four numbers of size A, B, C, C: below 4 eps times their sizes it is
 * rounding, and g_t = g_e as far as the moments can tell. */
static bool no_difference(const ref_bvpo_moments *m)
{
    const double size = fabs(m->A) + fabs(m->B) + 2.0 * fabs(m->C);
    return fabs(m->D) <= 4.0 * DBL_EPSILON * size;
}

ref_bvpo_coefficient ref_bvpo_coefficients(double alpha, double beta, double h_t,
                                           double h_e)
{
    const double nan_ = nan("");
    if (!(alpha >= 0.0 && alpha <= 1.0 && beta > 0.0))
        return (ref_bvpo_coefficient){nan_, nan_, nan_, nan_};

    const double t = alpha * (beta * ref_sigmoid(-h_t));
    const double e = (1.0 - alpha) * (beta * ref_sigmoid(-h_e));
    return (ref_bvpo_coefficient){
        .t_chosen = -t, .t_rejected = t, .e_chosen = -e, .e_rejected = e};
}

ref_bvpo_moments ref_bvpo_moments_at(const ref_bvpo_pieces *p, double c)
{
    if (!(c >= 0.0)) c = nan("");
    return (ref_bvpo_moments){
        .A = p->b_t2 + c * p->tr_S_t,
        .B = p->b_e2 + c * p->tr_S_e,
        .C = p->b_te + c * p->tr_S_te,
        .D = (p->b_t2 + p->b_e2 - 2.0 * p->b_te)
             + c * (p->tr_S_t + p->tr_S_e - 2.0 * p->tr_S_te),
    };
}

ref_bvpo_moments ref_bvpo_moments_of(double A, double B, double C)
{
    return (ref_bvpo_moments){A, B, C, A + B - 2.0 * C};
}

double ref_bvpo_mse(const ref_bvpo_moments *m, double alpha)
{
    const double rest = 1.0 - alpha;
    return alpha * alpha * m->A + rest * rest * m->B + 2.0 * alpha * rest * m->C;
}

double ref_bvpo_bias2(const ref_bvpo_pieces *p, double alpha)
{
    const ref_bvpo_moments bias = {p->b_t2, p->b_e2, p->b_te, 0.0};
    return ref_bvpo_mse(&bias, alpha);
}

double ref_bvpo_variance(const ref_bvpo_pieces *p, double alpha)
{
    const ref_bvpo_moments noise = {p->tr_S_t, p->tr_S_e, p->tr_S_te, 0.0};
    return ref_bvpo_mse(&noise, alpha);
}

double ref_bvpo_trace_noise(double alpha, double v)
{
    return alpha * alpha * v;
}

double ref_bvpo_alpha_free(const ref_bvpo_moments *m)
{
    if (no_difference(m)) return 0.5;
    if (!(m->D > 0.0)) return nan("");
    return (m->B - m->C) / m->D;
}

double ref_bvpo_alpha(const ref_bvpo_moments *m)
{
    return clip(ref_bvpo_alpha_free(m));
}

double ref_bvpo_mse_free(const ref_bvpo_moments *m)
{
    if (no_difference(m)) return m->A;
    if (!(m->D > 0.0)) return nan("");
    return (m->A * m->B - m->C * m->C) / m->D;
}

ref_bvpo_gain ref_bvpo_gains(const ref_bvpo_moments *m)
{
    if (no_difference(m)) return (ref_bvpo_gain){0.0, 0.0};
    if (!(m->D > 0.0)) return (ref_bvpo_gain){nan(""), nan("")};
    const double t = m->A - m->C;
    const double e = m->B - m->C;
    return (ref_bvpo_gain){t * t / m->D, e * e / m->D};
}

ref_bvpo_range ref_bvpo_ranges(const ref_bvpo_moments *m)
{
    const double best = ref_bvpo_alpha_free(m);
    return (ref_bvpo_range){2.0 * best - 1.0, 2.0 * best};
}

bool ref_bvpo_half_beats_both(const ref_bvpo_moments *m)
{
    return fabs(m->A - m->B) < 0.5 * m->D;
}

bool ref_bvpo_clips(const ref_bvpo_moments *m)
{
    return fabs(m->A - m->B) >= m->D;
}

ref_status ref_bvpo_blocks(double *alpha, double *mse, const ref_bvpo_moments *m,
                           size_t blocks)
{
    for (size_t j = 0; j < blocks; j++)
        if (isnan(ref_bvpo_alpha(&m[j]))) return REF_EDOM;

    ref_sum total = {0};
    for (size_t j = 0; j < blocks; j++) {
        alpha[j] = ref_bvpo_alpha(&m[j]);
        ref_sum_add(&total, ref_bvpo_mse(&m[j], alpha[j]));
    }
    if (mse != NULL) *mse = ref_sum_value(&total);
    return REF_OK;
}

double ref_bvpo_floor(const ref_bvpo_pieces *p, double alpha, double c)
{
    return ref_bvpo_bias2(p, alpha) + c * ref_bvpo_variance(p, alpha);
}

double ref_bvpo_floor_weight(const ref_bvpo_pieces *p, double c)
{
    const ref_bvpo_moments m = ref_bvpo_moments_at(p, c);
    return ref_bvpo_alpha_free(&m);
}
