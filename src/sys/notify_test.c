#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys/notify.h"
#include "tests/lib/unit.h"

/* A service manager's socket: a name in the abstract namespace, or a path. */
static int open_manager(const char *name)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    memcpy(addr.sun_path, name, len);
    if (name[0] == '@')
        addr.sun_path[0] = '\0';
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                     0);
    return fd;
}

static void expect(int fd, const char *text)
{
    char got[256];
    ssize_t n = recv(fd, got, sizeof got, 0);

    ck_assert_int_ge(n, 0);
    ck_assert_span_str(mst_span_of(got, (size_t)n), text);
}

MST_TEST(words_arrive_at_a_name_in_the_abstract_namespace)
{
    char name[64];
    int fd;

    (void)snprintf(name, sizeof name, "@muster-test-%d", (int)getpid());
    fd = open_manager(name);
    (void)setenv("NOTIFY_SOCKET", name, 1);
    ck_assert(mst_notify_is_wanted());
    ck_assert(mst_notify("READY=1"));
    ck_assert(mst_notify("WATCHDOG=1"));
    expect(fd, "READY=1");
    expect(fd, "WATCHDOG=1");
    (void)close(fd);
}
MST_TEST_END

MST_TEST(words_arrive_at_a_path)
{
    char path[64];
    int fd;

    (void)snprintf(path, sizeof path, "/tmp/muster-notify-%d", (int)getpid());
    fd = open_manager(path);
    (void)setenv("NOTIFY_SOCKET", path, 1);
    ck_assert(mst_notify("STOPPING=1"));
    expect(fd, "STOPPING=1");
    (void)unlink(path);
    (void)close(fd);
}
MST_TEST_END

MST_TEST(without_a_manager_or_with_a_bad_name_nothing_is_sent)
{
    char longest[200];

    (void)unsetenv("NOTIFY_SOCKET");
    ck_assert(!mst_notify_is_wanted());
    ck_assert(!mst_notify("READY=1"));
    (void)setenv("NOTIFY_SOCKET", "relative", 1);
    ck_assert(!mst_notify("READY=1"));
    (void)setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
    ck_assert(!mst_notify("READY=1"));
    memset(longest, 'a', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    (void)setenv("NOTIFY_SOCKET", longest, 1);
    ck_assert(!mst_notify("READY=1"));
}
MST_TEST_END

MST_TEST(a_manager_that_does_not_read_holds_nobody_up)
{
    char name[64];
    int fd, n_sent = 0;

    (void)snprintf(name, sizeof name, "@muster-deaf-%d", (int)getpid());
    fd = open_manager(name);
    (void)setenv("NOTIFY_SOCKET", name, 1);
    while (n_sent < 100000 && mst_notify("WATCHDOG=1"))
        n_sent++;
    ck_assert_int_lt(n_sent, 100000);
    (void)close(fd);
}
MST_TEST_END

MST_TEST(the_watchdog_is_this_process_s_only)
{
    char pid[32];

    (void)unsetenv("WATCHDOG_PID");
    (void)unsetenv("WATCHDOG_USEC");
    ck_assert_uint_eq(mst_notify_watchdog_ms(), 0);
    (void)setenv("WATCHDOG_USEC", "30000000", 1);
    ck_assert_uint_eq(mst_notify_watchdog_ms(), 30000);
    (void)setenv("WATCHDOG_PID", "1", 1);
    ck_assert_uint_eq(mst_notify_watchdog_ms(), 0);
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    (void)setenv("WATCHDOG_PID", pid, 1);
    ck_assert_uint_eq(mst_notify_watchdog_ms(), 30000);
    (void)setenv("WATCHDOG_USEC", "soon", 1);
    ck_assert_uint_eq(mst_notify_watchdog_ms(), 0);
}
MST_TEST_END

MST_TESTS("sys/notify", words_arrive_at_a_name_in_the_abstract_namespace, words_arrive_at_a_path,
          without_a_manager_or_with_a_bad_name_nothing_is_sent,
          a_manager_that_does_not_read_holds_nobody_up, the_watchdog_is_this_process_s_only)
