/*
 * Cells and their text.
 *
 * The cells of all threads are static memory, so counting never fails and never
 * allocates; what no thread uses is never touched and costs nothing. A thread takes
 * a shard at its first count. Its own shard it changes by a plain load and store,
 * since nobody else writes there. Should there ever be more threads than shards,
 * the rest share the first one, by atomic additions. Values that are set live
 * there too.
 *
 * A gauge is a sum of ups and downs in modular arithmetic: that one thread's part
 * is negative does not matter.
 */
#include <assert.h>
#include <stdatomic.h>

#include "base/version.h"
#include "sys/metric.h"

enum { SHARDS = 320, SHARED = 0, CACHE_LINE = 64 };

struct shard {
    _Alignas(CACHE_LINE) atomic_bool is_taken;
    _Atomic uint64_t cells[MST_METRIC_CELLS];
};

static struct shard shards[SHARDS];
static atomic_uint n_used = 1;     /* shards beyond it were never taken */
static _Thread_local unsigned own; /* SHARED: none yet, or none left */
static _Thread_local bool is_without;

/* ---- the table ---- */

enum kind { COUNTER, GAUGE, HISTOGRAM };
enum unit { ONE, NS };

struct label {
    const char *name;
    const char *const *words;
    unsigned len;
};

struct bounds {
    const uint64_t *values;
    unsigned len;
};

struct metric {
    unsigned first;
    enum kind kind;
    enum unit unit;
    const char *name, *help;
    const struct label *label1, *label2;
    const struct bounds *bounds;
};

#define WORD(id, word) word,
#define LABEL(id, key, list)                              \
    static const char *const words_##id[] = {list(WORD)}; \
    static const struct label label_##id = {key, words_##id, MST_##id##_LEN}
LABEL(ROUTE, "route", MST_LABEL_ROUTE);
LABEL(CLASS, "status", MST_LABEL_CLASS);
LABEL(STATUS, "status", MST_LABEL_STATUS);
LABEL(OUTCOME, "outcome", MST_LABEL_OUTCOME);
LABEL(LISTENER, "listener", MST_LABEL_LISTENER);
LABEL(REFUSAL, "reason", MST_LABEL_REFUSAL);
LABEL(FILE, "file", MST_LABEL_FILE);
LABEL(FOUND, "result", MST_LABEL_FOUND);
LABEL(METHOD, "method", MST_LABEL_METHOD);
LABEL(ENDED, "ended", MST_LABEL_ENDED);
LABEL(ROOM, "room", MST_LABEL_ROOM);
LABEL(SHOT, "outcome", MST_LABEL_SHOT);
static const struct label label_NONE = {NULL, NULL, 1};

#define BOUNDS(id)                                                                 \
    static const uint64_t values_##id[] = {MST_BOUNDS_##id};                       \
    static const struct bounds bounds_##id = {values_##id, MST_BOUNDS_##id##_LEN}; \
    _Static_assert(sizeof values_##id / sizeof values_##id[0] == MST_BOUNDS_##id##_LEN, #id)
BOUNDS(SECONDS);
BOUNDS(COUNTS);

#define ROW_COUNTER(id, name, unit, label1, label2, help) \
    {MST_M_##id, COUNTER, unit, name, help, &label_##label1, &label_##label2, NULL},
#define ROW_GAUGE(id, name, unit, label1, label2, help) \
    {MST_M_##id, GAUGE, unit, name, help, &label_##label1, &label_##label2, NULL},
#define ROW_HISTOGRAM(id, name, unit, label1, bounds, help) \
    {MST_M_##id, HISTOGRAM, unit, name, help, &label_##label1, &label_NONE, &bounds_##bounds},
static const struct metric metrics[] = {MST_METRICS(ROW_COUNTER, ROW_GAUGE, ROW_HISTOGRAM)};
enum { METRICS = sizeof metrics / sizeof metrics[0] };

/* ---- counting ---- */

static unsigned take_shard(void)
{
    for (unsigned i = SHARED + 1; i < SHARDS; i++) {
        unsigned used = atomic_load(&n_used);

        if (atomic_exchange(&shards[i].is_taken, true))
            continue;
        while (used <= i && !atomic_compare_exchange_weak(&n_used, &used, i + 1))
            ;
        return i;
    }
    is_without = true;
    return SHARED;
}

void mst_metric_leave(void)
{
    if (own != SHARED)
        atomic_store(&shards[own].is_taken, false);
    own = SHARED;
}

static void bump(unsigned cell, uint64_t n)
{
    assert(cell < MST_METRIC_CELLS);
    if (own == SHARED && !is_without)
        own = take_shard();
    _Atomic uint64_t *counter = &shards[own].cells[cell];
    if (own == SHARED)
        (void)atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
    else
        atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                              memory_order_relaxed);
}

void mst_metric_add(enum mst_metric metric, unsigned at, uint64_t n)
{
    bump((unsigned)metric + at, n);
}

void mst_metric_sub(enum mst_metric metric, unsigned at, uint64_t n)
{
    bump((unsigned)metric + at, -n);
}

void mst_metric_set(enum mst_metric metric, unsigned at, uint64_t value)
{
    assert((unsigned)metric + at < MST_METRIC_CELLS);
    atomic_store_explicit(&shards[SHARED].cells[(unsigned)metric + at], value,
                          memory_order_relaxed);
}

static const struct metric *row_of(enum mst_metric metric)
{
    const struct metric *found = NULL;

    for (size_t i = 0; i < METRICS && !found; i++)
        if (metrics[i].first == (unsigned)metric)
            found = &metrics[i];
    assert(found);
    return found;
}

/* The first cell of one histogram of a metric that is several by its label. */
static unsigned histogram_at(const struct metric *metric, unsigned at)
{
    assert(metric->kind == HISTOGRAM && at < metric->label1->len);
    return metric->first + at * (metric->bounds->len + 2);
}

void mst_metric_observe(enum mst_metric metric, unsigned at, uint64_t value)
{
    const struct metric *row = row_of(metric);
    unsigned cell = histogram_at(row, at), bucket = 0;

    while (bucket < row->bounds->len && value > row->bounds->values[bucket])
        bucket++;
    bump(cell + bucket, 1);
    bump(cell + row->bounds->len + 1, value);
}

/* ---- reading ---- */

static uint64_t sum(unsigned cell)
{
    unsigned used = atomic_load(&n_used);
    uint64_t all = 0;

    for (unsigned i = 0; i < used; i++)
        all += atomic_load_explicit(&shards[i].cells[cell], memory_order_relaxed);
    return all;
}

uint64_t mst_metric_sum(enum mst_metric metric, unsigned at)
{
    return sum((unsigned)metric + at);
}

uint64_t mst_metric_count(enum mst_metric metric, unsigned at)
{
    const struct metric *row = row_of(metric);
    uint64_t count = 0;

    for (unsigned i = 0; i <= row->bounds->len; i++)
        count += sum(histogram_at(row, at) + i);
    return count;
}

/* ---- text ---- */

static const char *const kind_words[] = {
    [COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram"};

static void add_value(struct mst_buf *out, const struct metric *metric, uint64_t value)
{
    if (metric->unit == NS)
        (void)mst_buf_addf(out, "%.9f", (double)value / 1e9);
    else
        (void)mst_buf_add_i64(out, (int64_t)value);
}

static void add_label(struct mst_buf *out, const struct label *label, unsigned at,
                      const char **separator)
{
    if (!label->name)
        return;
    (void)mst_buf_addf(out, "%s%s=\"%s\"", *separator, label->name, label->words[at]);
    *separator = ",";
}

static void add_labels(struct mst_buf *out, const struct metric *metric, unsigned at1, unsigned at2)
{
    const char *separator = "{";

    add_label(out, metric->label1, at1, &separator);
    add_label(out, metric->label2, at2, &separator);
    if (separator[0] == ',')
        (void)mst_buf_add_byte(out, '}');
}

static void print_plain(struct mst_buf *out, const struct metric *metric)
{
    for (unsigned i = 0; i < metric->label1->len; i++) {
        for (unsigned k = 0; k < metric->label2->len; k++) {
            (void)mst_buf_add_str(out, metric->name);
            add_labels(out, metric, i, k);
            (void)mst_buf_add_byte(out, ' ');
            add_value(out, metric, sum(metric->first + i * metric->label2->len + k));
            (void)mst_buf_add_byte(out, '\n');
        }
    }
}

static void print_bound(struct mst_buf *out, const struct metric *metric, unsigned bucket)
{
    if (bucket == metric->bounds->len)
        (void)mst_buf_add_str(out, "+Inf");
    else
        (void)mst_buf_addf(
            out, "%.9g", (double)metric->bounds->values[bucket] / (metric->unit == NS ? 1e9 : 1.0));
}

static void print_histogram(struct mst_buf *out, const struct metric *metric, unsigned at)
{
    unsigned cell = histogram_at(metric, at);
    uint64_t count = 0;

    for (unsigned i = 0; i <= metric->bounds->len; i++) {
        const char *separator = "{";

        count += sum(cell + i);
        (void)mst_buf_addf(out, "%s_bucket", metric->name);
        add_label(out, metric->label1, at, &separator);
        (void)mst_buf_addf(out, "%sle=\"", separator);
        print_bound(out, metric, i);
        (void)mst_buf_addf(out, "\"} %llu\n", (unsigned long long)count);
    }
    (void)mst_buf_addf(out, "%s_sum", metric->name);
    add_labels(out, metric, at, 0);
    (void)mst_buf_add_byte(out, ' ');
    add_value(out, metric, sum(cell + metric->bounds->len + 1));
    (void)mst_buf_addf(out, "\n%s_count", metric->name);
    add_labels(out, metric, at, 0);
    (void)mst_buf_addf(out, " %llu\n", (unsigned long long)count);
}

static void print_head(struct mst_buf *out, const char *name, const char *help, const char *kind)
{
    (void)mst_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static const char build_name[] = "muster_build_info";
static const char build_help[] = "Always 1; the label tells the version.";

void mst_metric_print(struct mst_buf *out)
{
    print_head(out, build_name, build_help, "gauge");
    (void)mst_buf_addf(out, "%s{version=\"%s\"} 1\n", build_name, MST_VERSION);
    for (size_t i = 0; i < METRICS; i++) {
        const struct metric *metric = &metrics[i];

        print_head(out, metric->name, metric->help, kind_words[metric->kind]);
        if (metric->kind != HISTOGRAM)
            print_plain(out, metric);
        else
            for (unsigned at = 0; at < metric->label1->len; at++)
                print_histogram(out, metric, at);
    }
}

static void print_label_words(struct mst_buf *out, const struct label *label)
{
    if (!label->name)
        return;
    (void)mst_buf_addf(out, " `%s`: ", label->name);
    for (unsigned i = 0; i < label->len; i++)
        (void)mst_buf_addf(out, "%s%s", i ? ", " : "", label->words[i]);
    (void)mst_buf_add_byte(out, '.');
}

void mst_metric_print_manual(struct mst_buf *out)
{
    unsigned n_series = 1;

    (void)mst_buf_addf(out,
                       "| metric | kind | what, and the values of its labels |\n|---|---|---|\n"
                       "| `%s` | gauge | %s `version`. |\n",
                       build_name, build_help);
    for (size_t i = 0; i < METRICS; i++) {
        const struct metric *metric = &metrics[i];

        (void)mst_buf_addf(out, "| `%s` | %s | %s", metric->name, kind_words[metric->kind],
                           metric->help);
        print_label_words(out, metric->label1);
        print_label_words(out, metric->label2);
        (void)mst_buf_add_str(out, " |\n");
        n_series += metric->label1->len * metric->label2->len *
                    (metric->kind == HISTOGRAM ? metric->bounds->len + 3 : 1);
    }
    (void)mst_buf_addf(out, "\nThese are %u series, always.\n", n_series);
}
