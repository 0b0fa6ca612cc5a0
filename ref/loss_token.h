/* loss_token.h -- what one token costs, and how that moves with its log-probability.
 *
 * Symbols (paper -> code)
 *   A           A            advantage of the token's sequence
 *   logp        logp         log pi(token | prefix) under the trained policy  <= 0
 *   oldlogp     old          the same under the sampling policy      <= 0
 *   r           ratio        exp(logp - oldlogp)
 *   e_l, e_h    low, high    clip range 1 - e_l .. 1 + e_h ("clip-higher": e_h > e_l)
 *   c           dual         dual clip, the largest ratio a wrong token may pay for
 *   x           x            reflogp - logp
 *   z, T        z, T         logits, temperature
 */
#ifndef REF_LOSS_TOKEN_H
#define REF_LOSS_TOKEN_H

#include "ref/status.h"

#include <stddef.h>

/* ---- policy loss ----------------------------------------------------------------- */

typedef enum ref_loss_policy {
    REF_LOSS_VANILLA, /* -A logp: no ratio, no clip, whatever the staleness */
    REF_LOSS_PLUSPLUS /* PPO with dual clip */
} ref_loss_policy;

typedef struct ref_loss_clip {
    double low;  /* e_l in [0,1] */
    double high; /* e_h >= 0 */
    double dual; /* c > 1; HUGE_VAL: no dual clip */
} ref_loss_clip;

/* Which branch of the maximum is active; CLIP_LOW and CLIP_HIGH are what frameworks log
 * as the clip fraction, CLIP_DUAL is not part of it. */
typedef enum ref_loss_branch {
    REF_LOSS_BRANCH_FREE,
    REF_LOSS_BRANCH_CLIP_LOW,  /* A < 0 and r < 1 - e_l */
    REF_LOSS_BRANCH_CLIP_HIGH, /* A > 0 and r > 1 + e_h */
    REF_LOSS_BRANCH_CLIP_DUAL  /* A < 0 and r >= c */
} ref_loss_branch;

typedef struct ref_loss_token {
    double value; /* l */
    double d;     /* dl/dlogp */
    ref_loss_branch branch;
} ref_loss_token;

/* One token's policy loss and its derivative.
 *   vanilla   l = -A logp,  dl/dlogp = -A
 *   plusplus  A > 0: l = -A min(r, 1+e_h);          dl/dlogp = -A r  iff r <= 1+e_h
 *             A < 0: l = |A| min(c, max(r, 1-e_l)); dl/dlogp = |A| r iff 1-e_l <= r < c
 *             A = 0: 0
 * At r = 1+e_h and r = 1-e_l the gradient is kept (the frameworks' clamp is inclusive);
 * at r = c it is dropped.
 *
 *   clip      0 <= low <= 1, high >= 0, dual > 1; not read by vanilla
 *   returns   NaN in value and d outside the domain or for NaN arguments
 *   label     [spec:gvm 5.3]
 */
REF_API ref_loss_token ref_loss_token_policy(ref_loss_policy kind,
                                             const ref_loss_clip *clip, double A,
                                             double logp, double old);

/* ---- KL penalty ------------------------------------------------------------------ */

/* What the mean of the *derivative* estimates on-policy is not what the mean of the
 * value estimates:
 *
 *   kind  k(x)         E_pi k        in the loss       in the reward
 *   k1    -x           KL(pi||ref)   0                 grad KL(pi||ref)
 *   k2    x^2/2        E x^2/2       grad KL(pi||ref)  grad E[x^2/2] - grad KL(pi||ref)
 *   k3    e^x - x - 1  KL(pi||ref)   grad KL(ref||pi)  grad KL(pi||ref)
 *                                                      - grad KL(ref||pi)
 * "In the loss" is E_pi[k' grad logp]; "in the reward" is E_pi[k grad logp], what a
 * score-function estimator makes of k (a reward enters with a minus sign). */
typedef enum ref_loss_kl_kind {
    REF_LOSS_KL_NONE,
    REF_LOSS_KL_K1,
    REF_LOSS_KL_K2,
    REF_LOSS_KL_K3
} ref_loss_kl_kind;

typedef enum ref_loss_kl_place {
    REF_LOSS_KL_IN_LOSS, /* loss += coefficient agg(k); the gradient passes through k */
    REF_LOSS_KL_IN_REWARD /* reward -= coefficient sum_t k(old); no gradient passes */
} ref_loss_kl_place;

typedef struct ref_loss_kl {
    ref_loss_kl_kind kind;
    ref_loss_kl_place place;
    double coefficient;
    double clamp; /* k3 is clamped to [-clamp, clamp]; HUGE_VAL: not at all */
} ref_loss_kl;

/* k and dk/dlogp. */
typedef struct ref_loss_penalty {
    double value, d;
} ref_loss_penalty;

/* One token's KL penalty, x = reflogp - logp; k3 = min(max(e^x-x-1, -clamp), clamp) and
 * dk3/dlogp = 1 - e^x, or 0 where clamped. The lower clamp never acts. With clamp = 10
 * the upper one acts for x > 2.61086864 and x < -10.99998330. Relative error of
 * e^x - x - 1 is a few eps also near 0 (Taylor series for |x| < 1).
 *
 *   clamp     > 0; read by k3 only
 *   returns   zeros for REF_LOSS_KL_NONE
 *   label     [spec:gvm 5.4]
 */
REF_API ref_loss_penalty ref_loss_token_kl(ref_loss_kl_kind kind, double clamp,
                                           double logp, double reflogp);

/* ---- logits ---------------------------------------------------------------------- */

/* Entropy H = logsumexp(z) - sum_v pi_v z_v and dH/dz_v = -pi_v (log pi_v + H).
 *
 *   d         out, array of V, or NULL; must not overlap z
 *   z         array of V, entries in [-inf, +inf); an outcome at -inf adds 0 to both
 *   returns   H >= 0; NaN for V = 0, all entries -inf or a NaN entry
 *   label     [spec:gvm 5.5]
 */
REF_API double ref_loss_entropy(double *d, const double *z, size_t V);

/* log pi_y = z_y/T - logsumexp(z/T) and, scaled by what the loss sends back,
 * d_v = g dlogp_y/dz_v = g (1[v=y] - pi_v)/T. The gradient sums to 0.
 *
 *   d         out, array of V, used as scratch for z/T; must not overlap z
 *   z, V, y   logits, their number, the token, y < V
 *   T         temperature, > 0
 *   g         dloss/dlogp_y
 *   returns   log pi_y; NaN (and d untouched) outside the domain
 *   label     [spec:gvm 5.3]
 */
REF_API double ref_loss_logits(double *d, const double *z, size_t V, size_t y, double T,
                               double g);

#endif
