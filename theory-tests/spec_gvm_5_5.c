/* spec_gvm_5_5.c -- entropy of a softmax and its gradient. */
#include "ref/loss_token.h"
#include "ref/rng.h"
#include "theory-tests/check.h"

#include <math.h>

enum { V = 9 };

/* property 36 */
static void gradient_equals_central_differences(void)
{
    const double h = 1e-5;
    double error = 0.0;
    double sum = 0.0;
    double shifted = 0.0;
    for (uint32_t seed = 0; seed < 40; seed++) {
        const ref_rng_stream stream = {.seed = 55, .prompt = seed};
        double z[V];
        double d[V];
        double far[V];
        for (uint32_t v = 0; v < V; v++) {
            z[v] = 8.0 * ref_rng_uniform(&stream, v) - 4.0;
            far[v] = z[v] + 1024.0;
        }
        const double H = ref_loss_entropy(d, z, V);
        shifted = check_worse(shifted, fabs(ref_loss_entropy(NULL, far, V) - H));
        double total = 0.0;
        for (size_t v = 0; v < V; v++) {
            const double keep = z[v];
            z[v] = keep + h;
            const double up = ref_loss_entropy(NULL, z, V);
            z[v] = keep - h;
            const double down = ref_loss_entropy(NULL, z, V);
            z[v] = keep;
            error = check_worse(error, fabs(d[v] - (up - down) / (2.0 * h)));
            total += d[v];
        }
        sum = check_worse(sum, fabs(total));
    }
    CLAIM_HOLDS("spec:gvm 5.5",
                "The entropy H of a token's distribution has the logit gradient -pi_v "
                "(log pi_v + H)",
                error, 1e-7);
    CLAIM_HOLDS("spec:gvm 5.5", "The logit gradient of the entropy sums to zero", sum,
                1e-14);
    /* z + 1024 is rounded to 2^-42, and |dH/dz| <= 1 over nine logits */
    CLAIM_HOLDS("spec:gvm 5.5",
                "The entropy does not change when all logits shift by the same amount",
                shifted, 9.0 * ldexp(1.0, -42));
}

static void closed_values(void)
{
    double z[V] = {0.0};
    double d[V];
    CHECK_NEAR(ref_loss_entropy(d, z, V), log(9.0), 1e-15);
    for (size_t v = 0; v < V; v++) CHECK_NEAR(d[v], 0.0, 1e-16);
    const double two[2] = {log(0.25), log(0.75)};
    const double H = -0.25 * log(0.25) - 0.75 * log(0.75);
    CHECK_NEAR(ref_loss_entropy(d, two, 2), H, 1e-15);
    CHECK_NEAR(d[0], -0.25 * (log(0.25) + H), 1e-15);
    /* the same through H = logsumexp(z) - sum pi z at unnormalised logits */
    const double raw[2] = {1.0, 2.5};
    const double lse = log(exp(1.0) + exp(2.5));
    const double mean = (exp(1.0) + 2.5 * exp(2.5)) / (exp(1.0) + exp(2.5));
    CHECK_NEAR(ref_loss_entropy(NULL, raw, 2), lse - mean, 1e-15);
}

static void impossible_outcomes_add_nothing(void)
{
    const double z[3] = {0.0, -HUGE_VAL, 0.0};
    double d[3];
    CHECK_NEAR(ref_loss_entropy(d, z, 3), log(2.0), 1e-15);
    CHECK_EQUAL(d[1], 0.0);
    CHECK_EQUAL(ref_loss_entropy(d, (double[]){-3.0}, 1), 0.0);
    CHECK(isnan(ref_loss_entropy(NULL, z, 0)));
    CHECK(isnan(ref_loss_entropy(NULL, (double[]){-HUGE_VAL}, 1)));
    CHECK(isnan(ref_loss_entropy(NULL, (double[]){0.0, nan("")}, 2)));
}

SUITE("[spec:gvm 5.5] entropy", NULL,
      {"value and gradient", gradient_equals_central_differences},
      {"closed values", closed_values},
      {"outcomes of probability zero add nothing", impossible_outcomes_add_nothing});
