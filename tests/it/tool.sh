# What shell tests of the tool share. Source it after tests/it/lib.sh.
#
# Nothing of the user's own settings is seen: profiles lie below $work. A call of the tool sets out, err
# and code, of which the rest speaks.

HOME=$work
XDG_CONFIG_HOME=
MUSTER_SERVER= MUSTER_PROFILE=
export HOME XDG_CONFIG_HOME MUSTER_SERVER MUSTER_PROFILE
unset MUSTER_TOKEN MUSTER_CIK
tool=$PWD/$release_bin/muster

muster() {
    out=$(timeout 60 "$tool" "$@" 2>"$work/err" </dev/null)
    code=$?
    err=$(cat "$work/err")
}

as() { # VENDOR WORDS...: with that vendor's own profile
    as_profile=$work/$1.json
    shift
    muster --profile "$as_profile" "$@"
}

ends() { # NAME CODE: the last call's exit code
    is "$1" "$code${err:+ $err}" "$2"
}

says() { # NAME CODE PATTERN: it failed with this code and said so on standard error only
    is "$1: exit code" "$code" "$2"
    like "$1: says" "$err" "$3"
    is "$1: nothing on standard output" "$out" ''
}

member() { # NAME: the text member of $out
    printf '%s\n' "$out" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

# A server with two vendors, for as.
start_vendors() { # VENDOR VENDOR
    start_server
    is 'a server starts' "${ready%%=*}" 'ready http'
    for vendor in "$@"; do
        as "$vendor" --server "http://$http" init --root-cik-file "$data/root.cik" --vendor "$vendor" --save
        ends "there is a vendor $vendor" 0
    done
}
