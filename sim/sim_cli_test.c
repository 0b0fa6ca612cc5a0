/* sim_cli_test.c -- the program gvm-sim as its users meet it: words, exit codes, files. */
#include "theory-tests/check.h"
#include "theory-tests/check_program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect(const char *arguments, int code, const char *word)
{
    check_trial t = {.program = "gvm-sim"};
    check_expect(&t, arguments, code, word);
}

/* "ARGUMENTS DIRECTORY/NAME" */
static const char *with_file(char line[4 * CHECK_NAMES], const char *arguments,
                             const char *name)
{
    char path[2 * CHECK_NAMES];
    (void)snprintf(line, (size_t)4 * CHECK_NAMES, "%s %s", arguments,
                   check_in_directory(path, name));
    return line;
}

/* ---- usage ------------------------------------------------------------------------- */

static const struct {
    const char *arguments, *word;
} bad_usage[] = {
    {"", "usage: gvm-sim COMMAND"},
    {"rnu", "no command 'rnu'; `gvm-sim help` lists them; did you mean \"run\"?"},
    {"\033[31mred", "no command '?[31mred'"},
    {"run", "usage: gvm-sim run"},
    {"run nosuch", "no experiment 'nosuch'"},
    {"run variance-budgt", "did you mean \"variance-budget\"?"},
    {"run allocation-p --sed 1", "did you mean \"--seed\"?"},
    {"run allocation-p --resume=1", "option '--resume' takes no value"},
    {"run allocation-p --out", "option '--out' needs a value"},
    {"run allocation-p extra", "usage: gvm-sim run"},
    {"run allocation-p --seeds 0", "--seeds 0: expected a whole number from 1"},
    {"run allocation-p --seeds 1000000000000", "to 1000000"},
    {"run allocation-p --seed -1", "--seed -1"},
    {"run allocation-p --threads 0", "--threads 0"},
    {"run allocation-p --threads 1000000", "to 4096"},
    {"run allocation-p --set pionts=3", "did you mean \"points\"?"},
    {"run allocation-p --set points", "expected name=value"},
    {"run allocation-p --set points=", "no value given"},
    {"run allocation-p --set points=nan", "expected a number"},
    {"run allocation-p --set points=-1", "points: -1 is outside [2, 10000]"},
    {"run allocation-p --set points=1e9", "is outside"},
    {"run allocation-p --set points=5.5", "not a whole number"},
    {"run allocation-p --set points=\033[31m", "points=?[31m: blanks"},
    {"run allocation-p --set points=5 --set points=6", "points is set twice"},
    {"run allocation-p --grid points=5,6", "--grid belongs to `gvm-sim sweep`"},
    {"run allocation-p --resume", "--resume needs --out FILE"},
    {"run allocation-p --resume --force --out x", "exclude each other"},
    {"sweep allocation-p", "needs at least one --grid"},
    {"sweep allocation-p --grid points=5,", "no value given"},
    {"sweep allocation-p --grid points=5 --grid points=6", "twice in the grid"},
    {"sweep allocation-p --grid points=5 --set points=6", "stands in the grid"},
    {"run floor --set etas=-1", "etas: -1 is outside"},
    {"run attribution --set lrs=-1", "lrs: -1 is outside"},
    {"run bvpo-alpha --set batch=8,2.5", "batch: 2.5 is not a whole number"},
    {"run bvpo-alpha --set batch=8,0", "batch: 0 is outside [1, 65536]"},
    {"list --jsn", "did you mean \"--json\"?"},
    {"list extra", "usage: gvm-sim list"},
    {"help nosuch", "no command 'nosuch'"},
    {"bench --shape 1,1,1", "--shape 1"},
    {"bench --seconds -1", "--seconds -1"},
    {"version extra", "usage: gvm-sim version"},
    {"exact", "exact needs a family or --model"},
    {"exact tabluar", "did you mean \"tabular\"?"},
    {"exact tabular --promts 3", "did you mean \"--prompts\"?"},
};

static void bad_usage_ends_with_2(void)
{
    for (size_t i = 0; i < sizeof bad_usage / sizeof *bad_usage; i++)
        expect(bad_usage[i].arguments, 2, bad_usage[i].word);
}

/* Sizes and parameters that would take days or all memory are refused at once. */
static void absurd_problems_are_refused(void)
{
    expect("exact tabular --prompts 1000000000", 2, "from 1 to 1000000");
    expect("exact tabular --profile const:.5 --prompts 1000000 --latents 1000000", 3,
           "1000000 latents");
    expect("exact tabular --prompts 20000", 3, "product to be at most 2^28");
    expect("exact tabular --latents 2 --accepted 2", 3, "fewer than the latents");
    expect("exact realisable --profile const:.5 --prompts 1000000", 3, "at most 2^28");
    expect("exact realisable --features 0", 2, "--features: '0'");
    expect("exact tabular --profile const:0", 3, "rates must lie in (0,1]");
    expect("exact tabular --profile beta:0,1e308,1e308", 3, "from 0 to 1e6");
    expect("exact tabular --allocation gvm --budget 1099511627776", 2, "--budget");
    expect("exact tabular --ridge nan", 2, "--ridge: 'nan'");
    expect("exact chain --lengths 1000000000", 2, "neither FIRST:LAST:STEP");
    expect("exact chain --lengths 1:1000000:1", 3, "more than the 10000000 allowed");
    expect("exact head --kappa 1e308", 6, "not finite");
    expect("exact bvpo --kappa 1e308", 6, "not finite at beta 1, tau 1, kappa 1e+308");
}

/* ---- models ------------------------------------------------------------------------ */

#define TABULAR(prompt) "{\"kind\": \"tabular\", \"prompts\": [" prompt "]}"
#define LINEAR(prompt, more)                                                           \
    "{\"kind\": \"log-linear\", \"prompts\": [" prompt "]" more "}"
#define PLAIN "{\"features\": [[1], [2]], \"accept\": [1, 0]}"

static void bad_models_name_the_place(void)
{
    static const struct {
        const char *text;
        int code;
        const char *word;
    } bad[] = {
        {"", 3, "model.json:1:0"},
        {"null", 3, "model.json: an object was expected"},
        {"{\"kind\": \"tab", 3, "model.json:1:"},
        {"{\"kind\": 1, \"kind\": 2}", 3, "duplicate object key"},
        {"{\"kind\": \"\\u001b[31m\"}", 3, "kind: '?[31m' is neither"},
        {TABULAR(""), 3, "prompts: must not be empty"},
        {TABULAR("{\"logits\": [NaN], \"accept\": [1]}"), 3, "model.json:1:"},
        {TABULAR("{\"logits\": [1e999], \"accept\": [1]}"), 3, "real number overflow"},
        {TABULAR("{\"logits\": [\"1\"], \"accept\": [1]}"), 3, "prompts[0].logits[0]"},
        {TABULAR("{\"logits\": [1]}"), 3, "prompts[0]: \"accept\" is missing"},
        {TABULAR("{\"logits\": [0, 1], \"accept\": [0, 0]}"), 3, "never accepted"},
        {TABULAR("{\"logits\": [0, 1], \"accept\": [2, 0]}"), 3, "accept[0]: 2"},
        {TABULAR("{\"logits\": [0, 1], \"accept\": [-1, 1]}"), 3, "accept[0]: -1"},
        {TABULAR("{\"logits\": [1e308, -1e308], \"accept\": [0, 1]}"), 6, "not finite"},
        {LINEAR("{\"features\": [[]], \"accept\": [1]}", ""), 3, "features[0]"},
        {LINEAR(PLAIN, ", \"theta\": [1, 2]"), 3, "theta: 2 entries"},
        {LINEAR(PLAIN, ", \"theta\": [1e308]"), 6, "not finite"},
        {LINEAR(PLAIN, ", \"lambda\": -1"), 3, "lambda: -1"},
        {LINEAR(PLAIN, ", \"lambda\": 1e308, \"theta\": [1e200]"), 6, "must be finite"},
    };
    char line[4 * CHECK_NAMES];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_make_directory();
        check_write_file("model.json", bad[i].text);
        expect(with_file(line, "exact --model", "model.json"), bad[i].code,
               strcmp(bad[i].word, "never accepted") == 0 ? "no latent is ever accepted"
                                                          : bad[i].word);
        CHECK_EQUAL(check_remove_directory(), 1);
    }
    expect("exact --model /no/such", 4, "/no/such: cannot open");
    expect("exact --model /tmp", 4, "/tmp: cannot read");
}

/* Two equal logits of any size are two latents of probability 1/2. */
static void huge_logits_keep_their_probabilities(void)
{
    char line[4 * CHECK_NAMES];
    check_make_directory();
    check_write_file("model.json",
                     TABULAR("{\"logits\": [1e308, 1e308], \"accept\": [0, 1]}"));
    check_trial t = {.program = "gvm-sim"};
    check_run(&t, with_file(line, "exact --model", "model.json"));
    CHECK_EQUAL(t.code, 0);
    CHECK(strstr(t.out, "\nloss\t0.6931471805599") != NULL);
    CHECK(strstr(t.out, "\ngrad2\t0.5\n") != NULL);
    CHECK_EQUAL(check_remove_directory(), 1);
}

/* ---- output ------------------------------------------------------------------------ */

static const char *const printing[] = {
    "list",    "list --json",      "help",       "help run",
    "version", "run allocation-p", "exact head", "exact head --json"};

static void a_full_disk_or_a_closed_pipe_ends_with_4(void)
{
    for (size_t i = 0; i < sizeof printing / sizeof *printing; i++) {
        check_trial full = {.program = "gvm-sim", .output = "/dev/full"};
        check_expect(&full, printing[i], 4,
                     "standard output: cannot write: No space left");
        check_trial closed = {.program = "gvm-sim", .closed_pipe = true};
        check_expect(&closed, printing[i], 4,
                     "standard output: cannot write: Broken pipe");
    }
}

static void unwritable_files_end_with_4(void)
{
    char line[4 * CHECK_NAMES];
    char path[2 * CHECK_NAMES];
    expect("run allocation-p --out /tmp", 4, "/tmp: cannot write: it is a directory");
    expect("run allocation-p --out /no/such/x", 4, "/no/such/x: cannot create");
    check_make_directory();
    expect(with_file(line, "run allocation-p --resume --out", "x"), 4,
           "there is nothing to resume");
    check_trial large = {.program = "gvm-sim", .file = 1024};
    check_expect(&large, with_file(line, "run allocation-p --out", "x"), 4,
                 "cannot write: File too large");
    CHECK_EQUAL(chmod(check_in_directory(path, ""), 0555), 0);
    check_trial t = {.program = "gvm-sim", .unprivileged = true};
    check_expect(&t, with_file(line, "run allocation-p --out", "x"), 4,
                 "Permission denied");
    CHECK_EQUAL(chmod(path, 0755), 0);
    CHECK_EQUAL(check_remove_directory(), 0);
}

/* ---- interruption ------------------------------------------------------------------ */

#define WORK "run share-pilot --seeds 300 --threads 2 --set prompts=64 --out"

/* The file's bytes, to be freed; NULL if there is none. */
static char *content(const char *name)
{
    char path[2 * CHECK_NAMES];
    FILE *const f = fopen(check_in_directory(path, name), "rb");
    if (f == NULL) return NULL;
    CHECK_EQUAL(fseek(f, 0, SEEK_END), 0);
    const long n = ftell(f);
    rewind(f);
    char *const text = calloc((size_t)n + 1, 1);
    if (text != NULL) CHECK_EQUAL(fread(text, 1, (size_t)n, f), (size_t)n);
    (void)fclose(f);
    return text;
}

static bool exists(const char *name)
{
    char path[2 * CHECK_NAMES];
    return access(check_in_directory(path, name), F_OK) == 0;
}

/* Stopped by SIGINT, killed while it resumed, resumed to the end: the same bytes. */
static void an_interrupted_run_ends_with_the_same_bytes(void)
{
    char line[4 * CHECK_NAMES];
    char resume[5 * CHECK_NAMES];
    check_make_directory();
    expect(with_file(line, WORK, "whole"), 0, "");
    (void)with_file(line, WORK, "part");
    (void)snprintf(resume, sizeof resume, "%s --resume", line);
    check_trial t = {.program = "gvm-sim", .kill_signal = SIGINT, .kill_after = 5};
    check_expect(&t, line, 130, "--resume goes on");
    CHECK(exists("part.part") && !exists("part"));
    expect(line, 2, "an interrupted run is there");
    t.kill_signal = SIGTERM;
    check_expect(&t, resume, 143, "saved in");
    t.kill_signal = SIGKILL;
    check_run(&t, resume);
    CHECK_EQUAL(t.code, -1);
    CHECK(exists("part.part") && !exists("part"));
    expect(resume, 0, "");
    CHECK(!exists("part.part"));
    char *const whole = content("whole");
    char *const resumed = content("part");
    CHECK(whole != NULL && resumed != NULL && strcmp(resumed, whole) == 0);
    free(whole);
    free(resumed);
    CHECK_EQUAL(check_remove_directory(), 2); /* whole and part, nothing temporary */
}

static void a_part_file_of_another_run_is_refused(void)
{
    char line[4 * CHECK_NAMES];
    check_make_directory();
    static const char *const bad[] = {
        "", "nonsense\n", "# gvm-sim part 1\n", "# gvm-sim part 1\n# allocation-p [",
        "# gvm-sim part 1\n\n\n# cells 99999999999999999999\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_write_file("x.part", bad[i]);
        check_trial t = {.program = "gvm-sim"};
        check_run(&t, with_file(line, "run allocation-p --resume --out", "x"));
        CHECK(t.code == 3 || (t.code == 2 && strstr(t.err, "another run") != NULL));
        CHECK(strstr(t.err, "x.part:") != NULL && !exists("x"));
    }
    expect(with_file(line, "run allocation-p --out", "x"), 2, "--force throws it away");
    expect(with_file(line, "run allocation-p --force --out", "x"), 0, "");
    CHECK_EQUAL(check_remove_directory(), 1);
}

/* ---- help and man pages ------------------------------------------------------------ */

/* A set of option names as one text, each between blanks. */
typedef struct names {
    char text[2048];
} names;

/* Adds every name behind `mark` in text. */
static void collect(names *n, const char *text, const char *mark)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    if (n->text[0] == '\0') n->text[0] = ' ';
    for (const char *at = text; (at = strstr(at, mark)) != NULL;) {
        at += strlen(mark);
        char word[64];
        (void)snprintf(word, sizeof word, " %.*s ", (int)strspn(at, letters), at);
        const size_t used = strlen(n->text);
        if (word[1] != ' ' && strstr(n->text, word) == NULL
            && used + strlen(word) < sizeof n->text)
            memcpy(n->text + used, word + 1, strlen(word));
    }
}

/* Every name of a is in b, but for --help and --version, which all commands know. */
static void is_subset(const names *a, const names *b, const char *what)
{
    char copy[sizeof a->text];
    memcpy(copy, a->text, sizeof copy);
    for (char *w = strtok(copy, " "); w != NULL; w = strtok(NULL, " ")) {
        char word[72];
        (void)snprintf(word, sizeof word, " %.64s ", w);
        const bool there = strcmp(w, "help") == 0 || strcmp(w, "version") == 0
                           || strstr(b->text, word) != NULL;
        CHECK(there);
        if (!there) fprintf(stderr, "--%s is missing in the %s\n", w, what);
    }
}

/* Reads the page; false if it is not there. */
static bool collect_page(names *n, const char *path)
{
    static char text[65536];
    FILE *const f = fopen(path, "r");
    if (f == NULL) return CHECK(false);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    (void)fclose(f);
    collect(n, text, "Fl -");
    return true;
}

static void help_and_man_pages_list_the_same_options(void)
{
    static const struct {
        const char *page, *program, *command[5];
    } pairs[] = {
        {"man/gvm-allocate.1", "gvm", {"help allocate"}},
        {"man/gvm-import-official.1", "gvm", {"help import-official"}},
        {"man/gvm-doctor.1", "gvm", {"help doctor"}},
        {"man/gvm-sim-exact.1", "gvm-sim", {"help exact"}},
        {"man/gvm-sim.1",
         "gvm-sim",
         {"help list", "help run", "help sweep", "help bench"}},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        names page = {""};
        names help = {""};
        for (const char *const *c = pairs[i].command; *c != NULL; c++) {
            check_trial t = {.program = pairs[i].program};
            check_run(&t, *c);
            CHECK_EQUAL(t.code, 0);
            char *const examples = strstr(t.out, "Example");
            if (examples != NULL) *examples = '\0'; /* they show other commands too */
            collect(&help, t.out, "--");
        }
        if (!collect_page(&page, pairs[i].page)) continue;
        CHECK(strlen(help.text) > 3);
        is_subset(&help, &page, pairs[i].page);
        is_subset(&page, &help, pairs[i].command[0]);
    }
}

SUITE("program gvm-sim", NULL, {"bad usage ends with 2", bad_usage_ends_with_2},
      {"absurd problems are refused", absurd_problems_are_refused},
      {"bad models name the place", bad_models_name_the_place},
      {"huge logits keep their probabilities", huge_logits_keep_their_probabilities},
      {"a full disk or a closed pipe ends with 4",
       a_full_disk_or_a_closed_pipe_ends_with_4},
      {"unwritable files end with 4", unwritable_files_end_with_4},
      {"an interrupted run ends with the same bytes",
       an_interrupted_run_ends_with_the_same_bytes},
      {"a part file of another run is refused", a_part_file_of_another_run_is_refused},
      {"help and man pages list the same options",
       help_and_man_pages_list_the_same_options});
