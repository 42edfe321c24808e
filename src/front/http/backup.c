/*
 * POST /muster/v1/backup, an addition of ours for the operator: a backup of the whole store while
 * it works, made below the server's setting backup_dir, on a thread that neither serves
 * nor commits. Reply: 200 with its path and sizes; 409 while another one is being made; 503 if it
 * cannot be made, the log then says why.
 */
#include "front/http/handlers.h"
#include "sys/log.h"

/* The inside of a JSON string. */
static void add_text(struct mst_buf *out, const char *text)
{
    for (const char *c = text; *c; c = &c[1]) {
        if (*c == '"' || *c == '\\')
            (void)mst_buf_addf(out, "\\%c", *c);
        else if ((unsigned char)*c < ' ')
            (void)mst_buf_addf(out, "\\u%04x", (unsigned)*c);
        else
            (void)mst_buf_add_byte(out, *c);
    }
}

static enum mst_err make_backup(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_http_opts *opts = x->env->opts;
    unsigned long long bytes[MST_FILE_COUNT];
    struct mst_backup backup;
    enum mst_err err = mst_store_backup(opts->store, opts->backup_dir, &backup);

    (void)tx;
    if (err == MST_EBUSY)
        return mst_exchange_refuse_with(x, 409);
    if (err != MST_OK)
        return mst_exchange_refuse_with(x, 503);
    for (int i = 0; i < MST_FILE_COUNT; i++)
        bytes[i] = backup.bytes[i];
    mst_log(MST_LOG_INFO, MST_EV_BACKUP, "%s/%s was made in %llu ms", opts->backup_dir, backup.name,
            (unsigned long long)backup.took_us / 1000);
    (void)mst_buf_add_str(&x->reply, "{\"path\":\"");
    add_text(&x->reply, opts->backup_dir);
    (void)mst_buf_addf(&x->reply,
                       "/%s\",\"made\":%lld,\"bytes\":%llu,\"files\":{\"muster.db\":%llu,"
                       "\"points.db\":%llu,\"content.db\":%llu},\"ms\":%llu}",
                       backup.name, (long long)backup.made_at,
                       bytes[MST_FILE_STATE] + bytes[MST_FILE_POINTS] + bytes[MST_FILE_CONTENT],
                       bytes[MST_FILE_STATE], bytes[MST_FILE_POINTS], bytes[MST_FILE_CONTENT],
                       (unsigned long long)backup.took_us / 1000);
    return mst_exchange_answer(x, 200, MST_TYPE_JSON);
}

enum mst_err mst_backup_post(struct mst_exchange *x, struct mst_tx *tx)
{
    (void)tx;
    return mst_exchange_go(x, MST_APART, NULL, make_backup);
}
