# Error of each estimator of one prompt against its draws.                   [spec:gvm 3.7]
#
#: section  estimators 10
#: data     estimator-mse
#: series   10
#: title    More samples can hurt: the hump of the self-normalised error
#: claim    The mean squared error of averaging the accepted samples is neither convex nor monotone in n: for a hard
#:          prompt it climbs from 1 to {max estimator-mse:sn:p=0.1; %.2f} |μ|² before it falls, so
#:          greedy allocation by this error is not optimal.
#: caption  E|ĝ − μ|² in units of |μ|², one prompt, v = 4 |μ|², rejected draws as noisy as
#:          accepted ones; exact. IW divides by the true p; bound: S²/(n p). RRIS at an expected cost of n
#:          draws, without a cap. Left: p = 0.1. Right: p = 0.6.
#: guard    spec_gvm_2_4 experiment_exact_test

WIDTH = 6.9; HEIGHT = 2.9
load 'plots/style.gp'
data = DATA.'/estimator-mse.tsv'

set logscale xy
set xrange [1:256]; set xtics (1,4,16,64,256)
set xlabel 'draws n'
set style data linespoints
set multiplot layout 1,2 margins 0.08,0.975,0.19,0.88 spacing 0.09
do for [panel=1:2] {
    p = panel == 1 ? 0.1 : 0.6
    set title sprintf('p = %g', p)
    if (panel == 1) { set yrange [0.05:100]; set key at graph 0.99,0.99 right top; set ylabel 'E |ĝ − μ|^2 / |μ|^2' } \
    else { set yrange [0.01:20]; unset key; unset ylabel }
    plot data using (at('p',p)*column('n')):'bound' with lines lt G_bound title 'IW, bound', \
         data using (at('p',p)*column('n')):'iw'   lt E_iw   pi 8 title 'IW, true p', \
         data using (at('p',p)*column('n')):'rris' lt E_rris pi 8 title 'RRIS', \
         data using (at('p',p)*column('n')):'sn'   lt E_sn   pi 8 title 'SN', \
         data using (at('p',p)*column('n')):'loo'  lt E_loo  pi 8 title 'LOO'
}
unset multiplot
