# Optimal weights against the batch size, and what a fixed 1/2 costs.         [bvpo:thm4]
#
#: section  bvpo 20
#: data     bvpo-batch
#: series   11
#: title    The best weight depends on the batch
#: claim    α* climbs with the batch for every trace dependence κ, because averaging removes
#:          variance and leaves bias, so no fixed weight is right for all batches; the weight that is
#:          best for a small step, α_c at ηL = 0.05, gives the trace gradient more weight.
#: caption  Finite preference model, β = 1, τ = 1, paired data, exact. Left: α* (solid) and α_c
#:          for ηL = 0.05 (dotted) for three κ. Right: error of fixed weights over that of α*, κ = 0.5.
#: guard    bvpo_thm4 spec_bvpo_3_4

WIDTH = 6.9; HEIGHT = 3.6
load 'plots/style.gp'
data = DATA.'/bvpo-batch.tsv'

set logscale x 2
set xrange [1:65536]
set format x "2^{%L}"
set xtics 16
set xlabel 'batch size'
set multiplot layout 1,2 margins 0.085,0.975,0.37,0.91 spacing 0.1
set title 'best weight'
set yrange [0:1]
set ylabel 'weight α'
set key at screen 0.02,screen 0.185 left top vertical maxrows 3 samplen 3 width -4 font ',7.5'
array K[3] = [0.25, 0.5, 1.5]
plot for [k=1:3] data using (at('kappa',K[k])*column('batch')):'alpha_star' with linespoints lt S+k pi 4 title sprintf('α*, κ = %g', K[k]), \
     for [k=1:3] data using (at('kappa',K[k])*column('batch')):'alpha_c' with linespoints lt S+k pi 4 dt (1,3) title sprintf('α_c, κ = %g', K[k]), \
     0.5 with lines lt G_bound title 'the paper, 1/2'

set title 'error of a fixed weight over that of α*, κ = 0.5'
set logscale y
set yrange [0.95:4]
set ytics (1,1.2,1.5,2,3,4)
set ylabel 'ratio'
set key at screen 0.62,screen 0.20 left top vertical maxrows 4 samplen 3 width 0 font ',7.5'
plot data using (at('kappa',0.5)*column('batch')):'half'  with linespoints lt S+1 pi 4 title 'α = 1/2', \
     data using (at('kappa',0.5)*column('batch')):'trace' with linespoints lt S+2 pi 4 title 'α = 1, traces only', \
     data using (at('kappa',0.5)*column('batch')):'empty' with linespoints lt S+3 pi 4 title 'α = 0, empty traces only', \
     1 with lines lt G_slope title 'α*'
unset multiplot
