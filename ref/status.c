/* status.c -- texts and exit codes of the status list. */
#include "ref/status.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *text;
    int exit;
} entry[] = {
#define REF_STATUS_ENTRY(name, text, code) {text, code},
    REF_STATUS_LIST(REF_STATUS_ENTRY)
#undef REF_STATUS_ENTRY
};

const char *ref_status_text(ref_status s)
{
    return (size_t)s < REF_STATUS_COUNT ? entry[s].text : "unknown status";
}

int ref_status_exit(ref_status s)
{
    return (size_t)s < REF_STATUS_COUNT ? entry[s].exit : 1;
}

ref_status ref_fail(ref_why *why, ref_status s, const char *format, ...)
{
    if (why == NULL) return s;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return s;
}
