# Where the rules spend, and what that makes the optimiser climb.              [gvm:prop1]
#
#: section  allocation 10
#: data     allocation-p
#: series   15
#: title    Allocation and objective against the acceptance rate
#: claim    The variance-optimal weight grows like 1/√p. With a pilot of N′ = 8 draws the
#:          realised weight falls off below p = 1/8: the rule looks least where the
#:          formula says it should look most.
#: caption  Left: samples given to a prompt of acceptance rate p, equal gradient norms,
#:          relative to its share at p = 1/2. Right: ω(p), the mean weight that a method puts on the
#:          gradient of log p; ω = 1 is likelihood ascent. The vertical line marks 1/N′.
#:          GVM rows use a normaliser of 8 draws per prompt. Exact, by enumeration of
#:          the number of accepted draws.
#: guard    gvm_prop1 spec_sim_4_2

WIDTH = 6.9; HEIGHT = 3.6
load 'plots/style.gp'
data = DATA.'/allocation-p.tsv'

set logscale xy
set format x powers
set format y powers
set xrange [1e-3:1]
set xlabel 'acceptance rate p'
set key vertical maxrows 4 samplen 3 width -3 font ',7.5'
set arrow 1 from 0.125,graph 0 to 0.125,graph 1 nohead lt G_mark
set label 1 "1/N′" at 0.125,graph 0.06 right offset -0.5,0 textcolor rgb red
set style data linespoints

set multiplot layout 1,2 margins 0.075,0.98,0.37,0.92 spacing 0.09
set title 'samples, relative to p = 1/2'
set yrange [1e-2:1e3]
set key at screen 0.02,screen 0.215 left top
plot data using 'p':'w_uniform' lt M_uniform pi 9 title 'uniform', \
     data using 'p':'w_gvm'     lt M_oracle  pi 9 title '1/√p, true p (GVM)', \
     data using 'p':'w_reg'     lt M_integer pi 9 title 'the same, α = 10^{-3}, β = 2', \
     data using 'p':'w_pilot'   lt M_gvm     pi 9 title 'the same, pilot of 8', \
     data using 'p':'w_invp'    lt M_invp    pi 9 title '1/p', \
     data using 'p':'w_sqrtqp'  lt M_sqrtqp  pi 9 title '√((1−p)/p)', \
     data using 'p':'w_sqrtpq'  lt M_sqrtpq  pi 9 title '√(p(1−p))'

set title 'ω(p), mean weight on ∇ log p'
set yrange [1e-4:4]
set key at screen 0.54,screen 0.215
plot data using 'p':'omega_iw'         lt E_iw     pi 9 title 'IW', \
     data using 'p':'omega_rris'       lt E_rris   pi 9 title 'RRIS, cap 128', \
     data using 'p':'omega_sn'         lt E_sn     pi 9 title 'SN 8', \
     data using 'p':'omega_sn_pilot'   lt M_gvm    pi 9 @SN title 'SN, GVM 8+8', \
     data using 'p':'omega_pool'       lt E_pool   pi 9 title 'POOL, uniform', \
     data using 'p':'omega_pool_gvm'   lt M_oracle pi 9 title 'POOL, GVM oracle', \
     data using 'p':'omega_pool_pilot' lt M_reuse  pi 9 title 'POOL, GVM 8+8', \
     data using 'p':'omega_grpo'       lt M_dapo   pi 9 title 'GRPO 8'
unset multiplot
