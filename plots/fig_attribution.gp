# What the released run's speed-up is made of.                               [spec:sim 5.4]
#
#: section  training 40
#: data     attribution
#: series   8
#: title    What the published speed-up in steps is made of
#: claim    Eight times the optimiser updates per step alone are worth {attribution:speedup:factor=uniform 8, U=32&lr=0.01&accuracy=0.7; %.1f} in steps;
#:          allocation alone is worth {attribution:speedup:factor=GVM, U=4&lr=0.01&accuracy=0.7; %.2f}, less than spending its pilot's samples on uniform
#:          ({attribution:speedup:factor=uniform 16, U=4&lr=0.01&accuracy=0.7; %.2f}). The step axis cannot carry the claim.
#: caption  Speed-up over uniform 8 with 4 updates per step, to a test accuracy of 0.6, 0.7 and 0.8; released (pooled) loss,
#:          Adam at 0.01 (and 0.03, open squares), realisable model, 128 prompts. U: updates per step; the
#:          released scripts give the baselines 4 and GVM 32. Left: in steps. Right: in draws, the pilot
#:          counted. Bars: 95 % bootstrap intervals over 16 paired seeds.
#: finding  The published two to four times fewer steps are reproduced by 32 instead of 4 updates per step alone
#:          ({attribution:speedup:factor=uniform 8, U=32&lr=0.01&accuracy=0.7; %.1f} times); allocation by itself gives {attribution:speedup:factor=GVM, U=4&lr=0.01&accuracy=0.7; %.2f} times, and costs
#:          {1 / attribution:draws_ratio:factor=GVM, U=4&lr=0.01&accuracy=0.7; %.1f} times the draws.
#: guard    spec_sim_5_4

WIDTH = 6.9; HEIGHT = 3.0
load 'plots/style.gp'
data = DATA.'/attribution.tsv'

set logscale x
set xrange [0.45:5]; set xtics (0.5,0.7,1,1.5,2,3,4)
set yrange [0.4:4.6]
set ytics ('all, as released' 1, '8 × the updates' 2, 'twice the samples' 3, 'allocation alone' 4) scale 0
set grid noytics
set arrow 1 from 1,graph 0 to 1,graph 1 nohead lt G_slope
set style data xerrorbars
shade(k) = 0.22*(2-k)
row(f) = 5 - (f eq 'GVM, U=4' ? 1 : f eq 'uniform 16, U=4' ? 2 : f eq 'uniform 8, U=32' ? 3 : f eq 'GVM, U=32' ? 4 : NaN)
set multiplot
do for [panel=1:2] {
    y = panel == 1 ? 'speedup' : 'draws_ratio'
    set lmargin at screen (panel == 1 ? 0.185 : 0.61); set rmargin at screen (panel == 1 ? 0.575 : 0.985)
    set tmargin at screen 0.90; set bmargin at screen 0.27
    set title (panel == 1 ? 'fewer steps (times)' : 'fewer draws (times)')
    if (panel == 2) { set ytics ('' 1, '' 2, '' 3, '' 4); unset key } \
    else { set key at screen 0.5,screen 0.10 center top vertical maxrows 1 samplen 1.5 width -4 }
    plot for [k=1:3] data using (at('accuracy',0.5+0.1*k)*at('lr',0.01)*column(y)):(row(strcol('factor'))+shade(k)): \
             (column(y.'_lo')):(column(y.'_hi')) lt S+k dt solid title sprintf('to accuracy %.1f',0.5+0.1*k), \
         data using (at('accuracy',0.7)*at('lr',0.03)*column(y)):(row(strcol('factor'))-0.1):(column(y.'_lo')):(column(y.'_hi')) \
             lt S+7 dt solid title 'to 0.7, Adam at 0.03'
}
unset multiplot
