# muster - build, test, install. `make help` lists the targets.
#
# One Makefile, fragments in mk/, everything made lies in build/<variant>/.

.DEFAULT_GOAL := all
V ?= release
# The last line of `make test` is the count, not where make was.
MAKEFLAGS += --no-print-directory

ROOMS := base sys net wire core store send front server

include mk/deps.mk
include mk/variants.mk
include mk/rooms.mk
include mk/tests.mk
include mk/docs.mk
include mk/bench.mk
include mk/install.mk

.PHONY: all help clean fmt fmt-check
all: $(BIN)/musterd $(BIN)/muster

help:
	@echo 'make            build build/release/bin/musterd and build/release/bin/muster'
	@echo 'make deps       install what the build needs (Debian packages, as root)'
	@echo 'make demo       install, build, and show the main job on an empty store'
	@echo 'make test       install, build and run every test'
	@echo 'make test-all   the same with the long forms'
	@echo 'make check      unit, property and wire tests, without installing anything'
	@echo 'make check-asan / check-tsan / check-fault   one variant each'
	@echo 'make fuzz       fuzz each parser for FUZZ_SECONDS (20)'
	@echo 'make bench      measure, side by side with nginx, into docs/performance.md form'
	@echo 'make bench-scale  the same over the size of the store, with plots in docs/plots/'
	@echo 'make fmt        format all C files; make lint runs every static check'
	@echo 'make docs       write the manual pages that come from tables: muster(1), musterd.conf(5)'
	@echo 'make install    PREFIX=/usr/local, DESTDIR respected'

C_FILES = $(shell find src cli tests bench tools -name '*.[ch]')

# A few at a time: clang-format 14 can crash on many.
fmt:
	@printf '%s\n' $(C_FILES) | xargs -n 8 clang-format -i

fmt-check:
	@printf '%s\n' $(C_FILES) | xargs -n 8 clang-format --dry-run -Werror

clean:
	rm -rf build
