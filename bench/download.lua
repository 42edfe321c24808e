-- wrk: downloads the path PATHNAME with the device key KEY; SIZE bytes are expected. Bodies are counted, not looked
-- at, so that the load leaves the processors to the servers.
local print_result = dofile("bench/result.lua")

function init()
    wrk.path = os.getenv("PATHNAME")
    wrk.headers["X-Exosite-CIK"] = os.getenv("KEY")
end

function done(summary, latency)
    local bad = summary.errors.status
    if summary.bytes < summary.requests * tonumber(os.getenv("SIZE")) then bad = summary.requests end
    print_result(summary, latency, bad)
end
