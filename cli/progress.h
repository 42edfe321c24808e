/*
 * progress.h - how far long work is: a bar with rate and time left where a person looks on.
 *
 * On a terminal one line of standard error is drawn again and again. Elsewhere nothing is
 * shown unless --progress asks for it, and then a line "N of M" for each call.
 */
#ifndef MST_CLI_PROGRESS_H
#define MST_CLI_PROGRESS_H

#include "cli/cli.h"

struct cli_progress {
    struct cli *cli;
    size_t n_total; /* 0: nobody knows */
    bool is_guess;  /* n_total is */
    size_t n_first; /* done before this run, which has no part in the rate */
    uint64_t began_ns, drawn_ns;
    bool is_shown;
};

/* While it lasts, cli->progress is this one: messages take its line away first. */
void cli_progress_begin(struct cli_progress *progress, struct cli *cli, size_t n_total);
void cli_progress_at(struct cli_progress *progress, size_t n);
void cli_progress_end(struct cli_progress *progress);
/* Before anything else is printed. */
void cli_progress_clear(const struct cli *cli);

/* The line for n of them after so many nanoseconds. */
void cli_progress_text(const struct cli_progress *progress, size_t n, uint64_t spent_ns,
                       char *ret_text, size_t max);

#endif
