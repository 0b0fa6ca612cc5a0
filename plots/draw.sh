#!/bin/sh
# draw.sh -- one figure: plots/draw.sh NAME TERM OUT [DATA]
#
# Runs plots/fig_NAME.gp with terminal TERM (svg, png, pdf) and data folder DATA
# (build/data). Anything gnuplot says is a failure; OUT appears whole or not at all.
set -eu
[ $# -ge 3 ] || { echo "usage: plots/draw.sh NAME svg|png|pdf OUT [DATA]" >&2; exit 2; }
name=$1 term=$2 out=$3 data=${4:-build/data}
script=plots/fig_$name.gp
[ -f "$script" ] || { echo "draw.sh: there is no figure $name ($script)" >&2; exit 2; }
case $term in svg|png|pdf) ;; *) echo "draw.sh: unknown terminal $term" >&2; exit 2 ;; esac

mkdir -p "$(dirname "$out")"
part=$out.part
trap 'rm -f "$part" "$part.said" "$part.fonts"' EXIT
LC_ALL=C.UTF-8 gnuplot -e "TERM_='$term'; OUT='$part'; DATA='$data'" "$script" \
    >"$part.said" 2>&1 || { head -n 12 "$part.said" | sed "s|^|$script: |" >&2; exit 1; }
if grep -q '[^[:space:]]' "$part.said"; then
    head -n 12 "$part.said" | sed "s|^|$script: |" >&2
    exit 1
fi
if [ "$term" = svg ]; then # a reader without DejaVu gets the nearest sans serif
    sed 's/font-family="DejaVu Sans"/font-family="DejaVu Sans, Verdana, sans-serif"/g' \
        "$part" >"$part.fonts"
    mv "$part.fonts" "$part"
fi
[ -s "$part" ] || { echo "$script: empty output" >&2; exit 1; }
mv "$part" "$out"
