/*
 * A place is a phase and the last row given in it, so that each page of an export is a transaction of its
 * own and nothing is remembered between them. The tree is walked in the order of the
 * owner's index: behind a resource comes its first child; else the next child of its owner; else
 * the next child of the owner's owner, and so on up to the domain client.
 */
#include "core/content.h"
#include "core/fleet.h"
#include "core/quota.h"

struct walk {
    const struct mst_domain *domain;
    struct mst_tx *tx;
    const struct mst_row_vendor *vendor;
    struct mst_fleet_place *place;
    struct mst_row_model model; /* the place's */
    struct mst_row_model_group group;
    struct mst_row_content content;
    enum mst_err (*each)(void *arg, const struct mst_fleet_item *item);
    void *arg;
    enum mst_verdict verdict;
    bool is_stopped;
};

/* Hands an item over; the place must be behind it already. */
static enum mst_err give(struct walk *walk, const struct mst_fleet_item *item)
{
    enum mst_err err = walk->each(walk->arg, item);

    if (err != MST_EREFUSED)
        return err;
    walk->is_stopped = true;
    return MST_OK;
}

static enum mst_err vanished(struct walk *walk)
{
    walk->verdict = MST_NOT_FOUND;
    walk->is_stopped = true;
    return MST_OK;
}

/* The RID of a resource that may be gone: then absent. */
static enum mst_err rid_of(const struct walk *walk, int64_t id, struct mst_handle *ret_rid)
{
    struct mst_row_resource resource = {.id = id};
    enum mst_err err = mst_tx_get(walk->tx, MST_IX_RESOURCE, &resource);

    *ret_rid = (struct mst_handle){{0}};
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    return mst_domain_rid(walk->domain, &resource, ret_rid);
}

/* ---- the tree ---- */

struct aliases {
    struct mst_tx *tx;
    struct mst_span *names;
    size_t n, room;
};

static enum mst_err note_alias(void *arg, const void *row)
{
    struct aliases *aliases = arg;

    if (aliases->n == aliases->room) {
        size_t room = aliases->room ? 2 * aliases->room : 4;
        struct mst_span *names = mst_arena_array(mst_tx_arena(aliases->tx), room, sizeof *names);
        if (!names)
            return MST_ENOMEM;
        for (size_t i = 0; i < aliases->n; i++)
            names[i] = aliases->names[i];
        aliases->names = names;
        aliases->room = room;
    }
    aliases->names[aliases->n++] = ((const struct mst_row_alias *)row)->name;
    return MST_OK;
}

static enum mst_err fill_aliases(const struct walk *walk, int64_t resource_id,
                                 struct mst_fleet_item *item)
{
    const struct mst_row_alias key = {.resource_id = resource_id};
    const struct mst_scan scan = {.index = MST_IX_ALIAS_RESOURCE, .key = &key, .n_fixed = 1};
    struct aliases aliases = {.tx = walk->tx};
    enum mst_err err = mst_tx_scan(walk->tx, &scan, note_alias, &aliases);

    item->aliases = aliases.names;
    item->n_aliases = aliases.n;
    return err;
}

static enum mst_err fill_client(const struct walk *walk, int64_t id, struct mst_fleet_item *item)
{
    struct mst_row_client client = {.id = id};
    struct mst_row_quota quota = {.client_id = id};
    enum mst_err err = mst_tx_get(walk->tx, MST_IX_CLIENT, &client);

    if (err == MST_OK)
        err = mst_tx_get(walk->tx, MST_IX_QUOTA, &quota);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_ECORRUPT : err;
    item->state = mst_client_state(walk->domain, walk->tx, &client);
    item->is_locked = client.is_locked;
    item->suspect = client.suspect;
    item->activated_at = client.log_at;
    item->activated_by = client.log_peer;
    mst_quota_limits(&quota, item->limits);
    if (item->state == MST_STATE_PENDING)
        item->left_s = client.deadline - mst_tx_window_now(walk->tx);
    if (item->state == MST_STATE_PENDING || item->state == MST_STATE_ACTIVATED)
        err = mst_client_cik(walk->domain, walk->tx, &client, &item->cik);
    return err;
}

static enum mst_err give_resource(struct walk *walk, const struct mst_row_resource *resource)
{
    struct mst_fleet_item item = {.type = MST_FLEET_CLIENT +
                                          (enum mst_fleet_type)(resource->kind - MST_KIND_CLIENT),
                                  .created = resource->created,
                                  .modified = resource->modified,
                                  .is_public = resource->is_public,
                                  .format = resource->format,
                                  .name = resource->name,
                                  .meta = resource->meta,
                                  .detail = resource->detail};
    enum mst_err err = mst_domain_rid(walk->domain, resource, &item.rid);

    if (err == MST_OK && resource->id != walk->vendor->client_id)
        err = rid_of(walk, resource->owner_id, &item.owner);
    if (err == MST_OK)
        err = fill_aliases(walk, resource->id, &item);
    if (err == MST_OK && resource->kind == MST_KIND_CLIENT)
        err = fill_client(walk, resource->id, &item);
    walk->place->id = resource->id;
    if (err == MST_OK)
        err = give(walk, &item);
    mst_secret_wipe(&item.cik, sizeof item.cik);
    return err;
}

static enum mst_err note_resource(void *arg, const void *row)
{
    *(struct mst_row_resource *)arg = *(const struct mst_row_resource *)row;
    return MST_EREFUSED;
}

/* The first row of the owner's index behind key, where n_fixed fields must be met; id 0 if none. */
static enum mst_err first_of(struct mst_tx *tx, const struct mst_row_resource *key,
                             unsigned n_fixed, bool has_after, struct mst_row_resource *ret_found)
{
    const struct mst_scan scan = {.index = MST_IX_RESOURCE_OWNER,
                                  .key = key,
                                  .n_fixed = n_fixed,
                                  .has_after = has_after,
                                  .limit = 1};

    *ret_found = (struct mst_row_resource){0};
    return mst_tx_scan(tx, &scan, note_resource, ret_found);
}

static enum mst_err next_sibling(struct mst_tx *tx, const struct mst_row_resource *of,
                                 struct mst_row_resource *ret_next)
{
    enum mst_err err = first_of(tx, of, 2, true, ret_next); /* of the same kind */

    return err != MST_OK || ret_next->id != 0 ? err : first_of(tx, of, 1, true, ret_next);
}

/* What comes behind resource number id; id 0 behind the last. MST_ENOENT: it is gone. */
static enum mst_err next_in_tree(const struct walk *walk, int64_t id,
                                 struct mst_row_resource *ret_next)
{
    struct mst_row_resource at = {.id = id};
    const struct mst_row_resource children = {.owner_id = id};
    enum mst_err err = mst_tx_get(walk->tx, MST_IX_RESOURCE, &at);

    if (err == MST_OK)
        err = first_of(walk->tx, &children, 1, false, ret_next);
    while (err == MST_OK && ret_next->id == 0 && at.id != walk->vendor->client_id) {
        err = next_sibling(walk->tx, &at, ret_next);
        if (err != MST_OK || ret_next->id != 0)
            break;
        at.id = at.owner_id;
        err = mst_tx_get(walk->tx, MST_IX_RESOURCE, &at);
    }
    return err;
}

static enum mst_err walk_tree(struct walk *walk)
{
    struct mst_row_resource next = {.id = walk->vendor->client_id};
    enum mst_err err = walk->place->id == 0 ? mst_tx_get(walk->tx, MST_IX_RESOURCE, &next)
                                            : next_in_tree(walk, walk->place->id, &next);

    while (err == MST_OK && next.id != 0 && !walk->is_stopped) {
        err = give_resource(walk, &next);
        if (err == MST_OK && !walk->is_stopped)
            err = next_in_tree(walk, next.id, &next);
    }
    return err == MST_ENOENT ? vanished(walk) : err;
}

static enum mst_err give_vendor(struct walk *walk)
{
    struct mst_fleet_item item = {.type = MST_FLEET_VENDOR, .name = walk->vendor->name};
    enum mst_err err = rid_of(walk, walk->vendor->client_id, &item.rid);

    if (err != MST_OK || walk->place->skip > 0)
        return err;
    walk->place->skip = 1;
    return give(walk, &item);
}

/* ---- what is listed: the scans of all other phases ---- */

static enum mst_err give_token(struct walk *walk, const void *row)
{
    const struct mst_row_token *token = row;

    walk->place->text = token->name;
    return give(walk, &(struct mst_fleet_item){.type = MST_FLEET_TOKEN, .name = token->name});
}

static enum mst_err give_model(struct walk *walk, const void *row)
{
    const struct mst_row_model *model = row;
    struct mst_fleet_item item = {.type = MST_FLEET_MODEL,
                                  .name = model->name,
                                  .options = model->options,
                                  .window_s = model->window_s};
    enum mst_err err = rid_of(walk, model->template_id, &item.template);

    if (err == MST_OK)
        err = rid_of(walk, model->creator_id, &item.creator);
    walk->place->model_id = model->id;
    walk->place->text = model->name;
    walk->model = *model;
    return err != MST_OK ? err : give(walk, &item);
}

static enum mst_err give_share(struct walk *walk, const void *row)
{
    struct mst_row_vendor vendor = {.id = ((const struct mst_row_model_share *)row)->vendor_id};
    enum mst_err err = mst_tx_get(walk->tx, MST_IX_VENDOR, &vendor);

    walk->place->skip++;
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    return give(walk, &(struct mst_fleet_item){
                          .type = MST_FLEET_SHARE, .model = walk->model.name, .name = vendor.name});
}

static enum mst_err give_range(struct walk *walk, const void *row)
{
    struct mst_fleet_item item = {.type = MST_FLEET_RANGE, .model = walk->model.name};
    enum mst_err err = mst_range_of(row, &item.range);

    walk->place->skip++;
    return err != MST_OK ? err : give(walk, &item);
}

static enum mst_err give_group(struct walk *walk, const void *row)
{
    const struct mst_row_model_group *group = row;

    walk->place->group_id = group->id;
    walk->place->text = group->name;
    walk->group = *group;
    return give(walk, &(struct mst_fleet_item){.type = MST_FLEET_GROUP,
                                               .model = walk->model.name,
                                               .name = group->name,
                                               .meta = group->meta});
}

static enum mst_err give_member(struct walk *walk, const void *row)
{
    const struct mst_row_group_member *member = row;

    walk->place->skip++;
    return give(walk, &(struct mst_fleet_item){.type = MST_FLEET_MEMBER,
                                               .model = walk->model.name,
                                               .group = walk->group.name,
                                               .member_type = member->type,
                                               .member = member->member,
                                               .expire = member->expire,
                                               .meta = member->meta});
}

static enum mst_err give_content(struct walk *walk, const void *row)
{
    const struct mst_row_content *content = row;

    walk->place->content_id = content->id;
    walk->place->text = content->name;
    walk->content = *content;
    return give(walk, &(struct mst_fleet_item){.type = MST_FLEET_CONTENT,
                                               .model = walk->model.name,
                                               .name = content->name,
                                               .meta = content->meta,
                                               .is_protected = content->is_protected});
}

/* The next piece, which place->skip counts; MST_ENOENT: the blob was swept. */
static enum mst_err give_piece(struct walk *walk, int64_t n_pieces)
{
    const struct mst_row_content *content = &walk->content;
    struct mst_fleet_item item = {.type = MST_FLEET_BLOB,
                                  .model = walk->model.name,
                                  .name = content->name,
                                  .piece = walk->place->skip};
    enum mst_err err = content->size == 0 ? MST_OK
                                          : mst_blob_read(walk->tx, content->blob_id,
                                                          (uint64_t)item.piece, &item.bytes);

    if (err != MST_OK)
        return err;
    walk->place->skip++;
    if (walk->place->skip == n_pieces) {
        item.size = content->size;
        item.mime = mst_name_is_utf8(content->mime) ? content->mime : MST_CONTENT_MIME;
        item.sha256 = content->sha256;
    }
    return give(walk, &item);
}

/* All pieces must be of one blob: none goes on where another one has taken its place. */
static enum mst_err walk_blob(struct walk *walk)
{
    const struct mst_row_content *content = &walk->content;
    const int64_t whole = MST_PIECE_MAX;
    const int64_t n_pieces = content->size > whole ? (content->size - 1) / whole + 1 : 1;
    enum mst_err err = MST_OK;

    if (walk->place->skip == 0)
        walk->place->id = content->blob_id;
    else if (walk->place->id != content->blob_id)
        return vanished(walk);
    while (err == MST_OK && content->blob_id != 0 && walk->place->skip < n_pieces &&
           !walk->is_stopped)
        err = give_piece(walk, n_pieces);
    return err == MST_ENOENT ? vanished(walk) : err;
}

struct past {
    struct mst_fleet_activation *log;
    size_t n;
};

static enum mst_err count_entry(void *arg, const void *row)
{
    (void)row;
    ++*(size_t *)arg;
    return MST_OK;
}

static enum mst_err note_entry(void *arg, const void *row)
{
    const struct mst_row_log *entry = row;
    struct past *past = arg;

    past->log[past->n++] = (struct mst_fleet_activation){entry->at, entry->peer};
    return MST_OK;
}

static enum mst_err fill_log(const struct walk *walk, const struct mst_row_serial *serial,
                             struct mst_fleet_item *item)
{
    const struct mst_row_log key = {.model_id = serial->model_id, .sn = serial->sn};
    const struct mst_scan scan = {.index = MST_IX_LOG, .key = &key, .n_fixed = 2};
    struct past past = {0};
    size_t n = 0;
    enum mst_err err = mst_tx_scan(walk->tx, &scan, count_entry, &n);

    if (err != MST_OK || n == 0)
        return err;
    past.log = mst_arena_array(mst_tx_arena(walk->tx), n, sizeof *past.log);
    if (!past.log)
        return MST_ENOMEM;
    err = mst_tx_scan(walk->tx, &scan, note_entry, &past);
    item->log = past.log;
    item->n_log = past.n;
    return err;
}

static enum mst_err give_serial(struct walk *walk, const void *row)
{
    const struct mst_row_serial *serial = row;
    struct mst_row_vendor borrower = {.id = serial->lent_to};
    struct mst_fleet_item item = {.type = MST_FLEET_SERIAL,
                                  .model = walk->model.name,
                                  .sn = serial->sn,
                                  .extra = serial->extra};
    enum mst_err err = fill_log(walk, serial, &item);

    walk->place->text = serial->sn;
    if (err == MST_OK && serial->client_id != 0)
        err = rid_of(walk, serial->client_id, &item.rid);
    item.is_orphan = serial->client_id != 0 && item.rid.text[0] == '\0';
    if (err == MST_OK && serial->lent_to != 0) {
        err = mst_tx_get(walk->tx, MST_IX_VENDOR, &borrower);
        item.lent_to = err == MST_OK ? borrower.name : (struct mst_span){NULL, 0};
        err = err == MST_ENOENT ? MST_OK : err;
    }
    return err != MST_OK ? err : give(walk, &item);
}

/* By what a phase goes on: the name of its last row, or how many it has had. */
enum way { BY_TEXT, BY_COUNT };

static const struct phase {
    enum mst_index index;
    enum way way;
    enum mst_err (*give)(struct walk *walk, const void *row);
    bool is_outer; /* one row at a time: the phases behind it are of that row */
} phases[] = {
    [MST_FLEET_IN_TOKENS] = {MST_IX_TOKEN_NAME,       BY_TEXT,  give_token,   false},
    [MST_FLEET_IN_MODELS] = {MST_IX_MODEL_NAME,       BY_TEXT,  give_model,   true },
    [MST_FLEET_IN_SHARES] = {MST_IX_MODEL_SHARE,      BY_COUNT, give_share,   false},
    [MST_FLEET_IN_RANGES] = {MST_IX_SN_RANGE_FIRST,   BY_COUNT, give_range,   false},
    [MST_FLEET_IN_GROUPS] = {MST_IX_MODEL_GROUP_NAME, BY_TEXT,  give_group,   true },
    [MST_FLEET_IN_MEMBERS] = {MST_IX_GROUP_MEMBER,     BY_COUNT, give_member,  false},
    [MST_FLEET_IN_CONTENT] = {MST_IX_CONTENT_NAME,     BY_TEXT,  give_content, true },
    [MST_FLEET_IN_SERIALS] = {MST_IX_SERIAL,           BY_TEXT,  give_serial,  false},
};

/* The key of a phase's scan. */
union key {
    struct mst_row_token token;
    struct mst_row_model model;
    struct mst_row_model_share share;
    struct mst_row_sn_range range;
    struct mst_row_model_group group;
    struct mst_row_group_member member;
    struct mst_row_content content;
    struct mst_row_serial serial;
};

static union key key_of(const struct walk *walk, enum mst_fleet_phase phase)
{
    const struct mst_fleet_place *place = walk->place;
    union key key = {.serial = {0}};

    switch (phase) {
    case MST_FLEET_IN_TOKENS:
        key.token = (struct mst_row_token){.vendor_id = walk->vendor->id, .name = place->text};
        break;
    case MST_FLEET_IN_MODELS:
        key.model = (struct mst_row_model){.vendor_id = walk->vendor->id, .name = place->text};
        break;
    case MST_FLEET_IN_SHARES:
        key.share = (struct mst_row_model_share){.model_id = place->model_id};
        break;
    case MST_FLEET_IN_RANGES:
        key.range = (struct mst_row_sn_range){.model_id = place->model_id};
        break;
    case MST_FLEET_IN_GROUPS:
        key.group = (struct mst_row_model_group){.model_id = place->model_id, .name = place->text};
        break;
    case MST_FLEET_IN_MEMBERS:
        key.member = (struct mst_row_group_member){.group_id = place->group_id};
        break;
    case MST_FLEET_IN_CONTENT:
        key.content = (struct mst_row_content){.model_id = place->model_id, .name = place->text};
        break;
    case MST_FLEET_IN_SERIALS:
        key.serial = (struct mst_row_serial){.model_id = place->model_id, .sn = place->text};
        break;
    case MST_FLEET_IN_TREE:
    case MST_FLEET_IN_VENDOR:
    case MST_FLEET_IN_BLOB:
    case MST_FLEET_AT_END:
        break;
    }
    return key;
}

struct reading {
    struct walk *walk;
    const struct phase *phase;
    bool is_any;
};

static enum mst_err read_row(void *arg, const void *row)
{
    struct reading *reading = arg;
    enum mst_err err = reading->phase->give(reading->walk, row);

    reading->is_any = true;
    return err == MST_OK && (reading->walk->is_stopped || reading->phase->is_outer) ? MST_EREFUSED
                                                                                    : err;
}

static enum mst_err walk_rows(struct walk *walk, enum mst_fleet_phase number, bool *ret_is_any)
{
    const struct phase *phase = &phases[number];
    const union key key = key_of(walk, number);
    const struct mst_scan scan = {.index = phase->index,
                                  .key = &key,
                                  .n_fixed = 1,
                                  .has_after = phase->way == BY_TEXT,
                                  .offset = (uint64_t)walk->place->skip};
    struct reading reading = {.walk = walk, .phase = phase};
    enum mst_err err = mst_tx_scan(walk->tx, &scan, read_row, &reading);

    *ret_is_any = reading.is_any;
    return err;
}

/* ---- the phases in their order ---- */

static void enter(struct mst_fleet_place *place, enum mst_fleet_phase phase)
{
    place->phase = phase;
    place->id = place->skip = 0;
    place->text = (struct mst_span){NULL, 0};
}

/* Back to the model, group or entry whose rows were given, to go on behind it. */
static void leave_for(struct walk *walk, enum mst_fleet_phase outer)
{
    enter(walk->place, outer);
    walk->place->text = outer == MST_FLEET_IN_MODELS   ? walk->model.name
                        : outer == MST_FLEET_IN_GROUPS ? walk->group.name
                                                       : walk->content.name;
}

/* Where to go when a phase has no row any more. */
static void turn(struct walk *walk, enum mst_fleet_phase phase)
{
    if (phase == MST_FLEET_IN_MODELS)
        enter(walk->place, MST_FLEET_AT_END);
    else if (phase == MST_FLEET_IN_GROUPS)
        enter(walk->place, MST_FLEET_IN_CONTENT);
    else if (phase == MST_FLEET_IN_MEMBERS)
        leave_for(walk, MST_FLEET_IN_GROUPS);
    else if (phase == MST_FLEET_IN_CONTENT)
        enter(walk->place, MST_FLEET_IN_SERIALS);
    else if (phase == MST_FLEET_IN_BLOB)
        leave_for(walk, MST_FLEET_IN_CONTENT);
    else if (phase == MST_FLEET_IN_SERIALS)
        leave_for(walk, MST_FLEET_IN_MODELS);
    else
        enter(walk->place, phase + 1);
}

static enum mst_err step(struct walk *walk)
{
    enum mst_fleet_phase phase = (enum mst_fleet_phase)walk->place->phase;
    bool is_any = false;
    enum mst_err err;

    if (phase == MST_FLEET_IN_TREE)
        err = walk_tree(walk);
    else if (phase == MST_FLEET_IN_VENDOR)
        err = give_vendor(walk);
    else if (phase == MST_FLEET_IN_BLOB)
        err = walk_blob(walk);
    else
        err = walk_rows(walk, phase, &is_any);
    if (err != MST_OK || (walk->is_stopped && !phases[phase].is_outer))
        return err;
    /* A model, group or entry was given: what is in it comes next, whether or not the reader has enough. */
    if (is_any && phases[phase].is_outer)
        enter(walk->place, phase + 1);
    else if (!walk->is_stopped)
        turn(walk, phase);
    return MST_OK;
}

/* The model, group and entry that the place is in. MST_ENOENT: gone. */
static enum mst_err find_again(struct walk *walk)
{
    const struct mst_fleet_place *place = walk->place;
    enum mst_err err = MST_OK;

    if (place->phase > MST_FLEET_IN_MODELS && place->phase < MST_FLEET_AT_END) {
        walk->model.id = place->model_id;
        err = mst_tx_get(walk->tx, MST_IX_MODEL, &walk->model);
    }
    if (err == MST_OK && place->phase == MST_FLEET_IN_MEMBERS) {
        walk->group.id = place->group_id;
        err = mst_tx_get(walk->tx, MST_IX_MODEL_GROUP, &walk->group);
    }
    if (err == MST_OK && place->phase == MST_FLEET_IN_BLOB) {
        walk->content.id = place->content_id;
        err = mst_tx_get(walk->tx, MST_IX_CONTENT, &walk->content);
    }
    return err;
}

enum mst_err mst_fleet_export(const struct mst_domain *domain, struct mst_tx *tx,
                              const struct mst_row_vendor *vendor, struct mst_fleet_place *place,
                              enum mst_err (*each)(void *arg, const struct mst_fleet_item *item),
                              void *arg, enum mst_verdict *ret_verdict)
{
    struct walk walk = {.domain = domain,
                        .tx = tx,
                        .vendor = vendor,
                        .place = place,
                        .each = each,
                        .arg = arg,
                        .verdict = MST_DONE};
    enum mst_err err = find_again(&walk);

    if (err == MST_ENOENT)
        err = vanished(&walk);
    while (err == MST_OK && !walk.is_stopped && place->phase < MST_FLEET_AT_END)
        err = step(&walk);
    *ret_verdict = walk.verdict;
    return err;
}
