#include <stdlib.h>

#include "net/datagram.h"
#include "server/admin.h"
#include "server/udp.h"

struct mst_udp_ports {
    struct mst_udp *udp;
    struct mst_datagrams
        *items[MST_LISTENS_MAX]; /* the loop's, if it ends before they are closed */
    struct mst_addr addrs[MST_LISTENS_MAX];
    size_t n_items;
};

static enum mst_err open_port(struct mst_udp_ports *ports, struct mst_loop *loop,
                              const struct mst_addr *addr, struct mst_buf *why)
{
    struct mst_datagrams **port = &ports->items[ports->n_items];
    enum mst_err err = mst_datagrams_open(loop, addr, mst_udp_received, ports->udp, port);

    if (err)
        return mst_cannot_listen(addr, err, why);
    ports->addrs[ports->n_items] = *mst_datagrams_addr(*port);
    ports->n_items++;
    return MST_OK;
}

enum mst_err mst_udp_ports_open(const struct mst_settings *settings, struct mst_loop *loop,
                                struct mst_store *store, const struct mst_domain *domain,
                                struct mst_udp_ports **ret_ports, struct mst_buf *why)
{
    const struct mst_udp_opts opts = {
        .domain = domain,
        .store = store,
        .per_s = (unsigned)settings->udp_rate,
        .is_bad_value_skipped = settings->alias_skip_bad_values != 0,
    };
    struct mst_udp_ports *ports;
    enum mst_err err;

    if (settings->udp.n_items == 0) {
        *ret_ports = NULL;
        return MST_OK;
    }
    ports = calloc(1, sizeof *ports);
    err = ports ? mst_udp_new(loop, &opts, &ports->udp) : MST_ENOMEM;
    if (err)
        (void)mst_buf_addf(why, "no memory or reader for datagrams: %s\n", mst_err_text(err));
    for (size_t i = 0; i < settings->udp.n_items && !err; i++)
        err = open_port(ports, loop, &settings->udp.items[i].addr, why);
    if (!err) {
        *ret_ports = ports;
        return MST_OK;
    }
    for (size_t i = 0; ports && i < ports->n_items; i++)
        mst_datagrams_close(ports->items[i]);
    mst_udp_ports_free(ports);
    return err;
}

void mst_udp_ports_print_ready(const struct mst_udp_ports *ports, struct mst_buf *out)
{
    char text[MST_ADDR_CHARS];

    for (size_t i = 0; ports && i < ports->n_items; i++) {
        mst_addr_print(&ports->addrs[i], text);
        (void)mst_buf_addf(out, " udp=%s", text);
    }
}

void mst_udp_ports_drain(struct mst_udp_ports *ports, void (*idle)(void *arg), void *arg)
{
    if (!ports) {
        idle(arg);
        return;
    }
    for (size_t i = 0; i < ports->n_items; i++)
        mst_datagrams_close(ports->items[i]);
    mst_udp_drain(ports->udp, idle, arg);
}

void mst_udp_ports_free(struct mst_udp_ports *ports)
{
    if (!ports)
        return;
    mst_udp_free(ports->udp);
    free(ports);
}
