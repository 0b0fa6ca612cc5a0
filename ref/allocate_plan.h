/* allocate_plan.h -- from a rule's name to whole samples, and what the plan is worth.
 *
 * Symbols (paper -> code)
 *   m, N      m, budget   prompts; samples to spend                     counts
 *   u_i       share[i]    what the rule asks for, filtered and bounded; sums to 1
 *   n_i       n[i]        samples of prompt i                           counts
 *   c_i       -           w_i^2 (S2_i/p_i - |mu_i|^2) where |mu|^2 is known, else
 *                         w_i^2 S2_i/p_i, with S2_i = G_i^2 unless given; 0 at p_i = 0
 */
#ifndef REF_ALLOCATE_PLAN_H
#define REF_ALLOCATE_PLAN_H

#include "ref/allocate_integer.h"
#include "ref/allocate_rule.h"
#include "ref/status.h"

#include <stddef.h>

/* name, what it does */
#define REF_ALLOCATE_ROUNDING_LIST(X)                                                  \
    X(REF_ALLOCATE_ROUND_NONE, "none", "real-valued shares only")                      \
    X(REF_ALLOCATE_ROUND_OPTIMAL, "optimal", "least sum u_i^2/n_i, exactly")           \
    X(REF_ALLOCATE_ROUND_OFFICIAL, "official", "to nearest, then fix the sum")         \
    X(REF_ALLOCATE_ROUND_APPENDIX_B, "appendix-b", "down, rest to the hardest")        \
    X(REF_ALLOCATE_ROUND_REMAINDER, "remainder", "down, rest to largest remainders")

typedef enum ref_allocate_rounding_kind {
#define REF_ALLOCATE_ROUNDING_ENUM(id, name, what) id,
    REF_ALLOCATE_ROUNDING_LIST(REF_ALLOCATE_ROUNDING_ENUM)
#undef REF_ALLOCATE_ROUNDING_ENUM
        REF_ALLOCATE_ROUND_COUNT
} ref_allocate_rounding_kind;

/* Look a rounding up by its name, REF_ALLOCATE_ROUND_COUNT if there is none; its name,
 * "unknown" outside the list. */
REF_API ref_allocate_rounding_kind ref_allocate_rounding_find(const char *name);
REF_API const char *ref_allocate_rounding_name(ref_allocate_rounding_kind kind);

typedef struct ref_allocate_rounding {
    ref_allocate_rounding_kind kind;
    size_t min, max;            /* bounds on every n_i; max 0: none */
    double filter_threshold;    /* released filters; 0: off */
    double filter_insufficient; /* [spec:gvm 3.3] */
} ref_allocate_rounding;

/* The whole road:  rule -> shares -> filters -> bounds -> rounding.
 * Prompts without a share (p = 0, G = 0, filtered) get exactly min samples. Bounds are
 * water-filled into the shares before rounding, and are bounds of the exact optimum.
 * `optimal` minimises sum u_i^2/n_i: for rules of kind `variance` the variance that
 * they are made for, for the others the chi^2 distance from their shares.
 *
 *   n         out, (m) counts; may be NULL for kind none, for which it is not written
 *   share     out, (m) shares before rounding; may be NULL
 *   rule, in  any rule, from the table or the caller's own; in->budget whole for every
 *             kind but none
 *   returns   REF_OK; REF_EDOM; REF_ESHAPE; REF_EUSAGE; REF_EINFEASIBLE; REF_ENOMEM;
 *             outputs are untouched on failure
 *   label     [gvm:alg2][spec:gvm 3.3]
 */
REF_API REF_MUST ref_status ref_allocate_plan(size_t *n, double *share,
                                              const ref_allocate_rule *rule,
                                              const ref_allocate_input *in,
                                              const ref_allocate_rounding *rounding,
                                              ref_why *why);

/* What a plan is worth: V = sum c_i/n_i over prompts with c_i > 0. */
typedef struct ref_allocate_report {
    double variance;          /* of the plan; +inf where c_i > 0 got no sample */
    double uniform;           /* N/m each, real-valued */
    double continuous;        /* (sum sqrt c)^2/N, the least that any real n reaches */
    double integer;           /* exact optimum in whole samples without bounds */
    size_t unserved;          /* prompts with c_i > 0 and no sample */
    size_t without;           /* prompts with c_i = 0 */
    ref_allocate_proof proof; /* of n against sum u_i^2/n_i under the plan's bounds */
} ref_allocate_report;

/* Fill the report of a plan; rule, in and rounding as they were given to the plan.
 *
 *   n         (m) counts; NULL: the real-valued plan, n_i = N u_i, without proof
 *   share     (m) as ref_allocate_plan returned it
 *   returns   as the plan; REF_EDOM also when all c_i are 0,
 *             REF_ENONFINITE when one overflows
 *   label     [spec:gvm 3.5]
 */
REF_API REF_MUST ref_status ref_allocate_explain(ref_allocate_report *out,
                                                 const size_t *n, const double *share,
                                                 const ref_allocate_rule *rule,
                                                 const ref_allocate_input *in,
                                                 const ref_allocate_rounding *rounding,
                                                 ref_why *why);

#endif
