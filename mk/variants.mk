# A variant is a set of flags and a folder. V=release is what users run.
#   release  optimised, hardened
#   fault    for tests: fake clock, seeded defects chosen by MUSTER_DEFECT
#   asan     fault + address and undefined behaviour sanitizers
#   tsan     fault + thread sanitizer

CC ?= gcc
B := build/$(V)
BIN := $(B)/bin

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wswitch-enum -Wformat=2 -Werror
HARDEN := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2 -fstack-clash-protection
TEST_DEFINES := -DMST_FAKE_CLOCK -DMST_DEFECTS

FLAGS_release := -O2 $(HARDEN)
FLAGS_fault := -O2 -fPIE $(TEST_DEFINES)
FLAGS_asan := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined $(TEST_DEFINES)
FLAGS_tsan := -O1 -fsanitize=thread $(TEST_DEFINES)
LINK_release := -pie -Wl,-z,relro,-z,now
LINK_fault := -pie
LINK_asan := -fsanitize=address,undefined
LINK_tsan := -fsanitize=thread

PKGS := libuv gnutls nettle hogweed sqlite3 jansson inih libcurl libargon2
MISSING_PKGS := $(shell for p in $(PKGS); do pkg-config --exists $$p 2>/dev/null || printf '%s ' $$p; done)
# Debian's libwslay-dev brings no file for pkg-config.
MISSING_PKGS += $(shell echo '\#include <wslay/wslay.h>' | $(CC) -E - >/dev/null 2>&1 || echo 'libwslay ')
# Goals that install what is missing, or need nothing.
ifneq ($(strip $(MISSING_PKGS)),)
ifeq ($(filter deps% demo test test-all bench fuzz help clean fmt fmt-check lint,$(MAKECMDGOALS)),)
$(error missing on this machine: $(MISSING_PKGS)- run 'make deps' as root, or with sudo, once)
endif
endif
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)

CFLAGS_ALL := -std=gnu17 -D_GNU_SOURCE -g $(WARN) $(FLAGS_$(V)) -iquote src -include src/base/banned.h $(PKG_CFLAGS) \
	-pthread -MMD -MP $(CFLAGS)
LDFLAGS_ALL := -g -pthread $(LINK_$(V)) $(LDFLAGS)

LIBS_SERVER := -luv -lgnutls -lcurl -lhogweed -lnettle -lsqlite3 -ljansson -lwslay -linih -lm
LIBS_CLI := -lcurl -lhogweed -lnettle -largon2 -ljansson -linih -lm
