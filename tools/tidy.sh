#!/bin/sh
# clang-tidy on the files whose check is older than they are: tools/tidy.sh STAMPS FILE...
# The stamps make a second lint cheap; a failing file gets none.
set -u
stamps=$1
shift
bad=0
for file in "$@"; do
    case "$file" in
    fuzz/* | bench/*) continue ;;
    sim/parallel_mpi.c) command -v mpicc >/dev/null 2>&1 || continue ;;
    esac
    stamp=$stamps/$(echo "$file" | tr / _).tidy
    [ -z "$(find "$file" .clang-tidy ref sim theory-tests -name '*.h' -newer "$stamp" 2>&1)" ] &&
        [ "$stamp" -nt "$file" ] && continue
    mpi=$(mpicc --showme:compile 2>/dev/null || true)
    # shellcheck disable=SC2086  # several flags
    if clang-tidy --quiet "$file" -- -std=c17 -D_POSIX_C_SOURCE=200809L -fopenmp -I. \
        '-DGVM_VERSION="lint"' $mpi 2>"$stamp.err"; then
        touch "$stamp"
    else
        grep -v 'warnings generated' "$stamp.err" >&2
        bad=1
    fi
done
exit $bad
