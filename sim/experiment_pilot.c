/* experiment_pilot.c -- what a small pilot can see, and what it cannot.
 *
 * Symbols (paper -> code)
 *   N'        pilot    draws per prompt before the allocation
 *   phat_i    -        K'_i / N'
 *   R         gain     V_uniform / V_gvm over the prompts kept (K' > 0), equal G
 */
#include "ref/reject.h"
#include "ref/rng.h"
#include "sim/experiment.h"
#include "sim/setting.h"

#include <math.h>

/* Sums over the kept prompts for weights w = 1/sqrt(phat). */
typedef struct kept {
    double count, w, inverse_p, inverse_pw, inverse_phat;
} kept;

static kept pilot_stage(const sim_config *c, uint32_t seed, size_t pilot)
{
    const double low = sim_config_number(c, "p-min");
    const double high = sim_config_number(c, "p-max");
    const size_t m = (size_t)sim_config_number(c, "prompts");
    kept k = {0};
    for (size_t i = 0; i < m; i++) {
        const double p = high * pow(low / high, ((double)i + 0.5) / (double)m);
        const ref_rng_stream s = {.seed = seed, .stream = 0, .prompt = (uint32_t)i};
        double hits = 0.0;
        for (size_t j = 0; j < pilot; j++) hits += ref_rng_uniform(&s, (uint32_t)j) < p;
        if (hits == 0.0) continue;
        const double phat = hits / (double)pilot;
        k.count += 1.0;
        k.w += 1.0 / sqrt(phat);
        k.inverse_p += 1.0 / p;
        k.inverse_pw += sqrt(phat) / p;
        k.inverse_phat += 1.0 / phat;
    }
    return k;
}

static size_t ceiling_cells(const sim_config *c)
{
    return sim_setting_length(c, "pilots");
}

static ref_status ceiling_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_list(c, "pilots", 1.0, 1e6, why));
    const double low = sim_config_number(c, "p-min");
    const double high = sim_config_number(c, "p-max");
    if (!(low > 0.0 && low <= high && high <= 1.0))
        return ref_fail(why, REF_EUSAGE, "p-min, p-max: need 0 < p-min <= p-max <= 1");
    return sim_setting_count(c, "prompts", 1.0, 1e7, why);
}

static ref_status ceiling_run(const sim_config *c, size_t cell, sim_rows *out,
                              ref_why *why)
{
    (void)why;
    const double n = floor(sim_setting_item(c, "pilots", cell));
    const double m = sim_config_number(c, "prompts");
    const double ceiling = ref_reject_pilot_ceiling((size_t)n);
    for (size_t s = 0; s < c->seeds; s++) {
        const kept k = pilot_stage(c, c->seed + (uint32_t)s, (size_t)n);
        sim_rows_number(out, n);
        sim_rows_number(out, (double)(c->seed + s));
        sim_rows_number(out, ceiling);
        sim_rows_number(out, k.count * k.inverse_phat / (k.w * k.w));
        sim_rows_number(out, k.count * k.inverse_p / (k.w * k.inverse_pw));
        sim_rows_number(out, 1.0 - k.count / m);
        sim_rows_end(out);
    }
    return REF_OK;
}

static const sim_parameter ceiling_parameter[] = {
    {"pilots", "2,4,8,16,32,64", "pilot sizes N'"},
    {"prompts", "4096", "prompts m"},
    {"p-min", "1e-3", "hardest acceptance rate; log-uniform in between"},
    {"p-max", "0.9", "easiest acceptance rate"},
    {NULL, NULL, NULL},
};

const sim_experiment sim_experiment_pilot_ceiling = {
    .name = "pilot-ceiling",
    .label = "spec:sim 4.3",
    .what = "the gain that a pilot of N' draws can show: its ceiling, planned and true",
    .columns = "pilot\tseed\tceiling\tplanned\ttrue\tdropped",
    .seeds = 10,
    .parameter = ceiling_parameter,
    .cells = ceiling_cells,
    .run = ceiling_run,
    .check = ceiling_check,
};
