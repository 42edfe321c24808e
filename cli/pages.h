/* pages.h - the serial numbers that a model lists, page by page: any number of them. */
#ifndef MST_CLI_PAGES_H
#define MST_CLI_PAGES_H

#include "cli/api.h"

struct cli_pages {
    bool has_status;    /* rows are sn,status,rid,extra; otherwise sn,rid,extra */
    const char *shared; /* only what this vendor enabled through a share; NULL: all */
    uint64_t offset;    /* so many are left out */
    uint64_t limit;     /* and no more given; 0: all */
    cli_each_row *each;
    /* After each page with the number of rows so far; may be NULL. */
    void (*page)(void *arg, uint64_t n_rows);
    void *arg;
};

/* All of them, in bytewise order: each page begins behind the last serial number of the one before, so
   that it costs the server the same, and none is missed or seen twice whatever is added meanwhile. */
enum cli_exit cli_pages_walk(struct cli *cli, const char *model, const struct cli_pages *pages);

#endif
