# TAP for shell tests. Source it from the root of the tree; end with done_testing.
#
#   ok "a sentence" COMMAND...        passes if the command succeeds; shows its output if not
#   not_ok "a sentence" COMMAND...    passes if it fails
#   is "a sentence" GOT WANTED
#   like "a sentence" TEXT PATTERN    an extended regular expression

tap_count=0
tap_log=${TMPDIR:-/tmp}/muster-tap.$$
tap_failed=0

tap_line() { # STATUS NAME [DETAIL]
    tap_count=$((tap_count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $tap_count - $2"
        return 0
    fi
    tap_failed=$((tap_failed + 1))
    echo "not ok $tap_count - $2"
    [ -z "${3:-}" ] || printf '%s\n' "$3" | sed 's/^/# /'
    return 0
}

ok() {
    tap_name=$1
    shift
    # In this shell, so that what the command sets stays.
    if "$@" >"$tap_log" 2>&1; then tap_line 0 "$tap_name"; else tap_line 1 "$tap_name" "$(cat "$tap_log")"; fi
    rm -f "$tap_log"
}

not_ok() {
    tap_name=$1
    shift
    if tap_output=$("$@" 2>&1); then tap_line 1 "$tap_name" "$tap_output"; else tap_line 0 "$tap_name"; fi
}

is() {
    if [ "$2" = "$3" ]; then tap_line 0 "$1"; else tap_line 1 "$1" "got:    $2
wanted: $3"; fi
}

like() {
    if printf '%s\n' "$2" | grep -Eq -- "$3"; then tap_line 0 "$1"; else tap_line 1 "$1" "got:    $2
wanted: $3"; fi
}

skip() { # NAME WHY
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

done_testing() {
    echo "1..$tap_count"
    [ "$tap_failed" -eq 0 ] && [ "$tap_count" -gt 0 ]
}
