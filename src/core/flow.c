#include <assert.h>

#include "core/flow.h"
#include "core/data.h"

struct mst_flow {
    struct mst_arena *arena;
    struct mst_row_point *points;
    size_t n_points, max_points;
};

enum mst_err mst_flow_new(struct mst_arena *arena, size_t max_inputs, struct mst_flow **ret_flow)
{
    struct mst_flow *flow = mst_arena_alloc(arena, sizeof *flow);

    if (!flow)
        return MST_ENOMEM;
    flow->arena = arena;
    flow->max_points = max_inputs;
    if (max_inputs > 0) {
        flow->points = mst_arena_array(arena, max_inputs, sizeof *flow->points);
        if (!flow->points)
            return MST_ENOMEM;
    }
    *ret_flow = flow;
    return MST_OK;
}

/* A numeric text sent unescaped may have lost its '+' ("1e+5"): tried both ways. */
static enum mst_err convert(struct mst_arena *arena, const struct mst_flow_input *input,
                            enum mst_verdict *ret_verdict, struct mst_span *ret_value)
{
    const enum mst_format format = (enum mst_format)input->port.format;
    enum mst_err err = mst_data_convert(arena, format, input->text, ret_verdict, ret_value);

    if (err == MST_OK && *ret_verdict == MST_BAD_VALUE && input->plus.len > 0)
        err = mst_data_convert(arena, format, input->plus, ret_verdict, ret_value);
    return err;
}

enum mst_err mst_flow_add(const struct mst_domain *domain, struct mst_tx *tx, struct mst_flow *flow,
                          const struct mst_flow_input *input, enum mst_verdict *ret_verdict)
{
    struct mst_row_point point = {.dataport_id = input->port.id, .at = input->at};
    enum mst_err err = convert(flow->arena, input, ret_verdict, &point.value);

    (void)domain;
    (void)tx;
    assert(flow->n_points < flow->max_points);
    if (err == MST_OK && *ret_verdict == MST_DONE)
        flow->points[flow->n_points++] = point;
    return err;
}

enum mst_err mst_flow_run(const struct mst_flow *flow, struct mst_tx *tx,
                          enum mst_verdict *ret_verdict)
{
    *ret_verdict = MST_DONE;
    for (size_t i = 0; i < flow->n_points; i++) {
        enum mst_err err = mst_data_put(tx, &flow->points[i]);

        if (err != MST_OK)
            return err;
    }
    return MST_OK;
}

size_t mst_flow_n_points(const struct mst_flow *flow)
{
    return flow->n_points;
}

bool mst_flow_is_single(const struct mst_flow *flow)
{
    return flow->n_points == 1;
}
