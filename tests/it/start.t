#!/bin/sh
# A store is made, found again, and refused when it is not what it should be.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/it/lib.sh

mode_of() { stat -c %a "$1"; }

ok 'an empty directory becomes a store' start_server
like 'the ready line names the address' "$ready" '^ready http=127\.0\.0\.1:[1-9][0-9]*$'
request "http://$http/timestamp"
is 'it answers' "$status" 200
is 'the data directory is private' "$(mode_of "$data")" 700
is 'the key file is private' "$(mode_of "$data/muster.key")" 600
is 'the root key is private' "$(mode_of "$data/root.cik")" 600
like 'the root key is 40 digits' "$(cat "$data/root.cik")" '^[0-9a-f]{40}$'
is 'the state is private' "$(mode_of "$data/muster.db")" 600
like 'the key file has a locator and a key' "$(sed 's/[0-9a-f]\{64\}$/HEX/' "$data/muster.key" | tr '\n' ' ')" '^locator HEX 1 HEX $'

root_works() { # the root key is told who it is
    request -H 'Content-Type: application/json' -d "{\"auth\":{\"cik\":\"$(cat "$data/root.cik")\"},
        \"calls\":[{\"id\":1,\"procedure\":\"info\",\"arguments\":[{\"alias\":\"\"},{\"basic\":true}]}]}" \
        "http://$http/onep:v1/rpc/process"
    case $body in *'"status":"ok"'*) return 0 ;; esac
    echo "$body"
    return 1
}
ok 'the root key works' root_works

first_pid=$server_pid
run_musterd --data "$data" --http 127.0.0.1:0
is 'a second process on the directory is refused' "$server_status" 1
like 'and told why' "$output" 'another musterd uses this directory'
run_musterd --data "$work/other" --http "$http"
is 'an address in use is refused' "$server_status" 1
like 'and told which' "$output" "cannot listen on $http: another program uses it"
run_musterd --data "$work/other" --http 192.0.2.1:0
is 'an address of another machine is refused' "$server_status" 1
like 'and told why' "$output" 'cannot listen on 192\.0\.2\.1:0: it must be an address of this machine'
server_pid=$first_pid
stop_server
is 'SIGTERM ends it with status 0' "$server_status" 0
like 'the log says that it ended well' "$(cat "$work/log")" 'the store is closed'

cp "$data/root.cik" "$work/root.cik"
cp "$data/muster.key" "$work/muster.key"
ok 'it starts again' start_server
is 'the root key is the same' "$(cat "$data/root.cik")" "$(cat "$work/root.cik")"
ok 'the root key still works' root_works
stop_server INT
is 'SIGINT ends it with status 0' "$server_status" 0

rm "$data/root.cik"
ok 'it starts without the root key file' start_server
is 'and writes the same key again' "$(cat "$data/root.cik")" "$(cat "$work/root.cik")"
stop_server KILL
ok 'it starts after kill -9' start_server
ok 'with the root key working' root_works
stop_server

refused() { # NAME PATTERN
    run_musterd --data "$data" --http 127.0.0.1:0
    is "$1: status" "$server_status" 1
    like "$1: message" "$output" "$2"
}
rm "$data/muster.key"
refused 'a store without its key file' "key file $data/muster.key is missing"
not_ok 'no new key file is made' test -e "$data/muster.key"
own_data=$data
data=$work/second
ok 'another store is made' start_server
stop_server
data=$own_data
cp "$work/second/muster.key" "$data/muster.key"
refused 'a store with a wrong key file' 'does not belong to this store'
cp "$work/muster.key" "$data/muster.key"
chmod 640 "$data/muster.key"
refused 'a key file open to others' 'mode 0640.*chmod 600'
chmod 600 "$data/muster.key"
ok 'the right key file opens it again' start_server
stop_server
mv "$data/muster.key" "$work/elsewhere.key"
ok 'key_file names another place' start_server --key_file "$work/elsewhere.key"
ok 'with the root key working there' root_works
stop_server
mv "$work/elsewhere.key" "$data/muster.key"

version=$(sqlite3 "$data/muster.db" 'PRAGMA user_version')
sqlite3 "$data/muster.db" "PRAGMA user_version = $((version + 1))"
refused 'a store of a newer version' 'newer'
sqlite3 "$data/muster.db" "PRAGMA user_version = $version"
ok 'its own version is opened again' start_server
stop_server

printf 'this is no data base, whatever its name says; it is long enough to be looked at as one. %0200d\n' 0 >"$work/broken"
cp "$work/broken" "$data/muster.db"
rm -f "$data/muster.db-wal" "$data/muster.db-shm"
refused 'a file that is no store' 'cannot be opened'
is 'the file is left as it was' "$(cksum <"$data/muster.db")" "$(cksum <"$work/broken")"
printf x >"$work/file"
run_musterd --data "$work/file/below" --http 127.0.0.1:0
is 'a directory that cannot be made: status' "$server_status" 1
like 'a directory that cannot be made: message' "$output" 'cannot be made'
done_testing
