#!/bin/bash
# Completion as bash, zsh and fish themselves ask for it: the words typed so far go in, the proposals come out. All
# questions are put to each shell in one run of it, a line each, with "|" between the words.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
tool=$PWD/build/release/bin/muster
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$PWD

for shell in bash zsh fish; do
    "$tool" completion $shell >"$work/muster.$shell"
    is "the script for $shell is printed" "$?" 0
    ok "$shell can read it" $shell -n "$work/muster.$shell"
done
mkdir "$work/in" "$work/in/folder"
touch "$work/in/serials.csv" "$work/in/secret file" "$work/in/p1" "$work/in/p[12]"

# ---- the questions ----------------------------------------------------------------------------

names=() wanted=() questions=()
gives() { # NAME PROPOSALS WORD...: the last is being typed
    local IFS='|'
    names+=("$1") wanted+=("$2")
    shift 2
    questions+=("$*")
}
sorted() { printf '%s\n' "$@" | LC_ALL=C sort -u | tr '\n' ' '; }
# The tables as help tells them.
nouns=$("$tool" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
options=$("$tool" --help | sed -n 's/^  \(--[a-z-]*\) .*/\1/p')
procedures=$(sed -n 's/^    {"\([a-z]*\)", *MST_[A-Z]*,.*/\1/p' src/front/rpc/procedures.c | grep -v subscribe)

gives 'every command is proposed' "$(sorted $nouns)" ''
gives 'a command that has begun' 'init ' ini
gives 'every option is proposed' "$(sorted $options)" --
for noun in $nouns; do
    commands=$("$tool" $noun --help | sed -n "1{/^usage:/q;};s/^  muster $noun \([a-z-]*\).*/\1/p")
    [ -z "$commands" ] || gives "what muster $noun knows" "$(sorted $commands)" $noun ''
    for command in ${commands:-''}; do
        own=$("$tool" $noun $command --help | sed -n '/^options:/,/^$/s/^  \(--[a-z-]*\) .*/\1/p')
        gives "the options of muster $noun $command" "$(sorted $own $options)" $noun $command --
    done
done
gives 'options before the command are passed over' 'list log ' --json --server http://x sn l
gives 'nor is an address an operand' 'wait write writegroup ' rpc --server http://127.0.0.1:8080 w
gives 'and nothing completes one' ' ' sn add thermo --server http://h:se
gives 'a value that is the name of a command is none' 'show ' --profile sn token s
gives 'a file behind an option' 'folder p1 p[12] secret file serials.csv ' sn add thermo --file ''
gives 'one that has begun' 'secret file serials.csv ' sn add thermo --file se
gives 'a file whose name is a pattern' 'p1 p[12] ' sn add thermo --file p
gives 'a file behind an option of every command' 'serials.csv ' --token-file ser
gives 'also behind the command' 'serials.csv ' sn list --cik-file ser
gives 'a directory for a backup' 'folder ' restore --from fo
gives 'a file as an operand' 'serials.csv ' data record temp ser
gives 'no file where none is expected' ' ' sn add thermo se
gives 'nor behind an option that takes a number' ' ' sn list thermo --limit se
gives 'the procedures of the server' "$(sorted $procedures)" rpc ''
gives 'one that has begun' 'wait write writegroup ' rpc --as portal w
gives 'and none behind it' ' ' rpc read w
gives 'whose key' 'portal vendor ' tree --as ''

# ---- the shells -------------------------------------------------------------------------------

cat >"$work/ask.bash" <<'END'
. "$1"
[ "$(complete -p muster)" = 'complete -F _muster muster' ] || exit
while read -r line; do
    line=${line//:/|:|} # as bash does it, which keeps what it takes for no word of its own together: //
    mapfile -t -d '|' COMP_WORDS < <(printf 'muster|%s|' "$line")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
    _muster 2>/dev/null
    printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort -u | tr '\n' ' '
    echo
done
END
# What zsh offers its functions outside of a line that is being typed: matches are those that begin with the word.
cat >"$work/ask.zsh" <<'END'
compdef() { known="$*" }
compset() { words[CURRENT]=${words[CURRENT]#*=} }
begin_so() { for match; do [[ $match == ${(b)words[CURRENT]}* ]] && matches+=("$match"); done }
_describe() { begin_so "${(@)${(@P)@[-1]}%%:*}" }
_files() { setopt local_options null_glob; if (($#)); then begin_so *(/); else begin_so *; fi }
source $1
[[ $known == '_muster muster' ]] || exit
while IFS= read -r line; do
    words=(muster "${(@s:|:)line}") CURRENT=$#words matches=()
    _muster
    print -l -- $matches | LC_ALL=C sort -u | tr '\n' ' '
    print
done
END
cat >"$work/ask.fish" <<'END'
source $argv[1]
while read -l line
    complete -C "muster "(string join -- ' ' (string split -- '|' $line)) | string replace -r '\t.*' '' | string trim -rc / |
        LC_ALL=C sort -u | tr '\n' ' '
    echo
end
END
cd "$work/in" || exit 1
for shell in bash zsh fish; do
    printf '%s\n' "${questions[@]}" | HOME=$work $shell "$work/ask.$shell" "$work/muster.$shell" >"$work/answers" 2>"$work/err"
    is "$shell says nothing else" "$(cat "$work/err")" ''
    mapfile -t answers <"$work/answers"
    for i in "${!questions[@]}"; do
        # fish has nothing to sort where the others have an empty line
        answer=${answers[i]:-}
        is "$shell: ${names[i]}" "${answer:- }" "${wanted[i]}"
    done
done

# A value behind an equals sign: bash makes three words of it, the others one.
ask() { printf '%s\n' "$2" | HOME=$work $1 "$work/ask.$1" "$work/muster.$1"; }
is 'bash: a file behind an equals sign' "$(ask bash 'sn|add|thermo|--file|=|ser')" 'serials.csv '
is 'and when nothing of it is typed' "$(ask bash 'sn|add|thermo|--file|=')" 'folder p1 p[12] secret file serials.csv '
is 'what stands behind is no value of it' "$(ask bash '--profile|=|sn|token|s')" 'show '
is 'zsh: a file behind an equals sign' "$(ask zsh 'sn|add|thermo|--file=ser')" 'serials.csv '
is 'fish: a file whose name is quoted' "$(ask fish 'sn|add|thermo|--file|"secret f')" 'secret file '
is 'fish: or has its blank escaped' "$(ask fish 'sn|add|thermo|--file|secret\ f')" 'secret file '
is 'fish: a file behind an equals sign' "$(ask fish 'sn|add|thermo|--file=ser')" '--file=serials.csv '

# As it is installed.
cd "$root" || exit 1
ok 'make install puts them where shells look' make -s install DESTDIR="$work/root" PREFIX=/usr
share=$work/root/usr/share
ok 'bash' cmp "$work/muster.bash" "$share/bash-completion/completions/muster"
ok 'zsh' cmp "$work/muster.zsh" "$share/zsh/vendor-completions/_muster"
ok 'fish' cmp "$work/muster.fish" "$share/fish/vendor_completions.d/muster.fish"
is 'zsh runs it by itself' "$(zsh -fc 'fpath=("$0" $fpath); autoload -Uz compinit; compinit -D; print $_comps[muster]' "$share/zsh/vendor-completions")" '_muster'
is 'fish too' "$(XDG_DATA_DIRS="$share" PATH="$root/build/release/bin:$PATH" HOME=$work fish -c 'complete -C "muster ini"' | cut -f 1)" 'init'
ok 'the pages are there too' test -s "$share/man/man1/muster.1"
done_testing
