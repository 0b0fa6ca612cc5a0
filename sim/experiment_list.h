/* experiment_list.h -- every experiment, one line each, in the order of `gvm-sim list`.
 * Included with SIM_EXPERIMENT(symbol) defined; see experiment.h. */
SIM_EXPERIMENT(sim_experiment_pilot_ceiling)
SIM_EXPERIMENT(sim_experiment_allocation_p)
SIM_EXPERIMENT(sim_experiment_allocation_map)
SIM_EXPERIMENT(sim_experiment_weight_curve)
SIM_EXPERIMENT(sim_experiment_estimator_mse)
SIM_EXPERIMENT(sim_experiment_variance_heterogeneity)
SIM_EXPERIMENT(sim_experiment_variance_budget)
SIM_EXPERIMENT(sim_experiment_gain_profile)
SIM_EXPERIMENT(sim_experiment_bounds)
SIM_EXPERIMENT(sim_experiment_alpha_beta)
SIM_EXPERIMENT(sim_experiment_share_pilot)
SIM_EXPERIMENT(sim_experiment_n_histogram)
