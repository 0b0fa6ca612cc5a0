# The noise floor of constant steps.                                           [spec:sim 6]
#
#: section  theory 20
#: data     floor
#: series   10
#: title    Noise floor against step size, five allocations
#: claim    A constant step η ends at an excess loss of (η/4) tr Σ, whatever the curvature; the floor
#:          under GVM is {floor:trace:rule=G/sqrt p&eta=0.25 / floor:trace:rule=uniform&eta=0.25; %.3f} of uniform's, and with its exponent swapped
#:          {floor:trace:rule=G sqrt p&eta=0.25 / floor:trace:rule=uniform&eta=0.25; %.2f} times it.
#: caption  Mean excess loss of stationary SGD at the minimum, log-linear model, 64 prompts, IW gradients from eight draws per prompt. Lines:
#:          the stationary solution (η/2) Σ_i Σ_ii/(2 − η h_i) in the eigenbasis of the Hessian. Dots: measured, 95 %
#:          intervals over 16 seeds.
#: guard    spec_sim_6

WIDTH = 6.9; HEIGHT = 2.9
load 'plots/style.gp'
data = DATA.'/floor.tsv'

rules = '"uniform" "G/sqrt p" "1/sqrt p" "G/p" "G sqrt p"'
names = '"uniform" "G/√p (GVM)" "1/√p (G forgotten)" "G/p" "G√p (swapped exponent)"'
array line[5] = [M_uniform, M_gvm, M_neyman, M_invp, M_sqrtpq]
set logscale xy
set xrange [0.11:1.15]; set xtics (0.125,0.25,0.5,1)
set yrange [3e-4:5e-2]; set format y powers
set xlabel 'step size η'
set ylabel 'excess loss at the floor'
set lmargin at screen 0.11; set rmargin at screen 0.62
set key at screen 0.65,screen 0.90 left top samplen 3
plot for [k=1:5] data using (where('rule',word(rules,k))*column('eta')):'predicted' with lines lt line[k], \
     for [k=1:5] data using (where('rule',word(rules,k))*column('eta')):'measured':'measured_lo':'measured_hi' \
         with yerrorbars lt line[k] dt solid title word(names,k)
