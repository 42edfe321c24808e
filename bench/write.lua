-- wrk: writes a value to the alias temp of random devices (devices.lua).
-- DELAY: each connection waits up to so many milliseconds before each request (unset: it does not).
dofile("bench/devices.lua")(204, function(key, i)
    return wrk.format("POST", "/onep:v1/stack/alias", {
        ["X-Exosite-CIK"] = key,
        ["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8",
    }, string.format("temp=%d.5", i % 100))
end)

local longest = tonumber(os.getenv("DELAY") or 0)
if longest > 0 then
    function delay() return math.random(longest) end
end
