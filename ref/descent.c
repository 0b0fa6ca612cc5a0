/* descent.c -- see descent.h for the contracts. */
#include "ref/descent.h"

#include "ref/numeric.h"

#include <math.h>
#include <stdbool.h>

/* 0 < eta <= limit; false for NaN */
static bool is_step(double eta, double limit)
{
    return eta > 0.0 && eta <= limit;
}

/* ---- GVM ------------------------------------------------------------------------- */

double ref_descent_thm1(const ref_descent_run *r)
{
    if (!is_step(r->eta, r->gamma)) return nan("");
    return -r->eta / 2.0 * r->D1 + r->eta * r->eta / (2.0 * r->gamma) * r->Omega;
}

double ref_descent_thm1_sharp(const ref_descent_run *r)
{
    if (!is_step(r->eta, r->gamma)) return nan("");
    const double second = r->eta * r->eta / (2.0 * r->gamma);
    return -(r->eta - second) * r->D1 + second * r->Omega;
}

double ref_descent_mean_gradient(double gap, double eta, double gamma, double steps,
                                 double V)
{
    if (!(is_step(eta, gamma) && steps > 0.0)) return nan("");
    return 2.0 * gap / (eta * steps) + eta / gamma * V;
}

double ref_descent_best_step(double gap, double gamma, double steps, double V)
{
    if (!(gap >= 0.0 && gamma > 0.0 && steps > 0.0 && V >= 0.0)) return nan("");
    if (V == 0.0) return gamma;
    return fmin(gamma, sqrt(2.0 * gamma * gap / (steps * V)));
}

double ref_descent_best_gradient(double gap, double gamma, double steps, double V)
{
    if (!(gap >= 0.0 && gamma > 0.0 && steps > 0.0 && V >= 0.0)) return nan("");
    return 4.0 * fmax(gap / (gamma * steps), sqrt(gap * V / (2.0 * gamma * steps)));
}

double ref_descent_thm2_printed(const ref_descent_run *r)
{
    if (!(is_step(r->eta, r->gamma / 2.0) && r->k > 0)) return nan("");
    const double unit = r->eta / (4.0 * (double)r->k);
    return unit * (-2.0 * r->D2 - r->D1 + r->Omega);
}

double ref_descent_thm3_printed(const ref_descent_run *r)
{
    const double k = (double)r->k;
    if (!(r->k > 0 && r->H > 0.0)) return nan("");
    if (!is_step(r->eta, fmin(r->gamma / 2.0, 1.0 / (4.0 * k * r->H)))) return nan("");
    return -r->H * r->eta * r->eta / (2.0 * k) * r->D3 - r->eta / (4.0 * k) * r->D1
           + r->eta / (8.0 * k) * r->Omega;
}

double ref_descent_thm2(const ref_descent_run *r, double move)
{
    if (!(is_step(r->eta, r->gamma) && r->k > 0)) return nan("");
    const double k = (double)r->k, ratio = r->eta / r->gamma;
    return -move / (2.0 * r->eta * k) - r->eta / (2.0 * k) * (1.0 - ratio) * r->D1
           + r->eta / (2.0 * k) * (1.0 + ratio) * r->Omega;
}

double ref_descent_thm3(const ref_descent_run *r, double move, double path)
{
    return ref_descent_thm2(r, move) - r->H / (2.0 * (double)r->k) * path;
}

double ref_descent_distance(double distance2, double eta, double gamma, double H,
                            size_t r, double Vmax)
{
    if (!(is_step(eta, gamma) && H > 0.0 && eta * H <= 1.0)) return nan("");
    return ref_miss_probability((double)r, eta * H) * distance2 + eta * Vmax / H;
}

double ref_descent_biased(double eta, double gamma, double grad2, double bias2,
                          double V)
{
    if (!is_step(eta, gamma)) return nan("");
    return eta / 2.0 * (bias2 - grad2) + eta * eta / (2.0 * gamma) * V;
}

double ref_descent_sn_bias(const double *w, const double *p, const size_t *n,
                           const double *norm, size_t m)
{
    ref_sum total = {0};
    for (size_t i = 0; i < m; i++)
        ref_sum_add(&total, w[i] * ref_miss_probability((double)n[i], p[i]) * norm[i]);
    return ref_sum_value(&total);
}

/* ---- BVPO ------------------------------------------------------------------------ */

double ref_descent_step(double eta, double L, double grad2, double shifted2,
                        double bias2, double s2)
{
    if (!(eta > 0.0 && L > 0.0)) return nan("");
    return eta / 2.0 * (bias2 - grad2 - (1.0 - eta * L) * shifted2 + eta * L * s2);
}

double ref_descent_floor(double bias2, double eta, double L, double s2)
{
    return bias2 + eta * L * s2;
}

double ref_descent_average(double gap, double eta, double L, size_t K, double floor)
{
    if (!(is_step(eta, 1.0 / L) && K > 0)) return nan("");
    return 2.0 * gap / (eta * (double)K) + floor;
}

double ref_descent_pl(double gap, double eta, double L, double m, size_t K,
                      double floor)
{
    if (!(is_step(eta, 1.0 / L) && m > 0.0 && m <= L)) return nan("");
    /* eta m <= 1, so the powers of 1 - eta m are miss probabilities */
    const double rate = fmin(eta * m, 1.0);
    return ref_miss_probability((double)K, rate) * gap
           + floor / (2.0 * m) * ref_hit_probability((double)K, rate);
}

double ref_descent_best_average(double gap, double L, size_t K, double bias2, double s2)
{
    if (gap == 0.0 && L > 0.0 && K > 0) return bias2; /* the limit of vanishing steps */
    const double eta = ref_descent_best_step(gap, 1.0 / L, (double)K, s2);
    return ref_descent_average(gap, eta, L, K, ref_descent_floor(bias2, eta, L, s2));
}

double ref_descent_adaptive(double gap, double L, const double *mse_t,
                            const double *mse_e, size_t K)
{
    ref_sum floors = {0};
    for (size_t k = 0; k < K; k++) {
        const double least = mse_t[k] <= mse_e[k] ? mse_t[k] : mse_e[k];
        ref_sum_add(&floors, isnan(mse_t[k]) ? mse_t[k] : least);
    }
    return ref_descent_average(gap, 1.0 / L, L, K, ref_sum_value(&floors) / (double)K);
}
