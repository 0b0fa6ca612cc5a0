/* optim_test.c -- steps by hand, invariances, schedules, clipping and its skip. */
#include "ref/optim.h"

#include "theory-tests/check.h"

#include <float.h>
#include <math.h>
#include <string.h>

static void sgd_by_hand(void)
{
    double theta[2] = {1.0, -2.0};
    const double g[2] = {0.5, -4.0};
    CHECK_OK(ref_optim_sgd(theta, g, 2, 0.25));
    CHECK(theta[0] == 0.875 && theta[1] == -1.0);
    const double bad[2] = {0.5, nan("")};
    CHECK_STATUS(ref_optim_sgd(theta, bad, 2, 0.25), REF_ENONFINITE);
    CHECK_STATUS(ref_optim_sgd(theta, g, 2, -1.0), REF_EDOM);
    CHECK(theta[0] == 0.875 && theta[1] == -1.0);
}

/* Two steps with b1 = 1/2, b2 = 3/4, lambda = 1/10, eta = 1/4, eps = 1/8 on g = 2, -1:
 *   theta0 = 1: decay 0.975; m = 1, v = 1, mhat = 2, vhat = 4: 2/(2+1/8) = 16/17
 *   then decay, m = 0, v = 1, mhat = 0, vhat = 1/(1-9/16) = 16/7: no move */
static void adamw_by_hand(void)
{
    const ref_optim_adamw_choices c = {
        .beta1 = 0.5, .beta2 = 0.75, .eps = 0.125, .decay = 0.1};
    ref_optim_adamw s;
    CHECK_OK(ref_optim_adamw_init(&s, 1));
    double theta = 1.0;
    const double g[3] = {2.0, -1.0, 3.0};
    CHECK_OK(ref_optim_adamw_step(&s, &theta, &g[0], &c, 0.25));
    const double first = 0.975 - 0.25 * 16.0 / 17.0;
    double error = fabs(theta - first);
    CHECK_OK(ref_optim_adamw_step(&s, &theta, &g[1], &c, 0.25));
    const double second = 0.975 * first;
    error = check_worse(error, fabs(theta - second));
    CHECK_OK(ref_optim_adamw_step(&s, &theta, &g[2], &c, 0.25));
    /* m = 3/2, v = 3, bias 7/8 and 37/64 */
    const double third =
        0.975 * second - 0.25 * (1.5 / 0.875) / (sqrt(3.0 / (37.0 / 64.0)) + 0.125);
    error = check_worse(error, fabs(theta - third));
    CHECK_EQUAL(s.k, 3);
    ref_optim_adamw_free(&s);
    CLAIM_HOLDS("spec:gvm 4.4", "Three steps of AdamW equal the same steps by hand",
                error, 1e-15);
}

/* With b1 = b2 = 0 and eps = 0 AdamW is the sign of the gradient. */
static void adamw_without_memory_is_the_sign(void)
{
    const ref_optim_adamw_choices c = {0};
    ref_optim_adamw s;
    CHECK_OK(ref_optim_adamw_init(&s, 3));
    double theta[3] = {0.0, 0.0, 0.0};
    double error = 0.0;
    for (int k = 1; k <= 5; k++) {
        const double g[3] = {1e-3 * k, -7.0 / k, 0.0};
        CHECK_OK(ref_optim_adamw_step(&s, theta, g, &c, 0.5));
        error = check_worse(error, fabs(theta[0] + 0.5 * k) + fabs(theta[1] - 0.5 * k)
                                       + fabs(theta[2]));
    }
    ref_optim_adamw_free(&s);
    CLAIM_HOLDS("spec:gvm 4.4",
                "Without memory (both betas 0) and epsilon AdamW moves by the sign of "
                "the gradient",
                error, 1e-14);
}

static void run(double *theta, size_t d, double scale, const ref_optim_adamw_choices *c)
{
    ref_optim_adamw s;
    CHECK_OK(ref_optim_adamw_init(&s, d));
    for (int k = 0; k < 20; k++) {
        double g[4];
        for (size_t i = 0; i < d; i++)
            g[i] = scale * sin(1.0 + 0.7 * k + 2.0 * (double)i);
        CHECK_OK(ref_optim_adamw_step(&s, theta, g, c, 0.01));
    }
    ref_optim_adamw_free(&s);
}

/* eps = 0: multiplying every gradient by a constant changes nothing; a power of two not
 * even a bit. With eps = 0.1 it does. */
static void adamw_is_scale_invariant(void)
{
    ref_optim_adamw_choices c = {.beta1 = 0.9, .beta2 = 0.999, .decay = 0.01};
    double a[4] = {1.0, 2.0, 3.0, 4.0};
    double b[4] = {1.0, 2.0, 3.0, 4.0};
    double e[4] = {1.0, 2.0, 3.0, 4.0};
    run(a, 4, 1.0, &c);
    run(b, 4, 1024.0, &c);
    run(e, 4, 1.0 / 3.0, &c);
    double exact = 0.0;
    double close = 0.0;
    for (int i = 0; i < 4; i++) {
        exact = check_worse(exact, fabs(a[i] - b[i]));
        close = check_worse(close, fabs(a[i] - e[i]));
    }
    CLAIM_HOLDS(
        "spec:gvm 4.4",
        "AdamW with epsilon 0 takes the same steps for g and for any multiple of g",
        check_worse(exact, close), 1e-14);
    CHECK_EQUAL(exact, 0.0);
    c.eps = 0.1;
    double f[4] = {1.0, 2.0, 3.0, 4.0};
    double g[4] = {1.0, 2.0, 3.0, 4.0};
    run(f, 4, 1.0, &c);
    run(g, 4, 1.0 / 3.0, &c);
    CHECK(fabs(f[0] - g[0]) > 1e-4);
}

/* Bias correction: from zero moments the first step is eta g/(|g| + eps) whatever the
 * betas; a constant gradient keeps that length for ever. */
static void bias_correction_is_exact(void)
{
    const ref_optim_adamw_choices c = ref_optim_adamw_default();
    ref_optim_adamw s;
    CHECK_OK(ref_optim_adamw_init(&s, 1));
    double worst = 0.0;
    for (int k = 0; k < 3000; k++) {
        double theta = 0.0;
        const double g = 0.02;
        CHECK_OK(ref_optim_adamw_step(&s, &theta, &g, &c, 1.0));
        worst = check_worse(worst, fabs(theta + 0.02 / (0.02 + 1e-8)));
    }
    ref_optim_adamw_free(&s);
    CLAIM_HOLDS("spec:gvm 4.4",
                "Under a constant gradient AdamW moves by eta in every step", worst,
                1e-12);
}

/* Decay is decoupled: it acts on theta alone, in the same proportion always. */
static void decay_is_decoupled(void)
{
    ref_optim_adamw_choices c = ref_optim_adamw_default();
    c.decay = 0.5;
    double with[2] = {8.0, 8.0};
    double without[2] = {0.0, 0.0};
    const double g[2] = {3.0, 0.0};
    ref_optim_adamw s;
    CHECK_OK(ref_optim_adamw_init(&s, 2));
    CHECK_OK(ref_optim_adamw_step(&s, with, g, &c, 0.125));
    ref_optim_adamw_free(&s);
    CHECK_OK(ref_optim_adamw_init(&s, 2));
    CHECK_OK(ref_optim_adamw_step(&s, without, g, &c, 0.125));
    ref_optim_adamw_free(&s);
    CHECK_NEAR(with[0] - without[0], 7.5, 1e-15);
    CHECK_EQUAL(with[1], 7.5);
}

static void a_refused_step_changes_nothing(void)
{
    ref_optim_adamw_choices c = ref_optim_adamw_default();
    ref_optim_adamw s;
    CHECK_OK(ref_optim_adamw_init(&s, 2));
    double theta[2] = {1.0, 2.0};
    const double bad[2] = {1.0, HUGE_VAL};
    const double good[2] = {1.0, 1.0};
    CHECK_STATUS(ref_optim_adamw_step(&s, theta, bad, &c, 0.1), REF_ENONFINITE);
    CHECK_STATUS(ref_optim_adamw_step(&s, theta, good, &c, nan("")), REF_EDOM);
    c.beta2 = 1.0;
    CHECK_STATUS(ref_optim_adamw_step(&s, theta, good, &c, 0.1), REF_EDOM);
    c = (ref_optim_adamw_choices){.decay = -1.0};
    CHECK_STATUS(ref_optim_adamw_step(&s, theta, good, &c, 0.1), REF_EDOM);
    CHECK(theta[0] == 1.0 && theta[1] == 2.0 && s.k == 0 && s.m[0] == 0.0);
    ref_optim_adamw_free(&s);
    ref_optim_adamw_free(&s);
    CHECK(s.m == NULL && s.d == 0);
    CHECK_OK(ref_optim_adamw_init(&s, 0));
    ref_optim_adamw_free(&s);
}

static void norm_spans_the_exponent_range(void)
{
    const double big[2] = {3e300, 4e300};
    const double small[2] = {3e-300, 4e-300};
    const double tiny[1] = {DBL_TRUE_MIN};
    CHECK_RELATIVE(ref_optim_norm(big, 2), 5e300, 1e-15);
    CHECK_RELATIVE(ref_optim_norm(small, 2), 5e-300, 1e-15);
    CHECK_EQUAL(ref_optim_norm(tiny, 1), DBL_TRUE_MIN);
    CHECK_EQUAL(ref_optim_norm(tiny, 0), 0.0);
    CHECK_EQUAL(ref_optim_norm((double[]){3.0, -4.0}, 2), 5.0);
    CHECK(isnan(ref_optim_norm((double[]){HUGE_VAL, nan("")}, 2)));
    CHECK(isinf(ref_optim_norm((double[]){1.0, -HUGE_VAL}, 2)));
}

static void clipping(void)
{
    double g[2] = {3.0, -4.0};
    double norm = 0.0;
    CHECK_OK(ref_optim_clip(g, &norm, 2, 1.0, 0.0));
    CHECK_EQUAL(norm, 5.0);
    double error = check_worse(fabs(g[0] - 0.6), fabs(g[1] + 0.8));
    CHECK_OK(ref_optim_clip(g, &norm, 2, 1.5, 0.0)); /* short ones stay as they are */
    error = check_worse(error, fabs(ref_optim_norm(g, 2) - 1.0));
    CLAIM_HOLDS("spec:gvm 5.7",
                "Clipping a gradient longer than the limit scales it to the limit",
                error, 1e-15);
    double e[2] = {3.0, -4.0};
    CHECK_OK(ref_optim_clip(e, &norm, 2, 1.0, 1e-6));
    CHECK_NEAR(e[0], 3.0 / (5.0 + 1e-6), 1e-15);
    CHECK_OK(ref_optim_clip(e, &norm, 2, HUGE_VAL, 0.0));
    CHECK_NEAR(e[0], 3.0 / (5.0 + 1e-6), 1e-15);
    double zero[2] = {0.0, 0.0};
    CHECK_OK(ref_optim_clip(zero, &norm, 2, 1.0, 0.0));
    CHECK(zero[0] == 0.0 && norm == 0.0);
}

static void a_gradient_that_is_not_finite_is_skipped(void)
{
    double g[2] = {3.0, nan("")};
    double norm = 0.0;
    CHECK_STATUS(ref_optim_clip(g, &norm, 2, 1.0, 1e-6), REF_ENONFINITE);
    CHECK(isnan(norm) && g[0] == 3.0);
    g[1] = -HUGE_VAL;
    CHECK_STATUS(ref_optim_clip(g, &norm, 2, 1.0, 1e-6), REF_ENONFINITE);
    CHECK(isinf(norm) && g[0] == 3.0);
    norm = 7.0;
    CHECK_STATUS(ref_optim_clip(g, &norm, 2, 0.0, 1e-6), REF_EDOM);
    CHECK_STATUS(ref_optim_clip(g, &norm, 2, 1.0, nan("")), REF_EDOM);
    CHECK_EQUAL(norm, 7.0);
}

static void schedules_by_hand(void)
{
    ref_optim_schedule s = {.eta = 2.0, .floor = 0.5, .warmup = 4, .total = 12};
    static const size_t k[7] = {1, 3, 4, 6, 8, 12, 99};
    static const double want[REF_OPTIM_SCHEDULE_COUNT][7] = {
        {2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0},
        {0.5, 1.5, 2.0, 2.0, 2.0, 2.0, 2.0},
        {0.5, 1.5, 2.0, 1.625, 1.25, 0.5, 0.5},
        {0.5, 1.5, 2.0, 0, 1.25, 0.5, 0.5}};
    double error = 0.0;
    for (size_t kind = 0; kind < REF_OPTIM_SCHEDULE_COUNT; kind++)
        for (int i = 0; i < 7; i++) {
            s.kind = (ref_optim_schedule_kind)kind;
            const bool quarter = s.kind == REF_OPTIM_COSINE && i == 3;
            const double w = quarter ? 0.5 + 0.75 * (1.0 + sqrt(0.5)) : want[kind][i];
            error = check_worse(error, fabs(ref_optim_rate(&s, k[i]) - w));
        }
    CLAIM_HOLDS("spec:gvm 4.4",
                "Constant, warm-up, linear and cosine learning rates equal their "
                "formulas by hand",
                error, 1e-15);
    s.warmup = 0;
    CHECK_NEAR(ref_optim_rate(&s, 6), 1.25, 1e-15);
}

static void schedules_outside_the_domain(void)
{
    const ref_optim_schedule good = {REF_OPTIM_COSINE, .eta = 1.0, .floor = 0.1,
                                     .warmup = 1, .total = 9};
    CHECK(isnan(ref_optim_rate(&good, 0)));
    ref_optim_schedule s = good;
    s.total = 1;
    CHECK(isnan(ref_optim_rate(&s, 1)));
    s = good;
    s.floor = 2.0;
    CHECK(isnan(ref_optim_rate(&s, 1)));
    s = good;
    s.eta = -1.0;
    CHECK(isnan(ref_optim_rate(&s, 1)));
    s = good;
    s.kind = REF_OPTIM_SCHEDULE_COUNT;
    CHECK(isnan(ref_optim_rate(&s, 1)));
    for (size_t k = 0; k < REF_OPTIM_SCHEDULE_COUNT; k++) {
        const char *const name = ref_optim_schedule_name((ref_optim_schedule_kind)k);
        CHECK_EQUAL(ref_optim_schedule_find(name), (ref_optim_schedule_kind)k);
    }
    CHECK_EQUAL(ref_optim_schedule_find("wsd"), REF_OPTIM_SCHEDULE_COUNT);
    CHECK(strcmp(ref_optim_schedule_name(REF_OPTIM_SCHEDULE_COUNT), "?") == 0);
}

SUITE("[spec:gvm 4.4][spec:gvm 5.7] optimisers", NULL, {"SGD by hand", sgd_by_hand},
      {"AdamW by hand", adamw_by_hand},
      {"AdamW without memory is the sign", adamw_without_memory_is_the_sign},
      {"AdamW is scale invariant", adamw_is_scale_invariant},
      {"bias correction is exact", bias_correction_is_exact},
      {"decay is decoupled", decay_is_decoupled},
      {"a refused step changes nothing", a_refused_step_changes_nothing},
      {"the norm spans the exponent range", norm_spans_the_exponent_range},
      {"clipping", clipping},
      {"a gradient that is not finite is skipped",
       a_gradient_that_is_not_finite_is_skipped},
      {"schedules by hand", schedules_by_hand},
      {"schedules outside the domain", schedules_outside_the_domain});
