#!/bin/sh
# The rooms include downwards only, and the check sees it when they do not.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ok 'every file includes only what its room may' tools/check-layers

breach() { # NAME FILE LINE: the tree with one more line in one file
    rm -rf "$work/tree"
    mkdir "$work/tree"
    cp -r src "$work/tree/src"
    [ ! -d cli ] || cp -r cli "$work/tree/cli"
    printf '%s\n' "$3" >>"$work/tree/$2"
    like "$1" "$(cd "$work/tree" && "$root/tools/check-layers")" ', [12] breaches$'
}
breach 'an upward include is seen' src/base/span.c '#include "sys/file.h"'
breach 'the core including the store is seen' src/core/port_store.c '#include "store/window.h"'
breach 'the core reading a clock is seen' src/core/port_store.c '#include <sys/time.h>'
breach 'a library outside its room is seen' src/sys/file.c '#include <uv.h>'
breach 'a library in a door is seen' src/net/stream.h '#include <uv.h>'
breach 'an engine named by the front is seen' src/front/http/front.h '#include "store/sqlite/sqlite.h"'
done_testing
