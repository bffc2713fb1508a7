# The one face of the kit. `make` alone says what there is to do.
#
# A new lab is new folders, no new rule: labs/labNN-name, solutions/labNN-name,
# and tests/labNN-name with a lab.mk and the suite: suite.c, or the files that it names.

.DEFAULT_GOAL := overview
.SECONDEXPANSION:
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory
# As many at once as there are processors; several labs in one call print one
# after the other.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
ifneq ($(word 2,$(MAKECMDGOALS)),)
MAKEFLAGS += --output-sync=target
endif
endif

# Everything made goes here; elsewhere if the checkout cannot be written.
ifeq ($(origin BUILD),undefined)
BUILD := $(shell mkdir -p build 2>/dev/null && test -w build && echo build || { \
           d="$${TMPDIR:-/tmp}/socket-lab-kit-$$(id -u)"; mkdir -p -m 700 "$$d" && test -O "$$d" && echo "$$d"; })
ifeq ($(BUILD),)
$(error This checkout cannot be written, and neither can $${TMPDIR:-/tmp}. Say where to build: make BUILD=/some/folder)
endif
ifneq ($(BUILD),build)
$(info This checkout cannot be written: building in $(BUILD).)
endif
endif

# ---- What there is ----------------------------------------------------------

ALL_LABS := $(notdir $(wildcard labs/lab[0-9][0-9]-*))
include $(wildcard tests/lab[0-9][0-9]-*/lab.mk)
%/lab.mk: ; # or make -B would ask the rule of a lab that does not exist
short = $(firstword $(subst -, ,$(1)))
whole = $(filter $(1)-%,$(ALL_LABS))
SHORT := $(foreach lab,$(ALL_LABS),$(call short,$(lab)))

# LAB=03, LAB=3 or LAB=lab03; LABS="lab02 lab03".
number = $(patsubst lab%,%,$(1))
as_lab = lab$(if $(filter 1 2 3 4 5 6 7 8 9,$(number)),0)$(number)
LABS ?= $(SHORT)
ONE_LAB := $(if $(LAB),$(call as_lab,$(LAB)))

# The students' programs, or the reference programs with SOLUTIONS=1.
tree := $(if $(SOLUTIONS),solutions,labs)

# The executables of a lab's programs, for those sources that are there; the
# suite says what is missing.
sources = $(foreach p,$($(2).programs),$(wildcard $(1)/$(2)/$(p).c))
scripts = $(foreach s,$($(2).scripts),$(wildcard $(1)/$(2)/$(s)))
programs = $(foreach c,$(call sources,$(1),$(2)),$(call builds,$(BUILD)/$(c:.c=),$(2))) \
    $(addprefix $(BUILD)/,$(call scripts,$(1),$(2)))
# A program as it is, for the sanitizers, and if LAB.tsan names it also for
# ThreadSanitizer:  $(call builds,PROGRAM,LAB)
builds = $(1) $(1).asan $(if $(filter $(notdir $(1)),$($(2).tsan)),$(1).tsan)
# What was built of a source that is there no more must not be tested.
stale = $(foreach p,$($(2).programs),$(if $(wildcard $(1)/$(2)/$(p).c),,$(wildcard $(BUILD)/$(1)/$(2)/$(p)*))) \
    $(foreach s,$($(2).scripts),$(if $(wildcard $(1)/$(2)/$(s)),,$(wildcard $(BUILD)/$(1)/$(2)/$(s))))
suite = $(BUILD)/tests/$(1)/suite

# The kit that students are handed (make student-kit) has no reference programs,
# and nothing that tests the kit or grades a class.
ifeq ($(wildcard solutions),)
ifneq ($(SOLUTIONS)$(filter reference,$(LIBRARY))$(filter solutions,$(MAKECMDGOALS)),)
$(error SOLUTIONS=1, LIBRARY=reference and make solutions need the reference programs, and this kit has none)
endif
endif
ABSENT := $(if $(wildcard tests/kit),,test tests test-pi pi pi-% bench-pi kit pages mutants mutant-% starters starter-% full-marks \
    nothing-% solution-% style-% compares compare-% bench bench-class coverage flakes attacks lint lint-% fuzz fuzz-% talk-% threads threads-% student-kit) $(if $(wildcard tests/grade),,grade class-tools)
ABSENT += $(if $(wildcard tests/export),,gradescope vpl classroom50 moodle) $(if $(wildcard slides),,slides) $(if $(wildcard tests/book),,book)
ifneq ($(filter $(ABSENT),$(MAKECMDGOALS)),)
$(error make $(firstword $(filter $(ABSENT),$(MAKECMDGOALS))) is not in this kit, which is one for students: make alone shows the labs)
endif

# ---- Programs of students, solutions, planted bugs: one rule each ------------

CC := gcc
STUDENT_CFLAGS := -std=gnu11 -Wall -Wextra -g -pthread

# What a build of a program is made with, by its suffix.
FLAGS = $(if $(LIBGPIOD),-DHAVE_LIBGPIOD)
# A program cannot ask whether it is built for a sanitizer, nor leave a function out.
WATCHED := -U__SANITIZE_ADDRESS__ -U__SANITIZE_THREAD__ $(foreach a,no_sanitize __no_sanitize__,-D'$(a)(...)=unused') \
    $(foreach a,address thread undefined,-Dno_sanitize_$(a)=unused -D__no_sanitize_$(a)__=unused)
FLAGS.asan = $(FLAGS) $(WATCHED) -fsanitize=address,undefined -fno-sanitize-recover=undefined
FLAGS.tsan = $(FLAGS) $(WATCHED) -fsanitize=thread
LIBS = $(if $(and $(LIBGPIOD),$(filter hw,$($(lab_of).uses))),-lgpiod)
LIBS.asan = $(LIBS)
LIBS.tsan = $(LIBS)

# Where libgpiod is installed, as set-up does on a Raspberry Pi, programs know the
# machine's own GPIO chips. Made anew when it comes or goes.
LIBGPIOD := $(wildcard /usr/include/gpiod.h)
LIBGPIOD_THERE := $(BUILD)/.libgpiod-$(if $(LIBGPIOD),yes,no)
$(LIBGPIOD_THERE):
	@mkdir -p $(BUILD) && rm -f $(BUILD)/.libgpiod-* && touch $@

# For a Raspberry Pi: static, so that nothing need be installed there. libgpiod
# and a C library come from Debian: its version 1, and 2 in .arm64v2.
CACHE := $(BUILD)/cache
PI_BUILDS := arm64 armhf arm64v2
CC.arm64 := aarch64-linux-gnu-gcc
CC.armhf := arm-linux-gnueabihf-gcc
CC.arm64v2 := $(CC.arm64)
PACKAGES.arm64 := bookworm arm64
PACKAGES.armhf := bookworm armhf
PACKAGES.arm64v2 := trixie arm64
pi_packages = $(CACHE)/$(subst $() ,-,$(PACKAGES.$(1)))
$(foreach b,$(PI_BUILDS),$(eval FLAGS.$(b) := -O2 -static --sysroot=$(call pi_packages,$(b)) -DHAVE_LIBGPIOD) \
    $(eval LIBS.$(b) := -lgpiod))

# The lab is a folder of the path: build/labs/LAB/x, build/mutants/LAB/NAME/x.asan, …
lab_of = $(lastword $(filter $(ALL_LABS),$(subst /, ,$(1))))
# LAB.uses names folders of shared code: a library each, in the program's build.
# So too the reference files of the labs that it builds on.
references = $(addprefix solutions/,$($(1).builds-on))
libraries = $(foreach f,$(if $(filter solutions,$(library_tree)),$(call references,$(lab_of))) $($(lab_of).uses),$(BUILD)/$(f)/lib$(suffix $(1)).a)
# A lab's headers lie with its starters.
includes = $(addprefix -I,$($(lab_of).uses) $(addprefix labs/,$(lab_of) $($(lab_of).builds-on)))

# What a program is compiled with besides the file of its name. Where a lab asks
# for functions, a main that calls them: tests/LAB/drive_PROGRAM.c. And the files
# of the labs that it builds on: LAB.builds-on. A student's programs stand on his
# own files; with LIBRARY=reference on those of solutions/.
library_tree = $(if $(filter $(BUILD)/labs/%,$(1)),$(if $(filter reference,$(LIBRARY)),solutions,labs),solutions)
built_on = $(if $(filter labs,$(library_tree)),$(foreach l,$($(lab_of).builds-on),$(foreach p,$($(l).programs),labs/$(l)/$(p).c)))
also = $(wildcard tests/$(lab_of)/drive_$(basename $(notdir $(1))).c $(built_on))
# Made anew when LIBRARY changes.
LIBRARY_CHOICE := $(BUILD)/.library-$(if $(filter reference,$(LIBRARY)),reference,own)
$(LIBRARY_CHOICE):
	@mkdir -p $(BUILD) && rm -f $(BUILD)/.library-* && touch $@
needs = $(also) $(libraries) $(if $($(lab_of).builds-on),$(LIBRARY_CHOICE)) $(wildcard labs/$(lab_of)/*.h tests/$(lab_of)/drive*.h)

# A file that does not compile is not the end: its tests fail and say why, and
# the other program's tests run. gcc stops at its first error.
#     $(call compile,SOURCE,PROGRAM,WHAT TO DO WITH THE LOG)
compiler = $(or $(CC$(suffix $(1))),$(CC))
compile = mkdir -p $(dir $(2)) && if LC_ALL=C $(call compiler,$(2)) $(STUDENT_CFLAGS) -fmax-errors=1 $(FLAGS$(suffix $(2))) \
            $(call includes,$(2)) -o $(2) $(1) $(call also,$(2)) $(call libraries,$(2)) $(LIBS$(suffix $(2))) 2> $(2).log; \
          then chmod a+rx $(2); $(3) rm -f $(2).log; else rm -f $(2); $(3) true; fi

$(BUILD)/%: %.c $$(call needs,$$@) | $(BUILD)/.setup
	@$(call compile,$<,$@,cat $@.log >&2;)

# A script is ready as it is.
$(BUILD)/%.sh: %.sh | $(BUILD)/.setup
	@mkdir -p $(@D) && cp $< $@ && chmod a+rx $@

$(BUILD)/%.asan: %.c $$(call needs,$$@) | $(BUILD)/.setup
	@$(call compile,$<,$@)

$(BUILD)/%.tsan: %.c $$(call needs,$$@) | $(BUILD)/.setup
	@$(call compile,$<,$@)

define pi_build
$$(BUILD)/%.$(1): %.c $$$$(call needs,$$$$@) | $$(call pi_packages,$(1))
	@$$(call compile,$$<,$$@)

$$(call library_builds,lib.$(1)): | $$(call pi_packages,$(1))

endef

# Compiled once for each build, not with each program.
SHARED := $(sort $(foreach lab,$(ALL_LABS),$($(lab).uses) $(call references,$(lab))))
library_builds = $(foreach f,$(SHARED),$(foreach b,$(1),$(BUILD)/$(f)/$(b).a))
$(call library_builds,lib lib.asan lib.tsan): $(LIBGPIOD_THERE)
$(call library_builds,lib lib.asan lib.tsan $(addprefix lib.,$(PI_BUILDS))): \
    $$(wildcard $$(addsuffix /*.[ch],$(SHARED)) $(patsubst solutions/%,labs/%/*.h,$(filter solutions/%,$(SHARED)))) | $(BUILD)/.setup
	@rm -rf $@ $@.parts && mkdir -p $@.parts
	@for c in $(basename $(wildcard $(patsubst $(BUILD)/%,%,$(@D))/*.c)); do \
	    $(call compiler,$(basename $@)) $(STUDENT_CFLAGS) $(FLAGS$(suffix $(basename $@))) \
	        $(addprefix -I,$(SHARED)) $(call includes,$@) -c -o $@.parts/$${c##*/}.o $$c.c || exit; \
	done; $(AR) rcs $@ $@.parts/*.o

# Folders of unpacked packages.
$(sort $(foreach b,$(PI_BUILDS),$(call pi_packages,$(b)))): | $(BUILD)/.setup-pi
	@hw/pi/fetch $@ $(subst -, ,$(@F)) main libgpiod-dev libc6-dev

$(foreach b,$(PI_BUILDS),$(eval $(call pi_build,$(b))))

# ---- The simulated board -------------------------------------------------------

BOARD := $(addprefix $(BUILD)/hw/,board tap.so run)
$(BUILD)/hw/board: $(addprefix hw/board/,board.c lines.c)
$(BUILD)/hw/run: $(addprefix hw/board/,run.c folder.c logs.c)
$(BUILD)/hw/tap.so: hw/board/tap.c
$(BUILD)/hw/tap.so: private STUDENT_CFLAGS += -shared -fPIC
$(BOARD): $(wildcard hw/board/*.h) $(BUILD)/common/lib.a
	@mkdir -p $(@D)
	@$(CC) $(STUDENT_CFLAGS) -O2 -Icommon -o $@ $(filter %.c,$^) $(filter %.a,$^)

# ---- A Raspberry Pi ------------------------------------------------------------

# Its programs are built for ARCH, of the student's or the reference files.
PI_LAB := lab10-button-led
PI_BOTH := led_process button_process
ARCH ?= arm64
pi_built = $(foreach p,$(PI_BOTH),$(BUILD)/$(1)/$(PI_LAB)/$(p).$(2))

ifneq ($(filter flash image,$(MAKECMDGOALS)),)
ifeq ($(filter arm64 armhf,$(ARCH)),)
$(error ARCH="$(ARCH)" is not built for: ARCH=arm64 is for a 64-bit Raspberry Pi OS, ARCH=armhf for a 32-bit one)
endif
ifeq ($(filter image,$(MAKECMDGOALS))$(ARCH),imagearmhf)
$(error ARCH=armhf is not possible for a card, which is for arm64 alone; make flash takes it)
endif
endif

# make flash PI=user@host: lab 10 on a Pi, over ssh; make unflash takes it away.
# What is wrong with the address hw/pi/flash says; PORT and KEY are those of ssh.
ifneq ($(filter flash unflash,$(MAKECMDGOALS)),)
ifeq ($(strip $(PI)),)
$(error Say which Raspberry Pi: make $(firstword $(filter flash unflash,$(MAKECMDGOALS))) PI=user@host [PORT=22] [KEY=~/.ssh/id_ed25519])
endif
endif
FLASH = hw/pi/flash --pi=$(call quoted,$(PI)) --port=$(call quoted,$(PORT)) --key=$(call quoted,$(KEY))
FLASHED = $(foreach p,$(PI_BOTH),$(if $(wildcard $(tree)/$(PI_LAB)/$(p).c),$(BUILD)/$(tree)/$(PI_LAB)/$(p).$(ARCH)))

.PHONY: flash unflash
flash: $$(FLASHED) | $(BUILD)/.setup-pi
	@rm -f $(call stale,$(tree),$(PI_LAB))
	@$(FLASH) --arch=$(ARCH) $(BUILD)/$(tree)/$(PI_LAB)

unflash:
	@$(FLASH) --remove

# An SD card that boots a Pi 3 or 4 into lab 10.
.PHONY: image
image: $$(call pi_built,$(tree),arm64) | $(BUILD)/.setup-image
	@hw/pi/image $(CACHE) $(BUILD)/pi/lab10.img $(call pi_built,$(tree),arm64)

# The drawing of the wiring is committed: made anew when pins.h has changed.
.PHONY: wiring
wiring:
	@hw/pi/wiring hw/pi/wiring.svg && echo "hw/pi/wiring.svg is drawn, from hw/pins.h."

# What make doctor says of this machine's own pins.
DOCTOR_HEADERS := hw/pins.h hw/pi_chips.h
$(BUILD)/hw/pi/doctor.arm64: $(DOCTOR_HEADERS)
$(BUILD)/hw/pi/doctor: hw/pi/doctor.c $(DOCTOR_HEADERS) $(LIBGPIOD_THERE)
	@mkdir -p $(@D) && $(CC) $(STUDENT_CFLAGS) $(FLAGS) -o $@ $<

# ---- The emulated Raspberry Pi ---------------------------------------------------

# PI_TESTS="pl061 gpio_sim" picks.
PI_TESTS ?= $(patsubst tests/pi/%_test.py,%,$(wildcard tests/pi/*_test.py))
ifneq ($(filter-out $(wildcard tests/pi/*_test.py),$(PI_TESTS:%=tests/pi/%_test.py)),)
$(error PI_TESTS="$(PI_TESTS)" names a test that is not there. They are: $(patsubst tests/pi/%_test.py,%,$(wildcard tests/pi/*_test.py)))
endif
# What they run in there.
PI_PROGRAMS := $(foreach b,arm64 arm64v2,$(call pi_built,solutions,$(b)))
.PHONY: test-pi pi $(PI_TESTS:%=pi-%)
test-pi: | $(BUILD)/.setup-emulated
	@mkdir -p $(BUILD)/pi
	@echo "Emulated machines are slow: all tests take some six minutes, and each file is shown when it is over."
	@{ $(MAKE) -k --output-sync=target pi || echo "STOPPED pi"; } 2>&1 | tee $(BUILD)/pi/test.log | grep -v '^make'; $(call count_verdicts,$(BUILD)/pi/test.log)

.PHONY: pi-ready
pi-ready: $(PI_PROGRAMS) $(BUILD)/hw/pi/doctor.arm64

# 77: what it needs cannot be fetched; it has said so. flash takes longest.
pi: $(addprefix pi-,$(filter flash,$(PI_TESTS)) $(filter-out flash,$(PI_TESTS)))
$(PI_TESTS:%=pi-%): pi-%: pi-ready | $(BUILD)/.setup-emulated
	@mkdir -p $(BUILD)/pi
	@$(call twice,/usr/bin/python3 -B tests/pi/$*_test.py $(BUILD) || [ $$? = 77 ],tests/pi/$*_test.py,$(BUILD)/pi/$*.said)

# A press to the LED there, beside a bare exchange.
.PHONY: bench-pi
bench-pi: $(PI_PROGRAMS) $(BUILD)/tests/pi/loopback.arm64 | $(BUILD)/.setup-emulated
	@/usr/bin/python3 -B tests/pi/bench.py $(BUILD)

# ---- The harness and the suites ----------------------------------------------

KIT_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -D_GNU_SOURCE -Itests/harness -MMD -MP
HARNESS := $(filter-out cell_init cell_filter faults faults_c11,$(basename $(notdir $(wildcard tests/harness/*.c))))
# What cells have of the kit.
TOOLS := $(addprefix $(BUILD)/tests/cell/,cell_init faults.so etc)

$(BUILD)/tests/harness/%.o: tests/harness/%.c | $(BUILD)/.setup
	@mkdir -p $(@D)
	@$(CC) $(KIT_CFLAGS) -c -o $@ $<

$(BUILD)/tests/libharness.a: $(HARNESS:%=$(BUILD)/tests/harness/%.o)
	@rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/tests/cell/cell_init: tests/harness/cell_init.c tests/harness/cell_filter.c $(wildcard tests/harness/*.h) | $(BUILD)/.setup
	@mkdir -p -m 755 $(@D)
	@$(CC) $(filter-out -MMD -MP,$(KIT_CFLAGS)) -static -o $@ $(filter %.c,$^) -lseccomp && chmod a+rx $@

$(BUILD)/tests/cell/faults.so: tests/harness/faults.c tests/harness/faults_c11.c | $(BUILD)/.setup
	@mkdir -p -m 755 $(@D)
	@$(CC) $(filter-out -MMD -MP,$(KIT_CFLAGS)) -shared -fPIC -o $@ $^ && chmod a+rx $@

# What programs under test find as /etc.
$(BUILD)/tests/cell/etc: tests/harness/cell-etc $(wildcard tests/harness/cell-etc/*) tests/harness/cell.c | $(BUILD)/.setup
	@mkdir -p -m 755 $(@D) && rm -rf $@ && mkdir -p $@/alternatives && cp $</* $@ && chmod -R a+rX $@
	@cp /etc/services /etc/protocols /etc/ld.so.cache $@ 2>/dev/null; touch $@

# What a suite puts in the place of a program: tests/LAB/standin.c. It runs in cells.
.PRECIOUS: $(BUILD)/tests/%/standin
standin = $(if $(wildcard tests/$(1)/standin.c),$(BUILD)/tests/$(1)/standin)
$(BUILD)/tests/%/standin: tests/%/standin.c | $(BUILD)/.setup
	@mkdir -p $(@D)
	@$(CC) $(filter-out -MMD -MP,$(KIT_CFLAGS)) -static -o $@ $< && chmod a+rx $@

# Its tests are shown in the order of its files: LAB.suite in lab.mk, and then the
# hidden ones, which students do not have.
suite_files = $(addprefix tests/$(1)/,$(or $($(1).suite),suite.c)) $(sort $(wildcard tests/$(1)/hidden*.c))
$(BUILD)/tests/%/suite: $$(call suite_files,$$*) $$(wildcard tests/$$*/*.h) $(BUILD)/tests/libharness.a | $(TOOLS) $$(call standin,$$*)
	@mkdir -p $(@D)
	@$(CC) $(filter-out -MMD -MP,$(KIT_CFLAGS)) -o $@ $(filter %.c,$^) $(BUILD)/tests/libharness.a \
	    $$(pkg-config --cflags --libs check jansson)

$(BUILD)/tests/judge: tests/kit/judge.c
$(BUILD)/tests/report: tests/report/report.c
$(BUILD)/tests/doctor: tests/report/doctor.c
$(BUILD)/tests/judge $(BUILD)/tests/report $(BUILD)/tests/doctor: $(BUILD)/tests/libharness.a
	@$(CC) $(KIT_CFLAGS) -o $@ $(filter %.c,$^) $(BUILD)/tests/libharness.a \
	    $$(pkg-config --cflags --libs check jansson)

-include $(wildcard $(BUILD)/tests/*/*.d $(BUILD)/tests/*.d)

# ---- A class -------------------------------------------------------------------

# How a class's programs are compiled: by the same lines as a student's own, but in
# a cell. A lab's recipe is a script of those; its comments say what it needs
# there: files of the kit, and which were to be handed in.
# $(call recipe_line,LAB,PROGRAM)
recipe_line = if [ -e labs/$(1)/$(2).c ]; then $(call recipe_builds,$(1),$(2),$(call builds,$(BUILD)/labs/$(1)/$(2),$(1)))fi
# What does not compile as it is, need not be tried for the sanitizers.
recipe_builds = $(call compile,labs/$(1)/$(2).c,$(firstword $(3))); \
    if [ -e $(firstword $(3)) ]; then $(foreach b,$(wordlist 2,9,$(3)),$(call compile,labs/$(1)/$(2).c,$(b)); ):; fi; 
recipe_script = cp labs/$(1)/$(2) $(BUILD)/labs/$(1)/$(2) && chmod a+rx $(BUILD)/labs/$(1)/$(2)
recipe_libraries = $(sort $(foreach p,$($(1).programs),$(foreach b,$(call builds,$(BUILD)/labs/$(1)/$(p),$(1)),$(call libraries,$(b)))))
recipe_kit = $($(1).uses) $(call recipe_libraries,$(1)) \
    $(wildcard labs/$(1)/*.h $(foreach l,$($(1).builds-on),labs/$(l)/*.h) tests/$(1)/drive*)
recipe_files = $(foreach l,$(1) $($(1).builds-on),$(addprefix $(l)/,$($(l).programs:=.c) $($(l).scripts)))
define recipe_text
$(foreach f,$(call recipe_kit,$(1)),# kit $(f)
)$(foreach f,$(call recipe_files,$(1)),# file $(f)
)$(if $($(1).builds-on),# library $(lastword $(call library,$(1),labs))
)$(foreach p,$($(1).programs),$(call recipe_line,$(1),$(p))
)$(foreach s,$($(1).scripts),$(call recipe_script,$(1),$(s))
)
endef
recipe = $(BUILD)/tests/$(1)/recipe
$(BUILD)/tests/%/recipe: tests/%/lab.mk Makefile $$(call recipe_libraries,$$*) $(LIBRARY_CHOICE)
	@$(shell mkdir -p $(@D))$(file >$@,$(call recipe_text,$*))

$(BUILD)/tests/unit: $(addprefix tests/grade/,unit.c compile.c signs.c sign_words.c compile.h signs.h) $(BUILD)/tests/libharness.a
	@$(CC) $(KIT_CFLAGS) -MF $@.d -o $@ $(filter %.c,$^) $(BUILD)/tests/libharness.a $$(pkg-config --cflags --libs check jansson)

$(BUILD)/tests/class: $(wildcard tests/grade/class*.c) tests/grade/compile.c tests/grade/class.h tests/grade/compile.h $(BUILD)/tests/libharness.a | $(BUILD)/.setup-class
	@$(CC) $(KIT_CFLAGS) -MF $@.d -o $@ $(filter %.c,$^) $(BUILD)/tests/libharness.a $$(pkg-config --cflags --libs check jansson) -lmd

$(BUILD)/tests/intake: $(wildcard tests/grade/intake*.c) tests/grade/intake.h | $(BUILD)/.setup-class
	@mkdir -p $(@D) && $(CC) $(filter-out -MMD -MP,$(KIT_CFLAGS)) -o $@ $(filter %.c,$^) -larchive -lmd -lseccomp -ljansson

# ---- Labs --------------------------------------------------------------------

# What a student wrote in labs/ does not make it another kit.
KIT_VERSION = $(if $(wildcard .version),$(file < .version),$(shell git describe --always 2>/dev/null || echo unknown)$(shell \
    git diff --quiet HEAD -- . ':!labs' 2>/dev/null || echo -dirty))
quoted = '$(subst ','\'',$(1))'
seed_and_test = $(if $(TEST),--test $(call quoted,$(TEST))) $(if $(SEED),--seed $(call quoted,$(SEED)))
export_result = $(if $(TEST),,--out $(BUILD)/results/$(1).json)

# Of a lab that builds on another, the result says whose files those are.
# $(call library,LAB,TREE)
library = $(if $($(1).builds-on),--library $(if $(filter reference,$(LIBRARY)),solutions,$(2))/$(firstword $($(1).builds-on)))

.PHONY: $(SHORT)
$(SHORT): %: $$(call programs,labs,$$(call whole,$$*)) $$(call suite,$$(call whole,$$*))
	@mkdir -p $(BUILD)/results && rm -f $(call stale,labs,$(call whole,$*))
	@$(call suite,$(call whole,$*)) --programs $(BUILD)/labs/$(call whole,$*) \
	    --kit-version $(KIT_VERSION) $(call library,$(call whole,$*),labs) $(seed_and_test) \
	    $(call export_result,$(call whole,$*))

.PHONY: overview
overview: $(if $(wildcard $(BUILD)/.setup),$(BUILD)/tests/report)
	@if [ -e $(BUILD)/.setup ]; then $(BUILD)/tests/report overview $(BUILD)/results $(ALL_LABS); \
	else printf '%s\n' 'Socket lab kit: $(words $(ALL_LABS)) labs, from the first socket to a button and an LED.' \
	    '' 'Nothing is set up yet. make lab01 installs what is missing, builds and grades lab 1.' \
	    'Its handout is labs/$(firstword $(ALL_LABS))/README.md.'; fi

# Folders of these names stand here: without a rule make would call them done.
.PHONY: labs tests
labs: overview
tests: test

.PHONY: watch
watch: $(BUILD)/.setup
	@echo "Runs $(ONE_LAB) on each save; Ctrl-C ends it."
	@ls labs/$(call whole,$(ONE_LAB))/*.c | entr -c sh -c '$(MAKE) $(ONE_LAB) || true'

# Runs a lab's programs on the simulated board; TERMINAL=1, or FACE=terminal,
# shows it in the terminal, PORT=n chooses the page's port. A lab without a board needs none.
FACE_OPTIONS = $(if $(TERMINAL)$(filter terminal,$(FACE)),-t) $(if $(PORT),-p $(call quoted,$(PORT)))
RUN := $(call whole,$(ONE_LAB))
ifneq ($(filter hw,$($(RUN).uses)),)
RUN_NEEDS = $(filter-out %.asan %.tsan,$(call programs,$(tree),$(RUN))) $(BOARD)
RUN_COMMAND = $(BUILD)/hw/run $(FACE_OPTIONS) $(BUILD) $(BUILD)/$(tree)/$(RUN)
else
RUN_COMMAND = echo "$(RUN) has no board. Its programs are $(addprefix $(BUILD)/$(tree)/$(RUN)/,$($(RUN).programs)):" \
    "run each in a terminal of its own, as labs/$(RUN)/README.md says."
RUN_NEEDS = $(filter-out %.asan %.tsan,$(call programs,$(tree),$(RUN)))
endif
.PHONY: run
run: $$(RUN_NEEDS)
	@$(RUN_COMMAND)

# The board alone, for programs that are started elsewhere.
.PHONY: board
board: $(BOARD)
	@$(BUILD)/hw/run $(FACE_OPTIONS) $(BUILD)

# Makes the page's vendor/ anew, of what its package-lock.json names; needs npm.
.PHONY: board-bundle
board-bundle:
	@rm -rf $(BUILD)/bundle && mkdir -p $(BUILD)/bundle
	@cp hw/board/page/vendor/*.js* hw/board/page/vendor/*.mjs $(BUILD)/bundle
	@cd $(BUILD)/bundle && npm ci --ignore-scripts --no-audit --no-fund
	@cd $(BUILD)/bundle && node build.mjs $(abspath hw/board/page/vendor)

# ---- Slides --------------------------------------------------------------------

# All decks, or one: LAB=03; LAB=kit is the one on the kit itself.
DECKS := $(if $(LAB),$(wildcard slides/$(ONE_LAB)-*.md slides/$(LAB).md),$(wildcard slides/*.md))
ifneq ($(filter slides,$(MAKECMDGOALS)),)
ifeq ($(DECKS),)
$(error $(if $(wildcard slides/*.md),There is no deck for LAB="$(LAB)". There are: $(foreach d,$(wildcard slides/*.md),LAB=$(patsubst lab%,%,$(call short,$(basename $(notdir $(d)))))),There are no slides in this kit))
endif
endif
# Traces are of the reference programs.
.PHONY: slides
slides: $(foreach l,$(if $(LAB),$(call whole,$(ONE_LAB)),$(ALL_LABS)),$$(filter-out %.asan %.tsan,$$(call programs,solutions,$(l)))) | $(BUILD)/.setup-slides
	@slides/make.py $(BUILD) $(DECKS)

# ---- Grading -------------------------------------------------------------------

# This tree's labs/, or solutions/ with SOLUTIONS=1. WHO names the row.
WHO ?= $(tree)
ifneq ($(filter grade,$(MAKECMDGOALS)),)
ifneq ($(or $(findstring /,$(WHO)),$(filter .%,$(WHO)),$(if $(strip $(WHO)),,none)),)
$(error WHO="$(WHO)" cannot be a row's name: it must not be empty, begin with a dot, or hold a slash)
endif
endif
GRADED := $(foreach l,$(LABS),$(call whole,$(call as_lab,$(l))))
grade_run = $(call suite,$(1)) --programs $(BUILD)/$(tree)/$(1) --who $(call quoted,$(WHO)) \
    --kit-version $(KIT_VERSION) $(call library,$(1),$(tree)) $(seed_and_test) --quiet $(if $(ALLOW_UNSAFE),,--isolated) \
    --out $(BUILD)/grade/$(call quoted,$(WHO))/$(1).json; [ $$? -le 1 ] || failed=1;
# The table and the pages, of whatever has been graded: also where some of it is
# GRADER_ERROR, which makes it fail.
views = $(BUILD)/tests/report grades $(BUILD)/grade --class $(BUILD)/class $(GRADED); table=$$?; \
    /usr/bin/python3 -B tests/report/page.py $(BUILD)/grade --class $(BUILD)/class $(GRADED) && [ $$table = 0 ]

# A class: what DIR=SUBMISSIONS holds is sorted (intake), run (class, which has the
# shell's parent to go by: make), and shown. class-tools is what runs it, on other
# machines too: HOSTS="a b@c:2222".
.PHONY: class-tools
class-tools: $(TOOLS) $(addprefix $(BUILD)/tests/,unit doctor) $(foreach l,$(GRADED),$(call suite,$(l)) $(call recipe,$(l)))

# The listed files of a lab, and of those that it builds on: LAB=file,file.
comma := ,
percent := %
listed = $(1)=$(subst $() ,$(comma),$(strip $($(1).programs:=.c) $($(1).scripts)))
INTAKE = $(BUILD)/tests/intake $(call quoted,$(SUBMISSIONS)) $(BUILD)/class \
    $(foreach l,$(sort $(GRADED) $(foreach g,$(GRADED),$($(g).builds-on))),$(call listed,$(l)))

ifneq ($(SUBMISSIONS),)
class_option = $(if $($(2)),--$(1) $(call quoted,$($(2))))
.PHONY: grade
grade: class-tools $(addprefix $(BUILD)/tests/,intake class report)
	@$(INTAKE)
	@$(BUILD)/tests/class $(BUILD)/class $(BUILD)/grade $(GRADED) --caller $$PPID --kit-version $(KIT_VERSION) \
	    $(call class_option,seed,SEED) $(call class_option,hosts,HOSTS) $(call class_option,ssh,SSH) \
	    $(call class_option,remote,REMOTE) $(if $(ALLOW_UNSAFE),--allow-unsafe); status=$$?; [ $$status -le 1 ] || exit $$status; \
	/usr/bin/python3 -B tests/report/lookalikes.py $(BUILD)/class $(BUILD)/grade $(GRADED) || status=1; \
	{ $(views); } || status=1; exit $$status
else
.PHONY: grade
grade: $(foreach l,$(GRADED),$$(call programs,$$(tree),$(l)) $(call suite,$(l))) $(BUILD)/tests/report
	@mkdir -p $(BUILD)/grade/$(call quoted,$(WHO)) && rm -f $(foreach l,$(GRADED),$(call stale,$(tree),$(l)))
	@failed=0; $(foreach l,$(GRADED),$(call grade_run,$(l))) \
	[ $$failed = 1 ] || { $(views); } || failed=1; exit $$failed
endif

.PHONY: compare
compare: $$(call programs,$$(tree),$$(call whole,$$(ONE_LAB))) $$(call suite,$$(call whole,$$(ONE_LAB)))
	@$(call suite,$(call whole,$(ONE_LAB))) --programs $(BUILD)/$(tree)/$(call whole,$(ONE_LAB)) \
	    $(seed_and_test) --compare labs/$(call whole,$(ONE_LAB))

# What client and server call, and what passes between them, as a picture: make trace
# LAB=03, of one test (TEST=id), or of any two programs (SERVER="command"
# CLIENT="command"). A recording takes the place of an older one when it is whole.
$(BUILD)/tests/trace/two: tests/trace/two.c $(BUILD)/tests/libharness.a | $(TOOLS)
	@mkdir -p $(@D) && $(CC) $(filter-out -MMD -MP,$(KIT_CFLAGS)) -o $@ $(filter %.c,$^) $(BUILD)/tests/libharness.a \
	    $$(pkg-config --cflags --libs check jansson)

trace_option = $(if $($(2)),--$(1) $(call quoted,$($(2))))
TRACE_OPTIONS = $(foreach o,server=SERVER client=CLIENT delay=DELAY loss=LOSS rcvbuf=RCVBUF,$(call trace_option,$(firstword $(subst =, ,$(o))),$(lastword $(subst =, ,$(o)))))
ifeq ($(LAB),)
TRACE_NAME = two
TRACE_NEEDS = $(BUILD)/tests/trace/two
TRACE = $(BUILD)/tests/trace/two $(TRACE_OPTIONS) $(call trace_option,port,PORT) $(call trace_option,input,INPUT)
else
TRACED := $(call whole,$(ONE_LAB))
TRACE_NAME = $(call short,$(TRACED))$(if $(PAIR),-$(PAIR))$(if $(TEST),-$(TEST))$(if $(filter python,$(SERVER)),-python-server)$(if $(filter python,$(CLIENT)),-python-client)
TRACE_NEEDS = $(if $(TEST),$(call programs,$(tree),$(TRACED)),$(filter-out %.asan %.tsan,$(call programs,$(tree),$(TRACED)))) $(call suite,$(TRACED))
TRACE = $(call suite,$(TRACED)) --programs $(BUILD)/$(tree)/$(TRACED) --peers labs/$(TRACED) $(TRACE_OPTIONS) $(call trace_option,pair,PAIR) \
    $(if $(TEST)$(SEED),$(seed_and_test),--seed 1)
endif
.PHONY: trace
trace: $$(TRACE_NEEDS) | $(BUILD)/.setup
	@rm -rf $(if $(TRACED),$(call stale,$(tree),$(TRACED))); command -v strace > /dev/null || tests/setup --trace || :
	@mkdir -p $(BUILD)/trace && new=$(BUILD)/trace/.new-$$$$ && trap 'rm -rf "$$new"' EXIT && $(TRACE) --trace $$new && \
	    made=$(BUILD)/trace/$(call quoted,$(TRACE_NAME)) && rm -rf "$$made" && mv $$new "$$made" && \
	    /usr/bin/python3 -B tests/trace/draw.py "$$made" && \
	    echo "The page: $$made/trace.html$$([ ! -e "$$made/wire.pcap" ] || echo "; for Wireshark: $$made/wire.pcap")"

# Out to where grades live. A package grades one lab, one submission at a time;
# ALLOW_UNSAFE=1 is packed with it. make moodle hands on the grades that are here.
PLATFORMS := gradescope vpl classroom50
package = /usr/bin/python3 -B tests/export/package.py $(1) $(call whole,$(ONE_LAB)) $(2) \
    --kit-version $(KIT_VERSION) $(if $(ALLOW_UNSAFE),--allow-unsafe)
.PHONY: $(PLATFORMS) moodle
gradescope vpl: | $(BUILD)/.setup
	@$(call package,$@,$(BUILD)/$@-$(ONE_LAB).zip)
classroom50: | $(BUILD)/.setup
	@$(call package,$@,$(BUILD)/$@-$(ONE_LAB))
moodle: | $(BUILD)/.setup
	@/usr/bin/python3 -B tests/export/moodle.py $(BUILD)/grade $(BUILD)/class $(BUILD)/moodle $(if $(LAB),--lab $(call whole,$(ONE_LAB))) \
	    $(if $(WORKSHEET),--worksheet $(call quoted,$(WORKSHEET))) $(if $(GRADE_COLUMN),--grade-column $(call quoted,$(GRADE_COLUMN))) -- $(GRADED)

# These need LAB=NN.
ifneq ($(filter-out $(SHORT),$(foreach l,$(LABS),$(call as_lab,$(l)))),)
$(error LABS="$(LABS)" names a lab that does not exist. The labs are: $(SHORT))
endif
ifneq ($(filter compare run watch $(PLATFORMS) $(if $(LAB),moodle) $(if $(LAB)$(if $(SERVER)$(CLIENT),,none),trace),$(MAKECMDGOALS)),)
ifeq ($(call whole,$(ONE_LAB)),)
$(error $(if $(LAB),There is no lab "$(LAB)",Say which lab: make $(firstword $(MAKECMDGOALS)) LAB=$(if $(filter run,$(MAKECMDGOALS)),10,03)). The labs are: $(SHORT))
endif
endif

# lab1 is lab01; any other lab does not exist.
ONE_DIGIT := $(patsubst lab0%,lab%,$(filter lab0%,$(SHORT)))
.PHONY: $(ONE_DIGIT)
$(ONE_DIGIT): lab%: lab0%
lab%:
	@echo "There is no $@. The labs are: $(SHORT)." >&2; exit 2

.PHONY: solutions
solutions: $(foreach lab,$(ALL_LABS),$(call programs,solutions,$(lab)))
	@echo "The reference programs are in $(BUILD)/solutions."

# The kit that students are handed: what is committed, but for solutions, hidden
# tests, planted bugs and whatever else is not for them.
.PHONY: student-kit
student-kit: | $(BUILD)/.setup
	@/usr/bin/python3 -B tests/student/pack.py $(BUILD)

# ---- The kit's own tests --------------------------------------------------------

# A planted bug is the solution with a patch. It must lose the tests that it
# names and no others: MUTANT=lab02-uppercase-echo/NAME runs one, UPDATE=1 writes
# the golden messages anew.
MUTANTS := $(patsubst tests/mutants/%.patch,%,$(wildcard \
    tests/mutants/$(if $(findstring /,$(MUTANT)),$(MUTANT),*/$(or $(MUTANT),*)).patch))
ifneq ($(LAB),)
MUTANTS := $(filter $(ONE_LAB)-%,$(MUTANTS))
endif
mutant_lab = $(patsubst %/,%,$(dir $(1)))
mutant_folder = $(BUILD)/mutants/$(1)
# Only what the patch changed is compiled again; the others are the solutions,
# byte for byte, so their tests, which full-marks runs, are left out. Builds for
# sanitizers are half the work, and made where a test wants them: these, by name.
SANITIZED_TESTS := sanitizers asan races
as_it_is = $(filter-out %.asan %.tsan,$(1))
for_sanitizers = $(filter %.asan %.tsan,$(1))
mutant_program = if cmp -s solutions/$(1)/$(3).c $(2)/$(3).c; \
    then cp $(call $(4),$(call builds,$(BUILD)/solutions/$(1)/$(3),$(1))) $(2)/; \
    else changed=$(3),$$changed; \
        $(foreach b,$(call $(4),$(call builds,$(2)/$(3),$(1))),$(call compile,$(2)/$(3).c,$(b)) && ) true; fi;
mutant_programs = $(foreach p,$($(call mutant_lab,$(1)).programs),$(call mutant_program,$(call mutant_lab,$(1)),$(call mutant_folder,$(1)),$(p),$(2)))
mutant_script = cmp -s solutions/$(1)/$(3) $(2)/$(3) || changed=$(3),$$changed; chmod a+rx $(2)/$(3);
# SHARE=8, for make test: of eight only one goes through all tests of its program, with
# each commit another one. The others go through those that they name.
SHARE ?= 1
IN_TURN := $(MUTANTS)
ifneq ($(SHARE),1)
IN_TURN := $(shell printf '%s\n' $(MUTANTS) | awk -v turn="$$(git rev-list --count HEAD 2>/dev/null || echo 0)" 'NR % $(SHARE) == turn % $(SHARE)')
endif
# Planted bugs give way to the emulated machines beside them, or those would be at
# work alone in the end.
yields = renice -n 10 -p $$$$ > /dev/null 2>&1;
mutant_tests = $(if $(filter $(1:tests/mutants/%.patch=%),$(IN_TURN)),,--only "$$(sed -nE 's/^(Loses|Also)://p' $(1) | tr -s ' \n' ',')")
mutant_judged = { $(call suite,$(1)) --programs $(2) --seed 1 --quiet --changed "$$(cat $(2)/changed)" $(call mutant_tests,$(3)) --out $(2)/result.json; \
    $(BUILD)/tests/judge $(3) $(2)/result.json $(if $(UPDATE),--update); }

# What fails once is told and tried once more: a failure that comes and goes is a
# bug of the kit, to be mended, but says nothing of what was changed.
# $(call twice,COMMAND THAT TELLS,WHAT IS TESTED,WHERE ITS WORDS ARE KEPT)
twice = { { $(1); } > $(3).first 2>&1 && cat $(3).first || { echo "AGAIN $(2), which said:" && sed 's/^/    /' $(3).first; $(1); }; }
# Prints PASS or FAIL.
verdict = if $(call twice,$(1),$(2),$(3)); then echo "PASS $(2)"; else echo "FAIL $(2)"; false; fi
full_marks = $(call suite,$(1)) --programs $(2) > $(2)/said 2>&1 || { cat $(2)/said; false; }

$(MUTANTS:%=$(BUILD)/mutants/%/changed): $(BUILD)/mutants/%/changed: tests/mutants/%.patch $$(call programs,solutions,$$(call mutant_lab,$$*))
	@$(yields) rm -rf $(@D) && mkdir -p $(@D) && \
	cp solutions/$(call mutant_lab,$*)/*.c $(call scripts,solutions,$(call mutant_lab,$*)) $(@D)/ && \
	patch -s -d $(@D) < $< && { changed=; $(call mutant_programs,$*,as_it_is) \
	$(foreach s,$($(call mutant_lab,$*).scripts),$(call mutant_script,$(call mutant_lab,$*),$(@D),$(s))) \
	echo "$$changed" > $@; }

$(MUTANTS:%=$(BUILD)/mutants/%/sanitized): $(BUILD)/mutants/%/sanitized: $(BUILD)/mutants/%/changed
	@$(yields) $(call mutant_programs,$*,for_sanitizers) touch $@

LOSES_SANITIZED = $(eval LOSES_SANITIZED := $(shell grep -lErs '^(Loses|Also):.*\.($(subst $() ,|,$(SANITIZED_TESTS)))' tests/mutants))$(LOSES_SANITIZED)
# What must be there of a bug, to run the tests that it names, or all.
planted = $(BUILD)/mutants/$(1)/$(if $(filter tests/mutants/$(1).patch,$(LOSES_SANITIZED)),sanitized,changed)
planted_whole = $(if $(filter $(1),$(IN_TURN)),$(BUILD)/mutants/$(1)/sanitized,$(call planted,$(1)))

.PHONY: mutants $(MUTANTS:%=mutant-%)
mutants: $(MUTANTS:%=mutant-%)
$(MUTANTS:%=mutant-%): mutant-%: $$(call planted_whole,$$*) $(BUILD)/tests/judge $$(call suite,$$(call mutant_lab,$$*))
	@$(yields) $(call twice,$(call mutant_judged,$(call mutant_lab,$*),$(call mutant_folder,$*),tests/mutants/$*.patch),$*,$(call mutant_folder,$*)/said)

# The reference programs, and right programs of other styles, get 100 points.
STYLES := $(patsubst tests/styles/%/,%,$(sort $(dir $(wildcard tests/styles/*/*/*.c))))
style_programs = $(foreach c,$(wildcard tests/styles/$(1)/*.c),$(call builds,$(BUILD)/$(c:.c=),$(call lab_of,$(c)))) \
    $(addprefix $(BUILD)/,$(wildcard tests/styles/$(1)/*.sh))

.PHONY: full-marks $(ALL_LABS:%=solution-%) $(STYLES:%=style-%)
full-marks: $(ALL_LABS:%=solution-%) $(STYLES:%=style-%)

$(ALL_LABS:%=solution-%): solution-%: $$(call programs,solutions,$$*) $$(call suite,$$*)
	@$(call verdict,$(call full_marks,$*,$(BUILD)/solutions/$*),full marks for solutions/$*,$(BUILD)/solutions/$*/said)

$(STYLES:%=style-%): style-%: $$(call style_programs,$$*) $$(call suite,$$(call mutant_lab,$$*))
	@$(call verdict,$(call full_marks,$(call mutant_lab,$*),$(BUILD)/tests/styles/$*),full marks for tests/styles/$*,$(BUILD)/tests/styles/$*/said)

# Starters compile without a warning and get no point, and neither does a program
# that does nothing but end, or wait.
.PHONY: starters $(ALL_LABS:%=starter-%) $(ALL_LABS:%=nothing-%)
no_points = ! $(call suite,$(1)) --programs $(2) --quiet --out $(2)/result.json && $(BUILD)/tests/judge --at-most 0 $(2)/result.json
starters: $(ALL_LABS:%=starter-%) $(ALL_LABS:%=nothing-%)
$(ALL_LABS:%=starter-%): starter-%: $$(call programs,labs,$$*) $$(call suite,$$*) $(BUILD)/tests/judge
	@mkdir -p $(BUILD)/starters
	@$(call verdict,$(call no_points,$*,$(BUILD)/labs/$*) && \
	    ! $(CC) $(STUDENT_CFLAGS) -fsyntax-only $(wildcard labs/$*/*.c) $(call includes,$*) 2>&1 | grep .,starter of labs/$*,$(BUILD)/starters/$*)

# For each program of the lab the same one; where a lab asks for functions, its starter does nothing.
IDLERS := $(foreach p,ends sleeper,$(BUILD)/tests/kit/programs/$(p))
idler = for p in $($(1).programs); do for b in "" .asan .tsan; do cp $(2) $(3)/$$p$$b; done; done; \
    for s in $($(1).scripts); do cp $(2) $(3)/$$s; done
$(ALL_LABS:%=nothing-%): nothing-%: $(IDLERS) $$(call suite,$$*) $(BUILD)/tests/judge
	@$(if $(wildcard tests/$*/drive_*.c),,$(foreach i,$(IDLERS),mkdir -p $(BUILD)/nothing/$*/$(notdir $(i)) && \
	$(call idler,$*,$(i),$(BUILD)/nothing/$*/$(notdir $(i))) && \
	$(call verdict,$(call no_points,$*,$(BUILD)/nothing/$*/$(notdir $(i))),$* for programs that do nothing: $(notdir $(i)),$(BUILD)/nothing/$*/$(notdir $(i))/said);))

.PHONY: compares $(ALL_LABS:%=compare-%)
compares: $(ALL_LABS:%=compare-%)
$(ALL_LABS:%=compare-%): compare-%: $$(call programs,solutions,$$*) $$(call suite,$$*)
	@mkdir -p $(BUILD)/compare
	@$(call verdict,$(call suite,$*) --programs $(BUILD)/solutions/$* --compare labs/$* > $(BUILD)/compare/$* || \
	    { cat $(BUILD)/compare/$*; false; },C and Python agree in $*,$(BUILD)/compare/$*)

# Each line of the contract, the tests that hold a program to it, and the planted bugs
# that break it: tests/LAB/contract. As a table, also in build/coverage.csv.
.PHONY: coverage
coverage: $(foreach l,$(GRADED),$(call suite,$(l)))
	@/usr/bin/python3 -B tests/kit/coverage.py $(if $(QUIET),--quiet) $(BUILD) $(BUILD)/coverage.csv $(GRADED)

# Tests in C of the helper library, the harness and the commands.
KIT_PROGRAMS := $(foreach c,$(wildcard tests/kit/programs/*.c),$(BUILD)/$(c:.c=) $(BUILD)/$(c:.c=.asan))
$(BUILD)/tests/kit/kit: $(wildcard tests/kit/*_test.c tests/grade/sign*.[ch]) tests/kit/main.c $(wildcard tests/kit/*.h) $(BUILD)/tests/libharness.a \
    $(wildcard common/*.[ch] hw/*.[ch]) $(LIBGPIOD_THERE) | $(TOOLS)
	@mkdir -p $(@D)
	@$(CC) $(filter-out -MMD -MP,$(KIT_CFLAGS)) $(FLAGS) -Icommon -Ihw -Itests/grade -o $@ $(filter %.c,$^) $(BUILD)/tests/libharness.a \
	    $$(pkg-config --cflags --libs check jansson) $(if $(LIBGPIOD),-lgpiod)

# Some of these are not meant to compile: no word about it.
$(BUILD)/tests/kit/programs/%: tests/kit/programs/%.c | $(BUILD)/.setup
	@$(call compile,$<,$@)

.PHONY: kit
kit: $(BUILD)/tests/kit/kit $(KIT_PROGRAMS) $(BUILD)/tests/report $(BOARD) \
    $$(call programs,solutions,lab02-uppercase-echo) $(foreach l,$(ALL_LABS),$(call suite,$(l)))
	@KIT_BUILD=$(BUILD) $(BUILD)/tests/kit/kit $(KIT)

# In Python: the board's page, in a browser, the board in a terminal, the wiring,
# and make flash.
PAGE_TESTS := $(wildcard tests/kit/*_test.py)
tests/kit/report_page_test.py: $(BUILD)/tests/report
# It runs make trace, which finds these made.
tests/kit/slides_page_test.py: $$(call programs,solutions,lab03-time-of-day) $(call suite,lab03-time-of-day)
# Runs what handouts and decks say, and so make lab02.
tests/kit/commands_test.py: $(foreach l,$(ALL_LABS),$(call programs,solutions,$(l))) $(call suite,$(call whole,lab02)) $(BUILD)/tests/report
TRACED_LABS := $(foreach l,02 03 05 06 07,$(call whole,lab$(l)))
tests/kit/trace_record_test.py: $(BUILD)/tests/trace/two $(foreach l,$(TRACED_LABS),$(call suite,$(l)) $$(call programs,solutions,$(l))) \
    $$(call programs,labs,lab02-uppercase-echo)
.PHONY: pages $(PAGE_TESTS)
pages: $(PAGE_TESTS)
$(PAGE_TESTS): $(BOARD) $$(call programs,solutions,lab10-button-led) class-tools $(BUILD)/tests/class $(BUILD)/tests/intake | $(BUILD)/.setup-tests
	@if [ $(filter %_page_test.py,$(@F)) ] && [ ! -x /usr/bin/chromedriver ]; then \
	    echo "No chromedriver here: $(@F) is left out, which needs a browser."; \
	else /usr/bin/python3 -B $@ $(BUILD) $(PAGES); fi

count_verdicts = awk '/^PASS / {passed++} /^FAIL / {failed++} /^STOPPED / {stopped++} /^AGAIN / {again++} \
    END {if (again) printf "%d passed or failed only when tried again: see AGAIN above\n", again; \
         printf "%d passed, %d failed\n", passed, failed; exit failed || stopped || !passed}' $(1)

# Quick things first. The last line counts what really ran. Many of these wait more
# than they work, so they run beside each other, and planted bugs three times as many
# at once as processors. Emulated machines, which wait for nobody, run beside those,
# and before them, as one takes longest; make begins them only at once if all that
# they need is there.
PARTS ?= "coverage QUIET=1" "kit pages starters lint-quick threads full-marks compares -j$$(($$(nproc) + 1))" \
    "fuzz FUZZ_TIME=0 RUNS=8 SEED=1" "attacks pi-ready" "pi mutants SHARE=8 -j$$((3 * $$(nproc)))"
.PHONY: test
test: | $(BUILD)/.setup-tests $(BUILD)/.setup-emulated
	@mkdir -p $(BUILD)
	@for part in $(PARTS); do \
	    $(MAKE) -k --output-sync=target $$part || echo "STOPPED $$part"; \
	done 2>&1 | tee $(BUILD)/test.log | grep --line-buffered -v '^make'
	@$(call count_verdicts,$(BUILD)/test.log)

# ---- Held to more ---------------------------------------------------------------

# clang-tidy and cppcheck, a folder a verdict: LINT="common solutions" picks. What
# is asked, and what not and why, is in .clang-tidy, hw/, tests/, and tests/lint.
# What has not changed is not read again. Styles are what students may write.
# make itself has a LINT of its own, which means nothing here.
ifneq ($(filter default undefined,$(origin LINT)),)
LINT := common hw labs solutions tests
endif
LINTED := $(foreach l,$(LINT),$(filter $(patsubst %/,%,$(l))/%,$(wildcard $(addsuffix /*.c,common hw hw/* labs/* solutions/* tests/*) \
    $(if $(filter tests/styles%,$(LINT)),tests/styles/*/*/*.c))))
LINT_FOLDERS := $(sort $(patsubst %/,%,$(dir $(LINTED))))
LINT_RULES := $(wildcard .clang-tidy */.clang-tidy tests/fuzz/.clang-tidy tests/lint/*)
LINT_FLAGS = $(if $(filter tests/%,$(1)),$(if $(filter tests/styles/%,$(1)),,-D_GNU_SOURCE)) -I. \
    $(addprefix -I,common hw labs/lab09-callbacks $(if $(filter tests/%,$(1)),tests tests/harness tests/grade))
# A starter keeps what its reader is to use; the analyzer cannot follow the lists
# of sys/queue.h.
LINT_LESS = $(if $(filter labs/%,$(1)),$(comma)-clang-analyzer-deadcode.DeadStores)$$(grep -qs 'sys/queue.h\|"board.h"' $(1) && echo ,-clang-analyzer-unix.Malloc)

.PHONY: lint lint-quick $(LINT_FOLDERS:%=lint-%)
lint: $(LINT_FOLDERS:%=lint-%)
# What programs are made of; the tests take some minutes.
lint-quick: $(patsubst %,lint-%,$(filter common hw hw/% solutions/%,$(LINT_FOLDERS)))

# The findings; no file is empty that has not been read.
$(LINTED:%.c=$(BUILD)/lint/%.tidy): $(BUILD)/lint/%.tidy: %.c $(LINT_RULES) $(wildcard common/*.h hw/*.h tests/harness/*.h tests/fuzz/*.h) | $(BUILD)/.setup-tests
	@mkdir -p $(@D)
	@clang-tidy --quiet --checks="$(call LINT_LESS,$<)" $< -- -std=gnu11 -pthread $(call LINT_FLAGS,$<) > $@.new 2> $@.words || [ -s $@.new ] || cp $@.words $@.new
	@mv $@.new $@

$(LINT_FOLDERS:%=lint-%): lint-%: $$(patsubst $$*/$$(percent).c,$(BUILD)/lint/$$*/$$(percent).tidy,$$(wildcard $$*/*.c))
	@{ cat $^; cppcheck -q --std=c11 --library=posix,gnu,bsd --library=tests/lint/cppcheck.cfg --enable=warning,performance,portability \
	    --suppressions-list=tests/lint/suppressions --suppress=missingIncludeSystem --template='{file}:{line}: {severity}: {message} [{id}]' \
	    $(call LINT_FLAGS,$*/) $(wildcard $*/*.c) 2>&1; } > $(BUILD)/lint/$*/said; \
	if [ -s $(BUILD)/lint/$*/said ]; then sed "s|$$PWD/||" $(BUILD)/lint/$*/said; echo "FAIL lint of $*"; false; else echo "PASS lint of $*"; fi

# make fuzz: what takes strangers' bytes, under libFuzzer (tests/fuzz/NAME_fuzz.c),
# and random conversations with the reference programs (tests/LAB/fuzz.c), all
# built for the sanitizers. FUZZ=name FUZZ_TIME=60 is one of the first, LAB=04
# RUNS=1000 one of the second; a number makes a conversation, SEED=n is the first.
FUZZERS := $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
TALKS := $(if $(LAB),$(call whole,$(ONE_LAB)),$(if $(FUZZ),,$(GRADED)))
TALKS := $(foreach l,$(TALKS),$(if $(wildcard tests/$(l)/fuzz.c),$(l)))
FUZZ ?= $(if $(LAB),,$(FUZZERS))
FUZZ_TIME ?= 10
RUNS ?= 50
ifneq ($(filter-out $(FUZZERS),$(FUZZ)),)
$(error FUZZ="$(FUZZ)" names what is not fuzzed. There are: $(FUZZERS))
endif
FUZZ_CFLAGS := -std=gnu11 -g -O1 -Wall -Wextra -fsanitize=address,undefined -fno-sanitize-recover=all -I. \
    $(addprefix -I,common hw labs/lab09-callbacks tests/harness tests/grade) -MMD -MP

.PHONY: fuzz $(FUZZERS:%=fuzz-%) $(ALL_LABS:%=talk-%)
fuzz: $(FUZZ:%=fuzz-%) $(TALKS:%=talk-%)

$(BUILD)/fuzz/common/%.o: common/%.c | $(BUILD)/.setup-tests
	@mkdir -p $(@D) && clang $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<
$(BUILD)/fuzz/libcommon.a: $(patsubst common/%.c,$(BUILD)/fuzz/common/%.o,$(wildcard common/*.c))
	@rm -f $@ && $(AR) rcs $@ $^
$(FUZZERS:%=$(BUILD)/fuzz/%): $(BUILD)/fuzz/%: tests/fuzz/%_fuzz.c $(BUILD)/fuzz/libcommon.a | $(BUILD)/.setup-tests
	@clang $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $< $(BUILD)/fuzz/libcommon.a $$(pkg-config --cflags --libs check jansson) -lmd || \
	    { echo "$(<F) was not built. libFuzzer, if that is what is missing, is in Debian's packages clang and libclang-rt-dev." >&2; false; }

# FUZZ_TIME=0: a fixed number of inputs, the same each time. What fails is kept.
# Where it helps there are inputs to begin with: tests/fuzz/NAME_seeds.
fuzz_run = $(if $(filter 0,$(FUZZ_TIME)),-runs=2000 -seed=1 $(BUILD)/fuzz/$(1).none,-max_total_time=$(FUZZ_TIME) $(BUILD)/fuzz/$(1).inputs) \
    $(wildcard tests/fuzz/$(1)_seeds)
$(FUZZERS:%=fuzz-%): fuzz-%: $(BUILD)/fuzz/%
	@rm -rf $<.none && mkdir -p $<.inputs $<.none; if $< -artifact_prefix=$<. -timeout=60 -verbosity=0 $(call fuzz_run,$*) > $<.said 2>&1; then echo "PASS fuzz of $*"; \
	else cat $<.said; echo "FAIL fuzz of $*: again with $< FILE, the one that is named above"; false; fi

$(ALL_LABS:%=$(BUILD)/tests/%/talk): $(BUILD)/tests/%/talk: tests/%/fuzz.c $(wildcard tests/fuzz/talk*.[ch]) $(BUILD)/tests/libharness.a | $(TOOLS)
	@mkdir -p $(@D) && $(CC) $(filter-out -MMD -MP,$(KIT_CFLAGS)) -Itests -o $@ $(filter %.c,$^) $(BUILD)/tests/libharness.a \
	    $$(pkg-config --cflags --libs check jansson)

# PROGRAMS=folder has others in their place.
$(ALL_LABS:%=talk-%): talk-%: $$(call programs,solutions,$$*) $(BUILD)/tests/%/talk
	@mkdir -p $(BUILD)/fuzz; if $(BUILD)/tests/$*/talk --lab $(patsubst lab%,%,$(call short,$*)) --runs $(RUNS) --seed $(or $(SEED),$$(od -An -N2 -tu2 /dev/urandom)) \
	    --programs $(or $(PROGRAMS),$(BUILD)/solutions/$*) > $(BUILD)/fuzz/$*.said 2>&1; \
	then echo "PASS $$(tail -n 1 $(BUILD)/fuzz/$*.said)"; else cat $(BUILD)/fuzz/$*.said; echo "FAIL random conversations of $*"; false; fi
-include $(wildcard $(BUILD)/fuzz/*.d $(BUILD)/fuzz/common/*.d)

# Right programs that make threads, through their suites, built for ThreadSanitizer
# wherever a test asks for no other: what else goes wrong there is not asked.
THREADED := $(shell grep -ls pthread_create /dev/null $(wildcard solutions/*/*.c tests/styles/*/*/*.c))
THREADED_FOLDERS := $(sort $(patsubst %/,%,$(dir $(THREADED))))
.PHONY: threads $(THREADED_FOLDERS:%=threads-%)
threads: $(THREADED_FOLDERS:%=threads-%)
$(THREADED_FOLDERS:%=threads-%): threads-%: $$(patsubst $$(percent).c,$(BUILD)/$$(percent).tsan,$$(filter $$*/$$(percent),$(THREADED))) $$(call suite,$$(call lab_of,$$*)) \
    $$(if $$(filter solutions/$$(percent),$$*),$$(call programs,solutions,$$(call lab_of,$$*)),$$(call style_programs,$$(patsubst tests/styles/$$(percent),$$(percent),$$*)))
	@rm -f $(BUILD)/$*/threads.json; $(call suite,$(call lab_of,$*)) --programs $(BUILD)/$* --watched --quiet --out $(BUILD)/$*/threads.json; \
	if [ -s $(BUILD)/$*/threads.json ] && ! grep -a 'ThreadSanitizer found' $(BUILD)/$*/threads.json; then echo "PASS ThreadSanitizer finds nothing in $*"; \
	else echo "FAIL ThreadSanitizer and $*"; false; fi

# A class of those who cheat or harm, and their neighbours: ATTACKS="fork-bomb daemon"
# picks.
.PHONY: attacks
attacks: class-tools $(addprefix $(BUILD)/tests/,intake class report)
	@/usr/bin/python3 -B tests/attacks/run.py $(BUILD) $(ATTACKS)

# What the kit costs; ratios taken side by side in one run.
$(BUILD)/tests/bench $(BUILD)/tests/floor: $(BUILD)/tests/%: tests/bench/%.c | $(BUILD)/.setup
	@mkdir -p $(@D)
	@$(CC) $(filter-out -MMD -MP,$(KIT_CFLAGS)) -o $@ $<

# What a lab itself measures: tests/LAB/bench.c, run as "bench BUILD".
LAB_BENCHES := $(foreach l,$(GRADED),$(if $(wildcard tests/$(l)/bench.c),$(l)))
$(BUILD)/tests/%/bench: tests/%/bench.c | $(BUILD)/.setup
	@mkdir -p $(@D)
	@$(CC) $(filter-out -MMD -MP,$(KIT_CFLAGS)) -o $@ $<

# Where LAB.not-replayed says so, a record has too little to do the same again.
REPLAYED = $(strip $(foreach l,$(GRADED),$(if $($(l).not-replayed),,$(l)/$(firstword $($(l).programs)))))

.PHONY: bench
bench: $(BUILD)/tests/bench $(foreach l,$(LAB_BENCHES),$(BUILD)/tests/$(l)/bench $($(l).bench) $$(call programs,solutions,$(l)))
	@$(if $(REPLAYED),$(BUILD)/tests/bench $(BUILD) $(REPLAYED))
	@for lab in $(LAB_BENCHES); do printf '\n%s\n' $$lab; $(BUILD)/tests/$$lab/bench $(BUILD) || exit; done
	@printf '\n%s\n' 'Verdicts, each once:'; $(MAKE) flakes TIMES=1
	@$(if $(CLASS_LABS),$(MAKE) bench-class)
	@$(if $(filter lab10-%,$(LAB_BENCHES)),$(if $(wildcard $(BUILD)/.setup-emulated),$(MAKE) bench-pi, \
	    printf '\n%s\n' 'On an emulated Raspberry Pi, once it is set up: make bench-pi'))

# What a class costs, beside its programs compiled and run bare: in make bench, and alone.
CLASS_SIZE ?= 200
CLASS_LABS := $(filter lab01-% lab02-% lab03-%,$(GRADED))
.PHONY: bench-class
bench-class: class-tools $(addprefix $(BUILD)/tests/,intake class report floor)
	@/usr/bin/python3 -B tests/bench/class.py $(BUILD) $(call quoted,$(CLASS_SIZE)) $(CLASS_LABS)

# Do verdicts come out the same every time? Suites are run TIMES times on each right
# program, and BUG_TIMES times on each planted bug, with seeds of their own from SEED on.
TIMES ?= 1
BUG_TIMES ?= $(TIMES)
.PHONY: flakes
flakes: $(foreach l,$(GRADED),$(call suite,$(l)) $$(call programs,solutions,$(l))) $(if $(filter-out 0,$(BUG_TIMES)),$(foreach m,$(filter $(GRADED:%=%/$(percent)),$(MUTANTS)),$$(call planted,$(m)))) \
    $$(foreach s,$(STYLES),$$(call style_programs,$$s))
	@/usr/bin/python3 -B tests/bench/verdicts.py --runs=$(call quoted,$(TIMES)) --bugs=$(call quoted,$(BUG_TIMES)) $(if $(SEED),--seed=$(call quoted,$(SEED))) $(BUILD) $(GRADED)

.PHONY: doctor
doctor:
	@ill=0; { tests/setup --check && $(MAKE) -s $(TOOLS) $(BUILD)/tests/doctor && $(BUILD)/tests/doctor; } || ill=1; \
	! command -v $(CC) > /dev/null || { $(MAKE) -s $(BUILD)/hw/pi/doctor && $(BUILD)/hw/pi/doctor; } || ill=1; exit $$ill

# ---- The handouts as a book ------------------------------------------------------

.PHONY: book
book: | $(BUILD)/.setup-book
	@/usr/bin/python3 -B tests/book/book.py $(BUILD)

# ---- Set-up ------------------------------------------------------------------

.PHONY: setup
setup: $(BUILD)/.setup

$(BUILD)/.setup: tests/setup
	@tests/setup
	@mkdir -p $(BUILD) && touch $@

# What more is needed: for the kit's own tests, for a Raspberry Pi, …
$(BUILD)/.setup-%: tests/setup
	@tests/setup --$*
	@mkdir -p $(BUILD) && touch $@ $(BUILD)/.setup

# Grades are not made again by a make: they stay. So does what was fetched.
.PHONY: clean
clean:
	@rm -rf $(filter-out $(BUILD)/grade $(CACHE),$(wildcard $(BUILD)/* $(BUILD)/.[!.]*))
	@[ ! -d $(BUILD)/grade ] || echo "$(BUILD)/grade is kept: grades are yours to delete."
	@[ ! -d $(CACHE) ] || echo "$(CACHE) is kept: Debian's packages for a Raspberry Pi."
