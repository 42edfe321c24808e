-- wrk: downloads the path PATHNAME with the device key KEY; SIZE bytes are expected. Bodies are counted, not looked
-- at, so that the load leaves the processors to the servers.
function init()
    wrk.path = os.getenv("PATHNAME")
    wrk.headers["X-Exosite-CIK"] = os.getenv("KEY")
end

function done(summary, latency)
    local bad = summary.errors.status
    if summary.bytes < summary.requests * tonumber(os.getenv("SIZE")) then bad = summary.requests end
    io.write(string.format("RESULT requests=%d micros=%d bad=%d errors=%d bytes=%d p50=%d p99=%d p999=%d max=%d\n",
        summary.requests, summary.duration, bad,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        summary.bytes, latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max))
end
