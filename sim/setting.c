/* setting.c -- see setting.h. */
#include "sim/setting.h"

#include <math.h>

double sim_setting_item(const sim_config *c, const char *name, size_t i)
{
    double x[SIM_SETTING_MOST] = {0};
    (void)sim_config_list(c, name, x, SIM_SETTING_MOST);
    return x[i];
}

size_t sim_setting_length(const sim_config *c, const char *name)
{
    return sim_config_list(c, name, NULL, 0);
}

static ref_status check_number(const char *name, double x, double low, double high,
                               ref_why *why)
{
    if (x >= low && x <= high) return REF_OK;
    return ref_fail(why, REF_EUSAGE, "%s: %g is outside [%g, %g]", name, x, low, high);
}

static ref_status check_whole(const char *name, double x, double low, double high,
                              ref_why *why)
{
    REF_TRY(check_number(name, x, low, high, why));
    if (x == floor(x)) return REF_OK;
    return ref_fail(why, REF_EUSAGE, "%s: %g is not a whole number", name, x);
}

typedef ref_status item_check(const char *name, double x, double low, double high,
                              ref_why *why);

static ref_status check_each(item_check *check, const sim_config *c, const char *name,
                             double low, double high, ref_why *why)
{
    double x[SIM_SETTING_MOST];
    const size_t count = sim_config_list(c, name, x, SIM_SETTING_MOST);
    if (count > SIM_SETTING_MOST)
        return ref_fail(why, REF_EUSAGE, "%s: at most %d values", name,
                        SIM_SETTING_MOST);
    for (size_t i = 0; i < count; i++) REF_TRY(check(name, x[i], low, high, why));
    return REF_OK;
}

ref_status sim_setting_range(const sim_config *c, const char *name, double low,
                             double high, ref_why *why)
{
    return check_number(name, sim_config_number(c, name), low, high, why);
}

ref_status sim_setting_list(const sim_config *c, const char *name, double low,
                            double high, ref_why *why)
{
    return check_each(check_number, c, name, low, high, why);
}

ref_status sim_setting_count(const sim_config *c, const char *name, double low,
                             double high, ref_why *why)
{
    return check_whole(name, sim_config_number(c, name), low, high, why);
}

ref_status sim_setting_counts(const sim_config *c, const char *name, double low,
                              double high, ref_why *why)
{
    return check_each(check_whole, c, name, low, high, why);
}
