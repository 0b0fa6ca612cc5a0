#!/bin/sh
# report.sh -- the report page: plots/report.sh BUILD OUT
#
# One HTML file without network, scripts or dates of its own: verdicts from
# BUILD/verdicts.tsv, figures from BUILD/figures, numbers in the text from BUILD/data.
# The same inputs on the same machine give the same bytes.
set -eu
[ $# -eq 2 ] || { echo "usage: plots/report.sh BUILD OUT" >&2; exit 2; }
build=$1 out=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk -f plots/heads.awk plots/fig_*.gp >"$work/heads.tsv"

# What the numbers were made with: key, tab, value.
first() { "$@" 2>/dev/null | head -n 1; }
{
    if id=$(git rev-parse --verify -q HEAD 2>/dev/null); then
        [ -z "$(git status --porcelain --untracked-files=no)" ] || changed=", with local changes"
        printf 'source\t%s of %s%s\n' "$(git rev-parse --short=12 "$id")" \
            "$(git log -1 --format=%cs "$id")" "${changed-}"
    else
        printf 'source\tno git metadata\n'
    fi
    printf 'compiler\t%s\n' "$(first "${CC:-gcc}" --version)"
    printf 'flags\t-std=c17 -O2 -ffp-contract=off, never fast-math\n'
    printf 'libraries\tGSL %s, jansson %s, MPFR %s, CUnit %s\n' \
        "$(pkg-config --modversion gsl 2>/dev/null || echo '?')" \
        "$(pkg-config --modversion jansson 2>/dev/null || echo '?')" \
        "$(pkg-config --modversion mpfr 2>/dev/null || echo '?')" \
        "$(pkg-config --modversion cunit 2>/dev/null || echo '?')"
    printf 'figures\t%s\n' "$(first gnuplot --version)"
    printf 'system\t%s\n' "$(. /etc/os-release 2>/dev/null && echo "$PRETTY_NAME, ")$(uname -sm)"
    cpu=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
    printf 'processor\t%s, %s in use\n' "${cpu:-$(uname -m)}" "$(nproc 2>/dev/null || echo '?')"
} >"$work/environment.tsv"

mkdir -p "$(dirname "$out")"
awk -v build="$build" -v heads="$work/heads.tsv" -v environment="$work/environment.tsv" \
    -v css=plots/report.css -f plots/report.awk >"$work/index.html"
mv "$work/index.html" "$out"
