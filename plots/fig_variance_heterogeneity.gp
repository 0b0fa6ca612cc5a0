# Gain over uniform against the spread of acceptance rates.                  [spec:gvm 3.1]
#
#: section  allocation 20
#: data     variance-heterogeneity
#: series   9
#: title    What there is to gain, and what a pilot of eight can see of it
#: claim    The gain of GVM over uniform is 1 + CV²(G/√p): nothing on equally hard prompts,
#:          twofold only when p spans three decades or more. A pilot of N′ = 8 cannot even
#:          plan for more than (1+√N′)²/(4√N′) = {variance-heterogeneity:ceiling; %.3f}.
#: caption  Variance of the mean IW gradient under uniform allocation over that under GVM, at equal budget;
#:          128 prompts, log-uniform acceptance rates from the value on the axis up to 0.9.
#:          Exact: log-linear model with 4 of 32 latents accepted, the same with harder prompts longer
#:          (G ∝ p^(−1/4)), and a tabular model with a single accepted latent. Dotted: the
#:          bound 1 + CV². Pilot: eight draws per prompt, prompts without a success
#:          dropped, ratio over the kept prompts, as planned from the estimated rates and as it truly
#:          is, in the limit of many prompts. Right: share of prompts that such a pilot drops.
#: finding  With the true p and G the gain over uniform is {variance-heterogeneity:oracle:pmin=0.001; %.2f} when p
#:          spans three decades ({variance-heterogeneity:oracle_long:pmin=0.001; %.2f} when hard prompts are also
#:          long); a pilot of eight draws can plan for at most {variance-heterogeneity:ceiling; %.3f}
#:          and drops {100 * variance-heterogeneity:dropped:pmin=0.001; %.0f} % of the prompts.
#: guard    gvm_prop1 spec_gvm_3_1 spec_sim_4_3 population_test experiment_exact_test

WIDTH = 6.9; HEIGHT = 3.6
load 'plots/style.gp'
data = DATA.'/variance-heterogeneity.tsv'

set logscale x
set format x powers
set xrange [1e-4:1]
set xlabel 'hardest acceptance rate'
set style data linespoints
set key vertical samplen 3 font ',7.5' maxrows 4

set multiplot
set lmargin at screen 0.07; set rmargin at screen 0.66
set tmargin at screen 0.92; set bmargin at screen 0.38
set title 'V_{uniform} / V_{GVM}'
set yrange [0.9:3.6]
set key at screen 0.03,screen 0.215 left top
plot data using 'pmin':'oracle'        lt M_oracle  title 'true p and G', \
     data using 'pmin':'oracle_long'   lt M_gvm @IW title 'the same, long = hard', \
     data using 'pmin':'oracle_single' lt M_plus    title 'the same, one accepted latent', \
     data using 'pmin':'bound'         with lines lt G_bound title '1 + CV^2 of G/√p', \
     data using 'pmin':'bound_long'    with lines lt G_bound, \
     data using 'pmin':'planned'       lt M_dapo    title 'pilot of 8, as planned', \
     data using 'pmin':'pilot'         lt M_reuse   title 'pilot of 8, true, kept prompts', \
     data using 'pmin':'ceiling'       with lines lt G_mark title 'ceiling of the plan'

set lmargin at screen 0.75; set rmargin at screen 0.98
set title 'dropped by the pilot (%)'
set yrange [0:100]
unset key
set xtics 100
plot data using 'pmin':(100*column('dropped')) lt M_reuse
unset multiplot
