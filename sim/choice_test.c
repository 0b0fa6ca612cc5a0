/* choice_test.c -- any rule with any estimator, and the comparison of whole runs. */
#include "sim/choice.h"

#include "ref/allocate_round.h"
#include "sim/exact_moments.h"
#include "sim/plan.h"
#include "theory-tests/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { M = 12, DIM = 4, EACH = 16 };

static bool open_table(sim_problem *p)
{
    sim_shape s = {.m = M, .Y = 8, .d = DIM, .kA = 2, .lambda = 0.01, .seed = 11};
    return CHECK_OK(sim_profile_parse(&s.profile, "U>=.05", NULL))
           && CHECK_OK(sim_loglinear_init(p, &s, 'F', NULL));
}

/* Three steps of a chosen method: finite losses, and no more draws than it may have. */
static void try_method(const sim_problem *p, const sim_method *x)
{
    const sim_training t = {
        .method = *x, .eta = 0.1, .steps = 3, .seed = 5, .replicas = 2};
    sim_trace trace;
    if (!CHECK_OK(sim_train(&trace, p, &t, NULL))) return;
    const double pilot = x->source == SIM_SOURCE_PILOT ? (double)x->pilot : 0.0;
    for (size_t l = 0; l < 2; l++) {
        CHECK(isfinite(trace.loss[(trace.records - 1) * SIM_LANES + l]));
        if (x->scheme != SIM_SCHEME_RRIS)
            CHECK_AT_MOST(trace.draws[(trace.records - 1) * SIM_LANES + l],
                          3.0 * (x->draws + pilot));
    }
    sim_trace_free(&trace);
}

/* Every rule with every estimator runs, or is refused by a sentence that names it. */
static void every_rule_meets_every_estimator(void)
{
    static const char *const estimator[] = {"iw", "rb", "sn", "loo", "pool", "rris"};
    static const char *const source[] = {"", ":oracle"};
    sim_problem p;
    size_t rules = 0;
    size_t accepted = 0;
    const ref_allocate_rule *rule = ref_allocate_rules(&rules);
    if (!open_table(&p)) return;
    for (size_t k = 0; k < rules * 12; k++) {
        char word[96];
        sim_method x;
        ref_why why = {{0}};
        (void)snprintf(word, sizeof word, "%s/%s%s", rule[k / 12].name,
                       estimator[k % 6], source[k / 6 % 2]);
        const ref_status s = sim_choice_method(&x, word, EACH, false, &why);
        if (s == REF_OK) {
            accepted++;
            try_method(&p, &x);
        } else {
            CHECK_STATUS(s, REF_EUSAGE);
            CHECK(strncmp(why.text, word, strlen(word)) == 0);
        }
    }
    CHECK(accepted
          > 3 * rules); /* of 12 each; oracles, pilots, columns take their part */
    sim_problem_free(&p);
}

/* Draws of one estimate at theta, lane 0; false if the estimate fails. */
static bool draws_at(double *n, sim_estimator *e, const double *theta, uint32_t step)
{
    _Alignas(64) double wide[DIM * SIM_LANES];
    _Alignas(64) double g[DIM * SIM_LANES];
    for (size_t k = 0; k < DIM * SIM_LANES; k++) wide[k] = theta[k / e->sampler.lanes];
    if (!CHECK_OK(sim_estimate(e, g, wide, step, NULL, 0, NULL))) return false;
    for (size_t i = 0; i < M; i++) n[i] = e->sampler.tally[i].n[0];
    return true;
}

/* The draws that a rule earns when it is told the exact state at theta. */
static void told_the_truth(double *n, const sim_problem *p, const char *rule,
                           const double *theta)
{
    sim_exact x;
    double share[M];
    size_t whole[M];
    const ref_allocate_rule *table = ref_allocate_rule_find(rule);
    CHECK_OK(sim_exact_open(&x, p, theta, NULL));
    ref_allocate_input in = sim_exact_input(&x, EACH * M);
    in.alpha = 1e-3;
    in.beta = 2.0;
    CHECK_OK(table->share(share, &in, table->user, NULL));
    CHECK_OK(ref_allocate_round_remainder(whole, share, M, EACH * M, NULL));
    for (size_t i = 0; i < M; i++) n[i] = (double)whole[i];
    sim_exact_close(&x);
}

static double worst_of(const double *a, const double *b)
{
    double worst = 0.0;
    for (size_t i = 0; i < M; i++) worst = check_worse(worst, fabs(a[i] - b[i]));
    return worst;
}

static void an_oracle_tells_the_truth(void)
{
    static const char *const rule[] = {
        "gvm", "neyman-iw", "neyman-sn", "neyman-loo", "cures", "reinforce-log-exact"};
    static const double theta[DIM] = {0.3, -0.2, 0.1, 0.4};
    sim_problem p;
    if (!open_table(&p)) return;
    double worst = 0.0;
    for (size_t k = 0; k < sizeof rule / sizeof rule[0]; k++) {
        char word[64];
        sim_method x;
        sim_estimator e;
        double got[M] = {0};
        double want[M];
        (void)snprintf(word, sizeof word, "%s-oracle/sn", rule[k]);
        CHECK_OK(sim_choice_method(&x, word, EACH, false, NULL));
        if (!CHECK_OK(sim_estimator_init(&e, &p, &x, 1, 0, NULL))) continue;
        (void)draws_at(got, &e, theta, 0);
        told_the_truth(want, &p, rule[k], theta);
        worst = check_worse(worst, worst_of(got, want));
        sim_estimator_free(&e);
    }
    /* a draw may fall to a neighbour where two remainders agree to rounding */
    CLAIM_HOLDS(
        "spec:sim 3.1",
        "An oracle's rule draws what the exact moments at theta say, to one draw",
        worst, 1.0);
    sim_problem_free(&p);
}

/* With age=2 the draws of step 1 are those of step 0, whatever theta has become. */
static void shares_age(void)
{
    static const double then[DIM] = {0.0, 0.0, 0.0, 0.0};
    static const double now[DIM] = {1.5, -1.0, 0.5, 1.0};
    static const char *const word[] = {"gvm-oracle/sn:age=2", "gvm/sn:pilot=8:age=2"};
    sim_problem p;
    if (!open_table(&p)) return;
    for (size_t k = 0; k < 2; k++) {
        sim_method x;
        sim_estimator e;
        double first[M] = {0};
        double second[M] = {0};
        double third[M] = {0};
        CHECK_OK(sim_choice_method(&x, word[k], EACH, false, NULL));
        if (!CHECK_OK(sim_estimator_init(&e, &p, &x, 1, 0, NULL))) continue;
        (void)draws_at(first, &e, then, 0);
        (void)draws_at(second, &e, now, 1);
        (void)draws_at(third, &e, now, 2);
        CHECK_EQUAL(worst_of(first, second), 0.0);
        CHECK(worst_of(first, third) > 1.0);
        sim_estimator_free(&e);
    }
    sim_problem_free(&p);
}

/* dart-uniform with room for all: four successes, or as many draws as it may make. */
static void a_drawing_rule_is_obeyed(void)
{
    static const double theta[DIM] = {0.0, 0.0, 0.0, 0.0};
    sim_problem p;
    sim_method x;
    sim_estimator e;
    double n[M] = {0};
    if (!open_table(&p)) return;
    CHECK_OK(sim_choice_method(&x, "dart-uniform/sn:max=50", 1000.0, false, NULL));
    CHECK_OK(sim_estimator_init(&e, &p, &x, 1, 0, NULL));
    (void)draws_at(n, &e, theta, 0);
    double total = 0.0;
    for (size_t i = 0; i < M; i++) {
        const double K = e.sampler.tally[i].K[0];
        CHECK(K == 4.0 || (K < 4.0 && n[i] == 50.0));
        total += n[i];
    }
    CHECK_EQUAL(e.draws[0], total);
    sim_estimator_free(&e);
    sim_problem_free(&p);
}

static void a_total_budget_holds_the_pilot(void)
{
    sim_method x;
    ref_why why = {{0}};
    CHECK_OK(sim_choice_method(&x, "gvm/sn:pilot=4:age=2", 8.0, true, NULL));
    CHECK_EQUAL(x.draws, 6.0);
    CHECK_EQUAL(x.refresh, 2);
    CHECK_OK(sim_choice_method(&x, "gvm/sn:reuse:pilot=4:draws=9", 8.0, true, NULL));
    CHECK_EQUAL(x.draws, 9.0);
    CHECK(x.reuse);
    CHECK_OK(sim_choice_method(&x, "uniform/loo", 8.0, true, NULL));
    CHECK_EQUAL(x.draws, 8.0);
    CHECK_STATUS(sim_choice_method(&x, "gvm/sn", 8.0, true, &why), REF_EUSAGE);
    CHECK(strstr(why.text, "leaves no draws") != NULL);
}

static void wrong_words_are_refused(void)
{
    static const char *const bad[][2] = {
        {"gvn/sn", "there are uniform, gvm"},
        {"gvm/sm", "there are iw, rb, sn"},
        {"gvm", "RULE/ESTIMATOR"},
        {"gvm/sn:fresh", "no modifier 'fresh'"},
        {"gvm/sn:fresh=2", "no modifier 'fresh'"},
        {"gvm/sn:oracle=2", "no modifier 'oracle'"},
        {"gvm/sn:age=1.5", "whole number"},
        {"gvm/sn:pilot=0", "pilot=0"},
        {"gvm/sn:oracle:pilot", "exclude"},
        {"gvm-oracle/sn:reuse", "reuse needs a pilot"},
        {"neyman-iw/sn", "needs mu2, which is missing; :oracle has it"},
        {"cures/loo", "mu2"},
        {"greso/sn", "needs visits, which is missing"},
        {"gvm/rris", "goes with the rule rris"},
        {"dart-prop2diff/sn", "add :oracle"},
        {"speed/sn:oracle", "nothing that an oracle knows"},
        {"speed/sn:age=3", "while it draws"},
        {"uniform/sn:pilot=4", "neither oracle nor pilot"},
        {"uniform/sn:draws=0", "above 0"},
        {"uniform/sn:tau=1", "no parameter 'tau' here; there are age, draws"},
        {"gvm/sn:max=9", "there are age, draws, alpha, beta"},
        {"gvm/sn:cap=9", "there are age, draws, alpha, beta"},
        {"gvm/sn:decay=.5", "no parameter 'decay'"},
        {"rris/rris:max=9", "there are age, draws, cap, decay"},
        {"rris/rris:oracle:decay=.5", "there are age, draws, cap"}};
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        sim_method x;
        ref_why why = {{0}};
        CHECK_STATUS(sim_choice_method(&x, bad[k][0], 8.0, false, &why), REF_EUSAGE);
        if (!CHECK(strstr(why.text, bad[k][1]) != NULL))
            (void)fprintf(stderr, "%s: %s\n", bad[k][0], why.text);
    }
}

/* ---- the experiment ----------------------------------------------------------------- */

/* Does a list of settings name the parameter of this one? */
static bool names(const char *const *setting, size_t count, const char *other)
{
    const size_t n = strcspn(other, "=") + 1;
    for (size_t k = 0; k < count; k++)
        if (strncmp(setting[k], other, n) == 0) return true;
    return false;
}

/* Runs a cell of compare with settings on top of a small problem; frees nothing of out. */
static ref_status run_compare(sim_rows *out, const char *const *setting, size_t count,
                              size_t cell, ref_why *why)
{
    static const char *const small[] = {"prompts=12", "features=4", "profile=U>=.05",
                                        "steps=40",   "rounds=200", "etas=4,8"};
    sim_plan p;
    ref_status s = sim_plan_init(&p, sim_experiment_find("compare"), 1, SIM_LANES, why);
    for (size_t k = 0; s == REF_OK && k < 6; k++)
        if (!names(setting, count, small[k])) s = sim_plan_set(&p, small[k], why);
    for (size_t k = 0; s == REF_OK && k < count; k++)
        s = sim_plan_set(&p, setting[k], why);
    if (s == REF_OK) s = sim_plan_finish(&p, why);
    if (s == REF_OK) {
        const sim_config c = sim_plan_config(&p, 0);
        s = p.experiment->run(&c, cell, out, why);
    }
    sim_plan_free(&p);
    return s;
}

/* The numbers of a row; a word is NaN. */
static void read_row(double *x, size_t count, const sim_rows *row)
{
    const char *at = row->text != NULL ? row->text : "";
    for (size_t k = 0; k < count; k++) {
        char *end = NULL;
        x[k] = strtod(at, &end);
        if (end == at) x[k] = nan("");
        at += strcspn(at, "\t\n");
        at += *at != '\0';
    }
}

enum {
    ETA = 1,
    STEPS = 4,
    DRAWS = 5,
    STEPS_DIFF = 11,
    RATIO = 17,
    LOSS = 6,
    LOSS_DIFF = 20,
    COLUMNS = 23
};

static void rows_are_paired_with_the_first(void)
{
    static const char *const setting[] = {"methods=uniform/sn:draws=1,uniform/sn"};
    double x[2][COLUMNS];
    for (size_t cell = 0; cell < 2; cell++) {
        sim_rows row = {0};
        if (!CHECK_OK(run_compare(&row, setting, 1, cell, NULL))) return;
        read_row(x[cell], COLUMNS, &row);
        sim_rows_free(&row);
    }
    CHECK(x[0][STEPS] > 0.0 && x[1][STEPS] > 0.0 && x[1][STEPS] < x[0][STEPS]);
    for (size_t k = STEPS_DIFF; k < COLUMNS; k++)
        CHECK_EQUAL(x[0][k], k >= RATIO && k < LOSS_DIFF ? 1.0 : 0.0);
    CHECK_EQUAL(x[1][STEPS_DIFF], x[1][STEPS] - x[0][STEPS]);
    CHECK_EQUAL(x[1][STEPS_DIFF + 3], x[1][DRAWS] - x[0][DRAWS]);
    CHECK_EQUAL(x[1][RATIO], x[1][DRAWS] / x[0][DRAWS]);
    CHECK_ROUND(x[1][LOSS_DIFF], x[1][LOSS] - x[0][LOSS], 16, x[0][LOSS]);
    CHECK(x[1][DRAWS] == 8.0 * x[1][STEPS]);
    CHECK(x[1][LOSS_DIFF + 1] < x[1][LOSS_DIFF]
          && x[1][LOSS_DIFF] < x[1][LOSS_DIFF + 2]);
    CHECK(x[1][STEPS_DIFF + 2] < 0.0); /* fewer steps, and that is no accident */
}

/* Out of 1e-6, 4 and 8 the smallest cannot be best; with one step size it must be. */
static void the_best_step_size_is_taken(void)
{
    static const char *const grid[] = {"methods=uniform/sn", "etas=1e-6,8,4"};
    static const char *const one[] = {"methods=uniform/sn", "etas=1e-6",
                                      "target=loss:.001"};
    double x[COLUMNS];
    sim_rows row = {0};
    CHECK_OK(run_compare(&row, grid, 2, 0, NULL));
    read_row(x, COLUMNS, &row);
    CHECK(x[ETA] == 8.0 || x[ETA] == 4.0);
    sim_rows_free(&row);
    CHECK_OK(run_compare(&row, one, 3, 0, NULL));
    read_row(x, COLUMNS, &row);
    CHECK_EQUAL(x[ETA], 1e-6);
    CHECK(row.text != NULL && strstr(row.text, "\tnever\t") != NULL && isnan(x[STEPS]));
    sim_rows_free(&row);
}

static void every_family_can_be_compared(void)
{
    static const char *const setting[][3] = {
        {"family=tabular", "target=loss:.5", "etas=1,4"},
        {"family=realisable", "target=accuracy:.5", "etas=1,4"},
        {"family=frustrated", "lambda=.01", "etas=.5,1"},
        {"family=head", "target=loss:1", "etas=.5,1"},
        {"family=chain", "lengths=2:6:2", "target=loss:1"},
        {"family=model", "model=fuzz/corpus/model/loglinear.json", "target=loss:.5"}};
    for (size_t k = 0; k < sizeof setting / sizeof setting[0]; k++) {
        sim_rows row = {0};
        double x[COLUMNS];
        if (CHECK_OK(run_compare(&row, setting[k], 3, 1, NULL))) {
            read_row(x, COLUMNS, &row);
            CHECK(isfinite(x[LOSS]));
        }
        sim_rows_free(&row);
    }
}

static void wrong_settings_are_refused(void)
{
    static const char *const bad[][2] = {{"family=tabula", "there are tabular"},
                                         {"family=model", "model=FILE.json"},
                                         {"model=x.json", "family=model"},
                                         {"target=half", "gap:x"},
                                         {"target=gap:2", "below 1"},
                                         {"optimiser=adamw", "sgd or adam"},
                                         {"budget=all", "training or total"},
                                         {"methods=gvm/sn,,gvm/iw", "empty"},
                                         {"updates=13", "at most 12"},
                                         {"etas=0", "etas"},
                                         {"draws=0", "draws"},
                                         {"methods=x/sn", "no rule 'x'"}};
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        sim_rows row = {0};
        ref_why why = {{0}};
        CHECK_STATUS(run_compare(&row, bad[k], 1, 0, &why), REF_EUSAGE);
        CHECK(strstr(why.text, bad[k][1]) != NULL);
        sim_rows_free(&row);
    }
    static const char *const chain[] = {"family=chain", "lengths=2:6:2"};
    ref_why why = {{0}};
    sim_rows row = {0};
    CHECK_STATUS(run_compare(&row, chain, 2, 0, &why), REF_EUNSUPPORTED);
    CHECK(strstr(why.text, "target=loss:x needs no minimum") != NULL);
    sim_rows_free(&row);
}

SUITE("[spec:sim 2][spec:sim 3.1][spec:sim 5.1] chosen methods and their comparison",
      NULL, {"every rule meets every estimator", every_rule_meets_every_estimator},
      {"an oracle tells the truth", an_oracle_tells_the_truth},
      {"shares age", shares_age},
      {"a drawing rule is obeyed", a_drawing_rule_is_obeyed},
      {"a total budget holds the pilot", a_total_budget_holds_the_pilot},
      {"wrong words are refused", wrong_words_are_refused},
      {"rows are paired with the first", rows_are_paired_with_the_first},
      {"the best step size is taken", the_best_step_size_is_taken},
      {"every family can be compared", every_family_can_be_compared},
      {"wrong settings are refused", wrong_settings_are_refused});
