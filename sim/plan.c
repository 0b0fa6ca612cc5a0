/* plan.c -- see plan.h. */
#include "sim/plan.h"

#include "ref/io/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_MAX = 1000000 };

static const char *const kind_text[] = {"a number", "a list of numbers", "text"};

void sim_plan_free(sim_plan *p)
{
    for (size_t i = 0; i < p->texts; i++) free(p->text[i]);
    for (size_t a = 0; a < p->axes; a++) free(p->axis[a].value);
    free(p->axis);
    free(p->value);
    free(p->first);
    free(p->text);
    free(p->head);
    free(p->columns);
    *p = (sim_plan){0};
}

ref_status sim_plan_init(sim_plan *p, const sim_experiment *e, uint32_t seed,
                         size_t seeds, ref_why *why)
{
    *p = (sim_plan){.experiment = e, .seed = seed, .points = 1};
    p->seeds = seeds > 0 ? seeds : e->seeds;
    while (e->parameter != NULL && e->parameter[p->parameters].name != NULL)
        p->parameters++;
    p->value = calloc(p->parameters + 1, sizeof *p->value);
    if (p->value == NULL) return ref_fail(why, REF_ENOMEM, "no room for the settings");
    for (size_t i = 0; e->parameter != NULL && i < p->parameters; i++)
        p->value[i] = e->parameter[i].value;
    return REF_OK;
}

/* A copy of text that lives as long as the plan; NULL without memory. */
static char *keep(sim_plan *p, const char *text)
{
    char *copy = malloc(strlen(text) + 1);
    char **grown = realloc(p->text, (p->texts + 1) * sizeof *grown);
    if (grown != NULL) p->text = grown;
    if (copy == NULL || grown == NULL) {
        free(copy);
        return NULL;
    }
    memcpy(copy, text, strlen(text) + 1);
    p->text[p->texts++] = copy;
    return copy;
}

static ref_status no_parameter(const sim_plan *p, const char *setting, size_t n,
                               ref_why *why)
{
    char name[64], hint[REF_NEAREST_ROOM];
    (void)snprintf(name, sizeof name, "%.*s", (int)n, setting);
    ref_nearest near;
    ref_nearest_start(&near, name);
    for (size_t i = 0; i < p->parameters; i++)
        ref_nearest_offer(&near, p->experiment->parameter[i].name);
    return ref_fail(
        why, REF_EUSAGE,
        "experiment %s has no parameter '%s'; `gvm-sim list --json` shows them%s",
        p->experiment->name, name, ref_nearest_hint(hint, &near, ""));
}

/* Splits a kept copy of "name=rest": *index of the parameter, *rest behind the sign. */
static ref_status split(sim_plan *p, const char *setting, size_t *index, char **rest,
                        ref_why *why)
{
    const char *sign = strchr(setting, '=');
    const size_t n = sign != NULL ? (size_t)(sign - setting) : 0;
    *rest = NULL;
    for (size_t i = 0; n > 0 && i < p->parameters; i++) {
        const char *name = p->experiment->parameter[i].name;
        if (strlen(name) != n || strncmp(name, setting, n) != 0) continue;
        *index = i;
        *rest = keep(p, sign + 1);
        return *rest != NULL ? REF_OK
                             : ref_fail(why, REF_ENOMEM, "no room for a setting");
    }
    if (n == 0) return ref_fail(why, REF_EUSAGE, "'%s': expected name=value", setting);
    return no_parameter(p, setting, n, why);
}

static ref_status check_value(const sim_plan *p, size_t index, const char *value,
                              ref_why *why)
{
    const sim_parameter *q = &p->experiment->parameter[index];
    const sim_value_kind want = sim_value_kind_of(q->value);
    const sim_value_kind got = sim_value_kind_of(value);
    if (*value == '\0') return ref_fail(why, REF_EUSAGE, "%s: no value given", q->name);
    for (const char *c = value; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~')
            return ref_fail(why, REF_EUSAGE,
                            "%s=%s: blanks and control characters "
                            "cannot stand in a value",
                            q->name, value);
    const bool fits = want == SIM_VALUE_TEXT || got == want
                      || (want == SIM_VALUE_LIST && got == SIM_VALUE_NUMBER);
    if (!fits)
        return ref_fail(why, REF_EUSAGE, "%s=%s: expected %s, like the default %s",
                        q->name, value, kind_text[want], q->value);
    return REF_OK;
}

ref_status sim_plan_set(sim_plan *p, const char *setting, ref_why *why)
{
    size_t index = 0;
    char *value = NULL;
    const ref_status found = split(p, setting, &index, &value, why);
    if (value == NULL) return found;
    REF_TRY(check_value(p, index, value, why));
    if (p->value[index] != p->experiment->parameter[index].value)
        return ref_fail(why, REF_EUSAGE, "%s is set twice",
                        p->experiment->parameter[index].name);
    p->value[index] = value;
    return REF_OK;
}

/* Cuts text at the separator and stores the pieces in a->value. */
static ref_status cut(sim_axis *a, char *text, char separator, ref_why *why)
{
    a->count = 1;
    for (const char *c = text; *c != '\0'; c++) a->count += *c == separator;
    a->value = calloc(a->count, sizeof *a->value);
    if (a->value == NULL) return ref_fail(why, REF_ENOMEM, "no room for the grid");
    for (size_t i = 0; i < a->count; i++) {
        a->value[i] = text;
        char *end = strchr(text, separator);
        if (end == NULL) break;
        *end = '\0';
        text = end + 1;
    }
    return REF_OK;
}

ref_status sim_plan_grid(sim_plan *p, const char *axis, ref_why *why)
{
    size_t index = 0;
    char *text = NULL;
    const ref_status found = split(p, axis, &index, &text, why);
    if (text == NULL) return found;
    for (size_t a = 0; a < p->axes; a++)
        if (p->axis[a].parameter == index)
            return ref_fail(why, REF_EUSAGE, "%s stands twice in the grid",
                            p->experiment->parameter[index].name);
    sim_axis *grown = realloc(p->axis, (p->axes + 1) * sizeof *grown);
    if (grown == NULL) return ref_fail(why, REF_ENOMEM, "no room for the grid");
    p->axis = grown;
    sim_axis *a = &p->axis[p->axes];
    *a = (sim_axis){.parameter = index};
    p->axes++;
    REF_TRY(cut(a, text, strchr(text, ';') != NULL ? ';' : ',', why));
    for (size_t i = 0; i < a->count && a->value[i] != NULL; i++)
        REF_TRY(check_value(p, index, a->value[i], why));
    if (a->count > POINTS_MAX / p->points)
        return ref_fail(why, REF_EUSAGE, "the grid has more than %d points",
                        POINTS_MAX);
    p->points *= a->count;
    return REF_OK;
}

/* value (points, parameters) <- the settings with each point's grid values put in. */
static ref_status resolve(sim_plan *p, ref_why *why)
{
    const size_t width = p->parameters > 0 ? p->parameters : 1;
    const char **all = calloc(p->points * width, sizeof *all);
    if (all == NULL)
        return ref_fail(why, REF_ENOMEM, "no room for %zu points", p->points);
    for (size_t point = 0; point < p->points; point++) {
        const char **row = all + point * width;
        for (size_t i = 0; i < p->parameters; i++) row[i] = p->value[i];
        size_t rest = point;
        for (size_t a = p->axes; a-- > 0;) {
            row[p->axis[a].parameter] = p->axis[a].value[rest % p->axis[a].count];
            rest /= p->axis[a].count;
        }
    }
    free(p->value);
    p->value = all;
    return REF_OK;
}

static ref_status count_cells(sim_plan *p, ref_why *why)
{
    p->first = calloc(p->points + 1, sizeof *p->first);
    if (p->first == NULL)
        return ref_fail(why, REF_ENOMEM, "no room for %zu points", p->points);
    for (size_t point = 0; point < p->points; point++) {
        const sim_config c = sim_plan_config(p, point);
        if (p->experiment->check != NULL) REF_TRY(p->experiment->check(&c, why));
        p->first[point + 1] = p->first[point] + p->experiment->cells(&c);
    }
    p->cells = p->first[p->points];
    return REF_OK;
}

static const sim_axis *axis_of(const sim_plan *p, size_t parameter)
{
    for (size_t a = 0; a < p->axes; a++)
        if (p->axis[a].parameter == parameter) return &p->axis[a];
    return NULL;
}

/* "name=value" or, for an axis, "name=v1,v2" (';' where a value holds a comma). */
static void head_setting(FILE *f, const sim_plan *p, size_t parameter)
{
    fprintf(f, " %s=", p->experiment->parameter[parameter].name);
    const sim_axis *a = axis_of(p, parameter);
    if (a == NULL) fprintf(f, "%s", p->value[parameter]);
    bool comma = false;
    for (size_t k = 0; a != NULL && k < a->count; k++)
        comma = comma || strchr(a->value[k], ',') != NULL;
    for (size_t k = 0; a != NULL && k < a->count; k++)
        fprintf(f, "%s%s", k == 0 ? "" : comma ? ";" : ",", a->value[k]);
}

static ref_status write_head(sim_plan *p, ref_why *why)
{
    size_t size = 0;
    FILE *f = open_memstream(&p->head, &size);
    if (f == NULL) return ref_fail(why, REF_ENOMEM, "no room for the head line");
    fprintf(f, "# %s [%s] seed=%lu seeds=%zu", p->experiment->name,
            p->experiment->label, (unsigned long)p->seed, p->seeds);
    for (size_t i = 0; i < p->parameters; i++) head_setting(f, p, i);
    const bool bad = ferror(f) != 0;
    if (fclose(f) != 0 || bad)
        return ref_fail(why, REF_ENOMEM, "no room for the head line");
    return REF_OK;
}

/* Does a tab-separated list hold this column? */
static bool has_column(const char *columns, const char *name)
{
    const size_t n = strlen(name);
    for (const char *c = columns; c != NULL; c = strchr(c, '\t')) {
        if (*c == '\t') c++;
        if (strncmp(c, name, n) == 0 && (c[n] == '\t' || c[n] == '\0')) return true;
    }
    return false;
}

static ref_status write_columns(sim_plan *p, ref_why *why)
{
    sim_rows r = {0};
    for (size_t a = 0; a < p->axes; a++) {
        const char *name = p->experiment->parameter[p->axis[a].parameter].name;
        char text[128];
        const bool taken = has_column(p->experiment->columns, name);
        (void)snprintf(text, sizeof text, "%s%s", taken ? "grid." : "", name);
        sim_rows_text(&r, text);
    }
    sim_rows_text(&r, p->experiment->columns);
    if (r.failed) {
        sim_rows_free(&r);
        return ref_fail(why, REF_ENOMEM, "no room for the column line");
    }
    p->columns = r.text;
    return REF_OK;
}

ref_status sim_plan_finish(sim_plan *p, ref_why *why)
{
    for (size_t i = 0; i < p->parameters; i++)
        if (axis_of(p, i) != NULL && p->value[i] != p->experiment->parameter[i].value)
            return ref_fail(why, REF_EUSAGE, "%s is set and stands in the grid",
                            p->experiment->parameter[i].name);
    REF_TRY(
        write_head(p, why)); /* before resolve replaces the settings by the points */
    REF_TRY(write_columns(p, why));
    REF_TRY(resolve(p, why));
    return count_cells(p, why);
}

sim_config sim_plan_config(const sim_plan *p, size_t point)
{
    return (sim_config){.experiment = p->experiment,
                        .seed = p->seed,
                        .seeds = p->seeds,
                        .value = p->value + point * p->parameters};
}

size_t sim_plan_point(const sim_plan *p, size_t cell)
{
    size_t low = 0;
    size_t high = p->points; /* first[low] <= cell < first[high] */
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (p->first[middle] <= cell)
            low = middle;
        else
            high = middle;
    }
    return low;
}
