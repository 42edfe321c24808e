/* content.h - what the handlers of content share: those of vendors (content.c) and of devices (download.c). */
#ifndef MST_FRONT_HTTP_CONTENT_H
#define MST_FRONT_HTTP_CONTENT_H

#include "core/content.h"
#include "front/http/exchange.h"

/* A row of an entry's id; arg is the exchange. */
enum mst_err mst_content_row_id(void *arg, const struct mst_row_content *content);
/* The reply "<mime>,<size>,<updated>,<meta>", and ",<protected>" if asked for. Returns MST_OK. */
enum mst_err mst_content_answer_info(struct mst_exchange *x, const struct mst_row_content *content,
                                     bool has_protected);
/* The entry's blob, or the part of it that the request names. For the step to return. */
enum mst_err mst_content_answer_blob(struct mst_exchange *x, const struct mst_row_content *content);

#endif
