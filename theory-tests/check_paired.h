/* check_paired.h -- two trainings on common random numbers: how much dearer one is.
 *
 * Symbols (paper -> code)
 *   a_k, b_k  -        costs of replica k to a goal                steps or draws
 *   S         S        replicas
 *   r         ratio    mean of a_k/b_k over the replicas
 */
#ifndef THEORY_TESTS_CHECK_PAIRED_H
#define THEORY_TESTS_CHECK_PAIRED_H

#include "sim/em.h"

/* Most replicas of a comparison. */
enum { CHECK_PAIRED_MOST = 64 };

/* Mean of the replicas' ratios and its standard error; NaN where a replica of either
 * training does not reach the goal, so that no claim can rest on it. */
typedef struct check_paired {
    double ratio, se;
    size_t S;
} check_paired;

/* The realisable problem of the runs: m = 128, Y = 32, d = 64, kA = 4, U>=1e-4.
 *                                                                     [spec:sim 5.2] */
bool check_paired_problem(sim_problem *p);

/* All replicas of a method from sim_methods with so many draws per prompt, and as many
 * again of a pilot where it has one. The rest of t is the caller's. */
bool check_paired_train(sim_curves *v, const sim_problem *p, sim_training t,
                        const char *method, double draws);

/* a's cost to the goal over b's, replica by replica; the first ones of the longer. */
check_paired check_paired_cost(const sim_curves *a, const sim_curves *b,
                               const sim_goal *goal);

/* Standard errors that the ratio is outside low..high (0 inside), and that it is away from
 * a wrong value; scaled so that 4.9 is Student's limit with S - 1 degrees of freedom at
 * the false-alarm rate of CHECK_Z_LIMIT, for the tails are heavier than the normal's. */
double check_paired_outside(const check_paired *x, double low, double high);
double check_paired_from(const check_paired *x, double wrong);

#endif
