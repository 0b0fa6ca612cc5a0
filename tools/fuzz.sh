#!/bin/sh
# Run one libFuzzer target on its committed corpus: tools/fuzz.sh build/bin/fuzz_tsv 60
# New inputs go to a scratch folder, so that the corpus in the tree stays small.
set -eu
target=$1 seconds=$2
name=${target##*/fuzz_}
scratch=$(dirname "$target")/../fuzz/$name
mkdir -p "$scratch"
echo "  FUZZ  $name, $seconds s"
"$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -verbosity=0 \
    -print_final_stats=1 -artifact_prefix="$scratch/crash-" "$scratch" "fuzz/corpus/$name" \
    2>&1 | grep -E 'ERROR|SUMMARY|stat::number_of_executed_units|Test unit written' || true
! ls "$scratch"/crash-* >/dev/null 2>&1
