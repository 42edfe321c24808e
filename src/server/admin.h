/*
 * admin.h - the admin listener: /healthz, /readyz and /metrics on a loop and a thread of their own, so
 * that they are answered before the store is open, while it drains, and when the other loops are
 * stuck.
 */
#ifndef MST_SERVER_ADMIN_H
#define MST_SERVER_ADMIN_H

#include "server/health.h"
#include "server/settings.h"

struct mst_admin;

/* settings and health must outlive it. Without addresses it is NULL. On an error *why has a line. */
MST_MUST_USE enum mst_err mst_admin_start(const struct mst_settings *settings,
                                          struct mst_health *health, struct mst_admin **ret_admin,
                                          struct mst_buf *why);
/* " admin=ADDR:PORT" for each address. */
void mst_admin_print_ready(const struct mst_admin *admin, struct mst_buf *out);
/* Ends it and frees it; NULL is fine. */
void mst_admin_stop(struct mst_admin *admin);

/* A line of *why: an address cannot be listened on. Returns err. */
enum mst_err mst_cannot_listen(const struct mst_addr *addr, enum mst_err err, struct mst_buf *why);

#endif
