# Share of the oracle's gain against the size of the pilot.                  [spec:sim 4.3]
#
#: section  allocation 70
#: data     share-pilot
#: series   15
#: title    How much of the gain survives a pilot
#: claim    With eight pilot draws, treating prompts without a success by an empirical-Bayes rate keeps
#:          {100 * share-pilot:eb:profile=U>=1e-3&pilot=8; %.0f} % of the oracle's gain on the U-shaped set; skipping them, as released,
#:          drops {100 * share-pilot:dropped:profile=U>=1e-3&pilot=8; %.0f} % of the signal. Counted and thrown away, such a pilot leaves {share-pilot:equal_total:profile=logu3&pilot=8; %.2f}
#:          times uniform's variance on the log-uniform set and pays clearly only where hard prompts are also long.
#: caption  Share of V_uniform − V_oracle that is kept (IW variance, true p in the denominator, eight samples per
#:          prompt), against the pilot's draws N′, and share of Σ|μ|² that belongs to prompts without a success, which the released code
#:          drops. Right: variance at an equal total of 16 draws per prompt relative to uniform 16 (below 1 the pilot
#:          pays), empirical Bayes. Mean over 64 pilots; bars are 95 % intervals. 128 prompts, log-linear models.
#: finding  At an equal total of 16 draws per prompt, a pilot of eight that is thrown away leaves
#:          {share-pilot:equal_total:profile=logu3&pilot=8; %.2f} times uniform's variance on the log-uniform set and
#:          {share-pilot:equal_total:profile=long U>=.01&pilot=8; %.2f} times where hard prompts are also long.
#: guard    spec_sim_4_3 spec_sim_4_4

WIDTH = 6.9; HEIGHT = 3.2
load 'plots/style.gp'
data = DATA.'/share-pilot.tsv'

set logscale x 2
set xrange [1.7:38]; set xtics (2,4,8,16,32)
set xlabel 'pilot draws N′'
sets = '"U>=1e-3" "logu3" "long U>=.01"'
names = '"U-shaped, p ≥ 10^{-3}" "log-uniform, 3 decades" "U-shaped, long = hard"'
set style data yerrorlines
set multiplot
set tmargin at screen 0.90; set bmargin at screen 0.32
do for [k=1:3] {
    set lmargin at screen 0.065 + 0.235*(k-1); set rmargin at screen 0.265 + 0.235*(k-1)
    set title word(names,k)
    set yrange [0:1]
    if (k == 1) { set ylabel 'share'; set key at screen 0.05,screen 0.14 left top vertical maxrows 2 samplen 3 } \
    else { unset key; unset ylabel; set format y '' }
    here(column_) = where('profile',word(sets,k))*column('pilot')
    plot data using (here(0)):'eb':(1.96*column('eb_se')) lt M_rris title 'empirical Bayes', \
         data using (here(0)):'jeffreys':(1.96*column('jeffreys_se')) lt M_dapo title 'Jeffreys', \
         data using (here(0)):'hardest':(1.96*column('hardest_se')) lt M_ada title 'hardest seen', \
         data using (here(0)):'dropped':(1.96*column('dropped_se')) lt M_gvm @SN title 'dropped by skipping'
}
set lmargin at screen 0.785; set rmargin at screen 0.985
set format y '%g'
set title 'V / V_{uniform 16}'
set yrange [0:1.7]
set xrange [1.7:9.5]
set arrow 1 from graph 0,first 1 to graph 1,first 1 nohead lt G_slope
set label 1 'U' at 8.7,0.93 font ',7'; set label 2 'log' at 8.5,1.54 font ',7'; set label 3 'long' at 8.4,0.68 font ',7'
set xrange [1.7:13]
plot for [k=1:3] data using (where('profile',word(sets,k))*column('pilot')):'equal_total':(1.96*column('equal_total_se')) lt S+k
unset multiplot
