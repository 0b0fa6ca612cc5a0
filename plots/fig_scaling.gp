# How the time of a replica-step grows, and the step beside NumPy.             [spec:sim 9]
#
#: section  speed 10
#: data     bench-scaling bench-step
#: series   9
#: title    Time of one replica-step
#: claim    A replica-step of (128, 32, 64) takes {bench-step:microseconds:prompts=128; %.0f} µs on one core of this machine, at {100 * bench-step:peak_share:prompts=128; %.0f} % of the core's measured rate of multiplications and additions; time grows linearly with every size.
#: caption  Left: microseconds per replica-step of the block engine against one size at a time, the others (64, 16, 12). Middle: against
#:          threads and MPI ranks of this machine, per replica-step of the whole machine; grey guide: perfect scaling. Right: the same step by
#:          NumPy and by gvm-sim, medians of three turns in one run. Timings are of the machine that made this page
#:          and are the one figure that does not repeat byte for byte when measured again.
#: guard    block_test

WIDTH = 6.9; HEIGHT = 2.9
load 'plots/style.gp'
data = DATA.'/bench-scaling.tsv'

set logscale xy
set style data linespoints
set multiplot
set tmargin at screen 0.89; set bmargin at screen 0.32
set lmargin at screen 0.075; set rmargin at screen 0.37
set title 'µs per replica-step'
set xlabel 'size'
set xrange [3:600]; set xtics (4,16,64,256)
set yrange [1:200]
set key at screen 0.04,screen 0.135 left top vertical maxrows 1 samplen 3 width -1
plot for [k=1:3] data using (where('axis',word('prompts latents features',k))*column('value')):'microseconds' \
    lt S+k title word('prompts latents features',k)
set lmargin at screen 0.445; set rmargin at screen 0.63
set xlabel 'threads, ranks'
set xrange [0.85:18]; set xtics (1,2,4,8,16)
set yrange [0.5:40]
set key at screen 0.56,screen 0.135 left top samplen 1
# one series, so that a machine without mpirun is drawn without a complaint
kind(axis) = axis eq 'threads' ? S+4 : axis eq 'ranks' ? S+5 : NaN
plot data using (kind(strcol('axis')) > 0 ? column('value') : NaN):'microseconds':(kind(strcol('axis'))) with points lc variable pt 7 ps 0.7, \
     NaN with points lt S+4 pt 7 title 'threads', NaN with points lt S+5 pt 7 title 'ranks', \
     8/x with lines lt G_slope
unset logscale
unset key
set lmargin at screen 0.735; set rmargin at screen 0.985
set xlabel 'prompts of the shape'
set logscale y
set xrange [-0.6:1.6]; set yrange [3:900]
set xtics ('128' 0, '64' 1) scale 0
set grid noxtics
set boxwidth 0.32
set style fill solid 0.7 noborder
data = DATA.'/bench-step.tsv'
set label 1 'gvm-sim' at -0.19,4 rotate by 90 font ',7'; set label 2 'NumPy' at 0.19,4 rotate by 90 font ',7'
plot data using (column('prompts') == 128 ? -0.19 : 0.81):'microseconds' with boxes lt M_gvm, \
     data using (column('prompts') == 128 ? 0.19 : 1.19):(strcol('numpy') eq 'nan' ? 1e-3 : real(strcol('numpy'))) with boxes lt M_uniform
unset multiplot
