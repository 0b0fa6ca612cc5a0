/* exact_moments.c -- see exact_moments.h. */
#include "sim/exact_moments.h"

#include "ref/allocate.h"
#include "ref/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void sim_exact_close(sim_exact *e)
{
    free(e->moments);
    free(e->mu);
    free(e->g);
    *e = (sim_exact){0};
}

/* Mean scores (m,d): 2^28 doubles, 2 GiB. */
static const size_t LARGEST_MOMENTS = (size_t)1 << 28;

/* Two blocks hold all vectors: g, ridge (d) and seven columns (m) in e->g. */
static ref_status exact_alloc(sim_exact *e, ref_why *why)
{
    enum { COLUMNS = 7 };
    if (e->d > LARGEST_MOMENTS / e->m)
        return ref_fail(why, REF_ESHAPE,
                        "%zu prompts and %zu parameters: exact moments need their "
                        "product to be at most 2^28",
                        e->m, e->d);
    e->moments = calloc(e->m, sizeof *e->moments);
    e->mu = calloc(e->m, e->d * sizeof *e->mu);
    e->g = calloc(2 * e->d + COLUMNS * e->m, sizeof *e->g);
    if (e->moments == NULL || e->mu == NULL || e->g == NULL) {
        sim_exact_close(e);
        return ref_fail(why, REF_ENOMEM, "no memory for exact moments");
    }
    double **const column[COLUMNS] = {&e->p,  &e->G,        &e->S2, &e->mu2,
                                      &e->H2, &e->S2_wrong, &e->c};
    e->ridge = e->g + e->d;
    for (size_t k = 0; k < COLUMNS; k++) *column[k] = e->g + 2 * e->d + k * e->m;
    return REF_OK;
}

static void fill_columns(sim_exact *e)
{
    for (size_t i = 0; i < e->m; i++) {
        const sim_moments *x = &e->moments[i];
        e->p[i] = x->p;
        e->G[i] = sqrt(x->S2);
        e->S2[i] = x->S2;
        e->mu2[i] = x->mu2;
        e->H2[i] = x->H2;
        e->S2_wrong[i] = x->q > 0.0 ? x->HR / x->q : 0.0;
        e->c[i] = x->S2 / x->p - x->mu2;
        if (e->c[i] < 0.0) e->c[i] = 0.0; /* rounding where p = 1 and v = 0 */
    }
}

ref_status sim_exact_open(sim_exact *e, const sim_problem *p, const double *theta,
                          ref_why *why)
{
    *e = (sim_exact){.m = p->m, .d = p->d, .policy = p->policy};
    REF_TRY(exact_alloc(e, why));
    ref_status s = sim_problem_loss(p, theta, &e->loss, e->g, NULL, why);
    double *scratch = calloc(p->scratch, sizeof *scratch);
    if (s == REF_OK && scratch == NULL)
        s = ref_fail(why, REF_ENOMEM, "no memory for exact moments");
    for (size_t i = 0; s == REF_OK && i < p->m; i++)
        p->family->moments(p, theta, i, scratch, &e->moments[i], e->mu + i * e->d);
    free(scratch);
    if (s != REF_OK) {
        sim_exact_close(e);
        return s;
    }
    for (size_t k = 0; k < e->d; k++) {
        e->g[k] = -e->g[k];
        e->ridge[k] = p->lambda * theta[k];
    }
    e->grad2 = ref_norm2(e->g, e->d);
    e->smoothness = p->family->smoothness(p);
    fill_columns(e);
    return REF_OK;
}

/* Law of one prompt, with a factor on mu for each block of coordinates. */
typedef struct prompt_law {
    double variance;
    double omega_policy, omega_head;
} prompt_law;

static ref_reject_law rris_law(const ref_reject_moments *x, double n, double c)
{
    if (n == 0.0) return (ref_reject_law){0};
    const ref_reject_roulette r = {.kappa = n * x->p, .c = c};
    return ref_reject_rris(x, &r);
}

static ref_reject_moments reject_moments(const sim_moments *x)
{
    return (ref_reject_moments){.p = x->p,
                                .S2 = x->S2,
                                .mu2 = x->mu2,
                                .v = x->v,
                                .H2 = x->H2,
                                .HR = x->HR,
                                .W2 = x->W2};
}

/* LOO and RRIS subtract multiples of h, which lives on the policy block alone: there
 * h = s on accepted draws as with a verifier, E_Q|h|^2 = (H2 - HR)/p; on the head block
 * the same estimators run without their baseline. */
static void split_blocks(ref_reject_moments *policy, ref_reject_moments *head,
                         const sim_exact *e, size_t i)
{
    const sim_moments *x = &e->moments[i];
    *policy = *head = reject_moments(x);
    if (e->policy == e->d) {
        *head = (ref_reject_moments){.p = x->p};
        return;
    }
    policy->S2 = (x->H2 - x->HR) / x->p;
    policy->mu2 = ref_norm2(e->mu + i * e->d, e->policy);
    policy->v = policy->S2 - policy->mu2;
    head->S2 = x->S2 - policy->S2;
    head->mu2 = x->mu2 - policy->mu2;
    head->v = x->v - policy->v;
    head->H2 = head->HR = 0.0;
}

static prompt_law law_of_prompt(const sim_exact *e, size_t i,
                                ref_reject_estimator estimator, double n, double pool)
{
    ref_reject_law a, b;
    if (estimator != REF_REJECT_LOO && estimator != REF_REJECT_RRIS) {
        const ref_reject_moments x = reject_moments(&e->moments[i]);
        a = ref_reject_exact(estimator, &x, n, pool);
        return (prompt_law){a.variance, a.omega, a.omega};
    }
    ref_reject_moments policy, head;
    split_blocks(&policy, &head, e, i);
    if (estimator == REF_REJECT_LOO) {
        a = ref_reject_exact(REF_REJECT_LOO, &policy, n, pool);
        b = ref_reject_exact(REF_REJECT_SN, &head, n, pool);
    } else {
        a = rris_law(&policy, n, policy.p);
        b = rris_law(&head, n, 0.0);
    }
    return (prompt_law){a.variance + b.variance, a.omega, b.omega};
}

/* mean (d) += omega mu_i / m, bias (d) += (omega - 1) mu_i / m, block by block. */
static void add_prompt(double *mean, double *bias, const sim_exact *e, size_t i,
                       const prompt_law *law)
{
    const double *mu = e->mu + i * e->d;
    for (size_t k = 0; k < e->d; k++) {
        const double omega = k < e->policy ? law->omega_policy : law->omega_head;
        mean[k] += omega * mu[k] / (double)e->m;
        bias[k] += (omega - 1.0) * mu[k] / (double)e->m;
    }
}

sim_exact_law sim_exact_estimator(double *mean, const sim_exact *e,
                                  ref_reject_estimator estimator, const double *n)
{
    const double none = nan("");
    double *block = calloc(2 * e->d, sizeof *block);
    if (block == NULL) return (sim_exact_law){none, none, none, none};
    double *expected = block, *bias = block + e->d;
    const double pool = (double)e->m / ref_total(n, e->m);
    ref_sum variance = {0};
    for (size_t i = 0; i < e->m; i++) {
        const prompt_law law = law_of_prompt(e, i, estimator, n[i], pool);
        ref_sum_add(&variance, law.variance);
        add_prompt(expected, bias, e, i, &law);
    }
    for (size_t k = 0; k < e->d; k++) expected[k] -= e->ridge[k];

    sim_exact_law out;
    out.variance = ref_sum_value(&variance) / ((double)e->m * (double)e->m);
    out.bias2 = ref_norm2(bias, e->d);
    out.mse = out.variance + out.bias2;
    out.rho = ref_reject_efficiency(ref_dot(e->g, expected, e->d), e->grad2,
                                    ref_norm2(expected, e->d) + out.variance);
    if (mean != NULL) memcpy(mean, expected, e->d * sizeof *mean);
    free(block);
    return out;
}

double sim_exact_variance(const sim_exact *e, const double *n)
{
    return ref_allocate_variance(n, e->c, e->m) / ((double)e->m * (double)e->m);
}

double sim_exact_weighted(const sim_exact *e, const double *w, double budget)
{
    const double total = ref_total(w, e->m);
    ref_sum V = {0};
    for (size_t i = 0; i < e->m; i++)
        if (e->c[i] != 0.0) ref_sum_add(&V, e->c[i] * total / (budget * w[i]));
    return ref_sum_value(&V) / ((double)e->m * (double)e->m);
}

ref_allocate_input sim_exact_input(const sim_exact *e, double budget)
{
    return (ref_allocate_input){.m = e->m,
                                .budget = budget,
                                .p = e->p,
                                .G = e->G,
                                .S2 = e->S2,
                                .mu2 = e->mu2,
                                .H2 = e->H2,
                                .S2_wrong = e->S2_wrong,
                                .beta = 2.0};
}
