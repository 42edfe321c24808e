/*
 * job.h - the work of an import: reading pieces, sending them, writing down what became of them.
 *
 * import.c opens the files, finds where to begin, and tells the end of it.
 */
#ifndef MST_CLI_JOB_H
#define MST_CLI_JOB_H

#include <sys/stat.h>

#include "cli/bookmark.h"
#include "cli/columns.h"
#include "cli/piece.h"
#include "cli/progress.h"
#include "cli/twins.h"

enum { CLI_JOB_PATH_MAX = 4096, CLI_JOB_ERRORS_SHOWN = 10 };

struct cli_job {
    struct cli *cli;
    const char *model, *name; /* of the file */
    int fd;
    struct stat stat;
    bool is_file;                         /* not a pipe: it can be read again from some place on */
    bool is_trial, has_heading, is_first; /* is_first: no row of data was read yet */
    char separator;
    uint64_t max_errors, chunk;
    struct cli_columns columns;
    struct cli_rows rows;
    struct cli_piece piece;
    struct cli_place begin; /* of the piece */
    char bookmark_path[CLI_JOB_PATH_MAX];
    struct cli_bookmark bookmark;
    bool is_ended;      /* all was read */
    uint64_t n_done;    /* rows of pieces that were answered */
    uint64_t resent_to; /* offset: rows before it may have been sent by an earlier run */
    const char *errors_path;
    FILE *errors;
    uint64_t n_shown;
    struct cli_twins *twins;
    uint64_t n_long;
    char long_sn[MST_SN_MAX];
    size_t long_len;
    bool is_parted; /* it was told that semicolons part nothing */
    struct cli_progress progress;
};

/* Does the server know imports, this key and the model? An older one, which would add what is to be
   tried only, refuses what is no serial number. */
enum cli_exit cli_job_try_server(struct cli_job *job);
/* All rows, then is_ended; or as many until too many are in error. What went wrong was said. */
enum cli_exit cli_job_work(struct cli_job *job);
/* The input could not be read: says so. */
enum cli_exit cli_job_fail_input(struct cli_job *job);
/* twins could not do its work. */
enum cli_exit cli_job_fail_twins(struct cli_job *job, enum mst_err err);

#endif
