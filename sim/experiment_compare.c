/* experiment_compare.c -- any allocation rule against any other, on any problem.
 *
 * Each cell is one method. Its rows are paired with the first method of the list, which
 * every cell trains again: replica r of all methods draws the same random numbers.
 *
 * Symbols (paper -> code)
 *   eta       eta      constant step size, the best of those given
 *   L, L*     loss     loss and its infimum
 *   S         seeds    replicas
 */
#include "sim/choice.h"
#include "sim/regime.h"
#include "sim/setting.h"

#include "ref/io/parse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 256 };

#define TRAINING_PARAMETERS                                                            \
    {"methods", "uniform/sn,gvm/sn,gvm-oracle/iw,rris/rris",                           \
     "RULE/ESTIMATOR[:modifier...] or a known method; the first is compared with"},    \
        {"draws", "8", "budget, draws per prompt and step"},                           \
        {"budget", "training", "training: a pilot comes on top; total: it is inside"}, \
        {"optimiser", "sgd", "sgd or adam"},                                           \
        {"etas", "4,16", "step sizes; the best of them is taken, method by method"},   \
        {"updates", "1", "optimiser updates per step"}, {"steps", "200", "steps"},     \
        {"every", "1", "steps between records"},                                       \
    {                                                                                  \
        "target", "gap:0.2", "gap:x of the initial one left, loss:x or accuracy:x"     \
    }

static const sim_parameter compare_parameter[] = {
    SIM_CHOICE_PARAMETERS,
    TRAINING_PARAMETERS,
    {"rounds", "1000", "resamples of the bootstrap"},
    {NULL, NULL, NULL}};

static const sim_parameter curve_parameter[] = {
    SIM_CHOICE_PARAMETERS, TRAINING_PARAMETERS, {NULL, NULL, NULL}};

static size_t by_method(const sim_config *c)
{
    return sim_regime_words(c, "methods");
}

/* ---- settings ---------------------------------------------------------------------- */

/* The problem, what is to be reached on it, and all of a training but its method. */
typedef struct arena {
    sim_problem p;
    sim_goal goal;
    sim_training t;
    size_t etas;
    double eta[SIM_SETTING_MOST];
} arena;

/* The k-th method of the list. */
static ref_status method_of(sim_method *out, char *word, const sim_config *c, size_t k,
                            ref_why *why)
{
    const char *budget = sim_config_text(c, "budget");
    const bool total = strcmp(budget, "total") == 0;
    if (!total && strcmp(budget, "training") != 0)
        return ref_fail(why, REF_EUSAGE, "budget=%s: training or total", budget);
    if (!sim_regime_word(word, WORD, c, "methods", k) || *word == '\0')
        return ref_fail(why, REF_EUSAGE, "methods: number %zu is empty", k + 1);
    return sim_choice_method(out, word, sim_config_number(c, "draws"), total, why);
}

static ref_status read_training(sim_training *t, const sim_config *c, ref_why *why)
{
    const char *optimiser = sim_config_text(c, "optimiser");
    *t = (sim_training){.seed = c->seed, .replicas = c->seeds};
    t->optimiser = strcmp(optimiser, "adam") == 0 ? SIM_ADAM : SIM_SGD;
    if (t->optimiser == SIM_SGD && strcmp(optimiser, "sgd") != 0)
        return ref_fail(why, REF_EUSAGE, "optimiser=%s: sgd or adam", optimiser);
    REF_TRY(sim_regime_whole(&t->steps, c, "steps", 1, 10000000, why));
    REF_TRY(sim_regime_whole(&t->every, c, "every", 1, 10000000, why));
    return sim_regime_whole(&t->updates, c, "updates", 1, 1000000, why);
}

/* "gap:x", "loss:x", "accuracy:x": x, and the kind by its first letter. */
static ref_status read_target(char *kind, double *x, const sim_config *c, ref_why *why)
{
    static const char *const name[] = {"gap:", "loss:", "accuracy:"};
    const char *text = sim_config_text(c, "target");
    for (size_t k = 0; k < 3; k++) {
        const size_t n = strlen(name[k]);
        if (strncmp(text, name[k], n) != 0 || ref_parse_double(x, text + n) != REF_OK)
            continue;
        *kind = *text;
        if (*kind == 'l' || (*x > 0.0 && *x < 1.0)) return REF_OK;
        return ref_fail(why, REF_EUSAGE, "target=%s: must be above 0 and below 1",
                        text);
    }
    return ref_fail(why, REF_EUSAGE,
                    "target=%s: there are gap:x, loss:x and accuracy:x", text);
}

static ref_status check_all(const sim_config *c, ref_why *why)
{
    char word[WORD];
    char kind = '\0';
    double x = 0.0;
    sim_method method;
    sim_training t;
    REF_TRY(sim_setting_range(c, "draws", 1e-3, 1e6, why));
    REF_TRY(sim_setting_list(c, "etas", 1e-12, 1e12, why));
    REF_TRY(read_training(&t, c, why));
    REF_TRY(read_target(&kind, &x, c, why));
    for (size_t k = 0; k < by_method(c); k++)
        REF_TRY(method_of(&method, word, c, k, why));
    return REF_OK;
}

static ref_status compare_check(const sim_config *c, ref_why *why)
{
    REF_TRY(sim_setting_count(c, "rounds", 40.0, 1e6, why));
    return check_all(c, why);
}

/* ---- the goal ---------------------------------------------------------------------- */

/* L* + x (L_0 - L*); the infimum is searched for where it is not known. */
static ref_status gap_level(double *level, const sim_problem *p, double infimum,
                            double x, ref_why *why)
{
    double best = infimum;
    double first = 0.0;
    ref_why detail = {{0}};
    ref_status s = REF_OK;
    double *theta = calloc(p->d + 1, sizeof *theta);
    if (theta == NULL) return ref_fail(why, REF_ENOMEM, "no room for theta");
    p->family->start(p, theta);
    if (isnan(infimum))
        s = sim_regime_optimum(p, NULL, &best, &first, &detail);
    else
        s = sim_problem_loss(p, theta, &first, NULL, NULL, &detail);
    free(theta);
    *level = best + x * (first - best);
    if (s == REF_OK) return REF_OK;
    return ref_fail(why, s, "target=gap: %s; target=loss:x needs no minimum",
                    detail.text);
}

static ref_status arena_open(arena *a, const sim_config *c, ref_why *why)
{
    char kind = '\0';
    double x = 0.0;
    double infimum = nan("");
    *a = (arena){.etas = sim_setting_length(c, "etas")};
    (void)sim_config_list(c, "etas", a->eta, SIM_SETTING_MOST);
    REF_TRY(read_training(&a->t, c, why));
    REF_TRY(read_target(&kind, &x, c, why));
    REF_TRY(sim_choice_problem(&a->p, &infimum, c, why));
    a->goal = (sim_goal){.accuracy = kind == 'a', .level = x};
    a->t.accuracy = a->goal.accuracy;
    if (a->t.updates > a->p.m)
        return ref_fail(why, REF_EUSAGE, "updates: %zu prompts allow at most %zu",
                        a->p.m, a->p.m);
    return kind == 'g' ? gap_level(&a->goal.level, &a->p, infimum, x, why) : REF_OK;
}

/* ---- one method -------------------------------------------------------------------- */

/* A method's runs at its best step size. */
typedef struct contender {
    double eta, steps, loss; /* loss: mean at the end */
    size_t diverged;
    sim_curves v;
} contender;

static double or_never(double x)
{
    return isnan(x) ? HUGE_VAL : x;
}

/* Fewest diverged replicas, then fewest steps to the goal, then the lowest last loss. */
static bool better(const contender *a, const contender *b)
{
    if (a->diverged != b->diverged) return a->diverged < b->diverged;
    if (or_never(a->steps) != or_never(b->steps))
        return or_never(a->steps) < or_never(b->steps);
    return or_never(a->loss) < or_never(b->loss);
}

static const double *last(const sim_curves *v, const double *value)
{
    return value + (v->records - 1) * v->S;
}

/* Trains at every step size and keeps the best; sim_curves_free the curves. */
static ref_status contend(contender *out, const arena *a, const sim_method *method,
                          ref_why *why)
{
    *out = (contender){0};
    for (size_t k = 0; k < a->etas; k++) {
        contender x = {.eta = a->eta[k]};
        sim_training t = a->t;
        t.method = *method;
        t.eta = x.eta;
        const ref_status s = sim_train_all(&x.v, &x.diverged, NULL, &a->p, &t, why);
        if (s != REF_OK) {
            sim_curves_free(&out->v);
            return s;
        }
        x.steps = sim_curve_target(&x.v, &a->goal, NULL);
        x.loss = sim_curve_mean(last(&x.v, x.v.loss), x.v.S, NULL, NULL);
        const bool keep = k == 0 || better(&x, out);
        sim_curves_free(keep ? &out->v : &x.v);
        if (keep) *out = x;
    }
    return REF_OK;
}

/* Wall time of all replicas until the record where the goal is reached; NaN: never. */
static double seconds_to_goal(const contender *x)
{
    for (size_t r = 0; r < x->v.records; r++)
        if (x->v.step[r] == x->steps) return x->v.seconds[r];
    return nan("");
}

/* ---- pairs ------------------------------------------------------------------------- */

typedef struct pair {
    const sim_curves *a, *b;
    sim_goal goal;
} pair;

/* a's cost to the goal minus b's; only a never there: +inf, only b: -inf. */
static double cost_difference(const void *user, const size_t *pick)
{
    const pair *x = user;
    const double a = sim_curve_target(x->a, &x->goal, pick);
    const double b = sim_curve_target(x->b, &x->goal, pick);
    if (isnan(a) && isnan(b)) return nan("");
    return or_never(a) == or_never(b) ? 0.0 : or_never(a) - or_never(b);
}

/* Mean difference of the last losses over the replicas that neither method lost. */
static double loss_difference(const void *user, const size_t *pick)
{
    const pair *x = user;
    const double *a = last(x->a, x->a->loss);
    const double *b = last(x->b, x->b->loss);
    double sum = 0.0;
    double n = 0.0;
    for (size_t k = 0; k < x->a->S; k++) {
        const size_t at = pick != NULL ? pick[k] : k;
        const double difference = a[at] - b[at];
        if (isnan(difference)) continue;
        sum += difference;
        n += 1.0;
    }
    return n > 0.0 ? sum / n : nan("");
}

static void interval(sim_rows *out, const sim_ratio *x)
{
    sim_rows_number(out, x->ratio);
    sim_rows_number(out, x->low);
    sim_rows_number(out, x->high);
}

/* Differences in steps, draws and last loss, and the ratio of draws. */
static ref_status pair_columns(sim_rows *out, pair x, uint32_t seed, size_t rounds,
                               ref_why *why)
{
    sim_ratio r;
    const size_t S = x.a->S;
    x.goal.draws = false;
    REF_TRY(sim_curve_bootstrap(&r, cost_difference, &x, S, seed, rounds, why));
    interval(out, &r);
    x.goal.draws = true;
    REF_TRY(sim_curve_bootstrap(&r, cost_difference, &x, S, seed, rounds, why));
    interval(out, &r);
    REF_TRY(sim_curve_compare(&r, x.a, x.b, &x.goal, seed, rounds, why));
    interval(out, &r);
    REF_TRY(sim_curve_bootstrap(&r, loss_difference, &x, S, seed, rounds, why));
    interval(out, &r);
    return REF_OK;
}

/* ---- compare ----------------------------------------------------------------------- */

static ref_status compare_row(sim_rows *out, const char *word, const contender *own,
                              const contender *first, const arena *a,
                              const sim_config *c, ref_why *why)
{
    sim_goal draws = a->goal;
    draws.draws = true;
    const double cost = sim_curve_target(&own->v, &draws, NULL);
    sim_rows_text(out, word);
    sim_rows_number(out, own->eta);
    sim_rows_number(out, a->goal.level);
    sim_rows_text(out, isnan(own->steps) ? "never" : "reached");
    sim_rows_number(out, own->steps);
    sim_rows_number(out, cost);
    sim_regime_band(out, last(&own->v, own->v.loss), own->v.S, 1.0, 0.0);
    sim_rows_number(out, (double)own->diverged);
    const pair x = {&own->v, &first->v, a->goal};
    REF_TRY(pair_columns(out, x, c->seed, (size_t)sim_config_number(c, "rounds"), why));
    sim_rows_end(out);
    sim_rows_time(out, word, "target", seconds_to_goal(own));
    return REF_OK;
}

static ref_status compare_cell(const arena *a, const sim_config *c, size_t cell,
                               sim_rows *out, ref_why *why)
{
    char word[WORD];
    sim_method method;
    contender first = {0};
    contender own = {0};
    REF_TRY(method_of(&method, word, c, 0, why));
    ref_status s = contend(&first, a, &method, why);
    if (s == REF_OK && cell > 0) {
        s = method_of(&method, word, c, cell, why);
        if (s == REF_OK) s = contend(&own, a, &method, why);
    }
    if (s == REF_OK)
        s = compare_row(out, word, cell > 0 ? &own : &first, &first, a, c, why);
    sim_curves_free(&own.v);
    sim_curves_free(&first.v);
    return s;
}

static ref_status compare_run(const sim_config *c, size_t cell, sim_rows *out,
                              ref_why *why)
{
    arena a;
    ref_status s = arena_open(&a, c, why);
    if (s == REF_OK) s = compare_cell(&a, c, cell, out, why);
    sim_problem_free(&a.p);
    return s;
}

const sim_experiment sim_experiment_compare = {
    .name = "compare",
    .label = "spec:sim 5.1",
    .what =
        "your methods on your problem: steps, draws and loss, paired with the first",
    .columns = "method\teta\tlevel\treached\tsteps\tdraws\tloss\tloss_lo\tloss_hi"
               "\tloss_se\tdiverged\tsteps_diff\tsteps_diff_lo\tsteps_diff_hi"
               "\tdraws_diff\tdraws_diff_lo\tdraws_diff_hi\tdraws_ratio"
               "\tdraws_ratio_lo\tdraws_ratio_hi\tloss_diff\tloss_diff_lo"
               "\tloss_diff_hi",
    .seeds = 16,
    .parameter = compare_parameter,
    .cells = by_method,
    .run = compare_run,
    .check = compare_check,
};

/* ---- compare-curve ----------------------------------------------------------------- */

static void curve_rows(sim_rows *out, const char *word, const contender *x)
{
    const sim_curves *v = &x->v;
    for (size_t r = 0; r < v->records; r++) {
        const size_t at = r * v->S;
        sim_rows_text(out, word);
        sim_rows_number(out, x->eta);
        sim_rows_number(out, v->step[r]);
        sim_rows_number(out, sim_curve_mean(v->draws + at, v->S, NULL, NULL));
        sim_regime_band(out, v->loss + at, v->S, 1.0, 0.0);
        sim_regime_band(out, v->accuracy + at, v->S, 1.0, 0.0);
        sim_rows_number(out, (double)x->diverged);
        sim_rows_end(out);
    }
}

static ref_status curve_run(const sim_config *c, size_t cell, sim_rows *out,
                            ref_why *why)
{
    char word[WORD];
    arena a;
    sim_method method;
    contender x = {0};
    ref_status s = arena_open(&a, c, why);
    a.t.accuracy = s == REF_OK && sim_problem_test_set(&a.p) != NULL;
    if (s == REF_OK) s = method_of(&method, word, c, cell, why);
    if (s == REF_OK) s = contend(&x, &a, &method, why);
    if (s == REF_OK) {
        curve_rows(out, word, &x);
        sim_rows_time(out, word, "target", seconds_to_goal(&x));
    }
    sim_curves_free(&x.v);
    sim_problem_free(&a.p);
    return s;
}

const sim_experiment sim_experiment_compare_curve = {
    .name = "compare-curve",
    .label = "spec:sim 5.1",
    .what = "the same methods: loss and test accuracy against steps and all draws",
    .columns = "method\teta\tstep\tdraws\tloss\tloss_lo\tloss_hi\tloss_se\taccuracy"
               "\taccuracy_lo\taccuracy_hi\taccuracy_se\tdiverged",
    .seeds = 16,
    .parameter = curve_parameter,
    .cells = by_method,
    .run = curve_run,
    .check = check_all,
};
