/*
 * talk.h - the client's end of one HTTP connection, for test programs: non-blocking, kept open,
 * pipelining allowed. It takes the server at its word and nothing else: a reply that does not have
 * the form of protocol.md 2.1.2 is an error.
 */
#ifndef MST_TESTS_LIB_TALK_H
#define MST_TESTS_LIB_TALK_H

#include <netinet/in.h>

#include "base/buf.h"

struct mst_talk {
    int fd; /* -1 when closed; may be given to epoll */
    struct mst_buf in, out;
    size_t consumed; /* bytes of in that the last reply took */
};

struct mst_talk_reply {
    int status;
    struct mst_span body; /* until the next call on the connection */
    bool is_last;         /* the server closes after it */
};

/* "127.0.0.1:8080". */
MST_MUST_USE enum mst_err mst_talk_addr(struct mst_span text, struct sockaddr_in *ret_addr);

void mst_talk_init(struct mst_talk *talk);
void mst_talk_fini(struct mst_talk *talk);
/* Starts to connect; an open connection is closed first. */
MST_MUST_USE enum mst_err mst_talk_open(struct mst_talk *talk, const struct sockaddr_in *addr);
void mst_talk_close(struct mst_talk *talk);

/* Queues a request; Host and Content-Length are added. headers are whole lines with CRLF. */
MST_MUST_USE enum mst_err mst_talk_request(struct mst_talk *talk, const char *method,
                                           const char *path, const char *headers,
                                           struct mst_span body);
/* Writes what can be written. MST_EMORE if some is left (wait for writability), MST_ECLOSED. */
MST_MUST_USE enum mst_err mst_talk_flush(struct mst_talk *talk);
/* Reads what has come. MST_ECLOSED at the end or when the connection broke. */
MST_MUST_USE enum mst_err mst_talk_pull(struct mst_talk *talk);
/* The next whole reply of what was read: MST_EMORE if there is none, MST_ESYNTAX. */
MST_MUST_USE enum mst_err mst_talk_reply(struct mst_talk *talk, struct mst_talk_reply *ret_reply);

/* The same, blocking, for one request on an open connection. MST_ETIMEOUT after 20 s. */
MST_MUST_USE enum mst_err mst_talk_ask(struct mst_talk *talk, const char *method, const char *path,
                                       const char *headers, struct mst_span body,
                                       struct mst_talk_reply *ret_reply);

#endif
