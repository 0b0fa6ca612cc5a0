/* check_paired.c -- see check_paired.h. */
#include "theory-tests/check_paired.h"

#include "theory-tests/check.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

bool check_paired_problem(sim_problem *p)
{
    sim_shape s = {.m = 128, .Y = 32, .d = 64, .kA = 4, .seed = 11};
    return CHECK_OK(sim_profile_parse(&s.profile, "U>=1e-4", NULL))
           && CHECK_OK(sim_loglinear_init(p, &s, 'R', NULL));
}

bool check_paired_train(sim_curves *v, const sim_problem *p, sim_training t,
                        const char *method, double draws)
{
    t.method = *sim_method_find(method);
    t.method.draws = draws;
    t.method.cap = 512; /* RRIS alone reads it */
    if (t.method.pilot > 0) t.method.pilot = (size_t)draws;
    return CHECK_OK(sim_train_all(v, NULL, NULL, p, &t, NULL));
}

check_paired check_paired_cost(const sim_curves *a, const sim_curves *b,
                               const sim_goal *goal)
{
    double ratio[CHECK_PAIRED_MOST];
    size_t pick[CHECK_PAIRED_MOST];
    const size_t S = a->S < b->S ? a->S : b->S;
    check_paired x = {nan(""), nan(""), S};
    if (a->S > CHECK_PAIRED_MOST || b->S > CHECK_PAIRED_MOST) return x;
    for (size_t k = 0; k < S; k++) {
        for (size_t j = 0; j < CHECK_PAIRED_MOST; j++) pick[j] = k;
        ratio[k] = sim_curve_target(a, goal, pick) / sim_curve_target(b, goal, pick);
        if (!isfinite(ratio[k])) return x;
    }
    x.ratio = sim_curve_mean(ratio, S, NULL, &x.se);
    return x;
}

/* Standard errors in the unit in which Student's limit reads 4.9. */
static double scaled(double t, size_t S)
{
    const double tail = gsl_cdf_ugaussian_Q(CHECK_Z_LIMIT);
    return t * CHECK_Z_LIMIT / gsl_cdf_tdist_Qinv(tail, (double)S - 1.0);
}

double check_paired_outside(const check_paired *x, double low, double high)
{
    if (x->ratio < low) return scaled((low - x->ratio) / x->se, x->S);
    if (x->ratio > high) return scaled((x->ratio - high) / x->se, x->S);
    return 0.0 * x->ratio; /* NaN stays NaN */
}

double check_paired_from(const check_paired *x, double wrong)
{
    return scaled((x->ratio - wrong) / x->se, x->S);
}
