# Benchmarks compare side by side in one run; see docs/performance.md.
#   DEVICES=1000000 ROUNDS=3 SECONDS=5 make bench
#   SIZES="100000 1000000 10000000" make bench-scale

.PHONY: bench bench-waiters bench-scale bench-ranges bench-backup bench-content bench-import bench-fleet bench-rpc-read \
	bench-data bench-points bench-neighbour bench-at-limit bench-long-calls
bench: deps-bench
	$(MAKE) -j2 V=release all build/release/test/tests/tool/prepare
	bench/run
bench-scale: deps-bench
	$(MAKE) -j2 V=release all $(patsubst %,build/release/test/tests/tool/%,prepare fill import)
	bench/scale

# What a backup every 10 s does to durable activations: DEVICES=2000000 ROUNDS=3 make bench-backup
bench-backup: deps-bench
	$(MAKE) -j2 V=release all build/release/test/tests/tool/fill
	bench/backup

# Is a serial number in one of a model's ranges? LOOKUPS=1000000 make bench-ranges
LOOKUPS ?= 200000
bench-ranges:
	$(MAKE) -j2 V=release build/release/test/tests/tool/ranges
	rm -rf build/bench-ranges
	build/release/test/tests/tool/ranges build/bench-ranges $(LOOKUPS)

# Lists of serial numbers through muster: ROWS="1000000 10000000" ROUNDS=3 make bench-import
bench-import:
	$(MAKE) -j2 V=release all
	bench/import

# 200 devices that download a blob of 1 MiB: ROUNDS=3 SECONDS=5 make bench-content
bench-content: deps-bench
	$(MAKE) -j2 V=release all
	bench/content

# A vendor from one server to another: SERIALS="10000 100000" DEVICES=2000 make bench-fleet
bench-fleet: deps-bench
	$(MAKE) -j2 V=release all
	bench/fleet

# Values of 100,000 devices, written and read, beside nginx: DEVICES=100000 ROUNDS=3 SECONDS=5 make bench-data
bench-data: deps-bench
	$(MAKE) -j2 V=release all build/release/test/tests/tool/prepare
	bench/data

# Reads of the latest value with many stored points: POINTS=100000000 make bench-points (3 GB and some minutes)
bench-points: deps-bench
	$(MAKE) -j2 V=release all build/release/test/tests/tool/prepare
	bench/points

# A tenant that does all it can, beside a modest one: CONNECTIONS=256 ROUNDS=3 make bench-neighbour
bench-neighbour: deps-bench
	$(MAKE) -j2 V=release all build/release/test/tests/tool/prepare
	bench/neighbour

# One that holds all the waits that it may: ROUNDS=3 make bench-at-limit
bench-at-limit: deps-bench
	$(MAKE) -j2 V=release all build/release/test/tests/tool/prepare
	AT_LIMIT=1 bench/neighbour

# RPC reads of 1,000 points a call: ROUNDS=3 SECONDS=5 make bench-rpc-read
bench-rpc-read: deps-bench
	$(MAKE) -j2 V=release all
	bench/rpc_read

# RPC calls about 100,000 resources, and who waits for them: RESOURCES=100000 SHARES=10000 ROUNDS=5 make bench-long-calls
bench-long-calls: deps-bench
	$(MAKE) -j2 V=release all
	bench/long_calls

# 10,000 devices in long polls: memory, p99 to them, p99 of others: WAITERS=10000 ROUNDS=3 make bench-waiters
bench-waiters: deps-bench
	$(MAKE) -j2 V=release all build/release/test/tests/tool/prepare
	bench/waiters
