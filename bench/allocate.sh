#!/bin/sh
# Time and memory of `gvm allocate` on a million prompts, reading and writing included:
#   bench/allocate.sh [BUILD] [PROMPTS]
# One TSV line per rounding: seconds (wall, best of 5 runs; processor time of that run),
# peak memory, and whether the promise of 0.5 s and 200 MB holds, for which a core must be
# free. Output goes through standard output: --out would wait for the disk as well.
set -eu
build=${1:-build} prompts=${2:-1000000}
gvm=$build/bin/gvm
if [ ! -x /usr/bin/time ]; then
    echo "bench/allocate.sh: skipped: no /usr/bin/time (Debian package time)" >&2
    exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# p uniform in [0,1), G exponential, 17 digits each
awk -v m="$prompts" 'BEGIN {
    srand(1)
    print "prompt\tp\tG"
    for (i = 0; i < m; i++) printf "%d\t%.17g\t%.17g\n", i, rand(), -log(1 - rand())
}' >"$scratch/prompts.tsv"

printf 'benchmark\tprompts\trounding\twall_s\tcpu_s\tpeak_MB\twithin\n'
for rounding in none optimal official appendix-b remainder; do
    for run in 1 2 3 4 5; do
        /usr/bin/time -f '%e %U %S %M' -o "$scratch/time" "$gvm" allocate --quiet \
            --rounding "$rounding" "$scratch/prompts.tsv" >"$scratch/plan.tsv"
        cat "$scratch/time"
    done | sort -n | awk -v m="$prompts" -v r="$rounding" 'NR == 1 {
        wall = $1; cpu = $2 + $3; peak = $4 / 1024
        printf "allocate\t%d\t%s\t%.2f\t%.2f\t%.0f\t%s\n", m, r, wall, cpu, peak,
            wall < 0.5 && peak < 200 ? "yes" : "no"
    }'
done
