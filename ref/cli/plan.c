/* plan.c -- a plan's explanation, and how plans are written. */
#include "ref/cli/plan.h"

#include "ref/io/decimal.h"
#include "ref/io/json.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 10 /* dropped prompts that are named */

double cli_plan_samples(const cli_plan *x, size_t i)
{
    return x->rounding.kind == REF_ALLOCATE_ROUND_NONE ? x->share[i] * x->input.budget
                                                       : (double)x->n[i];
}

/* Variance of the plan that came with the table. */
static ref_status explain_given(cli_plan *x, ref_why *why)
{
    const double *const given = x->prompts.column[CLI_N];
    x->given = -1.0;
    if (given == NULL || !x->any_variance) return REF_OK;
    const size_t m = x->prompts.m;
    size_t *const n = calloc(m, sizeof *n);
    if (n == NULL) return ref_fail(why, REF_ENOMEM, "no memory for %zu prompts", m);
    ref_status s = REF_OK;
    for (size_t i = 0; i < m && s == REF_OK; i++) {
        n[i] = (size_t)given[i];
        if ((double)n[i] != given[i])
            s = ref_fail(why, REF_EDOM,
                         "column n: %.17g of prompt \"%.60s\" is not whole", given[i],
                         cli_prompts_name(&x->prompts, i));
    }
    ref_allocate_report report = {0};
    if (s == REF_OK)
        s = ref_allocate_explain(&report, n, x->share, x->rule, &x->input, &x->rounding,
                                 why);
    if (s == REF_OK) x->given = report.variance;
    free(n);
    return s;
}

ref_status cli_plan_explain(cli_plan *x, ref_why *why)
{
    const bool whole = x->rounding.kind != REF_ALLOCATE_ROUND_NONE;
    const ref_status s = ref_allocate_explain(&x->report, whole ? x->n : NULL, x->share,
                                              x->rule, &x->input, &x->rounding, why);
    if (s != REF_OK && s != REF_EDOM) return s;
    x->explained = true;
    x->any_variance = s == REF_OK; /* EDOM: every c_i is 0, which is an answer */
    return explain_given(x, why);
}

/* ---- for people ------------------------------------------------------------------- */

static void write_dropped(FILE *file, const cli_plan *x)
{
    if (x->unserved == 0) return;
    (void)fputs("without samples:", file);
    size_t shown = 0;
    for (size_t i = 0; i < x->prompts.m && shown < SHOWN; i++) {
        if (cli_plan_samples(x, i) > 0.0) continue;
        char name[61];
        (void)snprintf(name, sizeof name, "%s", cli_prompts_name(&x->prompts, i));
        (void)fprintf(file, "%s %s", shown > 0 ? "," : "", ref_plain(name));
        shown++;
    }
    if (shown < x->unserved) (void)fprintf(file, " and %zu more", x->unserved - shown);
    (void)fputc('\n', file);
}

/* "  uniform       0.25     1.8 x the plan" */
static void write_rival(FILE *file, const cli_plan *x, const char *name,
                        double variance)
{
    if (isfinite(x->report.variance))
        (void)fprintf(file, "  %-22s %-13.6g %.6g x the plan\n", name, variance,
                      variance / x->report.variance);
    else
        (void)fprintf(file, "  %-22s %.6g\n", name, variance);
}

static void write_certificate(FILE *file, const cli_plan *x)
{
    const ref_allocate_proof *const p = &x->report.proof;
    if (x->rounding.kind == REF_ALLOCATE_ROUND_NONE) return;
    if (!isfinite(x->report.integer)) {
        (void)fputs("certificate: none: fewer samples than prompts with variance\n",
                    file);
        return;
    }
    (void)fprintf(
        file,
        "certificate, sum u_i^2/n_i: %s: one sample more brings at most %.6g, "
        "one less costs at least %.6g\n",
        !p->feasible ? "out of bounds"
        : p->optimal ? "optimal"
                     : "not optimal",
        p->gain, p->loss);
}

void cli_plan_write_words(FILE *file, const cli_plan *x)
{
    (void)fprintf(file, "rule %s: %s [%s]\n", x->rule->name, x->rule->formula,
                  x->rule->source);
    (void)fprintf(file,
                  "%zu prompts, %.17g samples, rounding %s, %zu without samples\n",
                  x->prompts.m, x->input.budget,
                  ref_allocate_rounding_name(x->rounding.kind), x->unserved);
    write_dropped(file, x);
    if (!x->any_variance) {
        (void)fputs(
            "variance: 0 whatever one does: no prompt has weight, p and G^2 above 0\n",
            file);
        return;
    }
    const ref_allocate_report *const r = &x->report;
    (void)fprintf(file,
                  "variance sum c_i/n_i, c_i = w_i^2 (S2_i/p_i - |mu_i|^2), S2 = G^2 "
                  "and |mu| = 0 unless given:\n");
    (void)fprintf(file, "  %-22s %.6g\n", "plan", r->variance);
    write_rival(file, x, "uniform", r->uniform);
    write_rival(file, x, "optimum, real-valued", r->continuous);
    write_rival(file, x, "optimum, whole", r->integer);
    if (x->given >= 0.0) write_rival(file, x, "n of the input", x->given);
    if (r->unserved > 0)
        (void)fprintf(file, "infinite, as prompts with variance got no sample: %zu\n",
                      r->unserved);
    if (r->without > 0)
        (void)fprintf(file, "left out, without variance (p = 0 or G = 0): %zu\n",
                      r->without);
    write_certificate(file, x);
}

/* ---- for programs ------------------------------------------------------------------ */

/* Rows gathered to 64 KiB at a time: a million prompts are a million rows. */
typedef struct block {
    FILE *file;
    size_t used;
    char text[1 << 16];
} block;

static void block_flush(block *b)
{
    (void)fwrite(b->text, 1, b->used, b->file);
    b->used = 0;
}

/* Append n bytes; a name may be longer than the block. */
static void block_put(block *b, const char *text, size_t n)
{
    if (n > sizeof b->text - b->used) block_flush(b);
    if (n > sizeof b->text) {
        (void)fwrite(text, 1, n, b->file);
        return;
    }
    memcpy(b->text + b->used, text, n);
    b->used += n;
}

void cli_plan_write_tsv(FILE *file, const cli_plan *x)
{
    const bool whole = x->rounding.kind != REF_ALLOCATE_ROUND_NONE;
    block b = {.file = file};
    block_put(&b, "prompt\tshare\tn\n", 15);
    for (size_t i = 0; i < x->prompts.m && !ferror(file); i++) {
        const char *const name = cli_prompts_name(&x->prompts, i);
        block_put(&b, name, strlen(name));
        char row[2 * REF_FORMAT_ROOM + 3] = "\t";
        size_t at = 1;
        at += ref_format_double(row + at, x->share[i]);
        row[at++] = '\t';
        at += whole ? ref_format_unsigned(row + at, x->n[i])
                    : ref_format_double(row + at, cli_plan_samples(x, i));
        row[at++] = '\n';
        block_put(&b, row, at);
    }
    block_flush(&b);
}

static void write_member(FILE *file, const char *key, double value)
{
    (void)fprintf(file, ",\n    \"%s\": ", key);
    ref_json_real(file, value);
}

static void write_explanation(FILE *file, const cli_plan *x)
{
    const ref_allocate_report *const r = &x->report;
    (void)fprintf(file, ",\n  \"explain\": {\n    \"unserved\": %zu", x->unserved);
    if (x->any_variance) {
        write_member(file, "variance", r->variance);
        write_member(file, "variance_uniform", r->uniform);
        write_member(file, "variance_continuous", r->continuous);
        write_member(file, "variance_integer", r->integer);
        if (x->given >= 0.0) write_member(file, "variance_given", x->given);
        (void)fprintf(file, ",\n    \"unserved_with_variance\": %zu", r->unserved);
        (void)fprintf(file, ",\n    \"without_variance\": %zu", r->without);
    }
    if (x->any_variance && x->rounding.kind != REF_ALLOCATE_ROUND_NONE) {
        const ref_allocate_proof *const p = &r->proof;
        write_member(file, "gain", p->gain);
        write_member(file, "loss", p->loss);
        (void)fprintf(file, ",\n    \"feasible\": %s,\n    \"optimal\": %s",
                      p->feasible ? "true" : "false", p->optimal ? "true" : "false");
    }
    (void)fputs("\n  }", file);
}

/* JSON holds UTF-8 only; a table may hold anything. */
static ref_status check_names(const cli_plan *x, ref_why *why)
{
    for (size_t i = 0; i < x->prompts.m; i++) {
        json_t *const text = json_string(cli_prompts_name(&x->prompts, i));
        if (text == NULL)
            return ref_fail(why, REF_EFORMAT,
                            "the name of prompt %zu is not UTF-8, JSON cannot hold it",
                            i);
        json_decref(text);
    }
    return REF_OK;
}

ref_status cli_plan_write_json(FILE *file, const cli_plan *x, ref_why *why)
{
    REF_TRY(check_names(x, why));
    (void)fprintf(file,
                  "{\n  \"rule\": \"%s\",\n  \"rounding\": \"%s\",\n  \"budget\": ",
                  x->rule->name, ref_allocate_rounding_name(x->rounding.kind));
    ref_json_real(file, x->input.budget);
    const size_t m = x->prompts.m;
    (void)fputs(",\n  \"prompt\": [", file);
    for (size_t i = 0; i < m && !ferror(file); i++) {
        if (i > 0) (void)fputs(", ", file);
        ref_json_text(file, cli_prompts_name(&x->prompts, i));
    }
    (void)fputs("],\n  \"share\": [", file);
    for (size_t i = 0; i < m && !ferror(file); i++) {
        if (i > 0) (void)fputs(", ", file);
        ref_json_real(file, x->share[i]);
    }
    (void)fputs("],\n  \"n\": [", file);
    for (size_t i = 0; i < m && !ferror(file); i++) {
        if (i > 0) (void)fputs(", ", file);
        ref_json_real(file, cli_plan_samples(x, i));
    }
    (void)fputc(']', file);
    if (x->explained) write_explanation(file, x);
    (void)fputs("\n}\n", file);
    return REF_OK;
}
