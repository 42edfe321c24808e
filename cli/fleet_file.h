/*
 * fleet_file.h - a fleet's file (docs/fleet-format.md) as the tool sees it: its first line, the seal, and
 * all others as lines that only servers read. A line at a time is in memory.
 */
#ifndef MST_CLI_FLEET_FILE_H
#define MST_CLI_FLEET_FILE_H

#include "cli/passphrase.h"
#include "wire/envelope.h"

/* The seal: to a server, or to a key that follows from a passphrase. */
struct cli_seal {
    struct mst_envelope envelope;
    bool has_kdf;
    struct cli_kdf kdf;
};

/* MST_ESYNTAX: no seal, or one of another version. */
MST_MUST_USE enum mst_err cli_seal_read(struct mst_span line, struct cli_seal *ret_seal);
/* Appends its line. */
MST_MUST_USE enum mst_err cli_seal_write(struct mst_buf *out, const struct cli_seal *seal);
/* 64 digits of a public key; false: that is none. */
bool cli_seal_key(const char *text, uint8_t ret_key[MST_X25519_BYTES]);

struct cli_fleet_file {
    struct cli *cli;
    const char *path;
    FILE *stream;
    char *text;       /* room for one line */
    uint64_t n_lines; /* the number of the last line read */
};

enum cli_exit cli_fleet_open(struct cli *cli, const char *path, struct cli_fleet_file *ret_file);
void cli_fleet_close(struct cli_fleet_file *file);
/* The next line with its end, until the next call; an empty span behind the last. */
enum cli_exit cli_fleet_line(struct cli_fleet_file *file, struct mst_span *ret_line);
/* From the first line on again. */
enum cli_exit cli_fleet_rewind(struct cli_fleet_file *file);
/* Reads all of it once: it must end with its own end. *ret_lines: how many lines it has. */
enum cli_exit cli_fleet_survey(struct cli_fleet_file *file, uint64_t *ret_lines);

#endif
