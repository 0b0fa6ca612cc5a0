/* own_rule.c -- an allocation rule of one's own: G/sqrt(max(p, floor)).
 *
 * A rule is one callback. The library gives its shares whole samples within the budget,
 * and says what the plan is worth beside the optimum. With libgvm installed:
 *   cc own_rule.c $(pkg-config --cflags --libs libgvm) -lm -o own_rule && ./own_rule
 */
#include "ref/allocate_plan.h"

#include <math.h>
#include <stdio.h>

#define M 4 /* prompts */

/* G/sqrt(max(p, floor)); 0 at p = 0, where no sample is ever accepted */
static double weight(double p, double G, double floor)
{
    return p > 0.0 ? G / sqrt(fmax(p, floor)) : 0.0;
}

/* share (m) <- w/sum w; user points to the floor. */
static ref_status floored(double *share, const ref_allocate_input *in, void *user,
                          ref_why *why)
{
    const double floor = *(const double *)user;
    double sum = 0.0;
    for (size_t i = 0; i < in->m; i++) sum += weight(in->p[i], in->G[i], floor);
    if (!(sum > 0.0)) return ref_fail(why, REF_EDOM, "no prompt has a weight");
    for (size_t i = 0; i < in->m; i++)
        share[i] = weight(in->p[i], in->G[i], floor) / sum;
    return REF_OK;
}

/* Plan with a rule; print its samples and the variance sum c_i/n_i. */
static ref_status show(const ref_allocate_rule *rule, const ref_allocate_input *in,
                       ref_why *why)
{
    const ref_allocate_rounding how = {.kind = REF_ALLOCATE_ROUND_OPTIMAL, .min = 1};
    size_t n[M];
    double share[M];
    ref_allocate_report report;
    REF_TRY(ref_allocate_plan(n, share, rule, in, &how, why));
    REF_TRY(ref_allocate_explain(&report, n, share, rule, in, &how, why));
    (void)printf("%-8s", rule->name);
    for (size_t i = 0; i < M; i++) (void)printf("%4zu", n[i]);
    (void)printf("   variance %.4f, least possible %.4f\n", report.variance,
                 report.integer);
    return REF_OK;
}

int main(void)
{
    double floor = 0.2;
    const ref_allocate_rule own = {.name = "floored",
                                   .formula = "G/sqrt(max(p, floor))",
                                   .source = "own",
                                   .share = floored,
                                   .user = &floor};
    const double p[M] = {0.9, 0.5, 0.1, 0.02}, G[M] = {1.0, 1.5, 1.0, 2.0};
    const ref_allocate_input in = {
        .m = M, .budget = 64, .p = p, .G = G, .alpha = 1e-3, .beta = 2.0};

    ref_why why = {""};
    ref_status s = show(&own, &in, &why);
    if (s == REF_OK) s = show(ref_allocate_rule_find("gvm"), &in, &why);
    if (s != REF_OK) (void)fprintf(stderr, "own_rule: %s\n", why.text);
    return ref_status_exit(s);
}
