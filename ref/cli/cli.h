/* cli.h -- one table per command: its options, its help, its parser.
 *
 * The commands of the program `gvm`. They are linked into that program only and may talk
 * to the user: results to standard output, words to standard error.
 */
#ifndef REF_CLI_CLI_H
#define REF_CLI_CLI_H

#include "ref/status.h"

#include <stddef.h>

/* An option; names are long, "--name". */
typedef struct cli_option {
    const char *name;
    const char *argument; /* how help calls its argument; NULL: a flag */
    const char *what;     /* lines of help, separated by '\n' */
} cli_option;

typedef struct cli_command cli_command;
struct cli_command {
    const char *name;
    const char *operands; /* "[FILE]" */
    const char *what;     /* one line */
    const char *more;     /* further help, after the options; lines end in '\n' */
    const cli_option *options;
    size_t count;         /* options */
    size_t operand_count; /* operands at most */

    /* Take option number `option` with its argument (NULL for a flag); operands come
     * with option == count. */
    ref_status (*set)(void *target, size_t option, const char *argument, ref_why *why);

    /* Do it; argv[0] is the command's name. Returns the program's exit code. */
    int (*run)(const cli_command *self, int argc, char **argv);
};

/* What a command goes on with after its arguments were read. */
typedef enum cli_next {
    CLI_RUN,  /* do the work */
    CLI_STOP, /* help was shown: exit 0 */
    CLI_BAD   /* a message was shown: exit 2 */
} cli_next;

/* Read the arguments through self->set; "--help" and "--version" are known to all. */
cli_next cli_parse(const cli_command *self, void *target, int argc, char **argv);

/* Help of one command, from its table, on standard output. */
void cli_help(const cli_command *self);

/* "gvm NAME: text" on standard error; returns the exit code of s. */
int cli_fail(const cli_command *self, ref_status s, const ref_why *why);

/* The table of commands, NULL-ended. */
extern const cli_command *const cli_commands[];
extern const cli_command cli_allocate, cli_import, cli_doctor, cli_version,
    cli_help_command;

/* The whole program: find the command, or the program gvm-NAME; returns the exit code. */
int cli_main(int argc, char **argv);

#endif
