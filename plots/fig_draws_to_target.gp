# What a target costs against the budget per step.                           [spec:sim 5.2]
#
#: section  training 30
#: data     draws-to-target
#: series   6
#: title    Steps and draws to a target against the budget per step
#: claim    At its best budget RRIS reaches the target with fewer draws than uniform at its best, and both
#:          with far fewer than GVM with a pilot, whose pilot is counted.
#: caption  Realisable model of the previous figure, training loss {draws-to-target:target:method=rris; %.1f}; SGD, the same fixed step. b is the number
#:          of training draws per prompt and step; GVM's pilot takes as many again. Left: steps. Right: draws
#:          per prompt in all. Bars: 95 % intervals of the mean over 16 seeds.
#: guard    spec_sim_5_2

WIDTH = 6.9; HEIGHT = 2.8
load 'plots/style.gp'
data = DATA.'/draws-to-target.tsv'

methods = 'uniform-sn gvm-pilot-sn rris'
names = '"uniform, SN" "GVM pilot b+b, SN" "RRIS"'
array line[3] = [M_uniform, M_gvm, M_rris]
set logscale xy
set xrange [0.85:19]; set xtics (1,2,4,8,16)
set xlabel 'budget b (draws per prompt and step)'
set style data yerrorlines
set multiplot layout 1,2 margins 0.08,0.985,0.29,0.89 spacing 0.09
do for [y in 'steps draws'] {
    set title (y eq 'steps' ? 'steps to the target' : 'draws per prompt to the target')
    if (y eq 'steps') { set yrange [20:600]; set ytics (20,50,100,200,500)
                        set key at screen 0.5,screen 0.08 center top vertical maxrows 1 samplen 3 } \
    else { set yrange [50:4000]; set ytics (50,100,200,500,1000,2000); unset key }
    plot for [k=1:3] data using (where('method',word(methods,k))*column('b')):(column(y)):(column(y.'_lo')):(column(y.'_hi')) lt line[k] title word(names,k)
}
unset multiplot
