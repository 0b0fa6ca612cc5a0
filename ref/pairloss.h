/* pairloss.h -- losses of a preference pair: DPO and its family.
 *
 * Symbols (paper -> code)
 *   lp+, lp-    plus, minus            summed log-prob of the preferred, other answer
 *   ref+, ref-  ref_plus, ref_minus    the same under the reference policy
 *   len+, len-  len_plus, len_minus    scored tokens
 *   D           D                      (lp+ - ref+) - (lp- - ref-)
 *   beta        beta                   inverse temperature of the implicit reward
 *   z           z                      beta D, the margin
 *   e           smoothing              label-smoothing or flip rate
 *   gamma       gamma                  SimPO's target margin
 *   a           length_weight          R-DPO's price of a token
 *   lam         sft                    weight of the SFT term
 *   sigma       ref_sigmoid
 */
#ifndef REF_PAIRLOSS_H
#define REF_PAIRLOSS_H

#include "ref/status.h"

#include <stddef.h>

/* name, loss as a function of z (D for IPO, u for SimPO) */
#define REF_PAIRLOSS_LIST(X)                                                           \
    X(REF_PAIRLOSS_DPO, "dpo", "softplus(-z)")                                         \
    X(REF_PAIRLOSS_CONSERVATIVE, "conservative", "(1-e) softplus(-z) + e softplus(z)") \
    X(REF_PAIRLOSS_ROBUST, "robust", "[(1-e) softplus(-z) - e softplus(z)]/(1-2e)")    \
    X(REF_PAIRLOSS_HINGE, "hinge", "max(0, 1-z)")                                      \
    X(REF_PAIRLOSS_IPO, "ipo", "(D - 1/(2 beta))^2")                                   \
    X(REF_PAIRLOSS_IPO_TOKEN_MEAN, "ipo-token-mean",                                   \
      "(D - 1/(2 beta))^2, log-probs per token")                                       \
    X(REF_PAIRLOSS_SIMPO, "simpo",                                                     \
      "softplus(-u), u = beta(lp+/len+ - lp-/len-)-gamma")                             \
    X(REF_PAIRLOSS_RDPO, "r-dpo", "softplus(-(z - a(len+ - len-)))")                   \
    X(REF_PAIRLOSS_DPO_SFT, "dpo-sft", "softplus(-z) - lam lp+/len+")

typedef enum ref_pairloss_kind {
#define REF_PAIRLOSS_ENUM(id, name, formula) id,
    REF_PAIRLOSS_LIST(REF_PAIRLOSS_ENUM)
#undef REF_PAIRLOSS_ENUM
        REF_PAIRLOSS_COUNT
} ref_pairloss_kind;

typedef struct ref_pairloss_choices {
    ref_pairloss_kind kind;
    double beta;          /* > 0 */
    double smoothing;     /* conservative: 0 <= e <= 1; robust: 0 <= e < 1/2 */
    double gamma;         /* SimPO */
    double length_weight; /* R-DPO */
    double sft;           /* DPO + SFT, lam >= 0 */
} ref_pairloss_choices;

typedef struct ref_pairloss_pair {
    double plus, minus;
    double ref_plus, ref_minus; /* not read by SimPO */
    double len_plus, len_minus; /* > 0; read by ipo-token-mean, simpo, r-dpo, dpo-sft */
} ref_pairloss_pair;

typedef struct ref_pairloss_value {
    double loss;
    double d_plus, d_minus; /* dl/dlp+, dl/dlp- */
    double margin;          /* reward_plus - reward_minus */
    double reward_plus,
        reward_minus; /* implicit: beta (lp - ref); SimPO: beta lp/len */
    double accuracy;  /* 1 if margin > 0, else 0 */
} ref_pairloss_value;

/* Loss, derivatives and what frameworks log, of one pair.
 *
 *   returns   every field NaN outside the domain or when a number read is not finite
 *   label     [spec:bvpo 4]
 */
REF_API ref_pairloss_value ref_pairloss_evaluate(const ref_pairloss_choices *c,
                                                 const ref_pairloss_pair *pair);

/* The plain sigmoid loss as a function of its margin, and the two quantities that the
 * mixture of bvpo.h multiplies: l = softplus(-z), dl/dlp+ = -beta sigma(-z) = -dl/dlp-.
 * The curvature d2l/dD2 = beta^2 sigma(z) sigma(-z) never exceeds beta^2/4.
 *   label     [spec:bvpo 4] */
REF_API double ref_pairloss_dpo(double z);
REF_API double ref_pairloss_dpo_slope(double beta, double z);
REF_API double ref_pairloss_dpo_curvature(double beta, double z);

/* Mean over n pairs; every field is a mean, d_plus and d_minus included (they are then
 * the derivative with respect to a shift of all lp+, respectively all lp-).
 *
 *   mean      out
 *   each      out, array of n, or NULL
 *   pair      array of n, n > 0
 *   returns   REF_OK; REF_ESHAPE for n = 0; REF_EDOM with the number of the first pair
 *             outside the domain in why
 *   label     [spec:bvpo 4]
 */
REF_API REF_MUST ref_status ref_pairloss_mean(ref_pairloss_value *mean,
                                              ref_pairloss_value *each,
                                              const ref_pairloss_choices *c,
                                              const ref_pairloss_pair *pair, size_t n,
                                              ref_why *why);

/* Names of the list; find gives REF_PAIRLOSS_COUNT if there is none such, name gives "?"
 * outside the list. */
REF_API ref_pairloss_kind ref_pairloss_find(const char *name);
REF_API const char *ref_pairloss_name(ref_pairloss_kind kind);

#endif
