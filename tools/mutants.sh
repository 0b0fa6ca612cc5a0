#!/bin/sh
# Seeded errors: each must make a suite fail.
#
#   tools/mutants.sh TABLE SCRATCH
#
# TABLE is tab-separated: file, text, replacement, suite. The text must stand on exactly
# one line of the file; a row that no longer does is an error, so the table cannot rot.
# Each mutant is applied to a scratch copy, built, and judged by the named suite; if that
# one passes, by all suites. Survivors are printed; exit 1 if there is one.
set -eu
table=$1 scratch=$2
root=$(pwd)
mkdir -p "$scratch"
scratch=$(cd "$scratch" && pwd)
log=$scratch/log
tree=$scratch/tree

rm -rf "$tree"
mkdir -p "$tree"
git ls-files -co --exclude-standard | tar cf - -T - | tar xf - -C "$tree"
cd "$tree"
# warnings are no errors here: a mutant may leave a variable unused
build() {
    make -s -j 2 WARN=-w OPT="-O1 -ffp-contract=off" all build/bin/gvm-test </dev/null >"$log" 2>&1
}
# the loop below reads the table from standard input: nobody else may
suites() { timeout 120 build/bin/gvm-test "$@" </dev/null >"$log" 2>&1; }
build || { cat "$log" >&2; echo "mutants: the tree does not build" >&2; exit 1; }

# replace TEXT by REPLACEMENT on the only line of FILE that contains it
mutate() {
    TEXT=$2 REPLACEMENT=$3 awk '
    BEGIN { text = ENVIRON["TEXT"]; with = ENVIRON["REPLACEMENT"] }
    (at = index($0, text)) > 0 {
        found++
        $0 = substr($0, 1, at - 1) with substr($0, at + length(text))
    }
    { print }
    END { exit found == 1 ? 0 : 1 }' "$1" >"$scratch/mutant" && cat "$scratch/mutant" >"$1"
}

killed=0 survived=0 stale=0 number=0
tab=$(printf '\t')
while IFS="$tab" read -r file text replacement suite; do
    case "$file" in '' | '#'*) continue ;; esac
    number=$((number + 1))
    cp "$file" "$scratch/original"
    if ! mutate "$file" "$text" "$replacement"; then
        echo "STALE     $file: \"$text\" does not stand on exactly one line"
        stale=$((stale + 1))
        continue
    fi
    if ! build; then
        echo "STALE     $file: \"$replacement\" does not compile"
        stale=$((stale + 1))
    elif ! suites "$suite"; then
        killed=$((killed + 1))
        echo "killed    $file: $text -> $replacement   [$suite]"
    elif ! suites; then
        killed=$((killed + 1))
        echo "killed*   $file: $text -> $replacement   [not by $suite]"
    else
        survived=$((survived + 1))
        echo "SURVIVED  $file: $text -> $replacement"
    fi
    cp "$scratch/original" "$file"
done <"$root/$table"
echo "$number mutants: $killed killed, $survived survived, $stale stale"
[ "$survived" -eq 0 ] && [ "$stale" -eq 0 ] && [ "$killed" -gt 0 ]
