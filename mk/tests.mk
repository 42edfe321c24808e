# Tests. Unit tests stand beside the code (x_test.c), the others under tests/.
# Every test program prints TAP; tools/run-tests runs them and counts.

UNIT_SOURCES := $(wildcard src/*/*_test.c src/*/*/*_test.c)
CLI_TEST_SOURCES := $(wildcard cli/*_test.c)
PROGRAM_SOURCES := $(wildcard tests/prop/*_test.c tests/fault/*_test.c tests/conform/*_test.c)
FUZZ_SOURCES := $(wildcard tests/fuzz/fuzz_*.c)
TOOL_SOURCES := $(wildcard tests/tool/*.c)
TEST_LIB_SOURCES := $(wildcard tests/lib/*.c)

test_binary = $(patsubst %.c,$(B)/test/%,$(1))
UNIT_TESTS := $(call test_binary,$(UNIT_SOURCES))
CLI_TESTS := $(call test_binary,$(CLI_TEST_SOURCES))
PROGRAM_TESTS := $(call test_binary,$(PROGRAM_SOURCES))
FUZZ_REPLAYS := $(call test_binary,$(FUZZ_SOURCES))
TEST_TOOLS := $(call test_binary,$(TOOL_SOURCES))

$(B)/libtest.a: $(call objects,$(TEST_LIB_SOURCES))
	@rm -f $@
	@$(AR) rcs $@ $^

$(B)/tests/%.o $(B)/src/%_test.o $(B)/cli/%_test.o: CFLAGS_ALL += -I. -Wno-missing-prototypes

# A program that is made of several files: tests/prop/tree_test.c and those in tests/prop/tree.
$(B)/test/tests/prop/tree_test: $(call objects,$(wildcard tests/prop/tree/*.c))

$(UNIT_TESTS) $(PROGRAM_TESTS) $(TEST_TOOLS): $(B)/test/%: $(B)/%.o $(B)/libtest.a $(ARCHIVES)
	@mkdir -p $(@D)
	@echo 'LD $@'
	@$(CC) $(LDFLAGS_ALL) $(filter %.o,$^) $(filter %.a,$^) -o $@ $(LIBS_SERVER) $(shell pkg-config --libs check 2>/dev/null)

$(CLI_TESTS): $(B)/test/%: $(B)/%.o $(B)/libtest.a $(CLI_ARCHIVES)
	@mkdir -p $(@D)
	@echo 'LD $@'
	@$(CC) $(LDFLAGS_ALL) $^ -o $@ $(LIBS_CLI) $(shell pkg-config --libs check 2>/dev/null)

$(FUZZ_REPLAYS): $(B)/test/%: $(B)/%.o $(B)/tests/fuzz/replay.o $(B)/libcli.a $(B)/libtest.a $(ARCHIVES)
	@mkdir -p $(@D)
	@echo 'LD $@'
	@$(CC) $(LDFLAGS_ALL) $^ -o $@ $(LIBS_SERVER)

.PHONY: test test-all check check-asan check-tsan check-fault lint fuzz build-tests build-programs
build-tests: $(UNIT_TESTS) $(CLI_TESTS) $(FUZZ_REPLAYS)
build-programs: $(BIN)/musterd $(BIN)/muster $(PROGRAM_TESTS) $(TEST_TOOLS)

test: deps-test
	$(MAKE) check

test-all: deps-long
	LONG=1 $(MAKE) check

# Release programs, then everything: see tests/README.md for what runs in which variant.
check:
	$(MAKE) -j2 V=release all
	$(MAKE) -j2 V=fault build-programs
	$(MAKE) -j2 V=asan build-tests $(if $(LONG),build-programs)
	tools/run-tests $(TESTS)

check-asan check-tsan check-fault: check-%:
	$(MAKE) -j2 V=$* build-tests build-programs
	tools/run-tests --variant $* --kind unit $(TESTS)

lint: fmt-check
	tools/check-layers
	tools/check-headers

FUZZ_SECONDS ?= 20
fuzz: deps-fuzz
	tools/run-fuzz $(FUZZ_SECONDS)
