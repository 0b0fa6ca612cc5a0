/* choice.c -- see choice.h. */
#include "sim/choice.h"

#include "ref/io/parse.h"
#include "sim/model.h"
#include "sim/regime.h"
#include "sim/setting.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- problems ---------------------------------------------------------------------- */

enum { LONGEST_CHAIN_LIST = 1000000 };

static ref_status open_table(sim_problem *p, const sim_config *c, ref_why *why)
{
    sim_shape s = {.lambda = sim_config_number(c, "lambda")};
    const char family = *sim_config_text(c, "family");
    size_t seed = 0;
    size_t hard = 0;
    REF_TRY(sim_regime_whole(&s.m, c, "prompts", 1, 1000000, why));
    REF_TRY(sim_regime_whole(&s.Y, c, "latents", 2, 100000, why));
    REF_TRY(sim_regime_whole(&s.d, c, "features", 1, 100000, why));
    REF_TRY(sim_regime_whole(&s.kA, c, "accepted", 1, s.Y - 1, why));
    REF_TRY(sim_regime_whole(&seed, c, "feature-seed", 0, UINT32_MAX, why));
    REF_TRY(sim_regime_whole(&hard, c, "long-is-hard", 0, 1, why));
    s.seed = (uint32_t)seed;
    s.long_is_hard = hard == 1;
    if (sim_profile_parse(&s.profile, sim_config_text(c, "profile"), why) != REF_OK)
        return REF_EUSAGE;
    if (family == 't') return sim_tabular_init(p, &s, why);
    return sim_loglinear_init(p, &s, family == 'r' ? 'R' : 'F', why);
}

static ref_status open_head(sim_problem *p, const sim_config *c, ref_why *why)
{
    size_t m = 0;
    size_t Y = 0;
    size_t Z = 0;
    size_t d = 0;
    size_t seed = 0;
    REF_TRY(sim_regime_whole(&m, c, "prompts", 1, 1000000, why));
    REF_TRY(sim_regime_whole(&Y, c, "latents", 1, 100000, why));
    REF_TRY(sim_regime_whole(&Z, c, "answers", 2, 100000, why));
    REF_TRY(sim_regime_whole(&d, c, "features", 1, 100000, why));
    REF_TRY(sim_regime_whole(&seed, c, "feature-seed", 0, UINT32_MAX, why));
    REF_TRY(sim_head_init(p, m, Y, Z, d, sim_config_number(c, "kappa"), (uint32_t)seed,
                          why));
    p->lambda = sim_config_number(c, "lambda");
    return REF_OK;
}

static ref_status open_chain(sim_problem *p, const sim_config *c, ref_why *why)
{
    size_t states = 0;
    size_t count = 0;
    REF_TRY(sim_regime_whole(&states, c, "states", 1, 1000, why));
    size_t *length = calloc(LONGEST_CHAIN_LIST, sizeof *length);
    if (length == NULL) return ref_fail(why, REF_ENOMEM, "no room for lengths");
    ref_status s = sim_chain_lengths(length, &count, LONGEST_CHAIN_LIST,
                                     sim_config_text(c, "lengths"), why);
    if (s == REF_OK)
        s = sim_chain_init(p, states, length, count, sim_config_number(c, "eps"),
                           sim_config_number(c, "back"), why);
    free(length);
    if (s == REF_OK) p->lambda = sim_config_number(c, "lambda");
    return s;
}

static ref_status open_model(sim_problem *p, const sim_config *c, ref_why *why)
{
    const char *path = sim_config_text(c, "model");
    if (strcmp(path, "none") == 0)
        return ref_fail(why, REF_EUSAGE, "family=model needs --set model=FILE.json");
    return sim_model_load(p, path, why);
}

static const struct {
    const char *name;
    ref_status (*open)(sim_problem *p, const sim_config *c, ref_why *why);
    bool infimum; /* 0 without a ridge: every p_i can come as near 1 as one likes */
} family[] = {{"tabular", open_table, true},     {"realisable", open_table, true},
              {"frustrated", open_table, false}, {"head", open_head, false},
              {"chain", open_chain, false},      {"model", open_model, false}};

ref_status sim_choice_problem(sim_problem *p, double *infimum, const sim_config *c,
                              ref_why *why)
{
    const char *name = sim_config_text(c, "family");
    const double lambda = sim_config_number(c, "lambda");
    *p = (sim_problem){0};
    if (!(lambda >= 0.0)) return ref_fail(why, REF_EUSAGE, "lambda: must be >= 0");
    if (strcmp(name, "model") != 0 && strcmp(sim_config_text(c, "model"), "none") != 0)
        return ref_fail(why, REF_EUSAGE, "model: belongs to family=model");
    for (size_t k = 0; k < sizeof family / sizeof family[0]; k++) {
        if (strcmp(name, family[k].name) != 0) continue;
        if (infimum != NULL)
            *infimum = family[k].infimum && lambda == 0.0 ? 0.0 : nan("");
        return family[k].open(p, c, why);
    }
    return ref_fail(why, REF_EUSAGE,
                    "family=%s: there are tabular, realisable, frustrated, head, chain "
                    "and model",
                    name);
}

/* ---- methods ----------------------------------------------------------------------- */

/* A modifier NAME=VALUE and the field of a method that it sets. */
static const struct {
    const char *name;
    size_t at;
    bool whole;
    double low, high;
} number[] = {{"age", offsetof(sim_method, refresh), true, 1.0, 1e9},
              {"draws", offsetof(sim_method, draws), false, 0.0, 1e6},
              {"alpha", offsetof(sim_method, alpha), false, 0.0, 1e9},
              {"beta", offsetof(sim_method, beta), false, -1e3, 1e3},
              {"cap", offsetof(sim_method, cap), true, 1.0, 1e6},
              {"group", offsetof(sim_method, group), true, 1.0, 1e6},
              {"target", offsetof(sim_method, target), true, 1.0, 1e6},
              {"decay", offsetof(sim_method, decay), false, 0.0, 1.0},
              {"min", offsetof(sim_method, min), true, 1.0, 1e6},
              {"max", offsetof(sim_method, max), true, 1.0, 1e6},
              {"tau", offsetof(sim_method, tau), false, 0.0, 1e9},
              {"explore", offsetof(sim_method, explore), false, 0.0, 1e9}};
enum { NUMBERS = sizeof number / sizeof number[0] };

/* What the modifiers of a word said besides the method's own fields. */
typedef struct chosen {
    bool oracle, pilot;
    bool given[NUMBERS];
} chosen;

static ref_status set_number(sim_method *x, size_t k, const char *value, ref_why *why)
{
    double v = 0.0;
    if (ref_parse_double(&v, value) != REF_OK
        || !(v >= number[k].low && v <= number[k].high)
        || (number[k].whole && v != floor(v)))
        return ref_fail(why, REF_EUSAGE, "%s=%s: expected a %snumber from %g to %g",
                        number[k].name, value, number[k].whole ? "whole " : "",
                        number[k].low, number[k].high);
    if (number[k].whole) {
        const size_t n = (size_t)v;
        memcpy((char *)x + number[k].at, &n, sizeof n);
    } else {
        memcpy((char *)x + number[k].at, &v, sizeof v);
    }
    return REF_OK;
}

static ref_status no_modifier(const char *text, ref_why *why)
{
    return ref_fail(
        why, REF_EUSAGE,
        "no modifier '%s'; there are oracle, pilot[=N], reuse, age=k, "
        "draws=b, mean-norm, no-control and NAME=value of alpha, beta, cap, "
        "group, target, decay, min, max, tau, explore",
        text);
}

static ref_status set_flag(sim_method *x, chosen *how, const char *name, ref_why *why)
{
    if (strcmp(name, "oracle") == 0)
        how->oracle = true;
    else if (strcmp(name, "pilot") == 0)
        how->pilot = true;
    else if (strcmp(name, "reuse") == 0)
        x->reuse = true;
    else if (strcmp(name, "mean-norm") == 0)
        x->mean_norm = true;
    else if (strcmp(name, "no-control") == 0)
        x->no_control = true;
    else
        return no_modifier(name, why);
    return REF_OK;
}

/* One modifier, "name" or "name=value"; text is cut at the sign. */
static ref_status modify(sim_method *x, chosen *how, char *text, ref_why *why)
{
    char *value = strchr(text, '=');
    if (value == NULL) return set_flag(x, how, text, why);
    *value++ = '\0';
    uint64_t pilot = 0;
    if (strcmp(text, "pilot") == 0) {
        if (ref_parse_unsigned(&pilot, value, 1000000) != REF_OK || pilot == 0)
            return ref_fail(why, REF_EUSAGE,
                            "pilot=%s: expected a whole number from 1 to 1000000",
                            value);
        how->pilot = true;
        x->pilot = (size_t)pilot;
        return REF_OK;
    }
    for (size_t k = 0; k < NUMBERS; k++)
        if (strcmp(text, number[k].name) == 0) {
            how->given[k] = true;
            return set_number(x, k, value, why);
        }
    return no_modifier(text, why);
}

static ref_status no_rule(const char *name, ref_why *why)
{
    char known[480] = ""; /* shorter than the text of a ref_why */
    size_t count = 0;
    const ref_allocate_rule *rule = ref_allocate_rules(&count);
    size_t n = 0;
    for (size_t k = 0; k < count && n < sizeof known; k++)
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", k > 0 ? ", " : "",
                              rule[k].name);
    return ref_fail(why, REF_EUSAGE, "no rule '%s'; there are %s", name, known);
}

/* Does `more` look at p before the first draw? Then the rule needs an oracle. */
static bool reads_rate(const ref_allocate_rule *rule)
{
    const double p[2] = {0.0, 1.0};
    const double one[2] = {1.0, 1.0};
    const ref_allocate_input in = {
        .m = 2, .budget = 2.0, .p = p, .G = one, .visits = p, .share = one};
    return rule->more(&in, 0, 0, 0, 0.5, rule->user)
           != rule->more(&in, 1, 0, 0, 0.5, rule->user);
}

/* sim_method_check, which also says where an oracle would help. */
static ref_status check_columns(const sim_method *x, ref_why *why)
{
    ref_why detail = {{0}};
    const ref_status s = sim_method_check(x, &detail);
    if (s == REF_OK) return REF_OK;
    sim_method oracle = *x;
    oracle.source = SIM_SOURCE_EXACT;
    return ref_fail(why, s, "%s%s", detail.text,
                    sim_method_check(&oracle, NULL) == REF_OK ? "; :oracle has it"
                                                              : "");
}

/* Does this method look at that parameter? The simulator itself has age and draws for every
 * rule, cap (which stands for max) for RRIS, decay for a memory of its own. */
static bool looks_at(const sim_method *x, const ref_allocate_rule *rule,
                     const char *name)
{
    const bool rris = x->scheme == SIM_SCHEME_RRIS;
    if (strcmp(name, "age") == 0 || strcmp(name, "draws") == 0) return true;
    if (strcmp(name, "cap") == 0) return rris;
    if (strcmp(name, "decay") == 0) return x->source == SIM_SOURCE_MEMORY;
    return ref_allocate_rule_reads(rule, name) && !(rris && strcmp(name, "max") == 0);
}

static ref_status check_given(const sim_method *x, const ref_allocate_rule *rule,
                              const chosen *how, ref_why *why)
{
    for (size_t k = 0; k < NUMBERS; k++) {
        if (!how->given[k] || looks_at(x, rule, number[k].name)) continue;
        char known[160] = "";
        size_t n = 0;
        for (size_t j = 0; j < NUMBERS; j++)
            if (looks_at(x, rule, number[j].name))
                n += (size_t)snprintf(known + n, sizeof known - n, "%s%s",
                                      n > 0 ? ", " : "", number[j].name);
        return ref_fail(why, REF_EUSAGE, "no parameter '%s' here; there are %s",
                        number[k].name, known);
    }
    return REF_OK;
}

/* How the rule's draws are stopped, and what it then reads. */
static ref_status settle(sim_method *x, const ref_allocate_rule *rule, chosen how,
                         ref_why *why)
{
    x->rule = rule->name;
    x->scheme = SIM_SCHEME_FIXED;
    x->source = how.oracle ? SIM_SOURCE_EXACT : SIM_SOURCE_PILOT;
    if (how.oracle && how.pilot)
        return ref_fail(why, REF_EUSAGE, "oracle and pilot exclude each other");
    if (strcmp(rule->name, "uniform") == 0) {
        if (how.oracle || how.pilot || x->reuse)
            return ref_fail(why, REF_EUSAGE, "uniform reads neither oracle nor pilot");
        x->source = SIM_SOURCE_EXACT;
    } else if (strcmp(rule->name, "rris") == 0) {
        x->scheme = SIM_SCHEME_RRIS;
        if (!how.oracle) x->source = SIM_SOURCE_MEMORY;
    } else if (strcmp(rule->name, "plus") == 0) {
        x->scheme = SIM_SCHEME_PLUS;
        x->source = SIM_SOURCE_MEMORY;
        if (!how.pilot) x->pilot = 4;
    } else if (rule->more != NULL) {
        x->scheme = strcmp(rule->name, "dapo") == 0 ? SIM_SCHEME_DAPO : SIM_SCHEME_MORE;
        if (x->scheme == SIM_SCHEME_MORE && !how.oracle && reads_rate(rule))
            return ref_fail(why, REF_EUSAGE,
                            "the rule reads p before it draws: add :oracle");
        x->source = SIM_SOURCE_EXACT;
    }
    const bool asks = x->scheme != SIM_SCHEME_FIXED;
    if (how.oracle && asks && x->scheme != SIM_SCHEME_RRIS
        && (x->scheme != SIM_SCHEME_MORE || !reads_rate(rule)))
        return ref_fail(why, REF_EUSAGE, "the rule reads nothing that an oracle knows");
    if (asks
        && (x->reuse || x->refresh > 1 || (how.pilot && x->scheme != SIM_SCHEME_PLUS)))
        return ref_fail(why, REF_EUSAGE,
                        "the rule decides while it draws: no pilot, reuse or age");
    if (x->source != SIM_SOURCE_PILOT && x->scheme != SIM_SCHEME_PLUS) x->pilot = 0;
    if (x->reuse && x->pilot == 0)
        return ref_fail(why, REF_EUSAGE, "reuse needs a pilot");
    if (strcmp(rule->name, "gvm-reuse") == 0) x->reuse = true;
    return check_columns(x, why);
}

/* RULE, RULE-oracle: the rule, NULL if there is none. */
static const ref_allocate_rule *find_rule(char *name, chosen *how)
{
    const ref_allocate_rule *rule = ref_allocate_rule_find(name);
    const size_t n = strlen(name);
    const size_t tail = strlen("-oracle");
    if (rule != NULL || n <= tail || strcmp(name + n - tail, "-oracle") != 0)
        return rule;
    name[n - tail] = '\0';
    how->oracle = true;
    return ref_allocate_rule_find(name);
}

/* text: a copy of the word that may be cut up. */
static ref_status read_word(sim_method *x, char *text, ref_why *why)
{
    chosen how = {0};
    char *modifier = strchr(text, ':');
    if (modifier != NULL) *modifier++ = '\0';
    char *estimator = strchr(text, '/');
    if (estimator == NULL)
        return ref_fail(why, REF_EUSAGE, "expected RULE/ESTIMATOR or a known method");
    *estimator++ = '\0';
    const ref_allocate_rule *rule = find_rule(text, &how);
    if (rule == NULL) return no_rule(text, why);
    x->estimator = ref_reject_find(estimator);
    if (x->estimator == REF_REJECT_COUNT)
        return ref_fail(why, REF_EUSAGE,
                        "no estimator '%s'; there are iw, rb, sn, loo, pool, rris",
                        estimator);
    while (modifier != NULL) {
        char *next = strchr(modifier, ':');
        if (next != NULL) *next++ = '\0';
        REF_TRY(modify(x, &how, modifier, why));
        modifier = next;
    }
    REF_TRY(settle(x, rule, how, why));
    return check_given(x, rule, &how, why);
}

/* Takes the pilot's draws out of a budget that holds them. */
static ref_status share_budget(sim_method *x, ref_why *why)
{
    if (x->source != SIM_SOURCE_PILOT || x->reuse) return REF_OK;
    const double every = x->refresh > 1 ? (double)x->refresh : 1.0;
    x->draws -= (double)x->pilot / every;
    if (x->draws > 0.0) return REF_OK;
    return ref_fail(why, REF_EUSAGE, "the pilot of %zu leaves no draws of the budget",
                    x->pilot);
}

ref_status sim_choice_method(sim_method *out, const char *word, double budget,
                             bool whole, ref_why *why)
{
    char text[256];
    ref_why detail = {{0}};
    if (strlen(word) >= sizeof text)
        return ref_fail(why, REF_EUSAGE, "a method of more than 255 characters");
    memcpy(text, word, strlen(word) + 1);
    sim_method x = {.draws = budget, .pilot = 8, .alpha = 1e-3, .beta = 2.0};
    const sim_method *known = sim_method_find(word);
    ref_status s = REF_OK;
    if (known != NULL) {
        x = *known;
        x.draws = budget;
    } else {
        s = read_word(&x, text, &detail);
    }
    if (s == REF_OK && whole) s = share_budget(&x, &detail);
    if (s == REF_OK && !(x.draws > 0.0))
        s = ref_fail(&detail, REF_EUSAGE, "draws must be above 0");
    if (s != REF_OK) return ref_fail(why, s, "%s: %s", word, detail.text);
    *out = x;
    return REF_OK;
}
