# GVM's figure 5, redrawn, beside the same points against samples.            [gvm:fig5]
#
#: section  paper 10
#: data     gvm_figure5
#: series   16
#: title    The paper's figure 5, against steps and against samples drawn
#: claim    Against optimiser steps GVM leads clearly; against samples drawn, its pilot
#:          counted, most of the lead is gone.
#: caption  Mean accuracy on Math500, Minerva and OlympiadBench, read off the published
#:          image (error bars: reading error, mostly smaller than the markers). Left: against steps, as
#:          published. Right: against samples, 1024 prompts × 8 per step for the baselines
#:          and twice that for GVM, whose pilot draws N′ = 8 more per prompt. A GVM step
#:          also holds 32 optimiser updates where the baselines' holds 4. Axes do not start at zero.
#: finding  In the published runs the 7B GVM-GRPO reaches {100 * gvm_figure5:accuracy:model=7B&method=GVM-GRPO&step=72; %.1f} %
#:          at step 72; GRPO reaches {100 * gvm_figure5:accuracy:model=7B&method=GRPO&step=110; %.2f} % at step 110.
#:          Each GVM step drew twice the samples.
#: guard    gvm_table1

WIDTH = 6.9; HEIGHT = 4.7
load 'plots/style.gp'
data = DATA.'/gvm_figure5.tsv'

step = 1024*8/1e3 # thousand samples that a step trains on; GVM draws as many for its pilot
percent(model, method) = where('model',model)*where('method',method)*100*column('accuracy')
spread(x) = 100*column('error')

methods = 'GRPO RAFT++ GVM-GRPO GVM-RAFT++'
array line[4]  = [P_grpo, P_raft, P_gvm_grpo, P_gvm_raft]
array cost[4]  = [1, 1, 2, 2]

set style data yerrorlines
set multiplot layout 2,2 margins 0.085,0.98,0.18,0.94 spacing 0.085,0.135
do for [model in '1.5B 7B'] {
    set ylabel 'accuracy (%)'
    set title 'Qwen2.5-Math-'.model
    if (model eq '1.5B') { set yrange [36:48]; unset xlabel; unset key } \
    else { set yrange [44:55]; set xlabel 'step (as published)'
           set key at screen 0.5,screen 0.05 center top vertical maxrows 1 samplen 3 }
    set xrange [0:145]
    plot for [k=1:4] data using 'step':(percent(model,word(methods,k))):(spread(0)) \
        lt line[k] title word(methods,k)
    unset key
    unset ylabel
    if (model eq '7B') { set xlabel 'thousand samples drawn, pilot counted' }
    set xrange [0:2300]
    plot for [k=1:4] data using (column('step')*step*cost[k]):(percent(model,word(methods,k))):(spread(0)) \
        lt line[k]
}
unset multiplot
