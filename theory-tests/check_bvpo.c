/* check_bvpo.c -- models and random instances that the BVPO suites share. */
#include "theory-tests/check_bvpo.h"

#include "theory-tests/check.h"

#include <math.h>

bool check_bvpo_open(check_bvpo *c, double beta, double tau, double kappa)
{
    sim_bvpo_shape shape = sim_bvpo_default();
    shape.beta = beta;
    shape.tau = tau;
    shape.kappa = kappa;
    *c = (check_bvpo){0};
    if (!CHECK_OK(sim_bvpo_init(&c->m, &shape, NULL))) return false;
    if (CHECK_OK(sim_bvpo_table_init(&c->t, &c->m, c->m.theta))) return true;
    check_bvpo_close(c);
    return false;
}

void check_bvpo_close(check_bvpo *c)
{
    sim_bvpo_table_free(&c->t);
    sim_bvpo_free(&c->m);
}

bool check_bvpo_open_g1(check_bvpo *c)
{
    return check_bvpo_open(c, 1.0, 1.0, 0.5);
}

double check_bvpo_traces(const check_bvpo *c, sim_bvpo_pair pair, size_t r, size_t q)
{
    return sim_bvpo_posterior(&c->m, pair.x, r, pair.plus)
           * sim_bvpo_posterior(&c->m, pair.x, q, pair.minus);
}

double check_bvpo_relative(double got, double want)
{
    return fabs(got - want) / fabs(want);
}

double check_bvpo_uniform(uint32_t stream, uint32_t i, uint32_t j)
{
    const ref_rng_stream s = {.seed = 5, .stream = stream, .prompt = i};
    return ref_rng_uniform(&s, j);
}

ref_bvpo_pieces check_bvpo_random(uint32_t stream, uint32_t i)
{
    ref_bvpo_pieces p = {0};
    /* noise = M xi with M (6,4): rows 0-2 belong to g_t, rows 3-5 to g_e */
    double M[6][4];
    uint32_t j = 0;
    const double scale[2] = {2.0 * check_bvpo_uniform(stream, i, j),
                             2.0 * check_bvpo_uniform(stream, i, j + 1)};
    j += 2;
    for (size_t row = 0; row < 6; row++)
        for (size_t k = 0; k < 4; k++)
            M[row][k] =
                scale[row / 3] * (2.0 * check_bvpo_uniform(stream, i, j++) - 1.0);
    for (size_t row = 0; row < 3; row++) {
        const double t = 2.0 * check_bvpo_uniform(stream, i, j++) - 1.0;
        const double e = 2.0 * check_bvpo_uniform(stream, i, j++) - 1.0;
        p.b_t2 += t * t;
        p.b_e2 += e * e;
        p.b_te += t * e;
        for (size_t k = 0; k < 4; k++) {
            p.tr_S_t += M[row][k] * M[row][k];
            p.tr_S_e += M[row + 3][k] * M[row + 3][k];
            p.tr_S_te += M[row][k] * M[row + 3][k];
        }
    }
    return p;
}
