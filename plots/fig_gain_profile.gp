# Which sets of prompts leave something to gain.                             [spec:sim 4.1]
#
#: section  allocation 50
#: data     gain-profile
#: series   7
#: title    Gain over uniform by model and difficulty
#: claim    The gain depends on the spread of p and little else; equally hard or easy prompts leave nothing,
#:          rules made for a Bernoulli reward, √(p(1−p)), lose to uniform on hard sets, and on
#:          sets with very hard prompts the regulariser takes back most or all of the gain.
#: caption  V_uniform / V_rule of the exact IW variance, true p and G, 128 prompts, eight samples per prompt.
#:          Models: tabular (one accepted latent of 32), log-linear (4 of 32), long (log-linear with G ∝ p^(−1/4)).
#:          Profiles: constant p, Beta(2, 2), U-shaped Beta(0.4, 0.4) cut at 10⁻³, log-uniform over two and three
#:          decades, easy Beta(8, 1).
#: guard    spec_sim_4_1 population_test

WIDTH = 6.9; HEIGHT = 3.6
load 'plots/style.gp'
data = DATA.'/gain-profile.tsv'

rules = 'gvm-unregularised neyman-iw gvm inverse-p reinforce-log bernoulli'
names = '"GVM, α = 0" "Neyman (optimum)" "GVM, α = 10^{-3}" "1/p" "√((1−p)/p)" "√(p(1−p))"'
array line[6] = [M_oracle, M_neyman, M_gvm, M_invp, M_sqrtqp, M_sqrtpq]
set logscale x
set xrange [0.05:10]; set xtics (0.05,0.1,0.2,0.5,1,2,5,10)
set xlabel 'V_{uniform} / V_{rule}'
set yrange [-0.6:10.6]; set yrange [*:*] reverse
set ytics scale 0
set grid y
set offsets 0,0,0.6,0.6
set arrow 1 from 1,graph 0 to 1,graph 1 nohead lt G_slope
set lmargin at screen 0.22; set rmargin at screen 0.74
set key at screen 0.76,screen 0.9 left top samplen 1.5
plot data using (1*where('rule','gvm-unregularised')):'set':ytic(strcol('model').', '.strcol('profile')) with dots lt G_slope, \
     for [k=1:6] data using (where('rule',word(rules,k))*column('gain')):'set' with points lt line[k] title word(names,k)
