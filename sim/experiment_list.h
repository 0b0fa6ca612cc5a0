/* experiment_list.h -- every experiment, one line each, in the order of `gvm-sim list`.
 * Included with SIM_EXPERIMENT(symbol) defined; see experiment.h. */
SIM_EXPERIMENT(sim_experiment_pilot_ceiling)
