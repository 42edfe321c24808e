/*
 * rows.h - what muster remembers, as rows of tables.
 *
 * Each table is one list of fields, from which its struct, the numbers of its
 * fields and (in store/schema) its description for the engines are made. An
 * engine knows nothing else about a table. I is a 64-bit integer (booleans are 0
 * or 1), T is text or bytes, borrowed: text read from a store lives in the
 * transaction's arena, until the transaction ends.
 *
 * "id" fields are row numbers of 40 bits, given by the store, never reused
 * (keys.md). Times are seconds: window time (design.md I9) in fields named
 * *deadline, Unix time elsewhere.
 */
#ifndef MST_CORE_ROWS_H
#define MST_CORE_ROWS_H

#include "base/span.h"

/* Small facts about the store itself: store id, clock mark, root client. */
#define MST_ROW_META(I, T) \
    T(name)                \
    T(value)

/* The random generations (24 bits) of row numbers; rows keep the index (keys.md). */
#define MST_ROW_GEN(I, T) \
    I(ix)                 \
    I(gen)

/* Which rotating keys exist, with the check value of each (keys.md). */
#define MST_ROW_KEYRING(I, T) \
    I(kid)                    \
    T(check_value)

/* A registered vendor name and the domain client that owns it (protocol.md 2.10). */
#define MST_ROW_VENDOR(I, T) \
    I(id)                    \
    T(name)                  \
    I(client_id)

/* A vendor token (protocol.md 2.11); the token itself is derived from these fields. */
#define MST_ROW_TOKEN(I, T) \
    I(id)                   \
    I(vendor_id)            \
    T(name)                 \
    I(gen_ix)               \
    I(kid)                  \
    I(epoch)                \
    I(salt)                 \
    T(delta)

/*
 * A share code (protocol.md 1.1, 2.15.4 share): lets one other client, the activator, use
 * resource_id; the code is derived from these fields. activator_id is 0 until someone used it.
 */
#define MST_ROW_SHARE(I, T) \
    I(id)                   \
    I(resource_id)          \
    I(activator_id)         \
    I(gen_ix)               \
    I(kid)                  \
    I(epoch)                \
    I(salt)                 \
    T(delta)                \
    T(meta)

/*
 * A model (protocol.md 2.6.1). template_id is the client that enabling copies; share_id
 * is the share code by which it was named, 0 if by its RID.
 * creator_id is the client whose key made the model (for a token its domain
 * client): owners of devices must lie below it (protocol.md 1.2). options are
 * MST_MODEL_NO* bits; window_s is the activation window, 0 = the server's default.
 */
#define MST_ROW_MODEL(I, T) \
    I(id)                   \
    I(vendor_id)            \
    T(name)                 \
    I(template_id)          \
    I(share_id)             \
    I(creator_id)           \
    I(options)              \
    I(window_s)

/* A model that is lent to another vendor (protocol.md 2.9). */
#define MST_ROW_MODEL_SHARE(I, T) \
    I(model_id)                   \
    I(vendor_id)

/*
 * A listed serial number. client_id is 0 while it has no client. A client_id
 * whose client is gone means ORPHANED (protocol.md 1.5, transition 17). lent_to is the vendor that
 * enabled it through a share, 0 if the model's own did.
 */
#define MST_ROW_SERIAL(I, T) \
    I(model_id)              \
    T(sn)                    \
    I(vendor_id)             \
    I(client_id)             \
    I(lent_to)               \
    T(extra)

/* The serial numbers that another vendor enabled, for its listings: one for each serial.lent_to. */
#define MST_ROW_LENT_SERIAL(I, T) \
    I(model_id)                   \
    I(vendor_id)                  \
    T(sn)

/*
 * A range of serial numbers (protocol.md 2.6.4), whatever its size one row. shape is format,
 * casing and length in one number; first and last are inclusive, of 64 bits without sign, stored so that
 * they order as signed (the top bit is flipped).
 */
#define MST_ROW_SN_RANGE(I, T) \
    I(id)                      \
    I(model_id)                \
    I(shape)                   \
    I(first)                   \
    I(last)

/* A group of a model (protocol.md 2.8). n_members counts its rows in group_member. */
#define MST_ROW_MODEL_GROUP(I, T) \
    I(id)                         \
    I(model_id)                   \
    T(name)                       \
    T(meta)                       \
    I(n_members)

/*
 * A member of a group. type is "sn", "content", "group" or any other word; member is a name, and what
 * it names need not exist. expire is Unix seconds, 0 = never.
 */
#define MST_ROW_GROUP_MEMBER(I, T) \
    I(group_id)                    \
    T(type)                        \
    T(member)                      \
    I(model_id)                    \
    I(expire)                      \
    T(meta)

/*
 * A content entry of a model (protocol.md 2.7). blob_id is 0 until the blob is there; sha256 are
 * the 32 bytes of its hash.
 */
#define MST_ROW_CONTENT(I, T) \
    I(id)                     \
    I(model_id)               \
    T(name)                   \
    T(meta)                   \
    I(is_protected)           \
    T(mime)                   \
    I(size)                   \
    I(updated)                \
    I(blob_id)                \
    T(sha256)

/*
 * Past activations of a serial number, oldest first by seq (protocol.md 1.8).
 * The entry of the current activation lies in the client row (design.md 5.1).
 */
#define MST_ROW_LOG(I, T) \
    I(model_id)           \
    T(sn)                 \
    I(seq)                \
    I(at)                 \
    T(peer)

/*
 * The description of any resource (protocol.md 1.2): client, dataport, datarule, dispatch. owner_id
 * is 0 for the root client alone. For clients model_id and sn name the serial
 * number the client hangs on, 0 and "" if none. format is MST_FORMAT_* of a
 * dataport or datarule. detail is the canonical JSON text of what only the RPC shows
 * (retention, preprocess, subscribe, rule, method, ...), "" if none. foreign_rid are the 20 bytes of a
 * RID that was brought from elsewhere, "" if the RID is derived from the row (keys.md). n_subscribers
 * counts its rows as the source in subscription; flow_bits are MST_FLOW_*, which tell whether detail
 * has to be read when a value comes in.
 */
#define MST_ROW_RESOURCE(I, T) \
    I(id)                      \
    I(kind)                    \
    I(owner_id)                \
    I(gen_ix)                  \
    I(created)                 \
    I(modified)                \
    I(is_public)               \
    I(format)                  \
    I(model_id)                \
    T(sn)                      \
    T(name)                    \
    T(meta)                    \
    T(detail)                  \
    T(foreign_rid)             \
    I(n_subscribers)           \
    I(flow_bits)

/* The resources whose RIDs were brought from elsewhere: for finding them (keys.md). */
#define MST_ROW_FOREIGN_RID(I, T) \
    T(rid)                        \
    I(resource_id)

/* A resource that gets the values of another (protocol.md 2.15.5 subscribe): one for each target, whose
   detail names the source by its RID. A source that was dropped leaves its rows behind. */
#define MST_ROW_SUBSCRIPTION(I, T) \
    I(source_id)                   \
    I(target_id)

/*
 * A grant token (protocol.md 1.1, 2.15.4 grant): a call with it acts for client_id, within permissions,
 * a JSON object RID -> list of procedures, until expires (Unix seconds). The token is derived
 * from these fields (keys.md). It was made by the key of granter_id, whose epoch it shares: when
 * that epoch ends, so does the token.
 */
#define MST_ROW_GRANT_TOKEN(I, T) \
    I(id)                         \
    I(client_id)                  \
    I(granter_id)                 \
    I(expires)                    \
    I(gen_ix)                     \
    I(kid)                        \
    I(epoch)                      \
    I(salt)                       \
    T(delta)                      \
    T(permissions)

/*
 * What a client and all below it have sent on one UTC day (protocol.md 2.15.5, limits): metric is the
 * enum mst_limit of the daily limit, day is Unix time / 86400. Day MST_CONSUMED_EVER holds what of
 * all this was drawn from the bucket. Metric MST_CONSUMED_OWN is what the client's own dispatches have
 * sent on the latest day alone on which they sent anything.
 */
#define MST_ROW_CONSUMED(I, T) \
    I(client_id)               \
    I(metric)                  \
    I(day)                     \
    I(n)

/* Resources that client_id, or a client below it that is gone too, owned from created to dropped (Unix
   seconds): for usage (protocol.md 2.15.4). Those that still live tell it themselves. */
#define MST_ROW_PAST_RESOURCE(I, T) \
    I(id)                           \
    I(client_id)                    \
    I(kind)                         \
    I(created)                      \
    I(dropped)                      \
    I(n)

/*
 * The state of a client's key: the hot row, the only one that activation
 * changes. state is enum mst_state; attempt tells which attempt activated the key and
 * key_attempt which made it (design.md 5.9); deadline is the window time at which a
 * pending key expires (exclusive); log_at and log_peer
 * are the log entry of the current activation (0 = none). suspect is MST_SUSPECT_*: a key
 * that a restored backup brought back, until a new key replaces it. foreign_bits are MST_FOREIGN_*.
 */
#define MST_ROW_CLIENT(I, T) \
    I(id)                    \
    I(state)                 \
    I(is_locked)             \
    I(gen_ix)                \
    I(kid)                   \
    I(epoch)                 \
    I(salt)                  \
    I(attempt)               \
    I(key_attempt)           \
    I(deadline)              \
    I(log_at)                \
    T(log_peer)              \
    T(delta)                 \
    I(suspect)               \
    I(foreign_bits)

/*
 * A CIK that was brought from elsewhere (keys.md). locator is what finds it: IV and C.
 * sealed is the key itself, encrypted. It goes when epoch, of its client, ends.
 */
#define MST_ROW_FOREIGN_CIK(I, T) \
    T(locator)                    \
    I(client_id)                  \
    I(epoch)                      \
    I(kid)                        \
    T(sealed)

/*
 * Limits of a client and what is drawn from them (protocol.md 2.15.5). lim_* is
 * -1 for "inherit". use_* counts what the client owns directly plus what its
 * child clients were allotted or, where they inherit, use.
 */
#define MST_ROW_QUOTA(I, T) \
    I(client_id)            \
    I(lim_client)           \
    I(lim_dataport)         \
    I(lim_datarule)         \
    I(lim_disk)             \
    I(lim_dispatch)         \
    I(lim_email)            \
    I(lim_email_bucket)     \
    I(lim_http)             \
    I(lim_http_bucket)      \
    I(lim_share)            \
    I(lim_sms)              \
    I(lim_sms_bucket)       \
    I(lim_xmpp)             \
    I(lim_xmpp_bucket)      \
    I(use_client)           \
    I(use_dataport)         \
    I(use_datarule)         \
    I(use_dispatch)         \
    I(use_share)

/* An alias that a client gives to one of its direct children (protocol.md 1.2). */
#define MST_ROW_ALIAS(I, T) \
    I(client_id)            \
    T(name)                 \
    I(resource_id)

/* Stored points that are still to be copied from the dataport or datarule of a template to that of
   its clone (protocol.md 1.9), because points lie in another file: copying.h. */
#define MST_ROW_POINT_COPY(I, T) \
    I(target_id)                 \
    I(source_id)

/* A stored value (points.db): at is Unix seconds, value its canonical text. */
#define MST_ROW_POINT(I, T) \
    I(dataport_id)          \
    I(at)                   \
    T(value)

/*
 * What a datarule remembers between its inputs (points.db; protocol.md 2.15.5): last is the text of its last output, ""
 * before the first; since the Unix milliseconds at which its comparison became true, 0 while it is
 * false; matches the times of the inputs that count, as rule.c writes them, behind the generation of the
 * rule that measured all this (rule_memory.h).
 */
#define MST_ROW_RULE_STATE(I, T) \
    I(rule_id)                   \
    T(last)                      \
    I(since)                     \
    T(matches)

/* Something that is to happen to a resource by itself (points.db): kind is enum mst_due, due_ms Unix
   milliseconds. It outlives the process. */
#define MST_ROW_DUE(I, T) \
    I(resource_id)        \
    I(kind)               \
    I(due_ms)

/*
 * A message of a dispatch that is to be sent (points.db), durable with the value that caused it. at is
 * that value's time, due_ms (Unix milliseconds) when it is tried next (dispatch.h: only the first of a
 * dispatch is ever due), tries how often it was, value the text that came in.
 */
#define MST_ROW_OUTGOING(I, T) \
    I(id)                      \
    I(dispatch_id)             \
    I(due_ms)                  \
    I(tries)                   \
    I(at)                      \
    T(value)

/*
 * The bytes of a content entry, as pieces (content.db). blob_id is drawn by chance and was never another
 * blob's; session tells which process of the server took it in, and attempt which upload; n_swept
 * pieces from the first on are gone already.
 */
#define MST_ROW_BLOB(I, T) \
    I(blob_id)             \
    I(content_id)          \
    I(session)             \
    I(attempt)             \
    I(n_swept)

/* A piece of a blob (content.db): chunk_id is MST_CHUNK_ID. Never changed. */
#define MST_ROW_CHUNK(I, T) \
    I(chunk_id)             \
    T(bytes)

/* Every table: upper case name, lower case name. The order is the order of the numbers. */
#define MST_TABLES(X)               \
    X(META, meta)                   \
    X(GEN, gen)                     \
    X(KEYRING, keyring)             \
    X(VENDOR, vendor)               \
    X(TOKEN, token)                 \
    X(SHARE, share)                 \
    X(MODEL, model)                 \
    X(MODEL_SHARE, model_share)     \
    X(SERIAL, serial)               \
    X(LENT_SERIAL, lent_serial)     \
    X(SN_RANGE, sn_range)           \
    X(MODEL_GROUP, model_group)     \
    X(GROUP_MEMBER, group_member)   \
    X(CONTENT, content)             \
    X(LOG, log)                     \
    X(RESOURCE, resource)           \
    X(FOREIGN_RID, foreign_rid)     \
    X(SUBSCRIPTION, subscription)   \
    X(GRANT_TOKEN, grant_token)     \
    X(CONSUMED, consumed)           \
    X(PAST_RESOURCE, past_resource) \
    X(CLIENT, client)               \
    X(FOREIGN_CIK, foreign_cik)     \
    X(QUOTA, quota)                 \
    X(ALIAS, alias)                 \
    X(POINT_COPY, point_copy)       \
    X(POINT, point)                 \
    X(RULE_STATE, rule_state)       \
    X(DUE, due)                     \
    X(OUTGOING, outgoing)           \
    X(BLOB, blob)                   \
    X(CHUNK, chunk)

#define MST_INT_MEMBER(name)  int64_t name;
#define MST_TEXT_MEMBER(name) struct mst_span name;

/* struct mst_row_vendor and so on, one for each table. */
#define MST_ROW_STRUCT(UPPER, lower)                     \
    struct mst_row_##lower {                             \
        MST_ROW_##UPPER(MST_INT_MEMBER, MST_TEXT_MEMBER) \
    };
MST_TABLES(MST_ROW_STRUCT)

/* MST_TABLE_VENDOR and so on. */
#define MST_TABLE_NUMBER(UPPER, lower) MST_TABLE_##UPPER,
enum mst_table { MST_TABLES(MST_TABLE_NUMBER) MST_TABLE_COUNT };

/* MST_F_client_state and so on: the position of a field in its table. */
#define MST_FIELD_META(name)          MST_F_meta_##name,
#define MST_FIELD_GEN(name)           MST_F_gen_##name,
#define MST_FIELD_KEYRING(name)       MST_F_keyring_##name,
#define MST_FIELD_VENDOR(name)        MST_F_vendor_##name,
#define MST_FIELD_TOKEN(name)         MST_F_token_##name,
#define MST_FIELD_SHARE(name)         MST_F_share_##name,
#define MST_FIELD_MODEL(name)         MST_F_model_##name,
#define MST_FIELD_MODEL_SHARE(name)   MST_F_model_share_##name,
#define MST_FIELD_SERIAL(name)        MST_F_serial_##name,
#define MST_FIELD_LENT_SERIAL(name)   MST_F_lent_serial_##name,
#define MST_FIELD_SN_RANGE(name)      MST_F_sn_range_##name,
#define MST_FIELD_MODEL_GROUP(name)   MST_F_model_group_##name,
#define MST_FIELD_GROUP_MEMBER(name)  MST_F_group_member_##name,
#define MST_FIELD_CONTENT(name)       MST_F_content_##name,
#define MST_FIELD_LOG(name)           MST_F_log_##name,
#define MST_FIELD_RESOURCE(name)      MST_F_resource_##name,
#define MST_FIELD_FOREIGN_RID(name)   MST_F_foreign_rid_##name,
#define MST_FIELD_SUBSCRIPTION(name)  MST_F_subscription_##name,
#define MST_FIELD_GRANT_TOKEN(name)   MST_F_grant_token_##name,
#define MST_FIELD_CONSUMED(name)      MST_F_consumed_##name,
#define MST_FIELD_PAST_RESOURCE(name) MST_F_past_resource_##name,
#define MST_FIELD_CLIENT(name)        MST_F_client_##name,
#define MST_FIELD_FOREIGN_CIK(name)   MST_F_foreign_cik_##name,
#define MST_FIELD_QUOTA(name)         MST_F_quota_##name,
#define MST_FIELD_ALIAS(name)         MST_F_alias_##name,
#define MST_FIELD_POINT_COPY(name)    MST_F_point_copy_##name,
#define MST_FIELD_POINT(name)         MST_F_point_##name,
#define MST_FIELD_RULE_STATE(name)    MST_F_rule_state_##name,
#define MST_FIELD_DUE(name)           MST_F_due_##name,
#define MST_FIELD_OUTGOING(name)      MST_F_outgoing_##name,
#define MST_FIELD_BLOB(name)          MST_F_blob_##name,
#define MST_FIELD_CHUNK(name)         MST_F_chunk_##name,
#define MST_FIELD_ENUM(UPPER, lower)                                             \
    enum mst_field_##lower{MST_ROW_##UPPER(MST_FIELD_##UPPER, MST_FIELD_##UPPER) \
                               MST_F_##lower##_COUNT};
MST_TABLES(MST_FIELD_ENUM)

/* The bit of a field in the mask that mst_tx_update takes: MST_BIT(client, state). */
#define MST_BIT(lower, field) (UINT64_C(1) << MST_F_##lower##_##field)

/*
 * The ways to find rows. The first of each table is its primary key. UNIQUE ones
 * serve mst_tx_get; all serve mst_tx_scan, which also goes by a leading part.
 * X(name, table, is_unique, number of fields, fields...)
 */
#define MST_INDEXES(X)                                                                             \
    X(META, META, 1, 1, MST_F_meta_name, 0, 0)                                                     \
    X(GEN, GEN, 1, 1, MST_F_gen_ix, 0, 0)                                                          \
    X(KEYRING, KEYRING, 1, 1, MST_F_keyring_kid, 0, 0)                                             \
    X(VENDOR, VENDOR, 1, 1, MST_F_vendor_id, 0, 0)                                                 \
    X(VENDOR_NAME, VENDOR, 1, 1, MST_F_vendor_name, 0, 0)                                          \
    X(VENDOR_CLIENT, VENDOR, 1, 1, MST_F_vendor_client_id, 0, 0)                                   \
    X(TOKEN, TOKEN, 1, 1, MST_F_token_id, 0, 0)                                                    \
    X(TOKEN_NAME, TOKEN, 1, 2, MST_F_token_vendor_id, MST_F_token_name, 0)                         \
    X(SHARE, SHARE, 1, 1, MST_F_share_id, 0, 0)                                                    \
    X(SHARE_RESOURCE, SHARE, 1, 2, MST_F_share_resource_id, MST_F_share_id, 0)                     \
    X(SHARE_ACTIVATOR, SHARE, 1, 2, MST_F_share_activator_id, MST_F_share_id, 0)                   \
    X(MODEL, MODEL, 1, 1, MST_F_model_id, 0, 0)                                                    \
    X(MODEL_NAME, MODEL, 1, 2, MST_F_model_vendor_id, MST_F_model_name, 0)                         \
    X(MODEL_SHARE, MODEL_SHARE, 1, 2, MST_F_model_share_model_id, MST_F_model_share_vendor_id, 0)  \
    X(MODEL_SHARE_VENDOR, MODEL_SHARE, 1, 2, MST_F_model_share_vendor_id,                          \
      MST_F_model_share_model_id, 0)                                                               \
    X(SERIAL, SERIAL, 1, 2, MST_F_serial_model_id, MST_F_serial_sn, 0)                             \
    X(SERIAL_VENDOR, SERIAL, 0, 2, MST_F_serial_vendor_id, MST_F_serial_sn, 0)                     \
    X(LENT_SERIAL, LENT_SERIAL, 1, 3, MST_F_lent_serial_vendor_id, MST_F_lent_serial_model_id,     \
      MST_F_lent_serial_sn)                                                                        \
    X(SN_RANGE, SN_RANGE, 1, 1, MST_F_sn_range_id, 0, 0)                                           \
    X(SN_RANGE_FIRST, SN_RANGE, 1, 3, MST_F_sn_range_model_id, MST_F_sn_range_shape,               \
      MST_F_sn_range_first)                                                                        \
    X(MODEL_GROUP, MODEL_GROUP, 1, 1, MST_F_model_group_id, 0, 0)                                  \
    X(MODEL_GROUP_NAME, MODEL_GROUP, 1, 2, MST_F_model_group_model_id, MST_F_model_group_name, 0)  \
    X(GROUP_MEMBER, GROUP_MEMBER, 1, 3, MST_F_group_member_group_id, MST_F_group_member_type,      \
      MST_F_group_member_member)                                                                   \
    X(GROUP_MEMBER_OF, GROUP_MEMBER, 0, 3, MST_F_group_member_model_id, MST_F_group_member_type,   \
      MST_F_group_member_member)                                                                   \
    X(CONTENT, CONTENT, 1, 1, MST_F_content_id, 0, 0)                                              \
    X(CONTENT_NAME, CONTENT, 1, 2, MST_F_content_model_id, MST_F_content_name, 0)                  \
    X(LOG, LOG, 1, 3, MST_F_log_model_id, MST_F_log_sn, MST_F_log_seq)                             \
    X(RESOURCE, RESOURCE, 1, 1, MST_F_resource_id, 0, 0)                                           \
    X(RESOURCE_OWNER, RESOURCE, 1, 3, MST_F_resource_owner_id, MST_F_resource_kind,                \
      MST_F_resource_id)                                                                           \
    X(FOREIGN_RID, FOREIGN_RID, 1, 1, MST_F_foreign_rid_rid, 0, 0)                                 \
    X(SUBSCRIPTION, SUBSCRIPTION, 1, 2, MST_F_subscription_source_id,                              \
      MST_F_subscription_target_id, 0)                                                             \
    X(SUBSCRIPTION_TARGET, SUBSCRIPTION, 1, 1, MST_F_subscription_target_id, 0, 0)                 \
    X(GRANT_TOKEN, GRANT_TOKEN, 1, 1, MST_F_grant_token_id, 0, 0)                                  \
    X(GRANT_TOKEN_CLIENT, GRANT_TOKEN, 1, 2, MST_F_grant_token_client_id, MST_F_grant_token_id, 0) \
    X(CONSUMED, CONSUMED, 1, 3, MST_F_consumed_client_id, MST_F_consumed_metric,                   \
      MST_F_consumed_day)                                                                          \
    X(PAST_RESOURCE, PAST_RESOURCE, 1, 1, MST_F_past_resource_id, 0, 0)                            \
    X(PAST_RESOURCE_OF, PAST_RESOURCE, 0, 3, MST_F_past_resource_client_id,                        \
      MST_F_past_resource_kind, MST_F_past_resource_dropped)                                       \
    X(CLIENT, CLIENT, 1, 1, MST_F_client_id, 0, 0)                                                 \
    X(FOREIGN_CIK, FOREIGN_CIK, 1, 1, MST_F_foreign_cik_locator, 0, 0)                             \
    X(FOREIGN_CIK_CLIENT, FOREIGN_CIK, 1, 1, MST_F_foreign_cik_client_id, 0, 0)                    \
    X(QUOTA, QUOTA, 1, 1, MST_F_quota_client_id, 0, 0)                                             \
    X(ALIAS, ALIAS, 1, 2, MST_F_alias_client_id, MST_F_alias_name, 0)                              \
    X(ALIAS_RESOURCE, ALIAS, 1, 2, MST_F_alias_resource_id, MST_F_alias_name, 0)                   \
    X(POINT_COPY, POINT_COPY, 1, 1, MST_F_point_copy_target_id, 0, 0)                              \
    X(POINT_COPY_FROM, POINT_COPY, 1, 2, MST_F_point_copy_source_id, MST_F_point_copy_target_id,   \
      0)                                                                                           \
    X(POINT, POINT, 1, 2, MST_F_point_dataport_id, MST_F_point_at, 0)                              \
    X(RULE_STATE, RULE_STATE, 1, 1, MST_F_rule_state_rule_id, 0, 0)                                \
    X(DUE, DUE, 1, 2, MST_F_due_resource_id, MST_F_due_kind, 0)                                    \
    X(DUE_AT, DUE, 1, 3, MST_F_due_due_ms, MST_F_due_resource_id, MST_F_due_kind)                  \
    X(OUTGOING, OUTGOING, 1, 1, MST_F_outgoing_id, 0, 0)                                           \
    X(OUTGOING_DUE, OUTGOING, 1, 2, MST_F_outgoing_due_ms, MST_F_outgoing_id, 0)                   \
    X(OUTGOING_OF, OUTGOING, 1, 2, MST_F_outgoing_dispatch_id, MST_F_outgoing_id, 0)               \
    X(BLOB, BLOB, 1, 1, MST_F_blob_blob_id, 0, 0)                                                  \
    X(CHUNK, CHUNK, 1, 1, MST_F_chunk_chunk_id, 0, 0)

#define MST_INDEX_NUMBER(name, table, is_unique, n, a, b, c) MST_IX_##name,
enum mst_index { MST_INDEXES(MST_INDEX_NUMBER) MST_INDEX_COUNT };

/* resource.kind */
enum mst_kind {
    MST_KIND_CLIENT = 1,
    MST_KIND_DATAPORT = 2,
    MST_KIND_DATARULE = 3,
    MST_KIND_DISPATCH = 4
};

/* resource.format */
enum mst_format { MST_FORMAT_NONE = 0, MST_FORMAT_FLOAT, MST_FORMAT_INTEGER, MST_FORMAT_STRING };

/* resource.flow_bits: preprocess is not empty, retention not infinite, it has a rule, is a dispatch */
enum { MST_FLOW_PREPROCESS = 1, MST_FLOW_RETENTION = 2, MST_FLOW_RULE = 4, MST_FLOW_DISPATCH = 8 };

/* due.kind: the timer of a datarule; points that retention lets go of */
enum mst_due { MST_DUE_RULE = 1, MST_DUE_TRIM };

#define MST_CONSUMED_EVER        (-1)
#define MST_CONSUMED_OWN(metric) ((int64_t)(metric) + 100)

/* blob_id has MST_ROW_BITS bits, the number of a piece the rest of chunk_id. */
#define MST_CHUNK_BITS        22
#define MST_CHUNK_ID(blob, n) ((int64_t)(blob) << MST_CHUNK_BITS | (int64_t)(n))

/* client.suspect */
enum mst_suspect { MST_SUSPECT_NO = 0, MST_SUSPECT_UNSEEN, MST_SUSPECT_SEEN };

/* client.foreign_bits: the key, the RID was brought from elsewhere */
enum { MST_FOREIGN_CIK = 1, MST_FOREIGN_RID = 2 };

/* model.options, bits (protocol.md 1.9) */
enum { MST_MODEL_NOALIASES = 1, MST_MODEL_NOCOMMENTS = 2, MST_MODEL_NOHISTORICAL = 4 };

#endif
