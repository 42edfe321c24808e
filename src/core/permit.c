#include <assert.h>

#include "core/lending.h"
#include "core/model.h"
#include "core/permit.h"

#define CELL_yes   MST_DONE
#define CELL_key   MST_NO_AUTH
#define CELL_name  MST_NO_VENDOR_NAME
#define CELL_share MST_NO_SHARE
#define CELL_root  MST_RESTRICTED

struct row {
    enum mst_permit_by by;
    enum mst_permit_place place;
    enum mst_verdict cells[MST_ROLE_COUNT];
};

/* clang-format off */
#define ROW(name, by, place, a, b, c, d, e, f, g, h, words)                               \
    [MST_MAY_##name] = {MST_BY_##by, MST_PLACE_##place,                                   \
                        {CELL_##a, CELL_##b, CELL_##c, CELL_##d, CELL_##e, CELL_##f, CELL_##g, CELL_##h}},
static const struct row table[MST_ACTION_COUNT] = {MST_ACTIONS(ROW)};
/* clang-format on */

enum mst_verdict mst_permit(enum mst_action action, enum mst_role role)
{
    assert((unsigned)action < MST_ACTION_COUNT && (unsigned)role < MST_ROLE_COUNT);
    return table[action].cells[role];
}

enum mst_permit_by mst_permit_by(enum mst_action action)
{
    assert((unsigned)action < MST_ACTION_COUNT);
    return table[action].by;
}

enum mst_permit_place mst_permit_place(enum mst_action action)
{
    assert((unsigned)action < MST_ACTION_COUNT);
    return table[action].place;
}

/* ---- who is calling ---- */

static enum mst_err find_key(const struct mst_domain *domain, struct mst_tx *tx,
                             const struct mst_permit_request *request,
                             enum mst_verdict *ret_verdict, struct mst_manager *ret_manager)
{
    struct mst_manager manager = {0};
    enum mst_err err;

    if (table[request->action].by == MST_BY_KEY)
        return mst_access_manager(domain, tx, request->cik, request->token, ret_verdict,
                                  ret_manager);
    err = mst_access_cik(domain, tx, request->cik, ret_verdict, &manager.client);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    manager.client_id = manager.client.id;
    *ret_manager = manager;
    return MST_OK;
}

/* What the resource is, asked only where the table makes a difference: most calls are spared it. */
static enum mst_err find_role(struct mst_tx *tx, const enum mst_verdict *cells,
                              const struct mst_manager *manager, enum mst_role *ret_role)
{
    struct mst_row_resource resource = {.id = manager->client_id};
    enum mst_err err = MST_OK;

    *ret_role = MST_ROLE_CLIENT;
    if (manager->has_vendor)
        *ret_role = manager->is_token ? MST_ROLE_TOKEN : MST_ROLE_VENDOR;
    else if (cells[MST_ROLE_DEVICE] != cells[MST_ROLE_CLIENT] ||
             cells[MST_ROLE_ROOT] != cells[MST_ROLE_CLIENT]) {
        err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
        if (err == MST_OK && resource.owner_id == 0)
            *ret_role = MST_ROLE_ROOT;
        else if (err == MST_OK && resource.sn.len > 0)
            *ret_role = MST_ROLE_DEVICE;
    }
    return err == MST_ENOENT ? MST_ECORRUPT : err;
}

/* Is it about another vendor's model? The caller's own name has no effect (2.2). */
static bool is_foreign(const struct mst_permit_request *request, const struct mst_caller *caller)
{
    return table[request->action].place == MST_PLACE_LENT && caller->manager.has_vendor &&
           request->vendor_name.len > 0 &&
           !mst_span_eq(request->vendor_name, caller->manager.vendor.name);
}

static enum mst_err find_model(const struct mst_domain *domain, struct mst_tx *tx,
                               const struct mst_permit_request *request,
                               enum mst_verdict *ret_verdict, struct mst_caller *caller)
{
    const struct mst_row_vendor *own = &caller->manager.vendor;
    enum mst_err err;

    if (!is_foreign(request, caller)) {
        caller->vendor = *own;
        return mst_model_get(tx, own->id, request->model, ret_verdict, &caller->model);
    }
    err = mst_lending_find(domain, tx, own->id, request->vendor_name, request->model, ret_verdict,
                           &caller->vendor, &caller->model);
    if (err == MST_OK)
        caller->role = *ret_verdict == MST_DONE ? MST_ROLE_BORROWER : MST_ROLE_STRANGER;
    return err;
}

/*
 * The cell is asked before the model is looked for and, since that shows whether
 * it is lent, once more behind it.
 */
static enum mst_err judge(const struct mst_domain *domain, struct mst_tx *tx,
                          const struct mst_permit_request *request, enum mst_verdict *ret_verdict,
                          struct mst_caller *caller)
{
    const struct row *row = &table[request->action];
    enum mst_err err = find_role(tx, row->cells, &caller->manager, &caller->role);

    if (err != MST_OK)
        return err;
    *ret_verdict = row->cells[caller->role];
    if (*ret_verdict != MST_DONE || row->place == MST_PLACE_NONE)
        return MST_OK;
    err = find_model(domain, tx, request, ret_verdict, caller);
    if (err == MST_OK && row->cells[caller->role] != MST_DONE)
        *ret_verdict = row->cells[caller->role];
    return err;
}

enum mst_err mst_permit_ask(const struct mst_domain *domain, struct mst_tx *tx,
                            const struct mst_permit_request *request, enum mst_verdict *ret_verdict,
                            struct mst_caller *ret_caller)
{
    struct mst_caller caller = {.role = MST_ROLE_NOBODY};
    enum mst_verdict verdict = MST_NO_AUTH;
    enum mst_err err = find_key(domain, tx, request, &verdict, &caller.manager);

    if (err != MST_OK)
        return err;
    caller.has_key = verdict == MST_DONE;
    if (caller.has_key)
        err = judge(domain, tx, request, &verdict, &caller);
    if (err != MST_OK)
        return err;
    *ret_verdict = verdict;
    *ret_caller = caller;
    return MST_OK;
}
