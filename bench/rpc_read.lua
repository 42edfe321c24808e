-- wrk: sends one RPC request, BODY. Answers are counted, and each must be SIZE bytes of body at least.
local print_result = dofile("bench/result.lua")

function init()
    wrk.method = "POST"
    wrk.path = "/onep:v1/rpc/process"
    wrk.body = os.getenv("BODY")
    wrk.headers["Content-Type"] = "application/json; charset=utf-8"
end

function done(summary, latency)
    local bad = summary.errors.status
    if summary.bytes < summary.requests * tonumber(os.getenv("SIZE")) then bad = summary.requests end
    print_result(summary, latency, bad)
end
