/* gvm.c -- the program's table of commands, and what to do with a name not in it. */
#include "ref/cli/cli.h"
#include "ref/io/nearest.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const cli_command *const cli_commands[] = {
    &cli_allocate, &cli_import, &cli_doctor, &cli_version, &cli_help_command, NULL,
};

static const cli_command *find(const char *name)
{
    for (const cli_command *const *c = cli_commands; *c != NULL; c++)
        if (strcmp((*c)->name, name) == 0) return *c;
    return NULL;
}

/* hint <- "; did you mean ...?" for a name that no command has. */
static const char *did_you_mean(char hint[REF_NEAREST_ROOM], const char *name)
{
    ref_nearest near;
    ref_nearest_start(&near, name);
    for (const cli_command *const *c = cli_commands; *c != NULL; c++)
        ref_nearest_offer(&near, (*c)->name);
    return ref_nearest_hint(hint, &near, "");
}

static void overview(FILE *file)
{
    (void)fputs("usage: gvm COMMAND [ARGUMENT...]\n"
                "\n"
                "Where does a sampling budget lower the variance of a policy gradient "
                "most?\n"
                "\n"
                "Commands:\n",
                file);
    for (const cli_command *const *c = cli_commands; *c != NULL; c++)
        (void)fprintf(file, "  %-16s %s\n", (*c)->name, (*c)->what);
    (void)fputs(
        "\n"
        "\"gvm COMMAND --help\" tells more. \"gvm sim ...\" runs the program "
        "gvm-sim, and so on\n"
        "for any program gvm-NAME beside this one or on PATH.\n"
        "\n"
        "Exit codes: 0 fine, 1 a check failed, 2 usage, 3 bad input, 4 input or "
        "output,\n"
        "5 memory, 6 non-finite numbers, 8 unsupported.\n",
        file);
}

/* ---- gvm help, gvm version ------------------------------------------------------- */

static ref_status set_topic(void *target, size_t option, const char *argument,
                            ref_why *why)
{
    (void)option; /* there is only the operand */
    const cli_command **const topic = target;
    *topic = find(argument);
    if (*topic != NULL) return REF_OK;
    char hint[REF_NEAREST_ROOM];
    return ref_fail(
        why, REF_EUSAGE,
        "no command \"%.60s\" has help here%s (a program gvm-NAME has its own, "
        "\"gvm NAME --help\")",
        argument, did_you_mean(hint, argument));
}

/* Standard output may be a full disk or a closed pipe. */
static int finish(const cli_command *self)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
    ref_why why;
    return cli_fail(
        self,
        ref_fail(&why, REF_EIO, "standard output: cannot write: %s", strerror(errno)),
        &why);
}

static int run_help(const cli_command *self, int argc, char **argv)
{
    const cli_command *topic = NULL;
    const cli_next next = cli_parse(self, &topic, argc, argv);
    if (next == CLI_BAD) return ref_status_exit(REF_EUSAGE);
    if (next == CLI_RUN && topic != NULL)
        cli_help(topic);
    else if (next == CLI_RUN)
        overview(stdout);
    return finish(self);
}

const cli_command cli_help_command = {.name = "help",
                                      .operands = "[COMMAND]",
                                      .what = "this list, or help on one command",
                                      .more = "",
                                      .operand_count = 1,
                                      .set = set_topic,
                                      .run = run_help};

static ref_status set_json(void *target, size_t option, const char *argument,
                           ref_why *why)
{
    (void)option; /* there is only one */
    (void)argument;
    (void)why;
    *(int *)target = 1;
    return REF_OK;
}

static int run_version(const cli_command *self, int argc, char **argv)
{
    int json = 0;
    const cli_next next = cli_parse(self, &json, argc, argv);
    if (next == CLI_BAD) return ref_status_exit(REF_EUSAGE);
    if (next == CLI_RUN)
        (void)printf(json ? "{\"name\": \"gvm\", \"version\": \"%s\"}\n" : "gvm %s\n",
                     GVM_VERSION);
    return finish(self);
}

static const cli_option version_options[] = {
    {"json", NULL, "as JSON: {\"name\": \"gvm\", \"version\": \"...\"}"}};

const cli_command cli_version = {.name = "version",
                                 .operands = "",
                                 .what = "version of this program",
                                 .more = "",
                                 .options = version_options,
                                 .count = 1,
                                 .set = set_json,
                                 .run = run_version};

/* ---- the program ------------------------------------------------------------------ */

/* Replace this process by gvm-NAME beside it or on PATH; returns if there is none. */
static void become(const char *name, char **argv)
{
    char path[4096];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    char *const slash = strrchr(path, '/');
    const size_t folder = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    if (snprintf(path + folder, sizeof path - folder, "gvm-%s", name)
        >= (int)(sizeof path - folder))
        return;
    char *const file = path + folder;
    argv[0] = path;
    if (folder > 0) (void)execv(path, argv);
    argv[0] = file;
    (void)execvp(file, argv);
}

static int unknown(const char *name)
{
    char line[400], hint[REF_NEAREST_ROOM];
    (void)snprintf(
        line, sizeof line,
        "gvm: no command \"%.100s\", and no program gvm-%.100s beside gvm or "
        "on PATH%s",
        name, name, did_you_mean(hint, name));
    (void)fprintf(stderr, "%s\nTry \"gvm help\".\n", ref_plain(line));
    return ref_status_exit(REF_EUSAGE);
}

int cli_main(int argc, char **argv)
{
    if (argc < 2) {
        overview(stderr);
        return ref_status_exit(REF_EUSAGE);
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
    if (strcmp(name, "--version") == 0) name = "version";
    const cli_command *const command = find(name);
    if (command == NULL) {
        if (name[0] != '-' && strchr(name, '/') == NULL) become(name, argv + 1);
        return unknown(name);
    }
    /* a closed pipe and a file at its limit are errors like a full disk */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    return command->run(command, argc - 1, argv + 1);
}
