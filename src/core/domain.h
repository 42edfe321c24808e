/*
 * domain.h - what every use case is given besides its transaction.
 *
 * The shape of a use case: enum mst_err f(domain, tx, arguments, *ret_verdict, outputs).
 * An error means that it could not be carried out. With MST_OK *ret_verdict is set; outputs are
 * filled only with MST_DONE. A use case that refuses has changed nothing, unless its header says
 * that the caller must undo. Text in outputs lives as long as the transaction's arena.
 */
#ifndef MST_CORE_DOMAIN_H
#define MST_CORE_DOMAIN_H

#include "base/limits.h"
#include "core/port_keys.h"
#include "core/port_store.h"
#include "core/verdict.h"

/* Seeded defects, bits of struct mst_domain.defects: set by test builds only (sys/defect.h). */
enum {
    MST_DEFECTIVE_STATE_CHECK = 1, /* activation ignores the state */
    MST_DEFECTIVE_RETRY = 2,       /* activating an activated device makes a new key */
    MST_DEFECTIVE_EXPIRY = 4,      /* a key is still good at its deadline */
    MST_DEFECTIVE_TENANT = 8,      /* another vendor's model needs no share */
    MST_DEFECTIVE_MOVE = 16,       /* what moves draws nothing where it comes to */
    MST_DEFECTIVE_GRANT = 32,      /* a grant token covers all of its client's tree */
    MST_DEFECTIVE_CLONE = 64,      /* what a clone owns draws nothing */
    MST_DEFECTIVE_REVOKE = 128,    /* a key that is revoked stays as it is */
    MST_DEFECTIVE_MEMORY = 256     /* a changed rule goes on with what the one before remembered */
};

struct mst_domain {
    const struct mst_keys *keys;
    int64_t window_s;         /* for models without one of their own */
    bool is_sn_scope_model;   /* setting sn_scope: false = unique in the vendor (A3) */
    bool is_delete_disabling; /* setting delete_sn_disables (A9) */
    bool is_content_replaced; /* setting content_overwrite (A10) */
    int64_t session;          /* of this process, by chance: whose uploads are under way (blob.h) */
    unsigned defects;         /* 0 but in tests */
    /* Of flows (flow.h); may be NULL: */
    void (*note_skipped)(void);    /* a subscriber could not take a value */
    void (*note_queue_full)(void); /* a dispatch could not, since as many messages wait as may */
};

/* What a row needs to make its key. */
struct mst_key_seed mst_client_seed(const struct mst_row_client *client);
struct mst_key_seed mst_resource_seed(const struct mst_row_resource *resource);
struct mst_key_seed mst_token_seed(const struct mst_row_token *token);

/* The 40 characters of a resource's RID. The row must be whole, as it is in the store: for a client
   row at hand see mst_client_rid. */
MST_MUST_USE enum mst_err mst_domain_rid(const struct mst_domain *domain,
                                         const struct mst_row_resource *resource,
                                         struct mst_handle *ret_rid);

/* Form of names (protocol.md section 4). */
bool mst_name_is_vendor(struct mst_span name);
bool mst_name_is_model(struct mst_span name);
bool mst_name_is_sn(struct mst_span name);
bool mst_name_is_alias(struct mst_span name);
bool mst_name_is_extra(struct mst_span text);
bool mst_name_is_token(struct mst_span name); /* the name of a vendor token */
bool mst_name_is_tag(struct mst_span name);   /* of a resource */
bool mst_name_is_group(struct mst_span name); /* of a group, of a member, of a member's type */
bool mst_name_is_meta(struct mst_span text);  /* of content, groups and members */
/* Well-formed UTF-8 (RFC 3629) without NUL. */
bool mst_name_is_utf8(struct mst_span text);

/* The META row that holds the root client's row number in decimal. */
#define MST_META_ROOT "root_client"

/* The row number of the root client; MST_ENOENT before the first start. */
MST_MUST_USE enum mst_err mst_domain_root(struct mst_tx *tx, int64_t *ret_id);

/*
 * First start: makes the root client (activated at once, unlimited) if the store has none.
 * *ret_cik is the root client's CIK, *ret_is_new tells whether it was made by this call.
 */
MST_MUST_USE enum mst_err mst_domain_ensure_root(const struct mst_domain *domain, struct mst_tx *tx,
                                                 bool *ret_is_new, struct mst_handle *ret_cik);

#endif
