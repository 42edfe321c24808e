#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/metric.h"
#include "sys/process.h"

static void measure_cpu(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) == 0)
        mst_metric_set(MST_M_CPU, 0,
                       (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000u +
                           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000u);
}

static void measure_descriptors(void)
{
    struct rlimit limit;
    DIR *dir = opendir("/proc/self/fd");
    uint64_t count = 0;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        mst_metric_set(MST_M_MAX_FDS, 0, limit.rlim_cur);
    if (!dir)
        return;
    while (readdir(dir))
        count++;
    (void)closedir(dir);
    if (count > 3)
        mst_metric_set(MST_M_OPEN_FDS, 0, count - 3); /* not ".", "..", and the one it took */
}

/* The field of /proc/self/stat with that number, counted from 1 as in proc(5), from the third on:
   the name of the process, the second, may hold anything. */
static uint64_t field_of(struct mst_span stat, size_t number)
{
    size_t at = stat.len;
    uint64_t value = 0;

    while (at > 0 && stat.ptr[at - 1] != ')')
        at--;
    for (size_t i = 2; i < number && at < stat.len; i++)
        at = mst_span_find(stat, ' ', at) + 1;
    for (; at < stat.len && stat.ptr[at] >= '0' && stat.ptr[at] <= '9'; at++)
        value = value * 10 + (uint64_t)(stat.ptr[at] - '0');
    return value;
}

enum { STAT_THREADS = 20, STAT_START = 22, STAT_VIRTUAL = 23, STAT_RESIDENT = 24 };

static void measure_stat(void)
{
    struct mst_buf text;

    mst_buf_init(&text, MST_KIB(4));
    if (mst_file_read("/proc/self/stat", MST_KIB(4), &text) == MST_OK) {
        struct mst_span stat = mst_buf_span(&text);
        int64_t age_s = mst_clock_boot_s() -
                        (int64_t)(field_of(stat, STAT_START) / (uint64_t)sysconf(_SC_CLK_TCK));

        mst_metric_set(MST_M_THREADS, 0, field_of(stat, STAT_THREADS));
        mst_metric_set(MST_M_VIRTUAL, 0, field_of(stat, STAT_VIRTUAL));
        mst_metric_set(MST_M_RESIDENT, 0,
                       field_of(stat, STAT_RESIDENT) * (uint64_t)sysconf(_SC_PAGESIZE));
        mst_metric_set(MST_M_START_TIME, 0, (uint64_t)(mst_clock_wall_s() - age_s));
    }
    mst_buf_fini(&text);
}

void mst_process_measure(void)
{
    measure_cpu();
    measure_descriptors();
    measure_stat();
}
