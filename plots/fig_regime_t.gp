# Excess loss against draws in the theory's setting.                         [spec:sim 5.1]
#
#: section  training 10
#: data     regime-t
#: series   20
#: title    The theory's setting: two rules fall, two turn up
#: claim    With the true p and G, GVM needs far fewer steps than uniform, as the theory says. With a
#:          pilot of eight and self-normalised averages, as released, the true loss does not reach the target at all.
#: caption  Excess loss L − L* in units of its start, log-linear model with a finite optimum, 64 prompts, acceptance
#:          rates down to 0.003, eight draws per prompt and step, best constant step of each method. Left: against
#:          steps. Right: against draws per prompt, the pilot counted. Bands: 95 % intervals of the mean over 16 seeds.
#:          Dashed grey: target 0.2.
#: guard    spec_sim_5_1 spec_sim_6_runs

WIDTH = 6.9; HEIGHT = 3.5
load 'plots/style.gp'
data = DATA.'/regime-t.tsv'

methods = 'uniform-iw gvm-oracle-iw rris uniform-sn gvm-pilot-sn'
names = '"uniform, IW" "GVM true p, IW" "RRIS" "uniform, SN" "GVM pilot 8+8, SN"'
array line[5] = [M_uniform, M_oracle, M_rris, M_uniform, M_gvm]
set logscale xy
set yrange [0.03:8]; set ytics (0.03,0.1,0.2,0.5,1,2,5)
set arrow 1 from graph 0,first 0.2 to graph 1,first 0.2 nohead lt G_slope
set style fill transparent solid 0.15 noborder
set multiplot layout 1,2 margins 0.075,0.985,0.30,0.91 spacing 0.075
do for [axis in 'step draws'] {
    set title (axis eq 'step' ? 'excess loss against steps' : 'the same, every draw counted')
    set xlabel (axis eq 'step' ? 'step' : 'draws per prompt')
    if (axis eq 'step') { set xrange [10:3000]; set key at screen 0.5,screen 0.125 center top vertical maxrows 2 samplen 3 } \
    else { set xrange [80:48000]; unset key }
    plot for [k=1:5] data using (where('method',word(methods,k))*column(axis)):'excess_lo':'excess_hi' \
             with filledcurves lt line[k], \
         for [k=1:3] data using (where('method',word(methods,k))*column(axis)):'excess' \
             with linespoints lt line[k] @IW pi 40 title word(names,k), \
         for [k=4:5] data using (where('method',word(methods,k))*column(axis)):'excess' \
             with linespoints lt line[k] @SN pi 40 title word(names,k)
}
unset multiplot
