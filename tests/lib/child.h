/* child.h - a musterd as a child process of a test program that will kill it. */
#ifndef MST_TESTS_LIB_CHILD_H
#define MST_TESTS_LIB_CHILD_H

#include <netinet/in.h>
#include <sys/types.h>

#include "base/err.h"

struct mst_child {
    pid_t pid; /* 0 = none */
    int out;   /* its standard output */
    struct sockaddr_in http;
};

/* Starts argv[0] and waits for its ready line. MST_ETIMEOUT after 30 s, MST_ECLOSED if it ended. */
MST_MUST_USE enum mst_err mst_child_start(char *const argv[], struct mst_child *ret_child);
/* Sends the signal, waits for the end, gives the wait status. */
int mst_child_end(struct mst_child *child, int signal);

#endif
