# Convergence rates against the number of steps.                               [spec:sim 6]
#
#: section  theory 30
#: data     rates
#: series   17
#: title    Rates: constant, square-root and 1/t steps
#: claim    Slopes are the theory's: flat for a constant step, −1/2 for η ∝ T^(−1/2), −1 for 1/t
#:          steps. Allocation moves the curves down and leaves the slopes alone.
#: caption  Left: mean squared gradient norm over the run. Right: excess loss at its end. Log-linear model, 64 prompts, IW, eight draws
#:          per prompt, start two units off the minimum in every coordinate. Black dotted: the bound
#:          2(L₀ − L*)/(ηT) + L η V̄ for uniform allocation and constant steps. Grey guides: slopes −1/2 and −1. Bars: 95 % intervals over 16
#:          seeds.
#: guard    spec_sim_6

WIDTH = 6.9; HEIGHT = 3.5
load 'plots/style.gp'
data = DATA.'/rates.tsv'

kinds = 'constant sqrt inverse'
names = '"constant η" "η ∝ T^{−1/2}" "η ∝ 1/t"'
mine(m, s) = where('method',m)*where('schedule',s)*column('T')
set logscale xy
set xrange [54:4900]; set xtics (64,256,1024,4096)
set format y powers
set xlabel 'steps T'
set style data yerrorlines
curves = "for [k=1:3] data using (mine('uniform-iw',word(kinds,k))):(column(y)):(column(y.'_lo')):(column(y.'_hi')) lt M_uniform pt 2*k+3 dt solid title 'uniform, '.word(names,k), ".\
         "for [k=1:3] data using (mine('gvm-oracle-iw',word(kinds,k))):(column(y)):(column(y.'_lo')):(column(y.'_hi')) lt M_gvm pt 2*k+3 dt solid title 'GVM, '.word(names,k)"
set multiplot layout 1,2 margins 0.085,0.985,0.30,0.91 spacing 0.10
do for [y in 'mg2 excess'] {
    set title (y eq 'mg2' ? 'mean |∇L|^2' : 'final excess loss')
    if (y eq 'mg2') { set yrange [1e-4:0.4]; set key at screen 0.5,screen 0.125 center top vertical maxrows 2 samplen 3 } \
    else { set yrange [2e-5:0.1]; unset key }
    if (y eq 'mg2') {
        plot @curves, data using (mine('uniform-iw','constant')):'bound' with lines lt G_bound, \
             0.022/sqrt(x/64) with lines lt G_slope, 0.02/(x/64) with lines lt G_slope
    } else {
        plot @curves, 0.07/sqrt(x/64) with lines lt G_slope, 0.012/(x/64) with lines lt G_slope
    }
}
unset multiplot
