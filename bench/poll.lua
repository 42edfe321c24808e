-- wrk: random devices (devices.lua) wait for a value of the alias temp; each connection pauses for up to a second before it asks.
dofile("bench/devices.lua")(200, function(key)
    return wrk.format("GET", "/onep:v1/stack/alias?temp", { ["X-Exosite-CIK"] = key, ["Request-Timeout"] = "200000" })
end)

function delay() return math.random(1000) end
