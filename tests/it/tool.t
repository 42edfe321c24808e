#!/bin/sh
# The tool's vendor, token, profile and bulk commands against a real server; what it shows on a
# terminal while it works; what it warns of.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/it/lib.sh
. tests/it/tool.sh

profile=$work/.config/muster/profile.json

mode() { stat -c %a "$1"; }

start_server
url=http://$http
muster --server "$url" init --root-cik-file "$data/root.cik" --vendor acme --save
ends 'a vendor is made' 0

# ---- every command has help with an example -----------------------------------------------

for noun in $("$tool" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    names=$("$tool" $noun --help | sed -n "1{/^usage:/q;};s/^  muster $noun \([a-z-]*\).*/\1/p")
    for name in ${names:-''}; do
        like "muster $noun $name --help has an example" "$("$tool" $noun $name --help)" '^Examples?:$'
    done
done

# ---- vendor -------------------------------------------------------------------------------

muster vendor show
is 'the vendor of a token' "$out" 'vendor  acme'
muster vendor show --json
is 'the same as JSON' "$out" '{"vendor":"acme"}'
muster vendor register acme
is 'to register a name twice is no fault' "$out" 'acme: registered'
muster vendor register other
says 'a second name' 1 '409.*another name.*muster vendor show'
muster vendor register 'a b'
says 'a name that is none' 1 '400.*1 to 64 of'
muster vendor unregister acme
says 'a vendor is not given up by mistake' 2 'add --yes'
muster vendor unregister other --yes
says 'the name of somebody else' 1 '404'

# ---- token --------------------------------------------------------------------------------

muster token list --json
is 'the token of init is there' "$out" '[{"token_id":"muster-init"}]'
muster token create 'line 7/a' --save-token "$work/line7"
is 'a token goes to a file' "$out" "the token is in $work/line7; use it with --token-file $work/line7"
is 'which others cannot read' "$(mode "$work/line7")" 600
muster token create 'line 7/a'
says 'a second one of that name' 1 "409.*token show"
muster token show 'line 7/a'
is 'it can be shown again' "$out" "$(cat "$work/line7")"
muster token list
is 'and is listed' "$out" 'TOKEN ID
line 7/a
muster-init'
muster --profile /dev/null --server "$url" --token-file "$work/line7" vendor show
is 'it works' "$out" 'vendor  acme'
muster token delete 'line 7/a'
is 'it can be taken back' "$out" 'line 7/a: deleted'
muster --profile /dev/null --server "$url" --token-file "$work/line7" vendor show
says 'it works no more' 1 '401'
muster token delete 'line 7/a'
says 'a token that is gone' 1 '404.*muster token list'
muster --profile /dev/null --server "$url" --token-file "$work/line7" token list
says 'tokens do not make tokens' 2 "needs the vendor's CIK"

# ---- profile ------------------------------------------------------------------------------

muster token create line-8 --save-token "$work/line8"
muster --profile "$work/other.json" --server "$url" --token-file "$work/line8" profile set --vendor acme
is 'a profile can be made of a token' "$code" 0
is 'others cannot read it' "$(mode "$work/other.json")" 600
muster --profile "$work/other.json" vendor show
is 'and is used' "$out" 'vendor  acme'
muster --profile "$work/other.json" profile show --json
like 'it is shown without its keys' "$out" '"token":"kept"'
not_ok 'the token is not among what is shown' sh -c "printf '%s' '$out' | grep -qf '$work/line8'"
rid=$(sed -n 's/.*"portal_rid": "\(.*\)".*/\1/p' "$profile")
muster --profile "$work/other.json" profile set --portal "$rid"
like 'more can be kept later' "$(cat "$work/other.json")" "\"portal_rid\": \"$rid\""
like 'what was kept stays' "$(cat "$work/other.json")" '"vendor": "acme"'
muster --profile "$work/other.json" profile set --portal 12
says 'a RID that is none' 2 '40 characters'
muster --profile "$work/other.json" profile set
says 'nothing to keep' 2 'what shall be kept'
chmod 640 "$work/other.json"
muster --profile "$work/other.json" vendor show
says 'a profile for others to read' 5 'others may read.*chmod 600'
chmod 600 "$work/other.json"
muster --profile "$work/other.json" profile delete
is 'it can be forgotten' "$out" "$work/other.json: deleted"
muster --profile "$work/other.json" vendor show
is 'then it is missed' "$code" 5
XDG_CONFIG_HOME=$work/none muster profile show
says 'no profile at all' 5 'muster init --save'

# ---- many serial numbers at once ------------------------------------------------------------

muster model create thermo
seq -f 'A%05g' 1 3000 >"$work/sns.csv"
muster sn add thermo --file "$work/sns.csv"
is '3,000 serial numbers' "$out" '3000 added'
is 'no bar where no terminal is' "$err" ''
seq -f 'A%05g' 1 60 >"$work/some.csv"
muster device enable thermo A00002 A00003
is 'two devices at once' "$out" '2 enabled; they may call in now'
muster device enable thermo --file "$work/some.csv"
is 'one that is enabled stops the rest' "$code $out" '1 '
like 'and it is told how to go on' "$err" '409.*device already'
like 'and how far it came' "$err" '1 of 60 had been enabled.*--skip-enabled'
muster device enable thermo --file "$work/some.csv" --skip-enabled --progress
is 'the others are enabled' "$out" '57 enabled, 3 skipped (they have a device already)'
is 'with a line for each if wanted' "$(printf '%s\n' "$err" | sed -n '1p;$p' | tr '\n' ' ')" '1 of 60 60 of 60 '
muster sn status thermo A00060 --json
like 'they may call in' "$out" '"status":"notactivated"'
muster device enable thermo A00060 A00061 --skip-enabled --json
like 'as JSON it tells each' "$out" '^\[\{"sn":"A00060","result":"skipped","rid":"[0-9a-f]{40}"\},\{"sn":"A00061","result":"enabled","rid":"[0-9a-f]{40}"\}\]$'
muster device enable thermo A00062 NONE
says 'one that is not listed' 1 'thermo NONE: 404'
muster device enable thermo
says 'none at all' 2 'give serial numbers, or --file'

# ---- files as people have them --------------------------------------------------------------

printf 'sn,text\nB1,one\n' >"$work/heading.csv"
muster sn add thermo --file "$work/heading.csv"
says 'a heading is seen' 2 'line 1: this looks like a heading.*--heading'
muster sn add thermo --file "$work/heading.csv" --heading
is 'and left out if told' "$code $out" '0 1 added'
printf 'Serial Number\nB1\n' >"$work/heading.csv"
muster device enable thermo --file "$work/heading.csv" --heading
is 'by both commands' "$code $out" '0 1 enabled; they may call in now'

# ---- names that are too long for old devices --------------------------------------------------

muster model create a-model-of-20-charac
is 'a model name of 20 characters' "$code $err" '0 '
muster model create a-model-of-21-charact
like 'one of 21 is warned of' "$err" 'a-model-of-21-charact has 21 characters.*room for 20'
is 'and made' "$code" 0
sn40=1234567890123456789012345678901234567890
muster sn add thermo $sn40
is 'a serial number of 40 characters' "$code $err" '0 '
muster sn add thermo ${sn40}1
like 'one of 41 is warned of' "$err" "${sn40}1 has 41 characters.*room for 40"
is 'and added' "$code $out" '0 1 added'
muster sn add thermo ${sn40}2 ${sn40}3
like 'two are warned of together' "$err" "^muster: 2 serial numbers, ${sn40}2 the first of them, have more than 40"
muster init --root-cik-file "$data/root.cik" --vendor fifteen-charact
is 'a vendor name of 15 characters' "$code $err" '0 '
muster init --root-cik-file "$data/root.cik" --vendor sixteen-characte
like 'one of 16 is warned of' "$err" 'has 16 characters: some C device libraries have room for 15'
muster init --root-cik-file "$data/root.cik" --vendor twenty-one-characters
like 'one of 21 is warned of' "$err" 'has 21 characters: C device libraries have room for 20'

# ---- on a terminal ----------------------------------------------------------------------------

on_terminal() { # sets seen: what a terminal got, a line per redraw
    timeout 60 script -qec "'$tool' $*" /dev/null </dev/null >"$work/seen" 2>&1
    code=$?
    seen=$(tr '\r' '\n' <"$work/seen" | sed 's/\x1b\[K//g')
}
seq -f 'C%05g' 1 3000 >"$work/many.csv"
on_terminal sn add thermo --file "$work/many.csv" --chunk 10
is 'a long import on a terminal' "$code" 0
like 'shows a bar that fills' "$seen" '^\[#*\.*\] +[0-9]+ %  [0-9,]+ of 3,000  [0-9,]+/s  [0-9:]+ left$'
like 'to its end' "$seen" '^\[#{24}\] 100 %  3,000 of 3,000  [0-9,]+/s  0:00 left$'
like 'and then its result' "$seen" '^3000 added$'
on_terminal sn add thermo D1
not_ok 'what takes one call shows none' sh -c "grep -q '#' '$work/seen'"
head -n 40 "$work/many.csv" >"$work/some.csv"
on_terminal device enable thermo --file "$work/some.csv" --json '>/dev/null'
not_ok 'nor does JSON' sh -c "grep -q '#' '$work/seen'"
printf '%s\nC03001\n' "$(cat "$work/many.csv")" | tail -n 1000 >"$work/few.csv"
on_terminal sn add thermo --file "$work/few.csv" --chunk 100
is 'a refusal on a terminal' "$code" 1
like 'stands on a line of its own' "$seen" '^muster sn add: thermo: 409'
seq -f 'I%05g' 1 3000 >"$work/job.csv"
on_terminal sn import thermo "$work/job.csv" --chunk 10
is 'a job on a terminal' "$code" 0
like 'guesses how many there are' "$seen" '^\[#*\.*\] +[0-9]+ %  [0-9,]+ of about 3,000  [0-9,]+/s  [0-9:]+ left$'
like 'until it knows' "$seen" '^\[#{24}\] 100 %  3,000 of 3,000  [0-9,]+/s  0:00 left$'
like 'and then its result' "$seen" '^3000 rows: 3000 added, 0 listed already, 0 in error$'

# ---- the vendor goes ----------------------------------------------------------------------------

muster vendor unregister acme --yes
is 'a vendor can be given up' "$out" 'acme: unregistered'
muster model list
is 'its token with it' "$code" 1

stop_server
done_testing
