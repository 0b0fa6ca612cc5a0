/* spec_sim_6_bytes.c -- U8: the program gvm-sim beside this one writes the same bytes for
 * any number of threads and ranks. */
#include "theory-tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Path of a program beside this one. */
static bool beside(char *path, size_t room, const char *name)
{
    const ssize_t n = readlink("/proc/self/exe", path, room - 1);
    if (n <= 0) return false;
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL || (size_t)(slash - path) + strlen(name) + 2 > room) return false;
    (void)snprintf(slash + 1, room - (size_t)(slash + 1 - path), "%s", name);
    return access(path, X_OK) == 0;
}

static bool program_is_there(void)
{
    char path[512];
    return beside(path, sizeof path, "gvm-sim");
}

/* Output of a shell command; NULL if it failed. The caller frees it. */
static char *output_of(const char *command)
{
    FILE *f =
        popen(command, "r"); /* NOLINT(cert-env33-c): the command is this test's own */
    char *text = calloc(1, 1 << 20);
    if (f == NULL || text == NULL) {
        free(text);
        return NULL;
    }
    text[fread(text, 1, (1 << 20) - 1, f)] = '\0';
    const int status = pclose(f);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
    free(text);
    return NULL;
}

static const char sweep[] =
    "sweep regime-t --seeds 9 --set methods=uniform-iw,gvm-pilot-sn,rris "
    "--set etas=.2,.3,.4 --set steps=12 --set every=4 --grid 'lambda=1e-3,1e-2'";

static void bytes_do_not_depend_on_threads_and_ranks(void)
{
    char program[512];
    char command[1200];
    char *first = NULL;
    double differing = 0.0;
    if (!beside(program, sizeof program, "gvm-sim")) return;
    (void)snprintf(command, sizeof command, "%s version", program);
    char *version = output_of(command);
    char *mpirun = output_of("command -v mpirun");
    const bool ranks_too =
        version != NULL && strstr(version, "MPI") != NULL && mpirun != NULL;
    for (int ranks = 1; ranks <= (ranks_too ? 3 : 1); ranks++)
        for (int threads = 1; threads <= 4; threads *= 2) {
            char launch[160] = "";
            if (ranks > 1)
                (void)snprintf(launch, sizeof launch,
                               "mpirun %s --oversubscribe --bind-to none -n %d",
                               geteuid() == 0 ? "--allow-run-as-root" : "", ranks);
            (void)snprintf(command, sizeof command,
                           "ASAN_OPTIONS=detect_leaks=0 %s %s %s --threads %d", launch,
                           program, sweep, threads);
            char *text = output_of(command);
            CHECK(text != NULL);
            if (text == NULL) continue;
            if (first == NULL) {
                first = text;
                continue;
            }
            if (strcmp(text, first) != 0) differing += 1.0;
            free(text);
        }
    CLAIM_HOLDS("spec:sim 6",
                "U8: gvm-sim writes the same bytes with 1, 2, 4 threads and 1, 2, 3 "
                "ranks (statistic: outputs that differ)",
                differing, 0.0);
    free(first);
    free(version);
    free(mpirun);
}

SUITE("[spec:sim 6] reproducible bytes", program_is_there,
      {"U8: bytes do not depend on threads and ranks",
       bytes_do_not_depend_on_threads_and_ranks});
