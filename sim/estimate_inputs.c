/* estimate_inputs.c -- what an allocation rule sees: truth, pilot or memory.
 *
 * Symbols (paper -> code)
 *   p, G      x[0..1]  acceptance rate and gradient norm, as the source knows them
 *   S2, H2    x[2..3]  E_Q|s|^2 and E_P|h|^2
 *   |mu|^2    x[5]     of an oracle alone, like the rejected part x[6]
 */
#include "sim/estimate_private.h"

#include <math.h>

/* ---- columns that a source has ----------------------------------------------------- */

static bool takes_zero(const sim_method *x)
{
    return x->scheme == SIM_SCHEME_RRIS || x->scheme == SIM_SCHEME_PLUS;
}

/* The rule's answer to two even prompts with the columns of its source, and with the
 * exact |mu|^2 and rejected norms where `truth` says so. */
static ref_status probe(const sim_method *x, bool truth, ref_why *why)
{
    static const double half[2] = {0.5, 0.5};
    static const double one[2] = {1.0, 1.0};
    const ref_allocate_rule *rule = ref_allocate_rule_find(x->rule);
    double share[2];
    if (rule == NULL)
        return ref_fail(why, REF_EUSAGE, "no allocation rule '%s'", x->rule);
    /* as many draws as any rule's own bounds ask for */
    const ref_allocate_input in = {.m = 2,
                                   .budget = 64.0,
                                   .p = half,
                                   .G = one,
                                   .S2 = one,
                                   .H2 = one,
                                   .mu2 = truth || takes_zero(x) ? half : NULL,
                                   .S2_wrong = truth ? one : NULL,
                                   .beta = 2.0,
                                   .zero = REF_ALLOCATE_ZERO_UNIFORM,
                                   .draws = x->source == SIM_SOURCE_MEMORY ? one : NULL,
                                   .pilot = x->source == SIM_SOURCE_PILOT ? 1 : 0};
    return rule->share(share, &in, rule->user, why);
}

bool sim_inputs_need_truth(const sim_method *x)
{
    return x->scheme == SIM_SCHEME_FIXED && x->source == SIM_SOURCE_EXACT
           && x->n == NULL && probe(x, false, NULL) == REF_EUSAGE;
}

ref_status sim_method_check(const sim_method *method, ref_why *why)
{
    if ((method->estimator == REF_REJECT_RRIS) && method->scheme != SIM_SCHEME_RRIS)
        return ref_fail(why, REF_EUSAGE,
                        "estimator rris weighs draws that were stopped by their "
                        "successes: it goes with the rule rris alone");
    ref_why detail = {{0}};
    const ref_status s = probe(method, method->source == SIM_SOURCE_EXACT, &detail);
    if (s != REF_EUSAGE) return REF_OK; /* the numbers are the run's to judge */
    return ref_fail(why, s, "%s", detail.text);
}

void sim_inputs_look_up(sim_estimator *e, const sim_batch *b, const double *theta)
{
    const sim_problem *p = e->sampler.problem;
    const size_t lanes = e->sampler.lanes;
    for (size_t l = 0; l < lanes; l++) {
        if (!e->alive[l]) continue;
        for (size_t k = 0; k < p->d; k++) e->scratch[k] = theta[k * lanes + l];
        for (size_t k = 0; k < b->count; k++) {
            const size_t i = sim_batch_at(b, k);
            p->family->moments(p, e->scratch, i, e->scratch + p->d,
                               &e->truth[i * SIM_LANES + l], NULL);
        }
    }
}

/* ---- what a rule sees ------------------------------------------------------------ */

static double norm_of(const sim_estimator *e, double norm, double norm2, double K)
{
    if (!(K > 0.0)) return 0.0;
    return e->method.mean_norm ? norm / K : sqrt(norm2 / K);
}

/* All an oracle knows, for the rules that ask for it. */
static void inputs_of_truth(const sim_estimator *e, const sim_moments *t, double *x)
{
    x[0] = fmin(t->p, 1.0);
    x[1] = e->method.mean_norm ? t->G1 : sqrt(t->S2);
    x[2] = t->S2;
    x[3] = t->H2;
    x[4] = 1.0;
    x[5] = fmin(t->mu2, t->S2); /* equal but for rounding where one latent is left */
    x[6] = t->q > 0.0 ? t->HR / t->q : 0.0;
}

/* Inputs of prompt i in one lane: p and G, S2 and H2, draws behind p, |mu|^2, S2_wrong. */
static void inputs_of(const sim_estimator *e, size_t i, size_t l, double *x)
{
    const sim_exact_lane *exact = &e->sampler.exact[i];
    const sim_tally *t = &e->sampler.tally[i];
    const size_t at = i * SIM_LANES + l;
    x[0] = x[1] = x[4] = x[5] = x[6] = 0.0;
    x[3] = exact->H2[l];
    if (e->truth != NULL) {
        inputs_of_truth(e, &e->truth[at], x);
        return;
    }
    switch (e->method.source) {
    case SIM_SOURCE_EXACT:
        x[0] = fmin(exact->p[l], 1.0);
        x[1] = e->method.mean_norm ? exact->G1[l] : sqrt(exact->S2[l]);
        x[4] = 1.0;
        break;
    case SIM_SOURCE_PILOT:
        x[0] = t->n[l] > 0.0 ? t->K[l] / t->n[l] : 0.0;
        x[1] = norm_of(e, t->norm[l], t->norm2[l], t->K[l]);
        x[4] = t->n[l];
        break;
    case SIM_SOURCE_MEMORY: {
        const double K = e->K[at] + t->K[l];
        x[4] = e->memory[at] + t->n[l];
        x[0] = K / x[4];
        /* plus keeps what this step drew, not what earlier steps drew */
        if (e->method.scheme == SIM_SCHEME_PLUS) x[4] = t->n[l];
        x[1] = sqrt((e->norm2[at] + t->norm2[l]) / fmax(K, 1.0));
        break;
    }
    }
    x[2] = x[1] * x[1];
}

ref_status sim_batch_share(sim_estimator *e, const sim_batch *b, size_t lane,
                           ref_allocate_input *in, double *share, ref_why *why)
{
    /* columns p, G, S2, H2, draws, |mu|^2, the caller's shares, S2_wrong of this lane */
    double *c = e->column;
    const size_t m = b->count;
    for (size_t k = 0; k < m; k++) {
        double x[7];
        inputs_of(e, sim_batch_at(b, k), lane, x);
        for (size_t q = 0; q < 6; q++) c[q * m + k] = x[q];
        c[7 * m + k] = x[6];
    }
    *in = (ref_allocate_input){
        .m = m,
        .budget = e->method.draws * (double)m,
        .p = c,
        .G = c + m,
        .S2 = c + 2 * m,
        /* rris and plus take |mu|^2 as 0; other rules must say that they lack it */
        .mu2 = e->truth != NULL || takes_zero(&e->method) ? c + 5 * m : NULL,
        .S2_wrong = e->truth != NULL ? c + 7 * m : NULL,
        .H2 = c + 3 * m,
        .alpha = e->method.alpha,
        .beta = e->method.beta,
        .zero = REF_ALLOCATE_ZERO_UNIFORM,
        .pilot = e->method.source == SIM_SOURCE_PILOT ? e->method.pilot : 0,
        .target = e->method.target,
        .group = e->method.group,
        .min = e->method.min,
        .max = e->method.max,
        .tau = e->method.tau,
        .explore = e->method.explore,
        .seed = e->seed + e->replica + (uint32_t)lane,
        .step = b->step};
    if (e->method.source == SIM_SOURCE_MEMORY) {
        in->draws = c + 4 * m;
        REF_TRY(
            ref_allocate_prior(&in->prior_a, &in->prior_b, in->p, in->draws, m, why));
    }
    if (e->method.scheme == SIM_SCHEME_RRIS) in->budget *= e->control[lane];
    return e->rule->share(share, in, e->rule->user, why);
}
