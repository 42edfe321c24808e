#!/bin/sh
# The demo ends well on a fresh directory, and what it prints can be pasted.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

work=$(mktemp -d)
demo=
clean_up() {
    if [ -n "$demo" ]; then
        kill -TERM "$demo" 2>/dev/null
        wait "$demo" 2>/dev/null
    fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM
DEMO_DATA=$work/demo
DEMO_PORT=0
export DEMO_DATA DEMO_PORT

output=$(ONCE=1 timeout 120 tools/demo 2>&1)
is 'the demo ends with 0' "$?" 0
like 'and says that all went well' "$output" 'every step came out as it should'
is 'no colour codes outside of a terminal' "$(printf '%s' "$output" | tr -cd '\033' | wc -c | tr -d ' ')" 0
is 'the steps show 409 before the device is added, and after it was activated' \
    "$(printf '%s\n' "$output" | grep -c '^HTTP/1.1 409 Conflict')" 4
is 'the old key dies' "$(printf '%s\n' "$output" | grep -c '^HTTP/1.1 401 Unauthorized')" 2
is 'no server is left behind' "$(cat "$work/demo/.muster-demo" | xargs -I{} ls -d /proc/{} 2>/dev/null)" ''

# A directory that no demo made is left alone.
mkdir "$work/mine"
echo precious >"$work/mine/file"
output=$(DEMO_DATA=$work/mine ONCE=1 timeout 60 tools/demo 2>&1)
is 'a directory of someone else is refused' "$?" 1
like 'and named' "$output" 'no demo made it'
is 'and not touched' "$(cat "$work/mine/file")" precious

# The demo that stays: its commands work in another shell.
mkfifo "$work/pipe"
tools/demo >"$work/pipe" 2>&1 &
demo=$!
exec 3<"$work/pipe"
while read -r line <&3; do
    printf '%s\n' "$line" >>"$work/output"
    case $line in *muster\ --help*) break ;; esac
done
# One command may take several lines: all that stand between two empty lines.
commands=$(awk 'BEGIN { RS = ""; ORS = "\n\n" } /^curl /' "$work/output")
paste() { # PATTERN: runs the last command that holds it; sets body
    command=$(printf '%s\n' "$commands" | awk -v pattern="$1" 'BEGIN { RS = "" } $0 ~ pattern { found = $0 } END { print found }')
    body=$(sh -c "$command" 2>&1 | tr -d '\r')
}
is 'every step is a command' "$(printf '%s\n' "$commands" | grep -c '^curl ')" \
    "$(grep -c '^[0-9]*\. ' "$work/output")"
paste 'temp=22.25'
like 'the pasted write works' "$body" '^HTTP/1.1 204 No Content'
paste 'alias[?]temp'
like 'the pasted read works' "$body" '^temp=22.25$'
paste 'provision/activate'
like 'the pasted activation is refused' "$body" '^HTTP/1.1 409 Conflict'
paste '-d sn='
like 'the pasted serial number is there already' "$body" '^HTTP/1.1 (409 Conflict|205)'
output=$(ONCE=1 timeout 60 tools/demo 2>&1)
is 'a second demo on the same directory is refused' "$?" 1
like 'because one is running' "$output" 'a demo is running'
kill -TERM "$demo"
wait "$demo"
is 'it ends well when it is told to' "$?" 0
demo=
output=$(ONCE=1 timeout 120 tools/demo 2>&1)
is 'its directory is made anew by the next' "$?" 0

done_testing
