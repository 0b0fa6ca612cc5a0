#!/bin/sh
# Run one libFuzzer target on its committed corpus: tools/fuzz.sh build/bin/fuzz_tsv 60
# fuzz/NAME.dict, where there is one, holds words of the format. New inputs go to a scratch
# folder, so that the corpus in the tree stays small. Fails when the target fails.
set -eu
target=$1 seconds=$2
name=${target##*/fuzz_}
scratch=$(dirname "$target")/../fuzz/$name
mkdir -p "$scratch"
echo "  FUZZ  $name, $seconds s"
set -- "$scratch" "fuzz/corpus/$name"
[ ! -f "fuzz/$name.dict" ] || set -- "-dict=fuzz/$name.dict" "$@"
status=0
"$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -verbosity=0 \
    -print_final_stats=1 -artifact_prefix="$scratch/crash-" "$@" \
    >"$scratch.log" 2>&1 || status=$?
grep -E 'ERROR|SUMMARY|stat::number_of_executed_units|Test unit written' "$scratch.log" || true
exit $status
