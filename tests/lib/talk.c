#include "tests/lib/talk.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ADDR_CHARS = 32, READ_BYTES = 65536, ASK_TIMEOUT_MS = 20000 };
#define TALK_MAX ((size_t)32 * 1024 * 1024)

enum mst_err mst_talk_addr(struct mst_span text, struct sockaddr_in *ret_addr)
{
    size_t colon = mst_span_find(text, ':', 0);
    struct sockaddr_in addr = {.sin_family = AF_INET};
    char host[ADDR_CHARS] = "";
    uint64_t port;

    if (colon >= sizeof host ||
        mst_span_u64(mst_span_cut(text, colon + 1, text.len), UINT16_MAX, &port))
        return MST_ESYNTAX;
    memcpy(host, text.ptr, colon);
    if (inet_pton(AF_INET, host, &addr.sin_addr) != 1)
        return MST_ESYNTAX;
    addr.sin_port = htons((uint16_t)port);
    *ret_addr = addr;
    return MST_OK;
}

void mst_talk_init(struct mst_talk *talk)
{
    *talk = (struct mst_talk){.fd = -1};
    mst_buf_init(&talk->in, TALK_MAX);
    mst_buf_init(&talk->out, TALK_MAX);
}

void mst_talk_fini(struct mst_talk *talk)
{
    mst_talk_close(talk);
    mst_buf_fini(&talk->in);
    mst_buf_fini(&talk->out);
}

void mst_talk_close(struct mst_talk *talk)
{
    if (talk->fd >= 0)
        (void)close(talk->fd);
    talk->fd = -1;
    talk->consumed = 0;
    mst_buf_clear(&talk->in);
    mst_buf_clear(&talk->out);
}

enum mst_err mst_talk_open(struct mst_talk *talk, const struct sockaddr_in *addr)
{
    int on = 1;
    int fd;

    mst_talk_close(talk);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return MST_ESYS;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *)addr, sizeof *addr) != 0 && errno != EINPROGRESS) {
        (void)close(fd);
        return MST_ECLOSED;
    }
    talk->fd = fd;
    return MST_OK;
}

enum mst_err mst_talk_request(struct mst_talk *talk, const char *method, const char *path,
                              const char *headers, struct mst_span body)
{
    (void)mst_buf_addf(&talk->out, "%s %s HTTP/1.1\r\nHost: test\r\n%s", method, path, headers);
    if (body.len > 0)
        (void)mst_buf_addf(&talk->out, "Content-Length: %zu\r\n", body.len);
    (void)mst_buf_add_str(&talk->out, "\r\n");
    (void)mst_buf_add(&talk->out, body);
    return mst_buf_err(&talk->out);
}

enum mst_err mst_talk_flush(struct mst_talk *talk)
{
    while (talk->out.len > 0) {
        ssize_t n = send(talk->fd, talk->out.ptr, talk->out.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == ENOTCONN ? MST_EMORE : MST_ECLOSED;
        mst_buf_drop_front(&talk->out, (size_t)n);
    }
    return MST_OK;
}

static void forget_consumed(struct mst_talk *talk)
{
    mst_buf_drop_front(&talk->in, talk->consumed);
    talk->consumed = 0;
}

enum mst_err mst_talk_pull(struct mst_talk *talk)
{
    forget_consumed(talk);
    for (;;) {
        char *room;
        enum mst_err err = mst_buf_reserve(&talk->in, READ_BYTES, &room);
        ssize_t n;
        if (err)
            return err;
        n = recv(talk->fd, room, READ_BYTES, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return MST_OK;
        if (n <= 0)
            return MST_ECLOSED;
        mst_buf_commit(&talk->in, (size_t)n);
        if (n < READ_BYTES)
            return MST_OK;
    }
}

/* The value of the header, empty if it is not there. The name is with colon, as it must be spelled. */
static struct mst_span header_value(struct mst_span head, struct mst_span name)
{
    struct mst_cur cur = mst_cur_of(head);
    struct mst_span line;

    while (mst_cur_until(&cur, '\n', &line)) {
        if (mst_span_starts(line, name) && line.len > 0)
            return mst_span_trim(mst_span_cut(line, name.len, line.len - 1));
    }
    return mst_span_of(NULL, 0);
}

/* Where the body begins; 0 if the head is not whole. */
static size_t head_end(struct mst_span in)
{
    for (size_t at = mst_span_find(in, '\n', 0); at < in.len;
         at = mst_span_find(in, '\n', at + 1)) {
        if (mst_span_eq(mst_span_cut(in, at + 1, at + 3), MST_LIT("\r\n")))
            return at + 3;
    }
    return 0;
}

enum mst_err mst_talk_reply(struct mst_talk *talk, struct mst_talk_reply *ret_reply)
{
    struct mst_span in, head;
    uint64_t status, length;
    size_t end;

    forget_consumed(talk);
    in = mst_buf_span(&talk->in);
    end = head_end(in);
    if (end == 0)
        return MST_EMORE;
    head = mst_span_cut(in, 0, end);
    if (!mst_span_starts(head, MST_LIT("HTTP/1.1 ")) ||
        mst_span_u64(mst_span_cut(head, 9, 12), 999, &status) ||
        mst_span_u64(header_value(head, MST_LIT("Content-Length: ")), TALK_MAX, &length))
        return MST_ESYNTAX;
    if (in.len - end < length)
        return MST_EMORE;
    talk->consumed = end + length;
    ret_reply->status = (int)status;
    ret_reply->body = mst_span_cut(in, end, end + length);
    ret_reply->is_last =
        mst_span_has_token(header_value(head, MST_LIT("Connection:")), MST_LIT("close"));
    return MST_OK;
}

enum mst_err mst_talk_ask(struct mst_talk *talk, const char *method, const char *path,
                          const char *headers, struct mst_span body,
                          struct mst_talk_reply *ret_reply)
{
    enum mst_err err = mst_talk_request(talk, method, path, headers, body);
    enum mst_err sent = MST_EMORE;

    while (!err) {
        struct pollfd p = {.fd = talk->fd, .events = POLLIN};
        if (sent == MST_EMORE)
            sent = mst_talk_flush(talk);
        if (sent != MST_OK && sent != MST_EMORE)
            return sent;
        err = mst_talk_reply(talk, ret_reply);
        if (err != MST_EMORE)
            return err;
        if (sent == MST_EMORE)
            p.events |= POLLOUT;
        if (poll(&p, 1, ASK_TIMEOUT_MS) <= 0)
            return MST_ETIMEOUT;
        err = (p.revents & ~POLLOUT) != 0 ? mst_talk_pull(talk) : MST_OK;
        if (err == MST_ECLOSED && mst_talk_reply(talk, ret_reply) == MST_OK)
            return MST_OK;
    }
    return err;
}
