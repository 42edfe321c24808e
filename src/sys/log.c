#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/log.h"

/* A line is written with one call and stays below PIPE_BUF (4096), so that lines of several
   threads or processes on one pipe never mix. A text byte takes up to six characters. */
enum { TEXT_MAX = 600, LINE_MAX_BYTES = 4000 };

static const char *const level_names[] = {
    [MST_LOG_ERROR] = "error",
    [MST_LOG_WARNING] = "warning",
    [MST_LOG_INFO] = "info",
    [MST_LOG_DEBUG] = "debug",
};

#define EVENT(id, word, text) [MST_EV_##id] = {word, text},
static const struct {
    const char *word, *text;
} events[MST_EV_COUNT] = {MST_EVENTS(EVENT)};

static atomic_int max_level = MST_LOG_INFO;

const char *mst_event_name(enum mst_event event)
{
    return events[event].word;
}

const char *mst_event_text(enum mst_event event)
{
    return events[event].text;
}

void mst_log_set_level(enum mst_log_level level)
{
    atomic_store(&max_level, (int)level);
}

/* Length of the well-formed UTF-8 sequence at the start of s (RFC 3629), 0 if there is none. */
static size_t utf8_len(struct mst_span s)
{
    static const struct {
        unsigned char lead_from, lead_to, second_from, second_to;
        size_t len;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    unsigned char lead = (unsigned char)s.ptr[0];

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (lead < forms[i].lead_from || lead > forms[i].lead_to || s.len < forms[i].len)
            continue;
        unsigned char second = (unsigned char)s.ptr[1];
        if (second < forms[i].second_from || second > forms[i].second_to)
            return 0;
        for (size_t k = 2; k < forms[i].len; k++)
            if (((unsigned char)s.ptr[k] & 0xc0) != 0x80)
                return 0;
        return forms[i].len;
    }
    return 0;
}

static void add_escaped(struct mst_buf *line, struct mst_span text)
{
    for (size_t i = 0; i < text.len;) {
        unsigned char c = (unsigned char)text.ptr[i];
        size_t n = 1;
        if (c == '"' || c == '\\')
            (void)mst_buf_addf(line, "\\%c", c);
        else if (c == '\n')
            (void)mst_buf_add_str(line, "\\n");
        else if (c < 0x20 || c == 0x7f)
            (void)mst_buf_addf(line, "\\u%04x", c);
        else if (c < 0x80)
            (void)mst_buf_add_byte(line, (char)c);
        else if ((n = utf8_len(mst_span_cut(text, i, text.len))) > 0)
            (void)mst_buf_add(line, mst_span_cut(text, i, i + n));
        else
            (void)mst_buf_add_str(line, "\\ufffd");
        i += n > 0 ? n : 1;
    }
}

static void add_time(struct mst_buf *line)
{
    int64_t us = mst_clock_wall_us();
    time_t s = (time_t)(us / 1000000);
    struct tm tm;
    char text[32];

    if (!gmtime_r(&s, &tm) || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
        return;
    (void)mst_buf_addf(line, "%s.%03dZ", text, (int)(us / 1000 % 1000));
}

static void write_line(struct mst_span line)
{
    ssize_t n;

    do
        n = write(STDERR_FILENO, line.ptr, line.len);
    while (n < 0 && errno == EINTR);
}

void mst_log(enum mst_log_level level, enum mst_event event, const char *fmt, ...)
{
    struct mst_buf line;
    char text[TEXT_MAX + 1];
    int errno_before = errno;
    va_list args;

    if ((int)level > atomic_load_explicit(&max_level, memory_order_relaxed))
        return;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    mst_buf_init(&line, LINE_MAX_BYTES);
    (void)mst_buf_add_str(&line, "{\"time\":\"");
    add_time(&line);
    (void)mst_buf_addf(&line, "\",\"level\":\"%s\",\"event\":\"%s\",\"text\":\"",
                       level_names[level], mst_event_name(event));
    if (n > 0)
        add_escaped(&line, mst_span_of(text, (size_t)n > TEXT_MAX ? TEXT_MAX : (size_t)n));
    (void)mst_buf_add_str(&line, "\"}\n");
    if (mst_buf_err(&line) == MST_OK)
        write_line(mst_buf_span(&line));
    mst_buf_fini(&line);
    errno = errno_before;
}
