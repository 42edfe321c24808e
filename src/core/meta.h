/*
 * meta.h - the JSON text that names a device in its client's meta (protocol.md 1.9):
 * {"device":{"type":"vendor","vendor":..,"model":..,"sn":..}}
 */
#ifndef MST_CORE_META_H
#define MST_CORE_META_H

#include "base/arena.h"

MST_MUST_USE enum mst_err mst_meta_device(struct mst_arena *arena, struct mst_span vendor,
                                          struct mst_span model, struct mst_span sn,
                                          struct mst_span *ret_meta);

/*
 * meta with the string device.sn replaced, everything else byte for byte as it was. A meta that has
 * no such string, is not understood, or has no room for a longer one (MST_META_MAX) is given back
 * unchanged.
 */
MST_MUST_USE enum mst_err mst_meta_set_sn(struct mst_arena *arena, struct mst_span meta,
                                          struct mst_span sn, struct mst_span *ret_meta);

#endif
