/* spec_sim_4_2.c -- what each method optimises: its mean weight omega(p) on grad log p. */
#include "ref/reject.h"

#include "ref/numeric.h"
#include "theory-tests/check.h"
#include "theory-tests/finite_model.h"

#include <math.h>

enum { RATES = 8 };
static const double rate[RATES] = {0.001, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9};

/* Mean factor of an estimator with n draws; mu2 and the rest play no part. */
static double omega(ref_reject_estimator e, double n, double p, double pool)
{
    const ref_reject_moments x = {.p = p};
    return ref_reject_exact(e, &x, n, pool).omega;
}

typedef double weight_of(double p);

static double iw(double p)
{
    return omega(REF_REJECT_IW, 8.0, p, 0.0);
}

static double rris_cap_128(double p)
{
    const ref_reject_moments x = {.p = p};
    const ref_reject_roulette r = {.kappa = 1.0, .cap = 128};
    return ref_reject_rris(&x, &r).omega;
}

static double sn_8(double p)
{
    return omega(REF_REJECT_SN, 8.0, p, 0.0);
}

static double sn_16(double p)
{
    return omega(REF_REJECT_SN, 16.0, p, 0.0);
}

static double sn_pilot(double p)
{
    return ref_reject_omega_pilot(REF_REJECT_SN, 8, 8.0, p);
}

static double pool_uniform(double p)
{
    return omega(REF_REJECT_POOL, 8.0, p, 1.0 / 8.0);
}

static double pool_oracle(double p)
{
    return omega(REF_REJECT_POOL, 8.0 / sqrt(p), p, 1.0 / 8.0);
}

static double pool_pilot(double p)
{
    return ref_reject_omega_pilot(REF_REJECT_POOL, 8, 8.0, p);
}

static double grpo_8(double p)
{
    return ref_reject_omega_grpo(8, p);
}

/* Values as printed, and the size of their last digits. */
typedef struct row {
    const char *name;
    weight_of *of;
    double want[RATES], unit[RATES];
} row;

static const row table[] = {
    {"IW", iw, {1, 1, 1, 1, 1, 1, 1, 1}, {0}},
    {"RRIS, cap 128",
     rris_cap_128,
     {.120, .724, .980, 1, 1, 1, 1, 1},
     {1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3}},
    {"SN 8",
     sn_8,
     {.0080, .077, .216, .570, .900, .996, 1, 1},
     {1e-4, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3}},
    {"SN 16",
     sn_16,
     {.016, .149, .386, .815, .990, 1, 1, 1},
     {1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3}},
    {"SN, GVM pilot 8+8",
     sn_pilot,
     {.0002, .016, .106, .498, .886, .995, 1, 1},
     {1e-4, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3}},
    {"POOL uniform", pool_uniform, {.001, .01, .03, .1, .25, .5, .75, .9}, {0}},
    {"POOL GVM oracle",
     pool_oracle,
     {.032, .1, .173, .316, .5, .707, .866, .949},
     {1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3}},
    {"POOL GVM pilot 8+8",
     pool_pilot,
     {2e-5, .002, .018, .144, .468, .746, .882, .954},
     {1e-5, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3}},
    {"GRPO 8",
     grpo_8,
     {.0025, .024, .071, .218, .474, .868, 1.42, 1.96},
     {1e-4, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-2, 1e-2}},
};
enum { ROWS = sizeof table / sizeof table[0] };

/* Every cell within half a unit of its last printed digit. */
static void the_printed_table_comes_out(void)
{
    double worst = 0.0;
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < RATES; c++) {
            const double got = table[r].of(rate[c]), want = table[r].want[c];
            const double half = 0.501 * table[r].unit[c] + 1e-14;
            worst = check_worse(worst, fabs(got - want) / half);
            check_near(got, want, half, table[r].name, __FILE__, __LINE__);
        }
    }
    CLAIM_HOLDS("spec:sim 4.2",
                "The table of objective weights omega(p) comes out to the printed "
                "digits (statistic: error in units of the last printed digit's half)",
                worst, 1.0);
}

/* With a pilot GVM looks least at hard prompts. */
static void the_pilot_row_is_the_lowest(void)
{
    for (size_t c = 0; c < 4; c++) {
        CHECK(sn_pilot(rate[c]) < sn_8(rate[c]));
        CHECK(sn_8(rate[c]) < sn_16(rate[c]));
    }
}

/* Mean of GRPO's gradient over all groups of n, against W_n(p) grad p. */
static void grpo_weight_matches_enumeration(void)
{
    finite_model f;
    double worst = 0.0;
    for (uint32_t seed = 0; seed < 12; seed++) {
        double theta[FINITE_D], mu[FINITE_D];
        finite_model_init(&f, &(finite_shape){1, 3, 3, 1 + seed % 2, 2700 + seed});
        finite_model_theta(&f, theta, 0.7, 0);
        finite_model_at(&f, theta);
        const double p = finite_model_moments(&f, 0, mu).reject.p;
        for (size_t n = 2; n <= 4; n++) {
            ref_sum mean[FINITE_D] = {{0}};
            size_t total = 1;
            for (size_t j = 0; j < n; j++) total *= 3;
            for (size_t code = 0; code < total; code++) {
                double P = 1.0, S = 0.0, N = (double)n;
                for (size_t j = 0, rest = code; j < n; j++, rest /= 3) {
                    P *= exp(f.log_prior[0][rest % 3]);
                    S += rest % 3 < f.shape.accepted ? 1.0 : 0.0;
                }
                const double sd = sqrt(S * (N - S) / (N * (N - 1.0)));
                if (sd == 0.0) continue; /* a group without contrast teaches nothing */
                for (size_t j = 0, rest = code; j < n; j++, rest /= 3) {
                    const size_t y = rest % 3;
                    const double r = y < f.shape.accepted ? 1.0 : 0.0;
                    const double A = (r - S / N) / sd;
                    for (size_t k = 0; k < 3; k++)
                        ref_sum_add(&mean[k], P * A * f.h[0][y * 3 + k] / N);
                }
            }
            const double weight = ref_reject_omega_grpo(n, p);
            for (size_t k = 0; k < 3; k++)
                worst =
                    check_worse(worst, fabs(ref_sum_value(&mean[k]) - weight * mu[k]));
        }
    }
    CLAIM_HOLDS("spec:sim 4.2", "GRPO's mean direction is omega(p) grad log p", worst,
                1e-12);
}

static void grpo_weight_has_its_limits(void)
{
    CHECK_RELATIVE(ref_reject_omega_grpo(8, 1.0), ref_reject_omega_grpo(8, 1.0 - 1e-9),
                   1e-7);
    CHECK_EQUAL(ref_reject_omega_grpo(8, 0.0), 0.0);
    CHECK_EQUAL(ref_reject_omega_grpo(1, 0.3), 0.0);
    /* n = 2: sqrt(1/2) grad p for every p */
    CHECK_RELATIVE(ref_reject_omega_grpo(2, 0.3), 0.3 * sqrt(0.5), 1e-14);
    /* many rollouts: grad p / sqrt(p q) */
    CHECK_RELATIVE(ref_reject_omega_grpo(4000, 0.3), sqrt(0.3 / 0.7), 1e-3);
    CHECK(isnan(ref_reject_omega_grpo(0, 0.3)));
    CHECK_RELATIVE(ref_reject_omega_pilot(REF_REJECT_LOO, 8, 8.0, 1.0), 1.0, 1e-15);
    CHECK_EQUAL(ref_reject_omega_pilot(REF_REJECT_LOO, 8, 8.0, 0.0), 0.0);
    /* a budget so small that every n is below 1: LOO's max(n-1,0) */
    CHECK_EQUAL(ref_reject_omega_pilot(REF_REJECT_LOO, 4, 0.25, 0.5), 0.0);
}

/* N' = 2 and c = 5 by hand: n = 5 sqrt 2, that is 7 whole draws, or n = 5. */
static void two_pilot_draws_by_hand(void)
{
    const double p = 0.3, q = 0.7, c = 5.0;
    const double want =
        2.0 * p * q * ref_hit_probability(6.0, p) + p * p * ref_hit_probability(4.0, p);
    CHECK_RELATIVE(ref_reject_omega_pilot(REF_REJECT_LOO, 2, c, p), want, 1e-14);
    const double pool = 2.0 * p * q * sqrt(2.0) * p + p * p * p;
    CHECK_RELATIVE(ref_reject_omega_pilot(REF_REJECT_POOL, 2, c, p), pool, 1e-14);
}

SUITE("[spec:sim 4.2] what each method optimises", NULL,
      {"the printed table comes out", the_printed_table_comes_out},
      {"the pilot row is the lowest", the_pilot_row_is_the_lowest},
      {"the GRPO weight matches enumeration", grpo_weight_matches_enumeration},
      {"the GRPO weight has its limits", grpo_weight_has_its_limits},
      {"two pilot draws by hand", two_pilot_draws_by_hand});
