#!/bin/sh
# The pages on metrics, the log and on who may do what are what the tables say; every event is used.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ok 'the tool that prints the pages can be built' make -s V=release build/release/tools/print_docs
for page in metrics logs access; do
    ok "it prints $page" sh -c "build/release/tools/print_docs $page >'$work/$page.md'"
    ok "docs/$page.md is up to date (make docs)" diff -u docs/$page.md "$work/$page.md"
done
for event in $(sed -n 's/^ *EVENT(\([A-Z_]*\), .*/\1/p' src/sys/log.h); do
    ok "the event $event is logged somewhere" grep -rqw "MST_EV_$event" src --include='*.c'
done
for metric in $(sed -n 's/^ *\(COUNTER\|GAUGE\|HISTOGRAM\)(\([A-Z_]*\), ".*/\2/p' src/sys/metric_list.h); do
    ok "the metric $metric is counted somewhere" grep -rqw "MST_M_$metric" src --include='*.c'
done
done_testing
