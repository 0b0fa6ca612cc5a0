/* em_test.c -- methods and training on a chain and on tables: budgets, memory, options. */
#include "sim/em.h"
#include "theory-tests/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { M = 16 };

static bool open_table(sim_problem *p, char variant)
{
    sim_shape s = {.m = M, .Y = 8, .d = 5, .kA = 2, .lambda = 0.01, .seed = 11};
    return CHECK_OK(sim_profile_parse(&s.profile, "U>=.01", NULL))
           && CHECK_OK(sim_loglinear_init(p, &s, variant, NULL));
}

static bool open_chain(sim_problem *p)
{
    size_t length[4] = {2, 3, 4, 6};
    return CHECK_OK(sim_chain_init(p, 4, length, 4, 0.2, 0.05, NULL));
}

static sim_training training(const char *method, size_t steps)
{
    return (sim_training){.method = *sim_method_find(method),
                          .eta = 0.2,
                          .steps = steps,
                          .seed = 9,
                          .replicas = SIM_LANES};
}

/* Draws per prompt and step of a short run; replica 0. */
static double draws_per_step(const sim_problem *p, const sim_training *t)
{
    sim_trace trace;
    if (!CHECK_OK(sim_train(&trace, p, t, NULL))) return nan("");
    const double all = trace.draws[(trace.records - 1) * SIM_LANES];
    CHECK_EQUAL(trace.diverged, 0);
    for (size_t k = 0; k < trace.lanes; k++)
        CHECK(isfinite(trace.loss[(trace.records - 1) * SIM_LANES + k]));
    sim_trace_free(&trace);
    return all / (double)t->steps;
}

/* The budget is the method's, and the pilot is in it. */
static void every_method_spends_what_it_says(void)
{
    sim_problem table;
    sim_problem chain;
    if (!open_table(&table, 'F') || !open_chain(&chain)) return;
    for (const sim_method *m = sim_methods(); m->name != NULL; m++) {
        sim_training t = training(m->name, 12);
        const double pilot = m->source == SIM_SOURCE_PILOT && !m->reuse ? 8.0 : 0.0;
        const double table_draws = draws_per_step(&table, &t);
        const double chain_draws = draws_per_step(&chain, &t);
        if (m->scheme == SIM_SCHEME_FIXED || m->scheme == SIM_SCHEME_PLUS) {
            CHECK_NEAR(table_draws, m->draws + pilot, 1e-12);
            CHECK_NEAR(chain_draws, m->draws + pilot, 1e-12);
        } else if (m->scheme == SIM_SCHEME_RRIS) {
            CHECK(table_draws > 0.2 * m->draws && table_draws < 3.0 * m->draws);
        } else { /* never above the total */
            CHECK_AT_MOST(table_draws, m->draws);
            CHECK_AT_MOST(chain_draws, m->draws);
            CHECK(table_draws >= 1.0);
        }
    }
    sim_problem_free(&table);
    sim_problem_free(&chain);
}

/* 12 steps with a pilot at steps 0, 5 and 10: three times 8 draws. */
static void a_stale_pilot_is_paid_once(void)
{
    sim_problem p;
    if (!open_table(&p, 'F')) return;
    sim_training t = training("gvm-pilot-sn", 12);
    t.method.refresh = 5;
    CHECK_NEAR(draws_per_step(&p, &t), 8.0 + 3.0 * 8.0 / 12.0, 1e-12);
    sim_problem_free(&p);
}

/* Splitting a step into U updates changes neither its draws nor, at eta = 0, its loss. */
static void updates_split_the_prompts(void)
{
    sim_problem p;
    if (!open_table(&p, 'F')) return;
    for (size_t U = 1; U <= 16; U *= 2) {
        sim_training t = training("uniform-pool", 3);
        t.updates = U;
        t.optimiser = SIM_ADAM;
        CHECK_NEAR(draws_per_step(&p, &t), 8.0, 1e-12);
        t.eta = 0.0;
        sim_trace trace;
        CHECK_OK(sim_train(&trace, &p, &t, NULL));
        CHECK_EQUAL(trace.loss[0], trace.loss[3 * SIM_LANES]);
        sim_trace_free(&trace);
    }
    sim_training t = training("uniform-pool", 3);
    t.updates = M + 1;
    sim_trace trace;
    CHECK_STATUS(sim_train(&trace, &p, &t, NULL), REF_EUSAGE);
    sim_problem_free(&p);
}

/* A block's replica r and replica r alone are the same run, bit for bit. */
static void a_replica_does_not_depend_on_its_block(void)
{
    static const char *const name[] = {"uniform-sn", "gvm-pilot-loo", "rris",
                                       "dapo",       "plus",          "ada-seq"};
    sim_problem p;
    if (!open_table(&p, 'R')) return;
    for (size_t k = 0; k < sizeof name / sizeof name[0]; k++) {
        sim_training t = training(name[k], 6);
        sim_trace all;
        sim_trace one;
        if (!CHECK_OK(sim_train(&all, &p, &t, NULL))) continue;
        t.replica = 5;
        t.replicas = 1;
        if (!CHECK_OK(sim_train(&one, &p, &t, NULL))) continue;
        for (size_t r = 0; r < all.records; r++) {
            CHECK_EQUAL(all.loss[r * SIM_LANES + 5], one.loss[r * SIM_LANES]);
            CHECK_EQUAL(all.draws[r * SIM_LANES + 5], one.draws[r * SIM_LANES]);
        }
        sim_trace_free(&all);
        sim_trace_free(&one);
    }
    sim_problem_free(&p);
}

/* An absurd step size stops the lanes by the guard, and the rest of the run is NaN. */
static void divergence_is_counted(void)
{
    sim_problem p;
    if (!open_table(&p, 'F')) return;
    sim_training t = training("uniform-iw", 40);
    t.eta = 1e4;
    sim_trace trace;
    CHECK_OK(sim_train(&trace, &p, &t, NULL));
    CHECK_EQUAL(trace.diverged, SIM_LANES);
    CHECK(isnan(trace.loss[(trace.records - 1) * SIM_LANES]));
    sim_trace_free(&trace);
    sim_problem_free(&p);
}

/* Curves made by hand: replica k reaches the level at step 2 + k, respectively 4 + 2 k. */
static void targets_and_ratios_are_read_off(void)
{
    enum { R = 12, S = 3 };
    double step[R];
    double fast[R * S];
    double slow[R * S];
    for (size_t r = 0; r < R; r++) {
        step[r] = (double)r;
        for (size_t k = 0; k < S; k++) {
            fast[r * S + k] = r >= 2 + k ? 0.0 : 1.0;
            slow[r * S + k] = r >= 4 + 2 * k ? 0.0 : 1.0;
        }
    }
    const sim_curves a = {R, S, step, slow, slow, fast, NULL, NULL, NULL};
    const sim_curves b = {R, S, step, fast, slow, fast, NULL, NULL, NULL};
    const sim_goal goal = {.level = 0.0};
    CHECK_EQUAL(sim_curve_target(&a, &goal, NULL), 8.0);
    CHECK_EQUAL(sim_curve_target(&b, &goal, NULL), 4.0);
    sim_ratio x;
    CHECK_OK(sim_curve_compare(&x, &a, &b, &goal, 1, 200, NULL));
    CHECK_EQUAL(x.ratio, 2.0);
    CHECK_EQUAL(x.low, 2.0); /* every resample has it: the replicas are paired */
    CHECK_EQUAL(x.high, 2.0);
    const sim_goal never = {.level = -1.0};
    CHECK(isnan(sim_curve_target(&a, &never, NULL)));
    CHECK_STATUS(sim_curve_compare(&x, &a, &b, &goal, 1, 10, NULL), REF_EUSAGE);
    const double row[4] = {1.0, 3.0, nan(""), 5.0};
    double se = 0.0;
    CHECK_EQUAL(sim_curve_mean(row, 4, NULL, &se), 3.0);
    CHECK_ROUND(se, sqrt(4.0 / 3.0), 4, 2.0);
}

SUITE("[spec:sim 3][spec:sim 5][gvm:alg1][gvm:alg2] methods and training", NULL,
      {"every method spends what it says", every_method_spends_what_it_says},
      {"a stale pilot is paid once", a_stale_pilot_is_paid_once},
      {"updates split the prompts", updates_split_the_prompts},
      {"a replica does not depend on its block",
       a_replica_does_not_depend_on_its_block},
      {"divergence is counted", divergence_is_counted},
      {"targets and ratios are read off", targets_and_ratios_are_read_off});
