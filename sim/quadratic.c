/* quadratic.c -- the exact recursion of SGD on a quadratic. */
#include "sim/quadratic.h"

#include "ref/numeric.h"

#include <math.h>
#include <stdlib.h>

ref_bvpo_pieces sim_quadratic_pieces(const sim_quadratic *q)
{
    return (ref_bvpo_pieces){
        .b_t2 = ref_norm2(q->b_t, q->d),
        .b_e2 = ref_norm2(q->b_e, q->d),
        .b_te = ref_dot(q->b_t, q->b_e, q->d),
        .tr_S_t = ref_total(q->S_t, q->d),
        .tr_S_e = ref_total(q->S_e, q->d),
        .tr_S_te = ref_total(q->S_te, q->d),
    };
}

double sim_quadratic_smoothness(const sim_quadratic *q)
{
    double L = 0.0;
    for (size_t i = 0; i < q->d; i++) L = fmax(L, q->lam[i]);
    return L;
}

double sim_quadratic_convexity(const sim_quadratic *q)
{
    double m = HUGE_VAL;
    for (size_t i = 0; i < q->d; i++) m = fmin(m, q->lam[i]);
    return m;
}

void sim_quadratic_start(sim_quadratic_state *s, const sim_quadratic *q)
{
    for (size_t i = 0; i < q->d; i++) s->mean[i] = q->start[i];
    for (size_t i = 0; i < q->d; i++) s->variance[i] = 0.0;
}

static double mixed_bias(const sim_quadratic *q, double alpha, size_t i)
{
    return alpha * q->b_t[i] + (1.0 - alpha) * q->b_e[i];
}

void sim_quadratic_step(sim_quadratic_state *s, const sim_quadratic *q, double alpha,
                        double eta)
{
    for (size_t i = 0; i < q->d; i++) {
        const double shrink = 1.0 - eta * q->lam[i];
        const ref_bvpo_pieces noise = {
            .tr_S_t = q->S_t[i], .tr_S_e = q->S_e[i], .tr_S_te = q->S_te[i]};
        s->mean[i] = shrink * s->mean[i] - eta * mixed_bias(q, alpha, i);
        s->variance[i] = shrink * shrink * s->variance[i]
                         + eta * eta * ref_bvpo_variance(&noise, alpha);
    }
}

sim_quadratic_value sim_quadratic_value_at(const sim_quadratic_state *s,
                                           const sim_quadratic *q, double alpha)
{
    sim_quadratic_value v = {0};
    for (size_t i = 0; i < q->d; i++) {
        const double lam = q->lam[i], mean = s->mean[i], variance = s->variance[i];
        const double shifted = lam * mean + mixed_bias(q, alpha, i);
        v.loss += 0.5 * lam * (mean * mean + variance);
        v.gradient2 += lam * lam * (mean * mean + variance);
        v.shifted2 += shifted * shifted + lam * lam * variance;
    }
    return v;
}

ref_status sim_quadratic_run_exact(sim_quadratic_run *out, const sim_quadratic *q,
                                   double alpha, double eta, size_t K)
{
    if (q->d == 0 || K == 0) return REF_ESHAPE;
    for (size_t i = 0; i < q->d; i++)
        if (!(q->lam[i] > 0.0 && isfinite(q->lam[i]))) return REF_EDOM;
    if (!(eta > 0.0 && isfinite(eta))) return REF_EDOM;
    double *moments = malloc(2 * q->d * sizeof *moments);
    if (moments == NULL) return REF_ENOMEM;

    sim_quadratic_state s = {moments, moments + q->d};
    sim_quadratic_start(&s, q);
    *out = (sim_quadratic_run){.first = sim_quadratic_value_at(&s, q, alpha).loss};
    ref_sum total = {0};
    for (size_t k = 0; k < K; k++) {
        ref_sum_add(&total, sim_quadratic_value_at(&s, q, alpha).gradient2);
        sim_quadratic_step(&s, q, alpha, eta);
    }
    out->average = ref_sum_value(&total) / (double)K;
    out->last = sim_quadratic_value_at(&s, q, alpha).loss;
    free(moments);
    return REF_OK;
}
