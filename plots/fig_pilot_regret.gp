# Regret against the size and the age of the pilot.                          [spec:sim 4.3]
#
#: section  allocation 75
#: data     pilot-regret
#: series   24
#: title    Regret against the size and the age of the pilot
#: claim    A larger pilot lowers the regret slowly; an old one costs as well. Even the truth, read twenty steps too early,
#:          is {100 * pilot-regret:regret:rule=oracle&stale=20; %.0f} % above the optimum.
#: caption  Regret V/V* − 1 of the IW variance of the mean gradient, V* the optimum at the time of use, for allocations made from a
#:          pilot of N′ draws per prompt zero, five and twenty training steps earlier (uniform SN, realisable
#:          model, U-shaped acceptance rates cut at 10⁻³). Zero-success prompts as hardest seen or by an empirical-Bayes rate. Bands: 95 %
#:          intervals over 16 seeds. The pilot's draws are not charged here.
#: guard    spec_sim_4_3

WIDTH = 6.9; HEIGHT = 2.8
load 'plots/style.gp'
data = DATA.'/pilot-regret.tsv'

rules = 'oracle gvm-hardest empirical-bayes uniform'
names = '"true p at the pilot" "hardest seen" "empirical Bayes" "uniform"'
array line[4] = [M_oracle, M_ada, M_rris, M_uniform]
set logscale x 2
set xrange [1.8:70]; set xtics (2,4,8,16,32,64)
set yrange [0:3.4]
set xlabel 'pilot draws N′'
set style fill transparent solid 0.15 noborder
set multiplot layout 1,3 margins 0.095,0.98,0.31,0.88 spacing 0.035
do for [k=1:3] {
    stale = real(word('0 5 20',k))
    set title (k == 1 ? 'fresh pilot' : sprintf('pilot %g steps old',stale))
    if (k == 1) { set ylabel 'regret V/V* − 1'; set key at screen 0.5,screen 0.09 center top vertical maxrows 1 samplen 2.5 width -4 font ',8' } \
    else { unset key; unset ylabel; set format y '' }
    now(x) = column('stale') == stale ? x : NaN
    plot for [r=1:4] data using (now(where('rule',word(rules,r))*column('pilot'))):'regret_lo':'regret_hi' with filledcurves lt line[r], \
         for [r=1:4] data using (now(where('rule',word(rules,r))*column('pilot'))):'regret' with linespoints lt line[r] title word(names,r)
}
unset multiplot
