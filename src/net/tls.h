/* tls.h - what a TLS listener needs to know (GnuTLS inside). */
#ifndef MST_NET_TLS_H
#define MST_NET_TLS_H

#include "base/span.h"

struct mst_tls;

enum mst_tls_version { MST_TLS_1_0 = 10, MST_TLS_1_1 = 11, MST_TLS_1_2 = 12, MST_TLS_1_3 = 13 };

struct mst_tls_pair {
    const char *cert_file; /* PEM, chain in order */
    const char *key_file;  /* PEM */
};

/* Loads certificate and key pairs (RSA and ECDSA may stand side by side; the client's offer
   picks). *ret_what points to text that says which file failed and why, valid until the next call
   on this thread. MST_ENOENT, MST_EINVAL (not PEM, key does not fit), MST_ESYS. */
MST_MUST_USE enum mst_err mst_tls_new(const struct mst_tls_pair *pairs, size_t n_pairs,
                                      enum mst_tls_version min_version, struct mst_tls **ret_tls,
                                      const char **ret_what);
/* When its listeners and all their streams are gone. */
void mst_tls_free(struct mst_tls *tls);

#endif
