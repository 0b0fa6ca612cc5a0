/* bvpo_trace.h -- the trace variance report: how much noisier is thinking?
 *
 * Rows stream in, one per sampled output: prompt, mode, token counts and log-probabilities
 * of trace and answer (natural log, sums over tokens). Memory grows with prompts, not rows.
 *
 * Symbols (paper -> code)
 *   T, N          mode 0, 1     thinking, no thinking
 *   len, lp       -             n_trace + n_ans, lp_trace + lp_ans
 *   s2_p(q)       -             unbiased variance over the samples of prompt p
 *   V_q           within        mean over prompts of s2_p(q)
 *   R_q           ratio[]       V_q(T)/V_q(N) and kin
 */
#ifndef REF_BVPO_TRACE_H
#define REF_BVPO_TRACE_H

#include "ref/numeric.h"
#include "ref/status.h"

#include <stddef.h>
#include <stdint.h>

typedef enum ref_bvpo_mode { REF_BVPO_THINKING, REF_BVPO_EMPTY } ref_bvpo_mode;

/* name, meaning */
#define REF_BVPO_RATIO_LIST(X)                                                         \
    X(REF_BVPO_R_LP, "R_lp", "within-prompt variance of log-prob, T/N")                \
    X(REF_BVPO_R_LEN, "R_len", "within-prompt variance of length, T/N")                \
    X(REF_BVPO_R_LP_POOLED, "R_lp_pooled", "variance of log-prob over all rows, T/N")  \
    X(REF_BVPO_R_LEN_POOLED, "R_len_pooled", "variance of length over all rows, T/N")  \
    X(REF_BVPO_R_MEAN, "R_mean", "mean length, T/N")                                   \
    X(REF_BVPO_R_NLL, "R_nll", "per-token NLL, sums of tokens (micro), T/N")           \
    X(REF_BVPO_R_NLL_MACRO, "R_nll_macro", "per-token NLL, mean of rows, T/N")         \
    X(REF_BVPO_SHARE, "share", "trace tokens over all tokens in T rows")               \
    X(REF_BVPO_R_SEG, "R_seg", "micro NLL of traces over that of their answers, T rows")

typedef enum ref_bvpo_ratio {
#define REF_BVPO_RATIO_ENUM(id, name, meaning) id,
    REF_BVPO_RATIO_LIST(REF_BVPO_RATIO_ENUM)
#undef REF_BVPO_RATIO_ENUM
        REF_BVPO_RATIO_COUNT
} ref_bvpo_ratio;

/* Short name of a ratio; NULL outside the list. */
REF_API const char *ref_bvpo_ratio_name(ref_bvpo_ratio r);

typedef struct ref_bvpo_row {
    size_t prompt; /* index below the number of prompts */
    ref_bvpo_mode mode;
    double n_trace, n_ans;   /* tokens, >= 0, sum > 0 */
    double lp_trace, lp_ans; /* <= 0 */
} ref_bvpo_row;

/* Running sums of one prompt in one mode. */
typedef struct ref_bvpo_cell {
    ref_moment lp, len, lp_trace, lp_ans;
    double n_trace, n_ans;     /* sums of tokens */
    double nll_trace, nll_ans; /* sums of -log-prob */
    double nll_rows;           /* sum over rows of -lp/len */
} ref_bvpo_cell;

typedef struct ref_bvpo_trace {
    size_t prompts;
    ref_bvpo_cell *cell; /* (prompts,2), owned */
} ref_bvpo_trace;

typedef struct ref_bvpo_mode_report {
    double rows;
    double within_lp, within_len; /* V_q */
    double pooled_lp, pooled_len; /* variance over all rows, ddof 1 */
    double mean_lp, mean_len;
    double nll_micro, nll_macro;
    /* within-prompt parts: Var lp = Var lp_trace + Var lp_ans + 2 Cov */
    double within_trace, within_ans, covariance, correlation;
} ref_bvpo_mode_report;

typedef struct ref_bvpo_trace_report {
    ref_bvpo_mode_report mode[2];
    double ratio[REF_BVPO_RATIO_COUNT];
} ref_bvpo_trace_report;

/* REF_OK; REF_ESHAPE for no prompts; REF_ENOMEM. */
REF_API REF_MUST ref_status ref_bvpo_trace_init(ref_bvpo_trace *t, size_t prompts);
REF_API void ref_bvpo_trace_free(ref_bvpo_trace *t);

/* Take in one row.
 *
 *   returns   REF_OK; REF_EDOM for a prompt out of range, a count below 0, no tokens, a
 *             positive or non-finite log-probability; t untouched then
 *   label     [spec:bvpo 5.4]
 */
REF_API REF_MUST ref_status ref_bvpo_trace_add(ref_bvpo_trace *t,
                                               const ref_bvpo_row *row, ref_why *why);

/* The report over all prompts.
 *
 *   copies    (prompts) how often each prompt counts: 0 leaves it out, 2 takes it twice
 *             (bootstrap); NULL for once each
 *   returns   REF_OK; REF_EDOM where a counted prompt has fewer than 2 rows in a mode
 *   label     [spec:bvpo 5.4]
 */
REF_API REF_MUST ref_status ref_bvpo_trace_summary(ref_bvpo_trace_report *out,
                                                   const ref_bvpo_trace *t,
                                                   const unsigned *copies,
                                                   ref_why *why);

typedef struct ref_bvpo_interval {
    double low, high;
} ref_bvpo_interval;

/* Delete-one-prompt jackknife of log R:  R exp(-+ z se), se^2 = (P-1)/P sum_p
 * (log R_(-p) - mean)^2. O(prompts^2).
 *
 *   out       (REF_BVPO_RATIO_COUNT); untouched on failure
 *   z         normal quantile, > 0; 1.96 for 95 %
 *   returns   REF_OK; REF_ESHAPE for fewer than 3 prompts; REF_ENOMEM; as the summary
 *   label     [spec:bvpo 5.4]
 */
REF_API REF_MUST ref_status ref_bvpo_trace_jackknife(ref_bvpo_interval *out,
                                                     const ref_bvpo_trace *t, double z,
                                                     ref_why *why);

/* Percentile bootstrap over prompts, B resamples from a Philox stream.
 *
 *   out       (REF_BVPO_RATIO_COUNT); untouched on failure
 *   B         resamples, >= 1000
 *   coverage  in (0,1), such as 0.95
 *   returns   REF_OK; REF_ESHAPE for B < 1000 or fewer than 3 prompts; REF_EDOM;
 *             REF_ENOMEM; as the summary
 *   label     [spec:bvpo 5.4]
 */
REF_API REF_MUST ref_status ref_bvpo_trace_bootstrap(ref_bvpo_interval *out,
                                                     const ref_bvpo_trace *t, size_t B,
                                                     double coverage, uint32_t seed,
                                                     ref_why *why);

/* ---- the token-level toy with exact answers ----------------------------------------- */

/* A segment emits tokens while a coin of probability c says so, then an end token. */
typedef struct ref_bvpo_segment {
    double mean_length, var_length; /* end token included */
    double mean_lp, var_lp;
} ref_bvpo_segment;

/* E N = c/(1-c) + 1, Var N = c/(1-c)^2, E lp = (c/(1-c)) m + log(1-c),
 * Var lp = (c/(1-c)) V + Var N m^2, with m = log c - H, H entropy and V varentropy of p.
 *
 *   c         continue probability in (0,1)
 *   p         (k) law of a token, > 0, sum 1
 *   returns   the moments; NaN fields for c outside (0,1)
 *   label     [spec:bvpo 5.4]
 */
REF_API ref_bvpo_segment ref_bvpo_segment_moments(double c, const double *p, size_t k);

/* Wald/Anscombe variance of a sum of i.i.d. terms stopped at random: E[N] v + Var(N) m^2.
 *                                                                     [spec:bvpo 5.4] */
REF_API double ref_bvpo_wald_variance(double mean_length, double var_length, double m,
                                      double v);

#endif
