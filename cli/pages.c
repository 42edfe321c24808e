#include "cli/pages.h"

#include <string.h>

#include "base/limits.h"

enum { TAIL_MAX = 1024 };

static const struct cli_reason REASONS[] = {
    {404, "there is no such model: see 'muster model list'"},
    CLI_REASONS_END
};

struct walk {
    struct cli *cli;
    const struct cli_pages *pages;
    uint64_t n_rows, n_page;
    char last[MST_SN_MAX]; /* serial number of the last row */
    size_t last_len;
};

static bool is_enough(const struct walk *walk)
{
    return walk->pages->limit > 0 && walk->n_rows == walk->pages->limit;
}

static enum cli_exit take_row(void *arg, const struct cli_csv_row *row)
{
    struct walk *walk = arg;
    struct mst_span sn = row->fields[0], last = mst_span_of(walk->last, walk->last_len);

    if (sn.len > sizeof walk->last || mst_span_cmp(sn, last) <= 0)
        return cli_fail(walk->cli, CLI_SERVER,
                        "the list is in no order: an older musterd does not know how to go on "
                        "behind a serial number");
    memcpy(walk->last, sn.ptr, sn.len);
    walk->last_len = sn.len;
    walk->n_page++;
    if (is_enough(walk))
        return CLI_OK;
    walk->n_rows++;
    return walk->pages->each(walk->pages->arg, row);
}

static enum cli_exit get_page(struct walk *walk, const char *model, uint64_t offset)
{
    struct mst_buf tail;
    enum cli_exit exit;

    mst_buf_init(&tail, TAIL_MAX);
    (void)mst_buf_addf(&tail, "/?limit=%d%s", MST_PAGE_MAX,
                       walk->pages->has_status ? "&status=true" : "");
    if (walk->pages->shared != NULL) {
        (void)mst_buf_add_str(&tail, "&shared=");
        cli_url_add(&tail, mst_span_str(walk->pages->shared));
    }
    if (offset > 0)
        (void)mst_buf_addf(&tail, "&offset=%llu", (unsigned long long)offset);
    if (walk->last_len > 0) {
        (void)mst_buf_add_str(&tail, "&after=");
        cli_url_add(&tail, mst_span_of(walk->last, walk->last_len));
    }
    (void)mst_buf_add_byte(&tail, '\0');
    walk->n_page = 0;
    if (mst_buf_err(&tail) != MST_OK)
        exit = cli_no_memory(walk->cli);
    else
        exit = cli_api_rows(walk->cli,
                            &(struct cli_call){.who = CLI_VENDOR,
                                               .path = CLI_MODELS,
                                               .names = {model},
                                               .tail = tail.ptr,
                                               .reasons = REASONS},
                            "a list of serial numbers", take_row, walk);
    mst_buf_fini(&tail);
    return exit;
}

enum cli_exit cli_pages_walk(struct cli *cli, const char *model, const struct cli_pages *pages)
{
    struct walk walk = {.cli = cli, .pages = pages};
    enum cli_exit exit = get_page(&walk, model, pages->offset);

    for (;;) {
        if (exit == CLI_OK && pages->page != NULL)
            pages->page(pages->arg, walk.n_rows);
        if (exit != CLI_OK || walk.n_page < MST_PAGE_MAX || is_enough(&walk))
            return exit;
        exit = get_page(&walk, model, 0);
    }
}
