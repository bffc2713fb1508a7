# The one face of the kit. `make` alone says what there is to do.
#
# A new lab is new folders, no new rule: labs/labNN-name, solutions/labNN-name,
# and tests/labNN-name with a suite.c and a lab.mk.

.DEFAULT_GOAL := overview
.SECONDEXPANSION:
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(filter -j% --jobs%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

# Everything made goes here; elsewhere if the checkout cannot be written.
ifeq ($(origin BUILD),undefined)
BUILD := $(shell mkdir -p build 2>/dev/null && test -w build && echo build || \
           echo "$${TMPDIR:-/tmp}/socket-lab-kit-$$(id -u)")
ifneq ($(BUILD),build)
$(info This checkout cannot be written: building in $(BUILD).)
endif
endif

# ---- What there is ----------------------------------------------------------

ALL_LABS := $(notdir $(wildcard labs/lab[0-9][0-9]-*))
include $(wildcard tests/lab[0-9][0-9]-*/lab.mk)
short = $(firstword $(subst -, ,$(1)))
whole = $(filter $(1)-%,$(ALL_LABS))
SHORT := $(foreach lab,$(ALL_LABS),$(call short,$(lab)))

# LAB=03, LAB=3 or LAB=lab03; LABS="lab02 lab03".
number = $(patsubst lab%,%,$(1))
as_lab = lab$(if $(filter 1 2 3 4 5 6 7 8 9,$(number)),0)$(number)
LABS ?= $(SHORT)
ONE_LAB := $(if $(LAB),$(call as_lab,$(LAB)))

# The executables of a lab's programs, for those sources that are there; the
# suite says what is missing.
sources = $(foreach p,$($(2).programs),$(wildcard $(1)/$(2)/$(p).c))
programs = $(foreach c,$(call sources,$(1),$(2)),$(BUILD)/$(c:.c=) $(BUILD)/$(c:.c=.asan))
suite = $(BUILD)/tests/$(1)/suite

# ---- Programs of students, solutions, planted bugs: one rule each ------------

CC := gcc
STUDENT_CFLAGS := -std=gnu11 -Wall -Wextra -g -pthread
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
uses = $($(notdir $(patsubst %/,%,$(dir $(1)))).uses)

# A file that does not compile is not the end: its tests fail and say why, and
# the other program's tests run. gcc stops at its first error.
compile = mkdir -p '$(@D)' && if LC_ALL=C $(CC) $(STUDENT_CFLAGS) -fmax-errors=1 $(1) \
            -o '$@' '$<' $(call uses,$<) 2> '$@.log'; \
          then chmod a+rx '$@'; $(2) rm -f '$@.log'; else rm -f '$@'; $(2) true; fi

$(BUILD)/%: %.c | $(BUILD)/.setup
	@$(call compile,,cat '$@.log' >&2;)

$(BUILD)/%.asan: %.c | $(BUILD)/.setup
	@$(call compile,$(SANITIZE))

# ---- The harness and the suites ----------------------------------------------

KIT_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -D_GNU_SOURCE -Itests/harness -MMD -MP
HARNESS := $(filter-out cell_init faults,$(basename $(notdir $(wildcard tests/harness/*.c))))
TOOLS := $(BUILD)/tests/cell_init $(BUILD)/tests/faults.so $(BUILD)/tests/cell-etc

$(BUILD)/tests/harness/%.o: tests/harness/%.c | $(BUILD)/.setup
	@mkdir -p $(@D)
	@$(CC) $(KIT_CFLAGS) -c -o $@ $<

$(BUILD)/tests/libharness.a: $(HARNESS:%=$(BUILD)/tests/harness/%.o)
	@rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/tests/cell_init: tests/harness/cell_init.c | $(BUILD)/.setup
	@mkdir -p $(@D)
	@$(CC) $(KIT_CFLAGS) -static -o $@ $< -lseccomp && chmod a+rx $@

$(BUILD)/tests/faults.so: tests/harness/faults.c | $(BUILD)/.setup
	@mkdir -p $(@D)
	@$(CC) $(KIT_CFLAGS) -shared -fPIC -o $@ $< && chmod a+rx $@

# What programs under test find as /etc.
$(BUILD)/tests/cell-etc: tests/harness/cell-etc $(wildcard tests/harness/cell-etc/*) | $(BUILD)/.setup
	@rm -rf $@ && mkdir -p $@ && cp $</* $@ && chmod -R a+rX $@
	@cp /etc/services /etc/protocols /etc/ld.so.cache $@ 2>/dev/null; touch $@

$(BUILD)/tests/%/suite: tests/%/suite.c $(BUILD)/tests/libharness.a | $(TOOLS)
	@mkdir -p $(@D)
	@$(CC) $(KIT_CFLAGS) -o $@ $< $(BUILD)/tests/libharness.a \
	    $$(pkg-config --cflags --libs check jansson)

-include $(wildcard $(BUILD)/tests/*/*.d $(BUILD)/tests/*.d)

# ---- Labs --------------------------------------------------------------------

KIT_VERSION = $(shell git describe --always --dirty 2>/dev/null || echo unknown)
quoted = '$(subst ','\'',$(1))'
seed_and_test = $(if $(TEST),--test $(call quoted,$(TEST))) $(if $(SEED),--seed $(call quoted,$(SEED)))
export_result = $(if $(TEST),,--out $(BUILD)/results/$(1).json)

.PHONY: $(SHORT)
$(SHORT): %: $$(call programs,labs,$$(call whole,$$*)) $$(call suite,$$(call whole,$$*))
	@mkdir -p $(BUILD)/results
	@$(call suite,$(call whole,$*)) --programs $(BUILD)/labs/$(call whole,$*) \
	    --kit-version $(KIT_VERSION) $(seed_and_test) $(call export_result,$(call whole,$*))

# A lab that does not exist.
lab%:
	@echo "There is no $@. The labs are: $(SHORT)." >&2; exit 2

.PHONY: solutions
solutions: $(foreach lab,$(ALL_LABS),$(call programs,solutions,$(lab)))
	@echo "The reference programs are in $(BUILD)/solutions."

# ---- Set-up ------------------------------------------------------------------

.PHONY: setup
setup: $(BUILD)/.setup

$(BUILD)/.setup: tests/setup
	@tests/setup
	@mkdir -p $(BUILD) && touch $@

.PHONY: clean
clean:
	rm -rf $(BUILD)
