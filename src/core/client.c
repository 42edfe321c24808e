#include <assert.h>

#include "core/client.h"
#include "core/foreign.h"
#include "core/range.h"

enum mst_state mst_client_state(const struct mst_domain *domain, struct mst_tx *tx,
                                const struct mst_row_client *client)
{
    int64_t late = domain->defects & MST_DEFECTIVE_EXPIRY ? 1 : 0;

    return mst_lifecycle_at((enum mst_state)client->state, client->deadline,
                            mst_tx_window_now(tx) - late);
}

enum mst_err mst_bond_of(const struct mst_domain *domain, struct mst_tx *tx,
                         const struct mst_row_serial *serial, struct mst_bond *ret_bond)
{
    struct mst_bond bond = {.state = MST_STATE_UNUSED, .serial = *serial};

    if (serial->client_id != 0) {
        bond.client.id = serial->client_id;
        enum mst_err err = mst_tx_get(tx, MST_IX_CLIENT, &bond.client);
        if (err != MST_OK && err != MST_ENOENT)
            return err;
        bond.state =
            err == MST_OK ? mst_client_state(domain, tx, &bond.client) : MST_STATE_ORPHANED;
    }
    *ret_bond = bond;
    return MST_OK;
}

/* Without a record: does a range hold it? */
static enum mst_err unlisted_bond(struct mst_tx *tx, int64_t model_id, struct mst_span sn,
                                  struct mst_bond *ret_bond)
{
    struct mst_sn_range range;
    bool is_in;
    enum mst_err err = mst_range_find(tx, model_id, sn, &is_in, &range);

    if (err != MST_OK)
        return err;
    *ret_bond = (struct mst_bond){
        .state = is_in ? MST_STATE_UNUSED : MST_STATE_UNLISTED,
        .is_virtual = is_in,
        .serial = {.model_id = model_id, .sn = sn}
    };
    return MST_OK;
}

enum mst_err mst_bond_load(const struct mst_domain *domain, struct mst_tx *tx, int64_t model_id,
                           struct mst_span sn, struct mst_bond *ret_bond)
{
    struct mst_row_serial serial = {.model_id = model_id, .sn = sn};
    enum mst_err err = mst_tx_get(tx, MST_IX_SERIAL, &serial);

    if (err == MST_ENOENT)
        return unlisted_bond(tx, model_id, sn, ret_bond);
    return err != MST_OK ? err : mst_bond_of(domain, tx, &serial, ret_bond);
}

bool mst_bond_has_client(const struct mst_bond *bond)
{
    return bond->state >= MST_STATE_PENDING;
}

void mst_client_rekey(const struct mst_domain *domain, struct mst_tx *tx,
                      struct mst_row_client *client)
{
    client->kid = domain->keys->current_kid(domain->keys->ctx);
    client->epoch++;
    client->salt = (int64_t)mst_tx_random(tx);
    client->delta = (struct mst_span){NULL, 0};
    client->attempt = 0;
    client->suspect = MST_SUSPECT_NO;
}

struct last_seq {
    int64_t seq;
};

static enum mst_err note_seq(void *arg, const void *row)
{
    struct last_seq *last = arg;

    last->seq = ((const struct mst_row_log *)row)->seq;
    return MST_EREFUSED;
}

enum mst_err mst_client_settle_log(struct mst_tx *tx, struct mst_row_client *client,
                                   int64_t model_id, struct mst_span sn)
{
    struct mst_row_log entry = {.model_id = model_id, .sn = sn};
    struct mst_scan newest = {
        .index = MST_IX_LOG, .key = &entry, .n_fixed = 2, .is_descending = true, .limit = 1};
    struct last_seq last = {0};
    enum mst_err err;

    if (client->log_at != 0 && sn.len > 0) {
        err = mst_tx_scan(tx, &newest, note_seq, &last);
        if (err != MST_OK)
            return err;
        entry.seq = last.seq + 1;
        entry.at = client->log_at;
        entry.peer = client->log_peer;
        err = mst_tx_insert(tx, MST_TABLE_LOG, &entry);
        if (err != MST_OK)
            return err;
    }
    client->log_at = 0;
    client->log_peer = (struct mst_span){NULL, 0};
    return MST_OK;
}

int64_t mst_window_of(const struct mst_domain *domain, const struct mst_row_model *model)
{
    return model->window_s > 0 ? model->window_s : domain->window_s;
}

int64_t mst_deadline_after(struct mst_tx *tx, int64_t window_s)
{
    int64_t deadline;

    return __builtin_add_overflow(mst_tx_window_now(tx), window_s, &deadline) ? INT64_MAX
                                                                              : deadline;
}

#define BIT(name) MST_BIT(client, name)

/* Which fields an effect writes. */
static const struct {
    unsigned effect;
    uint64_t mask;
} written[] = {
    {MST_FX_NEW_KEY,      BIT(kid) | BIT(epoch) | BIT(salt) | BIT(delta) | BIT(attempt) |
                         BIT(key_attempt) | BIT(log_at) | BIT(log_peer) | BIT(suspect) |
                         BIT(foreign_bits)      },
    {MST_FX_OPEN_WINDOW,  BIT(deadline)                             },
    {MST_FX_CLOSE_WINDOW, BIT(deadline)                             },
    {MST_FX_LOG,          BIT(attempt) | BIT(log_at) | BIT(log_peer)},
};

enum mst_err mst_client_apply(const struct mst_domain *domain, struct mst_tx *tx,
                              struct mst_row_client *client,
                              const struct mst_transition *transition,
                              const struct mst_change *change)
{
    unsigned effects = transition->effects;
    uint64_t mask = MST_BIT(client, state);

    assert(transition->verdict == MST_DONE && transition->next >= MST_STATE_PENDING);
    if (effects & MST_FX_NEW_KEY) {
        enum mst_err err = mst_client_settle_log(tx, client, change->model_id, change->sn);
        if (err == MST_OK)
            err = mst_foreign_end_cik(tx, client);
        if (err != MST_OK)
            return err;
        mst_client_rekey(domain, tx, client);
        client->key_attempt = change->attempt;
    }
    if (effects & MST_FX_OPEN_WINDOW)
        client->deadline = mst_deadline_after(tx, change->window_s);
    if (effects & MST_FX_CLOSE_WINDOW)
        client->deadline = 0;
    if (effects & MST_FX_LOG) {
        int64_t at = mst_tx_wall_now(tx);
        client->log_at = at > 0 ? at : 1; /* 0 means none, and a clock may start there */
        client->log_peer = change->peer;
        client->attempt = change->attempt;
    }
    client->state = transition->next;
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        if (effects & written[i].effect)
            mask |= written[i].mask;
    }
    return mst_tx_update(tx, MST_TABLE_CLIENT, client, mask);
}

enum mst_err mst_client_cik(const struct mst_domain *domain, struct mst_tx *tx,
                            const struct mst_row_client *client, struct mst_handle *ret_cik)
{
    struct mst_key_seed seed = mst_client_seed(client);

    if (client->foreign_bits & MST_FOREIGN_CIK)
        return mst_foreign_cik(domain, tx, client, ret_cik);
    return domain->keys->mint(domain->keys->ctx, MST_HANDLE_CIK, &seed, ret_cik);
}

enum mst_err mst_client_rid(const struct mst_domain *domain, struct mst_tx *tx,
                            const struct mst_row_client *client, struct mst_handle *ret_rid)
{
    struct mst_row_resource resource = {.id = client->id, .gen_ix = client->gen_ix};

    if (client->foreign_bits & MST_FOREIGN_RID) {
        enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
        if (err != MST_OK)
            return err == MST_ENOENT ? MST_ECORRUPT : err;
    }
    return mst_domain_rid(domain, &resource, ret_rid);
}
