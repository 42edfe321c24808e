#!/bin/sh
# The format is what clang-format 14 prints.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
tool=clang-format-14
command -v $tool >/dev/null || tool=clang-format
like 'clang-format is version 14' "$($tool --version)" 'version 14\.'
files=$(find src cli tests bench tools -name '*.[ch]' 2>/dev/null | sort)
ok 'there are files to look at' test "$(printf '%s\n' $files | wc -l)" -gt 100
# A few at a time: version 14 can crash on many.
printf '%s\n' $files >"${TMPDIR:-/tmp}/formatted.$$"
ok 'every C file is formatted' xargs -n 8 -a "${TMPDIR:-/tmp}/formatted.$$" $tool --dry-run -Werror
rm -f "${TMPDIR:-/tmp}/formatted.$$"
done_testing
