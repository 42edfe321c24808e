#!/bin/sh
# A header is a door: it compiles alone.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
ok 'every header compiles alone and twice, as C17' tools/check-headers
done_testing
