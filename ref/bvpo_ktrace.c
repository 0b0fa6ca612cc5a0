/* bvpo_ktrace.c -- importance-weighted traces and the telescope over their number. */
#include "ref/bvpo_ktrace.h"

#include "ref/numeric.h"

#include <math.h>

ref_status ref_bvpo_ktrace_weights(double *omega, double *log_rho, const double *log_w,
                                   size_t K)
{
    if (K == 0) return REF_ESHAPE;
    const double total = ref_logsumexp(log_w, K);
    if (!isfinite(total)) return REF_ENONFINITE;

    if (omega != NULL)
        for (size_t k = 0; k < K; k++) omega[k] = exp(log_w[k] - total);
    if (log_rho != NULL) *log_rho = total - log((double)K);
    return REF_OK;
}

ref_status ref_bvpo_ktrace_prior(double *restrict omega, double *log_rho,
                                 const double *log_u, const double *log_pi,
                                 const double *log_ref, size_t K)
{
    if (K == 0) return REF_ESHAPE;
    double top = -HUGE_VAL;
    for (size_t k = 0; k < K; k++) top = fmax(top, log_u[k] + log_pi[k]);
    const double reference = ref_logsumexp(log_ref, K);
    if (!isfinite(top) || !isfinite(reference)) return REF_ENONFINITE;

    /* two passes with the maximum taken out, so that omega is written only at the end */
    double sum = 0.0;
    for (size_t k = 0; k < K; k++) sum += exp(log_u[k] + log_pi[k] - top);
    if (!isfinite(sum)) return REF_ENONFINITE;
    const double policy = top + log(sum);

    for (size_t k = 0; k < K; k++) omega[k] = exp(log_u[k] + log_pi[k] - policy);
    *log_rho = policy - reference; /* both carry the same - log K */
    return REF_OK;
}

ref_bvpo_margin ref_bvpo_ktrace_margin(double beta, double log_rho_plus,
                                       double log_rho_minus)
{
    if (!(beta > 0.0)) return (ref_bvpo_margin){nan(""), nan(""), nan("")};
    const double h = beta * (log_rho_plus - log_rho_minus);
    return (ref_bvpo_margin){h, ref_softplus(-h), beta * ref_sigmoid(-h)};
}

ref_status ref_bvpo_ktrace_coefficients(double *restrict plus, double *restrict minus,
                                        ref_bvpo_margin *margin, double beta,
                                        const double *log_w_plus,
                                        const double *log_w_minus, size_t K)
{
    if (!(beta > 0.0 && isfinite(beta))) return REF_EDOM;
    double rho_plus, rho_minus;
    REF_TRY(ref_bvpo_ktrace_weights(NULL, &rho_plus, log_w_plus, K));
    REF_TRY(ref_bvpo_ktrace_weights(NULL, &rho_minus, log_w_minus, K));
    REF_TRY(ref_bvpo_ktrace_weights(plus, NULL, log_w_plus, K));
    REF_TRY(ref_bvpo_ktrace_weights(minus, NULL, log_w_minus, K));

    const ref_bvpo_margin m = ref_bvpo_ktrace_margin(beta, rho_plus, rho_minus);
    for (size_t k = 0; k < K; k++) plus[k] *= -m.scale;
    for (size_t k = 0; k < K; k++) minus[k] *= m.scale;
    if (margin != NULL) *margin = m;
    return REF_OK;
}

ref_status ref_bvpo_multilevel_coefficients(double *restrict plus,
                                            double *restrict minus,
                                            double *restrict scratch, double beta,
                                            const double *log_w_plus,
                                            const double *log_w_minus, unsigned level)
{
    if (level >= 32) return REF_ESHAPE;
    const size_t K = (size_t)1 << level;
    for (size_t first = 0; first < K; first += K / 2 + (level == 0)) {
        /* a half without weight has no gradient: refuse before anything is written */
        const size_t count = level == 0 ? 1 : K / 2;
        REF_TRY(ref_bvpo_ktrace_weights(NULL, NULL, log_w_plus + first, count));
        REF_TRY(ref_bvpo_ktrace_weights(NULL, NULL, log_w_minus + first, count));
    }
    REF_TRY(ref_bvpo_ktrace_coefficients(plus, minus, NULL, beta, log_w_plus,
                                         log_w_minus, K));
    if (level == 0) return REF_OK;

    const size_t half = K / 2;
    double *const half_plus = scratch, *const half_minus = scratch + half;
    for (size_t first = 0; first < K; first += half) {
        REF_TRY(ref_bvpo_ktrace_coefficients(half_plus, half_minus, NULL, beta,
                                             log_w_plus + first, log_w_minus + first,
                                             half));
        for (size_t k = 0; k < half; k++) plus[first + k] -= 0.5 * half_plus[k];
        for (size_t k = 0; k < half; k++) minus[first + k] -= 0.5 * half_minus[k];
    }
    return REF_OK;
}

double ref_bvpo_multilevel_probability(unsigned level)
{
    const double ratio = exp2(-1.5);
    return (1.0 - ratio) * exp2(-1.5 * (double)level);
}

unsigned ref_bvpo_multilevel_level(double u)
{
    if (!(u > 0.0 && u <= 1.0)) return 0;
    return (unsigned)(-log2(u) / 1.5);
}

double ref_bvpo_multilevel_cost(void)
{
    return (1.0 - exp2(-1.5)) / (1.0 - exp2(-0.5));
}
