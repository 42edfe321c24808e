#!/bin/sh
# Words that must not occur: banned calls where the compiler cannot see them, unfinished
# work, waiting by sleeping.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

c_files() { find "$@" -name '*.[ch]' 2>/dev/null; }
none() { # NAME PATTERN FILE...
    name=$1
    pattern=$2
    shift 2
    found=$(grep -nE -- "$pattern" "$@" /dev/null | grep -v '^tests/lint/words.t:' || true)
    is "$name" "$found" ''
}
code=$(c_files src cli)
tests=$(find tests -type f \( -name '*.[ch]' -o -name '*.t' -o -name '*.sh' -o -name '*.vtc' -o -name '*.py' -o -name '*.pl' \))
scripts=$(find tools -type f)

none 'no work is left for later' '\b(TODO|FIXME|XXX:|HACK)\b' $code $tests $scripts mk/*.mk Makefile
none 'no unit refuses the list of banned calls' '#\s*(undef|pragma GCC poison)' $(printf '%s\n' $code | grep -v '^src/base/banned.h$')
none 'comments are /* */ only' '^[^"]*(^|[^:"])//' $code
none 'no test sleeps to wait for something' '\b(usleep|nanosleep|sleep)\b *\(?[0-9.]' $tests
none 'the core reads no clock and no chance' '(^|[^>.a-z_])(time|clock_gettime|getrandom|rand|random)\(' $(c_files src/core src/wire)
none 'only sys/ reads clocks and the random source' '(^|[^>.a-z_])(clock_gettime|gettimeofday|getrandom|rand|random)\(' $(printf '%s\n' $code | grep -v '^src/sys/')
none 'lower rooms never log' '\bmst_log\(' $(c_files src/base src/wire src/core)
none 'nobody prints but the programs' '\b(printf|puts|perror)\(' $(c_files src | grep -v '^src/server/main.c$' | grep -v _test.c)
not_ok 'a banned call does not compile' sh -c \
    "printf 'char *f(char *a, const char *b);\nchar *f(char *a, const char *b)\n{ return strcpy(a, b); }\n' |
    gcc -std=gnu17 -Isrc -include src/base/banned.h -fsyntax-only -x c -"
done_testing
