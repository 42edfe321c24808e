/*
 * points.h - what follows a command of the state file in the points file: the points of dropped
 * dataports are removed, those of a template are copied into its clone (core/copying.h), a
 * bounded number in each command. The request is answered afterwards.
 */
#ifndef MST_FRONT_HTTP_POINTS_H
#define MST_FRONT_HTTP_POINTS_H

#include "front/http/exchange.h"

/* Dataports and datarules, by their row numbers; the list grows in the request's arena. */
struct mst_ports {
    int64_t *ids;
    size_t n_ids, room;
};

MST_MUST_USE enum mst_err mst_ports_add(struct mst_exchange *x, struct mst_ports *ports,
                                        int64_t port_id);

/* Names the next steps: remove the points of the ports, if there are any, then the step named. */
MST_MUST_USE enum mst_err mst_points_flush(struct mst_exchange *x, const struct mst_ports *ports,
                                           enum mst_where where, mst_step *then);

/* The same: copy what is to be copied into a clone, then the step named. */
MST_MUST_USE enum mst_err mst_points_copy(struct mst_exchange *x, int64_t clone_id,
                                          enum mst_where where, mst_step *then);

/* What enabling copies. A command does not see the points file, so it is found before. */
struct mst_points_found {
    int64_t template_id, options; /* of the model, when they were counted */
    int64_t n_points;
};

/* Counts those of x->model's template. MST_READ. */
MST_MUST_USE enum mst_err mst_points_find(struct mst_exchange *x, struct mst_tx *tx,
                                          struct mst_points_found *ret_found);
/* Was x->model changed since? */
bool mst_points_are_stale(const struct mst_exchange *x, const struct mst_points_found *found);

#endif
