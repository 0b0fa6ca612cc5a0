/* setting.h -- checks of parameters that several experiments share. */
#ifndef SIM_SETTING_H
#define SIM_SETTING_H

#include "sim/experiment.h"

/* Longest list that a parameter of these experiments may hold. */
enum { SIM_SETTING_MOST = 64 };

/* The i-th number of a list parameter, i below its length. */
double sim_setting_item(const sim_config *c, const char *name, size_t i);

/* How many numbers a list parameter holds. */
size_t sim_setting_length(const sim_config *c, const char *name);

/* REF_EUSAGE with the parameter's name unless low <= x <= high, for one number, for each
 * number of a list of at most SIM_SETTING_MOST, for a whole number. */
REF_MUST ref_status sim_setting_range(const sim_config *c, const char *name, double low,
                                      double high, ref_why *why);
REF_MUST ref_status sim_setting_list(const sim_config *c, const char *name, double low,
                                     double high, ref_why *why);
REF_MUST ref_status sim_setting_count(const sim_config *c, const char *name, double low,
                                      double high, ref_why *why);

#endif
