/*
 * The script knows three lists, each a case statement over the command typed so far ("", "sn",
 * "sn add"): the words that may follow, the options, and what the options take. It needs nothing
 * but bash itself.
 */
#include "cli/completion.h"

#include <string.h>

static const char HEAD[] = "# Completion of muster for bash; made by 'muster completion bash'.\n"
                           "\n";

static const char MAIN[] =
    "_muster_files() { # FILTER\n"
    "    local IFS=$'\\n'\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    COMPREPLY=($(compgen \"$1\" -- \"$current\"))\n"
    "}\n"
    "\n"
    "_muster_value() { # KIND\n"
    "    case $1 in\n"
    "    FILE) _muster_files -f ;;\n"
    "    DIR | BACKUP) _muster_files -d ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "_muster() {\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} command= words= i word kind\n"
    "    COMPREPLY=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ $word == -* ]]; then\n"
    "            kind=$(_muster_takes \"$command\" \"$word\")\n"
    "            [[ -z $kind ]] && continue\n"
    "            # bash makes three words of --file=x\n"
    "            [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))\n"
    "            ((i == COMP_CWORD)) && current=\n"
    "            if ((i + 1 >= COMP_CWORD)); then\n"
    "                _muster_value \"$kind\"\n"
    "                return\n"
    "            fi\n"
    "            ((i++))\n"
    "            continue\n"
    "        fi\n"
    "        words=$(_muster_words \"$command\")\n"
    "        [[ \" $words \" == *\" $word \"* ]] && command=${command:+$command }$word\n"
    "    done\n"
    "    if [[ $current == -* ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$(_muster_options \"$command\")\" -- \"$current\"))\n"
    "        return\n"
    "    fi\n"
    "    words=$(_muster_words \"$command\")\n"
    "    if [[ -n $words ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
    "    else\n"
    "        _muster_value \"$(_muster_operands \"$command\")\"\n"
    "    fi\n"
    "}\n"
    "complete -F _muster muster\n";

/* Called for every command; noun_only ones (init) have no name of their own. */
typedef void each_command(FILE *out, const struct cli_noun *noun,
                          const struct cli_command *command);

static void for_each(FILE *out, each_command *each)
{
    for (size_t i = 0; i < cli_nouns_count; i++) {
        for (size_t k = 0; k < cli_nouns[i]->n_commands; k++)
            each(out, cli_nouns[i], &cli_nouns[i]->commands[k]);
    }
}

static void print_pattern(FILE *out, const struct cli_noun *noun, const struct cli_command *command,
                          const char *after)
{
    if (command->name != NULL)
        (void)fprintf(out, "    '%s %s'%s", noun->name, command->name, after);
    else
        (void)fprintf(out, "    %s%s", noun->name, after);
}

static void print_words(FILE *out)
{
    (void)fputs("_muster_words() { # COMMAND\n    case $1 in\n    '') echo '", out);
    for (size_t i = 0; i < cli_nouns_count; i++)
        (void)fprintf(out, "%s%s", i > 0 ? " " : "", cli_nouns[i]->name);
    (void)fputs("' ;;\n", out);
    for (size_t i = 0; i < cli_nouns_count; i++) {
        const struct cli_noun *noun = cli_nouns[i];

        if (noun->commands[0].name == NULL)
            continue;
        (void)fprintf(out, "    %s) echo '", noun->name);
        for (size_t k = 0; k < noun->n_commands; k++)
            (void)fprintf(out, "%s%s", k > 0 ? " " : "", noun->commands[k].name);
        (void)fputs("' ;;\n", out);
    }
    (void)fputs("    esac\n}\n\n", out);
}

static void print_names(FILE *out, const struct cli_option *options)
{
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o = &o[1])
        (void)fprintf(out, " --%s", o->name);
}

static void print_options_of(FILE *out, const struct cli_noun *noun,
                             const struct cli_command *command)
{
    if (command->options == NULL)
        return;
    print_pattern(out, noun, command, ") echo '");
    print_names(out, command->options);
    (void)fputs("' ;;\n", out);
}

static void print_options(FILE *out)
{
    (void)fputs("_muster_options() { # COMMAND\n    echo '--help", out);
    print_names(out, cli_global_options);
    (void)fputs("'\n    case $1 in\n", out);
    for_each(out, print_options_of);
    (void)fputs("    esac\n}\n\n", out);
}

static void print_takes(FILE *out, const char *before, const char *after,
                        const struct cli_option *options)
{
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o = &o[1]) {
        if (o->arg != NULL)
            (void)fprintf(out, "    '%s'%s--%s) echo %s ;;\n", before, after, o->name, o->arg);
    }
}

static void print_takes_of(FILE *out, const struct cli_noun *noun,
                           const struct cli_command *command)
{
    char name[64];

    (void)snprintf(name, sizeof name, "%s%s%s ", noun->name, command->name != NULL ? " " : "",
                   command->name != NULL ? command->name : "");
    print_takes(out, name, "", command->options);
}

/* What a word after an option is, if it is the option's value. */
static void print_values(FILE *out)
{
    (void)fputs("_muster_takes() { # COMMAND OPTION\n    case \"$1 $2\" in\n", out);
    for_each(out, print_takes_of);
    print_takes(out, "", "*", cli_global_options);
    (void)fputs("    esac\n}\n\n", out);
}

/* FILE or DIR as an operand, which is not one behind an option. */
static const char *operand_kind(const struct cli_command *command)
{
    static const char *const KINDS[] = {"FILE", "DIR"};
    struct mst_cur cur = mst_cur_of(mst_span_str(command->usage));
    bool is_value = false;

    while (!mst_cur_at_end(&cur)) {
        struct mst_span word;

        if (!mst_cur_until(&cur, ' ', &word))
            word = mst_cur_rest(&cur);
        if (mst_span_starts(word, MST_LIT("[")))
            word = mst_span_cut(word, 1, word.len);
        for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0] && !is_value; i++) {
            if (mst_span_starts(word, mst_span_str(KINDS[i])))
                return KINDS[i];
        }
        is_value = mst_span_starts(word, MST_LIT("--"));
    }
    return NULL;
}

static void print_operands_of(FILE *out, const struct cli_noun *noun,
                              const struct cli_command *command)
{
    const char *kind = operand_kind(command);

    if (kind == NULL)
        return;
    print_pattern(out, noun, command, ") echo ");
    (void)fprintf(out, "%s ;;\n", kind);
}

void cli_completion_bash(FILE *out)
{
    (void)fputs(HEAD, out);
    print_words(out);
    print_options(out);
    print_values(out);
    (void)fputs("_muster_operands() { # COMMAND\n    case $1 in\n", out);
    for_each(out, print_operands_of);
    (void)fputs("    *) ;;\n    esac\n}\n\n", out);
    (void)fputs(MAIN, out);
}
