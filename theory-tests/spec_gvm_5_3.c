/* spec_gvm_5_3.c -- token losses against printed maxima and central differences. */
#include "ref/loss_token.h"
#include "ref/rng.h"
#include "theory-tests/check.h"

#include <math.h>

/* The loss as the framework writes it, before any case distinction. */
static double as_printed(const ref_loss_clip *clip, double A, double ratio)
{
    const double clamped = fmin(fmax(ratio, 1.0 - clip->low), 1.0 + clip->high);
    const double l = fmax(-A * ratio, -A * clamped);
    return A < 0.0 ? fmin(-clip->dual * A, l) : l;
}

static bool near_a_kink(const ref_loss_clip *clip, double ratio)
{
    return fabs(ratio - 1.0 - clip->high) < 1e-4 || fabs(ratio - clip->dual) < 1e-4
           || fabs(ratio - 1.0 + clip->low) < 1e-4;
}

static double uniform(uint32_t *j, double a, double b)
{
    static const ref_rng_stream stream = {.seed = 53};
    return a + (b - a) * ref_rng_uniform(&stream, (*j)++);
}

static const ref_loss_clip clips[] = {{0.2, 0.2, 3.0},
                                      {0.2, 0.28, 3.0},
                                      {0.1, 0.4, 1.7},
                                      {0.2, 0.28, HUGE_VAL},
                                      {1.0, 0.0, 2.0}};

/* property 33: value and derivative in every region, symmetric and asymmetric clip */
static void derivative_equals_central_differences(void)
{
    const double h = 1e-6;
    double value = 0.0;
    double slope = 0.0;
    size_t seen[4] = {0};
    uint32_t j = 0;
    for (int i = 0; i < 5000; i++) {
        const ref_loss_clip *const clip = &clips[i % 5];
        const double old = uniform(&j, -4.0, -1.5);
        const double logp = old + uniform(&j, -1.5, 1.5);
        const double A = uniform(&j, -2.0, 2.0);
        if (near_a_kink(clip, exp(logp - old))) continue;
        const ref_loss_token l =
            ref_loss_token_policy(REF_LOSS_PLUSPLUS, clip, A, logp, old);
        const double up = as_printed(clip, A, exp(logp + h - old));
        const double down = as_printed(clip, A, exp(logp - h - old));
        seen[l.branch]++;
        value =
            check_worse(value, fabs(l.value - as_printed(clip, A, exp(logp - old))));
        slope = check_worse(slope, fabs(l.d - (up - down) / (2.0 * h)));
        if (isnan(l.d) || isnan(l.value)) slope = HUGE_VAL;
    }
    for (int branch = 0; branch < 4; branch++) CHECK(seen[branch] > 50);
    CLAIM_HOLDS("spec:gvm 5.3",
                "The PPO loss with dual clip equals the nested maximum as printed",
                value, 1e-14);
    CLAIM_HOLDS("spec:gvm 5.3",
                "The derivative of the PPO loss in logp is -A r inside and 0 where "
                "clipped, dual clip included",
                slope, 1e-7);
}

/* property 34: at r = 1 plusplus is vanilla, exactly; inside the range l = -A r */
static void ratio_one_is_vanilla(void)
{
    double at_one = 0.0;
    double inside = 0.0;
    uint32_t j = 100000;
    for (int i = 0; i < 1000; i++) {
        const double logp = uniform(&j, -9.0, 0.0);
        const double A = uniform(&j, -3.0, 3.0);
        const ref_loss_token l =
            ref_loss_token_policy(REF_LOSS_PLUSPLUS, &clips[1], A, logp, logp);
        const ref_loss_token v =
            ref_loss_token_policy(REF_LOSS_VANILLA, &clips[1], A, logp, logp);
        CHECK_EQUAL(v.value, -A * logp);
        at_one = check_worse(at_one, fabs(l.d - v.d));
        const double old = logp - uniform(&j, log(0.81), log(1.27));
        const double r = exp(logp - old);
        const ref_loss_token s =
            ref_loss_token_policy(REF_LOSS_PLUSPLUS, &clips[1], A, logp, old);
        inside = check_worse(inside, fabs(s.value + A * r) + fabs(s.d + A * r));
    }
    CLAIM_HOLDS(
        "spec:gvm 5.3",
        "The first mini-batch (r = 1) has the gradient of vanilla policy gradient",
        at_one, 0.0);
    CLAIM_HOLDS("spec:gvm 5.3", "Inside the clip range the loss is -A r", inside, 0.0);
}

/* The documented ties: inclusive at both clip edges, exclusive at the dual clip. Powers
 * of two make the ratios exact. */
static void ties_are_as_documented(void)
{
    const ref_loss_clip clip = {.low = 0.5, .high = 1.0, .dual = 4.0};
    const double ln2 = log(2.0);
    const double two = exp(ln2);
    const double half = exp(-ln2);
    CHECK_EQUAL(two, 2.0);
    CHECK_EQUAL(half, 0.5);
    const ref_loss_token high =
        ref_loss_token_policy(REF_LOSS_PLUSPLUS, &clip, 1.5, 0.0, -ln2);
    CHECK_EQUAL(high.d, -3.0);
    CHECK_EQUAL(high.branch, REF_LOSS_BRANCH_FREE);
    const ref_loss_token low =
        ref_loss_token_policy(REF_LOSS_PLUSPLUS, &clip, -1.5, -ln2, 0.0);
    CHECK_EQUAL(low.d, 0.75);
    CHECK_EQUAL(low.branch, REF_LOSS_BRANCH_FREE);
    const ref_loss_clip edge = {.low = 0.5, .high = 0.5, .dual = 2.0};
    const ref_loss_token dual =
        ref_loss_token_policy(REF_LOSS_PLUSPLUS, &edge, -1.5, 0.0, -ln2);
    CHECK_EQUAL(dual.d, 0.0);
    CHECK_EQUAL(dual.value, 3.0);
    CHECK_EQUAL(dual.branch, REF_LOSS_BRANCH_CLIP_DUAL);
    const ref_loss_token none =
        ref_loss_token_policy(REF_LOSS_PLUSPLUS, &edge, 0.0, 0.0, -ln2);
    CHECK(none.value == 0.0 && none.d == 0.0);
}

/* Logit gradient of any token loss: central differences, sum 0, 1/T. */
static void logit_gradient(void)
{
    enum { V = 7 };
    const double h = 1e-5;
    double error = 0.0;
    double sum = 0.0;
    uint32_t j = 200000;
    for (int i = 0; i < 60; i++) {
        double z[V];
        double d[V];
        double unused[V];
        for (size_t v = 0; v < V; v++) z[v] = uniform(&j, -4.0, 4.0);
        const double T = i % 3 == 0 ? 1.0 : uniform(&j, 0.3, 2.0);
        const double g = uniform(&j, -2.0, 2.0);
        const size_t y = (size_t)i % V;
        (void)ref_loss_logits(d, z, V, y, T, g);
        double total = 0.0;
        for (size_t v = 0; v < V; v++) {
            const double keep = z[v];
            z[v] = keep + h;
            const double up = ref_loss_logits(unused, z, V, y, T, g);
            z[v] = keep - h;
            const double down = ref_loss_logits(unused, z, V, y, T, g);
            z[v] = keep;
            error = check_worse(error, fabs(d[v] - g * (up - down) / (2.0 * h)));
            total += d[v];
        }
        sum = check_worse(sum, fabs(total));
    }
    CLAIM_HOLDS("spec:gvm 5.3",
                "The log-probability of token y at temperature T has the logit "
                "gradient (1[v=y] - pi_v)/T",
                error, 1e-8);
    CLAIM_HOLDS("spec:gvm 5.3",
                "The logit gradient of a token's log-probability sums to zero", sum,
                1e-14);
    double d[2] = {7.0, 7.0};
    CHECK(isnan(ref_loss_logits(d, (double[]){0.0, 1.0}, 2, 2, 1.0, 1.0)));
    CHECK(isnan(ref_loss_logits(d, (double[]){0.0, 1.0}, 2, 0, 0.0, 1.0)));
    CHECK(isnan(ref_loss_logits(d, (double[]){0.0, nan("")}, 2, 0, 1.0, 1.0)));
    CHECK_EQUAL(d[0], 7.0);
}

static void nan_outside_the_domain(void)
{
    static const ref_loss_clip bad[] = {
        {-0.1, 0.2, 3.0}, {1.1, 0.2, 3.0}, {0.2, -0.1, 3.0}, {0.2, 0.2, 1.0}};
    for (int i = 0; i < 4; i++) {
        const ref_loss_token l =
            ref_loss_token_policy(REF_LOSS_PLUSPLUS, &bad[i], 1.0, -1.0, -1.0);
        CHECK(isnan(l.value) && isnan(l.d));
    }
    const double x = nan("");
    for (int kind = REF_LOSS_VANILLA; kind <= REF_LOSS_PLUSPLUS; kind++) {
        const ref_loss_policy p = (ref_loss_policy)kind;
        CHECK(isnan(ref_loss_token_policy(p, &clips[0], x, -1.0, -1.0).value));
        CHECK(isnan(ref_loss_token_policy(p, &clips[0], 1.0, x, -1.0).value));
        CHECK(isnan(ref_loss_token_policy(p, &clips[0], 0.0, x, -1.0).value));
    }
}

SUITE("[spec:gvm 5.3] token losses", NULL,
      {"value and derivative in all regions", derivative_equals_central_differences},
      {"ratio one is vanilla policy gradient", ratio_one_is_vanilla},
      {"ties keep or drop the gradient as documented", ties_are_as_documented},
      {"the gradient reaches the logits", logit_gradient},
      {"NaN outside the domain", nan_outside_the_domain});
