/* allocate_private.h -- what the files of the rule table share. */
#ifndef REF_ALLOCATE_PRIVATE_H
#define REF_ALLOCATE_PRIVATE_H

#include "ref/allocate_rule.h"

/* One prompt as the formulas see it. */
typedef struct rule_prompt {
    const ref_allocate_input *in;
    size_t i;
    double p, q;          /* rate, smoothed if there is a prior; 1 - p */
    double G, S2, mu2, v; /* v = S2 - |mu|^2 */
    double H2, S2_wrong;  /* 0 where the column is missing */
} rule_prompt;

/* Columns that a rule cannot do without, and whether weight and cost enter. */
enum {
    RULE_PLAIN = 0,
    RULE_MU2 = 1,
    RULE_H2 = 2,
    RULE_WRONG = 4,
    RULE_VISITS = 8,
    RULE_PILOT = 16,
    RULE_VARIANCE = 32
};

typedef double rule_weight(const rule_prompt *x);

rule_prompt rule_prompt_at(const ref_allocate_input *in, size_t i);

/* Checks in, and that the columns are there. */
ref_status rule_check(const ref_allocate_input *in, unsigned needs, ref_why *why);

/* w (m) <- weight of each prompt, times weight/sqrt(cost) for RULE_VARIANCE. */
void rule_weigh(double *w, const ref_allocate_input *in, rule_weight *weight,
                unsigned needs);

/* share <- w / sum w, with in->zero deciding about all-zero weights; w finite, >= 0. */
ref_status rule_shares(double *share, const double *w, const ref_allocate_input *in,
                       ref_why *why);

/* The three steps above. */
ref_status rule_by_weight(double *share, const ref_allocate_input *in,
                          rule_weight *weight, unsigned needs, ref_why *why);

/* share <- clip(c w_i, low_i, high) with sum N, over N; low (m) may be NULL. */
ref_status rule_by_box(double *share, const double *w, const double *low, double high,
                       const ref_allocate_input *in, ref_why *why);

/* n_i += step for the `count` entries with the largest key, lower indices first among
 * equals; entries with key -inf are not eligible. scratch (m). */
void rule_step_largest(size_t *n, int step, const double *key, double *scratch,
                       size_t m, size_t count);

/* The roundings of allocate_round.h under bounds L_i <= n_i <= U_i that the shares
 * already obey; either may be NULL. */
typedef struct rule_bounds {
    const size_t *L, *U; /* (m) */
} rule_bounds;
ref_status rule_round_official(size_t *n, const double *share, rule_bounds bounds,
                               size_t m, size_t budget, ref_why *why);
ref_status rule_round_appendix_b(size_t *n, const double *share, const double *p,
                                 rule_bounds bounds, size_t m, size_t budget,
                                 ref_why *why);
ref_status rule_round_remainder(size_t *n, const double *share, rule_bounds bounds,
                                size_t m, size_t budget, ref_why *why);

/* value, or the rule's default where the caller left 0 */
size_t rule_default(size_t value, size_t otherwise);

/* The rivals [spec:gvm 9] that have a procedure rather than a weight; allocate_rival.c
 * and allocate_sequential.c. */
ref_allocate_share rule_reinforce_ada_est, rule_vip_dr_grpo, rule_vip_rloo,
    rule_knapsack, rule_mopps, rule_empirical_bayes, rule_gvm_hardest, rule_gvm_reuse,
    rule_plus, rule_rris;
ref_allocate_share rule_ada_seq, rule_ada_balance, rule_dapo, rule_dars_et,
    rule_dars_hw, rule_dart_uniform, rule_dart_prop2diff, rule_speed, rule_greso;
ref_allocate_more more_ada_seq, more_ada_balance, more_dapo, more_dars_et, more_dars_hw,
    more_dart_uniform, more_dart_prop2diff, more_speed, more_greso, more_rris;

#endif
