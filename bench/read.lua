-- wrk: reads the alias temp of random devices (devices.lua).
dofile("bench/devices.lua")(200, function(key)
    return wrk.format("GET", "/onep:v1/stack/alias?temp", { ["X-Exosite-CIK"] = key })
end)
