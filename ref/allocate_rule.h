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
} ref_allocate_input;

/* share (m) <- the rule's shares, sum 1; untouched on failure. */
typedef ref_status ref_allocate_share(double *share, const ref_allocate_input *in,
                                      void *user, ref_why *why);

/* A rule that decides draw by draw: how many more draws now, given n drawn so far with
 * K accepted, and the round; 0 ends the prompt. uniform in (0,1] feeds the rule's coins.*/
typedef size_t ref_allocate_more(const ref_allocate_input *in, size_t i, size_t n,
                                 size_t K, double uniform, void *user);

typedef struct ref_allocate_rule {
    const char *name;          /* "gvm" */
    const char *formula;       /* "G/sqrt(p + alpha p^(1-beta))" */
    const char *source;        /* label, "gvm:prop1" */
    ref_allocate_share *share; /* expected shares; never NULL */
    ref_allocate_more *more;   /* NULL for rules that fix n_i in advance */
    void *user;                /* handed to the callbacks */
} ref_allocate_rule;

/* The table; count may be NULL. */
REF_API const ref_allocate_rule *ref_allocate_rules(size_t *count);

/* The rule of that name, NULL if there is none. */
REF_API const ref_allocate_rule *ref_allocate_rule_find(const char *name);

#endif
