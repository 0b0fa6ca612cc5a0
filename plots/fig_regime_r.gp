# Accuracy and loss against steps, samples and all draws.                    [spec:sim 5.2]
#
#: section  training 20
#: data     regime-r
#: series   60
#: title    Steps, samples, and all samples: three axes, three orders
#: claim    The order of the methods depends on the axis. Against steps the released loss with GVM beats it without;
#:          with the pilot counted it is the slowest of all. RRIS needs no pilot and is ahead on every axis.
#: caption  Realisable log-linear model, 128 prompts, U-shaped acceptance rates down to 10⁻⁴, SGD with the same fixed step, eight
#:          training draws per prompt and step (RRIS: about four). Top: expected accuracy on 128 unseen prompts. Bottom:
#:          training loss. Left: steps. Middle: samples trained on. Right: all samples, pilot
#:          included. Bands: 95 % intervals of the mean over 16 seeds.
#: finding  To a training loss of {draws-to-target:target:method=rris; %.1f} RRIS needs {min draws-to-target:draws:method=rris; %.0f} draws per prompt at its best
#:          budget, uniform {min draws-to-target:draws:method=uniform-sn; %.0f}, GVM with its pilot {min draws-to-target:draws:method=gvm-pilot-sn; %.0f}.
#: guard    spec_sim_5_2

WIDTH = 6.9; HEIGHT = 4.7
load 'plots/style.gp'
data = DATA.'/regime-r.tsv'

methods = 'uniform-pool gvm-pilot-pool uniform-sn gvm-pilot-sn rris'
names = '"uniform 8, POOL" "GVM 8+8, POOL" "uniform 8, SN" "GVM 8+8, SN" "RRIS 4"'
array line[5] = [E_pool, M_reuse, M_uniform, M_gvm, M_rris]
array trained[5] = [1, 0.5, 1, 0.5, 1]   # half of a piloted method's draws are the pilot's
set style fill transparent solid 0.15 noborder
set multiplot layout 2,3 margins 0.075,0.985,0.185,0.945 spacing 0.045,0.07
do for [y in 'accuracy loss'] {
    do for [axis in 'step samples draws'] {
        set title (y eq 'loss' ? '' : axis eq 'step' ? 'steps' : axis eq 'samples' ? 'samples trained on' : 'all samples')
        set xlabel (y eq 'accuracy' ? '' : axis eq 'step' ? 'step' : 'draws per prompt')
        set ylabel (axis ne 'step' ? '' : y eq 'accuracy' ? 'test accuracy (%)' : 'training loss')
        set format y (axis eq 'step' ? '%g' : '')
        if (y eq 'accuracy') { unset logscale y; set yrange [50:90]; unit = 100; set format x '' } \
        else { set logscale y; set yrange [0.015:2]; unit = 1; set format x '%g' }
        if (axis eq 'step') { set xrange [0:240]; set xtics 60 } else { set xrange [0:2000]; set xtics 0,500,1500 }
        column_ = axis eq 'step' ? 'step' : 'draws'
        if (y eq 'loss' && axis eq 'draws') { set key at screen 0.5,screen 0.075 center top vertical maxrows 2 samplen 3 } else { unset key }
        plot for [k=1:5] data using (where('method',word(methods,k))*column(column_)*(axis eq 'samples' ? trained[k] : 1)): \
                 (unit*column(y.'_lo')):(unit*column(y.'_hi')) with filledcurves lt line[k], \
             for [k=1:5] data using (where('method',word(methods,k))*column(column_)*(axis eq 'samples' ? trained[k] : 1)): \
                 (unit*column(y)) with linespoints lt line[k] pi 24 title word(names,k)
    }
}
unset multiplot
