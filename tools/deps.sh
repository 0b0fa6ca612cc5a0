#!/bin/sh
# Install what the build needs, with the system's package manager.
#
#   tools/deps.sh         what building, testing and drawing need
#   tools/deps.sh dev     what linting and fuzzing need besides
#
# Each need is probed (a header that compiles, a program that is found); where all are
# met nothing is run. On Debian and its relatives the packages of the missing ones are
# installed, with sudo when not root. Elsewhere the missing ones are named: exit 2.
set -eu

cc=${CC:-cc}
command -v "$cc" >/dev/null 2>&1 || cc=gcc

has_header() {
    printf '#include <%s>\n' "$1" | "$cc" -E -x c - >/dev/null 2>&1
}
has_font() {
    find /usr/share/fonts /usr/local/share/fonts -name 'DejaVuSans.ttf' 2>/dev/null |
        grep -q .
}
has_fuzzer() {
    printf 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n);
            int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return !d && n; }' |
        clang -fsanitize=fuzzer -x c - -o /dev/null 2>/dev/null
}

# need | probe | Debian package
needs_base='
C compiler|command -v gcc|gcc
C library headers|has_header stdio.h|libc6-dev
GSL|has_header gsl/gsl_math.h|libgsl-dev
CUnit|has_header CUnit/CUnit.h|libcunit1-dev
jansson|has_header jansson.h|libjansson-dev
Random123|has_header Random123/philox.h|librandom123-dev
MPFR|has_header mpfr.h|libmpfr-dev
gnuplot|command -v gnuplot|gnuplot-nox
DejaVu Sans|has_font|fonts-dejavu-core
MPI compiler|command -v mpicc|libopenmpi-dev
MPI launcher|command -v mpirun|openmpi-bin
'
needs_dev='
clang|command -v clang|clang
OpenMP for clang|has_omp_clang|libomp-14-dev
clang-format|command -v clang-format|clang-format
clang-tidy|command -v clang-tidy|clang-tidy
cppcheck|command -v cppcheck|cppcheck
libFuzzer|has_fuzzer|libclang-rt-14-dev
mandoc|command -v mandoc|mandoc
time (of the benchmark)|command -v /usr/bin/time|time
NumPy (yardstick of the benchmark)|/usr/bin/python3 -c "import numpy"|python3-numpy
'
has_omp_clang() {
    printf '#include <omp.h>\nint main(void) { return omp_get_num_threads() - 1; }' |
        clang -fopenmp -x c - -o /dev/null 2>/dev/null
}

case "${1:-base}" in
base) needs=$needs_base ;;
dev) needs=$needs_dev ;;
*) echo "usage: $0 [base|dev]" >&2; exit 2 ;;
esac

missing= packages=
while IFS='|' read -r name probe package; do
    [ -n "$name" ] || continue
    eval "$probe" >/dev/null 2>&1 && continue
    missing="$missing, $name"
    packages="$packages $package"
done <<EOF
$needs
EOF
[ -n "$missing" ] || exit 0
missing=${missing#, }

if ! command -v apt-get >/dev/null 2>&1; then
    echo "deps: missing: $missing" >&2
    echo "deps: this system's package manager is not known; on Debian they are:$packages" >&2
    exit 2
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
        echo "deps: missing: $missing; install as root:$packages" >&2
        exit 2
    }
    as_root=sudo
fi
echo "deps: installing$packages"
$as_root apt-get update -qq
# shellcheck disable=SC2086  # a list of package names
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $packages >/dev/null
