/* experiment_bvpo.h -- what the BVPO experiments share: an open model, intervals. */
#ifndef SIM_EXPERIMENT_BVPO_H
#define SIM_EXPERIMENT_BVPO_H

#include "sim/experiment.h"
#include "sim/family_bvpo.h"

/* Parameters of the default shape. */
#define SIM_BVPO_D     8
#define SIM_BVPO_SEEDS 100

/* A model at theta with its exact moments. */
typedef struct sim_bvpo_study {
    sim_bvpo m;
    sim_bvpo_table t;
    sim_bvpo_exact x;
    double mu[SIM_BVPO_D];
} sim_bvpo_study;

/* REF_OK, or a failure with nothing left to close. */
REF_MUST ref_status sim_bvpo_study_open(sim_bvpo_study *s, double beta, double tau,
                                        double kappa, sim_bvpo_coupling coupling,
                                        ref_why *why);
void sim_bvpo_study_close(sim_bvpo_study *s);

/* At most SIM_BVPO_SEEDS seeds: their results are kept side by side. */
REF_MUST ref_status sim_bvpo_check_seeds(const sim_config *c, ref_why *why);

/* Mean over seeds and its 95 % interval, mean -+ t se with Student's t. */
typedef struct sim_bvpo_band {
    double mean, low, high;
} sim_bvpo_band;

sim_bvpo_band sim_bvpo_band_of(const double *x, size_t seeds);

/* Append mean, low, high. */
void sim_bvpo_rows_band(sim_rows *out, sim_bvpo_band band);

#endif
