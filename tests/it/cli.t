#!/bin/sh
# The tool against a real server: what it prints, how it ends, and that it can be run again.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/it/lib.sh
. tests/it/tool.sh

profile=$work/.config/muster/profile.json

start_server
is 'a server starts' "${ready%%=*}" 'ready http'
url=http://$http

# ---- init ----------------------------------------------------------------------------

muster --server "$url" init --root-cik-file "$data/root.cik" --vendor acme --json
ends 'init makes a vendor' 0
first=$out
is 'its output is one line' "$(printf '%s\n' "$out" | wc -l | tr -d ' ')" 1
for name in vendor_cik token portal_rid portal_cik template_rid; do
    like "$name is there" "$(member $name)" '^[0-9a-f]{40}$'
done
is 'vendor is there' "$(member vendor)" acme
vendor_cik=$(member vendor_cik) token=$(member token) portal=$(member portal_rid)
portal_cik=$(member portal_cik) template=$(member template_rid)
muster --server "$url" init --root-cik-file "$data/root.cik" --vendor acme --json
is 'a second run prints the same' "$out" "$first"

rpc() { # CIK [CLIENT] CALLS: sets body
    request -H 'Content-Type: application/json' -d "{\"auth\":{\"cik\":\"$1\"$2},\"calls\":[$3]}" \
        "$url/onep:v1/rpc/process"
}
ports='{"id":1,"procedure":"lookup","arguments":[{"alias":""},"aliased","temp"]},
    {"id":2,"procedure":"lookup","arguments":[{"alias":""},"aliased","count"]},
    {"id":3,"procedure":"lookup","arguments":[{"alias":""},"aliased","note"]},
    {"id":4,"procedure":"info","arguments":[{"alias":"temp"},{"description":true}]},
    {"id":5,"procedure":"info","arguments":[{"alias":"count"},{"description":true}]},
    {"id":6,"procedure":"info","arguments":[{"alias":"note"},{"description":true}]}'
rpc "$vendor_cik" ",\"client_id\":\"$template\"" "$ports"
like 'temp is a float' "$body" '"id":4.*"format":"float".*"id":5'
like 'count is an integer' "$body" '"id":5.*"format":"integer".*"id":6'
like 'note is a string' "$body" '"id":6.*"format":"string"'

# What an interrupted run leaves: resources without their aliases, or without more.
rpc "$vendor_cik" ",\"client_id\":\"$template\"" \
    '{"id":1,"procedure":"unmap","arguments":[{"alias":""},"alias","count"]}'
rpc "$vendor_cik" '' '{"id":1,"procedure":"unmap","arguments":[{"alias":""},"alias","portal"]}'
rpc "$(cat "$data/root.cik")" '' \
    '{"id":1,"procedure":"unmap","arguments":[{"alias":""},"alias","vendor.acme"]}'
like 'the aliases are gone' "$body" '"status":"ok"'
muster --server "$url" init --root-cik-file "$data/root.cik" --vendor acme --json
is 'a half-finished init is completed, not begun anew' "$out" "$first"

muster --server "$url" init --root-cik-file "$data/root.cik" --vendor other --json
ends 'a second vendor is another' 0
like 'with a token of its own' "$(member token)" '^[0-9a-f]{40}$'
is 'that differs' "$([ "$(member token)" != "$token" ] && echo differs)" differs

for i in 1 2 3 4 5 6; do
    timeout 60 "$release_bin/muster" --server "$url" init --root-cik-file "$data/root.cik" \
        --vendor race --json >"$work/race.$i" 2>&1 &
    eval "race_$i=\$!"
done
wait $race_1 $race_2 $race_3 $race_4 $race_5 $race_6
is 'six at once make one vendor' "$(sort -u "$work"/race.* | wc -l | tr -d ' ')" 1
like 'and all of them tell it' "$(cat "$work/race.1")" '"vendor":"race".*"portal_cik":'

printf '%s' "$vendor_cik" >"$work/vendor.cik"
muster --server "$url" init --root-cik-file "$work/vendor.cik" --vendor third
is 'not the root: refused' "$code" 1
muster --server "$url" init --root-cik-file "$work/none" --vendor acme
says 'a missing key file' 5 'cannot read .*/none'
printf 'no key\n' >"$work/bad.cik"
muster --server "$url" init --root-cik-file "$work/bad.cik" --vendor acme
says 'a file without a key' 5 'holds no key'
muster --server "$url" init --root-cik-file "$data/root.cik" --vendor 'a b'
says 'a bad vendor name' 2 'A-Z a-z 0-9'
muster --server "$url" init --vendor acme
says 'a missing option' 2 'root-cik-file'

muster --server "$url" init --root-cik-file "$data/root.cik" --vendor acme --save
ends 'init keeps a profile' 0
is 'that only the user can read' "$(stat -c %a "$profile")" 600
is 'and does not show keys then' "$(printf '%s' "$out" | grep -c "$token")" 0

# ---- models --------------------------------------------------------------------------

muster model create thermo
ends 'a model is made with what the profile knows' 0
muster model create thermo
says 'a second of the same name' 1 '409.*model of that name'
muster model show thermo --json
is 'a model is shown' "$out" \
    "{\"model\":\"thermo\",\"template_rid\":\"$template\",\"share_code\":null,\"options\":[]}"
muster model create 'a+b c' --window 5 --option nohistorical
ends 'a name with plus and space' 0
muster model list --json
is 'models are listed' "$out" '[{"model":"a+b c"},{"model":"thermo"}]'
muster model set 'a+b c' --option noaliases --option nocomments
ends 'options are changed' 0
muster model set 'a+b c' --window 60
ends 'a window alone is changed' 0
muster model show 'a+b c'
like 'and the options stay' "$out" 'options +noaliases nocomments$'
muster model set 'a+b c' --no-options
muster model show 'a+b c'
like 'options can be taken away' "$out" 'options +-$'
muster model set thermo
says 'a change of nothing' 2 'what shall change'
muster model set thermo --window 99999999999
says 'a window beyond the limit' 2 'from 0 to 31536000'
muster model delete 'a+b c'
says 'deleting wants to be meant' 2 'yes'
muster model delete 'a+b c' --yes
ends 'a model is deleted' 0
muster model show 'a+b c'
says 'and gone' 1 '404.*no such model'

# ---- serial numbers ------------------------------------------------------------------

muster sn add thermo 0001 0002 --extra 'first, "best"'
is 'serial numbers are added' "$out" '2 added'
muster sn add thermo 0003 0001
says 'one that is listed stops all' 1 '409.*listed already'
muster sn status thermo 0003
says 'so the other was not added' 1 '404.*no such serial number'
muster sn add thermo 0003 0001 --skip-listed
is 'unless listed ones are passed over' "$out" '1 added, 1 skipped (listed already)'
muster sn add nomodel 0001
says 'an unknown model' 1 '404.*no such model'
muster sn add thermo 'a/b'
says 'a bad serial number is not sent' 2 'without comma, double quote and slash; nothing was sent'
muster sn add thermo 0009 0009
says 'nor one twice' 2 '0009 stands there twice'
muster sn add thermo
says 'nor none' 2 'give serial numbers, or --file'

awk 'BEGIN { for (i = 1; i <= 2500; i++) printf "F%05d,\"box %d, left\"\r\n", i, i }' >"$work/sns.csv"
muster sn add thermo --file "$work/sns.csv" --chunk 1000 --progress
is 'a file goes in pieces' "$out" '2500 added'
is 'and progress is told' "$(printf '%s\n' "$err" | tr '\n' ' ')" '1000 of 2500 2000 of 2500 2500 of 2500 '
muster sn add thermo --file "$work/sns.csv"
is 'again: refused' "$code" 1
printf 'F02501\nF00001\nF02502\n' >>"$work/sns.csv"
muster sn add thermo --file "$work/sns.csv" --skip-listed
says 'a file with a twin is not sent' 2 'F00001 stands there twice: lines 1 and 2502'
sed -i '/^F00001$/d' "$work/sns.csv"
muster sn add thermo --file "$work/sns.csv" --skip-listed --json
is 'a longer file adds what is new' "$out" '{"added":2,"skipped":2500}'
muster model create other
muster sn add other N1 F00002 N2 F00003 N3 --skip-listed
is 'the new ones are added' "$out" '3 added'
like 'those that another model lists are told' "$err" 'another model of the vendor lists them: 2, F00002 the first'
muster model delete other --yes
printf 'ok1\n"bad\n' >"$work/bad.csv"
muster sn add thermo --file "$work/bad.csv"
says 'a broken file is not sent' 2 'line 2: a double quote does not end'

muster sn list thermo --json
is 'all are listed, page by page' "$(printf '%s' "$out" | grep -o '"sn":' | wc -l | tr -d ' ')" 2505
like 'with their text' "$out" '"sn":"0001","status":"unused","rid":"","extra":"first, \\"best\\""'
muster sn list thermo --limit 2 --offset 1
is 'a part of the list' "$(printf '%s\n' "$out" | cut -c1-21)" 'SERIAL NUMBER  STATUS
0002           unused
0003           unused'

# ---- devices -------------------------------------------------------------------------

muster activate thermo 0001
says 'too early' 1 '^muster activate: acme thermo 0001: 409: not added.*muster why'
muster activate thermo 9999
says 'an unknown serial number' 1 '404: the serial number is not in the platform'
muster activate nomodel 0001
says 'an unknown model' 1 '403: there is no such vendor'
muster device reenable thermo 0001
says 'nothing to re-enable' 1 "409.*'muster device enable'"
muster device enable thermo 0001 --json
ends 'a device is enabled' 0
rid=$(member rid)
muster device enable thermo 0001
says 'once only' 1 '409.*reenable'
muster device enable thermo 0002 --owner "$template$template"
says 'a bad owner' 1 '400.*RID'
muster device enable thermo 0002 --owner 0123456789abcdef0123456789abcdef01234567
says 'an unknown owner' 1 '403.*owner'
muster sn status thermo 0001
like 'it waits' "$out" 'status +notactivated'
muster device key thermo 0001
pending=$out
like 'the owner sees the key to come' "$pending" '^[0-9a-f]{40}$'
muster sn log thermo 0001
is 'never activated yet' "$out" 'never activated'
muster activate thermo 0001 --save-cik "$work/none/0001.cik"
says 'a file that cannot be written stops it before the key is given' 5 'cannot write .*No such file'
muster sn status thermo 0001
like 'so it still waits' "$out" 'status +notactivated'
muster activate thermo 0001 --save-cik "$work/0001.cik"
ends 'it is activated' 0
is 'the key goes to the file' "$(cat "$work/0001.cik")" "$pending"
is 'which is private' "$(stat -c %a "$work/0001.cik")" 600
is 'and not to the screen' "$(printf '%s' "$out" | grep -c "$pending")" 0
muster activate thermo 0001
says 'twice' 1 '409: .*already activated'
muster device status thermo 0001 --json
is 'it is activated' "$out" "{\"model\":\"thermo\",\"sn\":\"0001\",\"status\":\"activated\",\"rid\":\"$rid\",\"extra\":\"first, \\\"best\\\"\"}"
muster sn log thermo 0001
like 'the log tells from where' "$out" '127\.0\.0\.1 +model=thermo&vendor=acme&sn=0001'

# ---- data ----------------------------------------------------------------------------

muster --cik-file "$work/0001.cik" data write temp=21.50 count=-3 'note=a=b & ü%'
ends 'values are written' 0
muster --cik-file "$work/0001.cik" data read note temp nosuch count --json
is 'and read in the order asked for' "$out" \
    '[{"alias":"note","value":"a=b & ü%"},{"alias":"temp","value":"21.5"},{"alias":"count","value":"-3"}]'
muster --cik-file "$work/0001.cik" data write count=many
says 'a value that does not fit' 1 '400: a value does not fit'
muster --cik-file "$work/0001.cik" data write temp
says 'a write without a value' 2 'ALIAS=VALUE'
muster data read temp
says 'no key' 2 'needs a CIK'
out=$(MUSTER_CIK=$pending timeout 60 "$release_bin/muster" data read temp --json)
is 'a key of the environment' "$out" '[{"alias":"temp","value":"21.5"}]'
out=$(printf '%s\n' "$pending" | timeout 60 "$release_bin/muster" --cik-file - data read temp --json)
is 'a key of standard input' "$out" '[{"alias":"temp","value":"21.5"}]'

muster device reenable thermo 0001
ends 'it is re-enabled' 0
muster --cik-file "$work/0001.cik" data read temp
says 'the old key is dead' 1 '401: the CIK is not valid'
muster activate thermo 0001 --json
like 'a new one comes' "$(member cik)" '^[0-9a-f]{40}$'
is 'another one' "$([ "$(member cik)" != "$pending" ] && echo another)" another
muster device remap thermo 0001 0002
ends 'the hardware is swapped' 0
muster sn status thermo 0001
like 'the old serial number is free' "$out" 'status +unused'
muster sn status thermo 0002 --json
is 'the device is the same' "$(member rid)" "$rid"
muster device disable thermo 0002
ends 'it is disabled' 0
muster sn status thermo 0002
like 'and says how to go on' "$out" 'expired'
muster activate thermo 0002
says 'a disabled one gets no key' 1 '409'
muster device drop thermo 0002 --yes
ends 'it is dropped' 0
muster sn status thermo 0002
like 'the serial number is orphaned' "$out" 'status +orphaned'
muster device drop thermo 0002 --yes
says 'dropping again' 1 'has no device: it is orphaned'
muster sn delete thermo 0002 --json
is 'it is deleted' "$out" '[{"sn":"0002","result":"deleted"}]'
muster sn delete thermo 0002
is 'it is gone' "$code" 1
muster device enable thermo 0003
muster activate thermo 0003 --save-cik "$work/0003.cik"
muster sn delete thermo 0003 0001 --disable
ends 'deletion with disabling' 0
muster --cik-file "$work/0003.cik" data read temp
is 'ends the key too' "$code" 1

# ---- the root's clock reset ----------------------------------------------------------

muster sn add thermo 0004
muster device enable thermo 0004
muster --cik-file "$data/root.cik" clock reset --json
is 'clock reset closes windows' "$out" '{"closed":1}'
muster sn status thermo 0004
like 'the device is expired' "$out" 'status +expired'
muster --cik-file "$work/vendor.cik" clock reset
says 'for the root only' 1 'root client'

# ---- the command line ----------------------------------------------------------------

muster
is 'no command: usage' "$code" 2
muster --help
ends 'help' 0
for command in init 'model create' 'model list' 'model show' 'model set' 'model delete' 'share add' 'share list' \
    'share remove' 'sn add' 'sn list' \
    'sn status' 'sn log' 'sn delete' 'device enable' 'device reenable' 'device disable' 'device remap' \
    'device status' 'device key' 'device drop' activate 'data write' 'data read' 'clock reset'; do
    muster $command --help
    is "$command --help ends well" "$code" 0
    like "$command --help has an example" "$out" "Examples?:
  muster .*${command%% *}"
done
muster --version
like 'version' "$out" '^muster [0-9]+\.[0-9]+\.[0-9]+$'
muster nosuch
says 'an unknown command' 2 "there is no command 'nosuch'"
muster sn nosuch
says 'an unknown word after it' 2 "there is no command 'sn nosuch'"
muster sn list
says 'too few words' 2 'too few words: muster sn list MODEL'
muster sn list a b
says 'too many words' 2 'too many words'
muster sn list thermo --nosuch=secret
says 'an unknown option' 2 'unknown option --nosuch'
is 'whose value is not repeated' "$(printf '%s' "$err" | grep -c secret)" 0
muster --json activate thermo 9999 --vendor acme
is 'errors as JSON' "$(printf '%s' "$err" | cut -c1-30)" '{"error":{"exit":1,"text":"acm'
like 'with the status' "$err" '"status":404'
muster --server 127.0.0.1:1 sn list thermo
says 'an address that is none' 2 'no server address'
printf '%s' "$portal_cik" >"$work/portal.cik"
muster --profile /dev/null --server "$url" --cik-file "$work/portal.cik" model list
says 'a key without vendor name' 1 '412'
muster --profile /dev/null --server "$url" --cik-file "$work/vendor.cik" model list --json
is "the vendor's CIK will do" "$out" '[{"model":"thermo"}]'
out=$(MUSTER_SERVER=$url MUSTER_TOKEN=$token timeout 60 "$release_bin/muster" --profile /dev/null model list --json)
is 'so will a token of the environment' "$out" '[{"model":"thermo"}]'
muster --profile /dev/null --server "$url" model list
says 'no key at all' 2 "needs the vendor's token"
chmod 644 "$profile"
muster model list
says 'a profile for all to read is not used' 5 "others may read.*chmod 600 $profile"
chmod 600 "$profile"

# ---- servers that are not there, or not ours -----------------------------------------

stop_server
muster sn list thermo
says 'no server' 3 'is musterd running there'
muster --json sn list thermo
like 'no server, as JSON' "$err" '^\{"error":\{"exit":3,'
if make_certificates; then
    start_server --https 127.0.0.1:0 --set "tls_certificates=$work/ec.crt $work/ec.key"
    muster --server "https://$https" model list
    says 'an unknown certificate' 3 'ca-file'
    muster --server "https://$https" --ca-file "$work/ec.crt" model list --json
    is 'a known one' "$out" '[{"model":"thermo"}]'
    muster --server "https://$https" --insecure model list --json
    is 'or none looked at' "$out" '[{"model":"thermo"}]'
    stop_server
else
    skip 'TLS' 'certtool is missing'
fi

done_testing
