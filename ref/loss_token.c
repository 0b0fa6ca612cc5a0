/* loss_token.c -- the scalar losses; every branch is written as the paper's line. */
#include "ref/loss_token.h"

#include "ref/numeric.h"

#include <math.h>
#include <stdbool.h>

/* ---- policy loss ----------------------------------------------------------------- */

static ref_loss_token right_answer(const ref_loss_clip *clip, double A, double ratio)
{
    if (ratio > 1.0 + clip->high)
        return (ref_loss_token){-A * (1.0 + clip->high), 0.0,
                                REF_LOSS_BRANCH_CLIP_HIGH};
    return (ref_loss_token){-A * ratio, -A * ratio, REF_LOSS_BRANCH_FREE};
}

static ref_loss_token wrong_answer(const ref_loss_clip *clip, double A, double ratio)
{
    if (ratio < 1.0 - clip->low)
        return (ref_loss_token){-A * (1.0 - clip->low), 0.0, REF_LOSS_BRANCH_CLIP_LOW};
    if (ratio >= clip->dual)
        return (ref_loss_token){-A * clip->dual, 0.0, REF_LOSS_BRANCH_CLIP_DUAL};
    return (ref_loss_token){-A * ratio, -A * ratio, REF_LOSS_BRANCH_FREE};
}

ref_loss_token ref_loss_token_policy(ref_loss_policy kind, const ref_loss_clip *clip,
                                     double A, double logp, double old)
{
    const double ratio = exp(logp - old);
    if (kind == REF_LOSS_VANILLA && !isnan(logp))
        return (ref_loss_token){-A * logp, -A, REF_LOSS_BRANCH_FREE};

    const bool domain =
        clip->low >= 0.0 && clip->low <= 1.0 && clip->high >= 0.0 && clip->dual > 1.0;
    if (!domain || isnan(ratio) || isnan(A))
        return (ref_loss_token){nan(""), nan(""), REF_LOSS_BRANCH_FREE};
    if (A > 0.0) return right_answer(clip, A, ratio);
    if (A < 0.0) return wrong_answer(clip, A, ratio);
    return (ref_loss_token){0.0, 0.0, REF_LOSS_BRANCH_FREE};
}

/* ---- KL penalty ------------------------------------------------------------------ */

/* e^x - x - 1 = x^2/2 (1 + x/3 (1 + x/4 (1 + ...))). The direct form loses every digit
 * near 0, where a policy close to its reference lives; 20 factors leave a remainder
 * below 2/22! at |x| = 1, under eps^1.3. */
static double exp_minus_line(double x)
{
    if (!(fabs(x) < 1.0)) return expm1(x) - x;
    double series = 1.0;
    for (int k = 22; k > 2; k--) series = 1.0 + x / k * series;
    return 0.5 * x * x * series;
}

static ref_loss_penalty k3(double clamp, double x)
{
    if (!(clamp > 0.0)) return (ref_loss_penalty){nan(""), nan("")};
    const double value = exp_minus_line(x);
    if (value > clamp) return (ref_loss_penalty){clamp, 0.0};
    return (ref_loss_penalty){value, -expm1(x)};
}

ref_loss_penalty ref_loss_token_kl(ref_loss_kl_kind kind, double clamp, double logp,
                                   double reflogp)
{
    const double x = reflogp - logp;
    switch (kind) {
    case REF_LOSS_KL_NONE:
        return (ref_loss_penalty){0.0, 0.0};
    case REF_LOSS_KL_K1:
        return (ref_loss_penalty){-x, 1.0};
    case REF_LOSS_KL_K2:
        return (ref_loss_penalty){0.5 * x * x, -x};
    case REF_LOSS_KL_K3:
        return k3(clamp, x);
    }
    return (ref_loss_penalty){nan(""), nan("")};
}

/* ---- logits ---------------------------------------------------------------------- */

double ref_loss_entropy(double *d, const double *z, size_t V)
{
    const double lse = ref_logsumexp(z, V);
    if (!isfinite(lse)) return nan("");

    /* sum pi (lse - z), not lse - sum pi z: shifting all logits must not cost digits */
    ref_sum sum = {0};
    for (size_t v = 0; v < V; v++) {
        const double logpi = z[v] - lse;
        if (isfinite(logpi)) ref_sum_add(&sum, -exp(logpi) * logpi);
    }
    const double H = ref_sum_value(&sum);
    for (size_t v = 0; d != NULL && v < V; v++) {
        const double logpi = z[v] - lse;
        d[v] = isfinite(logpi) ? -exp(logpi) * (logpi + H) : 0.0;
    }
    return H;
}

double ref_loss_logits(double *d, const double *z, size_t V, size_t y, double T,
                       double g)
{
    if (!(T > 0.0) || y >= V) return nan("");
    for (size_t v = 0; v < V; v++)
        if (isnan(z[v]) || (isinf(z[v]) && z[v] > 0.0)) return nan("");

    for (size_t v = 0; v < V; v++) d[v] = z[v] / T;
    const double lse = ref_logsumexp(d, V);
    const double logp = d[y] - lse;
    for (size_t v = 0; v < V; v++) d[v] = -g * exp(d[v] - lse) / T;
    d[y] = -g * expm1(logp) / T; /* 1 - pi_y without cancellation */
    return logp;
}
