/*
 * Prints docs/openapi.json, for `make docs`: from the route tables, the table of permits, and
 * openapi_list.c. With --without ROUTE as if that row of the list were not there.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/version.h"
#include "front/http/outcome.h"
#include "front/http/route.h"
#include "tools/openapi.h"

enum { TEXT_MAX = 4096 };

/* Memory that is not there, and what else cannot be here, ends the tool. */
static void *must(void *thing)
{
    if (!thing) {
        (void)fprintf(stderr, "print_openapi: a value could not be made\n");
        exit(EXIT_FAILURE);
    }
    return thing;
}

static void set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, must(value)) != 0)
        must(NULL);
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, must(value)) != 0)
        must(NULL);
}

static int fail(const char *what, const char *of)
{
    (void)fprintf(stderr, "print_openapi: %s: %s\n", what, of);
    return EXIT_FAILURE;
}

/* ---- words ---- */

/* The next of words separated by spaces; NULL after the last. */
static const char *next_word(const char **rest, char word[64], bool *ret_is_ours)
{
    size_t len;

    if (!*rest)
        return NULL;
    *rest += strspn(*rest, " ");
    *ret_is_ours = **rest == '+';
    *rest += *ret_is_ours;
    len = strcspn(*rest, " ");
    if (len == 0 || len >= 64)
        return NULL;
    memcpy(word, *rest, len);
    word[len] = '\0';
    *rest += len;
    return word;
}

static const struct openapi_word *find_word(const char *name)
{
    for (size_t i = 0; i < openapi_words_count; i++)
        if (strcmp(openapi_words[i].name, name) == 0)
            return &openapi_words[i];
    exit(fail("a word that is not explained", name));
}

static json_t *schema_of(const char *type)
{
    if (strcmp(type, "array") == 0)
        return must(json_pack("{s:s, s:{s:s}}", "type", type, "items", "type", "string"));
    if (strcmp(type, "object") == 0)
        return must(
            json_pack("{s:s, s:{s:s}}", "type", type, "additionalProperties", "type", "string"));
    return must(json_pack("{s:s}", "type", type));
}

static json_t *parameter(const char *place, const struct openapi_word *word, bool is_ours)
{
    json_t *parameter = must(json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", word->name, "in", place,
                                       "required", strcmp(place, "path") == 0, "description",
                                       word->text, "schema", schema_of(word->type)));

    if (is_ours)
        set(parameter, "x-muster-addition", json_true());
    return parameter;
}

static json_t *parameters_of(const struct openapi_operation *op, enum mst_action action)
{
    json_t *list = must(json_array());
    const struct {
        const char *words;
        const char *place;
    } places[] = {
        {op->names,   "path"  },
        {op->query,   "query" },
        {op->headers, "header"}
    };
    char name[64];
    bool is_ours;

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        for (const char *rest = places[i].words; next_word(&rest, name, &is_ours);)
            append(list, parameter(places[i].place, find_word(name), is_ours));
    if (mst_permit_place(action) == MST_PLACE_LENT)
        append(list, json_pack("{s:s}", "$ref", "#/components/parameters/vendor"));
    return list;
}

/* ---- bodies ---- */

static json_t *form_of(const char *words)
{
    json_t *properties = must(json_object());
    char name[64];
    bool is_ours;

    while (next_word(&words, name, &is_ours)) {
        const struct openapi_word *word = find_word(name);
        json_t *schema = schema_of(word->type);

        if (strcmp(word->type, "object") == 0) {
            json_decref(properties);
            return schema;
        }
        set(schema, "description", json_string(word->text));
        if (is_ours)
            set(schema, "x-muster-addition", json_true());
        set(properties, name, schema);
    }
    return must(json_pack("{s:s, s:o}", "type", "object", "properties", properties));
}

static void add_body(json_t *content, const char *type, json_t *schema)
{
    set(content, type, json_pack("{s:o}", "schema", schema));
}

static json_t *body_of(const struct openapi_operation *op)
{
    json_t *content = must(json_object());

    if (op->form)
        add_body(content, "application/x-www-form-urlencoded", form_of(op->form));
    if (op->csv)
        add_body(content, "text/csv",
                 json_pack("{s:s, s:s+}", "type", "string", "description", "rows ", op->csv));
    if (op->json)
        add_body(content, "application/json", json_pack("{s:s}", "description", op->json));
    if (op->blob)
        add_body(content, "*/*", json_pack("{s:s}", "description", op->blob));
    if (json_object_size(content) > 0)
        return must(json_pack("{s:o}", "content", content));
    json_decref(content);
    return NULL;
}

/* ---- replies ---- */

/* Adds a status, or one more reason and type for it. */
static void add_reply(json_t *replies, unsigned status, const char *type, const char *text)
{
    char key[16];
    json_t *reply;

    (void)snprintf(key, sizeof key, "%u", status);
    reply = json_object_get(replies, key);
    if (reply) {
        const json_t *old = json_object_get(reply, "description");

        set(reply, "description", json_sprintf("%s; %s", json_string_value(old), text));
    } else {
        reply = must(json_pack("{s:s}", "description", text));
        set(replies, key, reply);
    }
    if (!type)
        return;
    if (!json_object_get(reply, "content"))
        set(reply, "content", json_object());
    add_body(json_object_get(reply, "content"), strcmp(type, "*") == 0 ? "*/*" : type,
             json_pack("{s:s}", "type", "string"));
}

/* What the guard can answer, by the table of permits. */
static void add_refusals(json_t *replies, const struct mst_route *route)
{
    static const struct {
        enum mst_role role;
        const char *text;
    } refusals[] = {
        {MST_ROLE_NOBODY,   "no key, or none that is in force"                    },
        {MST_ROLE_CLIENT,   NULL                                                  },
        {MST_ROLE_STRANGER,
         "X-Exosite-Vendor names a vendor that did not share this with the caller"}
    };
    enum mst_permit_place place = mst_permit_place(route->action);
    const char *restricted = mst_permit(route->action, MST_ROLE_ROOT) == MST_DONE
                                 ? "not the key of the root client"
                                 : "not the key of a device";

    if (mst_permit_by(route->action) == MST_BY_OPEN)
        return;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        enum mst_verdict verdict = mst_permit(route->action, refusals[i].role);

        if (verdict == MST_DONE || (verdict == MST_NO_SHARE && place != MST_PLACE_LENT))
            continue;
        add_reply(replies, mst_outcome_status(route->family, verdict), NULL,
                  verdict == MST_NO_VENDOR_NAME ? "the caller owns no vendor name"
                  : verdict == MST_RESTRICTED   ? restricted
                                                : refusals[i].text);
    }
    if (place != MST_PLACE_NONE)
        add_reply(replies, mst_outcome_status(route->family, MST_NO_MODEL), NULL, "no such model");
}

static json_t *replies_of(const struct openapi_operation *op, const struct mst_route *route)
{
    json_t *replies = must(json_object());
    char text[64];

    for (size_t i = 0; i < OPENAPI_REPLIES_MAX && op->replies[i].status; i++)
        add_reply(replies, op->replies[i].status, op->replies[i].type, op->replies[i].text);
    add_refusals(replies, route);
    if (route->body_max_at != 0)
        (void)snprintf(text, sizeof text, "a body of more than the setting content_max");
    else
        (void)snprintf(text, sizeof text, "a body of more than %zu bytes", route->body_max);
    add_reply(replies, 413, NULL, text);
    set(replies, "default", json_pack("{s:s}", "$ref", "#/components/responses/trouble"));
    return replies;
}

static json_t *security_of(enum mst_action action)
{
    json_t *list = must(json_array());

    if (mst_permit_by(action) == MST_BY_OPEN)
        return list;
    append(list, json_pack("{s:[]}", "cik"));
    if (mst_permit(action, MST_ROLE_TOKEN) == MST_DONE)
        append(list, json_pack("{s:[]}", "token"));
    return list;
}

/* ---- operations ---- */

/* "/provision/manage/model/{model}/" */
static void print_path(struct mst_buf *path, const char *pattern, const char *names)
{
    for (; *pattern; pattern++) {
        char name[64];
        bool is_ours;

        if (*pattern != '*')
            (void)mst_buf_add_byte(path, *pattern);
        else if (next_word(&names, name, &is_ours))
            (void)mst_buf_addf(path, "{%s}", name);
        else
            exit(fail("a part of the path has no name", pattern));
    }
}

static void add_operation(json_t *paths, const struct openapi_operation *op,
                          const struct mst_route *route, bool is_old, bool is_admin)
{
    static const char *const methods[][2] = {
        {"GET",    "get"   },
        {"POST",   "post"  },
        {"PUT",    "put"   },
        {"DELETE", "delete"}
    };
    const char *pattern = strchr(op->route, ' ') + 1;
    json_t *operation = must(json_pack("{s:s+, s:s}", "operationId", op->id, is_old ? "Old" : "",
                                       "summary", op->summary));
    json_t *parameters = parameters_of(op, route->action);
    json_t *body = body_of(op);
    struct mst_buf path;
    json_t *item;

    if (is_old)
        set(operation, "deprecated", json_true());
    if (is_admin)
        set(operation, "servers",
            json_pack("[{s:s, s:s}]", "url", "http://127.0.0.1:9100", "description",
                      "the admin listener (setting admin)"));
    if (strncmp(pattern, "/muster/", 8) == 0 || is_admin)
        set(operation, "x-muster-addition", json_true());
    set(operation, "security", security_of(route->action));
    if (json_array_size(parameters) > 0)
        set(operation, "parameters", parameters);
    else
        json_decref(parameters);
    if (body)
        set(operation, "requestBody", body);
    if (route->body_max_at == 0)
        set(operation, "x-muster-body-max", json_integer((json_int_t)route->body_max));
    set(operation, "responses", replies_of(op, route));

    mst_buf_init(&path, TEXT_MAX);
    if (is_old) {
        (void)mst_buf_add_str(&path, "/api:v1");
        pattern += strlen("/onep:v1");
    }
    print_path(&path, pattern, op->names);
    (void)mst_buf_add_byte(&path, '\0');
    must(path.ptr);
    item = json_object_get(paths, path.ptr);
    if (!item) {
        set(paths, path.ptr, json_object());
        item = json_object_get(paths, path.ptr);
        if (route->is_slash_optional)
            set(item, "description", json_string("The slash at the end may be left out."));
    }
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strncmp(op->route, methods[i][0], strlen(methods[i][0])) == 0)
            set(item, methods[i][1], operation);
    mst_buf_fini(&path);
}

enum { OPERATIONS_MAX = 256 };
static bool is_described[OPERATIONS_MAX];
static const char *left_out; /* a row that is not looked at: for the test of what happens then */

/* The row for the method of the route; the older spelling of a prefix is described by the newer. */
static const struct openapi_operation *find_operation(const char *name, bool *ret_is_old)
{
    for (size_t i = 0; i < openapi_operations_count; i++) {
        const char *old = strstr(name, " /api:v1/");
        const char *new = strstr(openapi_operations[i].route, " /onep:v1/");

        if (left_out && strcmp(openapi_operations[i].route, left_out) == 0)
            continue;
        *ret_is_old = old &&
                      new &&old - name ==
                          new - openapi_operations[i].route &&strncmp(
                                    name, openapi_operations[i].route, (size_t)(old - name)) ==
                          0 &&
                      strcmp(old + 8, new + 9) == 0;
        if (*ret_is_old || strcmp(openapi_operations[i].route, name) == 0) {
            is_described[i] = true;
            return &openapi_operations[i];
        }
    }
    return NULL;
}

static int add_route(json_t *paths, const struct mst_route *route, bool is_admin)
{
    for (unsigned method = MST_METHOD_GET; method <= MST_METHOD_DELETE; method *= 2) {
        const struct openapi_operation *op;
        struct mst_buf name;
        bool is_old;

        if (!(route->methods & method))
            continue;
        mst_buf_init(&name, TEXT_MAX);
        (void)mst_route_methods(&name, method);
        (void)mst_buf_add_byte(&name, ' ');
        (void)mst_route_path(&name, route);
        (void)mst_buf_add_byte(&name, '\0');
        op = find_operation(must(name.ptr), &is_old);
        if (!op)
            return fail("tools/openapi_list.c does not describe", name.ptr);
        add_operation(paths, op, route, is_old, is_admin);
        mst_buf_fini(&name);
    }
    return EXIT_SUCCESS;
}

static int add_routes(json_t *paths, const struct mst_routes *routes, bool is_admin)
{
    int status = EXIT_SUCCESS;

    for (size_t i = 0; i < routes->n_rows && status == EXIT_SUCCESS; i++)
        status = add_route(paths, &routes->rows[i], is_admin);
    return status;
}

static json_t *components(void)
{
    return must(json_pack("{s:{s:{s:s, s:s, s:s, s:s}, s:{s:s, s:s, s:s, s:s}},"
                          " s:{s:{s:s, s:s, s:b, s:s, s:{s:s}}}, s:{s:{s:s}}}",
                          "securitySchemes", "cik", "type", "apiKey", "in", "header", "name",
                          "X-Exosite-CIK", "description", "a client's CIK", "token", "type",
                          "apiKey", "in", "header", "name", "X-Exosite-Token", "description",
                          "a vendor token, or the vendor's CIK", "parameters", "vendor", "name",
                          "X-Exosite-Vendor", "in", "header", "required", 0, "description",
                          "the vendor whose model is meant, if it is not the caller's own",
                          "schema", "type", "string", "responses", "trouble", "description",
                          "The server is in trouble (503 with Retry-After, 500), or does not "
                          "understand the request (400, "
                          "405, 431). The body of every error is its status line and CRLF."));
}

int main(int argc, char **argv)
{
    json_t *paths = must(json_object());
    json_t *page;
    int status;

    if (argc == 3 && strcmp(argv[1], "--without") == 0)
        left_out = argv[2];
    if (openapi_operations_count > OPERATIONS_MAX)
        return fail("too many rows", "tools/openapi_list.c");
    status = add_routes(paths, &mst_routes, false);
    if (status == EXIT_SUCCESS)
        status = add_routes(paths, &mst_routes_admin, true);
    for (size_t i = 0; i < openapi_operations_count && status == EXIT_SUCCESS; i++)
        if (!is_described[i])
            status = fail("there is no route", openapi_operations[i].route);
    page = must(json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:o}", "openapi", "3.1.0", "info", "title",
                          "muster", "version", MST_VERSION, "description",
                          "Device provisioning over the wire protocol of Exosite's One Platform. "
                          "Made from the tables "
                          "of the server and checked against it; x-muster-addition marks what is "
                          "not of the original.",
                          "paths", paths, "components", components()));
    if (status == EXIT_SUCCESS && (json_dumpf(page, stdout, JSON_INDENT(2)) != 0 ||
                                   putchar('\n') == EOF || fflush(stdout) != 0))
        status = fail("cannot write", "standard output");
    json_decref(page);
    return status;
}
