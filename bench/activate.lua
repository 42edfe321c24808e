-- wrk: every request activates another serial number, in an order that looks random and never
-- repeats (a Feistel permutation of 0 .. DEVICES-1). Each round goes on where the last one ended.
--
-- Environment: DEVICES, START (the first index of this round), MODEL, PREFIX, THREADS.
local print_result = dofile("bench/result.lua")
local bit = require("bit")
local band, bxor, rshift, lshift = bit.band, bit.bxor, bit.rshift, bit.lshift

local devices = tonumber(os.getenv("DEVICES"))
local model, prefix = os.getenv("MODEL"), os.getenv("PREFIX")
local half = 1
while 4 ^ half < devices do half = half + 1 end
local mask = lshift(1, half) - 1

local function round(x, key)
    local h = band(x * 40503 + key * 2654435, 0x7fffffff)
    return band(bxor(h, rshift(h, 7), rshift(h, 13)), mask)
end

local function permuted(i)
    repeat
        local left, right = rshift(i, half), band(i, mask)
        for key = 1, 4 do
            left, right = right, bxor(left, round(right, key))
        end
        i = lshift(left, half) + right
    until i < devices
    return i
end

local threads = {}
function setup(thread)
    thread:set("first", tonumber(os.getenv("START")) + #threads)
    thread:set("step", tonumber(os.getenv("THREADS")))
    table.insert(threads, thread)
end

function init()
    index = first
    wrk.method = "POST"
    wrk.path = "/provision/activate"
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    failed = 0
end

function request()
    local sn = permuted(index % devices)
    index = index + step
    return wrk.format(nil, nil, nil,
        string.format("vendor=acme&model=%s&sn=%s%07d", model, prefix, sn))
end

function response(status)
    if status ~= 200 then failed = failed + 1 end
end

function done(summary, latency)
    local bad, next_index = 0, 0
    for _, thread in ipairs(threads) do
        bad = bad + thread:get("failed")
        next_index = math.max(next_index, thread:get("index"))
    end
    print_result(summary, latency, bad, string.format(" next=%d", next_index))
end
