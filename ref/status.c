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

char *ref_plain(char *text)
{
    unsigned char *c = (unsigned char *)text;
    for (; *c != '\0'; c++) {
        if (*c < ' ' || *c == 0x7f) *c = '?';
        /* U+0080 to U+009F, which some terminals obey like an escape */
        if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) c[0] = c[1] = '?';
    }
    return text;
}

ref_status ref_fail(ref_why *why, ref_status s, const char *format, ...)
{
    if (why == NULL) return s;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    (void)ref_plain(why->text);
    return s;
}
