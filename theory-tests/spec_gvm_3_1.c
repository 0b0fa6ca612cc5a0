/* spec_gvm_3_1.c -- how much any shares lose against the best: V(u)/V* = 1 + chi^2. */
#include "ref/allocate.h"
#include "ref/numeric.h"
#include "theory-tests/check.h"
#include "theory-tests/instances.h"

#include <math.h>

enum { M = 15 };

/* property 16 */
static void the_loss_is_the_chi_square_distance(void)
{
    uint64_t state = 16;
    double worst = 0.0, flat_worst = 0.0;
    for (int trial = 0; trial < 1000; trial++) {
        const size_t m = instance_whole(&state, 1, M);
        double c[M], best[M], u[M], n[M], chi2 = 1.0;
        ref_moment roots = {0};
        instance_spread(c, m, 4.0, &state);
        instance_simplex(u, m, &state);
        CHECK_OK(ref_allocate_neyman(best, c, m, NULL));
        for (size_t i = 0; i < m; i++) {
            n[i] = 31.0 * u[i];
            chi2 += (best[i] - u[i]) * (best[i] - u[i]) / u[i];
            ref_moment_add(&roots, sqrt(c[i]));
        }
        const double ratio =
            ref_allocate_variance(n, c, m) / ref_allocate_minimum(c, m, 31.0);
        worst =
            check_worse(worst, fabs(ref_allocate_efficiency(u, best, m) / ratio - 1.0));
        worst = check_worse(worst, fabs(chi2 / ratio - 1.0));
        const double cv2 = ref_moment_variance(&roots, 0) / (roots.mean * roots.mean);
        flat_worst =
            check_worse(flat_worst, fabs(ref_allocate_gain(c, m) / (1.0 + cv2) - 1.0));
        for (size_t i = 0; i < m; i++) u[i] = 1.0 / (double)m;
        flat_worst = check_worse(
            flat_worst,
            fabs(ref_allocate_efficiency(u, best, m) / ref_allocate_gain(c, m) - 1.0));
    }
    CLAIM_HOLDS("spec:gvm 3.1",
                "The variance of shares u is 1 + chi^2(u* || u) times the least one, "
                "u* the optimal shares",
                worst, 1e-10);
    CLAIM_HOLDS("spec:gvm 3.1",
                "Uniform shares have 1 + CV^2(sqrt c) times the least variance",
                flat_worst, 1e-10);
}

/* property 47, plug-in part: shares from a pilot's p lose exactly what chi^2 says */
static void plug_in_shares_lose_what_chi_square_says(void)
{
    uint64_t state = 4747;
    double worst = 0.0;
    for (int trial = 0; trial < 300; trial++) {
        double p[M], phat[M], G[M], c[M], best[M], plug[M], n[M];
        instance_spread(G, M, 1.0, &state);
        for (size_t i = 0; i < M; i++) {
            p[i] = 0.05 + 0.9 * instance_unit(&state);
            phat[i] = (double)instance_whole(&state, 1, 8) / 8.0;
            c[i] = G[i] * G[i] / p[i];
        }
        CHECK_OK(ref_allocate_neyman(best, c, M, NULL));
        CHECK_OK(ref_allocate_gvm(plug, phat, G, M, 0.0, 2.0, NULL));
        for (size_t i = 0; i < M; i++) n[i] = 120.0 * plug[i];
        const double ratio =
            ref_allocate_variance(n, c, M) / ref_allocate_minimum(c, M, 120.0);
        worst = check_worse(worst,
                            fabs(ref_allocate_efficiency(plug, best, M) / ratio - 1.0));
        CHECK(ratio >= 1.0 - 1e-13);
    }
    CLAIM_HOLDS("spec:gvm 3.1",
                "Shares from estimated p and G have 1 + chi^2 times the variance of "
                "those from the exact ones",
                worst, 1e-10);
}

static void edges_of_the_identity(void)
{
    const double half[2] = {0.5, 0.5}, one[2] = {1.0, 0.0}, bad[2] = {-0.1, 1.1};
    CHECK_EQUAL(ref_allocate_efficiency(one, half, 2), HUGE_VAL);
    CHECK_NEAR(ref_allocate_efficiency(half, one, 2), 2.0, 0.0);
    CHECK(isnan(ref_allocate_efficiency(bad, half, 2)));
    CHECK(isnan(ref_allocate_efficiency(half, bad, 2)));
    CHECK(isnan(ref_allocate_minimum(half, 2, 0.0)));
    CHECK(isnan(ref_allocate_variance(bad, half, 2)));
    CHECK(isnan(ref_allocate_variance(half, bad, 2)));
    const double none[2] = {0.0, 2.0}, c[2] = {1.0, 3.0}, first[2] = {0.0, 3.0};
    CHECK_EQUAL(ref_allocate_variance(none, c, 2), HUGE_VAL);
    CHECK_NEAR(ref_allocate_variance(none, first, 2), 1.5, 0.0);
}

SUITE("[spec:gvm 3.1] efficiency of any shares", NULL,
      {"the loss is the chi-square distance", the_loss_is_the_chi_square_distance},
      {"plug-in shares lose what chi-square says",
       plug_in_shares_lose_what_chi_square_says},
      {"edges of the identity", edges_of_the_identity});
