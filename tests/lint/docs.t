#!/bin/sh
# The documents say what is there: their links lead somewhere, and every call, option and setting is
# described. That the README's first fleet comes out as it says is tests/it/newcomer.t.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for page in *.md docs/*.md docs/*/*.md tests/*.md; do
    [ -f "$page" ] || continue
    dead=$(grep -o '](\([^)]*\))' "$page" | sed 's/^](//; s/)$//; s/#.*//' | sort -u |
        while read -r link; do
            case $link in '' | http:* | https:*) continue ;; esac
            [ -e "$(dirname "$page")/$link" ] || echo "$link"
        done)
    is "the links of $page lead somewhere" "$dead" ''
done

# Paths of the route table, without their variable parts; what several begin with is a macro.
macros=$(sed -n 's/^#define \([A-Z]*\) *\(".*"\)$/s#\1#\2#/p' src/front/http/route.c)
sed -n 's/.*PATH(\([^)]*\)).*/\1/p' src/front/http/route.c | sort -u | while read -r segments; do
    path=$(printf '%s\n' "$segments" | sed "$macros" | sed 's/", "/\//g; s/"//g; s/, /\//g')
    case $path in
    __VA_ARGS__ | ... | api:v1/*) continue ;; # api:v1 is said once, for all
    esac
    echo "/$path" | sed 's/\*.*//'
done | sort -u >"$work/paths"
like 'the route table can be read' "$(cat "$work/paths")" '^/provision/activate$'
while read -r path; do
    ok "a page of docs/ describes $path" grep -qF -- "$path" docs/http-api.md docs/data-api.md docs/rpc-api.md
done <"$work/paths"

for name in $(sed -n 's/^    {"\([a-z_]*\)", MST_SETTING_.*/\1/p' src/server/settings.c); do
    ok "musterd.conf(5) describes $name" grep -q "^\.B $name$" man/musterd.conf.5
done
for name in $(sed -n 's/^    {"\([a-z-]*\)", *\(NULL\|"[A-Z]*"\), *".*/\1/p' cli/table.c cli/cmd_*.c | sort -u); do
    ok "muster(1) describes --$name" grep -q -- "$(printf '%s' "--$name" | sed 's/-/\\\\-/g')" man/muster.1
done

done_testing
