/*
 * Prints docs/metrics.md, docs/logs.md or docs/access.md from the tables of metrics, of events, and of actions
 * and routes: for `make docs`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "front/http/outcome.h"
#include "front/http/route.h"
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

/* ---- who may do what ---- */

static const char *const role_words[] = {
#define ROLE_WORDS(name, words) words,
    MST_ROLES(ROLE_WORDS)};

static const char *const role_heads[] = {"nobody", "device",     "client",   "vendor",
                                         "token",  "with share", "no share", "root"};

static const char *const action_words[] = {
#define ACTION_WORDS(name, by, place, a, b, c, d, e, f, g, h, words) words,
    MST_ACTIONS(ACTION_WORDS)};

static bool is_vain(enum mst_action action, enum mst_role role)
{
    return (role == MST_ROLE_BORROWER || role == MST_ROLE_STRANGER) &&
           mst_permit_place(action) != MST_PLACE_LENT;
}

static void print_cell(struct mst_buf *page, enum mst_action action, enum mst_role role)
{
    enum mst_verdict verdict = mst_permit(action, role);

    if (is_vain(action, role))
        (void)mst_buf_add_str(page, " |");
    else if (verdict == MST_DONE)
        (void)mst_buf_add_str(page, " yes |");
    else
        (void)mst_buf_addf(page, " %u |", mst_outcome_status(MST_FAMILY_MANAGE, verdict));
}

static void print_actions(struct mst_buf *page)
{
    (void)mst_buf_add_str(page, "| |");
    for (int r = 0; r < MST_ROLE_COUNT; r++)
        (void)mst_buf_addf(page, " %s |", role_heads[r]);
    (void)mst_buf_add_str(page, "\n|---|");
    for (int r = 0; r < MST_ROLE_COUNT; r++)
        (void)mst_buf_add_str(page, "---|");
    (void)mst_buf_add_byte(page, '\n');
    for (int a = 0; a < MST_ACTION_COUNT; a++) {
        (void)mst_buf_addf(page, "| %s |", action_words[a]);
        for (int r = 0; r < MST_ROLE_COUNT; r++)
            print_cell(page, (enum mst_action)a, (enum mst_role)r);
        (void)mst_buf_add_byte(page, '\n');
    }
}

/* "GET, POST `/provision/register`" */
static void print_route(struct mst_buf *page, const struct mst_route *route)
{
    (void)mst_buf_add_str(page, "| ");
    (void)mst_route_methods(page, route->methods);
    (void)mst_buf_add_str(page, " `");
    (void)mst_route_path(page, route);
    (void)mst_buf_addf(page, "` | %s |\n", action_words[route->action]);
}

static void print_access(struct mst_buf *page)
{
    (void)mst_buf_add_str(
        page, "# Who may do what\n\n"
              "This page is made from the table in `src/core/permit.h` and the route table (`make "
              "docs`). Every request is judged\nby that table, and "
              "`tests/conform/tenants_test.c` asks each route as each kind of caller.\n\n"
              "The callers:\n\n");
    for (int r = 0; r < MST_ROLE_COUNT; r++)
        (void)mst_buf_addf(page, "- **%s** - %s\n", role_heads[r], role_words[r]);
    (void)mst_buf_add_str(
        page,
        "\nA number is what a refusal is answered with; an empty cell: `X-Exosite-Vendor` has "
        "no effect there.\n\n");
    print_actions(page);
    (void)mst_buf_add_str(page, "\n## What each route asks for\n\n| route | action |\n|---|---|\n");
    for (size_t i = 0; i < mst_routes.n_rows; i++)
        print_route(page, &mst_routes.rows[i]);
    for (size_t i = 0; i < mst_routes_admin.n_rows; i++)
        print_route(page, &mst_routes_admin.rows[i]);
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
    else if (strcmp(argv[1], "access") == 0)
        print_access(&page);
    else
        print_logs(&page);
    is_whole = mst_buf_err(&page) == MST_OK && fwrite(page.ptr, 1, page.len, stdout) == page.len &&
               fflush(stdout) == 0;
    mst_buf_fini(&page);
    return is_whole ? EXIT_SUCCESS : EXIT_FAILURE;
}
