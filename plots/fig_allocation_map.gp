# Samples over acceptance rate and gradient norm.                              [gvm:prop1]
#
#: section  allocation 15
#: data     allocation-map
#: series   20
#: title    Allocation map
#: claim    Without its regulariser the rule spends without limit on the hardest prompts;
#:          with α = 10⁻³, β = 2 the weight turns back below p* = (α(β−1))^(1/β) ≈ 0.032.
#: caption  Samples n given to a prompt of acceptance rate p and gradient norm G, scaled so
#:          that p = 1/2, G = 1 gets eight; colour is log₂ n, lines are contours of the formula
#:          at n = 1, 2, 4, …, 256. Left: α = 0. Right: α = 10⁻³, β = 2.
#: guard    gvm_prop1 spec_gvm_3_2

WIDTH = 6.9; HEIGHT = 3.1
load 'plots/style.gp'
data = DATA.'/allocation-map.tsv'

set palette defined (@viridis)
set cbrange [-1:9]
set style fill solid 1 noborder
set cbtics ('½' -1, '1' 0, '4' 2, '16' 4, '64' 6, '256' 8) scale 0.4
set cblabel 'samples n' offset 0.3,0
set xrange [-3.025:0.025]; set yrange [-2.034:2.034]
set xtics ('10^{-3}' -3, '10^{-2}' -2, '10^{-1}' -1, '1' 0)
set ytics ('¼' -2, '½' -1, '1' 0, '2' 1, '4' 2)
set xlabel 'acceptance rate p'
unset grid
set multiplot layout 1,2 margins 0.09,0.875,0.20,0.88 spacing 0.07
do for [kind in 'plain regularised'] {
    if (kind eq 'plain') { set title 'G/√p'; set ylabel 'gradient norm G' offset 0,0; unset colorbox } \
    else { set title 'G/√(p + α/p),  α = 10^{-3}'; set ylabel ' '
           set colorbox user origin 0.895,0.20 size 0.02,0.68 }
    plot data using (where('kind',kind)*column('log10_p')):'log2_G':'log2_n' with image, \
         for [k=0:8] data using (where('kind',kind.'-contour')*at('n',2**k)*column('log10_p')):'log2_G' \
             with lines lc rgb '#ffffff' lw 0.9 dt solid
}
unset multiplot
