#!/bin/sh
# Options and settings: what musterd says when they are right and when they are not.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/it/lib.sh

run_musterd --version
is 'the version is told' "$server_status $(printf '%s' "$output" | sed 's/[0-9.]*$/N/')" '0 musterd N'
run_musterd --help
is 'help ends with status 0' "$server_status" 0
for name in $(sed -n 's/^    {"\([a-z_]*\)", MST_SETTING_.*/\1/p' src/server/settings.c); do
    like "help tells $name" "$output" "^  $name  \("
done

printf 'window = 90\nhttp = 127.0.0.1:0\n' >"$work/good.conf"
run_musterd -n --config "$work/good.conf"
is 'a good file is ok' "$server_status $output" '0 ok'
run_musterd -n --config etc/musterd.conf
is 'the example file is ok' "$server_status $output" '0 ok'
not_ok 'checking makes no store' test -e "$data"

printf 'window = 90\nwindo = 5\n\nwindow_s\nhead_timeout = 1y\n' >"$work/bad.conf"
run_musterd -n --config "$work/bad.conf"
is 'a bad file ends with status 2' "$server_status" 2
like 'an unknown setting is named with its line' "$output" "^musterd: $work/bad.conf:2: windo: no such setting$"
like 'a line that is none is named' "$output" "^musterd: $work/bad.conf:4: is not NAME = VALUE$"
like 'a bad value is named with its cause' "$output" "^musterd: $work/bad.conf:5: head_timeout: \"1y\" is not a time"

refused() { # NAME PATTERN OPTION...
    name=$1
    pattern=$2
    shift 2
    run_musterd "$@" --data "$data"
    is "$name: status" "$server_status" 2
    like "$name: message" "$output" "$pattern"
}
refused 'an unknown option' '^musterd: -x: no such option$' -x
refused 'a stray word' '^musterd: stray: not an option$' stray
refused 'an unknown setting' '^musterd: speed: no such setting$' --set speed=9
refused 'an unknown setting in short form' '^musterd: speed: no such setting$' --speed 9
refused 'a setting without =' '^musterd: --set threads: is not NAME=VALUE$' --set threads
refused 'a value out of range' '^musterd: threads: 1000 threads is outside 0 to 256$' --set threads=1000
refused 'an address without a port' 'http: "127.0.0.1" is not ADDRESS:PORT' --http 127.0.0.1
refused 'TLS without certificates' 'https: needs a certificate' --https 127.0.0.1:0
refused 'no address at all' 'no address to listen on' --http ''
refused 'a value for an option without' '^musterd: --check=1: takes no value$' --check=1
refused 'a missing file' 'cannot be read: not found$' --config "$work/none.conf"
refused 'missing certificates' "tls_certificates: .*$work/none.crt" -n --https 127.0.0.1:0 \
    --set "tls_certificates=$work/none.crt $work/none.key"
run_musterd --data
is 'an option without its value: status' "$server_status" 2
like 'an option without its value: message' "$output" '^musterd: --data: a value is missing$'
not_ok 'none of them made a store' test -e "$data"

printf 'http = 127.0.0.1:1\nwindow = 0\n' >"$work/mixed.conf"
run_musterd -n --config "$work/mixed.conf" --window 5
is 'the command line does not hide a fault of the file' "$server_status" 2
printf 'http = 127.0.0.1:1\n' >"$work/file.conf"
start_server --config "$work/file.conf"
like 'the command line replaces the file' "$http" '^127\.0\.0\.1:[0-9]{4,5}$'
stop_server
is 'it ends with status 0' "$server_status" 0
done_testing
