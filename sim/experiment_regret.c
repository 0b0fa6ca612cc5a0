/* experiment_regret.c -- what an allocation from a small or an old pilot costs.
 *
 * Symbols (paper -> code)
 *   N'        pilot    draws per prompt of the pilot
 *   k         stale    steps of training since the pilot
 *   u, c      share, c shares of the rule; c_i = S2_i/p_i - |mu_i|^2 when they are used
 *   regret    -        V(u)/V* - 1,  V(u) = sum c_i/u_i,  V* = (sum sqrt c_i)^2
 */
#include "ref/allocate.h"
#include "sim/exact_moments.h"
#include "sim/regime.h"
#include "sim/setting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rules that give every prompt something, so that the regret is finite. The first reads
 * the truth of the time of the pilot: what staleness costs alone. */
static const char *const rule[] = {"gvm", "gvm-hardest", "empirical-bayes", "uniform"};
static const char *const rule_name[] = {"oracle", "gvm-hardest", "empirical-bayes",
                                        "uniform"};
enum { RULES = sizeof rule / sizeof rule[0] };

static const sim_parameter regret_parameter[] = {
    SIM_REGIME_PARAMETERS("U>=1e-3", "128", "32", "64", "4", "0", "11"),
    {"pilots", "2,4,8,16,32,64", "pilot sizes N'"},
    {"stales", "0,5,20", "steps between the pilot and its use"},
    {"method", "uniform-sn", "method of the training in between"},
    {"eta", "16", "its step size"},
    {NULL, NULL, NULL}};

static size_t regret_cells(const sim_config *c)
{
    return sim_setting_length(c, "pilots") * sim_setting_length(c, "stales");
}

static ref_status regret_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_counts(c, "pilots", 1.0, 1e6, why));
    REF_TRY(sim_setting_counts(c, "stales", 0.0, 1e6, why));
    return sim_regime_check_methods(c, "method", why);
}

/* What a block of pilots saw: phat, G and the dropped share, lane by lane. */
typedef struct pilots {
    double *p, *G; /* (m) of the lane at hand */
    double dropped;
} pilots;

static void read_lane(pilots *x, const sim_sampler *s, size_t lane)
{
    const size_t m = s->problem->m;
    x->dropped = 0.0;
    for (size_t i = 0; i < m; i++) {
        const sim_tally *t = &s->tally[i];
        x->p[i] = t->K[lane] / t->n[lane];
        x->G[i] = t->K[lane] > 0.0 ? t->norm[lane] / t->K[lane] : 0.0;
        x->dropped += (t->K[lane] == 0.0) / (double)m;
    }
}

/* Regret of one rule's shares when they are used at the exact state `used`. */
static ref_status regret_of(double *regret, size_t r, const sim_exact *seen,
                            const sim_exact *used, const pilots *x, size_t pilot,
                            double *share, ref_why *why)
{
    const ref_allocate_rule *table = ref_allocate_rule_find(rule[r]);
    ref_allocate_input in = sim_exact_input(seen, (double)seen->m);
    in.beta = 2.0;
    in.zero = REF_ALLOCATE_ZERO_UNIFORM;
    if (r > 0) {
        in.p = x->p;
        in.G = x->G;
        in.S2 = in.mu2 = in.H2 = in.S2_wrong = NULL;
        in.pilot = pilot;
    }
    REF_TRY(table->share(share, &in, table->user, why));
    *regret = ref_allocate_variance(share, used->c, used->m)
                  / ref_allocate_minimum(used->c, used->m, 1.0)
              - 1.0;
    return REF_OK;
}

/* A pilot stage at the start for eight replicas. */
static void draw_pilots(sim_sampler *s, const double *theta, uint32_t seed,
                        uint32_t replica, size_t pilot)
{
    sim_order o = {.seed = seed, .stream = 0, .step = 0, .replica = replica};
    for (size_t l = 0; l < s->lanes; l++) {
        o.limit[l] = (double)pilot;
        o.successes[l] = HUGE_VAL;
    }
    sim_sampler_reset(s);
    for (size_t i = 0; i < s->problem->m; i++) {
        s->ops->open(s, i, theta, true);
        s->ops->draw(s, i, &o);
    }
}

/* regret (RULES + 1, S): one block of replicas; the last row is the dropped share. */
static ref_status regret_block(double *regret, size_t S, size_t first,
                               const sim_config *c, const sim_problem *p, size_t pilot,
                               size_t stale, ref_why *why)
{
    const size_t d = p->d;
    sim_training t = {.eta = sim_config_number(c, "eta"),
                      .steps = stale,
                      .every = 1000000,
                      .seed = c->seed,
                      .replica = (uint32_t)first,
                      .replicas = S - first < SIM_LANES ? S - first : SIM_LANES};
    sim_sampler s = {0};
    sim_trace trace = {0};
    sim_exact seen = {0};
    double *work = sim_aligned(d * SIM_LANES + d + 3 * p->m);
    if (work == NULL) return ref_fail(why, REF_ENOMEM, "no room for a block");
    double *theta = work + d * SIM_LANES;
    const pilots x0 = {.p = theta + d, .G = theta + d + p->m};
    pilots x = x0;
    p->family->start(p, theta);
    ref_status status = sim_regime_method(&t.method, sim_config_text(c, "method"), why);
    if (status == REF_OK) status = sim_sampler_block(&s, p, why);
    if (status == REF_OK) status = sim_exact_open(&seen, p, theta, why);
    for (size_t k = 0; k < d * SIM_LANES; k++) work[k] = theta[k / SIM_LANES];
    if (status == REF_OK) draw_pilots(&s, work, c->seed, (uint32_t)first, pilot);
    if (status == REF_OK) status = sim_train(&trace, p, &t, why);
    for (size_t l = 0; status == REF_OK && l < t.replicas; l++) {
        sim_exact used = {0};
        for (size_t k = 0; k < d; k++) theta[k] = trace.theta[k * SIM_LANES + l];
        status = sim_exact_open(&used, p, theta, why);
        read_lane(&x, &s, l);
        for (size_t r = 0; status == REF_OK && r < RULES; r++)
            status = regret_of(&regret[r * S + first + l], r, &seen, &used, &x, pilot,
                               x.G + p->m, why);
        regret[RULES * S + first + l] = x.dropped;
        sim_exact_close(&used);
    }
    sim_exact_close(&seen);
    sim_trace_free(&trace);
    sim_sampler_free(&s);
    free(work);
    return status;
}

static ref_status regret_run(const sim_config *c, size_t cell, sim_rows *out,
                             ref_why *why)
{
    const size_t count = sim_setting_length(c, "stales");
    const double pilot = sim_setting_item(c, "pilots", cell / count);
    const double stale = sim_setting_item(c, "stales", cell % count);
    sim_problem p;
    REF_TRY(sim_regime_problem(&p, c, 'R', why));
    double *regret = calloc((RULES + 1) * c->seeds, sizeof *regret);
    ref_status s =
        regret != NULL ? REF_OK : ref_fail(why, REF_ENOMEM, "no room for the seeds");
    for (size_t first = 0; s == REF_OK && regret != NULL && first < c->seeds;
         first += SIM_LANES)
        s = regret_block(regret, c->seeds, first, c, &p, (size_t)pilot, (size_t)stale,
                         why);
    for (size_t r = 0; s == REF_OK && regret != NULL && r < RULES; r++) {
        sim_rows_number(out, pilot);
        sim_rows_number(out, stale);
        sim_rows_text(out, rule_name[r]);
        sim_regime_band(out, regret + r * c->seeds, c->seeds, 1.0, 0.0);
        sim_rows_number(
            out, sim_curve_mean(regret + RULES * c->seeds, c->seeds, NULL, NULL));
        sim_rows_end(out);
    }
    free(regret);
    sim_problem_free(&p);
    return s;
}

const sim_experiment sim_experiment_pilot_regret = {
    .name = "pilot-regret",
    .label = "spec:sim 4.3",
    .what =
        "variance above the optimum's when the allocation comes from a pilot, by age",
    .columns = "pilot\tstale\trule\tregret\tregret_lo\tregret_hi\tregret_se\tdropped",
    .seeds = 16,
    .parameter = regret_parameter,
    .cells = regret_cells,
    .run = regret_run,
    .check = regret_check,
};
