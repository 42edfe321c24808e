/* Prints docs/metrics.md or docs/logs.md from the tables of metrics and of events: for `make docs`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "sys/log.h"
#include "sys/metric.h"

static void print_metrics(struct mst_buf *page)
{
    (void)mst_buf_add_str(
        page,
        "# Metrics\n\n"
        "The admin listener (setting `admin`) answers `GET /metrics` in the text format 0.0.4 of "
        "Prometheus.\nThis page is made from the table in `src/sys/metric_list.h` (`make "
        "docs`).\n\n"
        "All labels have the few values listed here. Vendors, models, serial numbers, keys, "
        "addresses and paths are\nnever among them, so the number of series does not grow with the "
        "fleet. Histograms have their buckets besides\n`_sum` and `_count`. Everything counts from "
        "the start of the process.\n\n");
    mst_metric_print_manual(page);
}

static void print_logs(struct mst_buf *page)
{
    (void)mst_buf_add_str(
        page,
        "# The log\n\n"
        "`musterd` logs to standard error, one JSON object per line; `log_level` says how "
        "much.\nThis page is made from the list in `src/sys/log.h` (`make docs`).\n\n"
        "    {\"time\":\"2026-01-31T23:59:59.123Z\",\"level\":\"info\",\"event\":\"start\","
        "\"text\":\"...\"}\n\n"
        "`level` is `error`, `warning`, `info` or `debug`. `event` is one of those below, and what "
        "scripts should look at;\n`text` is for people and may change. No line has a key, a token "
        "or a serial number in it.\n\n"
        "| event | what it means |\n|---|---|\n");
    for (int i = 0; i < MST_EV_COUNT; i++)
        (void)mst_buf_addf(page, "| `%s` | %s |\n", mst_event_name((enum mst_event)i),
                           mst_event_text((enum mst_event)i));
}

int main(int argc, char **argv)
{
    struct mst_buf page;
    bool is_whole;

    if (argc != 2)
        return 2;
    mst_buf_init(&page, MST_KIB(256));
    if (strcmp(argv[1], "metrics") == 0)
        print_metrics(&page);
    else
        print_logs(&page);
    is_whole = mst_buf_err(&page) == MST_OK && fwrite(page.ptr, 1, page.len, stdout) == page.len &&
               fflush(stdout) == 0;
    mst_buf_fini(&page);
    return is_whole ? EXIT_SUCCESS : EXIT_FAILURE;
}
