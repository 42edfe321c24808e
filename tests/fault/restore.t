#!/bin/sh
# A restore, killed at every call that changes a file: no server starts on what is left, unless it is
# the whole store, fenced; and run again it is done.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/it/lib.sh

place=$work/place
if ! strace -o /dev/null true 2>/dev/null; then
    skip 'a restore' 'strace cannot trace here'
    done_testing
    exit
fi

start_server
request -X POST -H "X-Exosite-CIK: $(cat "$data/root.cik")" "http://$http/muster/v1/backup"
stop_server
backup=$(printf '%s' "$body" | sed 's/.*"path":"\([^"]*\)".*/\1/')
ok 'there is a backup' test -f "$backup/manifest"

fresh_place() {
    rm -rf "$place"
    mkdir -m 700 "$place"
    cp -p "$data/muster.key" "$place/"
}

# Fails once there is no n-th CALL: the restore was done.
killed_at() { # CALL N
    fresh_place
    strace -f -o /dev/null -e trace="$1" -e inject="$1:signal=KILL:when=$2" \
        $musterd --restore "$backup" --data "$place" >"$work/said" 2>>"$work/log"
    [ $? -ne 0 ] && [ ! -s "$work/said" ]
}

is_fenced() { [ "$(sqlite3 -readonly "$place/muster.db" 'SELECT count(*) FROM gen')" = 2 ]; }

# What is left serves only if it is fenced, and the next restore makes it whole.
comes_back() {
    if [ -d "$place/restoring" ]; then
        run_musterd --data "$place" --http 127.0.0.1:0
        [ "$server_status" = 1 ] || { echo "a server ended with $server_status: $output"; return 1; }
    elif [ -e "$place/muster.db" ]; then
        is_fenced && [ -e "$place/points.db" ] && [ -e "$place/content.db" ] || { ls "$place"; return 1; }
        fresh_place # it was done, and is not done again over itself
    elif [ -e "$place/points.db" ] || [ -e "$place/content.db" ]; then
        ls "$place"
        return 1
    fi
    run_musterd --restore "$backup" --data "$place"
    [ "$server_status" = 0 ] || { echo "again: $output"; return 1; }
    is_fenced && [ ! -e "$place/restoring" ]
}

points=0
for call in mkdir pwrite64 write fsync fdatasync ftruncate rename rmdir unlink; do
    case $call in
    pwrite64 | write | fsync | fdatasync) step=${LONG:+1} && step=${step:-9} ;; # all in the long form
    *) step=${LONG:+1} && step=${step:-2} ;;
    esac
    n=1
    while killed_at $call $n; do
        points=$((points + 1))
        ok "killed at $call number $n: nothing serves unfenced, and run again it is done" comes_back
        n=$((n + step))
    done
done
ok 'there were enough points' test $points -ge 10
echo "# $points points"
done_testing
