# Error of the mixture against its weight inside the latent model.             [spec:sim 7]
#
#: section  bvpo 15
#: data     bvpo-latent
#: series   16
#: title    Mixing rejection sampling with the empty rationale
#: claim    With few rationales importance weighting is so noisy that the best weight is almost zero and
#:          α = 1/2 is worse than the empty rationale alone; the Rao-Blackwell form of the same draws
#:          moves the optimum past 1/2 at four rationales.
#: caption  Latent model H, 24 prompts all in the batch, n rationales per prompt. Left: IW with the true
#:          p. Right: Rao-Blackwell, which weighs every draw by its acceptance. Lines: exact error; dots: the closed-form optimum.
#: guard    spec_sim_7 bvpo_thm2

WIDTH = 6.9; HEIGHT = 3.1
load 'plots/style.gp'
data = DATA.'/bvpo-latent.tsv'

set logscale y
set xrange [0:1]
set xlabel 'weight α of the rationale gradient'
set multiplot layout 1,2 margins 0.09,0.975,0.25,0.90 spacing 0.1
array N[4] = [1, 4, 16, 64]
array E[2] = ['iw', 'rb']
do for [panel=1:2] {
    set title panel == 1 ? 'IW' : 'RB'
    if (panel == 1) { set yrange [0.03:10]; set ylabel 'E |g − ∇L|²'; set key at screen 0.5,screen 0.005 center bottom vertical maxrows 1 samplen 3 } \
    else { set yrange [0.002:0.3]; unset key; unset ylabel }
    here(k, name) = strcol('estimator') eq E[panel] && column('n') == N[k] ? column(name) : NaN
    last(k, name) = column('alpha') > 0.995 ? here(k, name) : NaN
    plot for [k=1:4] data using (here(k,'alpha')):'mse' with lines lt S+k title sprintf('n = %d', N[k]), \
         for [k=1:4] data using (last(k,'alpha_star')):'mse_star' with points lt S+k ps 0.9 notitle
}
unset multiplot
