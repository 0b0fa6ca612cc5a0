# plots.mk -- data, figures and the report; part of the root Makefile.
#
#   make figures FIG=name TERM_=png    FIG: one or more names, all without; TERM_: svg png pdf
#   make figures SEEDS=20              that many seeds instead of each experiment's default

TERM_ := svg
FIG   := $(patsubst plots/fig_%.gp,%,$(sort $(wildcard plots/fig_*.gp)))
SEEDS :=
REPORT := $(BUILD)/report/index.html

figures: $(patsubst %,$(BUILD)/figures/%.$(TERM_),$(FIG))
report: $(REPORT)
paper: $(BUILD)/verdicts.tsv figures report
	@echo "report: $(abspath $(REPORT))"
smoke: $(BUILD)/bin/gvm-sim
	@plots/smoke.sh $(BUILD)

# which data a figure reads stands in its head
$(BUILD)/figures/heads.mk: plots/heads.awk $(wildcard plots/fig_*.gp)
	@mkdir -p $(@D)
	@awk -v build=$(BUILD) -f plots/heads.awk $(filter %.gp,$^) > $@
-include $(BUILD)/figures/heads.mk

$(foreach t,svg png pdf,\
    $(eval $$(BUILD)/figures/%.$t: plots/fig_%.gp plots/style.gp plots/draw.sh ; \
    @echo "  PLOT  $$@"; plots/draw.sh $$* $t $$@ $$(BUILD)/data))

# digitised tables are committed, timings are measured once, everything else is computed
$(BUILD)/data/bench-%.tsv: $(BUILD)/bench/%.tsv
	@mkdir -p $(@D); cp $< $@
$(BUILD)/bench/step.tsv $(BUILD)/bench/scaling.tsv &: $(PROGRAMS) bench/run.sh
	@echo "  BENCH $(BUILD)/bench"
	$(Q)bench/run.sh $(BUILD) >/dev/null
$(BUILD)/data/%.tsv: plots/data/%.tsv
	@mkdir -p $(@D); cp $< $@
$(BUILD)/data/%.tsv: $(BUILD)/bin/gvm-sim
	@mkdir -p $(@D); echo "  SIM   $@"
	$(Q)$< run $* $(if $(SEEDS),--seeds $(SEEDS)) --out $@
.PRECIOUS: $(BUILD)/data/%.tsv

$(BUILD)/verdicts.tsv: $(TEST)
	$(Q)$(TEST) --verdicts $@
$(REPORT): plots/report.sh plots/report.awk plots/report.css plots/heads.awk $(BUILD)/verdicts.tsv \
    $(patsubst plots/fig_%.gp,$(BUILD)/figures/%.svg,$(wildcard plots/fig_*.gp))
	@mkdir -p $(@D); echo "  PAGE  $@"
	$(Q)CC="$(CC)" plots/report.sh $(BUILD) $@
