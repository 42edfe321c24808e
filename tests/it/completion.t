#!/bin/bash
# Completion as bash itself asks for it: the words typed so far go in, the proposals come out.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
tool=$PWD/build/release/bin/muster
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$tool" completion bash >"$work/muster.bash"
is 'the script is printed' "$?" 0
ok 'bash can read it' bash -n "$work/muster.bash"
. "$work/muster.bash"
is 'it is known for muster' "$(complete -p muster)" 'complete -F _muster muster'

mkdir "$work/in" "$work/in/folder"
touch "$work/in/serials.csv" "$work/in/secret file"
cd "$work/in" || exit 1
proposals() { # WORD...: the last is being typed
    COMP_WORDS=(muster "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _muster 2>/dev/null
    printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
}
# The tables as help tells them.
nouns=$("$tool" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort | tr '\n' ' ')
options=$("$tool" --help | sed -n 's/^  \(--[a-z-]*\) .*/\1/p' | sort | tr '\n' ' ')

is 'every command is proposed' "$(proposals '')" "$nouns"
is 'a command that has begun' "$(proposals ini)" 'init '
is 'every option is proposed' "$(proposals --)" "$options"
for noun in $nouns; do
    names=$("$tool" $noun --help | sed -n "1{/^usage:/q;};s/^  muster $noun \([a-z-]*\).*/\1/p" | sort | tr '\n' ' ')
    [ -n "$names" ] || continue
    is "what muster $noun knows" "$(proposals $noun '')" "$names"
    for name in $names; do
        own=$("$tool" $noun $name --help | sed -n '/^options:/,/^$/s/^  \(--[a-z-]*\) .*/\1/p')
        is "the options of muster $noun $name" "$(proposals $noun $name --)" \
            "$(printf '%s\n' $own $options | sort -u | tr '\n' ' ')"
    done
done
is 'options before the command are passed over' "$(proposals --json --server http://x sn l)" 'list log '
is 'a value that is the name of a command is none' "$(proposals --profile sn token s)" 'show '
is 'a file behind an option' "$(proposals sn add thermo --file '')" 'folder secret file serials.csv '
is 'one that has begun' "$(proposals sn add thermo --file se)" 'secret file serials.csv '
is 'a file behind an option of every command' "$(proposals --token-file ser)" 'serials.csv '
is 'also behind the command' "$(proposals sn list --cik-file ser)" 'serials.csv '
is 'a directory for a backup' "$(proposals restore --from fo)" 'folder '
is 'a file behind an equals sign' "$(proposals sn add thermo --file = ser)" 'serials.csv '
is 'and when nothing of it is typed' "$(proposals sn add thermo --file =)" 'folder secret file serials.csv '
is 'what stands behind is no value of it' "$(proposals --profile = sn token s)" 'show '
is 'no file where none is expected' "$(proposals sn add thermo se)" ' '
is 'nor behind an option that takes a number' "$(proposals sn list thermo --limit se)" ' '
is 'nor instead of a command' "$(proposals se)" ' '

# As it is installed.
cd "$OLDPWD" || exit 1
ok 'make install puts it where bash looks' make -s install DESTDIR="$work/root" PREFIX=/usr
ok 'it is the same' cmp "$work/muster.bash" "$work/root/usr/share/bash-completion/completions/muster"
ok 'the pages are there too' test -s "$work/root/usr/share/man/man1/muster.1"
done_testing
