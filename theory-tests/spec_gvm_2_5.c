/* spec_gvm_2_5.c -- what a pilot does to the mean: plug-in rates and dropped prompts. */
#include "ref/reject.h"

#include "theory-tests/check.h"
#include "theory-tests/finite_model.h"

#include <math.h>
#include <string.h>

enum { MODELS = 16, PILOT = 3, DRAWS = 2, ALL = PILOT + DRAWS };

static void make(finite_model *f, uint32_t seed)
{
    const finite_shape shape = {1, 3, 3, seed % 2 == 1 ? 1 + seed / 2 % 2 : 0,
                                900 + seed};
    double theta[FINITE_D];
    finite_model_init(f, &shape);
    finite_model_theta(f, theta, 0.7, 0);
    finite_model_at(f, theta);
}

/* E g over all pilot and training draws; g = 0 when the pilot saw no success. The rate
 * in the denominator is p, or with plugin the pilot's K'/N'. */
static void gated_mean(const finite_model *f, bool plugin, double *mean)
{
    const size_t kinds = 2 * f->shape.Y, d = f->shape.d;
    const double p = finite_model_moments(f, 0, NULL).reject.p;
    ref_sum sum[FINITE_D] = {{0}};
    size_t total = 1;
    for (size_t j = 0; j < ALL; j++) total *= kinds;
    for (size_t code = 0; code < total; code++) {
        size_t outcome[ALL], rest = code, hits = 0;
        double P = 1.0, g[FINITE_D];
        for (size_t j = 0; j < ALL; j++, rest /= kinds) {
            outcome[j] = rest % kinds;
            P *= finite_model_outcome(f, 0, outcome[j]);
            hits += j < PILOT ? outcome[j] % 2 : 0;
        }
        if (P == 0.0 || hits == 0) continue;
        const ref_reject_case c = {.p = plugin ? (double)hits / PILOT : p};
        finite_model_estimate(f, 0, REF_REJECT_IW, outcome + PILOT, DRAWS, &c, g);
        for (size_t k = 0; k < d; k++) ref_sum_add(&sum[k], P * g[k]);
    }
    for (size_t k = 0; k < d; k++) mean[k] = ref_sum_value(&sum[k]);
}

static double worst_mean(bool plugin)
{
    double worst = 0.0;
    for (uint32_t seed = 0; seed < MODELS; seed++) {
        finite_model f;
        double mu[FINITE_D], mean[FINITE_D];
        make(&f, seed);
        const double p = finite_model_moments(&f, 0, mu).reject.p;
        const double omega = plugin
                                 ? ref_reject_plugin(PILOT, p)
                                 : ref_reject_omega_pilot(REF_REJECT_IW, PILOT, 8.0, p);
        gated_mean(&f, plugin, mean);
        for (size_t k = 0; k < f.shape.d; k++)
            worst = check_worse(worst, fabs(mean[k] - omega * mu[k]));
    }
    return worst;
}

/* property 13 */
static void plugin_rate_scales_the_mean(void)
{
    CLAIM_HOLDS("spec:gvm 2.5",
                "A pilot rate K'/N' in place of p multiplies the mean of IW by N' p "
                "h(N',p) (N' = 3, n = 2, all outcomes)",
                worst_mean(true), 1e-12);
}

/* property 14 */
static void pilot_without_success_drops_the_prompt(void)
{
    CLAIM_HOLDS("spec:gvm 2.6",
                "Dropping prompts whose pilot saw no success multiplies the mean of IW "
                "by 1-(1-p)^N' (N' = 3, n = 2, all outcomes)",
                worst_mean(false), 1e-12);
    const double p[] = {1.0 / 32.0, 0.125, 0.25, 0.5};
    const double drop[] = {0.776, 0.344, 0.100, 0.0039};
    for (size_t i = 0; i < 4; i++) {
        const double kept = ref_reject_omega_pilot(REF_REJECT_IW, 8, 8.0, p[i]);
        CHECK_NEAR(1.0 - kept, drop[i], 5.1e-4);
    }
}

SUITE("[spec:gvm 2.5][spec:gvm 2.6] what a pilot does to the mean", NULL,
      {"a plug-in rate scales the mean", plugin_rate_scales_the_mean},
      {"a pilot without success drops the prompt",
       pilot_without_success_drops_the_prompt});
