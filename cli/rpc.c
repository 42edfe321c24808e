#include "cli/rpc.h"

#include <string.h>

#include "cli/procedures.h"
#include "cli/profile.h"

static const struct {
    const char *status;
    const char *procedure; /* NULL: any other */
    const char *text;
} STATUSES[] = {
    {"badarg",     NULL,     "an argument or a value is none that is allowed"                       },
    {"invalid",    "move",   "there is no such resource, or its alias means something else there"   },
    {"invalid",    "update", "there is no such resource, or it would subscribe to itself in the end"},
    {"invalid",    NULL,     "there is no such resource, alias or code"                             },
    {"restricted", NULL,     "this key may not do that: it is for the owner, or someone above"      },
    {"noauth",     NULL,     "the key belongs to a client that the caller does not own"             },
    {"limit",      NULL,     "a limit of the owner is used up, or it is too much for one call"      },
    {"inuse",      NULL,     "the alias points to something else already"                           },
    {"notfound",   NULL,     "there is no such alias"                                               },
    {"locked",     NULL,     "the client of this key is locked: its owner can unlock it"            },
    {"expire",     NULL,     "no value came in time"                                                },
};

#define AS_ROW(name, arguments) {name, arguments},
static const struct {
    const char *name, *arguments;
} PROCEDURES[] = {CLI_PROCEDURES(AS_ROW)};

json_t *cli_rpc_call(const char *procedure, json_t *arguments)
{
    return json_pack("{s:s, s:o}", "procedure", procedure, "arguments", arguments);
}

json_t *cli_rpc_alias(const char *name)
{
    return json_pack("{s:s}", "alias", name);
}

bool cli_rpc_is_rid(const char *text)
{
    return strlen(text) == MST_HANDLE_CHARS &&
           strspn(text, "0123456789abcdefABCDEF") == MST_HANDLE_CHARS;
}

json_t *cli_rpc_named(const char *text)
{
    return cli_rpc_is_rid(text) ? json_string(text) : cli_rpc_alias(text);
}

enum cli_exit cli_rpc_caller(struct cli *cli, enum cli_who usual, struct cli_rpc_auth *ret_auth)
{
    const char *as = cli_options_text(&cli->options, "as");
    enum cli_who who = as == NULL                  ? usual
                       : strcmp(as, "vendor") == 0 ? CLI_VENDOR_CIK
                       : strcmp(as, "portal") == 0 ? CLI_PORTAL_CIK
                                                   : CLI_NOBODY;
    struct cli_rpc_auth auth = {.client_id = cli_options_text(&cli->options, "client-id")};
    bool is_token;
    enum cli_exit exit;

    if (who == CLI_NOBODY)
        return cli_fail(cli, CLI_USAGE, "--as is vendor or portal");
    if (auth.client_id != NULL && !cli_rpc_is_rid(auth.client_id))
        return cli_fail(cli, CLI_USAGE, "--client-id: a RID is 40 hexadecimal digits");
    exit = cli_api_key(cli, who, &auth.cik, &is_token);
    if (exit == CLI_OK)
        *ret_auth = auth;
    return exit;
}

/* False without memory, also if there is no body. */
static bool name_acting(json_t *body, const char *key, const char *rid)
{
    return body != NULL && (rid == NULL || json_object_set_new(json_object_get(body, "auth"), key,
                                                               json_string(rid)) == 0);
}

static json_t *envelope(const struct cli_rpc_auth *auth, json_t *calls)
{
    json_t *body;
    json_t *call;
    size_t i;

    json_array_foreach(calls, i, call)
    {
        if (json_object_set_new(call, "id", json_integer((json_int_t)i)) != 0) {
            json_decref(calls);
            return NULL;
        }
    }
    body = json_pack("{s:{s:s%}, s:o}", "auth", auth->grant != NULL ? "token" : "cik",
                     auth->grant != NULL ? auth->grant->text : auth->cik->text,
                     (size_t)MST_HANDLE_CHARS, "calls", calls);
    if (!name_acting(body, "client_id", auth->client_id) ||
        !name_acting(body, "resource_id", auth->resource_id)) {
        json_decref(body);
        body = NULL;
    }
    return body;
}

static enum cli_exit not_understood(struct cli *cli)
{
    return cli_fail(cli, CLI_SERVER, "the reply is not one of a muster server's RPC");
}

/* A whole request that was refused: {"error": {"code": .., "message": ..}}. */
static enum cli_exit refused(struct cli *cli, const struct cli_rpc_auth *auth, const json_t *reply)
{
    const json_t *error = json_object_get(reply, "error");
    const json_t *code = json_object_get(error, "code");

    if (!json_is_integer(code))
        return not_understood(cli);
    if (json_integer_value(code) == 401)
        return cli_fail_status(cli, CLI_REFUSED, 401,
                               auth->grant != NULL
                                   ? "the grant token is not valid here: wrong, or it ran out, or "
                                     "the key that made it was replaced"
                                   : "the CIK is not valid here (wrong, re-enabled since, expired "
                                     "or disabled), or the client is not below it");
    return cli_fail_status(cli, json_integer_value(code) >= 500 ? CLI_SERVER : CLI_REFUSED,
                           (long)json_integer_value(code), "RPC error %ld",
                           (long)json_integer_value(code));
}

static bool is_answer_list(const json_t *answers, size_t n)
{
    const json_t *answer;
    size_t i;

    if (!json_is_array(answers) || json_array_size(answers) != n)
        return false;
    json_array_foreach(answers, i, answer)
    {
        if (json_integer_value(json_object_get(answer, "id")) != (json_int_t)i ||
            !(json_is_string(json_object_get(answer, "status")) ||
              json_is_array(json_object_get(answer, "status"))))
            return false;
    }
    return true;
}

enum cli_exit cli_rpc(struct cli *cli, const struct cli_rpc_auth *auth, json_t *calls,
                      json_t **ret_answers)
{
    size_t n = json_array_size(calls);
    json_t *body = calls != NULL ? envelope(auth, calls) : NULL;
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    json_t *answers = NULL;
    struct cli_reply reply = {0};
    enum cli_exit exit;

    json_decref(body);
    if (text == NULL)
        return cli_no_memory(cli);
    exit = cli_api(cli,
                   &(struct cli_call){.who = CLI_NOBODY,
                                      .method = "POST",
                                      .path = "/onep:v1/rpc/process",
                                      .content_type = CLI_JSON,
                                      .body = mst_span_str(text)},
                   &reply);
    mst_secret_wipe(text, strlen(text));
    free(text);
    if (exit != CLI_OK)
        goto out;
    answers = json_loadb(reply.body.ptr != NULL ? reply.body.ptr : "", reply.body.len, 0, NULL);
    if (json_is_object(answers))
        exit = refused(cli, auth, answers);
    else if (!is_answer_list(answers, n))
        exit = not_understood(cli);
out:
    cli_reply_fini(&reply);
    if (exit == CLI_OK)
        *ret_answers = answers;
    else
        json_decref(answers);
    return exit;
}

/* The arguments of a procedure, if it is known here. */
static const char *arguments_of(const char *procedure)
{
    for (size_t i = 0; i < sizeof PROCEDURES / sizeof PROCEDURES[0]; i++) {
        if (strcmp(PROCEDURES[i].name, procedure) == 0)
            return PROCEDURES[i].arguments;
    }
    return NULL;
}

static const char *text_of(const char *procedure, const char *status, const json_t *answer)
{
    const char *context =
        json_string_value(json_object_get(json_object_get(answer, "error"), "context"));
    const char *result = json_string_value(json_object_get(answer, "result"));

    if (context != NULL && strcmp(context, "procedure") == 0)
        return "the server has no such procedure, or not over HTTP";
    if (context != NULL && strcmp(context, "arguments") == 0)
        return "the procedure takes another number of arguments, or others than these";
    if (result != NULL)
        return result;
    for (size_t i = 0; i < sizeof STATUSES / sizeof STATUSES[0]; i++) {
        if (strcmp(STATUSES[i].status, status) == 0 &&
            (STATUSES[i].procedure == NULL || strcmp(STATUSES[i].procedure, procedure) == 0))
            return STATUSES[i].text;
    }
    return "the server could not carry it out";
}

/* What it was, and, if the arguments are to blame, which it takes. */
static enum cli_exit call_failed(struct cli *cli, const char *procedure, const char *status,
                                 const json_t *answer)
{
    bool is_argument = strcmp(status, "badarg") == 0 || strcmp(status, "fail") == 0;
    const char *arguments = is_argument ? arguments_of(procedure) : NULL;

    return cli_fail(cli, CLI_REFUSED, "%s: %s: %s%s%s%s%s", procedure, status,
                    text_of(procedure, status, answer), arguments != NULL ? ": " : "",
                    arguments != NULL ? procedure : "", arguments != NULL ? " " : "",
                    arguments != NULL ? arguments : "");
}

/* A batch of which not all was stored has a list for its status: [[ts, "invalid"], ...]. */
static enum cli_exit batch_failed(struct cli *cli, const char *procedure, const json_t *points)
{
    char *text = json_dumps(points, JSON_COMPACT);
    enum cli_exit exit =
        text == NULL
            ? cli_no_memory(cli)
            : cli_fail(cli, CLI_REFUSED, "%s: these points were not stored, all others are: %s",
                       procedure, text);

    free(text);
    return exit;
}

enum cli_exit cli_rpc_one(struct cli *cli, const struct cli_rpc_auth *auth, const char *procedure,
                          json_t *arguments, const char *also, json_t **ret_result)
{
    json_t *answers = NULL;
    json_t *calls = json_pack("[o]", cli_rpc_call(procedure, arguments));
    enum cli_exit exit = cli_rpc(cli, auth, calls, &answers);
    const char *status;
    json_t *answer;

    if (exit != CLI_OK)
        return exit;
    answer = json_array_get(answers, 0);
    status = json_string_value(json_object_get(answer, "status"));
    if (status == NULL) {
        exit = batch_failed(cli, procedure, json_object_get(answer, "status"));
    } else if (strcmp(status, "ok") == 0) {
        json_t *result = json_object_get(answer, "result");

        *ret_result = result != NULL ? json_incref(result) : json_null();
    } else if (mst_span_has_token(mst_span_str(also), mst_span_str(status))) {
        *ret_result = NULL;
    } else {
        exit = call_failed(cli, procedure, status, answer);
    }
    json_decref(answers);
    return exit;
}

enum cli_exit cli_rpc_key(struct cli *cli, const struct cli_rpc_auth *auth, json_t *rid,
                          struct mst_handle *ret_key)
{
    json_t *result = NULL;
    struct cli_secret key = {0};
    const json_t *text;
    enum cli_exit exit =
        cli_rpc_one(cli, auth, "info", json_pack("[o, {s:b}]", rid, "key", 1), NULL, &result);

    if (exit != CLI_OK)
        return exit;
    text = json_object_get(result, "key");
    if (json_is_string(text) &&
        cli_secret_parse(mst_span_of(json_string_value(text), json_string_length(text)), &key))
        *ret_key = key.handle;
    else
        exit = not_understood(cli);
    json_decref(result);
    return exit;
}
