# Bias, variance and error of the mixture against its weight.                 [bvpo:thm2]
#
#: section  bvpo 10
#: data     bvpo-alpha
#: series   14
#: title    Bias², variance and error of the mixed gradient against its weight
#: claim    The error of α g_t + (1−α) g_e is a parabola in α, its closed form is what brute
#:          force finds, and its minimum moves with the batch: from α* = 0.215 for one item to
#:          0.746 for 512. The paper's α = 1/2 is optimal for neither.
#: caption  Finite preference model G1 (β = 1, τ = 1, κ = 0.5), g_t and g_e on the same pairs. Lines:
#:          enumeration. Dots: 2000 sampled batches (10 seeds of 200); bars on the error are 95 %
#:          intervals over the seeds, Student's t. Dashed: the closed-form α*.
#: guard    bvpo_thm2 spec_bvpo_3_4 spec_bvpo_3_3

WIDTH = 6.9; HEIGHT = 3.0
load 'plots/style.gp'
data = DATA.'/bvpo-alpha.tsv'

set xrange [-0.02:1.02]
set xlabel 'weight α of the trace gradient'
set multiplot layout 1,2 margins 0.085,0.985,0.17,0.89 spacing 0.11
do for [panel=1:2] {
    n = panel == 1 ? 1 : 512
    top = panel == 1 ? 4.2 : 0.031
    set title n == 1 ? 'one item' : 'batch of 512'
    if (panel == 1) { set yrange [0:top]; set ylabel 'squared gradient units'; set key at graph 0.98,0.42 right top }
    if (panel == 2) { set yrange [0:top]; unset ylabel; set key at graph 0.70,0.99 right top }
    plot data using (at('batch',n)*column('alpha')):'bias2'       with lines lt S+1 title 'bias²', \
         data using (at('batch',n)*column('alpha')):'variance'    with lines lt S+2 title 'variance', \
         data using (at('batch',n)*column('alpha')):'mse'         with lines lt S+6 dt solid title 'error', \
         data using (at('batch',n)*column('alpha')):'bias2_mc'    with points lt S+1 notitle, \
         data using (at('batch',n)*column('alpha')):'variance_mc' with points lt S+2 notitle, \
         data using (at('batch',n)*column('alpha')):'mse_mc':'mse_low':'mse_high' with yerrorbars lt S+6 dt solid pt 6 notitle, \
         data using (at('batch',n)*column('alpha_star')):(column('alpha')*top) with lines lt G_mark title 'α*'
}
unset multiplot
