/*
 * handlers.h - the steps that the route table names, one file per section of
 * protocol.md. The guard first: if it refuses it sets the status itself.
 */
#ifndef MST_FRONT_HTTP_HANDLERS_H
#define MST_FRONT_HTTP_HANDLERS_H

#include "front/http/exchange.h"

/* guard.c: may the caller do what the route's action says (2.2, 2.4 steps 3 to 5)? Fills manager,
   client, and, where the action is on a model, model, vendor and borrower. */
mst_step mst_guard;
/* For a step that, by its parameters, does more than the route's action: may the same caller do that
   too? */
enum mst_err mst_guard_also(struct mst_exchange *x, enum mst_action action);

/* activate.c (2.5) */
mst_step mst_activate_post;

/* register.c (2.10) */
mst_step mst_register_get;
mst_step mst_register_prepare;
mst_step mst_register_post;

/* tokens.c (2.11) */
mst_step mst_tokens_list;
mst_step mst_tokens_prepare;
mst_step mst_tokens_post;
mst_step mst_token_show;
mst_step mst_token_remove;

/* models.c (2.6.1, 2.6.2) */
mst_step mst_models_list;
mst_step mst_models_prepare;
mst_step mst_models_post;
mst_step mst_model_show;
mst_step mst_model_prepare;
mst_step mst_model_put;
mst_step mst_model_remove;

/* serials.c (2.6.3), serial.c (2.6.5) */
mst_step mst_serials_list;
mst_step mst_serials_prepare;
mst_step mst_serials_change;
mst_step mst_serial_show;
mst_step mst_serial_prepare;
mst_step mst_serial_post;
mst_step mst_serial_delete;

/* groups.c (2.8) */
mst_step mst_groups_list;
mst_step mst_groups_prepare;
mst_step mst_groups_post;
mst_step mst_group_show;
mst_step mst_group_erase;
mst_step mst_members_list;
mst_step mst_members_prepare;
mst_step mst_members_change;
/* ?show=groups of anything in x->model: a page of the groups that the member is in. */
enum mst_err mst_groups_of(struct mst_exchange *x, struct mst_tx *tx, const struct mst_form *query,
                           struct mst_span type, struct mst_span member);
/* shares.c (2.9) */
mst_step mst_shares_list;
mst_step mst_shares_prepare;
mst_step mst_shares_post;
mst_step mst_share_show;
mst_step mst_share_remove;

/* content.c (2.7) */
mst_step mst_contents_list;
mst_step mst_contents_prepare;
mst_step mst_contents_post;
mst_step mst_content_show;
mst_step mst_content_prepare;
mst_step mst_content_upload;
mst_step mst_content_erase;
enum mst_family mst_content_family(struct mst_exchange *x); /* of show */
mst_step mst_content_removed; /* NOWHERE, after a commit that deleted entries: 205 */

/* download.c (2.13) */
mst_step mst_download_get;
enum mst_family mst_download_family(struct mst_exchange *x);

/* alias.c (2.12.1 to 2.12.3) */
mst_step mst_alias_get;
mst_step mst_alias_write;
/* ip.c (2.14) */
mst_step mst_ip_get;
/* record.c (2.12.5) */
mst_step mst_record_post;
mst_step mst_record_alias_post;

/* timestamp.c (2.14) */
mst_step mst_timestamp_get;

/* clock.c: closing all windows, an addition of ours (design.md I9) */
mst_step mst_clock_reset;

/* why.c: an addition of ours */
mst_step mst_why_get;

/* admin.c: on the admin listener only */
mst_step mst_healthz_get;
mst_step mst_readyz_get;
mst_step mst_metrics_get;

/* backup.c: an addition of ours */
mst_step mst_backup_post;

/* keys.c: keys from elsewhere, an addition of ours */
mst_step mst_keys_prepare;
mst_step mst_keys_post;

/* front/fleet/fleet.c: moving a vendor between servers, additions of ours */
mst_step mst_fleet_key_get;
mst_step mst_fleet_export_get;
mst_step mst_fleet_import_post;

/* front/rpc/rpc.c (2.15) */
mst_step mst_rpc_post;
void mst_rpc_failed(struct mst_exchange *x, unsigned status);

/* front/ws/handshake.c (3.3) */
enum mst_err mst_ws_heed(struct mst_exchange *x, const struct mst_http_head *head);
mst_step mst_ws_get;

#endif
