#!/bin/sh
# The manual pages: the one of the settings is what the table says, and roff finds no fault.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ok 'the tool that prints the page can be built' make -s V=release build/release/tools/print_man
ok 'it prints the page' sh -c "build/release/tools/print_man >'$work/musterd.conf.5'"
ok 'man/musterd.conf.5 is up to date (make docs)' diff -u man/musterd.conf.5 "$work/musterd.conf.5"
for page in man/*.[1-8]; do
    ok "$page begins with a title" grep -q '^\.TH [A-Z.]* [1-8] ' "$page"
    is "$page has no line that roff would take for an unknown command" \
        "$(grep -nE "^\.[A-Za-z]+" "$page" | grep -vE ':\.(TH|SH|SS|PP|TP|IP|B|I|BR|RB|BI|IR|RI|IB|nf|fi|in|br|RS|RE|EX|EE|TQ)( |$)')" ''
done
done_testing
