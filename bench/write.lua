-- wrk: writes a value to the alias temp of random devices with their keys (file KEYS, one per line).
-- DELAY: each connection waits up to so many milliseconds before each request (unset: it does not).
local keys = {}
for line in io.lines(os.getenv("KEYS")) do keys[#keys + 1] = line end
local longest = tonumber(os.getenv("DELAY") or 0)

local threads = {}
function setup(thread)
    thread:set("seed", #threads + 1)
    table.insert(threads, thread)
end

function init()
    math.randomseed(seed)
    failed = 0
    requests = {}
    for i = 1, #keys do
        requests[i] = wrk.format("POST", "/onep:v1/stack/alias", {
            ["X-Exosite-CIK"] = keys[i],
            ["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8",
        }, string.format("temp=%d.5", i % 100))
    end
end

function request()
    return requests[math.random(#requests)]
end

if longest > 0 then
    function delay() return math.random(longest) end
end

function response(status)
    if status ~= 204 then failed = failed + 1 end
end

function done(summary, latency)
    local bad = 0
    for _, thread in ipairs(threads) do bad = bad + thread:get("failed") end
    io.write(string.format("RESULT requests=%d micros=%d bad=%d errors=%d p50=%d p99=%d p999=%d max=%d\n",
        summary.requests, summary.duration, bad,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max))
end
