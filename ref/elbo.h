/* elbo.h -- expectation maximisation on a finite latent model, exactly.
 *
 * The caller gives tables over the latents y of each prompt at one parameter theta;
 * everything here is an expectation over those tables.
 *
 * Symbols (paper -> code)
 *   m, d      m, d        prompts, parameters                             counts
 *   w_i       w           prompt weight, 1/m in the paper's algorithms
 *   P(y|x)    log_prior   law of the latent                               log
 *   a(y)      log_accept  P(z|x,y); 0 or 1 with a verifier                log
 *   p_i       log_p       P(z_i|x_i) = sum_y P(y|x_i) a_i(y)              log
 *   Q_i       Q           law over latents; the posterior P(y|x_i) a_i(y)/p_i in an E-step
 *   h, s      h, s        grad log P(y|x), grad log P(y,z|x)              length d
 *   L, L_t    loss, surrogate   -sum w_i log p_i and its majorant, J_Q - sum w_i H(Q_i)
 */
#ifndef REF_ELBO_H
#define REF_ELBO_H

#include "ref/reject.h"
#include "ref/status.h"

#include <stddef.h>

/* One prompt's tables; all borrowed. */
typedef struct ref_elbo_prompt {
    size_t Y;                 /* latents */
    const double *log_prior;  /* (Y) */
    const double *log_accept; /* (Y) <= 0, -inf where rejected */
    const double *h;          /* (Y,d) row-major; only moments reads it */
    const double *s;          /* (Y,d) row-major; rows with a = 0 are never used */
} ref_elbo_prompt;

typedef struct ref_elbo_model {
    size_t m, d;
    const double *w;               /* (m) */
    const ref_elbo_prompt *prompt; /* (m) */
} ref_elbo_model;

/* Laws Q of all prompts stand one after another: Y_1 numbers, then Y_2, ... */

/* log p = log sum_y P(y|x) a(y); -inf when nothing is accepted.        [gvm:eq2] */
REF_API double ref_elbo_log_marginal(const ref_elbo_prompt *x);

/* E-step of one prompt:  Q(y) = P(y|x) a(y) / p.
 *
 *   Q         out, (Y)
 *   returns   REF_OK; REF_EDOM with Q untouched when p is 0 or not a number
 *   label     [gvm:eq3]
 */
REF_API REF_MUST ref_status ref_elbo_posterior(double *Q, const ref_elbo_prompt *x);

/* Shannon entropy  H(Q) = -sum Q log Q >= 0, with 0 log 0 = 0.         [gvm:eq4] */
REF_API double ref_elbo_entropy(const double *Q, size_t Y);

/* L = -sum_i w_i log p_i.                                              [gvm:eq3] */
REF_API double ref_elbo_loss(const ref_elbo_model *model);

/* M-step objective  J_Q = -sum_i w_i E_{Q_i} log P(y,z_i|x_i); +inf when Q puts mass
 * where the joint has none.                                            [gvm:eq4] */
REF_API double ref_elbo_objective(const ref_elbo_model *model, const double *Q);

/* Surrogate  L_t = J_Q - sum_i w_i H(Q_i) >= L, the negative ELBO. The paper prints
 * "+ sum H", which is not a majorant.                              [spec:gvm 1.2] */
REF_API double ref_elbo_surrogate(const ref_elbo_model *model, const double *Q);

/* Gap  sum_i w_i KL(Q_i || posterior_i) >= 0, summed term by term; by the majorisation
 * identity it equals L_t - L.                                      [spec:gvm 1.2] */
REF_API double ref_elbo_gap(const ref_elbo_model *model, const double *Q);

/* g (d) <- grad J_Q = -sum_i w_i E_{Q_i} s_i; also grad L_t.            [gvm:eq5] */
REF_API void ref_elbo_gradient(double *g, const ref_elbo_model *model, const double *Q);

/* mu (d) <- E_Q s; with Q the posterior this is grad log p (Fisher).
 *                                                                  [spec:gvm 1.3] */
REF_API void ref_elbo_mean_score(double *mu, const ref_elbo_prompt *x, const double *Q,
                                 size_t d);

/* Louis identity  Hess(-log p) = E_Q[Hess(-log P(y,z))] - Cov_Q(s).
 *
 *   hessian    out, (d,d)
 *   Q          (Y) posterior at the same theta
 *   mu         (d) E_Q s
 *   curvature  (Y,d,d) Hess(-log P(y,z|x)) per latent
 *   label      [spec:gvm 1.3]
 */
REF_API void ref_elbo_louis(double *hessian, const ref_elbo_prompt *x, const double *Q,
                            const double *mu, const double *curvature, size_t d);

/* Exact moments of one prompt. */
typedef struct ref_elbo_moments {
    double log_p;
    double G1;                 /* E_Q|s|, the mean norm of the released code */
    ref_reject_moments reject; /* p, S2, mu2, v, H2, HR, W2 */
} ref_elbo_moments;

/* Moments under the posterior Q and the prior P of one prompt.
 *
 *   S2 = E_Q|s|^2   v = E_Q|s-mu|^2   H2 = E_P|h|^2   HR = E_P(1-a)|h|^2
 *   W2 = E_P a^2|s|^2
 *
 *   Q, mu     out, (Y) and (d): posterior and E_Q s; untouched on failure too
 *   returns   REF_OK; REF_EDOM when p is 0 or not a number
 *   label     [spec:sim 1]
 */
REF_API REF_MUST ref_status ref_elbo_prompt_moments(ref_elbo_moments *out, double *Q,
                                                    double *mu,
                                                    const ref_elbo_prompt *x, size_t d);

#endif
