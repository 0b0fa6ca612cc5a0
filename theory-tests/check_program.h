/* check_program.h -- the programs as their users meet them: results, words, exit codes.
 *
 * A trial runs this very test program again with a variable set, which makes it gvm or
 * gvm-sim. A test has one scratch directory at a time.
 */
#ifndef THEORY_TESTS_CHECK_PROGRAM_H
#define THEORY_TESTS_CHECK_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

#define CHECK_ROOM  16384 /* bytes kept of each stream */
#define CHECK_NAMES 256   /* of a directory's name */

/* How to run it, and what came of it. */
typedef struct check_trial {
    const char *program; /* "gvm-sim"; NULL: "gvm" */
    const char *input;   /* standard input */
    size_t input_length; /* 0: strlen(input) */
    const char *output;  /* standard output goes to this path; NULL: into out */
    const char *path;    /* PATH; NULL: as it is */
    bool rounds_up;      /* arithmetic rounds upward */
    bool closed_pipe;    /* standard output is a pipe that nobody reads */
    bool unprivileged;   /* not as root */
    rlim_t memory;       /* limit of data; 0: none */
    rlim_t file;         /* limit of a file's size; 0: none */
    int kill_signal;     /* sent kill_after ms after SIGINT is caught; 0: none */
    unsigned kill_after;

    int code; /* exit code, -1 when a signal ended it */
    char out[CHECK_ROOM], err[CHECK_ROOM];
} check_trial;

/* Run the program with arguments that are separated by single blanks. */
void check_run(check_trial *t, const char *arguments);

/* The run must end with that code and say that word on standard error; unless the code is
 * 0 nothing may stand on standard output. */
void check_expect(check_trial *t, const char *arguments, int code, const char *word);

/* The scratch directory: make it, name a file in it (in path), write one, remove it with
 * all its files.
 *   returns   _in_directory path; _remove_directory how many files there were, -1 if the
 *             directory is gone */
void check_make_directory(void);
const char *check_in_directory(char path[2 * CHECK_NAMES], const char *name);
void check_write_file(const char *name, const char *text);
int check_remove_directory(void);

#endif
