/* check_program.c -- see check_program.h.
 *
 * The constructor below hands the process to the program asked for before any suite
 * starts. So the commands are always those that were linked, in a process of their own,
 * with its own files and limits.
 */
#include "theory-tests/check_program.h"

#include "ref/cli/cli.h"
#include "sim/sim_cli.h"
#include "theory-tests/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <fenv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_AS "GVM_TEST_RUNS_AS" /* "gvm", "gvm-sim" */
#define ROUNDS  "GVM_TEST_ROUNDS"  /* set: with arithmetic that rounds upward */

__attribute__((constructor)) static void become_program(int argc, char **argv)
{
    const char *const program = getenv(RUNS_AS);
    if (program == NULL) return;
    if (getenv(ROUNDS) != NULL) (void)fesetround(FE_UPWARD);
    exit(strcmp(program, "gvm-sim") == 0 ? sim_cli(argc, argv) : cli_main(argc, argv));
}

static char directory[CHECK_NAMES]; /* scratch of the test that runs */

void check_make_directory(void)
{
    (void)snprintf(directory, sizeof directory, "/tmp/gvm-cli-test-XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
}

const char *check_in_directory(char path[2 * CHECK_NAMES], const char *name)
{
    (void)snprintf(path, (size_t)2 * CHECK_NAMES, "%s/%s", directory, name);
    return path;
}

int check_remove_directory(void)
{
    DIR *const d = opendir(directory);
    if (d == NULL) return -1;
    int n = 0;
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.') continue;
        char path[3 * CHECK_NAMES];
        (void)snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
        (void)unlink(path);
        n++;
    }
    (void)closedir(d);
    (void)rmdir(directory);
    return n;
}

void check_write_file(const char *name, const char *text)
{
    char path[2 * CHECK_NAMES];
    FILE *const f = fopen(check_in_directory(path, name), "w");
    CHECK(f != NULL);
    if (f == NULL) return;
    (void)fputs(text, f);
    CHECK_EQUAL(fclose(f), 0);
}

static void read_back(char out[CHECK_ROOM], FILE *file)
{
    rewind(file);
    const size_t n = fread(out, 1, CHECK_ROOM - 1, file);
    out[n] = '\0';
}

/* In the child: connect the streams, set the limits, become gvm. */
static void become(const check_trial *t, FILE *in, FILE *out, FILE *err, char **argv)
{
    int end[2] = {-1, -1};
    int to = fileno(out);
    if (t->output != NULL) to = open(t->output, O_WRONLY);
    if (t->closed_pipe && pipe(end) == 0) {
        (void)close(end[0]);
        to = end[1];
    }
    (void)dup2(fileno(in), STDIN_FILENO);
    (void)dup2(to, STDOUT_FILENO);
    (void)dup2(fileno(err), STDERR_FILENO);
    if (t->unprivileged && geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        _exit(99);
    const struct rlimit limit = {t->memory, t->memory};
    const struct rlimit file = {t->file, t->file};
    if (t->file != 0 && setrlimit(RLIMIT_FSIZE, &file) != 0) _exit(99);
    if (t->memory != 0 && setrlimit(RLIMIT_DATA, &limit) != 0) _exit(99);
    (void)setenv(RUNS_AS, t->program != NULL ? t->program : "gvm", 1);
    if (t->rounds_up) (void)setenv(ROUNDS, "up", 1);
    if (t->path != NULL) (void)setenv("PATH", t->path, 1);
    (void)execv("/proc/self/exe", argv);
    _exit(98);
}

static void pause_for(unsigned milliseconds)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 1000000L * milliseconds}, NULL);
}

/* Waits, at most some seconds, until the child has its handler of SIGINT in place: a
 * signal that comes earlier just ends it. */
static bool catches_interrupts(pid_t child)
{
    char path[64], line[256];
    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)child);
    for (int i = 0; i < 10000; i++) {
        FILE *const f = fopen(path, "r");
        unsigned long long caught = 0;
        while (f != NULL && fgets(line, sizeof line, f) != NULL)
            if (strncmp(line, "SigCgt:", 7) == 0) caught = strtoull(line + 7, NULL, 16);
        if (f != NULL) (void)fclose(f);
        if ((caught >> (SIGINT - 1) & 1) != 0) return true;
        pause_for(1);
    }
    return false;
}

void check_run(check_trial *t, const char *arguments)
{
    char words[CHECK_ROOM];
    char *argv[64] = {(char[]){"program"}};
    int argc = 1;
    (void)snprintf(words, sizeof words, "%s", arguments);
    for (char *w = words; *w != '\0' && argc < 63; argc++) {
        argv[argc] = w;
        w += strcspn(w, " ");
        if (*w != '\0') *w++ = '\0';
    }
    FILE *const in = tmpfile();
    FILE *const out = tmpfile();
    FILE *const err = tmpfile();
    CHECK(in != NULL && out != NULL && err != NULL);
    if (in == NULL || out == NULL || err == NULL) return;
    const char *const input = t->input != NULL ? t->input : "";
    const size_t n = t->input_length != 0 ? t->input_length : strlen(input);
    CHECK_EQUAL(fwrite(input, 1, n, in), n);
    rewind(in);
    (void)fflush(NULL);
    const pid_t child = fork();
    if (child == 0) become(t, in, out, err, argv);
    if (t->kill_signal != 0 && child > 0) {
        CHECK(catches_interrupts(child));
        pause_for(t->kill_after);
        CHECK_EQUAL(kill(child, t->kill_signal), 0);
    }
    int status = 0;
    CHECK_EQUAL(waitpid(child, &status, 0), child);
    t->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    read_back(t->out, out);
    read_back(t->err, err);
    (void)fclose(in);
    (void)fclose(out);
    (void)fclose(err);
}

void check_expect(check_trial *t, const char *arguments, int code, const char *word)
{
    check_run(t, arguments);
    const bool ok = t->code == code && strstr(t->err, word) != NULL;
    CHECK(ok);
    if (!ok)
        fprintf(stderr, "%s %s: exit %d, wanted %d with \"%s\":\n%s",
                t->program != NULL ? t->program : "gvm", arguments, t->code, code, word,
                t->err);
    if (code != 0) CHECK(t->out[0] == '\0');
}
