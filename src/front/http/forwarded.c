#include "front/http/forwarded.h"

/* Cuts off the last item of a list. */
static struct mst_span cut_last(struct mst_span *list)
{
    size_t begin = list->len;
    struct mst_span item;

    while (begin > 0 && list->ptr[begin - 1] != ',')
        begin--;
    item = mst_span_trim(mst_span_cut(*list, begin, list->len));
    *list = mst_span_cut(*list, 0, begin > 0 ? begin - 1 : 0);
    return item;
}

/* With a port or without. */
static enum mst_err parse(struct mst_span text, struct mst_addr *ret_addr)
{
    return mst_addr_parse_ip(text, ret_addr) == MST_OK ? MST_OK : mst_addr_parse(text, ret_addr);
}

bool mst_forwarded_resolve(const struct mst_addr_set *trusted, const struct mst_http_head *head,
                           struct mst_addr *addr)
{
    bool is_moved = false;

    if (!trusted || trusted->n_nets == 0)
        return false;
    for (size_t i = head->n_fields; i-- > 0;) {
        struct mst_span list = head->fields[i].value;

        if (!mst_span_eq_nocase(head->fields[i].name, MST_LIT("x-forwarded-for")))
            continue;
        while (list.len > 0 && mst_addr_set_has(trusted, addr)) {
            if (parse(cut_last(&list), addr) != MST_OK)
                return is_moved;
            is_moved = true;
        }
    }
    return is_moved;
}
