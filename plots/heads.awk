# heads.awk -- what the heads of the figure scripts say (plots/README.md), in one of two forms:
#
#   awk -f plots/heads.awk plots/fig_*.gp              a TSV, one row per figure
#   awk -v build=build -f plots/heads.awk ...          rules for make: figure <- its data
#
# Columns: name section order label title claim caption finding guard data series small. A figure
# without one of them, finding and small excepted, is an error.

FNR == 1 {
    name = FILENAME
    sub(/.*fig_/, "", name)
    sub(/\.gp$/, "", name)
    names[++count] = name
    key = ""
    if (match($0, /\[[a-z]+:[^]]+\]/))
        value[name, "label"] = substr($0, RSTART + 1, RLENGTH - 2)
}
/^#:/ {
    text = substr($0, 3)
    if (match(text, /^ [a-z]+ /)) {
        key = substr(text, 2, RLENGTH - 2)
        text = substr(text, RLENGTH)
    }
    gsub(/\t/, " ", text)
    gsub(/^ +| +$/, "", text)
    if (key == "section") {
        value[name, "order"] = text
        sub(/.* /, "", value[name, "order"])
        sub(/ .*/, "", text)
    }
    value[name, key] = value[name, key] (value[name, key] == "" ? "" : " ") text
}
END {
    columns = split("section order label title claim caption finding guard data series small", column, " ")
    for (i = 1; i <= count; i++)
        for (c = 1; c <= columns; c++)
            if (value[names[i], column[c]] == "" && column[c] != "finding" && column[c] != "small") {
                printf "plots/fig_%s.gp: head lacks '%s'\n", names[i], column[c] > "/dev/stderr"
                bad = 1
            }
    if (bad) exit 1
    if (build != "") rules()
    else table()
}
function rules(    i, d, j, n, files) {
    for (i = 1; i <= count; i++) {
        n = split(value[names[i], "data"], d, " ")
        files = ""
        for (j = 1; j <= n; j++) files = files " " build "/data/" d[j] ".tsv"
        printf "%s/figures/%s.svg %s/figures/%s.png %s/figures/%s.pdf: plots/fig_%s.gp%s\n", build,
            names[i], build, names[i], build, names[i], names[i], files
    }
}
function table(    i, c) {
    printf "name"
    for (c = 1; c <= columns; c++) printf "\t%s", column[c]
    print ""
    for (i = 1; i <= count; i++) {
        printf "%s", names[i]
        for (c = 1; c <= columns; c++) printf "\t%s", value[names[i], column[c]]
        print ""
    }
}
