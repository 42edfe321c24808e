/* outfile.h - where an export goes: standard output, or a file that is there whole or not at all, also after Ctrl-C. */
#ifndef MST_CLI_OUTFILE_H
#define MST_CLI_OUTFILE_H

#include "cli/cli.h"

enum { CLI_OUTFILE_PATH_MAX = 4096 };

struct cli_outfile {
    struct cli *cli;
    const char *path; /* NULL: standard output */
    char fresh[CLI_OUTFILE_PATH_MAX];
    FILE *out; /* write here */
};

/* path is borrowed. What cannot be was said; end must be called in any case. */
enum cli_exit cli_outfile_begin(struct cli_outfile *file, struct cli *cli, const char *path);
/* Tells why the last write failed. */
enum cli_exit cli_outfile_fail(const struct cli_outfile *file);
/* With CLI_OK the file takes its name once all of it is on the disk; otherwise it goes. */
enum cli_exit cli_outfile_end(struct cli_outfile *file, enum cli_exit exit);

#endif
