# GVM's table 1 as dots, with the cell whose arithmetic slipped.            [gvm:table1]
#
#: section  paper 20
#: data     gvm_table1
#: series   66
#: title    The paper's table 1 as dots
#: claim    One printed average is wrong: the five cells of the 1.5B GVM-RAFT++ row average
#:          {gvm_table1:five_average_cells:model=1.5B&method=GVM-RAFT++; %.2f}, not
#:          {gvm_table1:five_average:model=1.5B&method=GVM-RAFT++; %.2f}. On the 7B model the
#:          trained methods can hardly be told apart.
#: caption  Average@8 accuracy as printed; every cell is consistent with a whole number of correct answers. Top:
#:          the five benchmarks. Bottom: their mean, magnified; markers are the mean of
#:          the printed cells, crosses the printed mean. On AIME24 one answer of 240 is 0.42
#:          points. Axes of the lower panels do not start at zero.
#: guard    gvm_table1

WIDTH = 6.9; HEIGHT = 4.6
load 'plots/style.gp'
data = DATA.'/gvm_table1.tsv'

methods = 'Base GRPO RAFT++ GVM-GRPO GVM-RAFT++'
benches = 'math500 minerva olympiad aime24 amc23'
array line[5] = [P_base, P_grpo, P_raft, P_gvm_grpo, P_gvm_raft]
mine(model, method) = where('model',model)*where('method',method)
row(k) = 0.3 - 0.15*(k-1)      # methods lie beside each other within a row
set style data points
set grid noytics

set multiplot
set key at screen 0.5,screen 0.08 center top vertical maxrows 1 samplen 1
do for [p=1:2] {
    model = word('1.5B 7B',p); unset label 1
    set lmargin at screen (p == 1 ? 0.14 : 0.60)
    set rmargin at screen (p == 1 ? 0.53 : 0.985)
    set tmargin at screen 0.94; set bmargin at screen 0.53
    set title 'Qwen2.5-Math-'.model
    set xrange [0:90]; set yrange [0.5:5.5]
    if (p == 1) { set ytics ('Math500' 5, 'Minerva' 4, 'Olympiad' 3, 'AIME24' 2, 'AMC23' 1) scale 0 } \
    else { set ytics ('' 5, '' 4, '' 3, '' 2, '' 1) scale 0 }
    unset xlabel
    plot for [k=1:5] for [b=1:5] data using (column(word(benches,b))*mine(model,word(methods,k))):(6-b+row(k)) \
        lt line[k] title (b == 1 && p == 1 ? word(methods,k) : '')
    unset key
    set tmargin at screen 0.37; set bmargin at screen 0.21
    set title 'mean of the five'
    if (p == 1) { set xrange [36:41]; set ytics ('GRPO' 4, 'RAFT++' 3, 'GVM-GRPO' 2, 'GVM-RAFT++' 1)
                  set label 1 'printed 39.64' at 39.56,1 right textcolor rgb red } \
    else { set xrange [48.6:50.2]; set xtics 0.5; set ytics ('' 4, '' 3, '' 2, '' 1); unset label 1 }
    set xlabel 'accuracy (%)'
    set yrange [0.4:4.6]
    plot for [k=2:5] data using (column('five_average_cells')*mine(model,word(methods,k))):(6-k) lt line[k] ps 0.8, \
         for [k=2:5] data using (column('five_average')*mine(model,word(methods,k))):(6-k) lt G_mark ps 0.6
    set xtics autofreq
}
unset multiplot
