/*
 * After a restore (core/fence.h) the operator wants to know which of the keys that came back
 * are in use. The first use of each is written down by a command that nobody waits for, and said
 * in the log when it is durable. Should the queue be full, the next use does it.
 */
#include <stdlib.h>
#include <string.h>

#include "core/fence.h"
#include "front/http/suspect.h"
#include "sys/log.h"
#include "sys/metric.h"

enum { PEER_CHARS = 64 };

struct sighting {
    struct mst_cmd cmd; /* first: the store hands it back */
    const struct mst_domain *domain;
    int64_t client_id;
    bool is_first;
    struct mst_handle rid;
    char peer[PEER_CHARS];
};

static enum mst_err write_down(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct sighting *sighting = (struct sighting *)cmd;

    sighting->is_first = false;
    return mst_fence_seen(sighting->domain, tx, sighting->client_id, &sighting->is_first,
                          &sighting->rid);
}

static void report(struct mst_cmd *cmd, enum mst_err err)
{
    struct sighting *sighting = (struct sighting *)cmd;

    if (err == MST_OK && sighting->is_first) {
        mst_metric_add(MST_M_SUSPECT, 0, 1);
        mst_log(MST_LOG_WARNING, MST_EV_SUSPECT_USED,
                "a key that the restored backup brought back was used for the first time since, by "
                "client %.*s from %s: if it was ended after the backup, end it again",
                MST_HANDLE_CHARS, sighting->rid.text, sighting->peer);
    }
    free(sighting);
}

void mst_suspect_seen(const struct mst_domain *domain, struct mst_store *store,
                      struct mst_span peer, const struct mst_row_client *client)
{
    struct sighting *sighting;

    if (client->suspect != MST_SUSPECT_UNSEEN)
        return;
    sighting = calloc(1, sizeof *sighting);
    if (!sighting)
        return;
    sighting->cmd = (struct mst_cmd){
        .run = write_down, .done = report, .file = MST_FILE_STATE, .is_single = true};
    sighting->domain = domain;
    sighting->client_id = client->id;
    peer = mst_span_cut(peer, 0, PEER_CHARS - 1);
    if (peer.len > 0)
        memcpy(sighting->peer, peer.ptr, peer.len);
    if (mst_store_submit(store, &sighting->cmd) != MST_OK)
        free(sighting);
}
