/* loss_token_test.c -- last digits of the scalar losses, against MPFR at 200 bits. */
#include "ref/loss_token.h"

#include "ref/numeric.h"
#include "ref/pairloss.h"
#include "ref/rng.h"
#include "theory-tests/check.h"

#include <math.h>
#include <mpfr.h>

enum { BITS = 200 };

/* |got - want| in units of the last place of want. */
static double ulps(double got, const mpfr_t want)
{
    mpfr_t e;
    mpfr_init2(e, BITS);
    mpfr_sub_d(e, want, got, MPFR_RNDN);
    const double distance = fabs(mpfr_get_d(e, MPFR_RNDN));
    mpfr_clear(e);
    const double w = fabs(mpfr_get_d(want, MPFR_RNDN));
    return distance / (nextafter(w, HUGE_VAL) - w);
}

/* out <- log(1 + e^x) */
static void true_softplus(mpfr_t out, double x)
{
    mpfr_set_d(out, x, MPFR_RNDN);
    mpfr_exp(out, out, MPFR_RNDN);
    mpfr_log1p(out, out, MPFR_RNDN);
}

/* Points of both signs and every size from 1e-9 to 700. */
static double point(uint32_t j)
{
    const ref_rng_stream stream = {.seed = 77};
    const double u = ref_rng_uniform(&stream, 2 * j);
    const double size = exp(log(1e-9) + ref_rng_uniform(&stream, 2 * j + 1) * 27.2);
    return u < 0.5 ? -size : size;
}

/* The project's accuracy goal for scalar formulas: 2 units of the last place. */
static void softplus_keeps_its_digits(void)
{
    double worst = 0.0;
    double log_sigmoid = 0.0;
    mpfr_t t;
    mpfr_init2(t, BITS);
    for (uint32_t j = 0; j < 4000; j++) {
        const double x = point(j);
        true_softplus(t, x);
        worst = check_worse(worst, ulps(ref_softplus(x), t));
        true_softplus(t, -x); /* -log sigma(x) */
        log_sigmoid = check_worse(log_sigmoid, ulps(ref_pairloss_dpo(x), t));
    }
    mpfr_clear(t);
    CLAIM_HOLDS("spec:bvpo 4",
                "softplus(x) is within 2 units of the last place for |x| < 700", worst,
                2.0);
    CLAIM_HOLDS("spec:bvpo 4",
                "log sigma(x) is within 2 units of the last place for |x| < 700",
                log_sigmoid, 2.0);
}

/* e^x - x - 1 at 200 bits keeps 140 good bits down to x = 1e-9. The double value loses
 * most at x = 1, where expm1(x) - x has condition 3.8: 1 ulp becomes at most 4, and one
 * binade can double that. */
static void k3_keeps_its_digits(void)
{
    double value = 0.0;
    double slope = 0.0;
    mpfr_t t;
    mpfr_init2(t, BITS);
    for (uint32_t j = 0; j < 4000; j++) {
        const double x = fmod(point(j), 30.0);
        const ref_loss_penalty k = ref_loss_token_kl(REF_LOSS_KL_K3, HUGE_VAL, 0.0, x);
        mpfr_set_d(t, x, MPFR_RNDN);
        mpfr_exp(t, t, MPFR_RNDN);
        mpfr_sub_d(t, t, 1.0, MPFR_RNDN);
        mpfr_neg(t, t, MPFR_RNDN);
        slope = check_worse(slope, ulps(k.d, t));
        mpfr_neg(t, t, MPFR_RNDN);
        mpfr_sub_d(t, t, x, MPFR_RNDN);
        value = check_worse(value, ulps(k.value, t));
    }
    mpfr_clear(t);
    CLAIM_HOLDS("spec:gvm 5.4",
                "k3(x) = e^x - x - 1 is within 8 units of the last place for |x| < 30, "
                "also near 0",
                value, 8.0);
    CLAIM_HOLDS(
        "spec:gvm 5.4",
        "The slope 1 - e^x of k3 is within 2 units of the last place for |x| < 30",
        slope, 2.0);
}

/* |A| min(c, max(e^(logp-old), 1-e_l)) and A > 0 likewise, from the exact difference.
 * Rounding that difference, at most 2 in size, costs e^x one ulp; exp another; the
 * product half of one; a binade can double it. */
static void dual_clip_keeps_its_digits(void)
{
    const ref_loss_clip clip = {.low = 0.2, .high = 0.28, .dual = 3.0};
    const ref_rng_stream stream = {.seed = 78};
    double worst = 0.0;
    mpfr_t t;
    mpfr_init2(t, BITS);
    for (uint32_t j = 0; j < 4000; j++) {
        const double old = -6.0 * ref_rng_uniform(&stream, 3 * j);
        const double logp = old + 4.0 * ref_rng_uniform(&stream, 3 * j + 1) - 2.0;
        const double A = 4.0 * ref_rng_uniform(&stream, 3 * j + 2) - 2.0;
        mpfr_set_d(t, logp, MPFR_RNDN);
        mpfr_sub_d(t, t, old, MPFR_RNDN);
        mpfr_exp(t, t, MPFR_RNDN);
        if (A > 0.0 && mpfr_cmp_d(t, 1.0 + clip.high) > 0)
            mpfr_set_d(t, 1.0 + clip.high, MPFR_RNDN);
        if (A < 0.0 && mpfr_cmp_d(t, 1.0 - clip.low) < 0)
            mpfr_set_d(t, 1.0 - clip.low, MPFR_RNDN);
        if (A < 0.0 && mpfr_cmp_d(t, clip.dual) > 0)
            mpfr_set_d(t, clip.dual, MPFR_RNDN);
        mpfr_mul_d(t, t, -A, MPFR_RNDN);
        worst = check_worse(
            worst,
            ulps(ref_loss_token_policy(REF_LOSS_PLUSPLUS, &clip, A, logp, old).value,
                 t));
    }
    mpfr_clear(t);
    CLAIM_HOLDS(
        "spec:gvm 5.3",
        "The clipped loss of PPO with dual clip 3 is within 5 units of the last place",
        worst, 5.0);
}

SUITE("[spec:gvm 5.3][spec:gvm 5.4][spec:bvpo 4] last digits of the scalar losses",
      NULL, {"softplus and log-sigmoid", softplus_keeps_its_digits},
      {"k3 and its slope", k3_keeps_its_digits},
      {"the dual-clip loss", dual_clip_keeps_its_digits});
