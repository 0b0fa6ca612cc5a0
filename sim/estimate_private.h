/* estimate_private.h -- what estimate.c and sequential.c share. */
#ifndef SIM_ESTIMATE_PRIVATE_H
#define SIM_ESTIMATE_PRIVATE_H

#include "sim/estimate.h"

/* The prompts of one estimate. */
typedef struct sim_batch {
    const size_t *prompts; /* (count); NULL: 0, 1, ... */
    size_t count;
    uint32_t step;
} sim_batch;

size_t sim_batch_at(const sim_batch *b, size_t k);

/* An order with no limit on successes and no draws yet. */
sim_order sim_batch_order(const sim_estimator *e, const sim_batch *b, bool pilot);

/* The coin of prompt i in a lane, in (0,1]. */
double sim_batch_coin(const sim_estimator *e, const sim_batch *b, size_t i,
                      size_t lane);

/* share (count) <- the rule's shares in one lane; in keeps what the rule saw. */
REF_MUST ref_status sim_batch_share(sim_estimator *e, const sim_batch *b, size_t lane,
                                    ref_allocate_input *in, double *share,
                                    ref_why *why);

/* Does the rule of an oracle read exact moments that the sampler does not know? */
bool sim_inputs_need_truth(const sim_method *x);

/* e->truth <- exact moments of the batch at theta, lane by lane. */
void sim_inputs_look_up(sim_estimator *e, const sim_batch *b, const double *theta);

/* e->n of one lane <- the budget split by share, largest remainder. */
REF_MUST ref_status sim_batch_round(sim_estimator *e, const sim_batch *b, size_t lane,
                                    const double *share, ref_why *why);

/* Draws until every prompt has e->n draws; adds to e->draws. */
REF_MUST ref_status sim_batch_draw(sim_estimator *e, const sim_batch *b);

REF_MUST ref_status sim_sequential_rris(sim_estimator *e, const sim_batch *b,
                                        ref_why *why);
REF_MUST ref_status sim_sequential_more(sim_estimator *e, const sim_batch *b,
                                        ref_why *why);
REF_MUST ref_status sim_sequential_plus(sim_estimator *e, const sim_batch *b,
                                        ref_why *why);
void sim_sequential_dapo(sim_estimator *e, const sim_batch *b);
void sim_sequential_ada(sim_estimator *e, const sim_batch *b);

#endif
