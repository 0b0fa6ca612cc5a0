/* spec_product_5_4.c -- last digits of the scalar formulas, against MPFR at 400 bits
 * (requirement R11: 2 units of the last place). */
#include "ref/allocate.h"
#include "ref/numeric.h"
#include "ref/reject.h"
#include "ref/rng.h"
#include "theory-tests/check.h"

#include <math.h>
#include <mpfr.h>

enum { BITS = 400, POINTS = 4000, TERMS = 16 };

/* |got - want| in units of the last place of the larger of |want| and |scale|. */
static double ulps(double got, const mpfr_t want, double scale)
{
    mpfr_t e;
    mpfr_init2(e, BITS);
    mpfr_sub_d(e, want, got, MPFR_RNDN);
    const double distance = fabs(mpfr_get_d(e, MPFR_RNDN));
    mpfr_clear(e);
    const double w = check_worse(fabs(mpfr_get_d(want, MPFR_RNDN)), fabs(scale));
    return distance / (nextafter(w, HUGE_VAL) - w);
}

static double unit(uint32_t stream, uint32_t j)
{
    const ref_rng_stream s = {.seed = 54, .stream = stream};
    return ref_rng_uniform(&s, j);
}

/* Every size from low to high, evenly in the logarithm. */
static double spread(uint32_t stream, uint32_t j, double low, double high)
{
    return low * exp(log(high / low) * unit(stream, j));
}

/* out <- (1-p)^n, exactly rounded at BITS */
static void true_miss(mpfr_t out, double n, double p)
{
    mpfr_t exponent;
    mpfr_init2(exponent, BITS);
    mpfr_set_d(exponent, n, MPFR_RNDN);
    mpfr_d_sub(out, 1.0, (mpfr_set_d(out, p, MPFR_RNDN), out), MPFR_RNDN);
    mpfr_pow(out, out, exponent, MPFR_RNDN);
    mpfr_clear(exponent);
}

/* n from 1 to 10^6, p from 1e-12 to 1, (1-p)^n above 1e-290 */
static void hit_and_miss_keep_their_digits(void)
{
    double hit = 0.0, miss = 0.0;
    mpfr_t t;
    mpfr_init2(t, BITS);
    for (uint32_t j = 0; j < POINTS; j++) {
        const double n = floor(spread(1, 2 * j, 1.0, 1e6));
        const double p = j % 2 ? unit(2, j) : spread(1, 2 * j + 1, 1e-12, 1.0);
        if (n * log1p(-p) < -667.0) continue;
        true_miss(t, n, p);
        miss = check_worse(miss, ulps(ref_miss_probability(n, p), t, 0.0));
        mpfr_ui_sub(t, 1, t, MPFR_RNDN);
        hit = check_worse(hit, ulps(ref_hit_probability(n, p), t, 0.0));
    }
    mpfr_clear(t);
    CLAIM_HOLDS("spec:product 5.4",
                "1 - (1-p)^n is within 2 units of the last place for n <= 1e6, any p",
                hit, 2.0);
    CLAIM_HOLDS("spec:product 5.4",
                "(1-p)^n is within 2 units of the last place for n <= 1e6, any p", miss,
                2.0);
}

static void log1mexp_and_sigmoid_keep_their_digits(void)
{
    double difference = 0.0, sigmoid = 0.0;
    mpfr_t t;
    mpfr_init2(t, BITS);
    for (uint32_t j = 0; j < POINTS; j++) {
        const double x = -spread(3, 2 * j, 1e-18, 700.0);
        mpfr_set_d(t, x, MPFR_RNDN);
        mpfr_exp(t, t, MPFR_RNDN);
        mpfr_neg(t, t, MPFR_RNDN);
        mpfr_log1p(t, t, MPFR_RNDN); /* e^x keeps 340 bits of 1 - e^x at x = -1e-18 */
        difference = check_worse(difference, ulps(ref_log1mexp(x), t, 0.0));
        const double s = unit(3, 2 * j + 1) < 0.5 ? x : -x;
        mpfr_set_d(t, -s, MPFR_RNDN);
        mpfr_exp(t, t, MPFR_RNDN);
        mpfr_add_ui(t, t, 1, MPFR_RNDN);
        mpfr_ui_div(t, 1, t, MPFR_RNDN);
        sigmoid = check_worse(sigmoid, ulps(ref_sigmoid(s), t, 0.0));
    }
    mpfr_clear(t);
    CLAIM_HOLDS("spec:product 5.4",
                "log(1 - e^x) is within 2 units of the last place for -700 < x < 0",
                difference, 2.0);
    CLAIM_HOLDS("spec:product 5.4",
                "sigma(x) is within 2 units of the last place for |x| < 700", sigmoid,
                2.0);
}

/* The sum of 1 to 16 terms; where it cancels against the largest one, that one's last
 * place counts. */
static void logsumexp_keeps_its_digits(void)
{
    double worst = 0.0;
    mpfr_t t, term;
    mpfr_inits2(BITS, t, term, (mpfr_ptr)0);
    for (uint32_t j = 0; j < POINTS; j++) {
        double x[TERMS], top = -HUGE_VAL;
        const size_t n = 1 + j % TERMS;
        const double width = spread(4, j, 1e-6, 600.0);
        mpfr_set_zero(t, 1);
        for (size_t i = 0; i < n; i++) {
            x[i] = width * (2.0 * unit(5, (uint32_t)(j * TERMS + i)) - 1.0);
            top = check_worse(top, x[i]);
            mpfr_set_d(term, x[i], MPFR_RNDN);
            mpfr_exp(term, term, MPFR_RNDN);
            mpfr_add(t, t, term, MPFR_RNDN);
        }
        mpfr_log(t, t, MPFR_RNDN);
        worst = check_worse(worst, ulps(ref_logsumexp(x, n), t, top));
    }
    mpfr_clears(t, term, (mpfr_ptr)0);
    CLAIM_HOLDS("spec:product 5.4",
                "log sum exp of up to 16 terms is within 2 units of the last place of "
                "its value or its largest term",
                worst, 2.0);
}

/* out <- h(n,p) by its recursion at BITS */
static void true_h(mpfr_t out, size_t n, double p)
{
    mpfr_t q, power, term;
    mpfr_inits2(BITS, q, power, term, (mpfr_ptr)0);
    true_miss(q, 1.0, p);
    mpfr_set_ui(power, 1, MPFR_RNDN);
    mpfr_set_zero(out, 1);
    for (size_t j = 1; j <= n; j++) {
        mpfr_mul(power, power, q, MPFR_RNDN);
        mpfr_ui_sub(term, 1, power, MPFR_RNDN);
        mpfr_div_ui(term, term, (unsigned long)j, MPFR_RNDN);
        mpfr_mul(out, out, q, MPFR_RNDN);
        mpfr_add(out, out, term, MPFR_RNDN);
    }
    mpfr_clears(q, power, term, (mpfr_ptr)0);
}

static void h_keeps_its_digits(void)
{
    double worst = 0.0;
    mpfr_t t;
    mpfr_init2(t, BITS);
    for (uint32_t j = 0; j < 400; j++) {
        const size_t n = (size_t)spread(6, 2 * j, 1.0, 2000.0);
        const double p = j % 2 ? unit(7, j) : spread(6, 2 * j + 1, 1e-9, 1.0);
        true_h(t, n, p);
        worst = check_worse(worst, ulps(ref_reject_h(n, p), t, 0.0));
    }
    mpfr_clear(t);
    CLAIM_HOLDS("spec:product 5.4",
                "h(n,p) is within 2 units of the last place for n <= 2000, any p",
                worst, 2.0);
}

/* G / sqrt(p + alpha p^(1-beta)) */
static void gvm_weight_keeps_its_digits(void)
{
    double worst = 0.0;
    mpfr_t t, power;
    mpfr_inits2(BITS, t, power, (mpfr_ptr)0);
    for (uint32_t j = 0; j < POINTS; j++) {
        const double p = spread(8, 4 * j, 1e-12, 1.0),
                     G = spread(8, 4 * j + 1, 1e-6, 1e6);
        const double alpha = spread(8, 4 * j + 2, 1e-6, 10.0);
        const double beta = j % 2 ? 2.0 : 1.0 + 4.0 * unit(8, 4 * j + 3);
        mpfr_set_d(t, beta, MPFR_RNDN);
        mpfr_ui_sub(t, 1, t, MPFR_RNDN);
        mpfr_set_d(power, p, MPFR_RNDN);
        mpfr_pow(power, power, t, MPFR_RNDN);
        mpfr_mul_d(power, power, alpha, MPFR_RNDN);
        mpfr_add_d(power, power, p, MPFR_RNDN);
        mpfr_sqrt(power, power, MPFR_RNDN);
        mpfr_d_div(t, G, power, MPFR_RNDN);
        worst = check_worse(worst,
                            ulps(ref_allocate_gvm_weight(p, G, alpha, beta), t, 0.0));
    }
    mpfr_clears(t, power, (mpfr_ptr)0);
    CLAIM_HOLDS(
        "spec:product 5.4",
        "GVM's weight G/sqrt(p + alpha p^(1-beta)) is within 2 units of the last "
        "place for p >= 1e-12, 1 <= beta <= 5",
        worst, 2.0);
}

SUITE(
    "[spec:product 5.4][spec:gvm 2.4][spec:gvm 3.2] last digits of the scalar formulas",
    NULL, {"hit and miss keep their digits", hit_and_miss_keep_their_digits},
    {"log1mexp and sigmoid keep their digits", log1mexp_and_sigmoid_keep_their_digits},
    {"logsumexp keeps its digits", logsumexp_keeps_its_digits},
    {"h keeps its digits", h_keeps_its_digits},
    {"GVM's weight keeps its digits", gvm_weight_keeps_its_digits});
