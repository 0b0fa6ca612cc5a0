/* experiment_exact.c -- figures that are formulas: weights, objectives, errors, bounds.
 *
 * Symbols (paper -> code)
 *   p, q      p, q     acceptance rate, 1-p
 *   N'        pilot    draws per prompt before the allocation
 *   omega     omega    mean weight on grad log p
 *   f(p)      weight   1/sqrt(p + alpha p^(1-beta))
 *
 * Nothing is drawn; one cell writes the whole table.
 */
#include "ref/allocate.h"
#include "ref/reject.h"
#include "sim/experiment.h"
#include "sim/setting.h"

#include <math.h>

static size_t one_cell(const sim_config *c)
{
    (void)c;
    return 1;
}

/* the i-th of count points from low to high, evenly spaced in the logarithm */
static double log_point(double low, double high, size_t i, size_t count)
{
    return low * pow(high / low, (double)i / (double)(count - 1));
}

/* ---- allocation-p: where a rule spends and what that optimises ------------------- */

static double omega_fixed(ref_reject_estimator e, double n, double p, double pool)
{
    const ref_reject_moments x = {.p = p, .S2 = 1.0, .mu2 = 1.0};
    return ref_reject_exact(e, &x, n, pool).omega;
}

/* E[n]/c under GVM's unregularised weight with a pilot: POOL's omega without its p. */
static double pilot_share(size_t pilot, double p)
{
    return ref_reject_omega_pilot(REF_REJECT_POOL, pilot, 1.0, p) / p;
}

static ref_status allocation_p_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_range(c, "p-min", 1e-12, 0.5, why));
    REF_TRY(sim_setting_count(c, "pilot", 1.0, 1e4, why));
    REF_TRY(sim_setting_count(c, "cap", 1.0, 1e6, why));
    return sim_setting_count(c, "points", 2.0, 1e4, why);
}

static void allocation_p_row(const sim_config *c, double p, sim_rows *out)
{
    const double q = 1.0 - p;
    const size_t pilot = (size_t)sim_config_number(c, "pilot");
    const double n = (double)pilot; /* the second stage has as many draws per prompt */
    const ref_reject_moments unit = {.p = p, .S2 = 1.0, .mu2 = 1.0};
    const ref_reject_roulette roulette = {
        .kappa = 1.0, .c = 0.0, .cap = (size_t)sim_config_number(c, "cap")};
    const double row[] = {
        p,
        1.0,
        ref_allocate_gvm_weight(p, 1.0, 0.0, 2.0)
            / ref_allocate_gvm_weight(0.5, 1.0, 0.0, 2.0),
        ref_allocate_gvm_weight(p, 1.0, 1e-3, 2.0)
            / ref_allocate_gvm_weight(0.5, 1.0, 1e-3, 2.0),
        pilot_share(pilot, p) / pilot_share(pilot, 0.5),
        0.5 / p,
        sqrt(q / p),
        2.0 * sqrt(p * q),
        omega_fixed(REF_REJECT_IW, n, p, 0.0),
        ref_reject_rris(&unit, &roulette).omega,
        omega_fixed(REF_REJECT_SN, n, p, 0.0),
        ref_reject_omega_pilot(REF_REJECT_SN, pilot, n, p),
        omega_fixed(REF_REJECT_POOL, n, p, 1.0 / n),
        p * ref_allocate_gvm_weight(p, 1.0, 0.0, 2.0),
        ref_reject_omega_pilot(REF_REJECT_POOL, pilot, n, p),
        ref_reject_omega_grpo(pilot, p),
    };
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++)
        sim_rows_number(out, row[k]);
    sim_rows_end(out);
}

static ref_status allocation_p_run(const sim_config *c, size_t cell, sim_rows *out,
                                   ref_why *why)
{
    (void)cell;
    (void)why;
    const size_t points = (size_t)sim_config_number(c, "points");
    const double low = sim_config_number(c, "p-min");
    for (size_t i = 0; i < points; i++)
        allocation_p_row(c, log_point(low, 0.99, i, points), out);
    return REF_OK;
}

static const sim_parameter allocation_p_parameter[] = {
    {"p-min", "1e-3", "hardest acceptance rate"},
    {"points", "73", "points on the p axis, log-spaced up to 0.99"},
    {"pilot", "8", "draws per prompt of the pilot, and of the second stage"},
    {"cap", "128", "longest run of RRIS"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_allocation_p = {
    .name = "allocation-p",
    .label = "gvm:prop1",
    .what = "weights of the rules and objectives omega of the methods against p",
    .columns = "p\tw_uniform\tw_gvm\tw_reg\tw_pilot\tw_invp\tw_sqrtqp\tw_sqrtpq\t"
               "omega_iw\tomega_rris\tomega_sn\tomega_sn_pilot\tomega_pool\t"
               "omega_pool_gvm\tomega_pool_pilot\tomega_grpo",
    .seeds = 1,
    .parameter = allocation_p_parameter,
    .cells = one_cell,
    .run = allocation_p_run,
    .check = allocation_p_check,
};

/* ---- allocation-map: n over p and G ----------------------------------------------- */

static ref_status allocation_map_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_range(c, "p-min", 1e-12, 0.5, why));
    REF_TRY(sim_setting_range(c, "G-max", 1.001, 1e12, why));
    REF_TRY(sim_setting_range(c, "alpha", 0.0, 1e6, why));
    REF_TRY(sim_setting_range(c, "beta", 1.001, 100.0, why));
    return sim_setting_count(c, "points", 2.0, 1e4, why);
}

static void allocation_map_row(sim_rows *out, const char *kind, double p, double G,
                               double n)
{
    sim_rows_text(out, kind);
    sim_rows_number(out, log10(p));
    sim_rows_number(out, log2(G));
    sim_rows_number(out, p);
    sim_rows_number(out, G);
    sim_rows_number(out, n);
    sim_rows_number(out, log2(n));
    sim_rows_end(out);
}

static ref_status allocation_map_run(const sim_config *c, size_t cell, sim_rows *out,
                                     ref_why *why)
{
    (void)cell;
    (void)why;
    const size_t points = (size_t)sim_config_number(c, "points");
    const double low = sim_config_number(c, "p-min");
    const double top = sim_config_number(c, "G-max");
    const double beta = sim_config_number(c, "beta");
    const double alpha[] = {0.0, sim_config_number(c, "alpha")};
    static const char *const map[] = {"plain", "regularised"};
    static const char *const contour[] = {"plain-contour", "regularised-contour"};

    for (size_t k = 0; k < 2; k++) {
        /* eight samples for p = 1/2, G = 1 */
        const double unit = 8.0 / ref_allocate_gvm_weight(0.5, 1.0, alpha[k], beta);
        for (size_t i = 0; i < points; i++)
            for (size_t j = 0; j < points; j++) {
                const double p = log_point(low, 1.0, i, points);
                const double G = log_point(1.0 / top, top, j, points);
                allocation_map_row(out, map[k], p, G,
                                   unit
                                       * ref_allocate_gvm_weight(p, G, alpha[k], beta));
            }
        for (double level = 1.0; level <= 256.0; level *= 2.0)
            for (size_t i = 0; i < points; i++) {
                const double p = log_point(low, 1.0, i, points);
                const double G =
                    level / (unit * ref_allocate_gvm_weight(p, 1.0, alpha[k], beta));
                allocation_map_row(out, contour[k], p, G, level);
            }
    }
    return REF_OK;
}

static const sim_parameter allocation_map_parameter[] = {
    {"p-min", "1e-3", "hardest acceptance rate"},
    {"G-max", "4", "largest gradient norm; the smallest is its inverse"},
    {"alpha", "1e-3", "regulariser of the second map"},
    {"beta", "2", "its exponent"},
    {"points", "61", "points on either axis, log-spaced"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_allocation_map = {
    .name = "allocation-map",
    .label = "gvm:prop1",
    .what = "samples over acceptance rate and gradient norm, without and with the "
            "regulariser",
    .columns = "kind\tlog10_p\tlog2_G\tp\tG\tn\tlog2_n",
    .seeds = 1,
    .parameter = allocation_map_parameter,
    .cells = one_cell,
    .run = allocation_map_run,
    .check = allocation_map_check,
};

/* ---- weight-curve: the regulariser's shape, the paper's figure 6 ------------------ */

static ref_status weight_curve_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_list(c, "alpha", 0.0, 1e6, why));
    REF_TRY(sim_setting_list(c, "beta", 0.0, 100.0, why));
    REF_TRY(sim_setting_range(c, "p-min", 1e-12, 0.5, why));
    return sim_setting_count(c, "points", 2.0, 1e4, why);
}

static ref_status weight_curve_run(const sim_config *c, size_t cell, sim_rows *out,
                                   ref_why *why)
{
    (void)cell;
    (void)why;
    const size_t alphas = sim_setting_length(c, "alpha");
    const size_t betas = sim_setting_length(c, "beta");
    const size_t points = (size_t)sim_config_number(c, "points");
    const double low = sim_config_number(c, "p-min");
    for (size_t a = 0; a < alphas; a++)
        for (size_t b = 0; b < betas; b++)
            for (size_t i = 0; i < points; i++) {
                const double p = log_point(low, 1.0, i, points);
                const double alpha = sim_setting_item(c, "alpha", a);
                const double beta = sim_setting_item(c, "beta", b);
                sim_rows_number(out, alpha);
                sim_rows_number(out, beta);
                sim_rows_number(out, p);
                sim_rows_number(out, ref_allocate_gvm_weight(p, 1.0, alpha, beta));
                sim_rows_number(out, ref_allocate_gvm_weight(p, 1.0, 0.0, beta));
                sim_rows_end(out);
            }
    return REF_OK;
}

static const sim_parameter weight_curve_parameter[] = {
    {"alpha", "1e-4,1e-3,1e-2", "regulariser"},
    {"beta", "2,3.5,5", "its exponent"},
    {"p-min", "1e-3", "left end of the p axis"},
    {"points", "73", "points on the p axis, log-spaced"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_weight_curve = {
    .name = "weight-curve",
    .label = "spec:gvm 3.2",
    .what = "the regularised weight f(p) for several alpha and beta, as in figure 6",
    .columns = "alpha\tbeta\tp\tweight\tplain",
    .seeds = 1,
    .parameter = weight_curve_parameter,
    .cells = one_cell,
    .run = weight_curve_run,
    .check = weight_curve_check,
};

/* ---- estimator-mse: one prompt, every estimator, against n ------------------------ */

static ref_status estimator_mse_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_list(c, "p", 1e-6, 0.999, why));
    REF_TRY(sim_setting_range(c, "v", 0.0, 1e12, why));
    REF_TRY(sim_setting_range(c, "mu2", 1e-12, 1e12, why));
    return sim_setting_count(c, "n-max", 1.0, 1e5, why);
}

/* One prompt whose rejected draws scatter as much as its accepted ones: vR = v. The mean
 * of h over all draws is 0, so the rejected draws' mean is -p mu/q.  */
static ref_reject_moments one_prompt(double p, double v, double mu2)
{
    const double q = 1.0 - p;
    ref_reject_moments x = {.p = p, .S2 = v + mu2, .mu2 = mu2, .v = v};
    x.HR = q * v + p * p * mu2 / q;
    x.H2 = p * x.S2 + x.HR;
    x.W2 = p * x.S2;
    return x;
}

/* RRIS at an expected cost of n draws, its best control variate, no cap. */
static double rris_mse(const ref_reject_moments *x, double n)
{
    const ref_reject_roulette r = {.kappa = n * x->p, .c = ref_reject_rris_best(x)};
    return ref_reject_rris(x, &r).mse;
}

static ref_status estimator_mse_run(const sim_config *c, size_t cell, sim_rows *out,
                                    ref_why *why)
{
    (void)cell;
    (void)why;
    const size_t rates = sim_setting_length(c, "p");
    const double top = sim_config_number(c, "n-max");
    for (size_t k = 0; k < rates; k++) {
        const double rate = sim_setting_item(c, "p", k);
        const ref_reject_moments x =
            one_prompt(rate, sim_config_number(c, "v"), sim_config_number(c, "mu2"));
        for (double n = 1.0; n <= top; n = fmax(n + 1.0, floor(n * 1.06))) {
            const double row[] = {
                rate,
                n,
                ref_reject_exact(REF_REJECT_IW, &x, n, 0.0).mse / x.mu2,
                ref_reject_bound(&x, n) / x.mu2,
                ref_reject_exact(REF_REJECT_SN, &x, n, 0.0).mse / x.mu2,
                ref_reject_exact(REF_REJECT_LOO, &x, n, 0.0).mse / x.mu2,
                rris_mse(&x, n) / x.mu2,
            };
            for (size_t j = 0; j < sizeof row / sizeof row[0]; j++)
                sim_rows_number(out, row[j]);
            sim_rows_end(out);
        }
    }
    return REF_OK;
}

static const sim_parameter estimator_mse_parameter[] = {
    {"p", "0.1,0.6", "acceptance rates"},
    {"v", "4", "variance of an accepted score; of a rejected one too"},
    {"mu2", "1", "|mu|^2"},
    {"n-max", "256", "most draws"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_estimator_mse = {
    .name = "estimator-mse",
    .label = "spec:gvm 3.7",
    .what = "mean squared error of each estimator of one prompt against its draws",
    .columns = "p\tn\tiw\tbound\tsn\tloo\trris",
    .seeds = 1,
    .parameter = estimator_mse_parameter,
    .cells = one_cell,
    .run = estimator_mse_run,
    .check = estimator_mse_check,
};
