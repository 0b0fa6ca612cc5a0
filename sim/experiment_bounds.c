/* experiment_bounds.c -- the printed bounds of GVM beside the truth, on two examples.
 *
 * Both examples have one prompt, one E-step and k M-steps of one fresh sample each, so
 * that every expectation is a sum over the 2^k sample paths.
 *
 * Symbols (paper -> code)
 *   k         k        M-steps
 *   eta       eta      step size
 *   gamma     gamma    1/gamma is the smoothness constant
 *   u         u        state: z - theta (A), half the logit difference (B)
 *   Delta1,2  D1, D2   sum of E|grad L_t|^2; E|sum grad L_t|^2
 *   Omega     Omega    sum of conditional variances
 *
 *   A  y = +-1 with probability 1/2, z|y ~ N(theta + delta y, 1), start theta = z
 *   B  two rationales, both always accepted, softmax of theta in R^2: L = 0 throughout
 */
#include "ref/descent.h"
#include "ref/numeric.h"
#include "sim/experiment.h"
#include "sim/setting.h"

#include <math.h>

static const double DELTA = 0.1; /* example A */

/* What one example needs to be run. */
typedef struct example {
    const char *name;
    double eta, gamma;
    double (*gradient)(double u); /* d L_t / d u, u the moving coordinate */
    double (*variance)(double u); /* conditional variance of the estimate */
    double (*move)(double u, double eta, int y); /* next state after sample y */
    double (*loss)(double u);                    /* L(u) - L(u_0) */
    double (*surrogate)(double u);               /* L_t(u) - L_t(u_0) */
    double scale; /* |theta - theta'|^2 = scale (u - u')^2, same for gradients */
} example;

/* ---- example A: L(u) = u^2/2 + delta^2/2 - log cosh(delta u) --------------------- */

static double a_gradient(double u)
{
    return u;
}

static double a_variance(double u)
{
    (void)u;
    return DELTA * DELTA;
}

static double a_move(double u, double eta, int y)
{
    return u - eta * (u - DELTA * y);
}

static double a_loss(double u)
{
    return 0.5 * u * u - log(cosh(DELTA * u));
}

static double a_surrogate(double u)
{
    return 0.5 * u * u;
}

/* ---- example B: theta = (u, -u), pi_1 = sigmoid(2u); Q = (1/2, 1/2) --------------- */

static double b_gradient(double u)
{
    return ref_sigmoid(2.0 * u) - 0.5; /* of theta_1; theta_2 has its negative */
}

static double b_variance(double u)
{
    (void)u;
    return 0.5; /* |e_y - Q|^2 for either y */
}

static double b_move(double u, double eta, int y)
{
    const double target = y > 0 ? 1.0 : 0.0;
    return u - eta * (ref_sigmoid(2.0 * u) - target);
}

static double b_loss(double u)
{
    (void)u;
    return 0.0;
}

static double b_surrogate(double u)
{
    return 0.5 * (ref_softplus(-2.0 * u) + ref_softplus(2.0 * u)) - log(2.0);
}

static const example examples[] = {
    {"A", 0.5, 1.0, a_gradient, a_variance, a_move, a_loss, a_surrogate, 1.0},
    {"B", 1.0, 2.0, b_gradient, b_variance, b_move, b_loss, b_surrogate, 2.0},
};

/* Expectations over all 2^k paths from u = 0. */
typedef struct path_sums {
    ref_sum lhs, mean_lhs, D1, D2, Omega, move;
} path_sums;

static void add_path(path_sums *s, const example *e, size_t k, size_t path,
                     double weight)
{
    double u = 0.0;
    double sum = 0.0; /* of the gradients so far, one coordinate */
    for (size_t r = 0; r < k; r++) {
        const double g = e->gradient(u);
        ref_sum_add(&s->D1, weight * e->scale * g * g);
        ref_sum_add(&s->Omega, weight * e->variance(u));
        sum += g;
        u = e->move(u, e->eta, (path >> r & 1) != 0 ? 1 : -1);
        ref_sum_add(&s->mean_lhs, weight * e->surrogate(u) / (double)k);
    }
    ref_sum_add(&s->D2, weight * e->scale * sum * sum);
    ref_sum_add(&s->move, weight * e->scale * u * u);
    ref_sum_add(&s->lhs, weight * e->loss(u));
}

static size_t bounds_cells(const sim_config *c)
{
    return (sizeof examples / sizeof examples[0])
           * (size_t)sim_config_number(c, "k-max");
}

static ref_status bounds_check(const sim_config *c, ref_why *why)
{
    return sim_setting_count(c, "k-max", 1.0, 20.0, why);
}

static ref_status bounds_run(const sim_config *c, size_t cell, sim_rows *out,
                             ref_why *why)
{
    (void)why;
    const size_t top = (size_t)sim_config_number(c, "k-max");
    const example *e = &examples[cell / top];
    const size_t k = cell % top + 1;
    const size_t paths = (size_t)1 << k;

    path_sums s = {0};
    for (size_t path = 0; path < paths; path++)
        add_path(&s, e, k, path, 1.0 / (double)paths);
    const ref_descent_run run = {.eta = e->eta,
                                 .gamma = e->gamma,
                                 .k = k,
                                 .D1 = ref_sum_value(&s.D1),
                                 .D2 = ref_sum_value(&s.D2),
                                 .Omega = ref_sum_value(&s.Omega)};
    sim_rows_text(out, e->name);
    sim_rows_number(out, (double)k);
    sim_rows_number(out, ref_sum_value(&s.lhs));
    sim_rows_number(out, ref_descent_thm1(&run));
    sim_rows_number(out, ref_descent_thm2_printed(&run));
    sim_rows_number(out, ref_sum_value(&s.mean_lhs));
    sim_rows_number(out, ref_descent_thm2(&run, ref_sum_value(&s.move)));
    sim_rows_end(out);
    return REF_OK;
}

static const sim_parameter bounds_parameter[] = {
    {"k-max", "10", "most M-steps; 2^k paths are summed"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_bounds = {
    .name = "bounds",
    .label = "gvm:thm2",
    .what = "printed and corrected bounds of GVM against the exact change of the loss",
    .columns = "example\tk\tlhs\tthm1\tthm2_printed\tmean_lhs\tthm2_corrected",
    .seeds = 1,
    .parameter = bounds_parameter,
    .cells = bounds_cells,
    .run = bounds_run,
    .check = bounds_check,
};
