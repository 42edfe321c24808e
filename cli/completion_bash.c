/* completion_bash.c - needs nothing but bash itself, of which it knows that it makes three words of --file=x, and more of an address. */
#include "cli/completion.h"

static const char HEAD[] = "# Completion of muster for bash; made by 'muster completion bash'.\n"
                           "\n"
                           "_muster_of() { # QUESTION\n"
                           "    case $1 in\n";

static const char TAIL[] =
    "    *) ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "_muster_files() { # FILTER\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$current\")\n"
    "}\n"
    "\n"
    "_muster_offer() { # KIND\n"
    "    case $1 in\n"
    "    FILE) _muster_files -f ;;\n"
    "    DIR | BACKUP) _muster_files -d ;;\n"
    "    *) COMPREPLY=($(compgen -W \"$(_muster_of \"kind $1\")\" -- \"$current\")) ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "_muster() {\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} command= words= n=0 i word kind\n"
    "    COMPREPLY=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ $word == -* ]]; then\n"
    "            kind=$(_muster_of \"value $command $word\")\n"
    "            [[ -n $kind ]] || kind=$(_muster_of \"value  $word\")\n"
    "            [[ -n $kind ]] || continue\n"
    "            [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))\n"
    "            ((i == COMP_CWORD)) && current=\n"
    "            if ((i + 1 >= COMP_CWORD)); then\n"
    "                _muster_offer \"$kind\"\n"
    "                return\n"
    "            fi\n"
    "            ((i++))\n"
    "            continue\n"
    "        fi\n"
    "        if [[ $word == [:=]* ]]; then # with what is behind it, a part of the word before\n"
    "            ((++i == COMP_CWORD)) && return\n"
    "            continue\n"
    "        fi\n"
    "        words=$(_muster_of \"words $command\")\n"
    "        if [[ \" $words\" == *\" $word \"* ]]; then\n"
    "            command=${command:+$command }$word\n"
    "        else\n"
    "            ((n++))\n"
    "        fi\n"
    "    done\n"
    "    words=$(_muster_of \"words $command\")\n"
    "    if [[ $current == -* ]]; then\n"
    "        words=$(_muster_of 'options ')\n"
    "        [[ -n $command ]] && words+=$(_muster_of \"options $command\")\n"
    "    elif [[ -z $words ]]; then\n"
    "        kind=$(_muster_of \"operand $command $n\")\n"
    "        _muster_offer \"${kind:-$(_muster_of \"operand $command\")}\"\n"
    "        return\n"
    "    fi\n"
    "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
    "}\n"
    "complete -F _muster muster\n";

const struct cli_dialect cli_dialect_bash = {
    .head = HEAD,
    .tail = TAIL,
    .question = "    '",
    .answer = "') echo '",
    .answer_end = "' ;;\n",
    .end = " ",
};
