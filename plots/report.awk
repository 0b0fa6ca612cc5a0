# report.awk -- writes the report page; plots/report.sh calls it.
#
#   build        folder with verdicts.tsv, data/ and figures/
#   heads        what the figure scripts say of themselves (heads.awk)
#   environment  key, tab, value
#   css          style sheet
#
# Texts of figures may hold numbers that are looked up in the data they draw:
#   {data:column:name=value&name=value}      the first row that matches, 3 digits
#   {max data:column:...}  {min ...}  {last ...}
#   {A / B}  {A - B}  {100 * A / B}          of two look-ups
#   {...; %.1f}                              with a format
# A look-up that finds nothing is an error, so that a text cannot outlive its data.

BEGIN {
    FS = "\t"
    read_heads()
    read_verdicts()
    page()
    if (failed) exit 1
}

function complain(text) {
    print "report: " text > "/dev/stderr"
    failed = 1
}
function esc(s) {
    gsub(/&/, "\\&amp;", s)
    gsub(/</, "\\&lt;", s)
    gsub(/>/, "\\&gt;", s)
    gsub(/"/, "\\&quot;", s)
    return s
}
function slurp(path, all, line, got) {
    all = ""
    while ((got = (getline line < path)) > 0) all = all line "\n"
    if (got < 0) complain("cannot read " path)
    close(path)
    return all
}

# ---- numbers in texts ------------------------------------------------------------------

function is_number(s) { return s ~ /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$/ }
function same(a, b) {
    if (is_number(a) && is_number(b)) return a - b <= 1e-9 * abs(b) && b - a <= 1e-9 * abs(b)
    return a == b
}
function abs(x) { return x < 0 ? -x : x }

# value of the look-up `[max|min|last] data:column[:conditions]`
function look_up(term, how, part, parts, path, line, cell, name, columns, col, i, want, wants, cond, ok, found, x, at) {
    gsub(/^ +| +$/, "", term)
    if (is_number(term)) return term + 0
    how = "first"
    if (match(term, /^(max|min|last) /)) {
        how = substr(term, 1, RLENGTH - 1)
        term = substr(term, RLENGTH + 1)
    }
    parts = split(term, part, ":")
    path = build "/data/" part[1] ".tsv"
    wants = parts > 2 ? split(part[3], want, "&") : 0
    columns = 0
    found = 0
    while ((getline line < path) > 0) {
        if (line ~ /^#/) continue
        if (columns == 0) {
            columns = split(line, name, "\t")
            for (i = 1; i <= columns; i++) col[name[i]] = i
            if (!(part[2] in col)) break
            continue
        }
        split(line, cell, "\t")
        ok = 1
        for (i = 1; i <= wants; i++) {
            at = index(want[i], "=")
            if (!(substr(want[i], 1, at - 1) in col)) ok = 0
            else if (!same(cell[col[substr(want[i], 1, at - 1)]], substr(want[i], at + 1))) ok = 0
        }
        if (!ok || cell[col[part[2]]] == "nan") continue
        cond = cell[col[part[2]]] + 0
        if (!found || how == "last" || (how == "max" && cond > x) || (how == "min" && cond < x)) x = cond
        found = 1
        if (how == "first") break
    }
    close(path)
    if (!found) complain("nothing matches {" term "} in " path)
    return found ? x : 0
}
function evaluate(text, a, b, op, c, at) { # match() in look_up moves RSTART
    if (match(text, / \* /)) {
        at = RSTART
        c = look_up(substr(text, 1, at - 1))
        return c * evaluate(substr(text, at + 3))
    }
    if (match(text, / [-\/] /)) {
        at = RSTART
        op = substr(text, at + 1, 1)
        a = look_up(substr(text, 1, at - 1))
        b = look_up(substr(text, at + 3))
        if (op == "-") return a - b
        if (b == 0) {
            complain("division by zero in {" text "}")
            return 0
        }
        return a / b
    }
    return look_up(text)
}
function plain_number(x, digits) {
    if (x == 0) return "0"
    if (abs(x) >= 1000 && abs(x) < 1e7) return sprintf("%.0f", x)
    return sprintf("%." (digits ? digits : 3) "g", x)
}
# text with its look-ups replaced, escaped
function fill(text, out, inner, form, at) {
    out = ""
    while (match(text, /\{[^}]*\}/)) {
        inner = substr(text, RSTART + 1, RLENGTH - 2)
        out = out esc(substr(text, 1, RSTART - 1))
        text = substr(text, RSTART + RLENGTH)
        form = ""
        if ((at = index(inner, ";")) > 0) {
            form = substr(inner, at + 1)
            inner = substr(inner, 1, at - 1)
            gsub(/ /, "", form)
        }
        if (form != "" && form !~ /^%[-+]?[0-9]*(\.[0-9]+)?[efg]$/) complain("bad format in {" inner "}")
        else out = out (form != "" ? sprintf(form, evaluate(inner)) : plain_number(evaluate(inner)))
    }
    return out esc(text)
}

# ---- inputs ---------------------------------------------------------------------------

function read_heads(line, cell, n, i, j, c, name, key) {
    while ((getline line < heads) > 0) {
        n = split(line, cell, "\t")
        if (!figures && !c) {
            for (i = 1; i <= n; i++) key[i] = cell[i]
            c = n
            continue
        }
        figure[++figures] = cell[1]
        for (i = 2; i <= n; i++) head[cell[1], key[i]] = cell[i]
    }
    close(heads)
    # by their order within a section, names where it is equal
    for (i = 2; i <= figures; i++)
        for (j = i; j > 1 && head[figure[j], "order"] + 0 < head[figure[j - 1], "order"] + 0; j--) {
            name = figure[j]
            figure[j] = figure[j - 1]
            figure[j - 1] = name
        }
    sections = split("paper theory allocation estimators training bvpo speed", section, " ")
    section_title["paper"] = "What the papers report"
    section_title["theory"] = "Bounds, true and as printed"
    section_title["allocation"] = "Where the samples go"
    section_title["estimators"] = "What the estimators do"
    section_title["training"] = "Whole runs, every draw counted"
    section_title["bvpo"] = "Mixing a noisy gradient with a quiet one"
    section_title["speed"] = "Speed"
    for (i = 1; i <= figures; i++) {
        c = head[figure[i], "section"]
        if (!(c in section_title)) complain("fig_" figure[i] ".gp: unknown section " c)
        in_section[c]++
    }
}
function read_verdicts(path, line, cell, n, i, key, v, got) {
    path = build "/verdicts.tsv"
    while ((got = (getline line < path)) > 0) {
        n = split(line, cell, "\t")
        if (!verdicts && !("label" in key)) {
            for (i = 1; i <= n; i++) key[cell[i]] = i
            continue
        }
        v = ++verdicts
        v_label[v] = cell[key["label"]]
        v_statement[v] = cell[key["statement"]]
        v_word[v] = cell[key["verdict"]]
        v_kind[v] = cell[key["kind"]]
        v_statistic[v] = cell[key["statistic"]]
        v_threshold[v] = cell[key["threshold"]]
        v_margin[v] = cell[key["margin"]]
        v_alternative[v] = cell[key["alternative"]]
        v_z[v] = cell[key["z_alternative"]]
        v_passed[v] = cell[key["passed"]] + 0
        v_suite[v] = cell[key["file"]]
        sub(/.*\//, "", v_suite[v])
        sub(/\.c$/, "", v_suite[v])
        v_group[v] = v_label[v] ~ /bvpo/ ? "bvpo" : v_label[v] ~ /gvm/ ? "gvm" : "sim"
        claims[v_suite[v]]++
        held[v_suite[v]] += v_passed[v]
        if (!v_passed[v]) count_failed++
        else if (v_kind[v] == "counterexample") count_printed++
        else if (v_kind[v] == "statistical") count_sampled++
        else count_exact++
    }
    if (got < 0 || verdicts == 0) complain("no verdicts in " path)
    close(path)
}

# ---- the page -------------------------------------------------------------------------

function page(i) {
    print "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
    print "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    print "<meta name=\"color-scheme\" content=\"light dark\">"
    print "<meta name=\"description\" content=\"Every claim of GVM-RAFT and BVPO verified numerically, every figure redrawn.\">"
    print "<title>GVM-Lab: the claims, checked</title>\n<style>"
    printf "%s", slurp(css)
    print "</style>\n</head>\n<body>"
    introduction()
    print "<main>"
    contents()
    findings()
    printed_claims()
    for (i = 1; i <= sections; i++)
        if (in_section[section[i]]) chapter(section[i])
    verdict_tables()
    surroundings()
    print "</main>"
    print "<footer><p>GVM-Lab. Made by <code>make paper</code>; this page holds no script and asks nothing of the network.</p></footer>"
    print "</body>\n</html>"
}
function introduction() {
    print "<header>\n<h1>The variance of reasoning, checked</h1>"
    print "<p class=\"lede\">Two papers say that training chain-of-thought reasoners is held back by the" \
        " <em>variance of the gradient that comes from sampling reasoning traces</em>." \
        " GVM-RAFT (arXiv 2505.02391) spends a sampling budget where it lowers that variance most;" \
        " BVPO (arXiv 2510.05095) mixes a noisy trace gradient with a quiet, biased one." \
        " GVM-Lab defines such claims exactly, proves or refutes them numerically on problems with known answers," \
        " and draws what follows.</p>"
    print "<p class=\"formula\"><var>V</var> = &Sigma;<sub><var>i</var></sub> <var>G<sub>i</sub></var>&sup2; / (<var>p<sub>i</sub></var> <var>n<sub>i</sub></var>)," \
        " least for &nbsp;<var>n<sub>i</sub></var> &prop; <var>G<sub>i</sub></var> / &radic;<var>p<sub>i</sub></var></p>"
    print "<ul class=\"counts\">"
    tile("holds", count_exact, "hold exactly", "by enumeration or closed form")
    tile("sampled", count_sampled, "hold statistically", "false alarm below 10<sup>&minus;6</sup>, power above 0.999")
    tile("printed", count_printed, "refuted", "as read in arXiv v1, or as one might assume; counterexamples below")
    tile(count_failed ? "fails" : "holds", count_failed, "failed", count_failed ? "see the verdict table" : "of " verdicts " verdicts")
    print "</ul>\n</header>"
}
function tile(class, n, what, how) {
    printf "<li class=\"%s\"><b>%d</b>%s<br><span class=\"small\">%s</span></li>\n", class, n, what, how
}
function contents(i) {
    print "<nav aria-label=\"Contents\"><ol>"
    print "<li><a href=\"#findings\">Main findings</a></li>"
    if (count_printed) print "<li><a href=\"#printed\">Statements that are false</a></li>"
    for (i = 1; i <= sections; i++)
        if (in_section[section[i]])
            printf "<li><a href=\"#%s\">%s</a></li>\n", section[i], section_title[section[i]]
    print "<li><a href=\"#verdicts\">All verdicts</a></li>"
    print "<li><a href=\"#environment\">How this was made</a></li>\n</ol></nav>"
}
function findings(i, s, f) {
    print "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Main findings</h2>"
    print "<p class=\"small\">Each number is read from the data of the figure it points to.</p>\n<ul class=\"findings\">"
    for (s = 1; s <= sections; s++)
        for (i = 1; i <= figures; i++) {
            f = figure[i]
            if (head[f, "section"] == section[s] && head[f, "finding"] != "")
                printf "<li>%s <a href=\"#fig-%s\" aria-label=\"Figure: %s\">figure&nbsp;%d</a></li>\n",
                    fill(head[f, "finding"]), f, esc(head[f, "title"]), number_of(f)
        }
    print "</ul>\n</section>"
}
# figures are numbered in the order of the page
function number_of(name, s, i, n) {
    for (s = 1; s <= sections; s++)
        for (i = 1; i <= figures; i++)
            if (head[figure[i], "section"] == section[s]) {
                n++
                if (figure[i] == name) return n
            }
    return 0
}
function chapter(s, i) {
    printf "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", s, s, section_title[s]
    for (i = 1; i <= figures; i++)
        if (head[figure[i], "section"] == s) draw(figure[i])
    print "</section>"
}
function draw(f, d, n, i) {
    printf "<figure id=\"fig-%s\">\n<h3>%d. %s</h3>\n<div class=\"plot\" tabindex=\"0\" role=\"group\" aria-label=\"%s\">\n",
        f, number_of(f), esc(head[f, "title"]), esc(head[f, "title"])
    inline_svg(f)
    printf "</div>\n<figcaption>\n<p class=\"claim\">%s</p>\n<p>%s</p>\n<dl class=\"meta\">\n",
        fill(head[f, "claim"]), fill(head[f, "caption"])
    printf "<dt>Guarded by</dt><dd>"
    n = split(head[f, "guard"], d, " ")
    for (i = 1; i <= n; i++) {
        printf "%s<code>%s</code>", (i > 1 ? ", " : ""), esc(d[i])
        if (d[i] in claims) printf " (%d of %d pass)", held[d[i]], claims[d[i]]
    }
    printf "</dd>\n<dt>Data</dt><dd>"
    n = split(head[f, "data"], d, " ")
    for (i = 1; i <= n; i++)
        printf "%s%s", (i > 1 ? ", " : ""), origin(d[i])
    printf "</dd>\n<dt>Redraw</dt><dd><code>make figures FIG=%s</code></dd>\n</dl>\n</figcaption>\n</figure>\n", f
}
# The first line of a data file says how it was made: `NAME [label] seed=1 seeds=16 ...`
# from gvm-sim, `source, tab, where` in a digitised table.
function origin(name, path, line, word, n, i, command) {
    path = build "/data/" name ".tsv"
    if ((getline line < path) <= 0) complain("cannot read " path)
    close(path)
    sub(/^# */, "", line)
    if (line ~ /^source\t/) {
        sub(/^source\t/, "", line)
        return "<code>plots/data/" esc(name) ".tsv</code>: " esc(line)
    }
    if (name ~ /^bench-/) return "<code>make bench</code>"
    command = "gvm-sim run " name
    n = split(line, word, " ")
    for (i = 2; i <= n; i++)
        if (word[i] ~ /^seeds?=[0-9]+$/) {
            sub(/=/, " ", word[i])
            command = command " --" word[i]
        }
    return "<code>" esc(command) "</code>"
}
# The drawing with ids of its own, scaled by the page, named for screen readers.
function inline_svg(f, path, line, box, wide) {
    path = build "/figures/" f ".svg"
    while ((getline line < path) > 0) {
        if (line ~ /^<\?xml|^<title>|^<desc>/) continue
        if (line ~ /^<svg/) continue
        if (line ~ /^ width="/) continue
        if (line ~ /^ viewBox=/) {
            split(line, box, "[\" ]")
            wide = box[5] > 300 ? "wide" : "narrow"
            printf "<svg class=\"%s\" viewBox=\"0 0 %s %s\" role=\"img\" aria-label=\"%s\"\n", wide, box[5], box[6],
                esc(head[f, "title"] ". ") fill(head[f, "caption"])
            continue
        }
        gsub(/id=["']gnuplot_/, "&" f "_", line)
        gsub(/gpDot/, f "_gpDot", line)
        gsub(/gpPt/, f "_gpPt", line)
        gsub(/gpPat/, f "_gpPat", line)
        gsub(/greybox/, f "_greybox", line)
        gsub(/textbox/, f "_textbox", line)
        print line
    }
    close(path)
}

# ---- verdicts --------------------------------------------------------------------------

function badge(v, class) {
    class = !v_passed[v] ? "fails" : v_kind[v] == "counterexample" ? "printed" : v_kind[v] == "statistical" ? "sampled" : "holds"
    return "<span class=\"badge " class "\">" esc(v_word[v]) "</span>"
}
function printed_claims() {
    if (!count_printed) return
    print "<section aria-labelledby=\"printed\">\n<h2 id=\"printed\">Statements that are false</h2>"
    print "<p>Each row is an explicit case in which the left side of a claimed inequality exceeds the right," \
        " or a claimed equality is off by more than its tolerance." \
        " What does hold in their place stands in the table of all verdicts.</p>"
    refuted("As printed", "as read in arXiv v1", 1)
    refuted("As one might assume", "of the released losses and common variants", 0)
    print "</section>"
}
# a label of a paper's own statement has no "spec" in front
function refuted(title, whose, printed, v, n) {
    for (v = 1; v <= verdicts; v++)
        n += v_kind[v] == "counterexample" && (v_label[v] !~ /^spec/) == printed
    if (!n) return
    printf "<h3>%s, <span class=\"note\">%s</span></h3>\n", title, whose
    printf "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">\n<table class=\"verdicts\">\n", title
    print "<thead><tr><th scope=\"col\">Label</th><th scope=\"col\">Statement</th><th scope=\"col\" class=\"n\">Left side</th><th scope=\"col\" class=\"n\">Right side</th><th scope=\"col\">Suite</th></tr></thead>\n<tbody>"
    for (v = 1; v <= verdicts; v++)
        if (v_kind[v] == "counterexample" && (v_label[v] !~ /^spec/) == printed)
            printf "<tr><td><code>%s</code></td><td class=\"s\">%s</td><td class=\"n\" data-name=\"Left side\">%s</td><td class=\"n\" data-name=\"Right side\">%s</td><td><code>%s</code></td></tr>\n",
                esc(v_label[v]), esc(v_statement[v]), number(v_statistic[v]), number(v_threshold[v]), esc(v_suite[v])
    print "</tbody>\n</table>\n</div>"
}
function number(x) {
    if (x == "inf") return "&infin;"
    if (!is_number(x)) return esc(x)
    return exponent(plain_number(x + 0, 4))
}
function exponent(s, at, e) {
    at = index(s, "e")
    if (at > 0) {
        e = substr(s, at + 1) + 0
        s = substr(s, 1, at - 1) "&thinsp;&times;&thinsp;10<sup>" (e < 0 ? "&minus;" : "") abs(e) "</sup>"
    }
    if (substr(s, 1, 1) == "-") s = "&minus;" substr(s, 2)
    return s
}
function verdict_tables() {
    print "<section aria-labelledby=\"verdicts\">\n<h2 id=\"verdicts\">All verdicts</h2>"
    print "<p>An exact verdict compares the worst error or violation found with a stated tolerance." \
        " A statistical one compares |<var>z</var>| with 4.9, and names a wrong alternative that the same draws reject." \
        " The margin is the room to spare: threshold over statistic, or the excess of a counterexample.</p>"
    verdict_table("gvm", "GVM-RAFT, arXiv 2505.02391")
    verdict_table("bvpo", "BVPO, arXiv 2510.05095")
    verdict_table("sim", "The simulator and this library")
    print "</section>"
}
function verdict_table(group, title, v, n) {
    for (v = 1; v <= verdicts; v++) n += v_group[v] == group
    if (!n) return
    printf "<details open>\n<summary><h3 id=\"verdicts-%s\">%s</h3></summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"verdicts-%s\">\n<table class=\"verdicts\">\n", group, title, group
    print "<thead><tr><th scope=\"col\">Label</th><th scope=\"col\">Claim</th><th scope=\"col\">Verdict</th><th scope=\"col\" class=\"n\">Statistic</th><th scope=\"col\" class=\"n\">Threshold</th><th scope=\"col\" class=\"n\">Margin</th><th scope=\"col\">Suite</th></tr></thead>\n<tbody>"
    for (v = 1; v <= verdicts; v++)
        if (v_group[v] == group) {
            printf "<tr><td><code>%s</code></td><td class=\"s\">%s", esc(v_label[v]), esc(v_statement[v])
            if (v_kind[v] == "statistical")
                printf "<br><span class=\"note\">rejects &ldquo;%s&rdquo; at |<var>z</var>| = %s</span>", esc(v_alternative[v]), number(v_z[v])
            printf "</td><td>%s</td><td class=\"n\" data-name=\"Statistic\">%s</td><td class=\"n\" data-name=\"Threshold\">%s</td><td class=\"n\" data-name=\"Margin\">%s</td><td><code>%s</code></td></tr>\n",
                badge(v), number(v_statistic[v]), number(v_threshold[v]), number(sprintf("%.3g", v_margin[v])), esc(v_suite[v])
        }
    print "</tbody>\n</table>\n</div>\n</details>"
}
function surroundings(line, cell) {
    print "<section aria-labelledby=\"environment\">\n<h2 id=\"environment\">How this was made</h2>"
    print "<p>Every draw is a pure function of seed, prompt, step and sample, so the numbers do not depend on" \
        " threads or ranks; samples spent on a pilot or thrown away are counted everywhere.</p>\n<dl class=\"meta env\">"
    while ((getline line < environment) > 0) {
        split(line, cell, "\t")
        printf "<dt>%s</dt><dd>%s</dd>\n", esc(cell[1]), esc(cell[2])
    }
    close(environment)
    print "</dl>"
    print "<p class=\"small\">The two commands: <code>make deps paper</code> makes this page on a bare machine; <code>make deps test</code> runs the suites.</p>\n</section>"
}
