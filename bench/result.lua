-- What a run of wrk came to, as the line "RESULT name=value ..." that Bench.pm reads. bad: answers that were not as
-- expected; more: further " name=value".
return function(summary, latency, bad, more)
    local errors = summary.errors
    io.write(string.format("RESULT requests=%d micros=%d bad=%d errors=%d bytes=%d p50=%d p99=%d p999=%d max=%d%s\n",
        summary.requests, summary.duration, bad, errors.connect + errors.read + errors.write + errors.timeout,
        summary.bytes, latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max,
        more or ""))
end
