/* gvm_allocate.c -- `gvm allocate`: a table of prompts in, a plan of samples out. */
#include "ref/allocate.h"
#include "ref/cli/cli.h"
#include "ref/cli/plan.h"
#include "ref/io/nearest.h"
#include "ref/io/output.h"
#include "ref/io/parse.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PER_PROMPT 8.0 /* default budget, the paper's N = 8m */

enum {
    RULE,
    BUDGET,
    ALPHA,
    BETA,
    ROUNDING,
    MIN,
    MAX,
    FILTER_THRESHOLD,
    FILTER_INSUFFICIENT,
    PRIOR,
    PILOT,
    ON_ZERO,
    SEED,
    FORMAT,
    EXPLAIN,
    JSON,
    OUT,
    LIST_RULES,
    QUIET,
    OPTIONS
};

static const cli_option options[OPTIONS] = {
    [RULE] = {"rule", "NAME", "how shares follow from the columns (gvm); --list-rules"},
    [BUDGET] = {"budget", "N", "samples to spend in all (8 per prompt)"},
    [ALPHA] = {"alpha", "X", "strength of the paper's penalty on small p (0.001)"},
    [BETA] = {"beta", "X", "its exponent (2)"},
    [ROUNDING] = {"rounding", "KIND",
                  "none        real-valued n\n"
                  "optimal     the exact optimum in whole samples (default)\n"
                  "official    as the released code rounds\n"
                  "appendix-b  as the paper's appendix B says\n"
                  "remainder   largest remainders"},
    [MIN] = {"min", "N", "at least so many samples for every prompt (0)"},
    [MAX] = {"max", "N", "at most so many (no limit)"},
    [FILTER_THRESHOLD] = {"filter-threshold", "P", "no samples where p > P (off)"},
    [FILTER_INSUFFICIENT] = {"filter-insufficient", "K",
                             "no samples where fewer than K successes are expected\n"
                             "(off)"},
    [PRIOR] = {"prior", "A,B",
               "smooth p by a Beta(A,B) prior; needs --pilot or a column draws"},
    [PILOT] = {"pilot", "N", "draws behind every p (0: p is exact)"},
    [ON_ZERO] = {"on-zero", "WHAT",
                 "where no prompt has a weight: error (default) or uniform"},
    [SEED] = {"seed", "N", "seed of the rules that toss coins (0)"},
    [FORMAT] = {"format", "KIND", "input is tsv or json (told by its first byte)"},
    [EXPLAIN] = {"explain", NULL,
                 "variance against uniform and against the optimum, certificate,\n"
                 "dropped prompts: on standard error, or inside the JSON"},
    [JSON] = {"json", NULL, "write one JSON object instead of TSV"},
    [OUT] = {"out", "FILE", "write here instead of standard output"},
    [LIST_RULES] = {"list-rules", NULL, "list the rules and stop"},
    [QUIET] = {"quiet", NULL, "no notes on standard error"},
};

typedef struct allocate {
    const ref_allocate_rule *rule;
    const char *file, *out;
    double budget; /* 0: not given */
    double alpha, beta, prior_a, prior_b;
    size_t pilot, seed;
    ref_allocate_rounding rounding;
    ref_allocate_zero zero;
    cli_format format;
    bool explain, json, list, quiet;
    bool given[OPTIONS]; /* on the command line */
} allocate;

/* ---- options ----------------------------------------------------------------------- */

static ref_status take_real(double *x, size_t option, const char *text, double low,
                            double high, ref_why *why)
{
    double value = 0.0;
    if (ref_parse_double(&value, text) == REF_OK && value >= low && value <= high) {
        *x = value;
        return REF_OK;
    }
    return ref_fail(why, REF_EUSAGE, "--%s: \"%.60s\" is not a number from %g to %g",
                    options[option].name, text, low, high);
}

static ref_status take_size(size_t *n, size_t option, const char *text, uint64_t low,
                            uint64_t high, ref_why *why)
{
    uint64_t value = 0;
    if (ref_parse_unsigned(&value, text, high) == REF_OK && value >= low) {
        *n = value;
        return REF_OK;
    }
    return ref_fail(
        why, REF_EUSAGE, "--%s: \"%.60s\" is not an integer from %llu to %llu",
        options[option].name, text, (unsigned long long)low, (unsigned long long)high);
}

static ref_status take_prior(allocate *o, const char *text, ref_why *why)
{
    char a[64] = "";
    const size_t n = strcspn(text, ",");
    if (n < sizeof a) memcpy(a, text, n);
    if (text[n] == ',' && ref_parse_double(&o->prior_a, a) == REF_OK
        && ref_parse_double(&o->prior_b, text + n + 1) == REF_OK && o->prior_a >= 0.0
        && o->prior_b >= 0.0 && o->prior_a + o->prior_b > 0.0)
        return REF_OK;
    return ref_fail(why, REF_EUSAGE,
                    "--prior: \"%.60s\" is not A,B with A, B >= 0, not both 0", text);
}

/* One of two words. */
static ref_status take_word(bool *second, size_t option, const char *text,
                            const char *first_word, const char *second_word,
                            ref_why *why)
{
    *second = strcmp(text, second_word) == 0;
    if (*second || strcmp(text, first_word) == 0) return REF_OK;
    return ref_fail(why, REF_EUSAGE, "--%s: \"%.60s\" is neither %s nor %s",
                    options[option].name, text, first_word, second_word);
}

static ref_status unknown_rule(const char *text, ref_why *why)
{
    char hint[REF_NEAREST_ROOM];
    size_t count = 0;
    const ref_allocate_rule *const rules = ref_allocate_rules(&count);
    ref_nearest near;
    ref_nearest_start(&near, text);
    for (size_t i = 0; i < count; i++) ref_nearest_offer(&near, rules[i].name);
    return ref_fail(why, REF_EUSAGE, "--rule: no rule \"%.60s\"; see --list-rules%s",
                    text, ref_nearest_hint(hint, &near, ""));
}

static ref_status unknown_rounding(const char *text, ref_why *why)
{
    return ref_fail(why, REF_EUSAGE,
                    "--rounding: unknown kind \"%.60s\": none, optimal, official, "
                    "appendix-b or remainder was expected",
                    text);
}

static ref_status take_name(allocate *o, size_t option, const char *text, ref_why *why)
{
    bool second = false;
    ref_status s = REF_OK;
    switch (option) {
    case RULE:
        o->rule = ref_allocate_rule_find(text);
        if (o->rule == NULL) s = unknown_rule(text, why);
        break;
    case ROUNDING:
        o->rounding.kind = ref_allocate_rounding_find(text);
        if (o->rounding.kind == REF_ALLOCATE_ROUND_COUNT)
            s = unknown_rounding(text, why);
        break;
    case ON_ZERO:
        s = take_word(&second, option, text, "error", "uniform", why);
        o->zero = second ? REF_ALLOCATE_ZERO_UNIFORM : REF_ALLOCATE_ZERO_ERROR;
        break;
    case FORMAT:
        s = take_word(&second, option, text, "tsv", "json", why);
        o->format = second ? CLI_FORMAT_JSON : CLI_FORMAT_TSV;
        break;
    case OUT:
        o->out = text;
        break;
    default:
        o->file = text;
    }
    return s;
}

static ref_status set(void *target, size_t option, const char *argument, ref_why *why)
{
    allocate *const o = target;
    const uint64_t whole = UINT64_C(1) << 53;
    ref_allocate_rounding *const r = &o->rounding;
    if (option < OPTIONS) o->given[option] = true;
    switch (option) {
    case BUDGET: {
        const ref_status s =
            take_real(&o->budget, option, argument, 0.0, REF_ALLOCATE_BUDGET_MAX, why);
        if (s == REF_OK && o->budget == 0.0)
            return ref_fail(why, REF_EUSAGE, "--budget: must be above 0");
        return s;
    }
    case ALPHA:
        return take_real(&o->alpha, option, argument, 0.0, 1e300, why);
    case BETA:
        return take_real(&o->beta, option, argument, 0.0, 1e300, why);
    case MIN:
        return take_size(&r->min, option, argument, 0, whole, why);
    case MAX:
        return take_size(&r->max, option, argument, 1, whole, why);
    case FILTER_THRESHOLD:
        return take_real(&r->filter_threshold, option, argument, 0.0, 1.0, why);
    case FILTER_INSUFFICIENT:
        return take_real(&r->filter_insufficient, option, argument, 0.0, 1e300, why);
    case PRIOR:
        return take_prior(o, argument, why);
    case PILOT:
        return take_size(&o->pilot, option, argument, 1, whole, why);
    case SEED:
        return take_size(&o->seed, option, argument, 0, UINT32_MAX, why);
    case EXPLAIN:
        o->explain = true;
        return REF_OK;
    case JSON:
        o->json = true;
        return REF_OK;
    case LIST_RULES:
        o->list = true;
        return REF_OK;
    case QUIET:
        o->quiet = true;
        return REF_OK;
    default:
        return take_name(o, option, argument, why);
    }
}

/* ---- work -------------------------------------------------------------------------- */

static ref_status list_rules(const char *path, ref_why *why)
{
    ref_output o;
    REF_TRY(ref_output_open(&o, path, why));
    size_t count;
    const ref_allocate_rule *const rules = ref_allocate_rules(&count);
    (void)fputs("rule\tsource\tformula\n", o.file);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(o.file, "%s\t%s\t%s\n", rules[i].name, rules[i].source,
                      rules[i].formula);
    return ref_output_commit(&o, why);
}

static ref_status read_prompts(cli_prompts *t, const allocate *o, ref_why *why)
{
    ref_source source;
    REF_TRY(ref_source_open(&source, o->file, why));
    if (o->file == NULL && !o->quiet && isatty(STDIN_FILENO))
        (void)fputs("gvm allocate: reading a table from the terminal; --help says "
                    "which\n",
                    stderr);
    const ref_status s = cli_prompts_read(t, &source, o->format, why);
    ref_source_close(&source);
    return s;
}

static ref_allocate_input input_of(const allocate *o, const cli_prompts *t)
{
    double *const *const column = t->column;
    return (ref_allocate_input){.m = t->m,
                                .budget = o->budget > 0.0 ? o->budget
                                                          : PER_PROMPT * (double)t->m,
                                .p = column[CLI_P],
                                .G = column[CLI_G],
                                .weight = column[CLI_WEIGHT],
                                .S2 = column[CLI_S2],
                                .mu2 = column[CLI_MU2],
                                .H2 = column[CLI_H2],
                                .S2_wrong = column[CLI_S2_WRONG],
                                .cost = column[CLI_COST],
                                .visits = column[CLI_VISITS],
                                .draws = column[CLI_DRAWS],
                                .alpha = o->alpha,
                                .beta = o->beta,
                                .prior_a = o->prior_a,
                                .prior_b = o->prior_b,
                                .pilot = o->pilot,
                                .zero = o->zero,
                                .seed = (uint32_t)o->seed};
}

/* An option that the rule does not look at would do nothing: refused. */
static ref_status check_given(const ref_allocate_rule *rule, const allocate *o,
                              ref_why *why)
{
    static const size_t parameter[] = {ALPHA, BETA, PRIOR, SEED};
    for (size_t k = 0; k < sizeof parameter / sizeof parameter[0]; k++) {
        const char *const name = options[parameter[k]].name;
        if (!o->given[parameter[k]] || ref_allocate_rule_reads(rule, name)) continue;
        const bool none = rule->parameters[0] == '\0';
        return ref_fail(why, REF_EUSAGE,
                        "--%s: the rule %s does not look at it; its parameters: %s",
                        name, rule->name, none ? "none" : rule->parameters);
    }
    return REF_OK;
}

static ref_status make_plan(cli_plan *x, const allocate *o, ref_why *why)
{
    x->rule = o->rule != NULL ? o->rule : ref_allocate_rule_find("gvm");
    REF_TRY(check_given(x->rule, o, why));
    REF_TRY(read_prompts(&x->prompts, o, why));
    const size_t m = x->prompts.m;
    x->rounding = o->rounding;
    x->input = input_of(o, &x->prompts);
    x->share = malloc(m * sizeof *x->share);
    x->n = malloc(m * sizeof *x->n);
    if (x->share == NULL || x->n == NULL)
        return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", m);
    REF_TRY(ref_allocate_plan(x->n, x->share, x->rule, &x->input, &x->rounding, why));
    for (size_t i = 0; i < m; i++) x->unserved += cli_plan_samples(x, i) > 0.0 ? 0 : 1;
    return o->explain ? cli_plan_explain(x, why) : REF_OK;
}

static void plan_free(cli_plan *x)
{
    cli_prompts_free(&x->prompts);
    free(x->share);
    free(x->n);
    *x = (cli_plan){0};
}

static ref_status write_plan(const cli_plan *x, const allocate *o, ref_why *why)
{
    ref_output out;
    REF_TRY(ref_output_open(&out, o->out, why));
    ref_status s = REF_OK;
    if (o->json)
        s = cli_plan_write_json(out.file, x, why);
    else
        cli_plan_write_tsv(out.file, x);
    if (s == REF_OK) return ref_output_commit(&out, why);
    ref_output_discard(&out);
    return s;
}

static void tell(const cli_command *self, const cli_plan *x, const allocate *o)
{
    if (o->explain && !o->json) {
        cli_plan_write_words(stderr, x);
    } else if (x->unserved > 0 && !o->quiet) {
        (void)fprintf(stderr,
                      "gvm %s: %zu of %zu prompts get no samples; --explain says more, "
                      "--min 1 serves all\n",
                      self->name, x->unserved, x->prompts.m);
    }
}

static int run(const cli_command *self, int argc, char **argv)
{
    allocate o = {
        .alpha = 1e-3, .beta = 2.0, .rounding = {.kind = REF_ALLOCATE_ROUND_OPTIMAL}};
    const cli_next next = cli_parse(self, &o, argc, argv);
    if (next != CLI_RUN) return next == CLI_STOP ? 0 : ref_status_exit(REF_EUSAGE);
    ref_why why = {""};
    cli_plan x = {0};
    ref_status s = o.list ? list_rules(o.out, &why) : make_plan(&x, &o, &why);
    if (s == REF_OK && !o.list) s = write_plan(&x, &o, &why);
    if (s == REF_OK && !o.list) tell(self, &x, &o);
    plan_free(&x);
    return s == REF_OK ? 0 : cli_fail(self, s, &why);
}

static const char more[] =
    "FILE is a table with tab-separated columns, named in its first line; - or nothing "
    "is\nstandard input. JSON may be an array of objects or an object of arrays with "
    "the "
    "same\nnames. prompt, p and G must be there, others where a rule asks for them:\n"
#define HELP_COLUMN(id, name, low, high, what) "  " name ": " what "\n"
    CLI_COLUMN_LIST(HELP_COLUMN)
#undef HELP_COLUMN
        "Output: prompt, share (of the budget, sums to 1), n (samples).\n"
        "\nExamples:\n"
        "  printf 'prompt\\tp\\tG\\neasy\\t0.9\\t1\\nhard\\t0.1\\t1\\n' | gvm allocate "
        "--explain\n"
        "  gvm allocate prompts.tsv --budget 100000 --min 1 --max 64 --out plan.tsv\n"
        "  gvm allocate prompts.tsv --rule gvm --rounding official  # as released\n"
        "  gvm allocate prompts.tsv --prior 0.5,0.5 --pilot 8       # p from 8 draws\n";

const cli_command cli_allocate = {
    .name = "allocate",
    .operands = "[FILE]",
    .what = "how many samples each prompt deserves, from its p and G",
    .more = more,
    .options = options,
    .count = OPTIONS,
    .operand_count = 1,
    .set = set,
    .run = run};
