/* sim_cli.c -- gvm-sim: dispatch and help from one table. */
#include "sim/sim_cli.h"

#include "ref/io/nearest.h"
#include "ref/io/parse.h"
#include "ref/io/progress.h"
#include "sim/bench.h"
#include "sim/block.h"
#include "sim/driver.h"
#include "sim/exact.h"
#include "sim/parallel.h"

#include <errno.h>
#include <getopt.h>
#include <gsl/gsl_errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal; /* the first SIGINT or SIGTERM */

static void on_signal(int number)
{
    if (stop_signal != 0) _exit(128 + number); /* the second one: at once */
    stop_signal = number;
}

typedef struct command {
    const char *name;
    const char *arguments;
    const char *what;
    const char *details; /* further lines for `gvm-sim help NAME` */
    int (*run)(const struct command *self, int argc, char **argv);
} command;

/* One line on stderr, whatever a file or an argument put into it. */
static void say(const char *text)
{
    char line[640];
    (void)snprintf(line, sizeof line, "gvm-sim%s", text);
    (void)fprintf(stderr, "%s\n", ref_plain(line));
}

static int usage_error(const command *c)
{
    fprintf(stderr,
            "usage: gvm-sim %s %s\n"
            "`gvm-sim help %s` tells more.\n",
            c->name, c->arguments, c->name);
    return ref_status_exit(REF_EUSAGE);
}

/* getopt_long's verdict '?' or ':' on the argument before optind, in words. */
static ref_status bad_option(int verdict, char **argv, const struct option *list,
                             ref_why *why)
{
    const char *typed = argv[optind - 1];
    char word[64], hint[REF_NEAREST_ROOM];
    const char *name = typed + strspn(typed, "-");
    (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(name, "="), name);
    ref_nearest near;
    ref_nearest_start(&near, word);
    for (; list->name != NULL; list++) ref_nearest_offer(&near, list->name);
    if (verdict == ':')
        return ref_fail(why, REF_EUSAGE, "%s: option '%.100s' needs a value", argv[0],
                        typed);
    if (near.best != NULL && near.distance == 0)
        return ref_fail(why, REF_EUSAGE, "%s: option '--%s' takes no value: '%.100s'",
                        argv[0], near.best, typed);
    return ref_fail(why, REF_EUSAGE, "%s: unknown or ambiguous option '%.100s'%s",
                    argv[0], typed, ref_nearest_hint(hint, &near, "--"));
}

/* Words for a failure on stderr (rank 0 alone), and the exit code. */
static int report(ref_status s, const ref_why *why)
{
    if (s == REF_OK) return 0;
    char text[sizeof why->text + 2];
    (void)snprintf(text, sizeof text, ": %s",
                   why->text[0] != '\0' ? why->text : ref_status_text(s));
    if (sim_parallel_rank() == 0) say(text);
    if (s == REF_EINTERRUPTED && stop_signal != 0) return 128 + stop_signal;
    return ref_status_exit(s);
}

/* 0 if everything printed has arrived, the exit code of an I/O failure otherwise. */
static int finish_stdout(void)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0) return 0;
    ref_why why;
    return report(
        ref_fail(&why, REF_EIO, "standard output: cannot write: %s", strerror(errno)),
        &why);
}

/* ---- list ---------------------------------------------------------------------- */

static json_t *parameters_json(const sim_experiment *e)
{
    json_t *all = json_array();
    for (const sim_parameter *p = e->parameter; p != NULL && p->name != NULL; p++)
        json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "name", p->name,
                                             "value", p->value, "what", p->what));
    return all;
}

static json_t *columns_json(const sim_experiment *e)
{
    json_t *all = json_array();
    for (const char *c = e->columns; c != NULL;) {
        const char *tab = strchr(c, '\t');
        const size_t n = tab != NULL ? (size_t)(tab - c) : strlen(c);
        json_array_append_new(all, json_stringn(c, n));
        c = tab != NULL ? tab + 1 : NULL;
    }
    return all;
}

static int list_json(void)
{
    size_t count = 0;
    const sim_experiment *const *e = sim_experiments(&count);
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            all, json_pack("{s:s, s:s, s:s, s:I, s:o, s:o}", "name", e[i]->name,
                           "label", e[i]->label, "what", e[i]->what, "seeds",
                           (json_int_t)e[i]->seeds, "columns", columns_json(e[i]),
                           "parameters", parameters_json(e[i])));
    (void)json_dumpf(all, stdout, JSON_INDENT(2)); /* stdout remembers a failure */
    json_decref(all);
    printf("\n");
    return finish_stdout();
}

static int list(const command *self, int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {NULL, 0, NULL, 0}};
    bool json = false;
    ref_why why;
    for (int c; (c = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (c != 'j') return report(bad_option(c, argv, options, &why), &why);
        json = true;
    }
    if (optind < argc) return usage_error(self);
    if (json) return list_json();
    size_t count = 0;
    const sim_experiment *const *e = sim_experiments(&count);
    for (size_t i = 0; i < count; i++)
        printf("%-24s [%s] %s\n", e[i]->name, e[i]->label, e[i]->what);
    return finish_stdout();
}

/* ---- run and sweep ------------------------------------------------------------- */

static void show_progress(void *user, size_t done, size_t total)
{
    ref_progress *p = user;
    p->total = (double)total;
    ref_progress_update(p, (double)done);
}

/* Options of run and sweep as they stand on the command line. */
typedef struct request {
    const char *experiment;
    uint64_t seed, seeds, threads;
    sim_run run;
} request;

static ref_status parse_count(uint64_t *n, const char *name, const char *text,
                              uint64_t low, uint64_t high, ref_why *why)
{
    uint64_t value = 0;
    if (ref_parse_unsigned(&value, text, high) != REF_OK || value < low)
        return ref_fail(why, REF_EUSAGE,
                        "%s %s: expected a whole number from %llu to %llu", name, text,
                        (unsigned long long)low, (unsigned long long)high);
    *n = value;
    return REF_OK;
}

static const struct option run_options[] = {
    {"seeds", required_argument, NULL, 'k'},  {"seed", required_argument, NULL, 's'},
    {"out", required_argument, NULL, 'o'},    {"threads", required_argument, NULL, 't'},
    {"resume", no_argument, NULL, 'r'},       {"force", no_argument, NULL, 'f'},
    {"timing", required_argument, NULL, 'i'}, {"set", required_argument, NULL, '='},
    {"grid", required_argument, NULL, 'g'},   {NULL, 0, NULL, 0}};

/* First pass: everything but --set and --grid, which need the experiment. */
static ref_status parse_request(request *q, int argc, char **argv, ref_why *why)
{
    for (int c; (c = getopt_long(argc, argv, ":", run_options, NULL)) != -1;) {
        switch (c) {
        case 'k':
            REF_TRY(parse_count(&q->seeds, "--seeds", optarg, 1, 1000000, why));
            break;
        case 's':
            REF_TRY(parse_count(&q->seed, "--seed", optarg, 0, UINT32_MAX, why));
            break;
        case 't':
            REF_TRY(parse_count(&q->threads, "--threads", optarg, 1, 4096, why));
            break;
        case 'o':
            q->run.out = optarg;
            break;
        case 'i':
            q->run.timing = optarg;
            break;
        case 'r':
            q->run.resume = true;
            break;
        case 'f':
            q->run.force = true;
            break;
        case '=':
        case 'g':
            break;
        default:
            return bad_option(c, argv, run_options, why);
        }
    }
    if (argc - optind != 1) return REF_EUSAGE;
    q->experiment = argv[optind];
    if (q->run.resume && q->run.force)
        return ref_fail(why, REF_EUSAGE, "--resume and --force exclude each other");
    q->run.threads = (size_t)q->threads;
    return REF_OK;
}

/* Second pass: settings and grid into the plan. */
static ref_status fill_plan(sim_plan *p, bool sweep, int argc, char **argv,
                            ref_why *why)
{
    optind = 0; /* starts getopt_long anew */
    for (int c; (c = getopt_long(argc, argv, ":", run_options, NULL)) != -1;) {
        if (c == '=') REF_TRY(sim_plan_set(p, optarg, why));
        if (c == 'g') REF_TRY(sim_plan_grid(p, optarg, why));
    }
    if (sweep && p->axes == 0)
        return ref_fail(why, REF_EUSAGE,
                        "sweep needs at least one --grid name=v1,v2,...");
    if (!sweep && p->axes > 0)
        return ref_fail(why, REF_EUSAGE, "--grid belongs to `gvm-sim sweep`");
    return sim_plan_finish(p, why);
}

static ref_status no_experiment(const char *name, ref_why *why)
{
    char hint[REF_NEAREST_ROOM];
    size_t count = 0;
    const sim_experiment *const *e = sim_experiments(&count);
    ref_nearest near;
    ref_nearest_start(&near, name);
    for (size_t i = 0; i < count; i++) ref_nearest_offer(&near, e[i]->name);
    return ref_fail(why, REF_EUSAGE,
                    "no experiment '%.100s'; `gvm-sim list` shows them%s", name,
                    ref_nearest_hint(hint, &near, ""));
}

static ref_status execute(const request *q, bool sweep, int argc, char **argv,
                          ref_why *why)
{
    const sim_experiment *e = sim_experiment_find(q->experiment);
    if (e == NULL) return no_experiment(q->experiment, why);
    sim_plan plan;
    ref_progress line;
    ref_progress_start(&line, stderr, sim_parallel_rank() > 0, e->name, "cells", 0.0,
                       0.0);
    sim_run how = q->run;
    how.stop = &stop_signal;
    how.progress = show_progress;
    how.user = &line;
    ref_status s = sim_plan_init(&plan, e, (uint32_t)q->seed, (size_t)q->seeds, why);
    if (s == REF_OK) s = fill_plan(&plan, sweep, argc, argv, why);
    if (s == REF_OK) s = sim_run_plan(&plan, &how, why);
    sim_plan_free(&plan);
    ref_progress_end(&line);
    return s;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* A signal to one rank is the run's: all ranks end with its number. */
static void share_signal(void)
{
    char *all = NULL;
    size_t total = 0;
    int signal = stop_signal;
    if (sim_parallel_gather(&all, &total, (const char *)&signal, sizeof signal, NULL)
        != REF_OK)
        return;
    for (size_t at = 0; at < total; at += sizeof signal) {
        int other = 0;
        memcpy(&other, all + at, sizeof other);
        if (other > signal) signal = other;
    }
    free(all);
    if (sim_parallel_broadcast(&signal, sizeof signal, NULL) == REF_OK)
        stop_signal = signal;
}

static int run_or_sweep(const command *self, int argc, char **argv, bool sweep)
{
    ref_why why = {{0}};
    request q = {.seed = 1};
    const ref_status parsed = parse_request(&q, argc, argv, &why);
    if (parsed != REF_OK && why.text[0] == '\0') return usage_error(self);
    if (parsed != REF_OK) return report(parsed, &why);
    ref_status s = sim_parallel_start(&why);
    catch_signals(); /* after MPI, which installs its own */
    if (s == REF_OK) s = execute(&q, sweep, argc, argv, &why);
    if (s == REF_EINTERRUPTED) share_signal(); /* the same on all ranks */
    const int code = report(s, &why);
    sim_parallel_stop();
    return code;
}

static int run(const command *self, int argc, char **argv)
{
    return run_or_sweep(self, argc, argv, false);
}

static int sweep(const command *self, int argc, char **argv)
{
    return run_or_sweep(self, argc, argv, true);
}

static int exact(const command *self, int argc, char **argv)
{
    (void)self;
    ref_why why = {{0}};
    return report(sim_exact_run(argc, argv, &why), &why);
}

/* ---- bench --------------------------------------------------------------------------- */

static const struct option bench_options[] = {{"shape", required_argument, NULL, 's'},
                                              {"threads", required_argument, NULL, 't'},
                                              {"seconds", required_argument, NULL, 'b'},
                                              {"probes", no_argument, NULL, 'p'},
                                              {NULL, 0, NULL, 0}};

/* "m,Y,d", all whole numbers, 2 <= Y. */
static ref_status parse_shape(uint64_t *shape, const char *text, ref_why *why)
{
    char copy[64];
    if (strlen(text) >= sizeof copy)
        return ref_fail(why, REF_EUSAGE, "--shape %s: expected m,Y,d", text);
    memcpy(copy, text, strlen(text) + 1);
    char *rest = copy;
    for (size_t k = 0; k < 3; k++) {
        char *comma = strchr(rest, ',');
        if ((comma == NULL) != (k == 2))
            return ref_fail(why, REF_EUSAGE, "--shape %s: expected m,Y,d", text);
        if (comma != NULL) *comma = '\0';
        REF_TRY(parse_count(&shape[k], "--shape", rest, k == 1 ? 2 : 1, 100000, why));
        rest = comma != NULL ? comma + 1 : rest;
    }
    return REF_OK;
}

static ref_status print_probes(ref_why *why)
{
    double bandwidth = 0.0;
    REF_TRY(sim_bench_bandwidth(&bandwidth, why));
    printf("kernel\tflops\tbytes\n%s\t%.17g\t%.17g\n", sim_block_best()->name,
           sim_bench_peak_flops(), bandwidth);
    return REF_OK;
}

static ref_status print_step(const uint64_t *shape, uint64_t threads, double seconds,
                             ref_why *why)
{
    sim_bench b;
    REF_TRY(sim_bench_step(&b, shape[0], shape[1], shape[2], threads, seconds, why));
    printf("prompts\tlatents\tfeatures\tthreads\tmicroseconds\tflops\tbytes\n"
           "%zu\t%zu\t%zu\t%zu\t%.17g\t%.17g\t%.17g\n",
           b.m, b.Y, b.d, b.threads, 1e6 * b.seconds, b.flops, b.bytes);
    return REF_OK;
}

static int bench(const command *self, int argc, char **argv)
{
    ref_why why = {{0}};
    uint64_t shape[3] = {128, 32, 64};
    uint64_t threads = 1;
    double seconds = 1.0;
    bool probes = false;
    ref_status s = REF_OK;
    for (int c; s == REF_OK
                && (c = getopt_long(argc, argv, ":", bench_options, NULL)) != -1;) {
        if (c == 's') s = parse_shape(shape, optarg, &why);
        if (c == 't') s = parse_count(&threads, "--threads", optarg, 1, 4096, &why);
        if (c == 'b'
            && (ref_parse_double(&seconds, optarg) != REF_OK || !(seconds > 0.0)))
            s = ref_fail(&why, REF_EUSAGE, "--seconds %s: expected a positive number",
                         optarg);
        if (c == 'p') probes = true;
        if (c == '?' || c == ':') s = bad_option(c, argv, bench_options, &why);
    }
    if (s == REF_OK && optind < argc) return usage_error(self);
    if (s == REF_OK)
        s = probes ? print_probes(&why) : print_step(shape, threads, seconds, &why);
    return s == REF_OK ? finish_stdout() : report(s, &why);
}

/* ---- version and help ----------------------------------------------------------- */

static int version(const command *self, int argc, char **argv)
{
    (void)argv;
    if (argc > 1) return usage_error(self);
    printf("gvm-sim %s (ranks: %s)\n", GVM_VERSION, sim_parallel_name());
    return finish_stdout();
}

static int help(const command *self, int argc, char **argv);

#define RUN_OPTIONS                                                                    \
    "  --seeds K           number of seeds (the experiment's own without it)\n"        \
    "  --seed S            first seed, 1 without it\n"                                 \
    "  --out FILE.tsv      where the rows go, standard output without it\n"            \
    "  --timing FILE.tsv   wall times of cells and to targets; not reproducible\n"     \
    "  --set name=value    a parameter; `gvm-sim list --json` shows them\n"            \
    "  --threads N         threads of each rank; the bytes do not depend on it\n"      \
    "  --resume            go on with an interrupted run, FILE.tsv.part\n"             \
    "  --force             throw an interrupted run away\n"

static const command commands[] = {
    {"list", "[--json]", "the experiments", "", list},
    {"run", "EXPERIMENT [options]", "run one experiment, write its rows as TSV",
     RUN_OPTIONS, run},
    {"sweep", "EXPERIMENT --grid name=v1,v2,... [options]",
     "run it at every point of a grid; under mpirun the ranks share the cells",
     "  --grid name=v1,...  values of a parameter; ';' parts values that hold "
     "commas\n" RUN_OPTIONS,
     sweep},
    {"exact", SIM_EXACT_ARGUMENTS,
     "the exact quantities of a problem, without sampling", SIM_EXACT_OPTIONS, exact},
    {"bench", "[--shape m,Y,d] [--threads N] [--seconds S] [--probes]",
     "microseconds per replica-step on this machine",
     "  --shape m,Y,d       prompts, latents, features; 128,32,64 without it\n"
     "  --threads N         threads, each with a block of replicas of its own\n"
     "  --seconds S         about how long to measure, 1 without it\n"
     "  --probes            one core's arithmetic and memory bandwidth instead\n",
     bench},
    {"version", "", "name and version", "", version},
    {"help", "[COMMAND]", "this text", "", help},
};

static const command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

static void print_commands(FILE *f)
{
    fprintf(f, "usage: gvm-sim COMMAND ...\n"
               "The simulator: latent-variable problems with exact answers.\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(f, "  %-8s %s\n", commands[i].name, commands[i].what);
    fprintf(f, "\nExit: 0 fine, 2 usage, 3 bad input, 4 I/O, 5 memory, 6 not finite,\n"
               "7 communicator, 130 or 143 stopped by a signal with the work saved.\n");
}

static int no_command(const char *name)
{
    char text[240], hint[REF_NEAREST_ROOM];
    ref_nearest near;
    ref_nearest_start(&near, name);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        ref_nearest_offer(&near, commands[i].name);
    (void)snprintf(text, sizeof text,
                   ": no command '%.100s'; `gvm-sim help` lists them%s", name,
                   ref_nearest_hint(hint, &near, ""));
    say(text);
    return ref_status_exit(REF_EUSAGE);
}

static int help(const command *self, int argc, char **argv)
{
    if (argc > 2) return usage_error(self);
    const command *c = argc == 2 ? find_command(argv[1]) : NULL;
    if (argc == 2 && c == NULL) return no_command(argv[1]);
    if (c == NULL)
        print_commands(stdout);
    else
        printf("usage: gvm-sim %s %s\n%s.\n%s", c->name, c->arguments, c->what,
               c->details);
    return finish_stdout();
}

/* A closed pipe and a file at its limit are errors like a full disk. */
static void ignore_signals(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
}

int sim_cli(int argc, char **argv)
{
    (void)gsl_set_error_handler_off(); /* GSL's default handler aborts */
    ignore_signals();
    opterr = 0; /* this file says what is wrong */
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "-h") == 0) name = "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "--version") == 0) name += 2;
    const command *c = find_command(name);
    if (c == NULL && *name != '\0') return no_command(name);
    if (c == NULL) {
        print_commands(stderr);
        return ref_status_exit(REF_EUSAGE);
    }
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0) {
            char *words[] = {argv[0], argv[1], NULL};
            return help(c, 2, words);
        }
    return c->run(c, argc - 1, argv + 1);
}
