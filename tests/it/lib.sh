# What shell tests of the server share. Source it from the root of the tree.
#
# A server started here listens on port 0, is waited for by its ready line, and is
# ended by its process id, at the latest when the test ends. Nothing sleeps. Tests that need a vendor
# and devices are in Perl, with tests/lib/Muster.pm.

. tests/lib/tap.sh

release_bin=build/release/bin
fault_bin=build/fault/bin
musterd=${MUSTERD:-${MUSTER_LAUNCHER:-} $release_bin/musterd}

work=$(mktemp -d)
data=$work/data
server_pid=
start_options='--http 127.0.0.1:0 --set threads=2'

clean_up() {
    [ -z "$server_pid" ] || kill -KILL "$server_pid" 2>/dev/null
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# Starts $musterd on $data with further options, and waits until it is ready. Sets server_pid,
# ready, and http and https, the first address of each. Fails if it ends without being ready.
start_server() {
    rm -f "$work/ready"
    mkfifo "$work/ready"
    $musterd --data "$data" $start_options "$@" >"$work/ready" 2>>"$work/log" &
    server_pid=$!
    ready=$(timeout 60 head -n 1 "$work/ready")
    http=$(pair http)
    https=$(pair https)
    case $ready in
    ready\ *) return 0 ;;
    esac
    wait "$server_pid"
    server_status=$?
    server_pid=
    return 1
}

# The first address of that name in the ready line.
pair() {
    printf '%s\n' $ready | sed -n "s/^$1=//p" | head -n 1
}

# Ends the server with a signal (TERM) and keeps its exit status in server_status.
stop_server() {
    kill -"${1:-TERM}" "$server_pid"
    wait "$server_pid" 2>/dev/null
    server_status=$?
    server_pid=
}

# Runs musterd to its end: for starts that must fail. Sets output and server_status.
run_musterd() {
    output=$(timeout 60 $musterd "$@" 2>&1 </dev/null)
    server_status=$?
}

# One request with curl; sets status and body.
request() {
    status=$(curl -s -o "$work/body" -w '%{http_code}' --max-time 60 "$@")
    curl_status=$?
    body=$(tr -d '\000' <"$work/body" 2>/dev/null)
    return 0
}

# Certificates for the TLS tests: $work/rsa.crt, $work/rsa.key, $work/ec.crt, $work/ec.key.
make_certificates() {
    for kind in rsa ec; do
        type=$kind
        [ $kind = rsa ] || type=ecdsa
        printf 'cn = "localhost"\ndns_name = "localhost"\nip_address = "127.0.0.1"\nexpiration_days = 2\ntls_www_server\nsigning_key\nencryption_key\n' >"$work/template"
        certtool --generate-privkey --key-type=$type --outfile "$work/$kind.key" >/dev/null 2>&1 &&
            certtool --generate-self-signed --load-privkey "$work/$kind.key" \
                --template "$work/template" --outfile "$work/$kind.crt" >/dev/null 2>&1 || return 1
    done
}
