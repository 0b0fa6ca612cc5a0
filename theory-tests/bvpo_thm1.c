/* bvpo_thm1.c -- mixing scales the trace noise by alpha^2, as a matrix. */
#include "ref/bvpo.h"
#include "ref/numeric.h"
#include "sim/family_bvpo.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>
#include <string.h>

#define DIM 8

/* mean (DIM) and cov (DIM,DIM) of alpha g_t + (1-alpha) g_e over the traces of one pair */
static void trace_moments(double *mean, double *cov, const check_bvpo *c,
                          sim_bvpo_pair pair, double alpha)
{
    double g[DIM], g_e[DIM];
    (void)sim_bvpo_empty(&c->m, &c->t, pair, g_e);
    for (int pass = 0; pass < 2; pass++) {
        double *out = pass == 0 ? mean : cov;
        memset(out, 0, (pass == 0 ? DIM : DIM * DIM) * sizeof *out);
        for (size_t r = 0; r < 5; r++)
            for (size_t q = 0; q < 5; q++) {
                const double w = check_bvpo_traces(c, pair, r, q);
                (void)sim_bvpo_trace(&c->m, &c->t, pair, r, q, g);
                for (size_t j = 0; j < DIM; j++) {
                    g[j] = alpha * g[j] + (1.0 - alpha) * g_e[j];
                    if (pass == 0) out[j] += w * g[j];
                }
                for (size_t j = 0; pass == 1 && j < DIM * DIM; j++)
                    out[j] +=
                        w * (g[j / DIM] - mean[j / DIM]) * (g[j % DIM] - mean[j % DIM]);
            }
    }
}

static double trace_of(const double *cov)
{
    double sum = 0.0;
    for (size_t j = 0; j < DIM; j++) sum += cov[j * DIM + j];
    return sum;
}

/* property 11 */
static void the_covariance_shrinks_by_alpha_squared(void)
{
    check_bvpo c;
    double mean[DIM], mixed[DIM * DIM], pure[DIM * DIM], error = 0.0,
                                                         least_drop = HUGE_VAL;
    if (!check_bvpo_open_g1(&c)) return;
    for (size_t k = 0; k < sim_bvpo_pairs(&c.m); k++) {
        const sim_bvpo_pair pair = sim_bvpo_pair_at(&c.m, k);
        trace_moments(mean, pure, &c, pair, 1.0);
        for (double alpha = 0.0; alpha < 1.0; alpha += 0.25) {
            trace_moments(mean, mixed, &c, pair, alpha);
            for (size_t j = 0; j < DIM * DIM; j++)
                error = check_worse(
                    error, fabs(mixed[j] - ref_bvpo_trace_noise(alpha, pure[j])));
            least_drop = check_least(least_drop, trace_of(pure) - trace_of(mixed));
        }
    }
    CLAIM_HOLDS("bvpo:thm1",
                "Given the data, the trace covariance of the mixture is alpha^2 times "
                "that of the trace gradient, entry by entry, for every pair",
                error, 1e-12);
    CLAIM_HOLDS(
        "bvpo:thm1",
        "The total trace variance falls strictly for every alpha < 1 (statistic: "
        "minus the least drop)",
        -least_drop, -1e-3);
    check_bvpo_close(&c);
}

/* tr Var_data(alpha E[g_t|data] + (1-alpha) g_e) on the same pair */
static double data_noise(const check_bvpo *c, double alpha)
{
    double mean[DIM], cov[DIM * DIM], total[DIM] = {0}, square = 0.0;
    for (size_t k = 0; k < sim_bvpo_pairs(&c->m); k++) {
        const sim_bvpo_pair pair = sim_bvpo_pair_at(&c->m, k);
        const double w = sim_bvpo_weight(&c->m, pair, SIM_BVPO_MARGINAL);
        trace_moments(mean, cov, c, pair, alpha);
        square += w * ref_norm2(mean, DIM);
        for (size_t j = 0; j < DIM; j++) total[j] += w * mean[j];
    }
    return square - ref_norm2(total, DIM);
}

/* The unconditional law: Var g_c = alpha^2 E Var_r(g_t|data) + Var_data(...). */
static void data_noise_is_not_covered(void)
{
    check_bvpo c;
    sim_bvpo_exact x;
    double error = 0.0;
    if (!check_bvpo_open_g1(&c)) return;
    CHECK_OK(sim_bvpo_moments(&x, NULL, &c.m, &c.t, SIM_BVPO_PAIRED));
    for (double alpha = 0.0; alpha <= 1.0; alpha += 0.25) {
        const double parts =
            ref_bvpo_trace_noise(alpha, x.condvar) + data_noise(&c, alpha);
        error = check_worse(
            error, check_bvpo_relative(parts, ref_bvpo_variance(&x.pieces, alpha)));
    }
    CLAIM_HOLDS(
        "bvpo:thm1",
        "Total variance is alpha^2 times the trace noise plus the data noise of "
        "the conditional means",
        error, 1e-12);
    /* what the theorem leaves out is real: the data noise at alpha = 0 exceeds that at 1 */
    CHECK(data_noise(&c, 0.0) > data_noise(&c, 1.0));
    check_bvpo_close(&c);
}

SUITE("[bvpo:thm1] conditional variance reduction", NULL,
      {"the covariance shrinks by alpha squared",
       the_covariance_shrinks_by_alpha_squared},
      {"data noise is not covered", data_noise_is_not_covered});
