/* allocate_rule.h -- every allocation rule behind one table, name -> rule.
 *
 * The simulator, `gvm allocate` and the trainer look rules up here; a user's own rule
 * is one more ref_allocate_rule with a callback.
 *
 * Symbols (paper -> code)
 *   m, N      m, budget   prompts; samples to spend in all
 *   p_i       p[i]        acceptance rate (true or estimated)
 *   G_i       G[i]        gradient norm of an accepted sample (true or estimated)
 *   u_i       share[i]    n_i / N, sums to 1
 */
#ifndef REF_ALLOCATE_RULE_H
#define REF_ALLOCATE_RULE_H

#include "ref/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every weight zero: an error, or each prompt the same. The released code divides by
 * zero there; simulations of a pilot stage ask for uniform. */
typedef enum ref_allocate_zero {
    REF_ALLOCATE_ZERO_ERROR, /* REF_EDOM */
    REF_ALLOCATE_ZERO_UNIFORM
} ref_allocate_zero;

/* What a rule may look at. p and G are always there; the rest may be NULL, and a rule
 * that needs what is not there returns REF_EUSAGE and says which column it lacks. */
typedef struct ref_allocate_input {
    size_t m;
    double budget;           /* N > 0, before rounding */
    const double *p;         /* (m) in [0,1] */
    const double *G;         /* (m) >= 0 */
    const double *weight;    /* (m) w_i >= 0; NULL: equal */
    const double *S2;        /* (m) E_Q|s|^2; NULL: G^2 */
    const double *mu2;       /* (m) |mu|^2 */
    const double *H2;        /* (m) E_P|h|^2 */
    const double *S2_wrong;  /* (m) mean squared score norm of rejected samples */
    const double *cost;      /* (m) cost of one sample > 0; NULL: 1 */
    double alpha, beta;      /* GVM's regulariser; 1e-3 and 2 in the paper */
    double prior_a, prior_b; /* Beta prior of rules that smooth p; 0, 0: none */
    size_t pilot;            /* N', draws behind p; 0: p is exact */
    ref_allocate_zero zero;  /* what all-zero weights mean */
    size_t target;           /* successes a prompt is drawn to; 0: the rule's default */
    size_t group;            /* draws per round or group; 0: the rule's default */
    size_t min, max;         /* the rule's own bounds on n_i; 0: the rule's default */
    double tau;              /* temperature of prompt sampling; 0: the rule's default */
    double explore;          /* probability or offset; 0: the rule's default */
    const double *visits;    /* (m) consecutive visits without signal */
    const double *draws;     /* (m) draws behind p_i where they differ; NULL: pilot */
    const double *share;     /* (m) shares that the rule returned, for its `more` */
    uint32_t seed, step;     /* of rules that toss coins of their own */
} ref_allocate_input;

/* share (m) <- the rule's shares, sum 1; untouched on failure. */
typedef ref_status ref_allocate_share(double *share, const ref_allocate_input *in,
                                      void *user, ref_why *why);

/* A rule that decides draw by draw: how many more draws now, given n drawn so far with
 * K accepted; 0 ends the prompt. uniform in (0,1] is the prompt's coin of this step,
 * the same at every call. A rule never asks for a draw that it might regret: calling
 * again after each single draw gives the same stopping time, groups and rounds
 * apart. */
typedef size_t ref_allocate_more(const ref_allocate_input *in, size_t i, size_t n,
                                 size_t K, double uniform, void *user);

typedef struct ref_allocate_rule {
    const char *name;          /* "gvm" */
    const char *formula;       /* "G/sqrt(p + alpha p^(1-beta))" */
    const char *source;        /* label, "gvm:prop1" */
    ref_allocate_share *share; /* expected shares; never NULL */
    ref_allocate_more *more;   /* NULL for rules that fix n_i in advance */
    void *user;                /* handed to the callbacks */
    bool variance;             /* shares ~ sqrt(c_i): they minimise sum c_i/n_i */
    const char *parameters;    /* "alpha beta": those of the input that it looks at, of
                                * alpha beta prior group target min max tau explore seed;
                                * NULL: not said */
} ref_allocate_rule;

/* The table; count may be NULL. Formulas use w = weight, l = cost, p = the smoothed
 * rate (ref_allocate_rate), q = 1-p, v = S2 - |mu|^2. Rules of kind `variance` multiply
 * by w and divide by sqrt(l); the others are what their papers say and look at neither.
 * Where a formula divides by p, p = 0 gets weight 0. Sequential rules return expected
 * draws, capped, as shares of their sum; `more` draws without regard to the budget.
 *
 *   parameter of the input left 0 means
 *     group     8; 4 for reinforce-ada-seq and -balance
 *     target    4; 2 of each kind for reinforce-ada-balance
 *     max       128; 32 for dars-*; 24 for speed; no limit for reinforce-ada-est, vip-*
 *     min       0; 2 for vip-rloo and knapsack; 3 for vip-dr-grpo
 *     tau       1 for cures-prompt
 *     explore   1/2 for greso; 1e-3 for reinforce-ada-est, added to p
 *     prior     none; Beta(1,1) for mopps; fitted by moments for empirical-bayes and plus
 *               where there are draws behind p
 *
 *   returns   every share function: REF_OK; REF_EUSAGE naming the column it lacks;
 *             REF_ESHAPE, REF_EDOM naming index and value; REF_EINFEASIBLE; REF_ENOMEM
 *   label     [spec:gvm 9][spec:sim 3.1][spec:sim 3.2]
 */
REF_API const ref_allocate_rule *ref_allocate_rules(size_t *count);

/* The rule of that name, NULL if there is none. */
REF_API const ref_allocate_rule *ref_allocate_rule_find(const char *name);

/* Does the rule look at this parameter, "alpha" or another of ref_allocate_rule? True for
 * a rule that does not say. */
REF_API bool ref_allocate_rule_reads(const ref_allocate_rule *rule,
                                     const char *parameter);

/* Every column and parameter of in: REF_OK; REF_ESHAPE; REF_EUSAGE where p or G is
 * missing or a prior has no draws behind p; REF_EDOM naming column, index and value. */
REF_API REF_MUST ref_status ref_allocate_check_input(const ref_allocate_input *in,
                                                     ref_why *why);

/* Acceptance rate that rules see: p_i, or (n p_i + a)/(n + a + b) where a Beta(a,b)
 * prior is given and n = draws_i (pilot where draws is NULL).         [spec:sim 3.2] */
REF_API double ref_allocate_rate(const ref_allocate_input *in, size_t i);

/* Beta(a,b) prior of acceptance rates by moments across prompts: pooled mean with half
 * a success and half a failure added, so that 0 < mean < 1; between-prompt correlation
 * from sum n_i (K_i/n_i - mean)^2.
 *
 *   a, b      out; a + b at most total draws: equal rates are not told apart further
 *   p, n      (m) rates K_i/n_i and draws n_i > 0, real-valued
 *   returns   REF_OK; REF_ESHAPE for m = 0; REF_EDOM
 *   label     [spec:sim 3.2]
 */
REF_API REF_MUST ref_status ref_allocate_prior(double *a, double *b, const double *p,
                                               const double *n, size_t m, ref_why *why);

/* Expected draws until `right` accepted and `wrong` rejected samples are there, drawn
 * in rounds of `round`, at most `cap` in all:  sum over rounds of its size x P(not
 * yet). right or wrong may be 0. O(cap).                                [spec:gvm 9] */
REF_API double ref_allocate_expected_draws(double p, size_t right, size_t wrong,
                                           size_t round, size_t cap);

/* RRIS: kappa_i = N share_i p_i, expected successes that prompt i is drawn to. Needs
 * in->share. The estimator's weight is 1/kappa where kappa < 1, else 1.
 *                                                                     [spec:sim 3.3] */
REF_API double ref_allocate_rris_kappa(const ref_allocate_input *in, size_t i);

/* RRIS: successes to draw to, floor(kappa) plus one with probability frac(kappa).
 *                                                                     [spec:sim 3.3] */
REF_API size_t ref_allocate_rris_successes(double kappa, double uniform);

#endif
