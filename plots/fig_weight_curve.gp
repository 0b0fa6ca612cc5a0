# The regularised weight f(p), the paper's figure 6.                        [spec:gvm 3.2]
#
#: section  allocation 30
#: data     weight-curve
#: series   12
#: title    The regulariser's shape (the paper's figure 6)
#: claim    f(p) = 1/√(p + α p^(1−β)) has one maximum, at p* = (α(β−1))^(1/β). With N′ = 8 the smallest
#:          rate a pilot can report is 1/8, right of the maximum for α ≤ 10⁻³, β = 2: there the penalty hardly acts.
#: caption  f(p) for three α and three β, with the unregularised 1/√p (dotted) and 1/N′ = 1/8 marked.
#: guard    gvm_prop1 spec_gvm_3_2

WIDTH = 6.9; HEIGHT = 2.9
load 'plots/style.gp'
data = DATA.'/weight-curve.tsv'

set logscale xy
set xrange [1e-3:1]; set yrange [1e-2:40]
set format x powers; set format y powers
set xlabel 'acceptance rate p'
set arrow 1 from 0.125,graph 0 to 0.125,graph 1 nohead lt G_mark
set label 1 '1/N′' at 0.125,graph 0.07 left offset 0.4,0 font ',7.5' textcolor rgb red
set style data linespoints
set multiplot layout 1,3 margins 0.10,0.98,0.28,0.89 spacing 0.045
do for [a=-4:-2] {
    alpha = 10.0**a
    set title sprintf('α = 10^{%d}', a)
    if (a == -4) { set ylabel 'weight f(p)'; set key at screen 0.5,screen 0.07 center top vertical maxrows 1 samplen 3 } \
    else { unset key; unset ylabel; set format y '' }
    plot data using (at('alpha',alpha)*at('beta',2)*column('p')):'plain' with lines lt G_bound title '1/√p', \
         data using (at('alpha',alpha)*at('beta',2)*column('p')):'weight' lt S+1 pi 12 title 'β = 2', \
         data using (at('alpha',alpha)*at('beta',3.5)*column('p')):'weight' lt S+2 pi 12 title 'β = 3.5', \
         data using (at('alpha',alpha)*at('beta',5)*column('p')):'weight' lt S+3 pi 12 title 'β = 5'
}
unset multiplot
