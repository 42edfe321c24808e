/* data.h - what the commands of "muster data" share (protocol.md 2.12); one file for each of the longer ones. */
#ifndef MST_CLI_DATA_H
#define MST_CLI_DATA_H

#include "cli/api.h"

extern const char CLI_ALIAS_PATH[];
extern const struct cli_reason CLI_DATA_REASONS[];

/* Percent-decodes into ret, which is cleared before; the server never sends a '+' for a space. */
void cli_data_decode(struct mst_span text, struct mst_buf *ret);
/* The item of an alias in a reply, undecoded; false if there is none. */
bool cli_data_find(struct mst_span body, struct mst_span alias, struct mst_span *ret_item);

extern const struct cli_option CLI_FOLLOW_OPTIONS[], CLI_POINTS_EXPORT_OPTIONS[],
    CLI_RECORD_OPTIONS[];
enum cli_exit cli_data_follow(struct cli *cli);
enum cli_exit cli_data_export(struct cli *cli);
enum cli_exit cli_data_record(struct cli *cli);

#endif
