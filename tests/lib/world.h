/*
 * world.h - a small world for tests of the domain: a store, keys, a clock that the
 * test moves, and the use cases as calls that run as the server runs them, each in a
 * command of its own that is undone when it refuses.
 *
 * The world has a root client, a domain client with the vendor name "acme", below it
 * a portal, a second portal and a template with the dataports temp (float), count
 * (integer) and note (string).
 */
#ifndef MST_TESTS_LIB_WORLD_H
#define MST_TESTS_LIB_WORLD_H

#include "core/activate.h"
#include "core/enable.h"
#include "core/group.h"
#include "core/range.h"
#include "core/resource.h"
#include "core/serial.h"
#include "core/vendor.h"
#include "core/why.h"
#include "tests/lib/test_keys.h"

enum { MST_TEXT_CHARS = MST_HANDLE_CHARS + 1 }; /* a handle with a NUL */

enum mst_world_fault { MST_WORLD_SOUND, MST_WORLD_LOST, MST_WORLD_KEPT };

struct mst_world {
    struct mst_store *store;
    struct mst_test_keys keys;
    struct mst_keys port;
    struct mst_domain domain;
    int64_t window_now, wall_now;
    /* The next commit answers "unknown": its changes are lost or kept. The call is then run again. */
    enum mst_world_fault next_fault;
    /* The n-th operation of the next call on the store fails with MST_EIO; 0 = none. It is 0 again
       when that happened. */
    int fail_at;
    int64_t root_id, domain_id, portal_id, portal2_id, template_id;
    char domain_rid[MST_TEXT_CHARS], portal_rid[MST_TEXT_CHARS], portal2_rid[MST_TEXT_CHARS],
        template_rid[MST_TEXT_CHARS], domain_cik[MST_TEXT_CHARS], portal_cik[MST_TEXT_CHARS];
};

/* store: NULL opens a memory store in inline mode with this seed. It belongs to the world. */
void mst_world_open(struct mst_world *world, uint64_t seed, struct mst_store *store);
void mst_world_close(struct mst_world *world);

struct mst_world_vendor {
    int64_t domain_id, portal_id;
    char domain_rid[MST_TEXT_CHARS], domain_cik[MST_TEXT_CHARS], portal_rid[MST_TEXT_CHARS];
};

/* Another vendor beside acme, with a portal. */
void mst_world_add_vendor(struct mst_world *world, const char *name,
                          struct mst_world_vendor *ret_vendor);

/* ---- calls ---- */

enum { MST_WORLD_LOG_MAX = 64 };

struct mst_world_call {
    /* in; a NULL name of a vendor or model means "acme" and "m1" */
    const char *vendor, *model, *sn, *other_sn, *extra;
    const char *plus_vendor, *plus_model, *plus_sn;
    const char *borrower; /* the vendor that acts through a share, NULL = the model's own */
    const char *rid, *key, *peer, *name, *meta, *code;
    const char *group, *type, *member, *content;
    int64_t expire;
    enum mst_file file; /* whose command it is */
    int64_t attempt;
    int64_t caller_id;
    int64_t options;
    int64_t window_s;
    enum mst_lifecycle_event event;
    bool is_locked;
    bool is_replacing;
    const char *owner;
    bool has_limits;
    int64_t limit; /* of clients and dataports */
    enum mst_kind kind;
    enum mst_format format;
    const struct mst_sn_range *ranges;
    size_t n_ranges;
    /* out */
    enum mst_err err;
    enum mst_verdict verdict;
    int n_runs;
    char handle[MST_TEXT_CHARS]; /* the CIK or RID answered */
    int64_t id;
    struct mst_serial_view view;
    char view_rid[MST_TEXT_CHARS], key_text[MST_TEXT_CHARS];
    char meta_text[512], name_text[64], status[16];
    bool is_in_range;
    struct mst_sn_range range;
    int n_log, n_ports, n_aliases;
    int64_t n_members;
    bool is_admitted;
    int64_t log_at[MST_WORLD_LOG_MAX];
    char log_peer[MST_WORLD_LOG_MAX][48];
    int64_t direct[MST_KIND_DISPATCH + 1], use[MST_KIND_DISPATCH + 1]; /* by kind */
};

typedef enum mst_err mst_world_verb(struct mst_world *world, struct mst_tx *tx,
                                    struct mst_world_call *call);

/* Runs verb; an outcome that is not known is resolved by running it again. Gives the verdict; an
   error ends the test program, unless world->fail_at asked for one. */
enum mst_verdict mst_world_run(struct mst_world *world, mst_world_verb *verb,
                               struct mst_world_call *call);

mst_world_verb mst_do_register, mst_do_unregister, mst_do_add_model, mst_do_update_model,
    mst_do_delete_model, mst_do_add, mst_do_add_each, mst_do_remove, mst_do_add_ranges,
    mst_do_remove_ranges, mst_do_find_range, mst_do_why, mst_do_view, mst_do_log,
    mst_do_enable_owner, mst_do_enable, mst_do_disable, mst_do_remap, mst_do_activate,
    mst_do_authenticate, mst_do_create, mst_do_lock, mst_do_limit, mst_do_drop, mst_do_key_event,
    mst_do_info, mst_do_map, mst_do_lookup, mst_do_close_windows, mst_do_add_group,
    mst_do_delete_group, mst_do_view_group, mst_do_put_member, mst_do_remove_member, mst_do_admit,
    mst_do_import_key, mst_do_import_client_key, mst_do_set_rid, mst_do_lend, mst_do_take_back,
    mst_do_share, mst_do_describe_share, mst_do_revoke_share, mst_do_activate_share,
    mst_do_deactivate_share;
/* Makes a resource of caller_id, of kind and format, whose detail is meta. */
mst_world_verb mst_do_describe;

struct mst_world_made {
    int64_t id;
    char rid[MST_TEXT_CHARS];
};

/* A resource of the owner with this RID, as the root client makes it, without limits of its own; a dataport
   of strings. It must succeed. */
struct mst_world_made mst_world_make(struct mst_world *world, const char *owner,
                                     enum mst_kind kind);

/* A new random-looking attempt id, never 0, never the same. */
int64_t mst_world_attempt(void);

#endif
