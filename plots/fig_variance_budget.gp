# Exact variance against budget, every rule.                                 [spec:gvm 9]
#
#: section  allocation 40
#: data     variance-budget
#: series   12
#: title    Variance against budget, and every rule at eight samples per prompt
#: claim    G/√p is within {100 * variance-budget:ratio:rule=gvm-unregularised&draws=8 - 1; %.2f} % of the exact optimum's
#:          variance; the paper's own regulariser at α = 10⁻³ makes it
#:          {variance-budget:ratio:rule=gvm&draws=8; %.1f} times the optimum, worse than uniform
#:          ({variance-budget:ratio:rule=uniform&draws=8; %.1f}), for this estimator and these prompts.
#: caption  Exact variance of the mean IW gradient with the true p, 128 prompts of a log-linear
#:          model, acceptance rates from a U-shaped Beta(0.4, 0.4) cut at 10⁻³, every rule given the true p
#:          and norms. Left: against the budget; grey guide: slope −1. Right: each rule's variance over
#:          the optimum's (Neyman) at eight samples per prompt, its expected shares taken as a fixed
#:          allocation. Rules made for another estimator or objective are judged here by a measure
#:          that is not theirs; rules that leave a prompt without samples are absent.
#: finding  Given the true p and G, the unregularised rule needs
#:          {variance-budget:variance:rule=uniform&draws=8 / variance-budget:variance:rule=gvm-unregularised&draws=8; %.2f}
#:          times fewer samples than uniform for the same variance, and with α = 10⁻³ it needs
#:          {variance-budget:variance:rule=gvm&draws=8 / variance-budget:variance:rule=uniform&draws=8; %.2f} times more.
#: guard    gvm_prop1 spec_sim_4_1 population_test spec_sim_4_4_oracle

WIDTH = 6.9; HEIGHT = 4.2
load 'plots/style.gp'
data = DATA.'/variance-budget.tsv'

mine(rule) = where('rule',rule)*column('draws')
set multiplot
set lmargin at screen 0.085; set rmargin at screen 0.50
set tmargin at screen 0.93; set bmargin at screen 0.36
set logscale xy
set xrange [1:256]; set xtics (1,4,16,64,256)
set yrange [3e-4:8]; set format y powers
set xlabel 'budget per prompt N/m (samples)'
set title 'variance of the mean gradient'
set style data linespoints
set key at screen 0.02,screen 0.225 left top vertical maxrows 5 samplen 3 font ',7.5'
plot data using (mine('uniform')):'variance'           lt M_uniform title 'uniform', \
     data using (mine('gvm-unregularised')):'variance' lt M_oracle  title 'GVM, α = 0', \
     data using (mine('gvm')):'variance'               lt M_gvm     title 'GVM, α = 10^{-3}', \
     data using (mine('neyman-iw')):'variance'         lt M_neyman  title 'Neyman (optimum)', \
     data using (mine('inverse-p')):'variance'         lt M_invp    title '1/p', \
     data using (mine('reinforce-log')):'variance'     lt M_sqrtqp  title '√((1−p)/p)', \
     data using (mine('bernoulli')):'variance'         lt M_sqrtpq  title '√(p(1−p))', \
     data using (mine('reinforce-ada-est')):'variance' lt M_ada     title 'Reinforce-Ada-Est', \
     0.06/x with lines lt G_slope title 'slope −1'

unset key
set lmargin at screen 0.72; set rmargin at screen 0.975
set bmargin at screen 0.10
set title 'variance / optimum, N/m = 8'
set xlabel offset 0,0.4
set xrange [0.8:50]; set xtics (1,2,4,10,30)
set xlabel ' '
unset logscale y
set yrange [*:*] reverse; set autoscale y
set format y '%g'
set offsets graph 0,0,0.6,0.6
set ytics 1 scale 0 format ' '
set style data points
plot data using (at('draws',8)*0.8):'rank':(strcol('rule')) with labels right offset -0.4,0 font ',6.5' textcolor rgb ink, \
     data using (at('draws',8)*column('ratio')):'rank' lt M_gvm, \
     data using (at('draws',8)*where('rule','uniform')*column('ratio')):'rank' lt G_mark ps 1.4
unset multiplot
