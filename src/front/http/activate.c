/* POST /provision/activate (protocol.md 2.5): parameters on the loop, the rest as one command. */
#include "core/lane.h"
#include "front/http/handlers.h"
#include "front/http/params.h"
#include "sys/clock.h"
#include "sys/log.h"

/*
 * Told at most once a second, or a crowd of guessers could fill the disk with it.
 * The serial number stays out: the log may be read by more people than the fleet's list.
 */
static void tell_second_caller(const struct mst_activation *activation)
{
    static int64_t told_at;
    int64_t now = mst_clock_wall_s();

    if (__atomic_exchange_n(&told_at, now, __ATOMIC_RELAXED) == now)
        return;
    mst_log(MST_LOG_WARNING, MST_EV_SECOND_CALLER,
            "a device of vendor %.*s, model %.*s was activated from another address than %.*s, "
            "which asks now: if that one is the real device, re-enable the serial number",
            (int)activation->vendor.len, activation->vendor.ptr, (int)activation->model.len,
            activation->model.ptr, (int)activation->peer.len, activation->peer.ptr);
}

static enum mst_err activate(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_activation *activation = x->work;
    enum mst_verdict verdict = MST_NO_VENDOR;
    struct mst_handle cik;
    enum mst_err err;

    activation->attempt = x->attempt;
    err = mst_activate(mst_exchange_domain(x), tx, activation, &verdict, &cik);
    if (err == MST_OK && verdict == MST_SECOND_CALLER)
        tell_second_caller(activation);
    err = mst_exchange_settle(x, err, verdict);
    if (err != MST_OK)
        return err;
    (void)mst_buf_add(&x->reply, mst_handle_span(&cik));
    mst_secret_wipe(&cik, sizeof cik);
    x->is_secret = true;
    return mst_exchange_answer(x, 200, MST_TYPE_TEXT);
}

enum mst_err mst_activate_post(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_activation *activation = mst_arena_alloc(&x->arena, sizeof *activation);
    struct mst_param vendor, model, sn;
    struct mst_form form;
    enum mst_err err;

    (void)tx;
    if (!activation)
        return MST_ENOMEM;
    err = mst_exchange_form(x, &form);
    if (err == MST_OK)
        err = mst_param_get(x, &form, "vendor", &vendor);
    if (err == MST_OK)
        err = mst_param_get(x, &form, "model", &model);
    if (err == MST_OK)
        err = mst_param_get(x, &form, "sn", &sn);
    if (err != MST_OK)
        return err;
    if (vendor.text.len == 0 || model.text.len == 0 || sn.text.len == 0)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    *activation = (struct mst_activation){
        .vendor = vendor.text,
        .model = model.text,
        .sn = sn.text,
        .plus_vendor = vendor.plus,
        .plus_model = model.plus,
        .plus_sn = sn.plus,
        .peer = x->peer,
    };
    x->work = activation;
    x->is_single = true;
    x->lane = mst_lane_of_name(vendor.text);
    return mst_exchange_go(x, MST_STATE, NULL, activate);
}
