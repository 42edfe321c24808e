-- wrk: requests of random devices with their keys (file KEYS, one per line). make(key, i): the request of the i-th
-- device; each answer must have the status.
local print_result = dofile("bench/result.lua")

return function(expected, make)
    local keys = {}
    for line in io.lines(os.getenv("KEYS")) do keys[#keys + 1] = line end

    local threads = {}
    function setup(thread)
        thread:set("seed", #threads + 1)
        table.insert(threads, thread)
    end

    function init()
        math.randomseed(seed)
        failed = 0
        requests = {}
        for i = 1, #keys do requests[i] = make(keys[i], i) end
    end

    function request()
        return requests[math.random(#requests)]
    end

    function response(status)
        if status ~= expected then failed = failed + 1 end
    end

    function done(summary, latency)
        local bad = 0
        for _, thread in ipairs(threads) do bad = bad + thread:get("failed") end
        print_result(summary, latency, bad)
    end
end
