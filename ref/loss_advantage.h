/* loss_advantage.h -- from rewards to advantages: what one sequence is worth.
 *
 * Symbols (paper -> code)
 *   r_j       reward[j]    scalar reward of sequence j              0/1, -1/+1 or real
 *   n         n            sequences of one group (one prompt)             count
 *   S         -            successes in the group                          count
 *   rbar, s   mean, std    group mean and standard deviation, divisor n - ddof
 *   A_j       A[j]         advantage, the same on every token of sequence j
 *
 * A group is every sequence that carries the same key, in whatever order they come.
 * A key that no sequence carries is a group of size 0: it contributes nothing.
 */
#ifndef REF_LOSS_ADVANTAGE_H
#define REF_LOSS_ADVANTAGE_H

#include "ref/status.h"

#include <stdbool.h>
#include <stddef.h>

/* name, formula; RAFT++ differs from RAFT, and DAPO from GRPO, outside the advantage */
#define REF_LOSS_ALGORITHM_LIST(X)                                                     \
    X(REF_LOSS_RAFT, "raft", "max(r, 0)")                                              \
    X(REF_LOSS_RAFTPP, "raft++", "max(r, 0)")                                          \
    X(REF_LOSS_REINFORCE, "reinforce", "r")                                            \
    X(REF_LOSS_REINFORCE_REJ, "reinforce-rej", "r, 0 in all-equal groups")             \
    X(REF_LOSS_RLOO, "rloo", "n/(n-1) (r - mean)")                                     \
    X(REF_LOSS_GRPO, "grpo", "(r - mean)/(std + eps)")                                 \
    X(REF_LOSS_DR_GRPO, "dr-grpo", "r - mean")                                         \
    X(REF_LOSS_DAPO, "dapo", "(r - mean)/(std + eps)")

typedef enum ref_loss_algorithm {
#define REF_LOSS_ALGORITHM_ENUM(id, name, formula) id,
    REF_LOSS_ALGORITHM_LIST(REF_LOSS_ALGORITHM_ENUM)
#undef REF_LOSS_ALGORITHM_ENUM
        REF_LOSS_ALGORITHM_COUNT
} ref_loss_algorithm;

/* What GRPO and DAPO divide the centred reward by. */
typedef enum ref_loss_scale {
    REF_LOSS_SCALE_STD, /* the group's standard deviation */
    REF_LOSS_SCALE_NONE /* centre only */
} ref_loss_scale;

typedef enum ref_loss_eps_place {
    REF_LOSS_EPS_OUTSIDE, /* d / (s + eps) */
    REF_LOSS_EPS_INSIDE   /* d / sqrt(s^2 + eps) */
} ref_loss_eps_place;

/* A group of one, where an algorithm compares within the group (all but RAFT, RAFT++
 * and REINFORCE, which never look at the group). */
typedef enum ref_loss_singleton {
    REF_LOSS_SINGLETON_ZERO, /* A = 0, counted in every denominator */
    REF_LOSS_SINGLETON_RAW,  /* mean 0, std 1: A = r/(1 + eps), or r without division */
    REF_LOSS_SINGLETON_SKIP, /* A = 0, left out of every denominator */
    REF_LOSS_SINGLETON_ERROR /* REF_EDOM */
} ref_loss_singleton;

/* Sequences without a signal: in the denominators of the aggregation, or not? */
typedef enum ref_loss_flat {
    REF_LOSS_FLAT_KEPT,        /* counted */
    REF_LOSS_FLAT_DROPPED,     /* all-equal groups of two or more are left out */
    REF_LOSS_FLAT_ZERO_DROPPED /* every sequence with A = 0 is left out */
} ref_loss_flat;

/* Groups of different sizes in one batch, which allocation makes all the time. */
typedef enum ref_loss_unequal {
    REF_LOSS_UNEQUAL_ALLOWED, /* every group by its own size */
    REF_LOSS_UNEQUAL_ERROR,   /* REF_ESHAPE: a fixed reshape cannot hold them */
    REF_LOSS_UNEQUAL_POOLED   /* the whole batch silently becomes one group */
} ref_loss_unequal;

/* The named choices; the zeroed struct is: no epsilon, divisor n, singleton 0, kept. */
typedef struct ref_loss_group_rule {
    size_t ddof; /* the divisor of the variance is n - ddof: 0 or 1 */
    double eps;  /* >= 0; with eps = 0 an all-equal group still gets 0 */
    ref_loss_eps_place eps_place;
    ref_loss_scale scale;
    ref_loss_singleton singleton;
    ref_loss_flat flat;
    ref_loss_unequal unequal;
} ref_loss_group_rule;

/* Sequences sorted into groups. */
typedef struct ref_loss_groups {
    size_t count;   /* groups with at least one sequence */
    size_t *start;  /* (count+1) into member, owned */
    size_t *member; /* (B) sequence indices, ascending within a group, owned */
} ref_loss_groups;

/* Sort B sequences by key, groups in ascending key order, members in index order.
 *
 *   g         out; free with ref_loss_groups_free whatever the outcome
 *   key       array of B, any values; NULL: one group holds everything
 *   returns   REF_OK, REF_ENOMEM
 *   label     [spec:gvm 5.2]
 */
REF_API REF_MUST ref_status ref_loss_groups_init(ref_loss_groups *g, const size_t *key,
                                                 size_t B);
REF_API void ref_loss_groups_free(ref_loss_groups *g);

/* Advantages A_j of a batch by the formula of the list above. Binary rewards, S of n:
 * GRPO (ddof 1, eps 0) A+ = sqrt((n-S)(n-1)/(n S)), A- = -sqrt(S(n-1)/(n(n-S))).
 *
 *   A         out, array of B
 *   keep      out, array of B: does the sequence count in the denominators?
 *   reward    array of B, finite
 *   key       array of B, group of each sequence; NULL: one group
 *   returns   REF_OK; REF_EDOM (reward not finite, eps < 0, ddof > 1, a group of one
 *             under SINGLETON_ERROR); REF_ESHAPE (UNEQUAL_ERROR); REF_ENOMEM
 *   label     [spec:gvm 5.2]
 */
REF_API REF_MUST ref_status ref_loss_advantage(double *A, bool *keep,
                                               ref_loss_algorithm algorithm,
                                               const ref_loss_group_rule *rule,
                                               const double *reward, const size_t *key,
                                               size_t B, ref_why *why);

/* DAPO's dynamic sampling: keep only groups with 0 < #correct < n, correct meaning
 * reward > 0 before any length penalty; a group of one is never kept.
 *
 *   keep      in and out, array of B: cleared where the group is not mixed
 *   reward    array of B
 *   key       array of B, group of each sequence; NULL: one group
 *   returns   REF_OK; REF_ENOMEM with keep untouched
 *   label     [spec:gvm 5.9]
 */
REF_API REF_MUST ref_status ref_loss_dynamic_filter(bool *keep, const double *reward,
                                                    const size_t *key, size_t B);

/* DAPO's soft overlong penalty, added to the reward:
 * 0 up to Lmax-Lc, ((Lmax-Lc) - length)/Lc up to Lmax, -1 beyond.
 *
 *   length    response tokens, >= 0
 *   Lmax, Lc  hard limit and width of the soft interval, 0 < Lc <= Lmax; NaN otherwise
 *   label     [spec:gvm 5.9]
 */
REF_API double ref_loss_overlong_penalty(double length, double Lmax, double Lc);

/* Names of the list; find gives REF_LOSS_ALGORITHM_COUNT if there is none such, name
 * gives "?" outside the list. */
REF_API ref_loss_algorithm ref_loss_algorithm_find(const char *name);
REF_API const char *ref_loss_algorithm_name(ref_loss_algorithm a);

#endif
