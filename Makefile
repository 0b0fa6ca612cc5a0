# GVM-Lab: one Makefile, one include path (the root), everything built under $(BUILD).
#
#   make           programs and libraries               make test     every suite, verdict table
#   make deps      install what is needed (apt)         make paper    verify, simulate, draw
#   make lint      format, layers, labels, analysers    make figures  the figures alone
#   make index     label | declared | tested | drawn    make report   the report page alone
#   make asan      the suites under ASan and UBSan      make bench    speed, beside NumPy
#   make check     lint + test                          make mutants  seeded errors: all are caught
#   make fuzz      each parser, FUZZ_SECONDS each       make install  PREFIX=/usr/local DESTDIR=
#   make format    rewrite the sources in house format  make clean    make uninstall
#   make deps-dev  what lint, fuzz and bench need       make smoke    every figure from tiny data
#
# Variables: CC MPICC BUILD OPT SANITIZE PREFIX DESTDIR FUZZ_SECONDS V=1 (show commands).
# One figure: make figures FIG=name TERM_=png

CC    := gcc
MPICC := $(shell command -v mpicc 2>/dev/null)
BUILD := build
PREFIX  := /usr/local
DESTDIR :=
VERSION := 0.1.0
SOVERSION := 0
FUZZ_SECONDS := 60
Q := $(if $(V),,@)

STD  := -std=c17 -D_POSIX_C_SOURCE=200809L
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion \
        -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wpointer-arith \
        -Wundef -Wvla -Wformat=2 -Wnull-dereference -Werror
OPT  := -O2 -ffp-contract=off
SANITIZE :=
CFLAGS  = $(STD) $(WARN) $(OPT) $(SANITIZE) -fPIC -fvisibility=hidden -fopenmp -I. \
          -DGVM_VERSION='"$(VERSION)"'
LDFLAGS = $(SANITIZE) -fopenmp

# a library's sources: neither tests nor programs nor the parallel back end not chosen
lib = $(filter-out %_test.c %_main.c $(BACKEND_OFF),$(sort $(wildcard $(addsuffix /*.c,$1))))
obj = $(patsubst %.c,$(BUILD)/obj/%.o,$1)
BACKEND_OFF := $(if $(MPICC),sim/parallel_serial.c,sim/parallel_mpi.c)
# mpicc is a wrapper: tell it which compiler to wrap (Open MPI, MPICH)
SIMCC = $(if $(MPICC),OMPI_CC=$(CC) MPICH_CC=$(CC) $(MPICC),$(CC))

REF   := $(call lib,ref ref/io)
CLI   := $(call lib,ref/cli)
SIM   := $(call lib,sim)
CHECK := $(filter-out %_main.c,$(sort $(wildcard theory-tests/*.c)))
UNIT  := $(sort $(wildcard ref/*_test.c ref/io/*_test.c ref/cli/*_test.c sim/*_test.c))
SOURCES := $(wildcard ref/*.[ch] ref/*/*.[ch] sim/*.[ch] theory-tests/*.[ch] fuzz/*.c bench/*.[ch] \
             examples/*.c)
MAN := $(wildcard man/*.[135])
HEADERS := $(filter-out %_private.h,$(wildcard ref/*.h ref/io/*.h))
PROGRAMS := $(addprefix $(BUILD)/bin/,gvm gvm-sim)
EXAMPLES := $(patsubst examples/%.c,$(BUILD)/bin/%,$(wildcard examples/*.c))
TEST     := $(BUILD)/bin/gvm-test
SHARED   := $(BUILD)/lib/libgvm.so.$(VERSION)
LIBS     := $(BUILD)/lib/libgvm.a $(SHARED)

.PHONY: all check test lint index asan bench paper figures report deps deps-dev install \
        uninstall clean format fuzz mutants smoke
.DELETE_ON_ERROR:

# With `deps` among the goals the others run in a second make, which sees what was installed.
ifneq ($(filter deps deps-dev,$(MAKECMDGOALS)),)
GOALS := $(filter-out deps deps-dev,$(MAKECMDGOALS))
deps:
	@tools/deps.sh
deps-dev: deps
	@tools/deps.sh dev
$(GOALS): $(filter deps deps-dev,$(MAKECMDGOALS))
	+@$(MAKE) --no-print-directory $@
else

all: $(PROGRAMS) $(LIBS) $(EXAMPLES)
	@$(if $(MPICC),,echo "note: no mpicc: gvm-sim is built for one rank (sim/parallel_serial.c)")

$(BUILD)/bin/gvm: $(call obj,$(REF) $(CLI) ref/gvm_main.c)
	@mkdir -p $(@D); echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) $^ -ljansson -lm -o $@
$(BUILD)/bin/gvm-sim: $(call obj,$(REF) $(SIM) sim/sim_main.c)
	@mkdir -p $(@D); echo "  LD    $@"
	$(Q)$(SIMCC) $(LDFLAGS) $^ -ljansson -lgsl -lgslcblas -lm -o $@
$(TEST): $(call obj,$(REF) $(CLI) $(SIM) $(UNIT) $(CHECK) theory-tests/check_main.c)
	@mkdir -p $(@D); echo "  LD    $@"
	$(Q)$(SIMCC) $(LDFLAGS) $^ -lcunit -ljansson -lgsl -lgslcblas -lmpfr -lgmp -lm -o $@
$(BUILD)/lib/libgvm.a: $(call obj,$(REF))
	@mkdir -p $(@D); echo "  AR    $@"; rm -f $@
	$(Q)ar rcs $@ $^
$(SHARED): $(call obj,$(REF))
	@mkdir -p $(@D); echo "  LD    $@"
	$(Q)$(CC) -shared -Wl,-soname,libgvm.so.$(SOVERSION) -Wl,--no-undefined $(LDFLAGS) $^ \
	    -ljansson -lm -o $@
	@ln -sf $(@F) $(@D)/libgvm.so.$(SOVERSION); ln -sf libgvm.so.$(SOVERSION) $(@D)/libgvm.so
# an example is linked as a user would link it
$(EXAMPLES): $(BUILD)/bin/%: $(BUILD)/obj/examples/%.o $(BUILD)/lib/libgvm.a
	@mkdir -p $(@D); echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) $^ -ljansson -lm -o $@

$(BUILD)/obj/sim/parallel_mpi.o: COMPILE = $(SIMCC)
$(BUILD)/obj/%.o: COMPILE = $(CC)
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D); echo "  CC    $<"
	$(Q)$(COMPILE) $(CFLAGS) -MMD -MP -c $< -o $@
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# ---- tests -------------------------------------------------------------------------

test: all $(TEST)
	$(Q)$(TEST) --verdicts $(BUILD)/verdicts.tsv
check: lint test

asan:
	+$(Q)ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
	    LSAN_OPTIONS=suppressions=tools/lsan.supp:print_suppressions=0 \
	    $(MAKE) --no-print-directory BUILD=$(BUILD)/asan OPT="-O1 -g -ffp-contract=off" \
	    SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined \
	    -fno-omit-frame-pointer" test

mutants: all $(TEST)
	$(Q)tools/mutants.sh tools/mutants.tsv $(BUILD)/mutants

FUZZERS := $(patsubst fuzz/%.c,$(BUILD)/bin/%,$(wildcard fuzz/fuzz_*.c))
FUZZ_FLAGS := -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -O1 -g
$(BUILD)/bin/fuzz_%: fuzz/fuzz_%.c $(REF) $(SIM)
	@mkdir -p $(@D); echo "  FUZZ  $@"
	$(Q)clang $(STD) $(FUZZ_FLAGS) -ffp-contract=off -fopenmp -I. -DGVM_VERSION='"$(VERSION)"' \
	    $< $(REF) $(filter-out sim/parallel_mpi.c,$(SIM)) $(if $(MPICC),sim/parallel_serial.c) \
	    -ljansson -lgsl -lgslcblas -lm -o $@
fuzz: $(FUZZERS)
	$(Q)printf "%s\n" $(FUZZERS) | xargs -P 2 -I TARGET tools/fuzz.sh TARGET $(FUZZ_SECONDS)

bench: all
	$(Q)bench/run.sh $(BUILD)

# ---- figures and the report ----------------------------------------------------------

include $(wildcard plots/plots.mk)

# ---- static checks -------------------------------------------------------------------

format:
	clang-format -i $(SOURCES)
	tools/labels.sh page > ref/README.md
index:
	@tools/labels.sh index
lint: $(BUILD)/lint/format $(BUILD)/lint/cppcheck
	@tools/labels.sh lint
	@tools/labels.sh page | cmp - ref/README.md || { echo "run make format" >&2; exit 1; }
	@tools/layers.sh
	@$(if $(MAN),mandoc -T lint -W warning $(MAN))
	$(Q)printf '%s\n' $(filter %.c,$(SOURCES)) | \
	    OMPI_CC=clang xargs -P 2 -n 4 tools/tidy.sh $(BUILD)/lint
	@echo "lint: clean"
$(BUILD)/lint/format: $(SOURCES) .clang-format
	@mkdir -p $(@D)
	$(Q)clang-format --dry-run -Werror $(SOURCES)
	@touch $@
$(BUILD)/lint/cppcheck: $(SOURCES)
	@mkdir -p $(@D)
	$(Q)cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 \
	    --inline-suppr --suppress=missingIncludeSystem --suppress=invalidFunctionArg \
	    --suppress=uninitvar --suppress=arrayIndexThenCheck -j 2 -I. ref sim theory-tests
	@touch $@

# ---- install -------------------------------------------------------------------------

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(BUILD)/lib/libgvm.a $(DESTDIR)$(PREFIX)/lib
	install -m 755 $(SHARED) $(DESTDIR)$(PREFIX)/lib
	ln -sf libgvm.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/libgvm.so.$(SOVERSION)
	ln -sf libgvm.so.$(SOVERSION) $(DESTDIR)$(PREFIX)/lib/libgvm.so
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' \
	    'includedir=$${prefix}/include/gvm' '' 'Name: libgvm' \
	    'Description: ELBO gradients, sample allocation and gradient mixing' \
	    'Version: $(VERSION)' 'Libs: -L$${libdir} -lgvm' \
	    'Libs.private: -ljansson -lm -fopenmp' 'Cflags: -I$${includedir}' \
	    > $(DESTDIR)$(PREFIX)/lib/pkgconfig/libgvm.pc
	chmod 644 $(DESTDIR)$(PREFIX)/lib/pkgconfig/libgvm.pc
	for h in $(HEADERS); do install -D -m 644 $$h $(DESTDIR)$(PREFIX)/include/gvm/$$h; done
	install -D -m 644 completion/gvm.bash \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/gvm
	for p in $(MAN); do \
	    install -D -m 644 $$p $(DESTDIR)$(PREFIX)/share/man/man$${p##*.}/$${p#man/}; done
uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,$(notdir $(PROGRAMS)))
	rm -f $(DESTDIR)$(PREFIX)/lib/libgvm.a $(DESTDIR)$(PREFIX)/lib/libgvm.so* \
	    $(DESTDIR)$(PREFIX)/lib/pkgconfig/libgvm.pc
	rm -rf $(DESTDIR)$(PREFIX)/include/gvm
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/gvm
	for p in $(MAN); do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${p##*.}/$${p#man/}; done

clean:
	rm -rf $(BUILD)
endif
