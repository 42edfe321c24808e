#!/bin/sh
# Shell and Perl scripts parse, and are executable where they are run by name.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
for file in $(find tools tests bench .ci -type f 2>/dev/null | grep -v '\.[ch]$' | sort); do
    case $(head -n 1 "$file" | tr -d '\000') in
    '#!/bin/sh'*) ok "$file parses" sh -n "$file" ;;
    '#!'*bash*) ok "$file parses" bash -n "$file" ;;
    '#!'*perl*) ok "$file parses" perl -c "$file" ;;
    '#!'*python*) ok "$file parses" python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$file" ;;
    '#!'*) ok "$file has a known interpreter" false ;;
    *) continue ;;
    esac
    ok "$file is executable" test -x "$file"
done
for file in tests/lib/*.sh tests/it/*.sh; do
    [ ! -f "$file" ] || ok "$file parses" sh -n "$file"
done
done_testing
