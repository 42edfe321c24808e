/*
 * metric.h - counters of the process, for /metrics.
 *
 * Each thread adds to cells of its own, without locks; reading sums over all threads with relaxed
 * loads, so a sum may miss what is being added now, and nothing else. Any thread may call any of
 * these at any time. metric_list.h has the table.
 */
#ifndef MST_SYS_METRIC_H
#define MST_SYS_METRIC_H

#include <stdint.h>

#include "base/buf.h"
#include "sys/metric_list.h"

/* The values of each label: MST_ROUTE_ACTIVATE, ..., MST_ROUTE_LEN. */
#define MST_LABEL_ENUM(label, list) \
    enum mst_label_##label          \
    {                               \
        list MST_##label##_LEN      \
    }
#define MST_LABEL_VALUE_ROUTE(id, word)    MST_ROUTE_##id,
#define MST_LABEL_VALUE_CLASS(id, word)    MST_CLASS_##id,
#define MST_LABEL_VALUE_STATUS(id, word)   MST_STATUS_##id,
#define MST_LABEL_VALUE_OUTCOME(id, word)  MST_OUTCOME_##id,
#define MST_LABEL_VALUE_LISTENER(id, word) MST_LISTENER_##id,
#define MST_LABEL_VALUE_REFUSAL(id, word)  MST_REFUSAL_##id,
#define MST_LABEL_VALUE_FILE(id, word)     MST_FILE_LABEL_##id,
#define MST_LABEL_VALUE_FOUND(id, word)    MST_FOUND_##id,
#define MST_LABEL_VALUE_METHOD(id, word)   MST_LABELLED_##id,
#define MST_LABEL_VALUE_ENDED(id, word)    MST_ENDED_##id,
#define MST_LABEL_VALUE_SHOT(id, word)     MST_SHOT_##id,
#define MST_LABEL_VALUE_ROOM(id, word)     MST_ROOM_##id,
MST_LABEL_ENUM(ROUTE, MST_LABEL_ROUTE(MST_LABEL_VALUE_ROUTE));
MST_LABEL_ENUM(CLASS, MST_LABEL_CLASS(MST_LABEL_VALUE_CLASS));
MST_LABEL_ENUM(STATUS, MST_LABEL_STATUS(MST_LABEL_VALUE_STATUS));
MST_LABEL_ENUM(OUTCOME, MST_LABEL_OUTCOME(MST_LABEL_VALUE_OUTCOME));
MST_LABEL_ENUM(LISTENER, MST_LABEL_LISTENER(MST_LABEL_VALUE_LISTENER));
MST_LABEL_ENUM(REFUSAL, MST_LABEL_REFUSAL(MST_LABEL_VALUE_REFUSAL));
MST_LABEL_ENUM(FILE, MST_LABEL_FILE(MST_LABEL_VALUE_FILE));
MST_LABEL_ENUM(FOUND, MST_LABEL_FOUND(MST_LABEL_VALUE_FOUND));
MST_LABEL_ENUM(METHOD, MST_LABEL_METHOD(MST_LABEL_VALUE_METHOD));
MST_LABEL_ENUM(ENDED, MST_LABEL_ENDED(MST_LABEL_VALUE_ENDED));
MST_LABEL_ENUM(SHOT, MST_LABEL_SHOT(MST_LABEL_VALUE_SHOT));
MST_LABEL_ENUM(ROOM, MST_LABEL_ROOM(MST_LABEL_VALUE_ROOM));
enum { MST_NONE_LEN = 1 };

/* A metric is named by its first cell. A histogram has, for each value of its label, one cell per
   bucket, one for what lies above, and the sum. */
#define MST_METRIC_PLAIN(id, name, unit, label1, label2, help) \
    MST_M_##id, MST_M_##id##_LAST = MST_M_##id + MST_##label1##_LEN * MST_##label2##_LEN - 1,
#define MST_METRIC_HISTOGRAM(id, name, unit, label1, bounds, help) \
    MST_M_##id,                                                    \
        MST_M_##id##_LAST = MST_M_##id + MST_##label1##_LEN * (MST_BOUNDS_##bounds##_LEN + 2) - 1,
enum mst_metric {
    MST_METRICS(MST_METRIC_PLAIN, MST_METRIC_PLAIN, MST_METRIC_HISTOGRAM) MST_METRIC_CELLS
};

/* Counters and gauges; at is the value of label 1 times the length of label 2 plus the value of
   label 2. A gauge may be brought down by one thread and up by another. */
void mst_metric_add(enum mst_metric metric, unsigned at, uint64_t n);
void mst_metric_sub(enum mst_metric metric, unsigned at, uint64_t n);
/* A gauge that is set, and then never added to. */
void mst_metric_set(enum mst_metric metric, unsigned at, uint64_t value);
/* One observation of a histogram; at is the value of its label. */
void mst_metric_observe(enum mst_metric metric, unsigned at, uint64_t value);

/* The sum over all threads. */
uint64_t mst_metric_sum(enum mst_metric metric, unsigned at);
/* How many observations a histogram has. */
uint64_t mst_metric_count(enum mst_metric metric, unsigned at);

/* All of them in the text format 0.0.4 of Prometheus. */
void mst_metric_print(struct mst_buf *out);
/* docs/metrics.md. */
void mst_metric_print_manual(struct mst_buf *out);

/* The calling thread ends: its cells go to a later thread, what they counted stays. */
void mst_metric_leave(void);

#endif
