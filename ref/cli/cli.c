/* cli.c -- arguments and help, both from a command's table. */
#include "ref/cli/cli.h"

#include "ref/io/nearest.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELP = 1000, VERSION };

int cli_fail(const cli_command *self, ref_status s, const ref_why *why)
{
    const char *const text = why->text[0] != '\0' ? why->text : ref_status_text(s);
    (void)fprintf(stderr, "gvm %s: %s\n", self->name, text);
    return ref_status_exit(s);
}

/* One option: "  --name ARG   first line", further lines under the first. */
static void help_option(const cli_option *o)
{
    char left[40];
    (void)snprintf(left, sizeof left, "--%s%s%s", o->name,
                   o->argument != NULL ? " " : "",
                   o->argument != NULL ? o->argument : "");
    (void)printf("  %-24s ", left);
    for (const char *c = o->what; *c != '\0'; c++) {
        (void)putchar(*c);
        if (*c == '\n') (void)printf("%27s", "");
    }
    (void)putchar('\n');
}

void cli_help(const cli_command *self)
{
    (void)printf("usage: gvm %s%s%s%s\n\n%s\n", self->name,
                 self->count > 0 ? " [OPTION...]" : "",
                 self->operands[0] != '\0' ? " " : "", self->operands, self->what);
    if (self->count > 0) (void)printf("\nOptions:\n");
    for (size_t i = 0; i < self->count; i++) help_option(&self->options[i]);
    if (self->more[0] != '\0') (void)printf("\n%s", self->more);
}

enum { MOST_OPTIONS = 32 }; /* of a command */

/* list (MOST_OPTIONS + 3) <- the table in getopt's form. */
static void long_options(struct option *list, const cli_command *self)
{
    assert(self->count <= MOST_OPTIONS);
    for (size_t i = 0; i < self->count; i++) {
        const cli_option *const o = &self->options[i];
        list[i] = (struct option){o->name,
                                  o->argument != NULL ? required_argument : no_argument,
                                  NULL, (int)i};
    }
    list[self->count] = (struct option){"help", no_argument, NULL, HELP};
    list[self->count + 1] = (struct option){"version", no_argument, NULL, VERSION};
    list[self->count + 2] = (struct option){0};
}

static cli_next bad(const cli_command *self, const char *text)
{
    char line[600];
    (void)snprintf(line, sizeof line, "gvm %s: %s", self->name, text);
    (void)fprintf(stderr, "%s\n", ref_plain(line));
    (void)fprintf(stderr, "Try \"gvm %s --help\".\n", self->name);
    return CLI_BAD;
}

/* getopt_long's verdict on an argument it does not take. */
static cli_next bad_argument(const cli_command *self, int c, const char *argument,
                             const struct option *list)
{
    char text[300], word[64], hint[REF_NEAREST_ROOM];
    const char *name = argument + strspn(argument, "-");
    (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(name, "="), name);
    ref_nearest near;
    ref_nearest_start(&near, word);
    for (; list->name != NULL; list++) ref_nearest_offer(&near, list->name);
    if (c == ':')
        (void)snprintf(text, sizeof text, "option \"%.100s\" needs an argument",
                       argument);
    else if (near.best != NULL && near.distance == 0)
        (void)snprintf(text, sizeof text, "option \"--%s\" takes no value: \"%.100s\"",
                       near.best, argument);
    else
        (void)snprintf(text, sizeof text, "unknown or ambiguous option \"%.100s\"%s",
                       argument, ref_nearest_hint(hint, &near, "--"));
    return bad(self, text);
}

static cli_next parse_options(const cli_command *self, void *target, int argc,
                              char **argv, const struct option *list)
{
    ref_why why = {""};
    opterr = 0;
    optind = 1;
    for (;;) {
        const int at = optind;
        const int c = getopt_long(argc, argv, ":", list, NULL);
        if (c == -1) break;
        if (c == HELP) {
            cli_help(self);
            return CLI_STOP;
        }
        if (c == VERSION) {
            (void)puts("gvm " GVM_VERSION);
            return CLI_STOP;
        }
        if (c == '?' || c == ':') return bad_argument(self, c, argv[at], list);
        if (self->set(target, (size_t)c, optarg, &why) != REF_OK)
            return bad(self, why.text);
    }
    if ((size_t)(argc - optind) > self->operand_count)
        return bad(self, "too many arguments");
    for (; optind < argc; optind++)
        if (self->set(target, self->count, argv[optind], &why) != REF_OK)
            return bad(self, why.text);
    return CLI_RUN;
}

cli_next cli_parse(const cli_command *self, void *target, int argc, char **argv)
{
    struct option list[MOST_OPTIONS + 3];
    long_options(list, self);
    return parse_options(self, target, argc, argv, list);
}
