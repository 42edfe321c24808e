#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/span.h"
#include "sys/notify.h"

/* A path, or a name in the abstract namespace, which is written with '@' for its NUL. */
static bool address_of(const char *name, struct sockaddr_un *ret_addr, socklen_t *ret_len)
{
    struct mst_span text = mst_span_str(name);
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    if (text.len < 2 || text.len >= sizeof addr.sun_path ||
        (text.ptr[0] != '/' && text.ptr[0] != '@'))
        return false;
    memcpy(addr.sun_path, text.ptr, text.len);
    if (text.ptr[0] == '@')
        addr.sun_path[0] = '\0';
    *ret_addr = addr;
    *ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + text.len);
    return true;
}

bool mst_notify_is_wanted(void)
{
    const char *name = getenv("NOTIFY_SOCKET");

    return name && name[0];
}

bool mst_notify(const char *lines)
{
    struct mst_span text = mst_span_str(lines);
    struct sockaddr_un addr;
    socklen_t len;
    ssize_t n;
    int fd;

    if (!mst_notify_is_wanted() || !address_of(getenv("NOTIFY_SOCKET"), &addr, &len))
        return false;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    /* A manager that does not read must not hold up a server that works. */
    do
        n = sendto(fd, text.ptr, text.len, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&addr,
                   len);
    while (n < 0 && errno == EINTR);
    (void)close(fd);
    return n == (ssize_t)text.len;
}

static uint64_t number_in(const char *name)
{
    const char *text = getenv(name);
    uint64_t value;

    return text && mst_span_u64(mst_span_str(text), UINT64_MAX, &value) == MST_OK ? value : 0;
}

uint64_t mst_notify_watchdog_ms(void)
{
    if (getenv("WATCHDOG_PID") && number_in("WATCHDOG_PID") != (uint64_t)getpid())
        return 0;
    return number_in("WATCHDOG_USEC") / 1000;
}
