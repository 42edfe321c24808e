/*
 * pace.h - how slow a peer may be with a body or a reply that goes in pieces.
 *
 * A deadline for the whole would have to be so late that whoever sends nothing could
 * sit it out as well. So the peer has patience_ms; each byte that he sends or takes gives him one
 * millisecond more, though never more than patience_ms in hand. Who does nothing is cut off after
 * patience_ms, who trickles (less than 1,000 bytes a second) a little later, and a device at 2 KiB
 * a second is never cut off. What n bytes can take is bounded: patience_ms + n ms.
 */
#ifndef MST_FRONT_HTTP_PACE_H
#define MST_FRONT_HTTP_PACE_H

#include <stdint.h>

struct mst_pace {
    uint64_t patience_ms;
    uint64_t left_ms; /* at */
    uint64_t at_ms;
};

void mst_pace_start(struct mst_pace *pace, uint64_t now_ms, uint64_t patience_ms);
/* The peer moved n bytes since the last call, or (n = 0) did not. */
void mst_pace_look(struct mst_pace *pace, uint64_t now_ms, uint64_t n);
/* He could do nothing since the last look: it was our turn. */
void mst_pace_skip(struct mst_pace *pace, uint64_t now_ms);
/* What was left at the last look; 0 = cut him off. */
uint64_t mst_pace_left(const struct mst_pace *pace);

#endif
