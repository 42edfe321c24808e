#!/bin/sh
# A route that does not say what its caller must be allowed to do fails the build.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compiles() { # FILE
    ${CC:-gcc} -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -iquote src -fsyntax-only "$1"
}
fails() { # FILE
    ! compiles "$1" 2>"$work/errors"
}

for table in route admin; do
    ok "the table in $table.c compiles" compiles src/front/http/$table.c
    sed 's|^static const struct mst_route rows\[\] = {$|&{.segments = {"new"}, .methods = MST_METHOD_GET, .step = mst_timestamp_get},|' \
        src/front/http/$table.c >"$work/$table.c"
    ok "with a row that says nothing it does not ($table.c)" fails "$work/$table.c"
    like 'and the reason is told' "$(cat "$work/errors")" 'does not say what its caller must be allowed'
    sed 's/MST_MAY([A-Z_]*)/MST_MAY(DO_NEW_THINGS)/' src/front/http/$table.c >"$work/$table.c"
    ok "nor with an action that is not in the core's table ($table.c)" fails "$work/$table.c"
done
done_testing
