# Benchmarks compare side by side in one run; see docs/performance.md.

.PHONY: bench
bench: deps-bench
	$(MAKE) -j2 V=release all
	bench/run
