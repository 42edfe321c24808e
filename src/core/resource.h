/*
 * resource.h - the tree of clients, dataports, datarules and dispatches (protocol.md 1.2, 2.15).
 * caller_id is the calling client (2.15.1).
 */
#ifndef MST_CORE_RESOURCE_H
#define MST_CORE_RESOURCE_H

#include "core/access.h"
#include "core/lifecycle.h"

/* How a call names a resource (2.15.3): a RID, or an alias of the caller; alias "" is the caller. */
struct mst_ref {
    bool is_alias;
    struct mst_span text;
};

/* MST_NOT_FOUND (no such alias or RID), MST_RESTRICTED (exists outside the caller's tree). */
MST_MUST_USE enum mst_err mst_resource_find(const struct mst_domain *domain, struct mst_tx *tx,
                                            int64_t caller_id, const struct mst_ref *ref,
                                            enum mst_verdict *ret_verdict,
                                            struct mst_row_resource *ret_resource);

/* The same for reading: also any RID of a resource that is public, or that the caller has activated
   a share code of. *ret_is_own: it lies in the caller's tree. */
MST_MUST_USE enum mst_err
mst_resource_find_to_read(const struct mst_domain *domain, struct mst_tx *tx, int64_t caller_id,
                          const struct mst_ref *ref, enum mst_verdict *ret_verdict,
                          struct mst_row_resource *ret_resource, bool *ret_is_own);

/* The lim_* fields of struct mst_row_quota, in their order. */
enum mst_limit {
    MST_LIMIT_CLIENT,
    MST_LIMIT_DATAPORT,
    MST_LIMIT_DATARULE,
    MST_LIMIT_DISK,
    MST_LIMIT_DISPATCH,
    MST_LIMIT_EMAIL,
    MST_LIMIT_EMAIL_BUCKET,
    MST_LIMIT_HTTP,
    MST_LIMIT_HTTP_BUCKET,
    MST_LIMIT_SHARE,
    MST_LIMIT_SMS,
    MST_LIMIT_SMS_BUCKET,
    MST_LIMIT_XMPP,
    MST_LIMIT_XMPP_BUCKET,
    MST_LIMIT_COUNT
};
extern const char *const mst_limit_names[MST_LIMIT_COUNT]; /* "client", "dataport", ... (2.15.5) */
#define MST_LIMIT_INHERIT ((int64_t)-1)

/* A description; has_* tell what is given, for update. Create takes defaults for the rest. */
struct mst_description {
    bool has_name, has_meta, has_public, has_locked, has_format, has_detail;
    bool is_public, is_locked;
    struct mst_span name, meta;
    struct mst_span detail; /* canonical JSON text of the kind's further keys */
    enum mst_format format;
    bool has_limit[MST_LIMIT_COUNT];
    int64_t limit[MST_LIMIT_COUNT];
};

/* The quota row of the root client: without limits. */
MST_MUST_USE enum mst_err mst_quota_create_root(struct mst_tx *tx, int64_t client_id);

/* Does a resource of that kind have a format and stored points? Dataports and datarules do. */
bool mst_kind_has_points(int64_t kind);

/* How many ancestors a resource has. */
MST_MUST_USE enum mst_err mst_resource_depth(struct mst_tx *tx, int64_t resource_id,
                                             unsigned *ret_depth);

/*
 * Adds the rows of a resource that was drawn from its owner's room; the store gives its number. If
 * it is a client, *client gets its key, and its limits are drawn from the owner. MST_NO_ROOM: undo.
 */
MST_MUST_USE enum mst_err mst_resource_insert(const struct mst_domain *domain, struct mst_tx *tx,
                                              struct mst_row_resource *resource,
                                              struct mst_row_client *client,
                                              const int64_t limits[MST_LIMIT_COUNT],
                                              enum mst_verdict *ret_verdict);

/* A client is ACTIVATED at once (1.5). MST_BAD_VALUE, MST_NO_ROOM (also: the tree is too deep), what mst_subscribe
   refuses.
   parent is the owner-to-be, found for the caller by mst_resource_find, and must be a client. May have written when it refuses: undo. */
MST_MUST_USE enum mst_err mst_resource_create(const struct mst_domain *domain, struct mst_tx *tx,
                                              const struct mst_row_resource *parent,
                                              enum mst_kind kind,
                                              const struct mst_description *description,
                                              int64_t attempt, enum mst_verdict *ret_verdict,
                                              struct mst_row_resource *ret_resource);

/*
 * A copy of template below owner (1.9): descriptions, limits and all that it owns, with references inside
 * pointing to the copies; aliases unless MST_MODEL_NOALIASES. Clients in it are PENDING until deadline. Unless
 * MST_MODEL_NOHISTORICAL it is noted which points are to be copied (copying.h). MST_NO_ROOM,
 * MST_BAD_VALUE (the template is not a client). May have written when it refuses: undo.
 */
MST_MUST_USE enum mst_err mst_resource_clone(const struct mst_domain *domain, struct mst_tx *tx,
                                             const struct mst_row_resource *template,
                                             const struct mst_row_resource *owner, int64_t options,
                                             int64_t deadline, int64_t attempt,
                                             enum mst_verdict *ret_verdict,
                                             struct mst_row_resource *ret_resource);

/* Merges what is given. MST_RESTRICTED (itself), MST_BAD_VALUE (format change), MST_NO_ROOM (a limit
   below what is in use, or beyond what the owner has), what mst_subscribe refuses. May have written when it refuses: undo. */
MST_MUST_USE enum mst_err mst_resource_update(const struct mst_domain *domain, struct mst_tx *tx,
                                              int64_t caller_id,
                                              const struct mst_row_resource *resource,
                                              const struct mst_description *description,
                                              enum mst_verdict *ret_verdict);

/*
 * Removes it with all below it, aliases included; keys die; serial numbers become ORPHANED.
 * each_port (may be NULL) is told every dataport, datarule and dispatch that goes, so that its points can be removed from
 * their own file (mst_data_flush) when this is durable; an error of it is returned. It must not
 * take memory from the transaction's arena.
 * MST_RESTRICTED (itself, the root, or a client that owns a vendor name, which must be given up
 * before).
 */
MST_MUST_USE enum mst_err
mst_resource_drop(struct mst_tx *tx, int64_t caller_id, const struct mst_row_resource *resource,
                  enum mst_err (*each_port)(void *arg, int64_t dataport_id), void *arg,
                  enum mst_verdict *ret_verdict);

/* What info shows (2.15.6) of a few rows. Which of all the caller may see is said by the last two. */
struct mst_info {
    struct mst_row_resource resource;
    struct mst_row_client client; /* clients only */
    struct mst_row_quota quota;   /* clients only */
    const char *status;           /* clients only: 1.4 */
    struct mst_handle key;        /* clients only, and only if may_see_key */
    bool may_see_owner_view;      /* direct owner or itself: aliases, shares, tagged */
    bool may_see_key;             /* direct owner only */
};

MST_MUST_USE enum mst_err mst_resource_info(const struct mst_domain *domain, struct mst_tx *tx,
                                            int64_t caller_id,
                                            const struct mst_row_resource *resource,
                                            struct mst_info *ret_info);

/* MST_BAD_VALUE (form), MST_IN_USE, MST_RESTRICTED (not a direct child of the caller). The same
   again: MST_DONE. */
MST_MUST_USE enum mst_err mst_alias_map(struct mst_tx *tx, int64_t caller_id,
                                        const struct mst_row_resource *resource,
                                        struct mst_span alias, enum mst_verdict *ret_verdict);
/* MST_NOT_FOUND. */
MST_MUST_USE enum mst_err mst_alias_unmap(struct mst_tx *tx, int64_t client_id,
                                          struct mst_span alias, enum mst_verdict *ret_verdict);

/* RPC revoke, activate, deactivate "client" (23, 24, 25); key is the client's present CIK, which
   for deactivate may also be its RID. MST_NOT_FOUND (no such key), MST_NOT_OWNED (the caller is not
   an ancestor), MST_BAD_VALUE (activate: not pending any more). */
MST_MUST_USE enum mst_err mst_client_key_event(const struct mst_domain *domain, struct mst_tx *tx,
                                               int64_t caller_id, enum mst_lifecycle_event event,
                                               struct mst_span key, int64_t attempt,
                                               struct mst_span peer, enum mst_verdict *ret_verdict);

#endif
