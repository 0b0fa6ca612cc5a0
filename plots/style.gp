# style.gp -- the look of every figure: terminal, palette, one line type per method.
#
# A script sets WIDTH and HEIGHT (inches) and loads this file once. The caller sets
#   TERM_   svg (default) | png | pdf      OUT   output file       DATA   folder of the TSVs
# with `gnuplot -e`; plots/draw.sh does so. 3.3 in is one column of a paper, 6.9 in both.

if (!exists("TERM_")) TERM_ = 'svg'
if (!exists("OUT"))   OUT = '/dev/stdout'
if (!exists("DATA"))  DATA = 'build/data'
if (!exists("WIDTH")) WIDTH = 6.9
if (!exists("HEIGHT")) HEIGHT = 3.0

# One unit of SVG is a point, so that 8.5 is the type size on paper. Debian's gnuplot-nox
# brings the DejaVu fonts; draw.sh adds fallbacks to the SVG's font-family.
if (TERM_ eq 'svg') {
    set terminal svg size 72*WIDTH,72*HEIGHT fixed standalone enhanced \
        font 'DejaVu Sans,8.5' background '#ffffff' linewidth 0.9
} else { if (TERM_ eq 'png') {
    set terminal pngcairo size 200*WIDTH,200*HEIGHT enhanced \
        font 'DejaVu Sans,8.5' fontscale 200/96. background '#ffffff' linewidth 2.2 \
        pointscale 2.2 dashlength 1.4
} else {
    set terminal pdfcairo size WIDTH in,HEIGHT in enhanced \
        font 'DejaVu Sans,8.5' background '#ffffff' linewidth 0.9 pointscale 0.5
} }
set output OUT
set encoding utf8

# ---- data ------------------------------------------------------------------------
set datafile separator tab
set datafile commentschars '#'
set datafile columnheaders
set datafile missing NaN      # a row that is not asked for leaves no gap in a line

# where('method', 'gvm') is 1 on the rows of that method and NaN on the others, so
#   plot data using (where('method','gvm')*column('draws')):'excess'
where(name, value) = strcol(name) eq value ? 1 : NaN
at(name, value) = abs(column(name) - value) <= 1e-9*abs(value) ? 1 : NaN

# ---- frame -----------------------------------------------------------------------
ink = '#333333'; pale = '#d9d9d9'
set border 3 linecolor rgb ink linewidth 0.8
set tics nomirror out scale 0.6,0.3 textcolor rgb ink
set grid linecolor rgb '#e6e6e6' linetype 1 linewidth 0.7
set key noautotitle Left reverse samplen 2.6 spacing 1.15 width 0 textcolor rgb ink
set style fill solid 0.18 noborder
set style data lines
set errorbars 0.5
set format x "%g"
set format y "%g"
set xlabel offset 0,0.3
set ylabel offset 0.6,0
set title offset 0,-0.4 textcolor rgb '#000000'
powers = "10^{%T}"            # for `set format x powers` on logarithmic axes

# ---- line types --------------------------------------------------------------------
# Okabe and Ito's colours, safe for colour-blind readers. Any two line types of one
# group also differ in dash or marker, so that a grey print can be read.
black = '#000000'; grey = '#6b6b6b'; blue = '#0072b2'; sky = '#56b4e9'
green = '#009e73'; orange = '#e69f00'; red = '#d55e00'; pink = '#cc79a7'

# allocation rules
M_uniform = 101; set linetype 101 lc rgb grey   lw 1.6 dt (12,5)      pt 6  ps 0.55
M_gvm     = 102; set linetype 102 lc rgb blue   lw 1.8 dt solid       pt 5  ps 0.50 # pilot, as released
M_oracle  = 103; set linetype 103 lc rgb sky    lw 1.8 dt (7,3)       pt 9  ps 0.65 # true p and G
M_neyman  = 104; set linetype 104 lc rgb black  lw 1.4 dt (2,3)       pt 2  ps 0.50
M_rris    = 105; set linetype 105 lc rgb green  lw 2.0 dt solid       pt 13 ps 0.70
M_integer = 106; set linetype 106 lc rgb black  lw 1.2 dt solid       pt 1  ps 0.50
M_dapo    = 107; set linetype 107 lc rgb orange lw 1.6 dt (9,3,2,3)   pt 11 ps 0.65
M_ada     = 108; set linetype 108 lc rgb pink   lw 1.6 dt (5,3)       pt 15 ps 0.60
M_plus    = 109; set linetype 109 lc rgb red    lw 1.6 dt (9,3,2,3,2,3) pt 7 ps 0.55
M_invp    = 110; set linetype 110 lc rgb orange lw 1.5 dt (2,2)       pt 8  ps 0.60 # 1/p
M_sqrtpq  = 111; set linetype 111 lc rgb red    lw 1.5 dt (7,3,2,3)   pt 10 ps 0.60 # sqrt(pq)
M_sqrtqp  = 112; set linetype 112 lc rgb pink   lw 1.5 dt (10,3)      pt 12 ps 0.65 # sqrt(q/p)
M_reuse   = 113; set linetype 113 lc rgb blue   lw 1.5 dt (4,3)       pt 4  ps 0.55 # pilot draws kept

# estimators
E_iw   = 121; set linetype 121 lc rgb blue   lw 1.8 dt solid     pt 7  ps 0.55
E_sn   = 122; set linetype 122 lc rgb orange lw 1.8 dt (7,3)     pt 5  ps 0.50
E_loo  = 123; set linetype 123 lc rgb pink   lw 1.8 dt (9,3,2,3) pt 9  ps 0.65
E_pool = 124; set linetype 124 lc rgb red    lw 1.8 dt (3,2)     pt 11 ps 0.65
E_rb   = 125; set linetype 125 lc rgb green  lw 1.8 dt (12,4)    pt 13 ps 0.70
E_rris = M_rris

# where a rule meets an estimator, the rule gives colour and marker, the estimator the
# dash:  plot ... lt M_gvm @SN title 'GVM, SN'
IW = "dt solid"; SN = "dt (7,3)"; LOO = "dt (9,3,2,3)"; POOL = "dt (3,2)"

# the papers' runs: one colour per loss, solid where GVM allocates
P_grpo     = 126; set linetype 126 lc rgb blue   lw 1.5 dt (5,3)  pt 6  ps 0.55
P_raft     = 127; set linetype 127 lc rgb orange lw 1.5 dt (5,3)  pt 10 ps 0.65
P_gvm_grpo = 128; set linetype 128 lc rgb blue   lw 1.8 dt solid  pt 5  ps 0.50
P_gvm_raft = 129; set linetype 129 lc rgb orange lw 1.8 dt solid  pt 9  ps 0.65
P_base     = 130; set linetype 130 lc rgb grey   lw 1.5 dt (2,3)  pt 1  ps 0.60

# guides: bounds, slopes, ceilings, targets
G_bound = 131; set linetype 131 lc rgb black  lw 1.2 dt (2,2)    pt 1 ps 0.5
G_slope = 132; set linetype 132 lc rgb '#9a9a9a' lw 1.0 dt (6,4) pt 1 ps 0.5
G_mark  = 133; set linetype 133 lc rgb red    lw 1.0 dt (4,3)    pt 2 ps 0.8

# the k-th of a plain sequence (sizes, seeds, panels): `linetype S+k`, k = 1..7
S = 140
set linetype 141 lc rgb blue   lw 1.8 dt solid       pt 5  ps 0.50
set linetype 142 lc rgb red    lw 1.8 dt (8,3)       pt 7  ps 0.55
set linetype 143 lc rgb green  lw 1.8 dt (3,2)       pt 9  ps 0.65
set linetype 144 lc rgb pink   lw 1.8 dt (9,3,2,3)   pt 11 ps 0.65
set linetype 145 lc rgb orange lw 1.8 dt (12,4)      pt 13 ps 0.70
set linetype 146 lc rgb black  lw 1.4 dt (2,3)       pt 15 ps 0.60
set linetype 147 lc rgb sky    lw 1.8 dt (5,2,2,2)   pt 4  ps 0.55

# ---- maps ------------------------------------------------------------------------
# viridis, nine of its knots; even in lightness, so it survives a grey print
viridis = "0 '#440154', 1 '#472d7b', 2 '#3b528b', 3 '#2c728e', 4 '#21918c', 5 '#28ae80', 6 '#5ec962', 7 '#addc30', 8 '#fde725'"
set palette defined (@viridis)
