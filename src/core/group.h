/*
 * group.h - groups of a model: which serial numbers, contents and groups belong together
 * (protocol.md 2.8).
 *
 * A membership names its member; what it names need not exist. It is over when its expiry has come by
 * the wall clock, but stays stored, so that it can be prolonged. It goes when the group goes, and
 * when what it names is deleted: something new of that name is no member.
 *
 * Groups form no circle, and no more than MST_GROUP_DEPTH_MAX levels, expired memberships counted.
 */
#ifndef MST_CORE_GROUP_H
#define MST_CORE_GROUP_H

#include "core/domain.h"

/* What group_member.type says of members that mean something to muster. */
#define MST_MEMBER_SN      MST_LIT("sn")
#define MST_MEMBER_CONTENT MST_LIT("content")
#define MST_MEMBER_GROUP   MST_LIT("group")

/* MST_NOT_FOUND. */
MST_MUST_USE enum mst_err mst_group_get(struct mst_tx *tx, int64_t model_id, struct mst_span name,
                                        enum mst_verdict *ret_verdict,
                                        struct mst_row_model_group *ret_group);
/* MST_BAD_VALUE (name, meta), MST_EXISTS, MST_NO_ROOM (the model has MST_GROUPS_MAX). */
MST_MUST_USE enum mst_err mst_group_create(struct mst_tx *tx, int64_t model_id,
                                           struct mst_span name, struct mst_span meta,
                                           enum mst_verdict *ret_verdict);
MST_MUST_USE enum mst_err mst_group_delete(struct mst_tx *tx,
                                           const struct mst_row_model_group *group);

/* A page of the model's groups by name. */
MST_MUST_USE enum mst_err
mst_group_list(struct mst_tx *tx, int64_t model_id, uint64_t offset, uint64_t limit,
               enum mst_err (*each)(void *arg, const struct mst_row_model_group *group), void *arg);
/* A page of the groups that the member is in directly, by age; memberships that are over do not
   count. */
MST_MUST_USE enum mst_err mst_group_list_of(struct mst_tx *tx, int64_t model_id,
                                            struct mst_span type, struct mst_span member,
                                            uint64_t offset, uint64_t limit,
                                            enum mst_err (*each)(void *arg, struct mst_span name),
                                            void *arg);

/* ---- members ---- */

struct mst_group_item {
    struct mst_span type, member;
    int64_t expire; /* Unix seconds; 0 = never */
    struct mst_span meta;
};

/*
 * Adds or replaces all members or none: MST_BAD_VALUE (form of one, more than
 * MST_GROUP_MEMBERS_MAX), MST_NO_ROOM (one is in MST_GROUPS_OF_MAX groups), MST_NESTED. May have
 * written when it refuses: undo.
 */
MST_MUST_USE enum mst_err mst_group_put(struct mst_tx *tx, const struct mst_row_model_group *group,
                                        const struct mst_group_item *items, size_t n_items,
                                        enum mst_verdict *ret_verdict);
/* MST_NOT_FOUND. Counts down group's n_members too. */
MST_MUST_USE enum mst_err mst_group_remove(struct mst_tx *tx, struct mst_row_model_group *group,
                                           struct mst_span type, struct mst_span member,
                                           enum mst_verdict *ret_verdict);
/* A page of the members by type and name, those that are over too; an empty type or member means
   any. */
MST_MUST_USE enum mst_err
mst_group_members(struct mst_tx *tx, const struct mst_row_model_group *group, struct mst_span type,
                  struct mst_span member, uint64_t offset, uint64_t limit,
                  enum mst_err (*each)(void *arg, const struct mst_row_group_member *member),
                  void *arg);

/* What the name stood for was deleted: its memberships go. */
MST_MUST_USE enum mst_err mst_group_forget(struct mst_tx *tx, int64_t model_id,
                                           struct mst_span type, struct mst_span member);
/* The model is deleted: all groups and memberships go. */
MST_MUST_USE enum mst_err mst_group_forget_model(struct mst_tx *tx, int64_t model_id);

/* ---- what membership allows (nesting.c) ---- */

/* The groups that a serial number is in, directly or through others; lives in the transaction's arena. */
struct mst_group_reach {
    int64_t model_id;
    int64_t *ids;
    size_t n_ids;
};

/* Only memberships count that are not over. */
MST_MUST_USE enum mst_err mst_group_reach(struct mst_tx *tx, int64_t model_id, struct mst_span sn,
                                          struct mst_group_reach *ret_reach);
/* Is the content, directly, a member of one of them (2.7.4)? */
MST_MUST_USE enum mst_err mst_group_admits(struct mst_tx *tx, const struct mst_group_reach *reach,
                                           struct mst_span content, bool *ret_is_admitted);

/* Of group.c: whether the model's groups form no circle and are not too deep; MST_NESTED. */
MST_MUST_USE enum mst_err mst_group_check_nesting(struct mst_tx *tx, int64_t model_id,
                                                  enum mst_verdict *ret_verdict);
/* Of both: does it still count? */
bool mst_group_is_current(struct mst_tx *tx, const struct mst_row_group_member *member);

#endif
