/* reject.h -- rejection sampling: the estimators of mu = grad log p and their errors.
 *
 * Symbols (paper -> code)
 *   n, K      n, K     draws and accepted draws of one prompt                  counts
 *   p, q      p, q     acceptance rate, 1-p
 *   s, h      -        score of an accepted draw; policy score of any draw
 *   mu, v     mu2, v   |E_Q s|^2 ; E_Q|s|^2 - |mu|^2
 *   S2        S2       E_Q|s|^2 = G^2
 */
#ifndef REF_REJECT_H
#define REF_REJECT_H

#include "ref/status.h"

#include <stddef.h>

/* name, formula */
#define REF_REJECT_LIST(X)                                                             \
    X(REF_REJECT_IW, "iw", "(1/(n p)) sum_acc s")                                      \
    X(REF_REJECT_RB, "rb", "(1/(n p)) sum a(y) s")                                     \
    X(REF_REJECT_SN, "sn", "mean_acc s, 0 if K = 0")                                   \
    X(REF_REJECT_LOO, "loo", "mean_acc s - mean_all h, 0 if K = 0")                    \
    X(REF_REJECT_POOL, "pool", "(m/N) sum_acc s over all prompts")                     \
    X(REF_REJECT_RRIS, "rris", "weight (mean_acc s - (pt/k) sum_all h)")

typedef enum ref_reject_estimator {
#define REF_REJECT_ENUM(id, name, formula) id,
    REF_REJECT_LIST(REF_REJECT_ENUM)
#undef REF_REJECT_ENUM
        REF_REJECT_COUNT
} ref_reject_estimator;

/* Every estimator of this project is  g = accepted sum_acc s + all sum_all h  for one
 * prompt. These are the two coefficients; the simulator and the trainer multiply. */
typedef struct ref_reject_coefficient {
    double accepted; /* on each accepted draw's s (RB: times a(y), on every draw) */
    double all;      /* on each draw's h */
} ref_reject_coefficient;

typedef struct ref_reject_case {
    size_t n, K;   /* draws, accepted */
    double p;      /* acceptance rate put into the denominator (IW, RB), pt (RRIS) */
    double pool;   /* POOL: m / N */
    double weight; /* RRIS: 1/kappa where kappa < 1, else 1 */
} ref_reject_case;

/* Coefficients of estimator e; n = 0 and K = 0 give zeros where the estimator is defined
 * as 0 there.   [spec:sim 1][gvm:eq6][gvm:alg1] */
REF_API ref_reject_coefficient ref_reject_coefficients(ref_reject_estimator e,
                                                       const ref_reject_case *c);

/* Look an estimator up by its short name; REF_REJECT_COUNT if there is none. */
REF_API ref_reject_estimator ref_reject_find(const char *name);
REF_API const char *ref_reject_name(ref_reject_estimator e);

#endif
