#include <string.h>

#include "core/client.h"
#include "core/lending.h"
#include "core/model.h"
#include "core/range.h"
#include "core/vendor.h"
#include "core/why.h"

/* clang-format off */
/* What an activation can be answered, and what that means to people. */
static const struct {
    const char *word, *text, *advice;
} words[MST_VERDICT_COUNT] = {
    [MST_DONE] = {
        "ready", "nothing stands in the way: the next activation gets the key",
        "if the device does not come through, see what it sends as vendor, model and serial number, "
        "and whether it reaches this server"},
    [MST_NO_VENDOR] = {
        "unknown-vendor", "there is no vendor of that name",
        "correct the vendor in the device: names are case-sensitive"},
    [MST_NO_MODEL] = {
        "unknown-model", "the vendor has no model of that name",
        "create the model, or correct it in the device: names are case-sensitive"},
    [MST_NO_SERIAL] = {
        "unknown-serial", "the model neither lists the serial number nor has a range with it in it",
        "add the serial number, just as the device writes it, and enable it with an owner"},
    [MST_NOT_ADDED] = {
        "not-enabled", "it is known, but was never added to an owner",
        "enable it with an owner"},
    [MST_ORPHANED] = {
        "orphaned", "its client was dropped, and it was not enabled again",
        "enable it with an owner: that makes a new client; or delete it"},
    [MST_EXPIRED] = {
        "window-over", "its window ran out before the device called in",
        "re-enable it, which opens a new window, and let the device call in at once"},
    [MST_ACTIVATED] = {
        "activated", "it is activated: a key is given once for each enabling",
        "if the device lost its key, or it was another that called in, re-enable it: the old key "
        "then dies"},
    [MST_DISABLED] = {
        "disabled", "it was disabled",
        "re-enable it if the device shall work again"},
    [MST_LOCKED] = {
        "locked", "its window is open, but its owner has locked the client",
        "unlock the client (RPC update, locked false)"},
};
/* clang-format on */

static const char no_template[] =
    "the model's template was dropped or its share code revoked, so enabling is refused: give the "
    "model another template first";

static const char listed_elsewhere[] = "enable it in the model that lists it, whose name the "
                                       "device must send, or take it off that list "
                                       "first: a vendor lists a serial number once";

static const char not_yours[] = "the vendor that asks did not enable it; of others it is not told";
static const char lent[] = "enable it with an owner, or ask the vendor that has the model";

/* ---- what is written almost alike ---- */

/* Other ways to write a serial number that devices and people mix up: something is cut off, and each
   character that is left changed. */
static char as_is(char c)
{
    return c;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static char plus(char c)
{
    return c == ' ' ? '+' : c;
}

static char space(char c)
{
    return c == '+' ? ' ' : c;
}

static struct mst_span whole(struct mst_span sn)
{
    return sn;
}

static struct mst_span without_zeros(struct mst_span sn)
{
    size_t from = 0;

    while (from + 1 < sn.len && sn.ptr[from] == '0')
        from++;
    return mst_span_cut(sn, from, sn.len);
}

static const struct {
    struct mst_span (*cut)(struct mst_span sn);
    char (*change)(char c);
} writings[] = {
    {whole,         lower},
    {whole,         upper},
    {whole,         plus },
    {whole,         space},
    {mst_span_trim, as_is},
    {without_zeros, as_is},
};

/* The same but for casing, spaces at the ends, and plus for space, which forms that are not escaped
   mix up (protocol.md 2.3)? */
static bool is_alike(struct mst_span a, struct mst_span b)
{
    a = mst_span_trim(a);
    b = mst_span_trim(b);
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (space(lower(a.ptr[i])) != space(lower(b.ptr[i])))
            return false;
    return true;
}

struct model_search {
    struct mst_span want, found;
};

static enum mst_err compare_model(void *arg, const void *row)
{
    const struct mst_row_model *model = row;
    struct model_search *search = arg;

    if (!is_alike(model->name, search->want))
        return MST_OK;
    search->found = model->name;
    return MST_EREFUSED;
}

static enum mst_err find_near_model(struct mst_tx *tx, int64_t vendor_id, struct mst_span name,
                                    struct mst_span *ret_name)
{
    const struct mst_row_model key = {.vendor_id = vendor_id};
    const struct mst_scan scan = {
        .index = MST_IX_MODEL_NAME, .key = &key, .n_fixed = 1, .limit = MST_NEAR_MODELS_MAX};
    struct model_search search = {.want = name};
    enum mst_err err = mst_tx_scan(tx, &scan, compare_model, &search);

    *ret_name = search.found;
    return err;
}

/* In which a MAC address is written. */
static const struct mst_sn_shape mac_shapes[] = {
    {MST_SN_MAC_COLON, MST_SN_UPPER, 0 },
    {MST_SN_MAC_COLON, MST_SN_LOWER, 0 },
    {MST_SN_MAC_DASH,  MST_SN_UPPER, 0 },
    {MST_SN_MAC_DASH,  MST_SN_LOWER, 0 },
    {MST_SN_MAC_DOT,   MST_SN_UPPER, 0 },
    {MST_SN_MAC_DOT,   MST_SN_LOWER, 0 },
    {MST_SN_BASE16,    MST_SN_UPPER, 12},
    {MST_SN_BASE16,    MST_SN_LOWER, 12},
};

enum {
    WRITINGS = sizeof writings / sizeof writings[0],
    MACS = sizeof mac_shapes / sizeof mac_shapes[0],
    WRITINGS_MAX = WRITINGS + MACS + MST_NEAR_ZEROS_MAX
};

/* Twelve digits alone may be a MAC too. */
static bool is_mac(struct mst_span sn, uint64_t *ret_value)
{
    const struct mst_sn_shape digits = {MST_SN_BASE16, MST_SN_EITHER, 12};

    return mst_sn_read_mac(sn, ret_value) || mst_sn_read(&digits, sn, ret_value);
}

/* What a spreadsheet took away from a number, or put in front of it. */
static size_t write_zeros(size_t n_zeros, struct mst_span sn, char ret[MST_SN_MAX + 1])
{
    sn = without_zeros(sn);
    for (size_t i = 0; i < sn.len; i++)
        if (sn.ptr[i] < '0' || sn.ptr[i] > '9')
            return 0;
    if (n_zeros + sn.len > MST_SN_MAX)
        return 0;
    memset(ret, '0', n_zeros);
    memcpy(ret + n_zeros, sn.ptr, sn.len);
    return n_zeros + sn.len;
}

/* Gives the length; 0: not one that can be written so. */
static size_t write_nth(size_t n, struct mst_span sn, char ret[MST_SN_MAX + 1])
{
    uint64_t mac;

    if (n < WRITINGS) {
        sn = writings[n].cut(sn);
        for (size_t i = 0; i < sn.len; i++)
            ret[i] = writings[n].change(sn.ptr[i]);
        return sn.len;
    }
    n -= WRITINGS;
    if (n < MACS)
        return is_mac(sn, &mac) ? mst_sn_write(&mac_shapes[n], mac, ret) : 0;
    return write_zeros(n - MACS + 1, sn, ret);
}

/* The serial number as the model knows it, if that is written almost alike. */
static enum mst_err find_near_sn(const struct mst_domain *domain, struct mst_tx *tx,
                                 int64_t model_id, struct mst_span sn, struct mst_span *ret_sn)
{
    for (size_t n = 0; n < WRITINGS_MAX && sn.len <= MST_SN_MAX; n++) {
        char text[MST_SN_MAX + 1];
        struct mst_span written = mst_span_of(text, write_nth(n, sn, text));
        struct mst_bond bond;
        enum mst_err err;

        if (written.len == 0 || mst_span_eq(written, sn))
            continue;
        err = mst_bond_load(domain, tx, model_id, written, &bond);
        if (err != MST_OK)
            return err;
        if (bond.state != MST_STATE_UNLISTED)
            return mst_arena_dup(mst_tx_arena(tx), written, ret_sn);
    }
    return MST_OK;
}

static enum mst_err note_model(void *arg, const void *row)
{
    *(int64_t *)arg = ((const struct mst_row_serial *)row)->model_id;
    return MST_OK;
}

/* Another model of the vendor that lists sn; with sn_scope model there may be many. */
static enum mst_err find_elsewhere(struct mst_tx *tx, const struct mst_row_model *model,
                                   struct mst_span sn, struct mst_span *ret_name)
{
    const struct mst_row_serial key = {.vendor_id = model->vendor_id, .sn = sn};
    const struct mst_scan scan = {
        .index = MST_IX_SERIAL_VENDOR, .key = &key, .n_fixed = 2, .limit = 1};
    struct mst_row_model other = {0};
    enum mst_err err = mst_tx_scan(tx, &scan, note_model, &other.id);

    if (err != MST_OK || other.id == 0 || other.id == model->id)
        return err;
    err = mst_tx_get(tx, MST_IX_MODEL, &other);
    if (err == MST_OK)
        *ret_name = other.name;
    return err == MST_ENOENT ? MST_ECORRUPT : err;
}

/* ---- facts ---- */

static enum mst_err tell_client(const struct mst_domain *domain, struct mst_tx *tx,
                                const struct mst_bond *bond, struct mst_why *why)
{
    const struct mst_row_client *client = &bond->client;
    struct mst_row_resource resource = {.id = client->id};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);

    if (err == MST_OK)
        err = mst_client_rid(domain, tx, client, &why->rid);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_ECORRUPT : err;
    why->has_client = true;
    why->is_locked = client->is_locked;
    why->created = resource.created;
    why->status = mst_lifecycle_word(bond->state, client->is_locked);
    why->has_window = client->deadline != 0 &&
                      (bond->state == MST_STATE_PENDING || bond->state == MST_STATE_EXPIRED);
    why->deadline = why->has_window ? client->deadline : 0;
    why->left_s = why->has_window ? client->deadline - mst_tx_window_now(tx) : 0;
    why->activated_at = client->log_at;
    why->activated_from = client->log_peer;
    return MST_OK;
}

static enum mst_err tell_template(struct mst_tx *tx, const struct mst_row_model *model,
                                  struct mst_why *why)
{
    struct mst_row_resource template;
    enum mst_verdict verdict = MST_DONE;
    enum mst_err err = mst_model_template(tx, model, &verdict, &template);

    why->is_template_gone = verdict != MST_DONE;
    return err;
}

/* borrower: NULL = the vendor of the model asks. To others nothing is told but of what they enabled. */
static enum mst_err tell_serial(const struct mst_domain *domain, struct mst_tx *tx,
                                const struct mst_row_model *model,
                                const struct mst_row_vendor *borrower, struct mst_span asked_sn,
                                struct mst_bond *bond, struct mst_why *why)
{
    enum mst_err err = MST_OK;

    mst_lending_veil(borrower, bond);
    why->verdict = mst_lifecycle_step(bond->state, MST_ON_ACTIVATE, bond->client.is_locked).verdict;
    if (bond->state != MST_STATE_UNLISTED)
        why->sn = bond->serial.sn;
    if (mst_bond_has_client(bond))
        return tell_client(domain, tx, bond, why);
    if (borrower)
        return MST_OK;
    if (bond->state == MST_STATE_UNLISTED)
        err = find_near_sn(domain, tx, model->id, asked_sn, &why->near.sn);
    else
        err = tell_template(tx, model, why);
    if (err == MST_OK && bond->is_virtual)
        err = mst_range_find(tx, model->id, bond->serial.sn, &why->is_in_range, &why->range);
    if (err == MST_OK && (bond->is_virtual || bond->state == MST_STATE_UNLISTED))
        err = find_elsewhere(tx, model, asked_sn, &why->elsewhere);
    return err;
}

/* A vendor that exists, but is not the one that asks: is the model lent to it? */
static enum mst_err check_share(struct mst_tx *tx, const struct mst_row_vendor *asker,
                                const struct mst_row_model *model, enum mst_verdict *ret_verdict)
{
    struct mst_row_model_share share = {.model_id = model->id, .vendor_id = asker->id};
    enum mst_err err = mst_tx_get(tx, MST_IX_MODEL_SHARE, &share);

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_verdict = err == MST_OK ? MST_DONE : MST_NO_SHARE;
    return MST_OK;
}

static void say(const struct mst_domain *domain, bool is_own, struct mst_why *why)
{
    why->word = words[why->verdict].word;
    why->text = words[why->verdict].text;
    why->advice = words[why->verdict].advice;
    if (why->is_template_gone) {
        why->advice = no_template;
    } else if (why->elsewhere.len > 0 && !domain->is_sn_scope_model) {
        why->advice = listed_elsewhere;
    } else if (why->verdict == MST_NO_SERIAL && !is_own) {
        why->text = not_yours;
        why->advice = lent;
    }
}

enum mst_err mst_why(const struct mst_domain *domain, struct mst_tx *tx,
                     const struct mst_row_vendor *asker, const struct mst_activation *activation,
                     enum mst_verdict *ret_verdict, struct mst_why *ret_why)
{
    struct mst_row_vendor vendor = {0};
    struct mst_row_model model = {0};
    struct mst_why why = {.status = ""};
    struct mst_bond bond;
    bool is_own;
    enum mst_err err;

    *ret_verdict = MST_BAD_VALUE;
    if (activation->vendor.len == 0 || activation->model.len == 0 || activation->sn.len == 0)
        return MST_OK;
    err = mst_activation_find(domain, tx, activation, &why.verdict, &vendor, &model, &bond);
    if (err != MST_OK)
        return err;
    is_own = vendor.id == asker->id;
    *ret_verdict = is_own || why.verdict == MST_NO_VENDOR ? MST_DONE : MST_NO_SHARE;
    if (!is_own && why.verdict == MST_DONE)
        err = check_share(tx, asker, &model, ret_verdict);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    why.vendor = vendor.name;
    why.model = model.name;
    if (why.verdict == MST_NO_VENDOR && is_alike(activation->vendor, asker->name))
        why.near.vendor = asker->name;
    else if (why.verdict == MST_NO_MODEL)
        err = find_near_model(tx, vendor.id, activation->model, &why.near.model);
    else if (why.verdict == MST_DONE)
        err = tell_serial(domain, tx, &model, is_own ? NULL : asker, activation->sn, &bond, &why);
    if (err != MST_OK)
        return err;
    say(domain, is_own, &why);
    *ret_why = why;
    return MST_OK;
}
