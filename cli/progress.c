#include "cli/progress.h"

#include <inttypes.h>

#include "sys/clock.h"

enum {
    BAR = 24,
    LINE_MAX_CHARS = 128,
    NUMBER_MAX = 32,
    DRAW_EVERY_NS = 100000000, /* more often nobody can read it */
    HOUR_S = 3600,
    LEFT_MAX_S = 99 * HOUR_S
};
#define NS_PER_S UINT64_C(1000000000)

/* 1234567 as 1,234,567. */
static void group(uint64_t number, char ret_text[NUMBER_MAX])
{
    char digits[NUMBER_MAX];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, number);
    int k = 0;

    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            ret_text[k++] = ',';
        ret_text[k++] = digits[i];
    }
    ret_text[k] = '\0';
}

static void time_left(double seconds, char ret_text[NUMBER_MAX])
{
    uint64_t s = seconds < LEFT_MAX_S ? (uint64_t)(seconds + 0.5) : LEFT_MAX_S;

    if (s >= HOUR_S)
        (void)snprintf(ret_text, NUMBER_MAX, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / HOUR_S,
                       s / 60 % 60, s % 60);
    else
        (void)snprintf(ret_text, NUMBER_MAX, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
}

void cli_progress_text(const struct cli_progress *progress, size_t n, uint64_t spent_ns,
                       char *ret_text, size_t max)
{
    size_t n_total = n <= progress->n_total ? progress->n_total : 0; /* else it was wrong */
    double part = n_total > 0 ? (double)n / (double)n_total : 1;
    double seconds = (double)spent_ns / (double)NS_PER_S;
    double rate = seconds > 0 ? (double)(n - progress->n_first) / seconds : 0;
    size_t full = (size_t)(part * BAR);
    char bar[BAR + 1], done[NUMBER_MAX], total[NUMBER_MAX], per_s[NUMBER_MAX], left[NUMBER_MAX];

    for (size_t i = 0; i < BAR; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR] = '\0';
    group(n, done);
    group(n_total, total);
    group((uint64_t)(rate + 0.5), per_s);
    if (rate <= 0)
        (void)snprintf(left, sizeof left, "?");
    else
        time_left((double)(n_total - n) / rate, left);
    if (n_total == 0)
        (void)snprintf(ret_text, max, "%s  %s/s", done, per_s);
    else
        (void)snprintf(ret_text, max, "[%s] %3u %%  %s of %s%s  %s/s  %s left", bar,
                       (unsigned)(part * 100), done, progress->is_guess ? "about " : "", total,
                       per_s, left);
}

/* JSON on the same terminal would be torn apart by it. */
static bool is_bar(const struct cli *cli)
{
    return cli->is_terminal && !cli->is_json;
}

void cli_progress_begin(struct cli_progress *progress, struct cli *cli, size_t n_total)
{
    *progress = (struct cli_progress){
        .cli = cli,
        .n_total = n_total,
        .began_ns = mst_clock_mono_ns(),
        .is_shown = is_bar(cli) || cli_options_has(&cli->options, "progress"),
    };
    cli->progress = progress;
}

void cli_progress_at(struct cli_progress *progress, size_t n)
{
    struct cli *cli = progress->cli;
    uint64_t now = mst_clock_mono_ns();
    char text[LINE_MAX_CHARS];

    if (!progress->is_shown)
        return;
    if (!is_bar(cli)) {
        (void)fprintf(cli->err, progress->n_total > 0 ? "%zu of %s%zu\n" : "%zu\n", n,
                      progress->is_guess ? "about " : "", progress->n_total);
        return;
    }
    /* What is over with its first call needs no bar. */
    if (n < progress->n_total || progress->n_total == 0 ? now - progress->drawn_ns < DRAW_EVERY_NS
                                                        : progress->drawn_ns == 0)
        return;
    progress->drawn_ns = now;
    cli_progress_text(progress, n, now - progress->began_ns, text, sizeof text);
    (void)fprintf(cli->err, "\r%s\033[K", text);
    (void)fflush(cli->err);
}

void cli_progress_clear(const struct cli *cli)
{
    if (cli->progress != NULL && cli->progress->drawn_ns != 0)
        (void)fputs("\r\033[K", cli->err);
}

void cli_progress_end(struct cli_progress *progress)
{
    struct cli *cli = progress->cli;

    if (cli->progress != NULL && progress->drawn_ns != 0)
        (void)fputc('\n', cli->err);
    cli->progress = NULL;
}
