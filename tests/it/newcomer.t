#!/bin/sh
# A newcomer in an empty directory, with the README and --help and nothing else: the README's own
# commands lead to a fleet of 1,000 imported serial numbers with one of them activated, and every
# example of --help is a command line that the tool takes.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/it/lib.sh

root=$PWD
mkdir "$work/empty" "$work/home"
ln -s "$root/build" "$work/empty/build"
HOME=$work/home
export HOME
unset MUSTER_SERVER MUSTER_PROFILE MUSTER_TOKEN MUSTER_CIK XDG_CONFIG_HOME

# ---- the README ----------------------------------------------------------------------------

sed -n '/^## A first fleet/,/^## /s/^    //p' README.md >"$work/commands"
like 'it begins with what is missing' "$(sed -n '2,3p' "$work/commands" | tr '\n' ' ')" '^make deps .* make $'
ok 'make knows how to get it' make -n deps
daemon=$(grep '^build/release/bin/musterd' "$work/commands")
is 'it starts one server' "$(printf '%s\n' "$daemon" | wc -l | tr -d ' ')" 1

# As written, but for the port, which may be taken on this machine.
cd "$work/empty" || exit 1
mkfifo "$work/ready"
sh -c "exec $(printf '%s' "$daemon" | sed 's/127.0.0.1:8080/127.0.0.1:0/')" >"$work/ready" 2>"$work/log" &
server_pid=$!
read -r ready <"$work/ready"
like 'the server says that it is ready' "$ready" '^ready http=127\.0\.0\.1:[0-9]+$'
http=${ready#ready http=}

grep -E '^(export|muster|seq|curl) ' "$work/commands" | sed "s#127.0.0.1:8080#$http#" >"$work/client"
is 'twelve commands of the client' "$(wc -l <"$work/client" | tr -d ' ')" 12
# One shell runs them all, as a person's would; what each printed lies in a file of its number.
n=0
: >"$work/script"
while read -r line; do
    n=$((n + 1))
    case $line in
    export\ *) echo "$line; echo \$? >$work/code.$n" ;;
    *\>*) echo "$line; echo \$? >$work/code.$n" ;;
    *) echo "$line >$work/out.$n 2>&1; echo \$? >$work/code.$n" ;;
    esac >>"$work/script"
done <"$work/client"
sh "$work/script"
n=0
while read -r line; do
    n=$((n + 1))
    is "README: $line" "$(cat "$work/code.$n")" 0
    case $line in
    *'sn add'*) is 'it adds 1,000' "$(cat "$work/out.$n")" '1000 added' ;;
    *'sn list'*) is 'it lists five' "$(sed -n '2p;$p' "$work/out.$n" | tr '\n' ' ')" '0001           unused  -    batch 7 0005           unused  -    batch 7 ' ;;
    *'device enable'*) like 'the device may call in' "$(cat "$work/out.$n")" '^thermo 0001: enabled, RID [0-9a-f]{40}; it may call in now$' ;;
    *'sn status'*) like 'as its status tells' "$(cat "$work/out.$n")" '^status +notactivated$' ;;
    *'data read'*) like 'the value comes back' "$(cat "$work/out.$n")" '^temp +21\.5$' ;;
    curl*) like 'who comes too late is refused' "$(cat "$work/out.$n")" 'HTTP/1.1 409 Conflict' ;;
    esac
done <"$work/client"
PATH=$root/$release_bin:$PATH
is 'the fleet has 1,000 serial numbers' "$(muster sn list thermo --json | grep -o '"sn":' | wc -l | tr -d ' ')" 1000
is 'one of them is activated' "$(muster sn list thermo --json | grep -o '"status":"activated"' | wc -l | tr -d ' ')" 1

# ---- the examples of --help ------------------------------------------------------------------

examples_of() { # COMMAND...
    muster "$@" --help | sed -n '/^Examples\{0,1\}:$/,/^$/s/^  *//p' | sed -e ':a' -e '/\\$/{N;s/\\\n */ /;ba' -e '}'
}
# The examples speak of these; some of them take things away, so all is put there again each time.
head -n 20 serials.csv >few.csv && mv few.csv serials.csv
profile=$HOME/.config/muster/profile.json
cp "$profile" "$work/profile.json"
printf '%040d' 7 >line-7.token
printf '%s\n' 'No;Serial;Part;Order' '1;e0001;A;4711' '2;e0002;A;4711' >erp.csv
printf '%s\n' sn,0001 sn,0002 >members.csv
echo '{"ranges": [{"format": "base10", "length": 6, "first": 300000, "last": 399999}]}' >ranges.json
printf '%040d' 8 >old.key
printf '0002,%040d\n' 9 >keys.csv
mkdir -p build && printf 'firmware' >build/firmware.bin
sed -n 's/.*"vendor_cik": "\(.*\)".*/\1/p' "$profile" >vendor.cik
put_there() {
    cp "$work/profile.json" "$profile" && chmod 600 "$profile"
    muster init --root-cik-file data/root.cik --vendor acme --save
    muster model create thermo
    muster sn add thermo --file serials.csv --skip-listed
    muster device enable thermo 0001 --skip-enabled
    cp "$profile" "$work/profile.json"
}
for noun in $(muster --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    case $noun in
    store | backup | restore | check | fleet) continue ;; # they name other places and servers: tests of their own
    esac
    put_there >/dev/null 2>&1
    names=$(muster $noun --help | sed -n "1{/^usage:/q;};s/^  muster $noun \([a-z-]*\).*/\1/p")
    for name in ${names:-''}; do
        rid=$(muster sn status thermo 0001 | sed -n 's/^rid  *//ip')
        examples_of $noun $name | sed "s#127.0.0.1:8080#$http#; s# RID\\b# $rid#" >"$work/examples"
        while read -r line; do
            case $line in muster\ * | eval\ *) ;; *) continue ;; esac
            cp "$work/profile.json" "$profile"
            until=
            case $line in *' follow '*) until='timeout --preserve-status --signal=INT 1' ;; esac # Ctrl-C
            $until bash -c "$line" >"$work/out" 2>&1 </dev/null
            code=$?
            # 1: the examples are not a story, so the server may say no to one.
            case $code in
            0 | 1) ok "--help: $line" true ;;
            *) is "--help: $line" "$code $(cat "$work/out")" '0 or 1' ;;
            esac
        done <"$work/examples"
    done
done
put_there >/dev/null 2>&1

# ---- stumbles, each of which somebody met -------------------------------------------------------

muster() { # sets out, err, code
    out=$("$root/$release_bin/muster" "$@" 2>"$work/err" </dev/null)
    code=$?
    err=$(cat "$work/err")
}
muster init
like 'init alone tells how' "$err" 'muster init --root-cik-file data/root.cik --vendor acme --save'
muster sn show thermo 0001
like 'a command that is none: those that are' "$err" "no command 'sn show', but add, import, export, list, status, log, delete:"
muster data read temp
like 'a key that is missing: where keys come from' "$err" "'muster activate --save-cik FILE' writes a device's"
muster device reenable thermo 0001
muster activate thermo 0001 --save-cik 0001.cik
muster --cik-file 0001.cik data write tmp=3 temp=4
is 'a value for an alias that is not there' "$code $out" '0 written'
like 'is told not to be written' "$err" 'tmp was skipped: the device has no such alias'
muster --cik-file 0001.cik data write tmp=3
is 'if none is there the command fails' "$code" 1
like 'and says which there are' "$err" 'nothing was written.*temp, count and note'
printf '1;one\n' >semicolons.csv
muster sn add thermo --file semicolons.csv
like 'columns parted by semicolons are told' "$err" '1;one has a semicolon in it.*parted by commas'
cd "$root" || exit 1
output=$(make -n PKGS='libuv no-such-library' 2>&1)
like 'make without its libraries says what to do' "$output" "missing on this machine: no-such-library - run 'make deps'"
ok 'and make deps runs all the same' make -n PKGS='libuv no-such-library' deps

stop_server
is 'the server ends well' "$server_status" 0
done_testing
