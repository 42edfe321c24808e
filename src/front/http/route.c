/*
 * The route table. Slashes matter (protocol.md 2.4): "model/m" is the model,
 * "model/m/" its serial numbers; only collections take both spellings, which
 * is_slash_optional says. A path is known if any row fits it.
 */
#include <stddef.h>

#include "front/http/handlers.h"
#include "front/http/route.h"
#include "sys/metric.h"

#define GET    MST_METHOD_GET
#define POST   MST_METHOD_POST
#define PUT    MST_METHOD_PUT
#define DELETE MST_METHOD_DELETE

/* clang-format off */
#define PATH(...) .segments = {__VA_ARGS__}
#define MODELS    "provision", "manage", "model"
#define CONTENTS  "provision", "manage", "content", "*"
#define GROUPS    "provision", "manage", "group", "*"
#define SHARES    "provision", "manage", "share"

#define MANAGE(method, max, where_, action_, prepare_, step_)                             \
    .methods = (method), .body_max = (max), .family = MST_FAMILY_MANAGE, .where = (where_), \
    .label = MST_ROUTE_MANAGE, MST_MAY(action_), .prepare = (prepare_), .step = (step_)
#define LOOK(method, action_, step_)                                                 \
    .methods = (method), .body_max = MST_BODY_MAX, .family = MST_FAMILY_LOOK,          \
    .label = MST_ROUTE_MANAGE, .where = MST_READ, MST_MAY(action_), .step = (step_)
#define DATA(method, where_, action_, step_)                                       \
    .methods = (method), .body_max = MST_DATA_BODY_MAX, .family = MST_FAMILY_DATA, \
    .label = MST_ROUTE_DATA, .where = (where_), MST_MAY(action_), .step = (step_)
#define RPC                                                                             \
    .methods = POST, .body_max = MST_RPC_BODY_MAX, .family = MST_FAMILY_OPEN,           \
    .label = MST_ROUTE_RPC, MST_MAY(CALL_RPC), .where = MST_NOWHERE, .step = mst_rpc_post, \
    .failed = mst_rpc_failed

MST_ROWS_BEGIN;

static const struct mst_route rows[] = {
    {PATH("provision", "activate"), .methods = POST, .body_max = MST_ACTIVATE_MAX,
     .family = MST_FAMILY_ACTIVATE, .label = MST_ROUTE_ACTIVATE, MST_MAY(ACTIVATE),
     .where = MST_NOWHERE, .step = mst_activate_post},
    {PATH("onep:v1", "stack", "alias"), DATA(GET, MST_READ, USE_OWN_DATA, mst_alias_get)},
    {PATH("onep:v1", "stack", "alias"), DATA(POST, MST_READ, USE_OWN_DATA, mst_alias_write)},
    {PATH("api:v1", "stack", "alias"), DATA(GET, MST_READ, USE_OWN_DATA, mst_alias_get)},
    {PATH("api:v1", "stack", "alias"), DATA(POST, MST_READ, USE_OWN_DATA, mst_alias_write)},
    {PATH("onep:v1", "stack", "record"), DATA(POST, MST_READ, USE_OWN_DATA, mst_record_post)},
    {PATH("api:v1", "stack", "record"), DATA(POST, MST_READ, USE_OWN_DATA, mst_record_post)},
    {PATH("onep:v1", "stack", "alias", "*"),
     DATA(POST, MST_READ, USE_OWN_DATA, mst_record_alias_post)},
    {PATH("api:v1", "stack", "alias", "*"),
     DATA(POST, MST_READ, USE_OWN_DATA, mst_record_alias_post)},
    {PATH("timestamp"), .methods = GET, .body_max = MST_BODY_MAX, .family = MST_FAMILY_OPEN,
     .label = MST_ROUTE_TIMESTAMP, MST_MAY(READ_CLOCK), .where = MST_NOWHERE,
     .step = mst_timestamp_get},
    {PATH("ip"), .methods = GET, .body_max = MST_BODY_MAX, .family = MST_FAMILY_OPEN,
     .label = MST_ROUTE_IP, MST_MAY(READ_ADDRESS), .where = MST_NOWHERE, .step = mst_ip_get},
    {PATH("onep:v1", "rpc", "process"), RPC},
    {PATH("api:v1", "rpc", "process"), RPC},
    {PATH("ws"), .is_slash_optional = true, .methods = GET, .body_max = MST_BODY_MAX,
     .family = MST_FAMILY_OPEN, .label = MST_ROUTE_WS, MST_MAY(CALL_RPC), .heed = mst_ws_heed,
     .where = MST_NOWHERE, .step = mst_ws_get},

    {PATH("provision", "register"), .is_slash_optional = true,
     MANAGE(GET, MST_BODY_MAX, MST_READ, USE_NAME, NULL, mst_register_get)},
    {PATH("provision", "register"), .is_slash_optional = true,
     MANAGE(POST, MST_BODY_MAX, MST_STATE, USE_NAME, mst_register_prepare,
            mst_register_post)},

    {PATH("provision", "admin", "auth"), .is_slash_optional = true,
     MANAGE(GET, MST_BODY_MAX, MST_READ, KEEP_TOKENS, NULL, mst_tokens_list)},
    {PATH("provision", "admin", "auth"), .is_slash_optional = true,
     MANAGE(POST, MST_BODY_MAX, MST_STATE, KEEP_TOKENS, mst_tokens_prepare, mst_tokens_post)},
    {PATH("provision", "admin", "auth", "*"),
     MANAGE(GET, MST_BODY_MAX, MST_READ, KEEP_TOKENS, NULL, mst_token_show)},
    {PATH("provision", "admin", "auth", "*"),
     MANAGE(DELETE, MST_BODY_MAX, MST_STATE, KEEP_TOKENS, NULL, mst_token_remove)},

    {PATH(MODELS), .is_slash_optional = true,
     MANAGE(GET, MST_BODY_MAX, MST_READ, KEEP_MODELS, NULL, mst_models_list)},
    {PATH(MODELS), .is_slash_optional = true,
     MANAGE(POST, MST_BODY_MAX, MST_STATE, KEEP_MODELS, mst_models_prepare, mst_models_post)},
    {PATH(MODELS, "*"),
     MANAGE(GET, MST_BODY_MAX, MST_READ, KEEP_MODEL, NULL, mst_model_show)},
    {PATH(MODELS, "*"),
     MANAGE(PUT, MST_BODY_MAX, MST_STATE, KEEP_MODEL, mst_model_prepare, mst_model_put)},
    {PATH(MODELS, "*"),
     MANAGE(DELETE, MST_BODY_MAX, MST_STATE, KEEP_MODEL, NULL, mst_model_remove)},
    {PATH(MODELS, "*", ""),
     MANAGE(GET, MST_BODY_MAX, MST_READ, LIST_SERIALS, NULL, mst_serials_list)},
    {PATH(MODELS, "*", ""),
     MANAGE(POST | DELETE, MST_SERIALS_BODY_MAX, MST_STATE, KEEP_SERIALS, mst_serials_prepare,
            mst_serials_change)},
    {PATH(MODELS, "*", "*"),
     MANAGE(GET, MST_BODY_MAX, MST_READ, SEE_SERIAL, NULL, mst_serial_show)},
    {PATH(MODELS, "*", "*"),
     MANAGE(POST, MST_BODY_MAX, MST_STATE, ENABLE_SERIAL, mst_serial_prepare, mst_serial_post)},
    {PATH(MODELS, "*", "*"),
     MANAGE(DELETE, MST_BODY_MAX, MST_STATE, KEEP_SERIALS, NULL, mst_serial_delete)},

    {PATH(GROUPS), .is_slash_optional = true,
     MANAGE(GET, MST_BODY_MAX, MST_READ, KEEP_GROUPS, NULL, mst_groups_list)},
    {PATH(GROUPS), .is_slash_optional = true,
     MANAGE(POST, MST_BODY_MAX, MST_STATE, KEEP_GROUPS, mst_groups_prepare, mst_groups_post)},
    {PATH(GROUPS, "*"),
     MANAGE(GET, MST_BODY_MAX, MST_READ, KEEP_GROUPS, NULL, mst_group_show)},
    {PATH(GROUPS, "*"),
     MANAGE(DELETE, MST_BODY_MAX, MST_STATE, KEEP_GROUPS, NULL, mst_group_erase)},
    {PATH(GROUPS, "*", ""),
     MANAGE(GET, MST_BODY_MAX, MST_READ, KEEP_GROUPS, NULL, mst_members_list)},
    {PATH(GROUPS, "*", ""),
     MANAGE(POST | DELETE, MST_SERIALS_BODY_MAX, MST_STATE, KEEP_GROUPS, mst_members_prepare,
            mst_members_change)},
    {PATH(SHARES, "*"), .is_slash_optional = true,
     MANAGE(GET, MST_BODY_MAX, MST_READ, LEND_MODEL, NULL, mst_shares_list)},
    {PATH(SHARES, "*"), .is_slash_optional = true,
     MANAGE(POST, MST_BODY_MAX, MST_STATE, LEND_MODEL, mst_shares_prepare, mst_shares_post)},
    {PATH(SHARES, "*", "*"),
     MANAGE(GET, MST_BODY_MAX, MST_READ, LEND_MODEL, NULL, mst_share_show)},
    {PATH(SHARES, "*", "*"),
     MANAGE(DELETE, MST_BODY_MAX, MST_STATE, LEND_MODEL, NULL, mst_share_remove)},

    {PATH("muster", "v1", "why"),
     MANAGE(GET, MST_BODY_MAX, MST_READ, ASK_WHY, NULL, mst_why_get)},
    {PATH(CONTENTS), .is_slash_optional = true,
     MANAGE(POST, MST_BODY_MAX, MST_STATE, KEEP_CONTENT, mst_contents_prepare,
            mst_contents_post)},
    {PATH(CONTENTS), .is_slash_optional = true,
     LOOK(GET, KEEP_CONTENT, mst_contents_list)},
    {PATH(CONTENTS, "*"), .family_by = mst_content_family,
     MANAGE(GET, MST_BODY_MAX, MST_READ, KEEP_CONTENT, NULL, mst_content_show)},
    {PATH(CONTENTS, "*"), .is_body_in_pieces = true,
     .body_max_at = offsetof(struct mst_http_opts, content_max_bytes),
     MANAGE(POST, MST_CONTENT_MAX, MST_READ, KEEP_CONTENT, mst_content_prepare, mst_content_upload)},
    {PATH(CONTENTS, "*"),
     MANAGE(DELETE, MST_BODY_MAX, MST_STATE, KEEP_CONTENT, NULL, mst_content_erase)},
    {PATH("provision", "download"), .methods = GET, .body_max = MST_BODY_MAX,
     .family = MST_FAMILY_FETCH, .family_by = mst_download_family, .label = MST_ROUTE_DOWNLOAD, MST_MAY(FETCH_CONTENT),
     .where = MST_READ, .step = mst_download_get},

    {PATH("muster", "v1", "backup"),
     MANAGE(POST, MST_BODY_MAX, MST_READ, OPERATE, NULL, mst_backup_post)},
    {PATH("muster", "v1", "keys", "*"),
     MANAGE(POST, MST_KEYS_BODY_MAX, MST_STATE, BRING_KEYS, mst_keys_prepare, mst_keys_post)},
    {PATH("muster", "v1", "keys"),
     MANAGE(POST, MST_KEYS_BODY_MAX, MST_STATE, BRING_CLIENT_KEYS, mst_keys_prepare,
            mst_keys_post)},
    {PATH("muster", "v1", "fleet", "key"),
     MANAGE(GET, MST_BODY_MAX, MST_READ, MOVE_FLEETS, NULL, mst_fleet_key_get)},
    {PATH("muster", "v1", "fleet", "export"),
     MANAGE(GET, MST_BODY_MAX, MST_READ, MOVE_FLEETS, NULL, mst_fleet_export_get)},
    {PATH("muster", "v1", "fleet", "import"),
     MANAGE(POST, MST_FLEET_BODY_MAX, MST_READ, MOVE_FLEETS, NULL, mst_fleet_import_post)},
    {PATH("muster", "v1", "clock", "reset"),
     MANAGE(POST, MST_BODY_MAX, MST_STATE, OPERATE, NULL, mst_clock_reset)},
};
/* clang-format on */

MST_EACH_ROW_MAY(rows);

const struct mst_routes mst_routes = {rows, sizeof rows / sizeof rows[0]};

static bool is_segment(const char *want, struct mst_span got)
{
    if (want[0] == '*' && want[1] == '\0')
        return got.len > 0;
    return mst_span_eq(mst_span_str(want), got);
}

static bool is_path(const struct mst_route *route, const struct mst_span *segments,
                    size_t n_segments)
{
    size_t i = 0;

    for (; route->segments[i]; i++)
        if (i == n_segments || !is_segment(route->segments[i], segments[i]))
            return false;
    if (i == n_segments)
        return true;
    return route->is_slash_optional && n_segments == i + 1 && segments[i].len == 0;
}

const struct mst_route *mst_route_find(const struct mst_routes *routes,
                                       const struct mst_span *segments, size_t n_segments,
                                       enum mst_method method, unsigned *ret_allowed)
{
    unsigned allowed = 0;

    for (size_t i = 0; i < routes->n_rows; i++) {
        const struct mst_route *route = &routes->rows[i];

        if (!is_path(route, segments, n_segments))
            continue;
        if (route->methods & (unsigned)method)
            return route;
        allowed |= route->methods;
    }
    *ret_allowed = allowed;
    return NULL;
}

enum mst_err mst_route_path(struct mst_buf *out, const struct mst_route *route)
{
    for (size_t i = 0; route->segments[i]; i++)
        (void)mst_buf_addf(out, "/%s", route->segments[i]);
    return mst_buf_add_str(out, route->is_slash_optional ? "/" : "");
}

enum mst_err mst_route_methods(struct mst_buf *out, unsigned methods)
{
    static const struct {
        unsigned method;
        const char *name;
    } names[] = {
        {GET,    "GET"   },
        {POST,   "POST"  },
        {PUT,    "PUT"   },
        {DELETE, "DELETE"}
    };
    const char *separator = "";

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!(methods & names[i].method))
            continue;
        (void)mst_buf_addf(out, "%s%s", separator, names[i].name);
        separator = ", ";
    }
    return mst_buf_err(out);
}

enum mst_err mst_route_allow(struct mst_buf *out, unsigned methods)
{
    (void)mst_buf_add_str(out, "Allow: ");
    (void)mst_route_methods(out, methods);
    return mst_buf_add_str(out, "\r\n");
}
