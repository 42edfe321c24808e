#!/bin/sh
# Share codes with the tool: muster code, and models made by them.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/it/lib.sh
. tests/it/tool.sh


start_vendors acme umbrella

as acme code list
is 'at first there is no code' "$code $out" "0 no codes: make one with 'muster code create'"
as acme code create --meta 'for umbrella'
like 'a code is 40 characters' "$code $out" '^0 [0-9a-f]*$'
share_code=$out
as acme code list --json
like 'the list shows it' "$code $out" "^0 .*\"activator\":null,\"code\":\"$share_code\",\"meta\":\"for umbrella\""

as umbrella model create lamp --code "$share_code" --template "$share_code"
says 'a template by two names' 2 'by --template or by --code, not both'
as umbrella model create lamp --code 0000000000000000000000000000000000000000
says 'a code that is none' 1 'the code one that shares a client'
as umbrella model create lamp --code "$share_code" --option nohistorical
ends 'a model by the code' 0
as umbrella model show lamp --json
like 'it shows the code' "$code $out" "^0 .*\"share_code\":\"$share_code\""
as umbrella model set lamp --option noaliases
ends 'options change and the template stays' 0
as umbrella model show lamp
like 'so it says' "$code $out" "$share_code"
as umbrella sn add lamp 1 2
as umbrella device enable lamp 1
ends 'a device begins as a copy of the other vendor'"'"'s template' 0
as acme model create mine --code "$share_code"
says 'a code that is used up' 1 'nobody else uses'
as acme code list
like 'who made it sees who uses it' "$code $out" "$share_code *[0-9a-f]* *for umbrella"

as acme code revoke "$share_code"
says 'revoking is asked back' 2 'Say --yes'
as acme code revoke "$share_code" --yes
ends 'it is taken back' 0
as acme code revoke "$share_code" --yes
says 'and cannot be twice' 1 'no such code'
as acme code create 0123456789abcdef0123456789abcdef01234567
says 'a code of nothing' 1 'no such resource'
as umbrella device enable lamp 2
says 'no device is added any more' 1 'template'
as umbrella model set lamp --option nocomments
says 'the template that is gone is told' 1 'its code was revoked'
as umbrella model set lamp --window 600
ends 'the window changes all the same' 0

done_testing
