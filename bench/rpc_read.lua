-- wrk: sends one RPC request, BODY. Answers are counted, and each must be SIZE bytes of body at least.
function init()
    wrk.method = "POST"
    wrk.path = "/onep:v1/rpc/process"
    wrk.body = os.getenv("BODY")
    wrk.headers["Content-Type"] = "application/json; charset=utf-8"
end

function done(summary, latency)
    local bad = summary.errors.status
    if summary.bytes < summary.requests * tonumber(os.getenv("SIZE")) then bad = summary.requests end
    io.write(string.format("RESULT requests=%d micros=%d bad=%d errors=%d bytes=%d p50=%d p99=%d p999=%d max=%d\n",
        summary.requests, summary.duration, bad,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        summary.bytes, latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max))
end
