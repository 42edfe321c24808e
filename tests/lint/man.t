#!/bin/sh
# The manual pages: the one of the settings is what the table says, and roff finds no fault.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ok 'the tool that prints the page can be built' make -s V=release build/release/tools/print_man
ok 'it prints the page' sh -c "build/release/tools/print_man >'$work/musterd.conf.5'"
ok 'so can that of muster(1)' make -s V=release build/release/tools/print_cli_man
ok 'it prints the page too' sh -c "build/release/tools/print_cli_man >'$work/muster.1'"
ok 'man/muster.1 is up to date (make docs)' diff -u man/muster.1 "$work/muster.1"
ok 'man/musterd.conf.5 is up to date (make docs)' diff -u man/musterd.conf.5 "$work/musterd.conf.5"
for page in man/*.[1-8]; do
    ok "$page begins with a title" grep -q '^\.TH [A-Z.]* [1-8] ' "$page"
    is "$page has no line that roff would take for an unknown command" \
        "$(grep -nE "^\.[A-Za-z]+" "$page" | grep -vE ':\.(TH|SH|SS|PP|TP|IP|B|I|BR|RB|BI|IR|RI|IB|nf|fi|in|br|RS|RE|EX|EE|TQ)( |$)')" ''
done

# What roff prints, without line ends and dashes of its own.
words_of() { sed 's/\\f[A-Z]//g;s/\\-/-/g;s/^\.[A-Z]* //;s/"//g' "$1"; }
ok 'the tool of the operator can be built' make -s -j2 V=release all
for group in $(build/release/bin/muster --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    build/release/bin/muster $group --help | sed -n "1{/^usage:/q;};s/^  muster $group \([a-z-]*\).*/$group \1/p" >"$work/commands"
    [ -s "$work/commands" ] || echo "$group" >"$work/commands"
    while read -r command; do
        ok "muster(1) tells of $command" sh -c "grep -q '^$command\( \|$\)'" <<END
$(words_of man/muster.1)
END
    done <"$work/commands"
done
for option in $(build/release/bin/muster --help | sed -n 's/^  \(--[a-z-]*\) .*/\1/p'); do
    ok "muster(1) tells of $option" sh -c "grep -q -e '$option'" <<END
$(words_of man/muster.1 | tr ',' '\n' | sed 's/^ *//')
END
done
for option in $(build/release/bin/musterd --help | sed -n 's/^  -., \(--[a-z]*\).*/\1/p'); do
    ok "musterd(8) tells of $option" sh -c "grep -q -e '^.*$option'" <<END
$(words_of man/musterd.8)
END
done
done_testing
