# Trace samples where every prompt can fall back on the empty trace.        [spec:bvpo 8.4]
#
#: section  bvpo 50
#: data     bvpo-allocate
#: series   9
#: title    Allocation and fallback belong together
#: claim    With a fallback, the best allocation gives nothing to prompts whose empty trace is good or whose
#:          traces are hopeless, and beats both Neyman's rule and uniform at every budget: 0.277 against 0.443 and
#:          0.388 at 40 samples.
#: caption  Five prompts, v = (4, 1, 0.25, 9, 0.5), squared bias of the empty trace
#:          B = (0.5, 0.05, 2, 0.02, 0.3), exact. Left: Σ E|g − μ|² with every prompt at its own best weight; dotted: Neyman's
#:          allocation with traces only. Right: shares of the budget under the fallback rule.
#: guard    spec_bvpo_8_4

WIDTH = 6.9; HEIGHT = 3.0
load 'plots/style.gp'
data = DATA.'/bvpo-allocate.tsv'

set logscale x
set xrange [1:1000]
set xlabel 'budget (trace samples)'
set multiplot layout 1,2 margins 0.085,0.97,0.17,0.89 spacing 0.1
set title 'total error'
set logscale y
set yrange [0.02:6]
set ylabel 'Σ E |g − μ|²'
set key at graph 0.02,0.04 left bottom
set style data linespoints
first(name) = column('prompt') < 0.5 ? column(name) : NaN
plot data using (first('budget')):'uniform'  lt M_uniform pi 8 title 'uniform', \
     data using (first('budget')):'neyman'   lt M_neyman  pi 8 title 'Neyman (GVM)', \
     data using (first('budget')):'fallback' lt M_rris    pi 8 title 'with fallback', \
     data using (first('budget')):'traces'   with lines lt G_bound title 'Neyman, traces only'
set title 'share of each prompt'
unset logscale y
set yrange [0:1]
set ylabel 'share of the budget'
set key at graph 0.98,0.98 right top
array V[5] = ['4', '1', '0.25', '9', '0.5']
array B[5] = ['0.5', '0.05', '2', '0.02', '0.3']
prompt(i) = abs(column('prompt') - i) < 0.5 ? column('budget') : NaN
plot for [i=1:5] data using (prompt(i-1)):'share' lt S+i pi 8 title 'v = '.V[i].', B = '.B[i]
unset multiplot
