# GVM-Lab: one Makefile, one include path (the root), everything built under $(BUILD).
#
#   make            programs and libraries                  make test      every suite, verdict table
#   make deps       install what is needed (Debian, Ubuntu) make paper     verify, simulate, draw: the report
#   make lint       format, layers, labels, analysers       make figures   the figures alone
#   make index      label | declared | tested | drawn       make report    the report page alone
#   make asan       the suites under ASan and UBSan         make bench     speed, side by side with NumPy
#   make check      lint + test                             make mutants   seeded errors: all must be caught
#   make fuzz       each parser, FUZZ_SECONDS each          make install   PREFIX=/usr/local DESTDIR=
#   make format     rewrite the sources in house format     make clean uninstall
#
# Variables: CC MPICC BUILD OPT SANITIZE PREFIX DESTDIR; FIG=name TERM_=svg|png|pdf for one figure.

CC       := gcc
MPICC    := $(shell command -v mpicc 2>/dev/null)
BUILD    := build
PREFIX   := /usr/local
DESTDIR  :=
VERSION  := 0.1.0
SOVERSION := 0

STD  := -std=c17 -D_POSIX_C_SOURCE=200809L
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion \
        -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wpointer-arith \
        -Wundef -Wvla -Wformat=2 -Wnull-dereference -Werror
OPT  := -O2 -ffp-contract=off
SANITIZE :=
CFLAGS = $(STD) $(WARN) $(OPT) $(SANITIZE) -fPIC -fvisibility=hidden -fopenmp -I. $(EXTRA)
LDFLAGS = $(SANITIZE) -fopenmp

# a library's sources: neither tests nor programs nor the parallel back end not chosen
lib = $(filter-out %_test.c %_main.c $(BACKEND_OFF),$(sort $(wildcard $(addsuffix /*.c,$1))))
obj = $(patsubst %.c,$(BUILD)/obj/%.o,$1)
BACKEND_OFF := $(if $(MPICC),sim/parallel_serial.c,sim/parallel_mpi.c)
SIMCC       := $(or $(MPICC),$(CC))

REF   := $(call lib,ref ref/io)
SIM   := $(call lib,sim)
CHECK := $(filter-out %_main.c,$(wildcard theory-tests/*.c))
UNIT  := $(sort $(wildcard ref/*_test.c ref/io/*_test.c sim/*_test.c))
PROGRAMS := $(addprefix $(BUILD)/bin/,gvm gvm-sim gvm-test)
LIBS     := $(BUILD)/lib/libgvm.a $(BUILD)/lib/libgvm.so.$(VERSION)

.PHONY: all check test lint index asan bench paper figures report deps install uninstall clean \
        format fuzz mutants
.DELETE_ON_ERROR:

all: $(PROGRAMS) $(LIBS)
	@$(if $(MPICC),,echo "note: mpicc not found: gvm-sim runs on one rank (sim/parallel_serial.c)")

$(BUILD)/bin/gvm: $(call obj,$(REF) ref/gvm_main.c)
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $(LDFLAGS) $^ -ljansson -lm -o $@
$(BUILD)/bin/gvm-sim: $(call obj,$(REF) $(SIM) sim/sim_main.c)
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(SIMCC) $(LDFLAGS) $^ -ljansson -lgsl -lgslcblas -lm -o $@
$(BUILD)/bin/gvm-test: $(call obj,$(REF) $(SIM) $(UNIT) $(CHECK) theory-tests/check_main.c)
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(SIMCC) $(LDFLAGS) $^ -lcunit -ljansson -lgsl -lgslcblas -lmpfr -lgmp -lm -o $@
$(BUILD)/lib/libgvm.a: $(call obj,$(REF))
	@mkdir -p $(@D)
	ar rcs $@ $^
$(BUILD)/lib/libgvm.so.$(VERSION): $(call obj,$(REF))
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-soname,libgvm.so.$(SOVERSION) $(LDFLAGS) $^ -ljansson -lm -o $@

$(BUILD)/obj/sim/parallel_mpi.o: CC := $(SIMCC)
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CFLAGS) -MMD -MP -c $< -o $@
-include $(patsubst %.o,%.d,$(wildcard $(BUILD)/obj/*/*.o $(BUILD)/obj/*/*/*.o))

test: all
	$(BUILD)/bin/gvm-test --verdicts $(BUILD)/verdicts.tsv

clean:
	rm -rf $(BUILD)
