# The gap that EM closes and the bound of Theorem 1.                           [gvm:thm1]
#
#: section  theory 40
#: data     em-gap
#: series   8
#: title    Theorem 1 along a run
#: claim    The change of the loss stays below Theorem 1's right side all along, and GVM's bound
#:          is lower than uniform's because its accumulated variance Ω is.
#: caption  Left: distance to the minimum, L − L*, with 95 % intervals of the mean over 16 seeds. Right: change of the loss since the start and
#:          Theorem 1's bound −(η/2) Δ₁ + (η²/2γ) Ω for the same runs (dotted). One M-step per
#:          E-step, fresh samples, IW, eight draws per prompt, true p in the denominator.
#: guard    gvm_thm1 gvm_thm1_run

WIDTH = 6.9; HEIGHT = 2.9
load 'plots/style.gp'
data = DATA.'/em-gap.tsv'

methods = 'uniform-iw gvm-oracle-iw'
names = '"uniform" "GVM, true p and G"'
array line[2] = [M_uniform, M_gvm]
set style fill transparent solid 0.15 noborder
set xrange [0:400]
set xlabel 'step'
set multiplot layout 1,2 margins 0.09,0.985,0.285,0.90 spacing 0.10
set title 'L − L*'
set logscale y; set format y powers
set yrange [1e-3:0.05]
set key at screen 0.5,screen 0.08 center top vertical maxrows 1 samplen 3
plot for [k=1:2] data using (where('method',word(methods,k))*column('step')):'gap_lo':'gap_hi' with filledcurves lt line[k], \
     for [k=1:2] data using (where('method',word(methods,k))*column('step')):'gap' with linespoints lt line[k] pi 15 title word(names,k)
unset logscale y; set format y '%g'
unset key
set title 'change of the loss × 1000, and its bound'
set yrange [-36:34]
plot for [k=1:2] data using (where('method',word(methods,k))*column('step')):(1e3*column('change')) with linespoints lt line[k] pi 15, \
     for [k=1:2] data using (where('method',word(methods,k))*column('step')):(1e3*column('bound')) with linespoints lt line[k] dt (2,2) pi 15
unset multiplot
