# SGD on the preference loss with each weight against the bound.             [bvpo:thm3]
#
#: section  bvpo 60
#: data     bvpo-descent
#: series   16
#: title    Runs stay below the bound, and the bound does not rank them
#: claim    The mean squared gradient of every run stays below the bound of Theorem 3, but the order of the
#:          bounds is not the order of the runs: traces alone have the largest bound, yet the lowest loss for the
#:          first 150 steps and the highest after 280, when their noise is what is left.
#: caption  SGD on L_m of the finite model G1, batches of 16 paired items, η = 1/L with the certified
#:          L = 62.6, 10 seeds, 95 % intervals (Student's t). Left: exact loss along the runs, minus that of
#:          α = 1/2 at the same step. Right: running mean of |∇L_m|² (bands) and the bound (dotted), which
#:          uses the exact moments at every θ and the loss that the runs reached in place of the infimum.
#: guard    bvpo_thm3 bvpo_thm4 spec_bvpo_3_6

WIDTH = 6.9; HEIGHT = 3.2
load 'plots/style.gp'
data = DATA.'/bvpo-descent.tsv'

set xlabel 'step'
set multiplot layout 1,2 margins 0.115,0.975,0.27,0.90 spacing 0.1
array M[4] = ['empty', 'half', 'trace', 'adaptive']
array T[4] = ['α = 0', 'α = 1/2', 'α = 1', 'α_c, adapted']
set xrange [0:600]
set title 'loss, minus that of α = 1/2'
set ylabel 'difference of L_m(θ_k)'
set key at screen 0.5,screen 0.005 center bottom vertical maxrows 1 samplen 3
set format y '%g'
plot for [i=1:4] data using (where('method',M[i])*column('step')):'gain_low':'gain_high' with filledcurves lt S+i notitle, \
     for [i=1:4] data using (where('method',M[i])*column('step')):'gain' with lines lt S+i title T[i]
set title 'mean |∇L_m|² and bound'
set logscale xy
set xrange [1:600]
set yrange [0.05:2]
set ytics (0.05,0.1,0.2,0.5,1,2)
set ylabel '(1/k) Σ |∇L_m|²'
unset key
set label 1 'bounds of Theorem 3' at 2,0.85
set label 2 'runs' at 2,0.23
plot for [i=1:4] data using (where('method',M[i])*column('step')):'gradient2' with lines lt S+i title T[i], \
     for [i=1:4] data using (where('method',M[i])*column('step')):'bound' with lines lt S+i dt (1,3)
unset multiplot
