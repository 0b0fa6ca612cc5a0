# Acceptance rates as training goes on.                                        [spec:sim 8]
#
#: section  training 50
#: data     acceptance-histogram
#: series   8
#: title    Acceptance rates over the run
#: claim    Training empties the hard end and the middle: after 100 steps {100 * acceptance-histogram:share:step=100&bin_end=1; %.0f} % of the prompts have
#:          p above 0.95, against {100 * acceptance-histogram:share:step=0&bin_end=1; %.0f} % at the start. What there is to allocate shrinks as the run goes on.
#: caption  Share of the 128 prompts by acceptance rate at steps 0, 10, 30 and 100 of GVM with a pilot of eight (SN, SGD), realisable model
#:          with a U-shaped start. Bars: 95 % intervals of the mean over 16 seeds.
#: guard    spec_sim_8

WIDTH = 6.9; HEIGHT = 2.2
load 'plots/style.gp'
data = DATA.'/acceptance-histogram.tsv'

set xrange [0:1]; set xtics ('0' 0, '½' 0.5, '1' 1)
set yrange [0:100]
set xlabel 'acceptance rate p'
set boxwidth 0.045
set style fill solid 0.65 noborder
set grid noxtics
steps = '0 10 30 100'
set multiplot layout 1,4 margins 0.075,0.985,0.25,0.86 spacing 0.035
do for [k=1:4] {
    step = real(word(steps,k))
    set title 'step '.word(steps,k)
    if (k == 1) { set ylabel 'prompts (%)' } else { unset ylabel; set format y '' }
    here(x) = column('step') == step ? x : NaN
    plot data using (here(column('bin')+0.025)):(100*column('share')) with boxes lt M_gvm, \
         data using (here(column('bin')+0.025)):(100*column('share')):(100*column('share_lo')):(100*column('share_hi')) \
             with yerrorbars lt M_integer ps 0
}
unset multiplot
