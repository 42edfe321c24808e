/* ranges.h - ranges of serial numbers, as the tool is given them and as people read them. */
#ifndef MST_CLI_RANGES_H
#define MST_CLI_RANGES_H

#include "base/arena.h"
#include "base/sn_range.h"
#include "cli/api.h"

struct cli_ranges {
    struct mst_arena arena;
    struct mst_sn_range *items;
    size_t n_items;
};

/* The options that say which: format, length, casing, first, last; or file. */
extern const struct cli_option CLI_RANGES_OPTIONS[];

void cli_ranges_init(struct cli_ranges *ranges);
void cli_ranges_fini(struct cli_ranges *ranges);

/* What a command was given, checked. What is wrong was said. */
enum cli_exit cli_ranges_given(struct cli *cli, struct cli_ranges *ranges);
/* Those that the model has. aside: as in struct cli_call. */
enum cli_exit cli_ranges_stored(struct cli *cli, const char *model, bool is_aside,
                                struct cli_ranges *ranges);

/*
 * An end of a range: written as its serial numbers are, of either casing; hexadecimal with 0x; of a
 * MAC also in any of its forms, or in decimal. False: none of these.
 */
bool cli_ranges_end(const struct mst_sn_shape *shape, const char *text, uint64_t *ret_value);

/* "mac:48 upper, 01:02:03:04:05:00 to 01:02:03:04:05:FF" */
void cli_ranges_say(struct mst_buf *out, const struct mst_sn_range *range);
/* How many serial numbers, in decimal: up to 2^64. */
void cli_ranges_size(const struct mst_sn_range *range, char ret_text[24]);

#endif
