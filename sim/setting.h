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

/* Is a parameter inside [low, high]? _range asks it of one number, _list of each number
 * of a list; _count and _counts ask for whole numbers besides.
 *
 *   returns   REF_OK; REF_EUSAGE naming the parameter and the first wrong value, or for a
 *             list of more than SIM_SETTING_MOST
 */
REF_MUST ref_status sim_setting_range(const sim_config *c, const char *name, double low,
                                      double high, ref_why *why);
REF_MUST ref_status sim_setting_list(const sim_config *c, const char *name, double low,
                                     double high, ref_why *why);
REF_MUST ref_status sim_setting_count(const sim_config *c, const char *name, double low,
                                      double high, ref_why *why);
REF_MUST ref_status sim_setting_counts(const sim_config *c, const char *name,
                                       double low, double high, ref_why *why);

#endif
