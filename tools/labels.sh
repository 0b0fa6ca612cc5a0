#!/bin/sh
# Labels join paper, code, test and figure: [gvm:thm1], [bvpo:eq2], [spec:gvm 2.4].
#
#   tools/labels.sh index   label | declared in | tested by | drawn in, one line per label
#   tools/labels.sh lint    fails when a label of a header or a figure stands in no suite
#
# Declared: headers. Tested: titles of suites and claims in *_test.c and theory-tests/.
# Drawn: gnuplot scripts in plots/.
set -eu
mode=${1:-index}
if [ "$mode" = page ]; then
    cat <<'EOF'
# From equation to function, suite and figure

`make format` writes this page from the labels in headers, suites and figure scripts; `make lint` fails
when it is stale. Headers are in `ref/` and `sim/`, suites in `theory-tests/` or beside the code, figure
scripts in `plots/`. `[gvm:...]` and `[bvpo:...]` are numbers of the papers (arXiv 2505.02391, 2510.05095);
`[spec:...]` marks what was derived here: its statement is the contract beside the label.

EOF
    exec "$0" index
fi

find ref sim theory-tests plots -name '*.[ch]' -o -name '*.gp' | LC_ALL=C sort |
    xargs awk -v mode="$mode" '
function note(kind, label,    name) {
    name = FILENAME
    sub(/^(ref|sim|theory-tests|plots)\//, "", name)
    seen[label] = 1
    if (index(place[kind, label] " ", " " name " ") == 0)
        place[kind, label] = place[kind, label] " " name
}
function scan(kind, text,    at) {
    while (match(text, /\[(gvm|bvpo|spec):[^][]+\]/)) {
        note(kind, substr(text, RSTART + 1, RLENGTH - 2))
        text = substr(text, RSTART + RLENGTH)
    }
}
FNR == 1 { suite = 0 }
FILENAME ~ /\.gp$/ { scan("drawn", $0); next }
FILENAME ~ /\.h$/ && FILENAME !~ /^theory-tests/ {
    scan("declared", $0)
    next
}
FILENAME ~ /_test\.c$|^theory-tests\/.*\.c$/ {
    if (/SUITE\(/) suite = 1
    if (suite) scan("tested", $0)
    if (suite && /NULL|, *$|\{/) suite = !/\{/
    if (/CLAIM_[A-Z]+\(/) claim = 2
    if (claim > 0) {
        text = $0
        if (match(text, /"(gvm|bvpo|spec):[^"]+"/)) {
            note("tested", substr(text, RSTART + 1, RLENGTH - 2))
            claim = 0
        } else claim--
    }
}
END {
    bad = 0
    for (label in seen) {
        if (mode == "index")
            printf "%s\t%s\t%s\t%s\n", label, place["declared", label],
                place["tested", label], place["drawn", label] | "LC_ALL=C sort -V"
        else if (place["tested", label] == "") {
            printf "labels: [%s] in%s%s is cited by no suite\n", label,
                place["declared", label], place["drawn", label] > "/dev/stderr"
            bad = 1
        }
    }
    exit bad
}' | if [ "$mode" = index ]; then
    awk -F '\t' 'BEGIN { print "label | declared | tested | drawn"; print "---|---|---|---" }
        { for (i = 2; i <= 4; i++) { sub(/^ /, "", $i); if ($i == "") $i = "-" }
          print $1 " | " $2 " | " $3 " | " $4 }'
else
    cat
fi
