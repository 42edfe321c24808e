/*
 * profile.h - what a user would otherwise type at each call: server, vendor, its keys.
 *
 * A profile is the object that "muster init --json" prints, and "server" beside it. It holds
 * keys, so it is written with mode 0600.
 */
#ifndef MST_CLI_PROFILE_H
#define MST_CLI_PROFILE_H

#include "cli/cli.h"

/* Reads path into cli->saved. A missing file is fine unless is_required. */
enum cli_exit cli_profile_read(struct cli *cli, const char *path, bool is_required);
/* Replaces path, whole or not at all. */
enum cli_exit cli_profile_write(struct cli *cli, const char *path, const json_t *object);
/* --profile or MUSTER_PROFILE (*ret_is_named then), or else $XDG_CONFIG_HOME/muster/profile.json or
   ~/.config/muster/profile.json; false if there is no home. */
bool cli_profile_path(const struct cli *cli, char *ret_path, size_t max, bool *ret_is_named);
void cli_profile_fini(struct cli_profile *profile);

/* A key or token in a file ("-": standard input): 40 characters, spaces around are left out. */
enum cli_exit cli_secret_read(struct cli *cli, const char *path, struct cli_secret *ret_secret);
/* The same from an environment variable, which is wiped. Not set or empty: nothing happens. */
enum cli_exit cli_secret_take_env(struct cli *cli, const char *name, struct cli_secret *ret_secret);
bool cli_secret_parse(struct mst_span text, struct cli_secret *ret_secret);

/* Reads a file ("-": standard input, once in a run) up to max_bytes into ret, which is initialised. */
enum cli_exit cli_file_read(struct cli *cli, const char *path, size_t max_bytes,
                            struct mst_buf *ret);
/* Refuses "-" (keys are not for terminals), and what exists and is no regular file: a device, a pipe
   or a link would be lost by replacing or deleting it. */
enum cli_exit cli_file_check_kind(struct cli *cli, const char *path);
/* Could cli_file_replace write there? Asked before something that happens only once. */
enum cli_exit cli_file_check(struct cli *cli, const char *path);
/* Writes text as the whole of a file of mode 0600, replacing it at once. What cli_file_check_kind
   refuses stays as it is. */
enum cli_exit cli_file_replace(struct cli *cli, const char *path, struct mst_span text);
enum cli_exit cli_file_delete(struct cli *cli, const char *path);

#endif
