/* exact_options.c -- see exact_options.h. */
#include "sim/exact_options.h"

#include "ref/io/nearest.h"
#include "ref/io/parse.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static sim_option *find(const sim_options *o, const char *name, size_t length)
{
    for (size_t k = 0; k < o->count; k++)
        if (strlen(o->option[k].name) == length
            && strncmp(o->option[k].name, name, length) == 0)
            return &o->option[k];
    return NULL;
}

static ref_status unknown(const sim_options *o, const char *typed, ref_why *why)
{
    char word[64], hint[REF_NEAREST_ROOM];
    const char *name = typed + 2;
    (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(name, "="), name);
    ref_nearest near;
    ref_nearest_start(&near, word);
    for (size_t k = 0; k < o->count; k++) ref_nearest_offer(&near, o->option[k].name);
    ref_nearest_offer(&near, "json");
    ref_nearest_offer(&near, "out");
    return ref_fail(why, REF_EUSAGE,
                    "this family has no option '%.100s'; `gvm-sim help exact` lists "
                    "them%s",
                    typed, ref_nearest_hint(hint, &near, "--"));
}

ref_status sim_options_read(sim_options *o, int argc, char **argv, ref_why *why)
{
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0)
            return ref_fail(why, REF_EUSAGE, "'%s' is no option", argv[i]);
        const char *name = argv[i] + 2;
        const size_t length = strcspn(name, "=");
        sim_option *option = find(o, name, length);
        if (option == NULL) return unknown(o, argv[i], why);
        if (option->flag && name[length] == '=')
            return ref_fail(why, REF_EUSAGE, "option '--%s' takes no value",
                            option->name);
        if (option->flag)
            option->value = "";
        else if (name[length] == '=')
            option->value = name + length + 1;
        else if (i + 1 < argc)
            option->value = argv[++i];
        else
            return ref_fail(why, REF_EUSAGE, "option '%s' needs a value", argv[i]);
    }
    return REF_OK;
}

const char *sim_options_text(const sim_options *o, const char *name)
{
    const sim_option *option = find(o, name, strlen(name));
    assert(option != NULL);
    return option->value;
}

ref_status sim_options_number(double *x, const sim_options *o, const char *name,
                              ref_why *why)
{
    const char *text = sim_options_text(o, name);
    if (text != NULL && ref_parse_double(x, text) == REF_OK) return REF_OK;
    return ref_fail(why, REF_EUSAGE, "--%s: '%s' is not a finite number", name,
                    text != NULL ? text : "");
}

ref_status sim_options_whole(size_t *n, const sim_options *o, const char *name,
                             uint64_t low, uint64_t high, ref_why *why)
{
    const char *text = sim_options_text(o, name);
    uint64_t value = 0;
    if (text == NULL || ref_parse_unsigned(&value, text, high) != REF_OK || value < low)
        return ref_fail(why, REF_EUSAGE,
                        "--%s: '%s' is not a whole number from %llu to %llu", name,
                        text != NULL ? text : "", (unsigned long long)low,
                        (unsigned long long)high);
    *n = (size_t)value;
    return REF_OK;
}
