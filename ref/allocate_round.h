/* allocate_round.h -- from shares to whole samples the way people do it.
 *
 * Symbols (paper -> code)
 *   m, N      m, budget   prompts; samples to spend, at most 2^53       counts
 *   u_i       share[i]    >= 0, summing to 1 up to round-off
 *   r_i       n[i]        whole samples                                 counts
 *   phat_i    p[i]        acceptance rate seen in the pilot stage
 *
 * Ties go to the lower index: the released code sorts by an unstable method, so that
 * its ties depend on the platform; a stable order is one of its possible answers.
 */
#ifndef REF_ALLOCATE_ROUND_H
#define REF_ALLOCATE_ROUND_H

#include "ref/status.h"

#include <stddef.h>

/* Released rounding, float_to_int_preserve_sum: r_i = u_i N to the nearest, halves to
 * even; then one up for the largest residuals u_i N - r_i, or one down for the
 * smallest, until sum r = N. |r_i - u_i N| < 1, r_i >= 0, and u_i = 0 stays 0.
 *
 *   n         out, (m)
 *   returns   REF_OK; REF_ESHAPE; REF_EDOM naming index and value, or when the shares
 *             do not sum to 1 closely enough for a sum of N; REF_ENOMEM
 *   label     [spec:gvm 3.4]
 */
REF_API REF_MUST ref_status ref_allocate_round_official(size_t *n, const double *share,
                                                        size_t m, size_t budget,
                                                        ref_why *why);

/* The paper's appendix B: r_i = floor(u_i N); what is left goes one by one to the
 * prompts with u_i > 0 and the lowest acceptance rates.
 *
 *   n         out, (m)
 *   p         (m) in [0,1]
 *   returns   as above
 *   label     [spec:gvm 3.4]
 */
REF_API REF_MUST ref_status ref_allocate_round_appendix_b(size_t *n,
                                                          const double *share,
                                                          const double *p, size_t m,
                                                          size_t budget, ref_why *why);

/* Largest remainder (Hamilton): r_i = floor(u_i N), then one up for the largest
 * remainders.   Arguments and returns as above.                       [spec:sim 3.1] */
REF_API REF_MUST ref_status ref_allocate_round_remainder(size_t *n, const double *share,
                                                         size_t m, size_t budget,
                                                         ref_why *why);

/* The released code's two filters, between its two normalisations:
 *   threshold > 0:     u_i = 0 where phat_i > threshold
 *   insufficient > 0:  u_i = 0 where phat_i u_i N < insufficient, one pass, before the
 *                      shares are made to sum to 1 again
 *
 *   share     in and out, (m); summing to 1; untouched on failure
 *   p         (m) in [0,1]
 *   returns   REF_OK; REF_ESHAPE; REF_EDOM, also when nothing is left (the released
 *             code divides by zero there); REF_ENOMEM
 *   label     [spec:gvm 3.3]
 */
REF_API REF_MUST ref_status ref_allocate_filter(double *share, const double *p,
                                                size_t m, double budget,
                                                double threshold, double insufficient,
                                                ref_why *why);

/* The trainer's align_chunk: pads sum n up to a multiple of `ranks` by one each, round
 * robin over the batch from the largest n_i down. A batch with sum 0 is skipped.
 *
 *   n         in and out, (m)
 *   added     out, samples added, < ranks; 0 for a skipped batch; may be NULL
 *   returns   REF_OK; REF_ESHAPE for m = 0 or ranks = 0; REF_EDOM when sum n passes
 *             2^53; REF_ENOMEM
 *   label     [spec:gvm 3.4]
 */
REF_API REF_MUST ref_status ref_allocate_align_chunk(size_t *n, size_t *added, size_t m,
                                                     size_t ranks, ref_why *why);

#endif
