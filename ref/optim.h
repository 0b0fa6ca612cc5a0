/* optim.h -- turning a gradient into a step: SGD, AdamW, schedules, clipping.
 *
 * Symbols (paper -> code)
 *   theta       theta          parameters                                   length d
 *   g           g              gradient of the loss                         length d
 *   eta         eta            learning rate of this step                   >= 0
 *   b1, b2      beta1, beta2   decay of the first and second moment         [0,1)
 *   eps         eps            added outside the root, after bias correction
 *   lambda      decay          decoupled weight decay
 *   k           k              number of the update, 1, 2, ...
 */
#ifndef REF_OPTIM_H
#define REF_OPTIM_H

#include "ref/status.h"

#include <stdbool.h>
#include <stddef.h>

/* theta <- theta - eta g.
 *
 *   theta, g  (d), not overlapping
 *   eta       finite, >= 0
 *   returns   REF_OK; REF_EDOM (eta); REF_ENONFINITE (g), theta untouched
 *   label     [spec:gvm 4.4]
 */
REF_API REF_MUST ref_status ref_optim_sgd(double *theta, const double *g, size_t d,
                                          double eta);

typedef struct ref_optim_adamw_choices {
    double beta1, beta2, eps, decay;
} ref_optim_adamw_choices;

typedef struct ref_optim_adamw {
    size_t d;
    size_t k;      /* updates done */
    double *m, *v; /* (d) moments, owned */
} ref_optim_adamw;

/* Those of the official run: 0.9, 0.999, 1e-8, 0.01.                 [spec:gvm 4.4] */
REF_API ref_optim_adamw_choices ref_optim_adamw_default(void);

/* Moments at zero, no update done; REF_OK or REF_ENOMEM.             [spec:gvm 4.4] */
REF_API REF_MUST ref_status ref_optim_adamw_init(ref_optim_adamw *s, size_t d);
REF_API void ref_optim_adamw_free(ref_optim_adamw *s);

/* One update, k-th of its life:
 *   theta <- (1 - eta lambda) theta
 *   m <- b1 m + (1-b1) g,   v <- b2 v + (1-b2) g^2
 *   theta <- theta - eta mhat/(sqrt(vhat) + eps),  mhat = m/(1-b1^k), vhat = v/(1-b2^k)
 * A coordinate whose gradient was always 0 moves by its decay alone, also for eps = 0.
 *
 *   theta, g  arrays of s->d, not overlapping
 *   returns   REF_OK; REF_EDOM (eta or a choice); REF_ENONFINITE (g); theta and s are
 *             untouched on failure
 *   label     [spec:gvm 4.4]
 */
REF_API REF_MUST ref_status ref_optim_adamw_step(ref_optim_adamw *s, double *theta,
                                                 const double *g,
                                                 const ref_optim_adamw_choices *c,
                                                 double eta);

/* Global norm |g| of all parameters together, scaled so that it overflows only where
 * the norm itself does; NaN or infinite entries give NaN or infinity. [spec:gvm 5.7] */
REF_API double ref_optim_norm(const double *g, size_t d);

/* Scale g to norm <= limit:  g <- g min(1, limit/(|g| + eps)).
 *
 *   g         in and out
 *   norm      out, |g| before; written also when it is not finite
 *   limit     > 0; HUGE_VAL: only measure
 *   eps       >= 0; the frameworks use 1e-6
 *   returns   REF_OK; REF_EDOM; REF_ENONFINITE: |g| is not finite, g is untouched and
 *             the policy is to skip the update, moments and step count included
 *   label     [spec:gvm 5.7]
 */
REF_API REF_MUST ref_status ref_optim_clip(double *g, double *norm, size_t d,
                                           double limit, double eps);

/* name, rate of update k = 1, 2, ... out of K with W of warm-up */
#define REF_OPTIM_SCHEDULE_LIST(X)                                                     \
    X(REF_OPTIM_CONSTANT, "constant", "eta")                                           \
    X(REF_OPTIM_WARMUP, "warmup", "eta min(1, k/W)")                                   \
    X(REF_OPTIM_LINEAR, "linear", "warm-up, then a line to floor at k = K")            \
    X(REF_OPTIM_COSINE, "cosine", "warm-up, then half a cosine to floor at k = K")

typedef enum ref_optim_schedule_kind {
#define REF_OPTIM_SCHEDULE_ENUM(id, name, formula) id,
    REF_OPTIM_SCHEDULE_LIST(REF_OPTIM_SCHEDULE_ENUM)
#undef REF_OPTIM_SCHEDULE_ENUM
        REF_OPTIM_SCHEDULE_COUNT
} ref_optim_schedule_kind;

typedef struct ref_optim_schedule {
    ref_optim_schedule_kind kind;
    double eta;    /* peak, >= 0 */
    double floor;  /* final rate of linear and cosine, 0 <= floor <= eta */
    size_t warmup; /* W; update W is the first at the peak; not read by constant */
    size_t total;  /* K > W; read by linear and cosine; beyond it the rate is floor */
} ref_optim_schedule;

/* Learning rate of update k, by the formula of the list; with x = (k-W)/(K-W),
 * linear is floor + (eta-floor)(1-x), cosine is floor + (eta-floor)(1+cos(pi x))/2.
 *
 *   k         1, 2, ...
 *   returns   NaN outside the domain
 *   label     [spec:gvm 4.4]
 */
REF_API double ref_optim_rate(const ref_optim_schedule *s, size_t k);

/* Names of the list; find gives REF_OPTIM_SCHEDULE_COUNT if there is none such, name
 * gives "?" outside the list. */
REF_API ref_optim_schedule_kind ref_optim_schedule_find(const char *name);
REF_API const char *ref_optim_schedule_name(ref_optim_schedule_kind kind);

#endif
