# Printed and corrected bounds against the truth.                        [gvm:thm1][gvm:thm2]
#
#: section  theory 10
#: data     bounds
#: series   10
#: title    Two counterexamples to the printed Theorem 2
#: claim    As read in arXiv v1, Theorem 2's bound falls below the exact change of the loss from k = 2 M-steps
#:          on (example A) and below zero from k = 6 on where the loss cannot change at all (example B).
#:          Theorem 1 holds, and a corrected Theorem 2 holds for the mean of the k iterates.
#: caption  Exact sums over all 2^k sample paths, one E-step, one fresh sample per M-step. A: one-dimensional
#:          quadratic-like loss, δ = 0.1, η = 1/2, γ = 1. B: two rationales, both always accepted, η = 1, γ = 2; the loss is
#:          identically 0. Left axis: change of the loss from the start. Truth and Theorems 1 and 2 speak of the last iterate,
#:          the dashed pair of the mean over the k iterates of the surrogate L_t.
#: finding  The printed Theorem 2 fails at k = 2 by a factor {bounds:lhs:example=A&k=2 / bounds:thm2_printed:example=A&k=2; %.2f}
#:          on a one-dimensional example with exact arithmetic: {bounds:lhs:example=A&k=2; %.7f} against a bound of
#:          {bounds:thm2_printed:example=A&k=2; %.7f}. Theorem 1 and the corrected version hold.
#: guard    gvm_thm1 gvm_thm2 experiment_exact_test

WIDTH = 6.9; HEIGHT = 3.3
load 'plots/style.gp'
data = DATA.'/bounds.tsv'

set xrange [0.7:10.3]; set xtics 1
set xlabel 'M-steps k'
set style data linespoints
mine(e) = where('example',e)*column('k')
set multiplot layout 1,2 margins 0.075,0.985,0.335,0.90 spacing 0.10
do for [e in 'A B'] {
    scale = e eq 'A' ? 1e3 : 1
    set arrow 1 from graph 0,first 0 to graph 1,first 0 nohead lt G_slope
    if (e eq 'A') { set title 'A: change of the loss × 1000'; set yrange [-1.2:5.6]
                    set key at screen 0.05,screen 0.15 left top vertical maxrows 2 samplen 3 width -4 } \
    else { set title 'B: the loss is constant'; set yrange [-0.12:0.72]; unset key }
    plot data using (mine(e)):(scale*column('thm1')) lt S+1 title 'Theorem 1', \
         data using (mine(e)):(scale*column('thm2_printed')) lt S+2 title 'Theorem 2, printed', \
         data using (mine(e)):(scale*column('lhs')) lt M_integer pt 7 title 'truth', \
         data using (mine(e)):(scale*column('thm2_corrected')) lt S+3 title 'Theorem 2, corrected', \
         data using (mine(e)):(scale*column('mean_lhs')) lt M_neyman title 'truth, mean of iterates'
}
unset multiplot
