/*
 * Random templates and their clones against a deliberately naive model.
 *
 * A template is a tree of clients, dataports, datarules and dispatches with texts, aliases, points,
 * and references to each other and to outside. The model is the list of what was made; what the clone
 * must look like is printed from that list: resources are numbered breadth first, and a reference to a
 * resource of the template is printed as the number of its copy. The clone is printed from the
 * rows of the store in the same form. The two texts must be equal, and so must what the owner
 * has used; an owner with one resource too few must get nothing at all.
 *
 * PROGRAMS=n sets how many templates (200), SEED=n where they begin. The negative controls change one
 * thing in the clone behind the model's back: each must be seen wherever it changes anything.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/client.h"
#include "core/data.h"
#include "core/quota.h"
#include "server/copying.h"
#include "tests/lib/chance.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

enum {
    NODES_MAX = 24,
    REFERENCES_MAX = 3,
    ALIASES_MAX = 3,
    POINTS_MAX = 90,
    PROGRAMS_PER_WORLD = 20,
    TEXT_BYTES = 1 << 18
};
enum { NOWHERE = -1, OUTSIDE = -2 };

enum sabotage { SOUND, LOSE_POINTS, KEEP_REFERENCES, LOSE_ALIAS, SHOW, N_SABOTAGES };

/* ---- the model ---- */

struct node {
    int64_t kind;
    int parent;
    unsigned number; /* breadth first, children by kind and then by age */
    char name[16], meta[16];
    bool is_public, is_locked;
    enum mst_format format;
    int64_t disk_limit;
    int references[REFERENCES_MAX], subscribe, message; /* numbers of nodes, NOWHERE, OUTSIDE */
    unsigned n_aliases, n_points;
    /* found when it was made */
    int64_t id;
    char rid[MST_TEXT_CHARS];
};

static struct program {
    struct node nodes[NODES_MAX];
    int n;
    bool has_aliases, has_history;
    int missing; /* a kind of which the owner has room for one too few; 0 = none */
    enum sabotage sabotage;
} program;

static struct mst_world world;
static uint64_t state;

static unsigned pick(unsigned n)
{
    return (unsigned)mst_chance_below(&state, n);
}

static int pick_reference(void)
{
    unsigned at = pick((unsigned)program.n + 2);

    return at < (unsigned)program.n ? (int)at : at == (unsigned)program.n ? NOWHERE : OUTSIDE;
}

static int pick_client(int n)
{
    int at;

    do
        at = (int)pick((unsigned)n);
    while (program.nodes[at].kind != MST_KIND_CLIENT);
    return at;
}

static void number_nodes(void)
{
    int queue[NODES_MAX] = {0};
    int n_queued = 1;

    for (int i = 0; i < n_queued; i++) {
        program.nodes[queue[i]].number = (unsigned)i;
        for (int kind = MST_KIND_CLIENT; kind <= MST_KIND_DISPATCH; kind++)
            for (int child = 1; child < program.n; child++)
                if (program.nodes[child].parent == queue[i] && program.nodes[child].kind == kind)
                    queue[n_queued++] = child;
    }
}

static void invent(void)
{
    program = (struct program){
        .n = 1 + (int)pick(NODES_MAX), .has_aliases = pick(4) > 0, .has_history = pick(4) > 0};
    for (int i = 0; i < program.n; i++) {
        struct node *node = &program.nodes[i];

        node->kind = i == 0 ? MST_KIND_CLIENT : (int64_t)(MST_KIND_CLIENT + pick(4));
        node->parent = i == 0 ? NOWHERE : pick_client(i);
        (void)snprintf(node->name, sizeof node->name, "n%u", pick(1000));
        (void)snprintf(node->meta, sizeof node->meta, "m%u", pick(1000));
        node->is_public = pick(2);
        node->is_locked = pick(2);
        node->format = mst_kind_has_points(node->kind)
                           ? (enum mst_format)(MST_FORMAT_FLOAT + pick(3))
                           : MST_FORMAT_NONE;
        node->disk_limit = (int64_t)pick(100);
        for (int k = 0; k < REFERENCES_MAX; k++)
            node->references[k] = pick_reference();
        node->subscribe = pick_reference();
        node->message = pick_reference();
        node->n_aliases = i == 0 ? 0 : pick(ALIASES_MAX + 1);
        node->n_points = mst_kind_has_points(node->kind) && pick(2) ? pick(POINTS_MAX + 1) : 0;
    }
    number_nodes();
    if (pick(3) == 0)
        program.missing = (int)program.nodes[pick((unsigned)program.n)].kind;
}

static int64_t count_kind(int64_t kind)
{
    int64_t n = 0;

    for (int i = 0; i < program.n; i++)
        n += program.nodes[i].kind == kind;
    return n;
}

/* ---- texts that are compared ---- */

struct text {
    char bytes[TEXT_BYTES];
    size_t len;
};
static struct text expected, got;

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    text->len +=
        (size_t)vsnprintf(&text->bytes[text->len], sizeof text->bytes - text->len, fmt, args);
    va_end(args);
    ck_assert_uint_lt(text->len, sizeof text->bytes);
}

/* A reference of the template, or as it must be in the clone. */
static void add_reference(struct text *text, int reference, bool is_clone)
{
    if (reference == NOWHERE)
        add(text, "5");
    else if (reference == OUTSIDE)
        add(text, "\"%s\"", world.portal_rid);
    else if (is_clone)
        add(text, "\"#%u\"", program.nodes[reference].number);
    else
        add(text, "\"%s\"", program.nodes[reference].rid);
}

/* The message names a resource too, but as any text may. */
static void add_detail(struct text *text, const struct node *node, bool is_clone)
{
    add(text, "{\"message\":");
    add_reference(text, node->message, false);
    add(text, ",\"preprocess\":[");
    for (int k = 0; k < REFERENCES_MAX; k++) {
        add(text, "%s[\"a\\\"b\",", k ? "," : "");
        add_reference(text, node->references[k], is_clone);
        add(text, "]");
    }
    add(text, "],\"subscribe\":");
    add_reference(text, node->subscribe, is_clone);
    add(text, "}");
}

static void expect_node(const struct node *node)
{
    const bool is_client = node->kind == MST_KIND_CLIENT;
    bool has_points = program.has_history && mst_kind_has_points(node->kind);

    add(&expected, "#%u kind %d of #%d: %s %s public %d format %d", node->number, (int)node->kind,
        node->parent == NOWHERE ? -1 : (int)program.nodes[node->parent].number, node->name,
        node->meta, node->is_public, (int)node->format);
    if (is_client)
        add(&expected, " disk %d state %d locked 0", (int)node->disk_limit, MST_STATE_PENDING);
    else
        add_detail(&expected, node, true);
    for (unsigned i = 0; i < node->n_aliases && program.has_aliases; i++)
        add(&expected, " alias a%d-%u", (int)(node - program.nodes), i);
    for (unsigned i = 0; i < node->n_points && has_points; i++)
        add(&expected, " %u=v%u", 100 + i, i);
    add(&expected, "\n");
}

static void expect_clone(void)
{
    expected.len = 0;
    for (unsigned number = 0; number < (unsigned)program.n; number++)
        for (int i = 0; i < program.n; i++)
            if (program.nodes[i].number == number)
                expect_node(&program.nodes[i]);
}

/* ---- the template, on the real thing ---- */

static enum mst_err make_node(struct mst_tx *tx, struct node *node, int i,
                              enum mst_verdict *ret_verdict)
{
    struct mst_description description = {.is_public = node->is_public,
                                          .is_locked = node->is_locked,
                                          .name = mst_span_str(node->name),
                                          .meta = mst_span_str(node->meta),
                                          .has_format = true,
                                          .format = node->format};
    struct mst_row_resource parent = {
        .id = node->parent == NOWHERE ? world.domain_id : program.nodes[node->parent].id};
    struct mst_row_resource made = {0};
    struct mst_handle rid;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &parent);

    for (int k = 0; k < MST_LIMIT_COUNT; k++) {
        description.has_limit[k] = true;
        description.limit[k] = MST_LIMIT_INHERIT;
    }
    description.limit[3] = node->disk_limit;
    if (err == MST_OK)
        err = mst_resource_create(&world.domain, tx, &parent, (enum mst_kind)node->kind,
                                  &description, 1, ret_verdict, &made);
    if (err == MST_OK && *ret_verdict == MST_DONE)
        err = mst_domain_rid(&world.domain, &made, &rid);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    node->id = made.id;
    (void)snprintf(node->rid, sizeof node->rid, "%.40s", rid.text);
    for (unsigned k = 0; k < node->n_aliases && err == MST_OK; k++) {
        char name[32];

        (void)snprintf(name, sizeof name, "a%d-%u", i, k);
        err = mst_alias_map(tx, parent.id, &made, mst_span_str(name), ret_verdict);
    }
    return err;
}

static enum mst_err set_detail(struct mst_tx *tx, const struct node *node)
{
    static struct text text;
    const struct mst_row_resource row = {.id = node->id};
    struct mst_row_resource changed = row;

    text.len = 0;
    add_detail(&text, node, false);
    changed.detail = mst_span_of(text.bytes, text.len);
    return mst_tx_update(tx, MST_TABLE_RESOURCE, &changed, MST_BIT(resource, detail));
}

static enum mst_err do_make(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    enum mst_err err = MST_OK;

    (void)w;
    call->verdict = MST_DONE;
    for (int i = 0; i < program.n && err == MST_OK && call->verdict == MST_DONE; i++)
        err = make_node(tx, &program.nodes[i], i, &call->verdict);
    for (int i = 0; i < program.n && err == MST_OK && call->verdict == MST_DONE; i++)
        if (program.nodes[i].kind != MST_KIND_CLIENT)
            err = set_detail(tx, &program.nodes[i]);
    return err;
}

static enum mst_err do_put_points(struct mst_world *w, struct mst_tx *tx,
                                  struct mst_world_call *call)
{
    enum mst_err err = MST_OK;

    (void)w;
    call->verdict = MST_DONE;
    for (int i = 0; i < program.n; i++)
        for (unsigned k = 0; k < program.nodes[i].n_points && err == MST_OK; k++) {
            char value[16];
            const struct mst_row_point point = {
                .dataport_id = program.nodes[i].id,
                .at = 100 + k,
                .value = mst_span_of(value, (size_t)snprintf(value, sizeof value, "v%u", k))};

            err = mst_data_put(tx, &point);
        }
    return err;
}

/* ---- the clone ---- */

static struct {
    int64_t owner_id;
    struct mst_row_resource rows[NODES_MAX + 1];
    int parents[NODES_MAX + 1];
    char rids[NODES_MAX + 1][MST_TEXT_CHARS];
    int n;
} clone;

static enum mst_err do_clone(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource template = {.id = program.nodes[0].id}, owner = {.id = clone.owner_id};
    int64_t options = (program.has_aliases ? 0 : MST_MODEL_NOALIASES) |
                      (program.has_history ? 0 : MST_MODEL_NOHISTORICAL);
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &template);

    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_RESOURCE, &owner);
    if (err == MST_OK)
        err = mst_resource_clone(&w->domain, tx, &template, &owner, options, 5, 7, &call->verdict,
                                 &clone.rows[0]);
    return err;
}

static enum mst_err note_child(void *arg, const void *row)
{
    const int *parent = arg;

    if (clone.n > NODES_MAX)
        return MST_EFULL;
    clone.rows[clone.n] = *(const struct mst_row_resource *)row;
    clone.parents[clone.n++] = *parent;
    return MST_OK;
}

static enum mst_err walk_clone(struct mst_tx *tx)
{
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &clone.rows[0]);

    clone.n = 1;
    clone.parents[0] = -1;
    for (int i = 0; i < clone.n && err == MST_OK; i++) {
        const struct mst_row_resource key = {.owner_id = clone.rows[i].id};
        const struct mst_scan scan = {.index = MST_IX_RESOURCE_OWNER, .key = &key, .n_fixed = 1};
        struct mst_handle rid;

        err = mst_domain_rid(&world.domain, &clone.rows[i], &rid);
        (void)snprintf(clone.rids[i], sizeof clone.rids[i], "%.40s", rid.text);
        if (err == MST_OK && clone.rows[i].kind == MST_KIND_CLIENT)
            err = mst_tx_scan(tx, &scan, note_child, &i);
    }
    return err;
}

/* The detail with the RIDs of the clone as numbers. */
static void print_detail(struct mst_span detail)
{
    for (size_t at = 0; at < detail.len;) {
        struct mst_span rid = mst_span_cut(detail, at, at + MST_HANDLE_CHARS);
        int i = 0;

        while (i < clone.n && !mst_span_eq(rid, mst_span_str(clone.rids[i])))
            i++;
        if (i < clone.n)
            add(&got, "#%d", i);
        else
            add(&got, "%c", detail.ptr[at]);
        at += i < clone.n ? MST_HANDLE_CHARS : 1;
    }
}

static enum mst_err print_alias(void *arg, const void *row)
{
    struct mst_span name = ((const struct mst_row_alias *)row)->name;

    (void)arg;
    add(&got, " alias %.*s", (int)name.len, name.ptr);
    return MST_OK;
}

static enum mst_err print_point(void *arg, const void *row)
{
    const struct mst_row_point *point = row;

    (void)arg;
    add(&got, " %" PRId64 "=%.*s", point->at, (int)point->value.len, point->value.ptr);
    return MST_OK;
}

static enum mst_err print_client(struct mst_tx *tx, int64_t id)
{
    struct mst_row_client client = {.id = id};
    struct mst_row_quota quota = {.client_id = id};
    enum mst_err err = mst_tx_get(tx, MST_IX_CLIENT, &client);

    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_QUOTA, &quota);
    if (err == MST_OK)
        add(&got, " disk %d state %d locked %d", (int)quota.lim_disk, (int)client.state,
            (int)client.is_locked);
    return err;
}

/* A reader sees both files. */
static enum mst_err print_node(struct mst_tx *tx, int i)
{
    const struct mst_row_resource *row = &clone.rows[i];
    const struct mst_row_alias aliases = {.resource_id = row->id};
    const struct mst_row_point points = {.dataport_id = row->id};
    const struct mst_scan of_aliases = {
        .index = MST_IX_ALIAS_RESOURCE, .key = &aliases, .n_fixed = 1};
    const struct mst_scan of_points = {.index = MST_IX_POINT, .key = &points, .n_fixed = 1};
    enum mst_err err = MST_OK;

    add(&got, "#%d kind %d of #%d: %.*s %.*s public %d format %d", i, (int)row->kind,
        clone.parents[i], (int)row->name.len, row->name.ptr, (int)row->meta.len, row->meta.ptr,
        (int)row->is_public, (int)row->format);
    if (row->kind == MST_KIND_CLIENT)
        err = print_client(tx, row->id);
    else
        print_detail(row->detail);
    if (err == MST_OK)
        err = mst_tx_scan(tx, &of_aliases, print_alias, NULL);
    if (err == MST_OK)
        err = mst_tx_scan(tx, &of_points, print_point, NULL);
    add(&got, "\n");
    return err;
}

static void print_clone(void)
{
    struct mst_reader *reader;
    struct mst_tx *tx;

    got.len = 0;
    ck_assert_int_eq(mst_reader_open(world.store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    ck_assert_int_eq(walk_clone(tx), MST_OK);
    for (int i = 0; i < clone.n; i++)
        ck_assert_int_eq(print_node(tx, i), MST_OK);
    mst_reader_end(reader);
    mst_reader_close(reader);
}

/* ---- sabotage ---- */

static bool is_inside(int reference)
{
    return reference >= 0;
}

/* Would the sabotage change anything in this program? */
static bool is_possible(enum sabotage sabotage)
{
    for (int i = 0; i < program.n; i++) {
        const struct node *node = &program.nodes[i];

        if (sabotage == SHOW)
            return true;
        if (sabotage == LOSE_POINTS && program.has_history && node->n_points > 0)
            return true;
        if (sabotage == LOSE_ALIAS && program.has_aliases && node->n_aliases > 0)
            return true;
        if (sabotage == KEEP_REFERENCES && node->kind != MST_KIND_CLIENT &&
            (is_inside(node->subscribe) || is_inside(node->references[0])))
            return true;
    }
    return false;
}

static enum mst_err lose_alias(struct mst_tx *tx)
{
    for (int i = 1; i < clone.n; i++) {
        struct mst_row_alias alias = {.resource_id = clone.rows[i].id};
        enum mst_err err = mst_tx_last(tx, MST_IX_ALIAS_RESOURCE, 1, &alias);

        if (err != MST_ENOENT)
            return err == MST_OK ? mst_tx_delete(tx, MST_TABLE_ALIAS, &alias) : err;
    }
    return MST_OK;
}

static enum mst_err keep_references(struct mst_tx *tx)
{
    enum mst_err err = MST_OK;

    for (int i = 0; i < program.n && err == MST_OK; i++) {
        struct mst_row_resource row = {.id = program.nodes[i].id};

        err = mst_tx_get(tx, MST_IX_RESOURCE, &row);
        row.id = clone.rows[program.nodes[i].number].id;
        if (err == MST_OK)
            err = mst_tx_update(tx, MST_TABLE_RESOURCE, &row, MST_BIT(resource, detail));
    }
    return err;
}

static enum mst_err do_sabotage(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource last = {.id = clone.rows[clone.n - 1].id};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &last);

    (void)w;
    call->verdict = MST_DONE;
    last.is_public = !last.is_public;
    if (err == MST_OK && program.sabotage == SHOW)
        err = mst_tx_update(tx, MST_TABLE_RESOURCE, &last, MST_BIT(resource, is_public));
    if (err == MST_OK && program.sabotage == LOSE_ALIAS)
        err = lose_alias(tx);
    if (err == MST_OK && program.sabotage == KEEP_REFERENCES)
        err = keep_references(tx);
    return err;
}

/* ---- one program ---- */

/* Just the room that is needed, or one too few of a kind. */
static enum mst_err do_limit_owner(struct mst_world *w, struct mst_tx *tx,
                                   struct mst_world_call *call)
{
    const int64_t limits[] = {count_kind(MST_KIND_CLIENT), count_kind(MST_KIND_DATAPORT),
                              count_kind(MST_KIND_DATARULE), 0, count_kind(MST_KIND_DISPATCH)};
    static const int64_t kinds[] = {MST_KIND_CLIENT, MST_KIND_DATAPORT, MST_KIND_DATARULE, 0,
                                    MST_KIND_DISPATCH};
    struct mst_description description = {0};
    struct mst_row_resource owner = {.id = clone.owner_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &owner);

    for (int i = 0; i < 5; i++) {
        description.has_limit[i] = true;
        description.limit[i] = limits[i] - (kinds[i] != 0 && kinds[i] == program.missing);
    }
    return err == MST_OK ? mst_resource_update(&w->domain, tx, w->domain_id, &owner, &description,
                                               &call->verdict)
                         : err;
}

static enum mst_err do_use(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_quota quota = {.client_id = clone.owner_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_QUOTA, &quota);

    (void)w;
    call->verdict = MST_DONE;
    call->use[MST_KIND_CLIENT] = quota.use_client;
    call->use[MST_KIND_DATAPORT] = quota.use_dataport;
    call->use[MST_KIND_DATARULE] = quota.use_datarule;
    call->use[MST_KIND_DISPATCH] = quota.use_dispatch;
    return err;
}

static enum mst_err count_row(void *arg, const void *row)
{
    (void)row;
    ++*(int64_t *)arg;
    return MST_OK;
}

/* How many rows there are in all that a clone is made of. */
static enum mst_err do_count_rows(struct mst_world *w, struct mst_tx *tx,
                                  struct mst_world_call *call)
{
    static const enum mst_index tables[] = {MST_IX_RESOURCE, MST_IX_CLIENT, MST_IX_QUOTA,
                                            MST_IX_ALIAS, MST_IX_POINT_COPY};
    enum mst_err err = MST_OK;

    (void)w;
    call->id = 0;
    call->verdict = MST_DONE;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && err == MST_OK; i++) {
        const struct mst_scan scan = {.index = tables[i]};

        err = mst_tx_scan(tx, &scan, count_row, &call->id);
    }
    return err;
}

static bool has_used(bool is_cloned)
{
    struct mst_world_call call = {0};

    (void)mst_world_run(&world, do_use, &call);
    for (int kind = MST_KIND_CLIENT; kind <= MST_KIND_DISPATCH; kind++)
        if (call.use[kind] != (is_cloned ? count_kind(kind) : 0))
            return false;
    return true;
}

static void run_done(mst_world_verb *verb, enum mst_file file)
{
    struct mst_world_call call = {.file = file};

    ck_assert_int_eq(mst_world_run(&world, verb, &call), MST_DONE);
}

static bool is_refused_without_a_trace(void)
{
    struct mst_world_call before = {0}, after = {0}, call = {0};

    (void)mst_world_run(&world, do_count_rows, &before);
    if (mst_world_run(&world, do_clone, &call) != MST_NO_ROOM)
        return false;
    (void)mst_world_run(&world, do_count_rows, &after);
    return before.id == after.id && has_used(false);
}

static bool agrees(void)
{
    struct mst_world_call call = {0};
    uint64_t n;

    run_done(do_make, MST_FILE_STATE);
    run_done(do_put_points, MST_FILE_POINTS);
    clone.owner_id = mst_world_make(&world, world.domain_rid, MST_KIND_CLIENT).id;
    run_done(do_limit_owner, MST_FILE_STATE);
    if (program.missing != 0)
        return is_refused_without_a_trace();
    if (mst_world_run(&world, do_clone, &call) != MST_DONE || !has_used(true))
        return false;
    if (program.sabotage != LOSE_POINTS)
        ck_assert_int_eq(mst_copying_resume(world.store, &n), MST_OK);
    print_clone();
    if (program.sabotage != SOUND) {
        run_done(do_sabotage, MST_FILE_STATE);
        print_clone();
    }
    expect_clone();
    return expected.len == got.len && memcmp(expected.bytes, got.bytes, got.len) == 0;
}

/* Runs programs; gives the number of the first that disagrees, n if none does. */
static uint64_t run_programs(uint64_t seed, uint64_t n, enum sabotage sabotage, uint64_t *ret_seen)
{
    uint64_t i = 0;
    bool is_good = true;

    *ret_seen = 0;
    while (is_good && i < n) {
        mst_world_open(&world, seed + i + 1, NULL);
        for (int k = 0; k < PROGRAMS_PER_WORLD && is_good && i < n; k++) {
            state = seed + i;
            invent();
            program.sabotage = sabotage;
            if (sabotage != SOUND)
                program.missing = 0;
            is_good = sabotage == SOUND ? agrees() : !is_possible(sabotage) || !agrees();
            *ret_seen += is_possible(sabotage);
            i += is_good;
        }
        mst_world_close(&world);
    }
    return i;
}

static uint64_t number(const char *name, uint64_t fallback)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : fallback;
}

MST_TEST(clones_agree_with_a_naive_model)
{
    uint64_t seed = number("SEED", 1), n_programs = number("PROGRAMS", 200), seen;
    uint64_t n = run_programs(seed, n_programs, SOUND, &seen);

    ck_assert_msg(n == n_programs, "SEED=%" PRIu64 " PROGRAMS=1 disagrees\nwanted:\n%s\ngot:\n%s",
                  seed + n, expected.bytes, got.bytes);
}
MST_TEST_END

MST_TEST(every_sabotage_is_seen_wherever_it_changes_anything)
{
    for (int sabotage = SOUND + 1; sabotage < N_SABOTAGES; sabotage++) {
        uint64_t seen;
        uint64_t n = run_programs(1, 60, (enum sabotage)sabotage, &seen);

        ck_assert_msg(n == 60, "sabotage %d was not seen in program %" PRIu64, sabotage, 1 + n);
        ck_assert_uint_ge(seen, 20);
    }
}
MST_TEST_END

MST_TESTS("prop/clone", clones_agree_with_a_naive_model,
          every_sabotage_is_seen_wherever_it_changes_anything)
