# How many samples prompts get.                                              [spec:gvm 3.4]
#
#: section  allocation 80
#: data     n-histogram
#: series   6
#: title    Histogram of n
#: claim    With a pilot of eight, {100 * n-histogram:prompts:method=pilot&low=0; %.0f} % of the prompts get nothing; and none
#:          gets between one and four samples: the smallest weight a pilot can give is at p̂ = 1.
#: caption  Share of prompts (left) and of samples (right) by the number of samples n a prompt gets, released rounding, budget eight per
#:          prompt, 128 prompts, U-shaped acceptance rates cut at 10⁻³, log-linear model. Pilot: mean over 64 pilots of eight
#:          draws, α = 10⁻³. n = 0 and n = 1 give a leave-one-out or group-normalised loss no signal.
#: guard    spec_gvm_3_4 spec_sim_4_4

WIDTH = 6.9; HEIGHT = 2.7
load 'plots/style.gp'
data = DATA.'/n-histogram.tsv'

methods = 'pilot oracle oracle-plain'
names = '"pilot of 8" "true p, α = 10^{-3}" "true p, α = 0"'
array line[3] = [M_gvm, M_oracle, M_neyman]
array fill[3] = [3, 2, 1]
set style fill solid 0.75 border rgb ink
set boxwidth 0.26
set style data boxes
set xrange [-0.6:8.6]; set yrange [0:55]
set xtics ('0' 0, '1' 1, '2' 2, '3–4' 3, '5–8' 4, '9–16' 5, '17–32' 6, '33–64' 7, '65+' 8) scale 0 font ',7'
set xlabel 'samples n of a prompt'
set grid noxtics
set multiplot layout 1,2 margins 0.065,0.985,0.29,0.89 spacing 0.06
do for [what in 'prompts samples'] {
    set title 'share of the '.what.' (%)'
    if (what eq 'prompts') { set key at screen 0.5,screen 0.08 center top vertical maxrows 1 samplen 2 } else { unset key }
    plot for [k=1:3] data using (where('method',word(methods,k))*(column('bin')+0.28*(k-2))):(100*column(what)) \
        lt line[k] dt solid lw 0.6 fs solid (1.15-0.35*k) border rgb ink title word(names,k)
}
unset multiplot
