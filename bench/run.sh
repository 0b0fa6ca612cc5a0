#!/bin/sh
# Speed of the simulator, side by side with NumPy in one run, and how time grows.
#   bench/run.sh BUILD      prints a table; writes BUILD/bench/step.tsv and scaling.tsv
# The two programs take turns, so that a change of clock or load meets both, and are timed
# by processor time; threads and ranks are timed by the wall.
set -eu
build=${1:-build}
sim=$build/bin/gvm-sim
out=$build/bench
python=/usr/bin/python3
mkdir -p "$out"

median() { sort -g | awk '{x[NR] = $1} END {print x[int((NR + 1) / 2)]}'; }
field() { awk -F '\t' -v name="$1" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) at = i}
                                    NR == 2 {print $at}'; }

probes=$($sim bench --probes)
peak=$(printf '%s\n' "$probes" | field flops)
read=$(printf '%s\n' "$probes" | field bytes)
kernel=$(printf '%s\n' "$probes" | field kernel)
printf 'one core, kernel %s: %.1f GFLOP/s without fused multiply-add, %.1f GB/s read\n' \
    "$kernel" "$(awk "BEGIN {print $peak / 1e9}")" "$(awk "BEGIN {print $read / 1e9}")"

numpy=yes
"$python" -c 'import numpy' 2>/dev/null || numpy=no
[ $numpy = yes ] || echo "numpy not found by $python: the yardstick is skipped"

{
    printf '# step [spec:sim 9] one replica-step, 8 draws per prompt, SN, SGD; '
    printf 'medians of 3 turns\n'
    printf 'prompts\tlatents\tfeatures\tmicroseconds\tnumpy\tratio\t'
    printf 'peak_share\tbandwidth_share\n'
} > "$out/step.tsv"
printf '%-14s %12s %12s %8s %10s %12s\n' \
    'shape' 'gvm-sim us' 'numpy us' 'ratio' 'of peak' 'of bandwidth'
for shape in 128,32,64 64,16,12; do
    : > "$out/ours"; : > "$out/theirs"
    for turn in 1 2 3; do
        $sim bench --shape $shape --seconds 1 > "$out/last"
        field microseconds < "$out/last" >> "$out/ours"
        if [ $numpy = yes ]; then "$python" bench/numpy_step.py $shape 1 >> "$out/theirs"; fi
    done
    ours=$(median < "$out/ours")
    theirs=nan
    if [ $numpy = yes ]; then theirs=$(median < "$out/theirs"); fi
    awk -v s=$shape -v a="$ours" -v b="$theirs" -v peak="$peak" -v read="$read" \
        -v file="$out/step.tsv" 'BEGIN {
        split(s, n, ","); size = n[1] * n[2] * n[3]
        ratio = b == "nan" ? "nan" : b / a
        f = 4 * size / (a * 1e-6) / peak; r = size / (a * 1e-6) / read
        shown = ratio == "nan" ? "-" : sprintf("%.1f", ratio)
        printf "%-14s %12.2f %12s %8s %9.0f%% %11.0f%%\n", s, a, b, shown, 100 * f, 100 * r
        printf "%d\t%d\t%d\t%.17g\t%s\t%s\t%.17g\t%.17g\n",
            n[1], n[2], n[3], a, b, ratio, f, r >> file }'
done
rm -f "$out/ours" "$out/theirs" "$out/last"

# axis, its value, and microseconds per replica-step (threads, ranks: of the whole machine)
{
    printf '# scaling [spec:sim 9] microseconds per replica-step against one size at a time\n'
    printf 'axis\tvalue\tmicroseconds\n'
} > "$out/scaling.tsv"
row() { # axis value shape
    us=$($sim bench --shape "$3" --threads 1 --seconds 0.3 | field microseconds)
    printf '%s\t%s\t%s\n' "$1" "$2" "$us" >> "$out/scaling.tsv"
}
for n in 16 32 64 128 256 512; do row prompts $n $n,16,12; done
for n in 4 8 16 32 64 128; do row latents $n 64,$n,12; done
for n in 4 8 16 32 64 128 256; do row features $n 64,16,$n; done
cores=$(nproc)
for n in 1 2 4 8 16; do
    [ $n -gt "$cores" ] && break
    us=$($sim bench --shape 64,16,12 --threads $n --seconds 0.6 | field microseconds)
    awk -v n=$n -v us="$us" 'BEGIN {printf "threads\t%d\t%.17g\n", n, us / n}' >> "$out/scaling.tsv"
done
# ranks: a sweep of 8 cells, 16 replicas x 1500 steps each, start-up of mpirun included
if command -v mpirun > /dev/null 2>&1; then
    root=''
    [ "$(id -u)" -eq 0 ] && root=--allow-run-as-root
    for n in 1 2 4 8 16; do
        [ $n -gt "$cores" ] && break
        start=$(date +%s.%N)
        # shellcheck disable=SC2086
        if mpirun $root --oversubscribe -n $n "$sim" sweep regime-t --threads 1 \
            --grid etas=0.1,0.12,0.14,0.16,0.18,0.2,0.22,0.24 --set methods=uniform-iw \
            --set steps=1500 --out "$out/ranks.tsv" 2> "$out/mpi.log"; then
            awk -v n=$n -v a="$start" -v b="$(date +%s.%N)" \
                'BEGIN {printf "ranks\t%d\t%.17g\n", n, (b - a) * 1e6 / (8 * 16 * 1500)}' \
                >> "$out/scaling.tsv"
        else
            echo "mpirun -n $n failed: ranks are left out of scaling.tsv ($out/mpi.log)"
            break
        fi
    done
    rm -f "$out/ranks.tsv"
fi
echo "wrote $out/step.tsv and $out/scaling.tsv"
bench/allocate.sh "$build" || [ $? -eq 77 ] # 77: skipped, and it said why
