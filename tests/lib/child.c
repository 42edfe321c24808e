#include "tests/lib/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/talk.h"

enum { LINE_MAX_BYTES = 1024, READY_MS = 30000, EXEC_FAILED = 127 };

static enum mst_err parse_ready(struct mst_span line, struct sockaddr_in *ret_addr)
{
    struct mst_span head = MST_LIT("ready http=");
    size_t end = mst_span_find(line, ' ', head.len);

    if (!mst_span_starts(line, head))
        return MST_ESYNTAX;
    return mst_talk_addr(mst_span_cut(line, head.len, end), ret_addr);
}

static enum mst_err read_line(int fd, char *line, size_t cap, size_t *ret_len)
{
    size_t len = 0;

    while (len < cap) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n;
        if (poll(&p, 1, READY_MS) <= 0)
            return MST_ETIMEOUT;
        n = read(fd, &line[len], 1);
        if (n <= 0)
            return MST_ECLOSED;
        if (line[len] == '\n') {
            *ret_len = len;
            return MST_OK;
        }
        len++;
    }
    return MST_EFULL;
}

static _Noreturn void become(char *const argv[], const int fds[2])
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* it must not outlive the test */
    if (dup2(fds[1], STDOUT_FILENO) >= 0) {
        (void)close(fds[0]);
        (void)close(fds[1]);
        (void)execv(argv[0], argv);
    }
    _exit(EXEC_FAILED);
}

enum mst_err mst_child_start(char *const argv[], struct mst_child *ret_child)
{
    struct mst_child child = {0};
    char line[LINE_MAX_BYTES];
    size_t len;
    int fds[2];
    enum mst_err err;

    if (pipe(fds) != 0)
        return MST_ESYS;
    child.pid = fork();
    if (child.pid == 0)
        become(argv, fds);
    (void)close(fds[1]);
    child.out = fds[0];
    err = child.pid < 0 ? MST_ESYS : read_line(child.out, line, sizeof line, &len);
    if (!err)
        err = parse_ready(mst_span_of(line, len), &child.http);
    if (err) {
        (void)mst_child_end(&child, SIGKILL);
        return err;
    }
    *ret_child = child;
    return MST_OK;
}

int mst_child_end(struct mst_child *child, int signal)
{
    int status = -1;

    if (child->pid > 0) {
        (void)kill(child->pid, signal);
        while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    (void)close(child->out);
    child->pid = 0;
    return status;
}
