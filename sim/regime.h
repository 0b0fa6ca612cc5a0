/* regime.h -- the problems and trainings of the regimes [spec:sim 10] from settings. */
#ifndef SIM_REGIME_H
#define SIM_REGIME_H

#include "sim/em.h"
#include "sim/experiment.h"

/* Parameters that every regime experiment has; put them first in its table. */
#define SIM_REGIME_PARAMETERS(profile, m, Y, d, kA, lambda, seed)                      \
    {"profile", profile, "difficulty profile"}, {"prompts", m, "prompts m"},           \
        {"latents", Y, "latents per prompt Y"}, {"features", d, "features d"},         \
        {"accepted", kA, "accepted latents kA"}, {"lambda", lambda, "ridge"},          \
    {                                                                                  \
        "feature-seed", seed, "seed of the features"                                   \
    }

/* Whole number in low..high, or REF_EUSAGE with the parameter's name. */
REF_MUST ref_status sim_regime_whole(size_t *n, const sim_config *c, const char *name,
                                     size_t low, size_t high, ref_why *why);

/* The log-linear problem of the settings; variant 'R' or 'F'. */
REF_MUST ref_status sim_regime_problem(sim_problem *p, const sim_config *c,
                                       char variant, ref_why *why);

/* The k-th of the comma-separated names in a text parameter, into out (room); false
 * behind the last one. */
bool sim_regime_word(char *out, size_t room, const sim_config *c, const char *name,
                     size_t k);
size_t sim_regime_words(const sim_config *c, const char *name);

/* The method of that name from sim_methods, or REF_EUSAGE. */
REF_MUST ref_status sim_regime_method(sim_method *out, const char *name, ref_why *why);

/* Every name in a list parameter is a method. */
REF_MUST ref_status sim_regime_check_methods(const sim_config *c, const char *name,
                                             ref_why *why);

/* Minimum L* and L at the start; the minimiser goes to theta (d), may be NULL. */
REF_MUST ref_status sim_regime_optimum(const sim_problem *p, double *theta,
                                       double *best, double *first, ref_why *why);

/* mean, low, high, se of a row over replicas: 95 % interval mean +- t se. */
void sim_regime_band(sim_rows *out, const double *row, size_t S, double scale,
                     double shift);

#endif
