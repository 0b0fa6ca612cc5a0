/* cli_test.c -- the program gvm as its users meet it: results, messages, exit codes.
 */
#include "ref/cli/cli.h"

#include "theory-tests/check.h"
#include "theory-tests/check_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void expect_input(const char *input, const char *arguments, int code,
                         const char *word)
{
    check_trial t = {.input = input};
    check_expect(&t, arguments, code, word);
}

#define TWO "prompt\tp\tG\neasy\t0.9\t1\nhard\t0.1\t1\n"

/* ---- results ---------------------------------------------------------------------- */

/* G/sqrt(p + alpha/p) for p = 0.9 and 0.1, N = 16: shares 0.2589... and 4 : 12. */
static void shares_and_samples_come_out(void)
{
    static const char want[] = "prompt\tshare\tn\neasy\t0.25892294461073168\t4\n"
                               "hard\t0.74107705538926838\t12\n";
    static const char objects[] = " [{\"prompt\": \"easy\", \"p\": 0.9, \"G\": 1},\n"
                                  "  {\"G\": 1.0, \"p\": 0.1, \"prompt\": \"hard\"}]";
    static const char *const same[] = {
        TWO, "#prompt\tp\tG\r\neasy\t0.9\t1\r\nhard\t0.1\t1",
        "G\tp\tprompt\n1\t9e-1\teasy\n1.0\t.1\thard\n", objects,
        "{\"prompt\": [\"easy\", \"hard\"], \"p\": [0.9, 0.1], \"G\": [1, 1]}"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        check_trial t = {.input = same[i]};
        check_run(&t, "allocate");
        CHECK_EQUAL(t.code, 0);
        CHECK(strcmp(t.out, want) == 0);
        CHECK(t.err[0] == '\0');
    }
    check_trial t = {.input = TWO};
    check_run(&t, "allocate - --rounding none --budget 1");
    CHECK(strcmp(t.out, "prompt\tshare\tn\neasy\t0.25892294461073168\t"
                        "0.25892294461073168\nhard\t0.74107705538926838\t"
                        "0.74107705538926838\n")
          == 0);
}

/* c = (1, 1.111, 2, 50), N = 6: official (0,1,1,4), optimum (1,1,1,3) worth 20.7778. */
static void official_rounding_is_told_from_the_optimum(void)
{
    static const char table[] =
        "prompt\tp\tG\tn\na\t1\t1\t0\nb\t1\t1.0540398474441089\t1\n"
        "c\t1\t1.4142135623730951\t1\nd\t1\t7.0710678118654755\t4\n";
    check_trial t = {.input = table};
    check_run(&t, "allocate --alpha 0 --budget 6 --rounding official --explain");
    CHECK_EQUAL(t.code, 0);
    CHECK(strstr(t.out, "\t0\nb") != NULL && strstr(t.out, "\t4\n") != NULL);
    CHECK(strstr(t.err, "plan                   inf") != NULL);
    CHECK(strstr(t.err, "optimum, whole         20.7777") != NULL);
    CHECK(strstr(t.err, "n of the input         inf") != NULL);
    CHECK(strstr(t.err, "without samples: a\n") != NULL);
    CHECK(strstr(t.err, ": not optimal") != NULL);
    check_run(&t, "allocate --alpha 0 --budget 6 --explain --json");
    CHECK_EQUAL(t.code, 0);
    CHECK(strstr(t.out, "\"n\": [1, 1, 1, 3]") != NULL);
    CHECK(strstr(t.out, "\"variance\": 20.7776666666666") != NULL);
    CHECK(strstr(t.out, "\"optimal\": true") != NULL);
    CHECK(strstr(t.out, "\"variance_given\": null") != NULL);
    check_run(&t, "allocate --alpha 0 --budget 6 --rounding none --explain");
    CHECK_EQUAL(t.code, 0);
    CHECK(strstr(t.err, "certificate") == NULL);
}

static void every_rule_is_listed_and_found(void)
{
    check_trial t = {.input = ""};
    check_run(&t, "allocate --list-rules");
    CHECK_EQUAL(t.code, 0);
    CHECK(strstr(t.out, "\ngvm\t") != NULL && strstr(t.out, "\nuniform\t") != NULL);
    check_trial u = {.input = TWO};
    check_run(&u, "allocate --rule uniform");
    CHECK(strstr(u.out, "easy\t0.5\t8\nhard\t0.5\t8\n") != NULL);
    check_run(&u, "allocate --rule uniform --max 8 --min 8 --quiet");
    CHECK(strstr(u.out, "easy\t0.5\t8\nhard\t0.5\t8\n") != NULL);
}

static void prompts_without_samples_are_mentioned(void)
{
    check_trial t = {.input = TWO "never\t0\t1\n"};
    check_expect(&t, "allocate --budget 2", 0, "1 of 3 prompts get no samples");
    CHECK(strstr(t.out, "never\t0\t0\n") != NULL);
    check_run(&t, "allocate --budget 2 --quiet");
    CHECK(t.err[0] == '\0');
    check_run(&t, "allocate --budget 30 --min 1");
    CHECK(strstr(t.out, "\t1\n") != NULL && t.err[0] == '\0');
    check_run(&t, "allocate --prior 0.5,0.5 --pilot 8");
    CHECK_EQUAL(t.code, 0);
    CHECK(strstr(t.out, "never\t0\t") == NULL);
    check_trial one = {.input = TWO};
    check_expect(&one, "allocate --budget 1 --explain", 0,
                 "fewer samples than prompts");
    check_trial zero = {.input = "prompt\tp\tG\na\t0\t0\nb\t0\t0\n"};
    check_expect(&zero, "allocate --on-zero uniform --explain", 0,
                 "0 whatever one does");
    CHECK(strstr(zero.out, "a\t0.5\t8\nb\t0.5\t8\n") != NULL);
}

/* ---- bad input --------------------------------------------------------------------- */

static void bad_numbers_end_with_3(void)
{
    static const struct {
        const char *row, *word;
    } bad[] = {{"a\tnan\t1\n", "standard input:2:3: column p: \"nan\""},
               {"a\tinf\t1\n", ":2:3: column p: \"inf\""},
               {"a\t0.5\t-inf\n", ":2:7: column G: \"-inf\""},
               {"a\t0.5\t1e999\n", ":2:7: column G: \"1e999\""},
               {"a\t-0.1\t1\n", ":2:3: column p: \"-0.1\" is not in [0, 1]"},
               {"a\t1.0000001\t1\n", ":2:3: column p: \"1.0000001\" is not in [0, 1]"},
               {"a\t0.5\t-1\n", ":2:7: column G: \"-1\" is not at least 0"},
               {"a\t0.5\t1\nb\t0.5\n", ":3: 2 fields, the header has 3"},
               {"a\t0.5\t1\t1\n", ":2: 4 fields, the header has 3"},
               {"a\t0,5\t1\n", ":2:3: column p: \"0,5\""},
               {"", "no prompts"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char input[200];
        (void)snprintf(input, sizeof input, "prompt\tp\tG\n%s", bad[i].row);
        expect_input(input, "allocate", 3, bad[i].word);
    }
    expect_input("prompt\tp\tG\tcost\na\t0.5\t1\t0\n", "allocate", 3,
                 "column cost: \"0\" is not above 0");
    expect_input("prompt\tp\tG\tn\na\t0.5\t1\t1.5\n", "allocate --explain", 3,
                 "is not whole");
}

static void bad_tables_end_with_3(void)
{
    expect_input("", "allocate", 3, "empty");
    expect_input("prompt\tp\tp\tG\n", "allocate", 3, "column \"p\" stands twice");
    expect_input("prompt\tp\n", "allocate", 3, "column \"G\" is missing");
    expect_input("prompt\tp\tG\tg\n", "allocate", 3, "unknown column \"g\"");
    expect_input("prompt p G\na 1 1\n", "allocate", 3, ":1: unknown column");
    expect_input("prompt\tp\tG\na\t0\t1\nb\t1\t0\n", "allocate", 3, "zero");
    expect_input("\x01\x02", "allocate", 3, "unknown column");
    check_trial nul = {.input = "prompt\tp\tG\na\0b\t1\t1\n", .input_length = 19};
    check_expect(&nul, "allocate", 3, ":2:2: NUL byte");
    expect_input(TWO, "allocate --format json", 3, ":1:");
    expect_input("[]", "allocate --format tsv", 3, "unknown column");
}

static void bad_json_ends_with_3(void)
{
    expect_input("[{\"prompt\": \"a\", \"p\": 0.5", "allocate", 3, "standard input:1:");
    expect_input("{\"prompt\": [\"a\"], \"p\": [NaN], \"G\": [1]}", "allocate", 3,
                 ":1:");
    expect_input("[]", "allocate", 3, "no prompts");
    expect_input("3", "allocate --format json", 3, "an object was expected");
    expect_input("[{\"prompt\": \"a\", \"p\": 2, \"G\": 1}]", "allocate", 3,
                 "[0].p: 2 is not in [0, 1]");
    expect_input("[{\"prompt\": \"a\", \"p\": 1, \"p\": 1}]", "allocate", 3,
                 "duplicate");
    expect_input("[{\"prompt\": \"a\", \"p\": 1}]", "allocate", 3,
                 "[0]: \"G\" is missing");
    expect_input("[{\"prompt\": \"a\", \"p\": 1, \"G\": 1, \"q\": 0}]", "allocate", 3,
                 "unknown key \"q\"");
    expect_input(
        "[{\"prompt\": \"a\", \"p\": 1, \"G\": 1}, {\"prompt\": \"b\", \"p\": 1,"
        "\"G\": 1, \"cost\": 2}]",
        "allocate", 3, "not in the first object");
    expect_input("{\"prompt\": [\"a\"], \"p\": [1, 1], \"G\": [1]}", "allocate", 3,
                 "p: 2 entries, \"prompt\" has 1");
    expect_input("[{\"prompt\": \"a\\tb\", \"p\": 1, \"G\": 1}]", "allocate", 3,
                 "[0].prompt: a tab");
    expect_input("prompt\tp\tG\n\xff\t1\t1\n", "allocate --json", 3, "UTF-8");
    char deep[5000];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    expect_input(deep, "allocate", 3, ":1:2049: maximum parsing depth");
}

static void infeasible_bounds_end_with_3(void)
{
    expect_input(TWO, "allocate --budget 16 --min 9", 3, "gvm allocate: ");
    expect_input(TWO, "allocate --budget 16 --max 7", 3, "gvm allocate: ");
    expect_input(TWO, "allocate --min 5 --max 4", 3, "min 5 is above max 4");
    expect_input(TWO, "allocate --filter-threshold 0.01", 3, "gvm allocate: ");
    expect_input(TWO, "allocate --budget 1.5", 3, "not whole");
}

static void bad_usage_ends_with_2(void)
{
    static const struct {
        const char *arguments, *word;
    } bad[] = {{"", "usage: gvm COMMAND"},
               {"nonsense", "no command \"nonsense\""},
               {"../gvm", "no command"},
               {"-x", "no command \"-x\""},
               {"allocate --nonsense", "unknown or ambiguous option \"--nonsense\""},
               {"allocate --r x", "unknown or ambiguous option \"--r\""},
               {"allocate --rule", "option \"--rule\" needs an argument"},
               {"allocate --rule x", "no rule \"x\""},
               {"allocate --rounding x", "unknown kind \"x\""},
               {"allocate --budget 9007199254740993e3", "--budget"},
               {"allocate --budget 1e300", "9.0072e+15"},
               {"allocate --budget 0", "above 0"},
               {"allocate --budget nan", "\"nan\" is not a number"},
               {"allocate --budget -1", "--budget"},
               {"allocate --alpha inf", "--alpha"},
               {"allocate --beta x", "--beta"},
               {"allocate --min -1", "--min"},
               {"allocate --max 0", "--max"},
               {"allocate --max 1e3", "--max"},
               {"allocate --filter-threshold 2", "--filter-threshold"},
               {"allocate --prior 1", "--prior"},
               {"allocate --prior 1,", "--prior"},
               {"allocate --prior 0,0", "--prior"},
               {"allocate --prior 1,1", "draws"},
               {"allocate --rule uniform --alpha 3", "its parameters: none"},
               {"allocate --rule vip-rloo --beta 3", "its parameters: prior min max"},
               {"allocate --rule greso --prior 1,1", "does not look at it"},
               {"allocate --seed 3", "--seed: the rule gvm does not look at it"},
               {"allocate --on-zero x", "neither error nor uniform"},
               {"allocate --format x", "neither tsv nor json"},
               {"allocate --seed 4294967296", "--seed"},
               {"allocate a b", "too many arguments"},
               {"allocate --explain=1", "--explain=1"},
               {"import-official", "DIR is missing"},
               {"import-official a b", "too many arguments"},
               {"doctor x", "too many arguments"},
               {"help nonsense", "no command \"nonsense\""},
               {"version --nonsense", "unknown"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_input(TWO, bad[i].arguments, 2, bad[i].word);
}

/* ---- input, output, memory --------------------------------------------------------- */

static void unreadable_input_ends_with_4(void)
{
    expect_input("", "allocate /no/such/file", 4, "/no/such/file: cannot open");
    expect_input("", "allocate /tmp", 4, "/tmp: cannot read");
    expect_input("", "import-official /no/such", 4, "/no/such: cannot open");
}

static void a_full_disk_ends_with_4(void)
{
    check_trial t = {.input = TWO, .output = "/dev/full"};
    static const char *const all[] = {
        "allocate", "allocate --json", "allocate --list-rules",
        "doctor",   "doctor --json",   "version",
        "help",     "help allocate"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        check_expect(&t, all[i], 4, "standard output: cannot write: No space left");
    /* not as root, whom a fault could let rename over the device */
    check_trial u = {.input = TWO, .unprivileged = true};
    check_expect(&u, "allocate --out /dev/full", 4,
                 "/dev/full: cannot write: No space");
}

static void a_closed_pipe_ends_with_4(void)
{
    check_trial t = {.input = TWO, .closed_pipe = true};
    check_expect(&t, "allocate", 4, "standard output: cannot write: Broken pipe");
    check_expect(&t, "doctor", 4, "Broken pipe");
    check_expect(&t, "help", 4, "Broken pipe");
}

/* Whatever goes wrong, no file appears; then one that succeeds is alone there. */
static void no_partial_output_is_left(void)
{
    check_make_directory();
    char path[2 * CHECK_NAMES];
    char arguments[4 * CHECK_NAMES];
    static const char *const bad[] = {"prompt\tp\tG\na\tx\t1\n",
                                      "prompt\tp\tG\na\t0\t1\n", "[{",
                                      "prompt\tp\tG\n\xff\t1\t1\n"};
    check_in_directory(path, "plan.tsv");
    (void)snprintf(arguments, sizeof arguments, "allocate --json --out %s", path);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_input(bad[i], arguments, 3, "gvm allocate: ");
    CHECK_EQUAL(check_remove_directory(), 0);
    check_make_directory();
    check_in_directory(path, "plan.tsv");
    (void)snprintf(arguments, sizeof arguments, "allocate --out %s", path);
    expect_input(TWO, arguments, 0, "");
    CHECK_EQUAL(check_remove_directory(), 1);
}

static void a_read_only_directory_ends_with_4(void)
{
    check_make_directory();
    char path[2 * CHECK_NAMES];
    CHECK_EQUAL(chmod(check_in_directory(path, ""), 0555), 0);
    char arguments[4 * CHECK_NAMES];
    (void)snprintf(arguments, sizeof arguments, "allocate --out %s",
                   check_in_directory(path, "plan.tsv"));
    check_trial t = {.input = TWO, .unprivileged = true};
    check_run(&t, arguments);
    CHECK(t.code == 4 && strstr(t.err, "Permission denied") != NULL);
    CHECK_EQUAL(chmod(check_in_directory(path, ""), 0755), 0);
    CHECK_EQUAL(check_remove_directory(), 0);
}

/* 40 names of a million bytes in 32 MiB. A sanitizer's own memory would not fit. */
static void little_memory_ends_with_5(void)
{
#ifndef __SANITIZE_ADDRESS__
    const size_t row = 1000000;
    const size_t rows = 40;
    char *const text = malloc(rows * row + 32);
    CHECK(text != NULL);
    if (text == NULL) return;
    size_t at = (size_t)sprintf(text, "prompt\tp\tG\n");
    for (size_t i = 0; i < rows; i++) {
        memset(text + at, 'x', row);
        at += row;
        at += (size_t)sprintf(text + at - 5, "\t1\t1\n") - 5;
    }
    check_trial t = {.input = text, .input_length = at, .memory = (rlim_t)32 << 20};
    check_expect(&t, "allocate", 5, "no memory");
    free(text);
#endif
}

/* ---- import ------------------------------------------------------------------------ */

/* import-official of the scratch directory, which is removed. */
static void import(int code, const char *word, const char *want, const char *options)
{
    char arguments[2 * CHECK_NAMES];
    check_trial t = {.input = ""};
    char path[2 * CHECK_NAMES];
    (void)snprintf(arguments, sizeof arguments, "import-official %s%s",
                   check_in_directory(path, ""), options);
    check_expect(&t, arguments, code, word);
    CHECK(strcmp(t.out, want) == 0);
    (void)check_remove_directory();
}

static void shards_are_joined_in_natural_order(void)
{
    check_make_directory();
    char name[40];
    char text[40];
    for (int k = 0; k < 11; k++) {
        (void)snprintf(name, sizeof name, "accept_rates_%d.json", k);
        (void)snprintf(text, sizeof text, "[\n    0.%02d5\n]", k);
        check_write_file(name, text);
        (void)snprintf(name, sizeof name, "grads_%d.json", k);
        (void)snprintf(text, sizeof text, "[%d]", k);
        check_write_file(name, text);
    }
    check_write_file("sample_sizes_ratio_sample8_a0.001_b2.0.json", "[0.5]");
    check_write_file("sample_sizes_sample8_a0.001_b2.0.json",
                     "[10,9,8,7,6,5,4,3,2,1,0]");
    check_write_file("stage_1_collected_data_0.json", "no list at all");
    import(
        0, "11 prompts from 11 shards, with sample sizes",
        "prompt\tp\tG\tn\n0\t0.0050000000000000001\t0\t10\n1\t0."
        "014999999999999999\t1\t9\n"
        "2\t0.025000000000000001\t2\t8\n3\t0.035000000000000003\t3\t7\n"
        "4\t0.044999999999999998\t4\t6\n5\t0.055\t5\t5\n6\t0.065000000000000002\t6\t4\n"
        "7\t0.074999999999999997\t7\t3\n8\t0.085000000000000006\t8\t2\n"
        "9\t0.095000000000000001\t9\t1\n10\t0.105\t10\t0\n",
        "");
}

static void sizes_may_be_sharded_or_absent(void)
{
    check_make_directory();
    check_write_file("accept_rates_0.json", "[0.5, 1]");
    check_write_file("grads_0.json", "[1, 2.5]");
    check_write_file("sample_sizes_0.json", "[3, 4]");
    import(0, "2 prompts from 1 shard, with",
           "prompt\tp\tG\tn\n0\t0.5\t1\t3\n1\t1\t2.5\t4\n", "");
    check_make_directory();
    check_write_file("accept_rates_3.json", "[0.5]");
    check_write_file("grads_3.json", "[1]");
    import(0, "", "prompt\tp\tG\n0\t0.5\t1\n", " --quiet");
    check_make_directory();
    check_write_file("accept_rates_0.json", "[0.5]");
    check_write_file("grads_0.json", "[1]");
    check_write_file("sample_sizes_a.json", "[1]");
    check_write_file("sample_sizes_b.json", "[2]");
    import(0, "", "prompt\tp\tG\tn\n0\t0.5\t1\t2\n", " --sizes sample_sizes_b.json");
}

static void import_one(const char *p, const char *G, const char *n, int code,
                       const char *word)
{
    check_make_directory();
    if (p != NULL) check_write_file("accept_rates_0.json", p);
    if (G != NULL) check_write_file("grads_0.json", G);
    if (n != NULL) check_write_file("sample_sizes_x.json", n);
    import(code, word, "", "");
}

static void bad_official_files_are_named(void)
{
    import_one(NULL, NULL, NULL, 3, "no accept_rates_*.json here");
    import_one("[1]", NULL, NULL, 4, "grads_0.json: cannot open");
    import_one(NULL, "[1]", NULL, 3, "no accept_rates_*.json here");
    import_one("[1]", "[1, 2]", NULL, 3, "grads_0.json has 2");
    import_one("[0.5, 1.5]", "[1, 1]", NULL, 3,
               "accept_rates_0.json: [1]: 1.5 is outside [0, 1]");
    import_one("[0.5]", "[-1]", NULL, 3, "grads_0.json: [0]: -1 is outside");
    import_one("[0.5]", "[NaN]", NULL, 3, "grads_0.json:1:4: invalid token");
    import_one("[0.5]", "[1", NULL, 3, "grads_0.json:1:");
    import_one("{}", "[1]", NULL, 3, "accept_rates_0.json: an array was expected");
    import_one("[0.5]", "[1]", "[1, 2]", 3, "sample_sizes_x.json: 2 entries");
    import_one("[0.5, 1]", "[1, 1]", "[1]", 3, "sample_sizes_x.json has 1 entries");
    import_one("[0.5]", "[1]", "[-1]", 3, "-1 is not from 0");
    import_one("[]", "[]", NULL, 3, "the lists are empty");
    check_make_directory();
    check_write_file("accept_rates_0.json", "[1]");
    check_write_file("grads_0.json", "[1]");
    check_write_file("accept_rates_2.json", "[1]");
    check_write_file("grads_2.json", "[1]");
    import(3, "accept_rates_1.json is missing", "", "");
    check_make_directory();
    check_write_file("accept_rates_0.json", "[1]");
    check_write_file("grads_0.json", "[1]");
    check_write_file("grads_1.json", "[1]");
    import(3, "grads_1.json has no accept_rates_1.json", "", "");
    check_make_directory();
    check_write_file("accept_rates_0.json", "[1]");
    check_write_file("grads_0.json", "[1]");
    check_write_file("sample_sizes_a.json", "[1]");
    check_write_file("sample_sizes_b.json", "[1]");
    import(2, "Say which with --sizes", "", "");
}

/* ---- the rest of the program -------------------------------------------------------- */

static void help_comes_from_the_tables(void)
{
    check_trial t = {.input = ""};
    check_run(&t, "help");
    CHECK_EQUAL(t.code, 0);
    char arguments[80];
    for (const cli_command *const *c = cli_commands; *c != NULL; c++) {
        CHECK(strstr(t.out, (*c)->name) != NULL);
        check_trial own = {.input = ""};
        (void)snprintf(arguments, sizeof arguments, "%s --help", (*c)->name);
        check_run(&own, arguments);
        CHECK_EQUAL(own.code, 0);
        CHECK(strncmp(own.out, "usage: gvm ", 11) == 0);
        for (size_t i = 0; i < (*c)->count; i++)
            CHECK(strstr(own.out, (*c)->options[i].name) != NULL);
        for (const char *line = own.out; *line != '\0'; line += line[0] == '\n') {
            const size_t n = strcspn(line, "\n");
            CHECK(n <= 90);
            line += n;
        }
    }
    check_run(&t, "--help");
    CHECK_EQUAL(t.code, 0);
    check_run(&t, "allocate --version");
    CHECK(strcmp(t.out, "gvm " GVM_VERSION "\n") == 0);
    check_run(&t, "--version");
    CHECK(strcmp(t.out, "gvm " GVM_VERSION "\n") == 0);
    check_run(&t, "version --json");
    CHECK(strcmp(t.out, "{\"name\": \"gvm\", \"version\": \"" GVM_VERSION "\"}\n")
          == 0);
}

static void the_doctor_can_fail(void)
{
    check_trial t = {.input = ""};
    check_run(&t, "doctor");
    CHECK_EQUAL(t.code, 0);
    CHECK(strstr(t.out, "ok    Philox4x32-10 known answers") != NULL);
    CHECK(strstr(t.out, "FAIL") == NULL);
    check_trial up = {.input = "", .rounds_up = true};
    check_run(&up, "doctor");
    CHECK_EQUAL(up.code, 1);
    CHECK(strstr(up.out, "FAIL  double is IEEE binary64, round to nearest") != NULL);
    check_run(&up, "doctor --json");
    CHECK_EQUAL(up.code, 1);
    CHECK(strstr(up.out, "\"ok\": false") != NULL);
    check_trial bare = {.input = "", .path = "/no/such"};
    check_run(&bare, "doctor");
    CHECK_EQUAL(bare.code, 0);
    CHECK(strstr(bare.out, "gnuplot   not found: no figures") != NULL);
}

static void other_programs_are_commands(void)
{
    check_make_directory();
    char path[2 * CHECK_NAMES];
    check_write_file("gvm-hello", "#!/bin/sh\necho \"hello $*\"\nexit 7\n");
    CHECK_EQUAL(chmod(check_in_directory(path, "gvm-hello"), 0755), 0);
    char search[CHECK_NAMES + 20];
    (void)snprintf(search, sizeof search, "%s:/usr/bin:/bin",
                   check_in_directory(path, ""));
    check_trial t = {.input = "", .path = search};
    check_run(&t, "hello a --b");
    CHECK_EQUAL(t.code, 7);
    CHECK(strcmp(t.out, "hello a --b\n") == 0);
    (void)check_remove_directory();
}

SUITE("program gvm", NULL, {"shares and samples come out", shares_and_samples_come_out},
      {"official rounding is told from the optimum",
       official_rounding_is_told_from_the_optimum},
      {"every rule is listed and found", every_rule_is_listed_and_found},
      {"prompts without samples are mentioned", prompts_without_samples_are_mentioned},
      {"bad numbers end with 3", bad_numbers_end_with_3},
      {"bad tables end with 3", bad_tables_end_with_3},
      {"bad JSON ends with 3", bad_json_ends_with_3},
      {"infeasible bounds end with 3", infeasible_bounds_end_with_3},
      {"bad usage ends with 2", bad_usage_ends_with_2},
      {"unreadable input ends with 4", unreadable_input_ends_with_4},
      {"a full disk ends with 4", a_full_disk_ends_with_4},
      {"a closed pipe ends with 4", a_closed_pipe_ends_with_4},
      {"no partial output is left", no_partial_output_is_left},
      {"a read-only directory ends with 4", a_read_only_directory_ends_with_4},
      {"little memory ends with 5", little_memory_ends_with_5},
      {"shards are joined in natural order", shards_are_joined_in_natural_order},
      {"sizes may be sharded or absent", sizes_may_be_sharded_or_absent},
      {"bad official files are named", bad_official_files_are_named},
      {"help comes from the tables", help_comes_from_the_tables},
      {"the doctor can fail", the_doctor_can_fail},
      {"other programs are commands", other_programs_are_commands});
