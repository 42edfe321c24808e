#!/bin/sh
# The format is what clang-format 14 prints.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
tool=clang-format-14
command -v $tool >/dev/null || tool=clang-format
like 'clang-format is version 14' "$($tool --version)" 'version 14\.'
for file in $(find src cli tests bench tools -name '*.[ch]' 2>/dev/null | sort); do
    ok "$file is formatted" $tool --dry-run -Werror "$file"
done
done_testing
