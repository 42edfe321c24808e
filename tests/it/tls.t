#!/bin/sh
# TLS: versions, two kinds of certificate, IPv6, several addresses.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/it/lib.sh

ok 'certificates can be made' make_certificates
pairs="$work/rsa.crt $work/rsa.key, $work/ec.crt $work/ec.key"
ok 'a server with three TLS addresses starts' start_server --set "tls_certificates=$pairs" \
    --https '127.0.0.1:0, 127.0.0.1:0;tls_min=1.0 127.0.0.1:0;tls_min=1.3'
like 'the ready line names them in order' "$ready" '^ready http=[0-9.:]+ https=[0-9.:]+ https=[0-9.:]+ https=[0-9.:]+$'
set -- $(printf '%s\n' $ready | sed -n 's/^https=127\.0\.0\.1://p')
normal=$1
old=$2
new=$3
like 'the log warns of the old version' "$(cat "$work/log")" "https 127.0.0.1:0 accepts TLS 1.0"

cat "$work/rsa.crt" "$work/ec.crt" >"$work/ca"
for version in 1.2 1.3; do
    request --cacert "$work/ca" --tlsv$version --tls-max $version -d 'vendor=a&model=b&sn=c' \
        "https://127.0.0.1:$normal/provision/activate"
    is "TLS $version: an activation is answered" "$status $body" "403 $(printf 'HTTP/1.1 403 Forbidden\r\n')"
done
request --cacert "$work/ca" "https://127.0.0.1:$normal/timestamp" --next -s -o "$work/body" -w '%{http_code}' \
    --cacert "$work/ca" "https://127.0.0.1:$normal/timestamp"
is 'two requests on a connection are answered' "$status" 200200

# One request by gnutls-cli with a priority string; what it says and what it got.
say() { # PORT PRIORITY
    printf 'GET /timestamp HTTP/1.1\r\nConnection: close\r\n\r\n' |
        timeout 60 gnutls-cli --insecure --priority "$2" --port "$1" 127.0.0.1 2>&1
}
legacy='LEGACY:%COMPAT:-VERS-ALL'
like 'TLS 1.0 is taken where tls_min=1.0 says so' "$(say "$old" "$legacy:+VERS-TLS1.0")" '^HTTP/1\.1 200 OK'
like 'so is TLS 1.1' "$(say "$old" "$legacy:+VERS-TLS1.1")" '^HTTP/1\.1 200 OK'
like 'and TLS 1.3' "$(say "$old" 'NORMAL:-VERS-ALL:+VERS-TLS1.3')" '^HTTP/1\.1 200 OK'
not_ok 'TLS 1.0 is refused elsewhere' sh -c "printf 'GET /timestamp HTTP/1.1\r\n\r\n' |
    timeout 60 gnutls-cli --insecure --priority '$legacy:+VERS-TLS1.0' --port $normal 127.0.0.1"
not_ok 'TLS 1.1 too' sh -c "printf 'GET /timestamp HTTP/1.1\r\n\r\n' |
    timeout 60 gnutls-cli --insecure --priority '$legacy:+VERS-TLS1.1' --port $normal 127.0.0.1"
not_ok 'TLS 1.2 is refused where tls_min=1.3 says so' sh -c "printf 'GET /timestamp HTTP/1.1\r\n\r\n' |
    timeout 60 gnutls-cli --insecure --priority 'NORMAL:-VERS-ALL:+VERS-TLS1.2' --port $new 127.0.0.1"
like 'TLS 1.3 is taken there' "$(say "$new" 'NORMAL:-VERS-ALL:+VERS-TLS1.3')" '^HTTP/1\.1 200 OK'
like 'a device that knows RSA only gets the RSA certificate' \
    "$(say "$normal" 'NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-RSA')" "using .*RSA"
like 'one that knows ECDSA only gets the other' \
    "$(say "$normal" 'NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA')" "using .*(EC|ECDSA)"
like 'plain HTTP on a TLS address is no HTTP' \
    "$(curl -s --max-time 60 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$normal/timestamp")" '^000$'
request "http://$http/timestamp"
is 'and does no harm' "$status" 200
stop_server
is 'it ends with status 0' "$server_status" 0

run_musterd --data "$data" --http 127.0.0.1:0 --https 127.0.0.1:0 \
    --set "tls_certificates=$work/rsa.crt $work/ec.key"
is 'a key that is not the certificate'"'"'s is refused' "$server_status" 2
like 'and named' "$output" 'tls_certificates: .*/(rsa.crt|ec.key)'

if [ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6; then
    start_options='--http [::1]:0,127.0.0.1:0 --set threads=2'
    ok 'a server starts on IPv6 and IPv4' start_server --set "tls_certificates=$pairs" --https '[::1]:0'
    like 'the ready line names both' "$ready" '^ready http=\[::1\]:[0-9]+ http=127\.0\.0\.1:[0-9]+ https=\[::1\]:[0-9]+$'
    request -g "http://$http/timestamp"
    is 'it answers over IPv6' "$status" 200
    request -g --insecure "https://$https/timestamp"
    is 'and over TLS on IPv6' "$status" 200
    stop_server
    is 'it ends with status 0' "$server_status" 0
else
    skip 'IPv6' 'this machine has none'
fi
done_testing
