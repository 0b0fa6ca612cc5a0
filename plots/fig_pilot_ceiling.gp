# The gain that a pilot can show, and what it does.                          [spec:sim 4.3]
#
#: section  allocation 65
#: data     pilot-ceiling
#: series   4
#: title    The pilot's ceiling
#: claim    The gain that a pilot of N′ draws can promise is at most (1+√N′)²/(4√N′), whatever the prompts:
#:          {pilot-ceiling:ceiling:pilot=8; %.3f} at N′ = 8. Doubling it takes a pilot of more than 64 draws per prompt.
#: caption  V_uniform / V_GVM over the prompts that a pilot keeps, equal gradient norms, as planned from the estimated
#:          rates and as it is with the true ones; one dot per seed, ten seeds, 4096 prompts, acceptance rates
#:          log-uniform over three decades. Right: share of prompts without a success, which the released code skips.
#: guard    spec_sim_4_3

WIDTH = 6.9; HEIGHT = 2.7
load 'plots/style.gp'
data = DATA.'/pilot-ceiling.tsv'

set logscale x 2
set xrange [1.7:76]; set xtics (2,4,8,16,32,64)
set xlabel 'pilot draws N′'
set style data points
set multiplot
set tmargin at screen 0.89; set bmargin at screen 0.20
set lmargin at screen 0.075; set rmargin at screen 0.60
set title 'V_{uniform} / V_{GVM}, kept prompts'
set yrange [0.95:2.75]
set key at graph 0.03,0.97 left top
plot data using 'pilot':'ceiling' with lines lt G_mark title 'ceiling of the plan', \
     data using 'pilot':'planned' lt M_dapo title 'as planned from the pilot', \
     data using 'pilot':'true' lt M_reuse title 'true'
unset key
set lmargin at screen 0.70; set rmargin at screen 0.98
set title 'prompts without a success (%)'
set yrange [0:100]
plot data using 'pilot':(100*column('dropped')) lt M_gvm
unset multiplot
