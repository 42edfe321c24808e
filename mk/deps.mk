# What is needed beyond a fresh Debian 12. Installing is skipped when all is there.

BUILD_PACKAGES := gcc make pkg-config libc6-dev libuv1-dev libgnutls28-dev nettle-dev \
	libsqlite3-dev libjansson-dev libwslay-dev libinih-dev libcurl4-openssl-dev libargon2-dev
DEMO_PACKAGES := $(BUILD_PACKAGES) curl ca-certificates
TEST_PACKAGES := $(DEMO_PACKAGES) check varnish perl python3 python3-cryptography socat gnutls-bin sqlite3 strace \
	clang-format-14 iproute2 systemd zsh fish
BENCH_PACKAGES := $(TEST_PACKAGES) nginx wrk gnuplot-nox time
# prometheus brings promtool, and 20 MB; only `make test-all` asks it.
LONG_PACKAGES := $(BENCH_PACKAGES) prometheus
FUZZ_PACKAGES := $(BUILD_PACKAGES) check clang-14 libclang-rt-14-dev

.PHONY: deps deps-demo deps-test deps-bench deps-long deps-fuzz
deps:
	@tools/install-packages $(BUILD_PACKAGES)
deps-demo:
	@tools/install-packages $(DEMO_PACKAGES)
deps-test:
	@tools/install-packages $(TEST_PACKAGES)
deps-bench:
	@tools/install-packages $(BENCH_PACKAGES)
deps-long:
	@tools/install-packages $(LONG_PACKAGES)
deps-fuzz:
	@tools/install-packages $(FUZZ_PACKAGES)
