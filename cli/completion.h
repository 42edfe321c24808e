/*
 * completion.h - completion for shells, made from the table of commands.
 *
 * A script is one function that answers questions with a list, between a text that opens it and one that asks:
 *
 *   words COMMAND           what may follow a command, "" to begin with; nothing: operands
 *   options COMMAND         its options; those of every command are the ones of ""
 *   value COMMAND OPTION    what an option takes: FILE, DIR or another kind; those of every command as above
 *   operand COMMAND N       what its operand N is, counted from 0; or, for all of them, operand COMMAND
 *   kind KIND               what there is of a kind
 */
#ifndef MST_CLI_COMPLETION_H
#define MST_CLI_COMPLETION_H

#include "cli/cli.h"

struct cli_dialect {
    const char *head, *tail;
    const char *question, *answer, *answer_end; /* before a question, before and behind its list */
    const char *text_before; /* between a name and what it means; NULL: that is not shown */
    const char *end;         /* of an item */
};

extern const struct cli_dialect cli_dialect_bash, cli_dialect_zsh, cli_dialect_fish;

void cli_completion_print(FILE *out, const struct cli_dialect *dialect);

#endif
