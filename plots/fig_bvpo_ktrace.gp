# Bias and variance of the preference gradient against traces per answer.    [spec:bvpo 8.6]
#
#: section  bvpo 40
#: data     bvpo-ktrace
#: series   8
#: title    Several traces: averaging, weighting, telescoping
#: claim    Averaging K one-trace gradients never lowers the bias; weighting K traces of one answer
#:          lowers it like 1/K at nearly the variance of averaging; a random number of levels
#:          lowers it below any floor at an expected cost of 2.2 traces and pays in variance.
#: caption  One preference pair of the finite model G1 (x = 0, answer 3 over 1). Weighted and averaged: exact, by
#:          enumeration of multisets of traces. Telescoped: up to l levels, l = 0 … 4 (2^l traces at most), renormalised
#:          law P(l) ∝ 2^(−3l/2), at its expected number of traces; its bias is exact, its variance from 20 000
#:          draws per level.
#: guard    spec_bvpo_1_6 spec_bvpo_8_6

WIDTH = 6.9; HEIGHT = 3.1
load 'plots/style.gp'
data = DATA.'/bvpo-ktrace.tsv'

set logscale xy
set xrange [0.9:18]
set xtics (1,2,4,8,16)
set xlabel 'traces per answer (expected)'
set style data linespoints
set multiplot layout 1,2 margins 0.085,0.985,0.27,0.90 spacing 0.1
set title 'norm of the bias'
set yrange [0.01:0.4]
set ytics (0.01,0.02,0.05,0.1,0.2,0.4)
set ylabel '|E g − ∇ l_m|'
set key at screen 0.04,screen 0.005 left bottom vertical maxrows 1 samplen 2.5 width -3
plot data using (where('method','average')*column('traces')):'bias'    lt S+2 title 'mean of K gradients', \
     data using (where('method','weighted')*column('traces')):'bias'   lt S+1 title 'K weighted traces', \
     data using (where('method','multilevel')*column('traces')):'bias' lt S+3 title 'telescoped levels', \
     0.216/x with lines lt G_slope title '1/K'
unset key
set title 'variance'
set yrange [0.15:15]
set ytics (0.2,0.5,1,2,5,10)
set ylabel 'E |g − E g|²'
plot data using (where('method','average')*column('traces')):'variance'    lt S+2 title 'mean of K gradients', \
     data using (where('method','weighted')*column('traces')):'variance'   lt S+1 title 'K weighted traces', \
     data using (where('method','multilevel')*column('traces')):'variance' lt S+3 title 'telescoped levels', \
     3.403/x with lines lt G_slope title '1/K'
unset multiplot
