#!/bin/sh
# Layers: ref depends on nothing above it; sim on ref; GSL only in sim and the tests.
# Prints each violating line; exit 1 if there is one.
set -u
bad=0
forbid() { # what, pattern, files...
    what=$1 pattern=$2
    shift 2
    if grep -nE "$pattern" "$@" /dev/null; then
        echo "layers: $what" >&2
        bad=1
    fi
}
code() { find "$@" -name '*.[ch]' ! -name '*_test.c'; }

# shellcheck disable=SC2046  # file names without blanks
{
    forbid "ref must not include sim, gpu or theory-tests" \
        '#include "(sim|gpu|theory-tests)/' $(code ref)
    forbid "sim must not include gpu or theory-tests" \
        '#include "(gpu|theory-tests)/' $(code sim)
    forbid "GSL belongs to sim and the tests" '#include <gsl/' $(find ref -name '*.[ch]')
    forbid "JSON and files belong to ref/io and ref/cli" '#include (<jansson|"ref/(io|cli)/)' \
        $(code ref | grep -vE '^ref/(io|cli)/|_main\.c$')
    forbid "fast-math breaks NaN checks" 'ffast-math|Ofast|associative-math' Makefile
    forbid "libraries never print or exit" '\b(printf|puts|exit|abort) ?\(' \
        $(code ref sim | grep -vE '_main\.c$|^sim/sim_cli\.c$|^ref/cli/|^ref/io/progress\.c$')
    forbid "a comparison that lets NaN pass belongs in no test" 'fabs\([^;]*\) > [a-z]' \
        theory-tests/check.c
}
exit $bad
