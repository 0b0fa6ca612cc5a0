# Error of fixed and estimated weights over that of the oracle weight.        [spec:bvpo 6]
#
#: section  bvpo 30
#: data     bvpo-mse
#: series   16
#: title    A weight estimated from split halves nearly reaches the oracle
#: claim    One batch is a poor judge of its own weight, but pooling the split estimate over 16 past
#:          batches comes within a tenth of the oracle at every number of traces, without knowing the bias; no
#:          fixed weight does.
#: caption  Mean squared error over that of the oracle weight α*, the data set held fixed (all 36 pairs of the finite
#:          model, κ = 0.5), n traces per answer. Left: policy at the reference, where g_t is
#:          unbiased. Right: τ = 1, where it is not and the split estimate cannot see it. Fixed
#:          weights exact; estimates with 95 % intervals (Student's t) over 10 seeds of 150 batches.
#: guard    spec_bvpo_6 bvpo_thm2

WIDTH = 6.9; HEIGHT = 3.2
load 'plots/style.gp'
data = DATA.'/bvpo-mse.tsv'

set logscale x 2
set logscale y
set xrange [1.8:142]
set xtics (2,4,8,16,32,64,128)
set yrange [0.9:8]
set ytics (1,1.2,1.5,2,3,5,8)
set xlabel 'traces per answer n'
set multiplot layout 1,2 margins 0.08,0.985,0.30,0.90 spacing 0.08
do for [panel=1:2] {
    tau = panel - 1
    set title panel == 1 ? 'at the reference (τ = 0)' : 'away from it (τ = 1)'
    if (panel == 1) { set ylabel 'error / error of α*'; set key at screen 0.5,screen 0.005 center bottom vertical maxrows 2 samplen 3 } \
    else { unset key; unset ylabel }
    here(name) = abs(column('tau') - tau) < 1e-9 ? column(name) : NaN
    plot data using (here('n')):'half'  with lines lt S+6 title 'α = 1/2', \
         data using (here('n')):'trace' with lines lt S+2 title 'α = 1', \
         data using (here('n')):'empty' with lines lt S+3 title 'α = 0', \
         data using (here('n')):'split':'split_low':'split_high'    with yerrorlines lt S+5 title 'split, this batch', \
         data using (here('n')*0.98):'pool4':'pool4_low':'pool4_high'    with yerrorlines lt S+4 title 'split, 4 past', \
         data using (here('n')):'pool16':'pool16_low':'pool16_high' with yerrorlines lt S+1 title 'split, 16 past', \
         data using (here('n')*1.02):'pool64':'pool64_low':'pool64_high' with yerrorlines lt S+7 title 'split, 64 past', \
         1 with lines lt G_slope title 'oracle α*'
}
unset multiplot
