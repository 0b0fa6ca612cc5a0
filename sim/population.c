/* population.c -- see population.h. */
#include "sim/population.h"

#include "ref/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void sim_population_free(sim_population *x)
{
    free(x->p); /* the columns share one block, as do mu and g */
    free(x->mu);
    free(x->moments);
    *x = (sim_population){0};
}

static ref_status allocate_columns(sim_population *x, size_t m, size_t d)
{
    *x = (sim_population){.m = m, .d = d};
    x->p = calloc(7 * m, sizeof *x->p);
    x->mu = calloc((m + 1) * d, sizeof *x->mu);
    x->moments = calloc(m, sizeof *x->moments);
    if (x->p == NULL || x->mu == NULL || x->moments == NULL) {
        sim_population_free(x);
        return REF_ENOMEM;
    }
    x->G = x->p + m;
    x->S2 = x->p + 2 * m;
    x->mu2 = x->p + 3 * m;
    x->H2 = x->p + 4 * m;
    x->S2_wrong = x->p + 5 * m;
    x->c = x->p + 6 * m;
    x->g = x->mu + m * d;
    return REF_OK;
}

static void set_prompt(sim_population *x, size_t i, const sim_moments *s)
{
    x->p[i] = s->p;
    x->G[i] = sqrt(s->S2);
    x->S2[i] = s->S2;
    x->mu2[i] = s->mu2;
    x->H2[i] = s->H2;
    x->S2_wrong[i] = s->q > 0.0 ? s->HR / s->q : 0.0;
    x->c[i] = s->S2 / s->p - s->mu2;
    x->moments[i] = (ref_reject_moments){.p = s->p,
                                         .S2 = s->S2,
                                         .mu2 = s->mu2,
                                         .v = s->v,
                                         .H2 = s->H2,
                                         .HR = s->HR,
                                         .W2 = s->W2};
}

ref_status sim_population_init(sim_population *x, const sim_problem *problem)
{
    const size_t m = problem->m;
    const size_t d = problem->d;
    REF_TRY(allocate_columns(x, m, d));
    double *theta = calloc(d + problem->scratch, sizeof *theta);
    if (theta == NULL) return REF_ENOMEM;
    problem->family->start(problem, theta);

    for (size_t i = 0; i < m; i++) {
        sim_moments s;
        problem->family->moments(problem, theta, i, theta + d, &s, x->mu + i * d);
        set_prompt(x, i, &s);
        for (size_t k = 0; k < d; k++) x->g[k] += x->mu[i * d + k] / (double)m;
    }
    x->g2 = ref_norm2(x->g, d);
    free(theta);
    return REF_OK;
}

ref_status sim_population_named(sim_population *x, const char *model,
                                const char *profile, size_t m, ref_why *why)
{
    *x = (sim_population){0};
    sim_shape shape = {.m = m, .Y = 32, .d = 64, .kA = 4, .seed = 11};
    REF_TRY(sim_profile_parse(&shape.profile, profile, why));
    sim_problem problem = {0};
    ref_status s = REF_OK;
    if (strcmp(model, "tabular") == 0) {
        shape.kA = 1;
        s = sim_tabular_init(&problem, &shape, why);
    } else if (strcmp(model, "loglinear") == 0 || strcmp(model, "long") == 0) {
        shape.long_is_hard = strcmp(model, "long") == 0;
        s = sim_loglinear_init(&problem, &shape, 'R', why);
    } else
        return ref_fail(why, REF_EUSAGE,
                        "model is '%s', not tabular, loglinear or long", model);
    if (s == REF_OK) s = sim_population_init(x, &problem);
    sim_problem_free(&problem);
    return s;
}

ref_allocate_input sim_population_input(const sim_population *x, double budget)
{
    return (ref_allocate_input){.m = x->m,
                                .budget = budget,
                                .p = x->p,
                                .G = x->G,
                                .S2 = x->S2,
                                .mu2 = x->mu2,
                                .H2 = x->H2,
                                .S2_wrong = x->S2_wrong,
                                .alpha = 1e-3,
                                .beta = 2.0,
                                .zero = REF_ALLOCATE_ZERO_UNIFORM};
}

double sim_population_variance(const sim_population *x, const double *share,
                               double budget)
{
    ref_sum total = {0};
    for (size_t i = 0; i < x->m; i++)
        if (x->c[i] > 0.0) ref_sum_add(&total, x->c[i] / (budget * share[i]));
    return ref_sum_value(&total) / ((double)x->m * (double)x->m);
}
