#!/bin/sh
# The first start, killed at every call that changes a file: the next start makes a whole store of
# it, with one key file and a root key that works.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/it/lib.sh

root_works() {
    request -H 'Content-Type: application/json' -d "{\"auth\":{\"cik\":\"$(cat "$data/root.cik")\"},
        \"calls\":[{\"id\":1,\"procedure\":\"info\",\"arguments\":[{\"alias\":\"\"},{\"basic\":true}]}]}" \
        "http://$http/onep:v1/rpc/process"
    case $body in *'"status":"ok"'*) return 0 ;; esac
    echo "$body"
    return 1
}

# Starts on nothing and is killed at the n-th CALL of a thread; fails once there is no n-th.
killed_at() { # CALL N
    rm -rf "$data"
    rm -f "$work/ready"
    mkfifo "$work/ready"
    strace -f -o /dev/null -e trace="$1" -e inject="$1:signal=KILL:when=$2" \
        $musterd --data "$data" $start_options >"$work/ready" 2>>"$work/log" &
    tracer=$!
    line=$(timeout 60 head -n 1 "$work/ready")
    if [ -n "$line" ]; then # it started whole: end it, wherever that kills it
        pkill -TERM -P "$tracer"
        wait "$tracer" 2>/dev/null
        return 1
    fi
    wait "$tracer" 2>/dev/null
    return 0
}

# The start after the kill.
comes_back() {
    start_server || { tail -n 3 "$work/log"; return 1; }
    key=$(cksum <"$data/muster.key")
    root_works || return 1
    stop_server
    [ "$server_status" = 0 ] || return 1
    start_server || return 1
    root_works || return 1
    stop_server
    [ "$server_status" = 0 ] && [ "$key" = "$(cksum <"$data/muster.key")" ]
}

if ! strace -o /dev/null true 2>/dev/null; then
    skip 'the first start' 'strace cannot trace here'
    done_testing
    exit
fi
points=0
for call in mkdir write pwrite64 fsync fdatasync ftruncate link linkat rename renameat2 unlink close; do
    case $call in
    pwrite64 | write | close) step=${LONG:+1} && step=${step:-7} ;; # all of them in the long form
    *) step=1 ;;
    esac
    n=1
    while killed_at $call $n; do
        points=$((points + 1))
        ok "killed at $call number $n, the next start makes it whole" comes_back
        n=$((n + step))
    done
done
ok 'there were enough points' test $points -ge 20
echo "# $points points"
done_testing
