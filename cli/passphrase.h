/*
 * passphrase.h - a key out of words: argon2id. The words come from a file or the terminal, never from
 * the command line, where other users could read them.
 */
#ifndef MST_CLI_PASSPHRASE_H
#define MST_CLI_PASSPHRASE_H

#include "cli/cli.h"

enum { CLI_SALT_BYTES = 16 };

/* What it costs to try a passphrase; stands in the file, so that it may be raised. */
struct cli_kdf {
    uint8_t salt[CLI_SALT_BYTES];
    uint32_t passes, memory_kib, lanes;
};

/* A new one: fresh salt and today's cost. */
void cli_kdf_new(struct cli_kdf *kdf);
/* Is its cost within what this program is ready to pay? Files come from anywhere. */
bool cli_kdf_is_bearable(const struct cli_kdf *kdf);

/*
 * The passphrase of --passphrase-file (its first line), or asked for on the terminal, twice if it is a
 * new one; what is wrong was said. ret is initialised, and to be wiped by the caller.
 */
enum cli_exit cli_passphrase_get(struct cli *cli, bool is_new, struct mst_buf *ret);
/* The key of it. */
enum cli_exit cli_passphrase_key(struct cli *cli, struct mst_span passphrase,
                                 const struct cli_kdf *kdf, struct mst_secret_key *ret_key);

#endif
