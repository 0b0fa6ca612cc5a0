/* exact_bvpo.h -- `gvm-sim exact bvpo` and `gvm-sim exact quadratic`.
 *
 * argv holds the options alone (argc of them, neither program nor family name), as
 * `--name value` or `--name=value`; a name given twice takes the later value.
 */
#ifndef SIM_EXACT_BVPO_H
#define SIM_EXACT_BVPO_H

#include "ref/status.h"

#include <jansson.h>

/* Exact moments of the finite preference model.
 *
 *   options   --model-seed 20251006 --beta 1 --tau 1 --kappa 0.5
 *             --coupling paired|prompt|indep --batch 1
 *   out       new reference: L_m L_t L_e mu (array) mu2 A B C D alpha_unc alpha_star
 *             MSE_star MSE_half b_t2 b_e2 b_te tr_S_t tr_S_e tr_S_te condvar;
 *             covariances and condvar are divided by the batch
 *   returns   REF_OK; REF_EUSAGE; REF_EDOM; REF_ENOMEM; *out untouched then
 *   label     [spec:bvpo 3.3]
 */
REF_MUST ref_status sim_exact_bvpo(int argc, char **argv, json_t **out, ref_why *why);

/* Exact run of SGD on the quadratic testbed against the bound of Theorem 3.
 *
 *   options   --lam --start --b-t --b-e --S-t --S-e --S-te lists of one length (numbers
 *             separated by commas; the last five may be left out: zeros)
 *             --alpha 1 --eta 0.5 --steps 50
 *   out       new reference: alpha eta steps L F_0 F_K average_gradient2 b_c2 s_c2 bound
 *             bound_F_K alpha_floor; bound is null for eta L > 1
 *   returns   REF_OK; REF_EUSAGE; REF_EDOM; REF_ENOMEM; *out untouched then
 *   label     [spec:bvpo 3.6]
 */
REF_MUST ref_status sim_exact_quadratic(int argc, char **argv, json_t **out,
                                        ref_why *why);

#endif
