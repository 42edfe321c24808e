/*
 * limits.h - every limit, each with its reason. "4" means protocol.md section 4.
 */
#ifndef MST_BASE_LIMITS_H
#define MST_BASE_LIMITS_H

#define MST_KIB(n) ((size_t)(n)*1024)
#define MST_MIB(n) ((size_t)(n)*1024 * 1024)

/* names (4) */
#define MST_VENDOR_MAX     64          /* 4; C clients hold 15 to 19 */
#define MST_MODEL_MAX      64          /* 4; C clients hold up to 19 */
#define MST_SN_MAX         128         /* 4; C clients hold up to 40 */
#define MST_EXTRA_MAX      1024        /* 4 */
#define MST_META_MAX       MST_KIB(64) /* a client's meta is a JSON text that tools keep small */
#define MST_NAME_MAX       255         /* 4: "other short strings 255" */
#define MST_ALIAS_MAX      128         /* 4 */
#define MST_TOKEN_NAME_MAX 255         /* 4: "other short strings 255" */
#define MST_DETAIL_MAX     MST_KIB(64) /* preprocess lists and the like */

/* tenants in the store's queues */
#define MST_LANES_BY_NAME 256   /* for activations: few share one, and made-up names get no more */
#define MST_LANES_KEPT    65536 /* per loop, 1 MiB if all write: devices that do so again and again */

/* groups (2.8) */
#define MST_GROUP_NAME_MAX    255   /* of a group, a member, a type: 4, "other short strings" */
#define MST_ENTRY_META_MAX    1024  /* 4: meta of content, group, member */
#define MST_GROUPS_MAX        1000  /* of one model: they are looked at all at once (nesting.c) */
#define MST_GROUPS_OF_MAX     100   /* that one thing is in directly: bounds every walk upwards */
#define MST_GROUP_DEPTH_MAX   16    /* groups in groups: no organisation has as many levels */
#define MST_GROUP_MEMBERS_MAX 10000 /* per request, as of serial numbers */

/* requests (4) */
#define MST_LINE_MAX         MST_KIB(4)   /* request line */
#define MST_HEAD_MAX         MST_KIB(8)   /* header block, the request line in it */
#define MST_CHUNK_LINE_MAX   256          /* a chunk's size and extensions; nobody sends any */
#define MST_TRAILER_MAX      MST_KIB(4)   /* trailer section of a chunked body, which is dropped */
#define MST_ACTIVATE_MAX     MST_KIB(4)   /* body of activate */
#define MST_BODY_MAX         MST_KIB(64)  /* bodies without a rule of their own */
#define MST_DATA_BODY_MAX    MST_MIB(1)   /* alias writes: several values of up to 64 KiB */
#define MST_SERIALS_BODY_MAX MST_MIB(4)   /* 4: serial numbers per add request */
#define MST_SERIALS_MAX      10000        /* 4: serial numbers per add request */
#define MST_RANGES_MAX       1000         /* 4: ranges per model, and so per request */
#define MST_KEYS_BODY_MAX    MST_KIB(256) /* rows of a serial number and a key */
#define MST_KEYS_MAX         1000         /* the same: one transaction */
#define MST_KEYS_OWNED_MAX   100        /* if each may be enabled too: a template's copy for each */
#define MST_FLEET_BODY_MAX   MST_MIB(4) /* lines per fleet import request */
#define MST_FLEET_LINES_MAX  1000       /* the same: one transaction */
#define MST_FLEET_PIECES_MAX 16         /* 1 MiB of content: no upload waits for it for long */
#define MST_FLEET_PAGE_MAX   250        /* lines of a fleet export page, which one loop waits for */
#define MST_FLEET_PAGE_BYTES MST_MIB(1) /* after which such a page ends */
#define MST_FLEET_LINE_MAX   MST_MIB(1) /* name, meta and detail escaped, and many aliases */
#define MST_FLEET_NOTES_MAX  100        /* told of one request: all others are only counted */
#define MST_RPC_BODY_MAX     MST_MIB(1) /* 4 */
#define MST_RPC_CALLS_MAX    100        /* 4 */
#define MST_RPC_ID_MAX       40         /* 4: characters of a text id */
#define MST_RPC_DEPTH_MAX    32         /* JSON nesting: no call needs more than 8 */
#define MST_READ_POINTS_MAX  100000     /* of one RPC read: 4 MiB of a reply, if they are numbers */
#define MST_READ_COUNTED_MAX 1000000    /* points in a window of which autowindow takes some */
#define MST_TURN_ROWS        512        /* looked at before a loop serves others: 0.3 to 2 ms ... */
#define MST_TURN_BYTES       MST_KIB(256)  /* ... and their text, or what was printed */
#define MST_RPC_TURN_NS      2000000       /* calls that read, before the loop serves others */
#define MST_YIELD_TURN_NS    2000000       /* of all that go on so, in one turn of the loop */
#define MST_GROUP_WRITES_MAX 1000          /* of one RPC writegroup, as of MST_ALIASES_MAX */
#define MST_FORM_ITEMS_MAX   20000         /* one sn[] item per serial number and some beside */
#define MST_VALUE_MAX        MST_KIB(64)   /* 4: value size */
#define MST_CONTENT_MAX      MST_MIB(1024) /* the most that content_max may be set to */
#define MST_PAGE_MIN         5             /* 4: paging */
#define MST_PAGE_MAX         1000          /* 4: paging */

#define MST_ALIASES_MAX 1000 /* aliases in one data request: each costs a lookup */
#define MST_RECORD_POINTS_MAX \
    5000 /* points of one record call: one commit, which others wait for */
#define MST_POINT_AT_MAX INT64_C(253402300799) /* year 9999: later ones have no Last-Modified */
#define MST_SEGMENTS_MAX 8                     /* path segments: the longest route has 6 */

/* content (2.7) */
#define MST_CONTENTS_MAX 1000 /* entries of a model: a device's list looks at each of them */
#define MST_MIME_MAX     255  /* 4: "other short strings 255" */
#define MST_BLOB_SWEEP   16   /* pieces removed at once: 1 MiB, so that no upload waits for long */
#define MST_BLOBS_LOOK   100  /* blobs looked at in one read transaction */

/* connections */
#define MST_PIPELINE_MAX       MST_KIB(16) /* bytes read ahead while a request is being answered */
#define MST_PIECE_MAX          MST_KIB(64) /* of a body or reply that is too long for memory */
#define MST_RECENT_PIECES      32          /* per loop, of blobs that are being downloaded: 2 MiB */
#define MST_SKIP_MAX           MST_KIB(64) /* a longer body that nobody wants ends the connection */
#define MST_READ_AHEAD_MAX     MST_MIB(1)  /* those and what one read and TLS records may add */
#define MST_LINGER_MS          2000        /* an error reply must arrive before the reset does */
#define MST_DRAIN_PATIENCE_MS  50    /* for requests that are on their way when a drain begins */
#define MST_CHANGES_MAX        65536 /* rows of one commit that observers are told one by one */
#define MST_WATCHERS_MAX       (1 << 24)  /* that watchers_max may be set to: 2 GiB of slots */
#define MST_UNKNOWN_TRIES_MAX  3          /* runs of one command whose outcome stays unknown */
#define MST_FREE_CONNS_MAX     1024       /* connections kept for reuse per loop */
#define MST_FREE_EXCHANGES_MAX 256        /* requests' memory kept for reuse per loop */
#define MST_WAIT_PORTS_MAX     32         /* that one request waits for: 2 KiB of watchers */
#define MST_WAIT_BODY_MAX      MST_KIB(4) /* of a request that waits, since it stays in memory */
#define MST_WAIT_KEPT_MAX \
    MST_KIB(256) /* answers and plans of the calls before it: 100 small ones */
#define MST_WAIT_MS_MAX           300000      /* 4 */
#define MST_KEPT_BUFFER_MAX       MST_KIB(64) /* larger buffers are given back after the request */
#define MST_DESCRIPTORS_MAX       (1 << 20) /* a loop's table: the kernel's own limit, as it comes */
#define MST_ADMIN_CONNECTIONS_MAX 64        /* of monitoring, to one address */
#define MST_NEAR_MODELS_MAX       1000 /* model names that "why not?" compares with one unknown */
#define MST_NEAR_ZEROS_MAX \
    16 /* zeros that it puts in front of an unknown number: one look-up each */
#define MST_LISTING_MAX       100000 /* RIDs in one RPC listing: 4 MiB of reply */
#define MST_LISTING_TYPES_MAX 16     /* words in its list: there are four */
#define MST_STORAGE_SCAN_MAX  10000  /* points that info counts in one call */

/* WebSocket RPC (3.3) */
#define MST_WS_MESSAGE_MAX       MST_RPC_BODY_MAX /* a message is what a body of the RPC is */
#define MST_WS_AUTH_MAX          MST_KIB(1)       /* two handles and what is passed over */
#define MST_WS_PING_MS           30000            /* 3.3.7 */
#define MST_WS_UNSENT_MAX        MST_KIB(64) /* answers that the peer has not taken: no more are made */
#define MST_WS_WAITS_MAX         32   /* messages of a session that wait: nothing more is read */
#define MST_WS_SUBSCRIPTIONS_MAX 1000 /* of a session: 300 KiB, and a walk through a list */

/* memory */
#define MST_REQUEST_ARENA_MAX MST_MIB(32)  /* the largest body, decoded, and its reply */
#define MST_BATCH_ARENA_MAX   MST_MIB(256) /* several of those in one commit */
#define MST_REPLY_MAX         MST_MIB(16) /* 1,000 list rows of the largest kind, and RPC results */
#define MST_UNSENT_MAX        MST_MIB(16) /* a reply that the peer does not take */

/* time */
#define MST_WINDOW_S_DEFAULT 86400    /* 1.5 */
#define MST_WINDOW_S_MAX     31536000 /* a year: longer is a mistake */
#define MST_CLOCK_JUMP_S     3600     /* design.md I9: a larger forward jump raises an alarm */

/* tree */
#define MST_TREE_DEPTH_MAX 64 /* ancestors of a resource; bounds every upward walk */
#define MST_MOVE_LOOK_MAX \
    10000 /* clients looked at before one goes deeper: one small transaction */

/* tags (2.15.4) */
#define MST_TAG_MAX  255 /* 4: "other short strings 255" */
#define MST_TAGS_MAX 100 /* of one resource: a listing by tag reads all of them */

/* usage (2.15.4) */
#define MST_USAGE_LOOK_MAX 100000   /* resources that one call counts: 0.1 s of a processor */
#define MST_USAGE_KEEP_S   34560000 /* 400 days: what was dropped longer ago is forgotten */

/* grant tokens (2.15.4) */
#define MST_GRANTS_MAX            100         /* good ones that act for one client */
#define MST_GRANT_RESOURCES_MAX   64          /* each costs a look-up in each call */
#define MST_GRANT_PERMISSIONS_MAX MST_KIB(16) /* those, with every procedure for most of them */
#define MST_GRANT_TTL_S           3600        /* if the call does not say */
#define MST_GRANT_TTL_MAX_S       2592000     /* 30 days, as 4 has it for tokens of Portals */

#define MST_CLONE_MAX 10000 /* resources in a template: one enabling stays one small transaction */
#define MST_CLONE_POINTS_MAX \
    10000 /* stored points in a template: counted on a loop before enabling */
#define MST_COPY_POINTS_MAX 1024       /* points that one command copies ... */
#define MST_COPY_BYTES_MAX  MST_MIB(1) /* ... and about how much: others write in between */

/* what a value sets off (2.15.5) */
#define MST_FLOW_VALUES_MAX 10000 /* of one request, subscribers counted: one commit stays small */
#define MST_FLOW_BYTES_MAX  MST_MIB(16) /* the same; the largest values of a whole tree fit */
#define MST_FLOW_DEPTH_MAX  16  /* subscribers of subscribers: what hangs on one value ... */
#define MST_FLOW_TREE_MAX   256 /* ... is looked at with each of them, and so stays small */
#define MST_FLOW_FOREIGN_MAX \
    128 /* ... and for strangers to its top: they leave its owner some of it */
#define MST_FLOW_ARENA_MAX \
    MST_MIB(64) /* for planning: such a tree with the largest details, kept and decoded, fits */
#define MST_FLOW_STEPS_MAX 64 /* of a preprocess list: no formula needs as many */
#define MST_FLOW_READS_MAX \
    (MST_FLOW_TREE_MAX * MST_FLOW_STEPS_MAX) /* values that they read: 40 ms; a tree always fits */
#define MST_FLOW_FOREIGN_BYTES_MAX \
    MST_MIB(2)                     /* to plan what is of strangers: half of what a datagram has */
#define MST_TRIM_DELAY_MS     5000 /* count of retention may be exceeded for so long: trims in bulk, */
#define MST_TRIM_LOOKS_PER_MS 10 /* and longer by a ms for so many that are kept, ... */
#define MST_TRIM_DELAY_MAX_MS \
    3600000                         /* ... an hour at most: each is passed over to find the rest */
#define MST_TRIM_LOOKS_MAX   100000 /* passed over in one turn: 10 ms, in which timers wait */
#define MST_DUE_PUT_OFF_MS   60000  /* what cannot be done is tried again so much later */
#define MST_DROPPED_AGAIN_MS 60000  /* no request that began before a drop runs so long after it */
#define MST_SETTLE_MAX       256    /* resources of an older store brought up to date at once */

/* datarules (2.15.5) */
#define MST_RULE_COUNT_MAX     1000     /* whose times are kept, 14 bytes each */
#define MST_RULE_TIMEOUT_MAX_S 31536000 /* a year: longer is a mistake */
#define MST_RULE_PERIOD_MIN_MS 1000     /* of an interval's timer: 4, a point per second */

/* dispatches (2.15.5) */
#define MST_OUTGOING_MAX 100 /* messages that wait in one queue, counted with each more */

#define MST_DISPATCH_TRIES_MAX    8 /* of one message: 21 minutes, if the first delay is 10 s */
#define MST_DISPATCH_DELAY_MAX_MS 3600000 /* between two tries, however long the first delay */
#define MST_SENDING_MAX           64      /* messages under way, each a descriptor */
#define MST_SENDING_LANE_MAX \
    16 /* of one tenant, so that its slow recipients do not hold up others */
#define MST_SENDING_BUSY_MS 1000 /* how long a message waits whose tenant has as many under way */
#define MST_SEND_ANSWER_MAX MST_KIB(64)  /* of which only the status is looked at */
#define MST_CA_FILE_MAX     MST_MIB(1)   /* four times all that a Debian trusts */
#define MST_SEND_BODY_MAX   MST_KIB(512) /* a value of 64 KiB, escaped or as base64, with its head */

/* row numbers (keys.md) */
#define MST_ROW_BITS 40
#define MST_GEN_BITS 24
#define MST_GENS_MAX 1024 /* generations of a store: one per restore or fork */

#endif
