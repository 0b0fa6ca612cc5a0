#!/bin/sh
# smoke.sh -- every figure drawn from small data: plots/smoke.sh [BUILD] [FIGURE...]
#
# Experiments run with two seeds and with the settings that a figure's head gives under
# `small` (experiment:parameter=value). A figure is ok when gnuplot says nothing, SVG and
# PNG are the same bytes when drawn again, the SVG holds as many series as the head says,
# and the suites that guard it exist. Prints a line per figure and the count.
set -u
build=${1:-build}
[ $# -eq 0 ] || shift
work=$build/smoke
mkdir -p "$work/data"
rm -f "$work"/*.svg "$work"/*.png "$work"/data/*
passed=0 failed=0

awk -f plots/heads.awk plots/fig_*.gp >"$work/heads.tsv" || exit 1

# small data, once per experiment
settings() { # experiment -> --set options of every head that speaks of it
    awk -F '\t' -v e="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "small") c = i; next }
        { n = split($c, s, " ")
          for (i = 1; i <= n; i++)
              if (index(s[i], e ":") == 1) print "--set", substr(s[i], length(e) + 2) }' \
        "$work/heads.tsv" | LC_ALL=C sort -u
}
data() { # experiment
    [ ! -f "$work/data/$1.tsv" ] || return 0
    if [ -f "plots/data/$1.tsv" ]; then
        cp "plots/data/$1.tsv" "$work/data/$1.tsv"
    elif [ "${1#bench-}" != "$1" ]; then
        bench=$build/bench/${1#bench-}.tsv
        [ -f "$bench" ] || bench/run.sh "$build" >/dev/null || return 1
        cp "$bench" "$work/data/$1.tsv"
    else # shellcheck disable=SC2046
        "$build/bin/gvm-sim" run "$1" --seeds 2 $(settings "$1") --out "$work/data/$1.tsv"
    fi
}
guarded() { # suites; a suite is a file theory-tests/NAME.c or NAME.c beside the code
    for suite in $1; do
        set -- theory-tests/"$suite".c ref/"$suite".c sim/"$suite".c ref/io/"$suite".c
        [ -f "$1" ] || [ -f "$2" ] || [ -f "$3" ] || [ -f "$4" ] || {
            echo "guard $suite does not exist"
            return 1
        }
    done
}
check() { # name data guard series
    for experiment in $2; do data "$experiment" || return 1; done
    guarded "$3" || return 1
    for t in svg png; do
        plots/draw.sh "$1" $t "$work/$1.$t" "$work/data" || return 1
        plots/draw.sh "$1" $t "$work/$1.again.$t" "$work/data" || return 1
        cmp "$work/$1.$t" "$work/$1.again.$t" || return 1
        rm "$work/$1.again.$t"
    done
    series=$(grep -c 'id="gnuplot_plot_' "$work/$1.svg")
    [ "$series" -eq "$4" ] || { echo "$series series drawn, the head says $4"; return 1; }
}

tab=$(printf '\t')
awk -F '\t' -v OFS='\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { print $1, $at["data"], $at["guard"], $at["series"] }' "$work/heads.tsv" >"$work/list.tsv"
while IFS=$tab read -r name reads guard series; do
    [ $# -eq 0 ] || case " $* " in *" $name "*) ;; *) continue ;; esac
    # nobody but this loop reads the list
    if said=$(check "$name" "$reads" "$guard" "$series" 2>&1 </dev/null); then
        echo "ok   $name"
        passed=$((passed + 1))
    else
        echo "FAIL $name: $said"
        failed=$((failed + 1))
    fi
done <"$work/list.tsv"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
