/* experiment.c -- the table of experiments, their settings and their rows. */
#include "sim/experiment.h"

#include "ref/io/parse.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const sim_experiment *const table[] = {
#define SIM_EXPERIMENT(symbol) &(symbol),
#include "sim/experiment_list.h"
#undef SIM_EXPERIMENT
};

const sim_experiment *const *sim_experiments(size_t *count)
{
    if (count != NULL) *count = sizeof table / sizeof table[0];
    return table;
}

const sim_experiment *sim_experiment_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i]->name, name) == 0) return table[i];
    return NULL;
}

const char *sim_config_text(const sim_config *c, const char *name)
{
    const sim_parameter *p = c->experiment->parameter;
    for (size_t i = 0; p != NULL && p[i].name != NULL; i++)
        if (strcmp(p[i].name, name) == 0) return c->value[i];
    assert(false && "an experiment asks for a parameter that its table lacks");
    return "";
}

double sim_config_number(const sim_config *c, const char *name)
{
    double x = nan("");
    const ref_status parsed = ref_parse_double(&x, sim_config_text(c, name));
    assert(parsed == REF_OK); /* refused before the run otherwise */
    (void)parsed;
    return x;
}

/* Parses the list item that starts at *text and moves *text behind its comma, or to NULL
 * after the last item; NaN where the item is no number. */
static double list_next(const char **text)
{
    char item[64];
    const char *comma = strchr(*text, ',');
    const size_t n = comma != NULL ? (size_t)(comma - *text) : strlen(*text);
    double x = nan("");
    if (n < sizeof item) {
        memcpy(item, *text, n);
        item[n] = '\0';
        if (ref_parse_double(&x, item) != REF_OK) x = nan("");
    }
    *text = comma != NULL ? comma + 1 : NULL;
    return x;
}

size_t sim_config_list(const sim_config *c, const char *name, double *x, size_t room)
{
    const char *text = sim_config_text(c, name);
    size_t count = 0;
    while (text != NULL) {
        const double item = list_next(&text);
        if (count < room) x[count] = item;
        count++;
    }
    return count;
}

sim_value_kind sim_value_kind_of(const char *text)
{
    size_t count = 0;
    while (text != NULL) {
        if (isnan(list_next(&text))) return SIM_VALUE_TEXT;
        count++;
    }
    return count == 1 ? SIM_VALUE_NUMBER : SIM_VALUE_LIST;
}

static void rows_append(sim_rows *r, const char *text, size_t n)
{
    if (r->failed) return;
    if (r->length + n + 1 > r->room) {
        const size_t room = 2 * (r->length + n + 1);
        char *grown = realloc(r->text, room);
        if (grown == NULL) {
            r->failed = true;
            return;
        }
        r->text = grown;
        r->room = room;
    }
    memcpy(r->text + r->length, text, n);
    r->length += n;
    r->text[r->length] = '\0';
}

void sim_rows_text(sim_rows *r, const char *text)
{
    if (r->length > 0 && r->text[r->length - 1] != '\n') rows_append(r, "\t", 1);
    rows_append(r, text, strlen(text));
}

void sim_rows_number(sim_rows *r, double x)
{
    char text[32];
    if (isnan(x)) /* printf may print the sign of a NaN, which means nothing */
        (void)snprintf(text, sizeof text, "nan");
    else
        (void)snprintf(text, sizeof text, "%.17g", x);
    sim_rows_text(r, text);
}

void sim_rows_end(sim_rows *r)
{
    rows_append(r, "\n", 1);
}

void sim_rows_time(sim_rows *r, const char *name, const char *what, double seconds)
{
    char text[32];
    if (r->times == NULL) return;
    (void)snprintf(text, sizeof text, "%.6f", seconds);
    sim_rows_text(r->times, name);
    sim_rows_text(r->times, what);
    sim_rows_text(r->times, isnan(seconds) ? "never" : text);
    sim_rows_end(r->times);
}

void sim_rows_free(sim_rows *r)
{
    free(r->text);
    *r = (sim_rows){0};
}
