/*
 * smuggling.h - what clients send, byte by byte, to be read by the codec alone and
 * by a whole server over a socket.
 */
#ifndef MST_TESTS_LIB_SMUGGLING_H
#define MST_TESTS_LIB_SMUGGLING_H

#include <stddef.h>

struct mst_framing_case {
    const char *name; /* a sentence */
    const char *bytes;
    size_t length;
    size_t n_good; /* requests in it that are read well, before the flaw if there is one */
};

/*
 * Each holds a flaw in its framing: after n_good replies the server answers 400 and
 * closes, and nothing behind the flaw is answered, although many go on with a
 * request that would be. None needs the end of the stream to be seen as wrong.
 */
extern const struct mst_framing_case mst_smuggling_cases[];
extern const size_t mst_smuggling_n_cases;

/* Each is a conversation of n_good requests that a server must take (protocol.md 2.1.1). */
extern const struct mst_framing_case mst_accepted_cases[];
extern const size_t mst_accepted_n_cases;

#endif
