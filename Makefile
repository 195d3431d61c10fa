# pvm: one machine for every program.
#
#   make            builds out/pvm
#   make demo       installs what is missing, builds, and runs pvm's main job on real programs
#   make check      the same, then all tests; the last line counts passed and failed
#   make bench      pvm beside gcc and Free Pascal, and beside qemu-user, as ratios
#   make CROSS=aarch64-linux-gnu    builds out/aarch64-linux-gnu/pvm
#   make SAN=1      builds out/san/pvm with the address and undefined-behaviour sanitizers
#   make SAN=thread builds out/tsan/pvm with the thread sanitizer

OUT := out
ifdef CROSS
  OUT := out/$(CROSS)
  CC := $(CROSS)-gcc
  AR := $(CROSS)-ar
endif
ifeq ($(SAN),thread)
  OUT := out/tsan
  SANFLAGS := -fsanitize=thread -fno-omit-frame-pointer
else ifdef SAN
  OUT := out/san
  SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif

CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
# The same floating-point results everywhere: no contraction of a * b + c.
ALLCFLAGS = -std=c11 -D_GNU_SOURCE $(CFLAGS) $(WARN) -ffp-contract=off -fno-strict-aliasing -fPIE $(SANFLAGS) -I. -I$(OUT)/gen $(XXHASH)
ALLLDFLAGS = -pie $(SANFLAGS) $(LDFLAGS)

# gcc calls a library for the narrow atomics of RISC-V.
ifeq ($(firstword $(subst -, ,$(CROSS))),riscv64)
  LDLIBS += -latomic
endif

# xxhash is used inline, and libdw is opened at run time, so a cross build needs their headers only.
HEADERS := xxhash.h elfutils/libdwfl.h elfutils/libdw.h gelf.h libelf.h dwarf.h
ifdef CROSS
  XXHASH := -I$(OUT)/gen/include
endif
ifneq ($(filter -static,$(LDFLAGS)),)
  $(OUT)/obj/pvm/debug/dwfl.o: CFLAGS += -DPVM_STATIC
  $(OUT)/obj/abi-shim/pcode/ffi.o: CFLAGS += -DPVM_NO_FFI
endif

ROOMS := pvm/base pvm/ocode pvm/pcode pvm/x86 pvm/opt pvm/back pvm/back/amd64 pvm/run pvm/debug loader compiler abi-shim/pcode abi-shim/linux abi-shim/win32
SRC := $(foreach r,$(ROOMS),$(wildcard $(r)/*.c))
OBJ := $(SRC:%.c=$(OUT)/obj/%.o) $(OUT)/obj/gen/stdlib_data.o
LEXERS := $(wildcard compiler/*.l)
GRAMMARS := $(wildcard compiler/*.y)
OBJ += $(LEXERS:compiler/%.l=$(OUT)/obj/gen/%_lex.o) $(GRAMMARS:compiler/%.y=$(OUT)/obj/gen/%_parse.o)
LIB := $(OUT)/libpvm.a
UNIT := $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/*_test.c))
STDLIB := $(sort $(wildcard stdlib/*/*.pas stdlib/*/*.b))

all: $(OUT)/pvm
lib: $(LIB)

$(OUT)/pvm: $(OUT)/obj/pvm/main.o $(LIB)
	$(CC) $(ALLLDFLAGS) -o $@ $^ -lm $(LDLIBS)

$(LIB): $(OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(OUT)/obj/%.o: %.c $(HEADERS:%=$(OUT)/gen/include/%)
	@mkdir -p $(@D)
	$(CC) $(ALLCFLAGS) -MMD -MP -c -o $@ $<

# The threaded executors: each handler keeps its own indirect jump (no merging of their tails), and square roots
# need no errno.
$(OUT)/obj/pvm/pcode/interp_goto.o $(OUT)/obj/pvm/ocode/quick_run.o: CFLAGS += $(if $(findstring clang,$(CC)),,-fno-gcse -fno-crossjumping)
$(OUT)/obj/pvm/pcode/interp_%.o $(OUT)/obj/pvm/ocode/quick_run.o $(OUT)/obj/pvm/ocode/softfp.o: CFLAGS += -fno-math-errno
# Loops over lanes become the host's own vector operations.
$(OUT)/obj/pvm/ocode/vec_int.o: CFLAGS += -O3

# Generated sources: scanners, parsers, and the standard library as bytes.
$(OUT)/gen/%_parse.c $(OUT)/gen/%_parse.h: compiler/%.y
	@mkdir -p $(@D)
	bison -Wall -Werror -Wno-yacc --defines=$(OUT)/gen/$*_parse.h -o $(OUT)/gen/$*_parse.c $<
$(OUT)/gen/%_lex.c: compiler/%.l
	@mkdir -p $(@D)
	flex -o $@ $<
$(OUT)/obj/gen/%.o: $(OUT)/gen/%.c $(GRAMMARS:compiler/%.y=$(OUT)/gen/%_parse.h)
	@mkdir -p $(@D)
	$(CC) $(ALLCFLAGS) -Icompiler -Wno-unused-function -Wno-sign-compare -Wno-missing-prototypes -MMD -MP -c -o $@ $<
$(patsubst compiler/%.c,$(OUT)/obj/compiler/%.o,$(wildcard compiler/*.c)): $(GRAMMARS:compiler/%.y=$(OUT)/gen/%_parse.h)
$(OUT)/gen/stdlib_data.c: stdlib/embed.sh $(STDLIB)
	@mkdir -p $(@D)
	sh stdlib/embed.sh $(STDLIB) >$@.tmp && mv $@.tmp $@
$(HEADERS:%=$(OUT)/gen/include/%): $(OUT)/gen/include/%: /usr/include/%
	@mkdir -p $(@D)
	cp $< $@
$(HEADERS:%=/usr/include/%):
	@echo "pvm needs libxxhash-dev, libdw-dev, flex and bison: run 'make deps'" >&2; exit 1

# Unit tests: one program a room, with cmocka.
$(OUT)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALLCFLAGS) $(ALLLDFLAGS) -MMD -MP -o $@ $< $(LIB) -lcmocka -lm $(LDLIBS)
$(OUT)/unit/claims_test: LDLIBS += -lZydis
unit: $(UNIT)

# Program tests, checks and measurements; see tests/README.md.
$(OUT)/tests/%: tests/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 $(WARN) -o $@ $<
$(OUT)/tests/bench: tests/bench/bench.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 $(WARN) -o $@ $< -lm
$(OUT)/tests/translate: tests/bench/translate.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALLCFLAGS) $(ALLLDFLAGS) -o $@ $< $(LIB) -lm $(LDLIBS)
$(OUT)/tests/codegen/x86: tests/codegen/x86.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALLCFLAGS) $(ALLLDFLAGS) -o $@ $< $(LIB) -lm $(LDLIBS)
# The translator of x86 against this machine's own processor; see tests/x86/fuzz.c.
REPLAY_SRC := tests/x86/gen.c tests/x86/prepare.c tests/x86/machine.c tests/x86/verdict.c tests/x86/record.c
FUZZ_SRC := $(REPLAY_SRC) tests/x86/native.c tests/x86/machine_jit.c tests/x86/compare.c
$(OUT)/tests/x86/fuzz: tests/x86/fuzz.c $(FUZZ_SRC) tests/x86/fuzz.h $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALLCFLAGS) $(ALLLDFLAGS) -o $@ tests/x86/fuzz.c $(FUZZ_SRC) $(LIB) -lm $(LDLIBS)
# Hostile variants of ELF files; see tests/loader/torment.c.
$(OUT)/tests/loader/torment: tests/loader/torment.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALLCFLAGS) $(ALLLDFLAGS) -o $@ $< $(LIB) -lm $(LDLIBS)
# What a processor did, from a file, against any host's evaluator; see tests/x86/replay.c.
$(OUT)/tests/x86/replay: tests/x86/replay.c $(REPLAY_SRC) tests/x86/fuzz.h $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALLCFLAGS) $(ALLLDFLAGS) -o $@ tests/x86/replay.c $(REPLAY_SRC) $(LIB) -lm $(LDLIBS)
$(OUT)/tests/x86/functions: tests/x86/functions.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALLCFLAGS) $(ALLLDFLAGS) -o $@ $< $(LIB) -lm $(LDLIBS)
$(OUT)/tests/x86/decode_check: tests/x86/decode_check.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALLCFLAGS) $(ALLLDFLAGS) -o $@ $< $(LIB) -lZydis -lm $(LDLIBS)
FUZZ_COUNT ?= 1000000
x86-fuzz: $(OUT)/tests/x86/fuzz
	$< --mode 64 --count $(FUZZ_COUNT)
	$< --mode 32 --count $(FUZZ_COUNT)
# Random C programs; see tests/x86/csmith.sh.
N ?= 100
x86-csmith: all
	@sh tests/deps.sh build test
	@sh tests/x86/csmith.sh $(N)
deps:
	@sh tests/deps.sh build
# The packages may be missing when make starts: what needs them is built by a make of its own.
check:
	@sh tests/deps.sh build test
	@sh tests/deps.sh cross || echo "going on without the cross builds"
	@$(MAKE) -s -j2 all unit out/tests/run out/tests/randpas $(if $(filter x86_64,$(shell uname -m)),out/tests/x86/fuzz out/tests/codegen/x86)
	@sh tests/check.sh
check-real:
	@sh tests/deps.sh build test bench real
	@$(MAKE) -s -j2 all out/tests/run
	@status=0; for t in tests/real/run.sh tests/linux/real.sh tests/win32/real.sh; do sh $$t || status=1; done; exit $$status
demo:
	@sh tests/deps.sh build demo
	@$(MAKE) -s -j2 all
	@sh tests/demo.sh
bench:
	@sh tests/deps.sh build test cross bench
	@$(MAKE) -s -j2 all out/tests/bench out/tests/translate
	@sh tests/bench/run.sh
	@echo
	@sh tests/bench/foreign.sh
	@echo
	@sh tests/bench/translate.sh
lint:
	@sh tests/lint.sh
docs:
	@sh tests/docs.sh --write
docs-check:
	@sh tests/docs.sh

clean:
	rm -rf out

-include $(OBJ:.o=.d) $(OUT)/obj/pvm/main.d $(UNIT:=.d)
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all lib unit x86-fuzz x86-csmith deps check check-real demo bench lint docs docs-check clean
