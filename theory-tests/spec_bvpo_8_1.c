/* spec_bvpo_8_1.c -- the same identity under GVM: variance of rejection sampling. */
#include "ref/numeric.h"
#include "sim/family_bvpo.h"
#include "theory-tests/check.h"
#include "theory-tests/check_bvpo.h"

#include <math.h>

#define DIM 8

/* Exact quantities of prompt x with verified answer y in the model at theta. */
typedef struct acceptance {
    double p, G2, S2;
} acceptance;

static acceptance accept(const check_bvpo *c, size_t x, size_t y)
{
    acceptance a = {.p = exp(c->t.log_m[x * 4 + y]),
                    .S2 = ref_norm2(&c->t.S[(x * 4 + y) * DIM], DIM)};
    for (size_t r = 0; r < 5; r++) {
        const size_t at = (x * 5 + r) * 4 + y;
        a.G2 += exp(c->t.log_ry[at]) / a.p * ref_norm2(&c->t.s[at * DIM], DIM);
    }
    return a;
}

/* One draw of (r,y') ~ pi; accepted when y' = y; estimator 1{accepted} s / p. Its total
 * variance by enumeration of all 20 outcomes, and that of the mean of two draws by
 * enumeration of all 400. */
static double enumerated(const check_bvpo *c, size_t x, size_t y, int draws)
{
    const acceptance a = accept(c, x, y);
    double mean[DIM] = {0}, square = 0.0;
    const size_t outcomes = draws == 1 ? 20 : 400;
    for (size_t i = 0; i < outcomes; i++) {
        double g[DIM] = {0}, w = 1.0;
        for (size_t k = 0, code = i; k < (size_t)draws; k++, code /= 20) {
            const size_t at = x * 20 + code % 20;
            w *= exp(c->t.log_ry[at]);
            if (code % 4 != y) continue;
            for (size_t j = 0; j < DIM; j++)
                g[j] += c->t.s[at * DIM + j] / (a.p * (double)draws);
        }
        square += w * ref_norm2(g, DIM);
        for (size_t j = 0; j < DIM; j++) mean[j] += w * g[j];
    }
    return square - ref_norm2(mean, DIM);
}

/* property 30 */
static void the_variance_identity_holds(void)
{
    check_bvpo c;
    double error = 0.0;
    if (!check_bvpo_open_g1(&c)) return;
    for (size_t x = 0; x < 3; x++)
        for (size_t y = 0; y < 4; y++)
            for (int n = 1; n <= 2; n++) {
                const acceptance a = accept(&c, x, y);
                const double formula = (a.G2 / a.p - a.S2) / n;
                error = check_worse(error, fabs(enumerated(&c, x, y, n) - formula));
            }
    CLAIM_HOLDS("spec:bvpo 8.1",
                "Rejection sampling of one answer with known p has total variance "
                "(G^2/p - |S|^2)/n "
                "(n = 1 and 2, all outcomes)",
                error, 1e-12);
    check_bvpo_close(&c);
}

static void the_golden_triples_come_out(void)
{
    const size_t at[3][2] = {{0, 3}, {1, 0}, {2, 1}};
    const double want[3][3] = {{0.125085814788, 6.792367740790, 3.657949125665},
                               {0.049793936507, 6.955137274029, 4.270515821645},
                               {0.197667355438, 6.215840189036, 3.736705101467}};
    check_bvpo c;
    double error = 0.0;
    if (!check_bvpo_open_g1(&c)) return;
    for (size_t i = 0; i < 3; i++) {
        const acceptance a = accept(&c, at[i][0], at[i][1]);
        error = check_worse(error, check_bvpo_relative(a.p, want[i][0]));
        error = check_worse(error, check_bvpo_relative(a.G2, want[i][1]));
        error = check_worse(error, check_bvpo_relative(a.S2, want[i][2]));
    }
    CLAIM_HOLDS("spec:bvpo 8.1",
                "Acceptance rate p, mean squared score G^2 and squared mean score "
                "|S|^2 of three prompts of model G1 equal their golden values",
                error, 1e-10);
    check_bvpo_close(&c);
}

SUITE("[spec:bvpo 8.1] the GVM identity in the preference model", NULL,
      {"the variance identity holds", the_variance_identity_holds},
      {"the golden triples come out", the_golden_triples_come_out});
