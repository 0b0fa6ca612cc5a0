# Efficiency over alpha and beta, with true and piloted p.                   [spec:sim 4.4]
#
#: section  allocation 60
#: data     alpha-beta
#: series   12
#: title    Ablation of α and β
#: claim    With the true p the regulariser decides: ρ climbs from {alpha-beta:rho:profile=U>=1e-3&pilot=0&alpha=0; %.2f} at α = 0
#:          to {max alpha-beta:rho:profile=U>=1e-3&pilot=0; %.2f}. With a pilot of eight draws α hardly matters:
#:          at β = 2, from 0 to 0.1, ρ stays within
#:          {min alpha-beta:rho:profile=U>=1e-3&pilot=8&beta=2; %.3f} to {max alpha-beta:rho:profile=U>=1e-3&pilot=8&beta=2; %.3f}.
#: caption  Efficiency ρ (share of the exact gradient's progress per step at the best step size) of
#:          the self-normalised estimator, eight samples per prompt, 128 prompts, log-linear model, released
#:          rounding; exact given the allocation, mean over 32 pilots. Top: U-shaped
#:          profile cut at 10⁻³. Bottom: log-uniform over three decades. Pilot draws are not charged here.
#: finding  At N′ = 8 the penalty that Proposition 1 adds is nearly idle: moving α from 0 to 10⁻³ changes the
#:          efficiency from {alpha-beta:rho:profile=U>=1e-3&pilot=8&alpha=0&beta=2; %.4f} to
#:          {alpha-beta:rho:profile=U>=1e-3&pilot=8&alpha=0.001&beta=2; %.4f}.
#: guard    spec_sim_4_4

WIDTH = 6.9; HEIGHT = 4.6
load 'plots/style.gp'
data = DATA.'/alpha-beta.tsv'

set palette defined (@viridis)
set cbrange [0.42:0.78]
set style fill solid 1 noborder
set cbtics 0.1 scale 0.4
set xrange [-0.5:6.5]; set yrange [1.75:5.25]
set xtics ('0' 0, '10^{-6}' 1, '10^{-5}' 2, '10^{-4}' 3, '10^{-3}' 4, '10^{-2}' 5, '10^{-1}' 6) scale 0 font ',7'
set ytics 2,1,5 scale 0
unset grid
set multiplot layout 2,3 margins 0.075,0.875,0.115,0.935 spacing 0.03,0.09
do for [profile in '"U>=1e-3" "logu3"'] {
    do for [k=1:3] {
        pilot = real(word('0 32 8',k))
        set title (profile eq 'logu3' ? '' : word('"true p" "pilot of 32" "pilot of 8"',k))
        set ylabel (k == 1 ? (profile eq 'logu3' ? 'log-uniform: β' : 'U-shaped: β') : '')
        set xlabel (profile eq 'logu3' ? 'α' : '')
        set format y (k == 1 ? '%g' : '')
        if (k == 3) { set colorbox user origin 0.89,(profile eq 'logu3' ? 0.115 : 0.57) size 0.018,0.365
                      set cblabel 'efficiency ρ' offset -0.3,0 } else { unset colorbox }
        plot data using (where('profile',profile)*(column('pilot') == pilot ? 1 : NaN)*column('index')):'beta':'rho' with image pixels, \
             data using (where('profile',profile)*(column('pilot') == pilot ? 1 : NaN)*column('index')):'beta':(sprintf('%.2f',column('rho'))):(column('rho') > 0.62 ? 0x000000 : 0xffffff) \
                 with labels font ',5.8' textcolor rgb variable
    }
}
unset multiplot
