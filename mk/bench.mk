# Benchmarks compare side by side in one run; see docs/performance.md.
#   DEVICES=1000000 ROUNDS=3 SECONDS=5 make bench

.PHONY: bench
bench: deps-bench
	$(MAKE) -j2 V=release all build/release/test/tests/tool/prepare
	bench/run
