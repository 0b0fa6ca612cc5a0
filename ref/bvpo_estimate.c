/* bvpo_estimate.c -- weights from Gram matrices and from inner products. */
#include "ref/bvpo_estimate.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

/* L (K,K) <- lower Cholesky factor of Q; false where Q is not positive definite. */
static bool cholesky(double *L, const double *Q, size_t K)
{
    for (size_t i = 0; i < K; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = Q[i * K + j];
            for (size_t k = 0; k < j; k++) sum -= L[i * K + k] * L[j * K + k];
            if (j < i) {
                L[i * K + j] = sum / L[j * K + j];
            } else {
                if (!(sum > (double)K * DBL_EPSILON * Q[i * K + i])) return false;
                L[i * K + i] = sqrt(sum);
            }
        }
    return true;
}

/* u (K) <- Q^-1 1 from Q = L L'. */
static void solve_ones(double *u, const double *L, size_t K)
{
    for (size_t i = 0; i < K; i++) {
        double sum = 1.0;
        for (size_t k = 0; k < i; k++) sum -= L[i * K + k] * u[k];
        u[i] = sum / L[i * K + i];
    }
    for (size_t i = K; i-- > 0;) {
        double sum = u[i];
        for (size_t k = i + 1; k < K; k++) sum -= L[k * K + i] * u[k];
        u[i] = sum / L[i * K + i];
    }
}

ref_status ref_bvpo_gram_weights(double *restrict w, double *mse,
                                 const double *restrict Q, size_t K,
                                 double *restrict scratch)
{
    if (K == 0) return REF_ESHAPE;
    for (size_t i = 0; i < K; i++)
        for (size_t j = 0; j <= i; j++)
            if (!isfinite(Q[i * K + j])) return REF_EDOM;
    if (!cholesky(scratch, Q, K)) return REF_EDOM;

    solve_ones(w, scratch, K);
    double total = 0.0; /* 1'Q^-1 1 > 0 */
    for (size_t k = 0; k < K; k++) total += w[k];
    for (size_t k = 0; k < K; k++) w[k] /= total;
    if (mse != NULL) *mse = 1.0 / total;
    return REF_OK;
}

void ref_bvpo_pool_mean(ref_bvpo_pool *pool, const ref_bvpo_mean_dots *d)
{
    pool->numerator += d->ee - d->et - d->me + d->mt;
    pool->denominator += d->ee + d->tt - 2.0 * d->et;
    pool->n++;
}

ref_bvpo_split ref_bvpo_split_of(const ref_bvpo_split_dots *d)
{
    const double squares = d->g11 + d->g22;
    const double cross = d->g1e + d->g2e;
    return (ref_bvpo_split){
        .V = 0.25 * (squares - 2.0 * d->g12),
        .B = d->g12 - cross + d->ee,
        .z2 = 0.25 * (squares + 2.0 * d->g12) - cross + d->ee,
    };
}

void ref_bvpo_pool_split(ref_bvpo_pool *pool, const ref_bvpo_split_dots *d)
{
    const ref_bvpo_split s = ref_bvpo_split_of(d);
    pool->numerator += s.B;
    pool->denominator += s.z2;
    pool->n++;
}

double ref_bvpo_pool_alpha(const ref_bvpo_pool *pool)
{
    if (pool->n == 0 || pool->denominator == 0.0) return 0.5;
    if (!(pool->denominator > 0.0) || isnan(pool->numerator)) return nan("");
    return fmin(1.0, fmax(0.0, pool->numerator / pool->denominator));
}

double ref_bvpo_stein_weight(double c, double z2)
{
    if (!(c >= 0.0 && z2 >= 0.0)) return nan("");
    if (c == 0.0) return 1.0;
    return fmax(0.0, 1.0 - c / z2); /* z2 = 0: 1 - inf, so 0 */
}

double ref_bvpo_stein_constant(double tr_S, double lam_max)
{
    if (!(lam_max >= 0.0 && lam_max <= tr_S)) return nan("");
    return fmax(0.0, tr_S - 2.0 * lam_max);
}

double ref_bvpo_stein_risk(double tr_S, double lam_max, double c, double inverse_z2)
{
    if (!(lam_max >= 0.0 && lam_max <= tr_S && c >= 0.0 && inverse_z2 >= 0.0))
        return nan("");
    return tr_S - c * (2.0 * tr_S - 4.0 * lam_max - c) * inverse_z2;
}
