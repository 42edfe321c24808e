/*
 * POST /onep:v1/rpc/process: the envelope (protocol.md 2.15.1, 2.15.2).
 *
 * The body is parsed and judged as a whole on the loop. Then the calls run in
 * order: a run of reading calls in one read transaction, each changing call as a
 * command of its own, so that a refused one undoes nothing but itself:
 *
 *   post ──▶ read calls ──a changing call──▶ change one ──committed──▶ next ──▶ read calls ...
 *
 * The points of dropped dataports and of clones lie in another file: once the drop or the clone
 * is durable they are removed or copied there (points.h) before the next call runs.
 *
 * Who is calling is asked again in each transaction. The reply grows call by
 * call; the engine cuts it back if a command has to run again.
 */
#include "front/http/handlers.h"
#include "front/http/suspect.h"
#include "front/rpc/call.h"
#include "front/rpc/rpc.h"

struct one {
    const json_t *id; /* NULL: not answered */
    struct mst_span name;
    const struct mst_rpc_procedure *procedure; /* NULL: not served */
    json_t *args;                              /* NULL: no list */
};

struct work {
    json_t *root;
    const json_t *auth;
    size_t n_calls;
    size_t next; /* the call to run */
    struct one *calls;
    bool is_answered; /* some call has an id */
    int64_t n_points; /* stored in the template that the call clones */
};

static void release(struct mst_exchange *x)
{
    struct work *work = x->work;

    json_decref(work->root);
}

/* ---- general errors: one object instead of the list ---- */

enum mst_err mst_rpc_answer_error(struct mst_exchange *x, int code, const char *message,
                                  const char *context)
{
    mst_buf_clear(&x->reply);
    (void)mst_buf_addf(&x->reply, "{\"error\":{\"code\":%d,\"message\":\"%s\"", code, message);
    if (context)
        (void)mst_buf_addf(&x->reply, ",\"context\":\"%s\"", context);
    (void)mst_buf_add_str(&x->reply, "}}");
    return mst_exchange_answer(x, 200, MST_TYPE_JSON);
}

/* Clients of this endpoint read JSON whatever the status (A14); 503 stays one for balancers. */
void mst_rpc_failed(struct mst_exchange *x, unsigned status)
{
    (void)mst_rpc_answer_error(x, 500, "Internal error", NULL);
    if (status == 503)
        x->status = status;
}

/* ---- reading the request ---- */

/* Is no place in text deeper than MST_RPC_DEPTH_MAX? The parser itself recurses. */
static bool is_shallow(struct mst_span text)
{
    size_t depth = 0;
    bool is_quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (is_quoted && c == '\\')
            i++;
        else if (c == '"')
            is_quoted = !is_quoted;
        else if (is_quoted)
            continue;
        else if ((c == '{' || c == '[') && ++depth > MST_RPC_DEPTH_MAX)
            return false;
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return true;
}

/* The parser has made sure that text is UTF-8. */
static size_t count_characters(struct mst_span text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return n;
}

static bool read_id(const json_t *id, const json_t **ret_id)
{
    struct mst_span text;

    if (json_is_null(id))
        id = NULL;
    if (id && !json_is_number(id) &&
        !(mst_rpc_text(id, &text) && count_characters(text) <= MST_RPC_ID_MAX))
        return false;
    *ret_id = id;
    return true;
}

static bool read_calls(struct work *work, const json_t *calls)
{
    for (size_t i = 0; i < work->n_calls; i++) {
        const json_t *json = json_array_get(calls, i);
        struct one *one = &work->calls[i];

        if (!json_is_object(json) || !read_id(json_object_get(json, "id"), &one->id))
            return false;
        work->is_answered = work->is_answered || one->id;
        if (mst_rpc_text(json_object_get(json, "procedure"), &one->name))
            one->procedure = mst_rpc_procedure_find(one->name);
        one->args = json_object_get(json, "arguments");
    }
    return true;
}

static mst_step run_reading;
static mst_step run_changing;
static mst_step run_after_change;

enum mst_err mst_rpc_parse(struct mst_exchange *x, json_t **ret_root)
{
    struct mst_span body = mst_buf_span(&x->body);

    *ret_root = NULL;
    if (is_shallow(body) && body.len > 0)
        *ret_root = json_loadb(body.ptr, body.len, 0, NULL);
    return *ret_root ? MST_OK : mst_rpc_answer_error(x, -1, "Invalid JSON", NULL);
}

enum mst_err mst_rpc_begin(struct mst_exchange *x, json_t *root, const json_t *auth,
                           const json_t *calls)
{
    struct work *work = mst_arena_alloc(&x->arena, sizeof *work);

    if (!work) {
        json_decref(root);
        return MST_ENOMEM;
    }
    x->work = work;
    x->release = release;
    work->root = root;
    work->auth = auth;
    if (!json_is_object(work->auth))
        return mst_rpc_answer_error(x, 400, "Invalid", "auth");
    work->n_calls = json_array_size(calls);
    if (!json_is_array(calls) || work->n_calls > MST_RPC_CALLS_MAX)
        return mst_rpc_answer_error(x, 400, "Invalid", "calls");
    work->calls = mst_arena_array(&x->arena, work->n_calls, sizeof *work->calls);
    if (!work->calls)
        return MST_ENOMEM;
    if (!read_calls(work, calls))
        return mst_rpc_answer_error(x, 400, "Invalid", "calls");
    return mst_exchange_go(x, MST_READ, NULL, run_reading);
}

enum mst_err mst_rpc_post(struct mst_exchange *x, struct mst_tx *tx)
{
    json_t *root;
    enum mst_err err = mst_rpc_parse(x, &root);

    (void)tx;
    return root ? mst_rpc_begin(x, root, json_object_get(root, "auth"),
                                json_object_get(root, "calls"))
                : err;
}

/* ---- who is calling ---- */

enum standing { WELCOME, STRANGER, LOCKED };

/* The client that acts: the one named by client_id, or the owner of resource_id. */
static enum mst_err find_acting(struct mst_exchange *x, struct mst_tx *tx, int64_t client_id,
                                const json_t *auth, bool *ret_is_found, int64_t *ret_acting_id)
{
    const json_t *named = json_object_get(auth, "client_id");
    bool is_client = named != NULL;
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_row_resource resource;
    struct mst_span rid;
    bool is_within;
    int64_t acting_id;
    enum mst_err err;

    *ret_is_found = false;
    if (!is_client)
        named = json_object_get(auth, "resource_id");
    if (!named) {
        *ret_acting_id = client_id;
        *ret_is_found = true;
        return MST_OK;
    }
    if (!mst_rpc_text(named, &rid))
        return MST_OK;
    err = mst_access_rid(mst_exchange_domain(x), tx, rid, &verdict, &resource);
    if (err != MST_OK || verdict != MST_DONE)
        return err;
    if (is_client && resource.kind != MST_KIND_CLIENT)
        return MST_OK;
    acting_id = is_client ? resource.id : resource.owner_id;
    if (acting_id == 0)
        return MST_OK;
    err = mst_access_is_within(tx, client_id, acting_id, &is_within);
    if (err != MST_OK || !is_within)
        return err;
    *ret_acting_id = acting_id;
    *ret_is_found = true;
    return MST_OK;
}

static enum mst_err identify(struct mst_exchange *x, struct mst_tx *tx, enum standing *ret_standing,
                             int64_t *ret_caller_id)
{
    const struct work *work = x->work;
    enum mst_verdict verdict = MST_NO_AUTH;
    struct mst_row_client client, acting = {0};
    struct mst_span cik;
    bool is_found;
    enum mst_err err;

    *ret_standing = STRANGER;
    if (!mst_rpc_text(json_object_get(work->auth, "cik"), &cik))
        return MST_OK; /* {"token": ...}: nothing grants tokens yet */
    err = mst_access_cik(mst_exchange_domain(x), tx, cik, &verdict, &client);
    if (err != MST_OK || (verdict != MST_DONE && verdict != MST_KEY_LOCKED))
        return err;
    if (verdict == MST_KEY_LOCKED) {
        *ret_standing = LOCKED;
        return MST_OK;
    }
    mst_suspect_seen(x, &client);
    if (x->now.where == MST_READ) {
        err = mst_exchange_take_lane(x, tx, client.id);
        if (err != MST_OK)
            return err;
    }
    err = find_acting(x, tx, client.id, work->auth, &is_found, &acting.id);
    if (err != MST_OK || !is_found)
        return err;
    *ret_caller_id = acting.id;
    err = mst_tx_get(tx, MST_IX_CLIENT, &acting);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    *ret_standing = acting.is_locked ? LOCKED : WELCOME;
    return MST_OK;
}

/* ---- running ---- */

static enum mst_err print_call(struct mst_exchange *x, const struct one *one,
                               const struct mst_rpc_call *call)
{
    struct mst_buf *out = &x->reply;

    if (!one->id)
        return MST_OK;
    (void)mst_buf_add_str(out, out->len == 0 ? "[{\"id\":" : ",{\"id\":");
    (void)mst_rpc_print(out, one->id);
    (void)mst_buf_addf(out, ",\"status\":\"%s\"", call->status);
    if (call->context)
        (void)mst_buf_addf(out,
                           ",\"error\":{\"code\":501,\"message\":\"Error\",\"context\":\"%s\"}",
                           call->context);
    if (call->result) {
        (void)mst_buf_add_str(out, ",\"result\":");
        (void)mst_rpc_print(out, call->result);
    }
    return mst_buf_add_byte(out, '}');
}

static bool is_supported(const struct one *one, struct mst_rpc_call *call)
{
    size_t n_args = json_array_size(one->args);

    if (!one->procedure)
        (void)mst_rpc_unsupported(call, "procedure");
    else if (!json_is_array(one->args) || n_args < one->procedure->min_args ||
             n_args > one->procedure->max_args)
        (void)mst_rpc_unsupported(call, "arguments");
    else
        return true;
    return false;
}

/* MST_OK, MST_EREFUSED: the call is answered, its changes are not to stay; or an error. */
static enum mst_err run_call(struct mst_exchange *x, struct mst_tx *tx, const struct one *one,
                             enum standing standing, int64_t caller_id,
                             struct mst_rpc_after *ret_after)
{
    const struct work *work = x->work;
    struct mst_rpc_call call = {.x = x,
                                .caller_id = caller_id,
                                .args = one->args,
                                .n_points = work->n_points,
                                .status = "ok"};
    enum mst_err err = MST_OK;

    if (standing == LOCKED)
        call.status = "locked";
    else if (standing == STRANGER) /* the key died between two calls */
        call.status = "restricted";
    else if (is_supported(one, &call))
        err = one->procedure->run(&call, tx);
    if (err == MST_OK || err == MST_EREFUSED) {
        enum mst_err printed = print_call(x, one, &call);
        if (printed != MST_OK)
            err = printed;
    }
    json_decref(call.result);
    if (err == MST_OK && ret_after)
        *ret_after = call.after;
    return err;
}

static enum mst_err finish(struct mst_exchange *x)
{
    const struct work *work = x->work;

    if (work->n_calls > 0 && !work->is_answered)
        return mst_exchange_answer(x, 204, NULL);
    (void)mst_buf_add_str(&x->reply, x->reply.len == 0 ? "[]" : "]");
    return mst_exchange_answer(x, 200, MST_TYPE_JSON);
}

/* What a changing call must know of the points file, which its command does not see. */
static enum mst_err look_first(struct mst_exchange *x, struct mst_tx *tx, const struct one *one,
                               int64_t caller_id)
{
    struct mst_rpc_call call = {.x = x, .caller_id = caller_id, .args = one->args};
    struct work *work = x->work;
    enum mst_err err = one->procedure->look ? one->procedure->look(&call, tx) : MST_OK;

    work->n_points = call.n_points;
    return err == MST_EREFUSED ? MST_OK : err; /* the call itself will say so */
}

static enum mst_err run_reading(struct mst_exchange *x, struct mst_tx *tx)
{
    struct work *work = x->work;
    enum standing standing;
    int64_t caller_id = 0;
    enum mst_err err = identify(x, tx, &standing, &caller_id);

    if (err != MST_OK)
        return err;
    if (standing == STRANGER && work->next == 0) {
        x->verdict = MST_NO_AUTH;
        return mst_rpc_answer_error(x, 401, "Authorization failed", "auth");
    }
    for (; work->next < work->n_calls; work->next++) {
        const struct one *one = &work->calls[work->next];

        if (standing == WELCOME && one->procedure && one->procedure->where == MST_STATE) {
            err = look_first(x, tx, one, caller_id);
            return err != MST_OK ? err : mst_exchange_go(x, MST_STATE, NULL, run_changing);
        }
        if (!one->id)
            continue; /* reads, and its answer is not wanted */
        err = run_call(x, tx, one, standing, caller_id, NULL);
        if (err != MST_OK && err != MST_EREFUSED)
            return err;
    }
    return finish(x);
}

static enum mst_err run_changing(struct mst_exchange *x, struct mst_tx *tx)
{
    struct work *work = x->work;
    struct mst_rpc_after after = {0};
    enum standing standing;
    int64_t caller_id = 0;
    enum mst_err err = identify(x, tx, &standing, &caller_id);

    if (err != MST_OK)
        return err;
    err = run_call(x, tx, &work->calls[work->next], standing, caller_id, &after);
    if (err == MST_OK && after.clone_id != 0)
        return mst_points_copy(x, after.clone_id, MST_READ, run_after_change);
    if (err == MST_OK)
        return mst_points_flush(x, &after.ports, MST_READ, run_after_change);
    (void)mst_exchange_go(x, MST_READ, NULL, run_after_change);
    return err;
}

static enum mst_err run_after_change(struct mst_exchange *x, struct mst_tx *tx)
{
    struct work *work = x->work;

    work->next++;
    return run_reading(x, tx);
}
