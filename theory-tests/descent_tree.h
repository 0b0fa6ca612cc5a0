/* descent_tree.h -- stochastic EM on a finite model, all outcomes enumerated.
 *
 * T E-steps with k M-steps each. Every M-step draws n fresh rationales per prompt from
 * the policy of the last E-step, so a run is a path in a tree with (outcomes)^(kT)
 * leaves; everything below is an exact expectation over the leaves.  [spec:gvm 6.1]
 */
#ifndef THEORY_TESTS_DESCENT_TREE_H
#define THEORY_TESTS_DESCENT_TREE_H

#include "ref/descent.h"

#include "theory-tests/finite_model.h"

typedef struct descent_tree {
    finite_model *model; /* its tables are overwritten */
    ref_reject_estimator estimator;
    size_t n, k, T;
    double eta;
    bool average; /* an E-step starts from the mean of the k iterates, not the last */

    /* results of descent_tree_run */
    ref_descent_run run; /* eta, gamma, k, D1, D2, D3, Omega */
    double start, end;   /* L(theta_0), E L where the run ends */
    double
        mean_surrogate;  /* sum_t [(1/k) sum_{r=1..k} E L_t(theta_r) - L_t(theta_0)] */
    double move, path;   /* sum_t of the moves of theorems 2' and 3' */
    double mass;         /* of all leaves, 1 up to round-off */
    double lemma;        /* worst violation of the descent lemma, exact E g */
    double biased;       /* the same of its form for biased estimators */
    double largest_bias; /* max |b| met */
} descent_tree;

/* Enumerate from theta (d). */
void descent_tree_run(descent_tree *t, const double *theta);

#endif
