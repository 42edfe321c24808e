/*
 * metric_list.h - everything that is counted, and nothing else: the tables that make the cells, the
 * text of /metrics, and docs/metrics.md (`make docs`).
 *
 * Every label is one of the lists below, so the number of series is fixed when the program is
 * compiled; a name that somebody outside chose (vendor, model, serial number, address, path) is never
 * a label.
 */
#ifndef MST_SYS_METRIC_LIST_H
#define MST_SYS_METRIC_LIST_H

/* VALUE(constant, word) */
#define MST_LABEL_ROUTE(VALUE)    \
    VALUE(OTHER, "other")         \
    VALUE(ACTIVATE, "activate")   \
    VALUE(DATA, "data")           \
    VALUE(MANAGE, "manage")       \
    VALUE(DOWNLOAD, "download")   \
    VALUE(RPC, "rpc")             \
    VALUE(WS, "websocket")        \
    VALUE(TIMESTAMP, "timestamp") \
    VALUE(IP, "ip")               \
    VALUE(ADMIN, "admin")
#define MST_LABEL_CLASS(VALUE) \
    VALUE(2XX, "2xx")          \
    VALUE(3XX, "3xx")          \
    VALUE(4XX, "4xx")          \
    VALUE(5XX, "5xx")
#define MST_LABEL_STATUS(VALUE) \
    VALUE(500, "500")           \
    VALUE(501, "501")           \
    VALUE(503, "503")
#define MST_LABEL_OUTCOME(VALUE)     \
    VALUE(ACTIVATED, "activated")    \
    VALUE(MALFORMED, "malformed")    \
    VALUE(NO_VENDOR, "no_vendor")    \
    VALUE(NO_MODEL, "no_model")      \
    VALUE(NO_SERIAL, "no_serial")    \
    VALUE(NOT_ADDED, "not_enabled")  \
    VALUE(AGAIN, "activated_before") \
    VALUE(SECOND, "second_caller")   \
    VALUE(EXPIRED, "window_over")    \
    VALUE(DISABLED, "disabled")      \
    VALUE(ORPHANED, "orphaned")      \
    VALUE(LOCKED, "locked")          \
    VALUE(UNAVAILABLE, "unavailable")
#define MST_LABEL_LISTENER(VALUE) \
    VALUE(HTTP, "http")           \
    VALUE(HTTPS, "https")         \
    VALUE(ADMIN, "admin")
#define MST_LABEL_REFUSAL(VALUE)      \
    VALUE(LIMIT, "limit")             \
    VALUE(DESCRIPTORS, "descriptors") \
    VALUE(MEMORY, "memory")           \
    VALUE(HANDSHAKE, "handshake")
#define MST_LABEL_FILE(VALUE) \
    VALUE(STATE, "state")     \
    VALUE(POINTS, "points")   \
    VALUE(CONTENT, "content")
#define MST_LABEL_FOUND(VALUE) \
    VALUE(HIT, "hit")          \
    VALUE(MISS, "miss")
#define MST_LABEL_ROOM(VALUE) \
    VALUE(SESSION, "session") \
    VALUE(WAIT, "wait")       \
    VALUE(WATCHER, "watcher")
#define MST_LABEL_SHOT(VALUE)     \
    VALUE(STORED, "stored")       \
    VALUE(MALFORMED, "malformed") \
    VALUE(KEY, "key")             \
    VALUE(ALIAS, "alias")         \
    VALUE(BAD_VALUE, "value")     \
    VALUE(RATE, "rate")           \
    VALUE(BUSY, "busy")           \
    VALUE(FAILED, "failed")

#define MST_LABEL_METHOD(VALUE)   \
    VALUE(EMAIL, "email")         \
    VALUE(HTTP_GET, "http_get")   \
    VALUE(HTTP_POST, "http_post") \
    VALUE(HTTP_PUT, "http_put")   \
    VALUE(SMS, "sms")             \
    VALUE(XMPP, "xmpp")
#define MST_LABEL_ENDED(VALUE) \
    VALUE(SENT, "sent")        \
    VALUE(REFUSED, "refused")  \
    VALUE(FAILED, "failed")    \
    VALUE(LIMIT, "limit")

/*
 * COUNTER, GAUGE(cells, name, unit, label 1, label 2, help)
 * HISTOGRAM(cells, name, unit, label 1, bounds, help)
 *
 * unit: ONE, or NS for what is added in nanoseconds and told in seconds. A label is one of the lists
 * above by its last word, or NONE.
 */
#define MST_METRICS(COUNTER, GAUGE, HISTOGRAM)                                                     \
    COUNTER(REQUESTS, "muster_http_requests_total", ONE, ROUTE, CLASS,                             \
            "Requests answered, by what they asked for and the class of the status.")              \
    COUNTER(SERVER_ERRORS, "muster_http_server_errors_total", ONE, STATUS, NONE,                   \
            "Requests answered with a status from 500 on, by status.")                             \
    HISTOGRAM(                                                                                     \
        REQUEST_SECONDS, "muster_http_request_duration_seconds", NS, ROUTE, SECONDS,               \
        "Time from the end of a request's header to the reply being handed to the kernel, waits "  \
        "(2.12.4) left out.")                                                                      \
    COUNTER(ACTIVATIONS, "muster_activations_total", ONE, OUTCOME, NONE,                           \
            "Requests for activation, by how they ended.")                                         \
    GAUGE(CONNECTIONS, "muster_connections_open", ONE, LISTENER, NONE, "Connections open now.")    \
    COUNTER(ACCEPTED, "muster_connections_accepted_total", ONE, LISTENER, NONE,                    \
            "Connections accepted.")                                                               \
    GAUGE(WAITING, "muster_requests_waiting", ONE, NONE, NONE,                                     \
          "Long polls and RPC calls that wait for a value now.")                                   \
    COUNTER(REFUSED, "muster_connections_refused_total", ONE, LISTENER, REFUSAL,                   \
            "Connections closed before a request could be read: beyond connections_max, for want " \
            "of descriptors or memory, or in the TLS handshake or PROXY header.")                  \
    GAUGE(WS_SESSIONS, "muster_websocket_sessions_open", ONE, NONE, NONE,                          \
          "Connections that are WebSocket sessions now.")                                          \
    COUNTER(HELD_REFUSED, "muster_held_refused_total", ONE, NONE, NONE,                            \
            "Requests answered 503, and WebSocket sessions closed, because of held_max.")          \
    COUNTER(WS_REFUSED, "muster_websocket_refused_total", ONE, NONE, NONE,                         \
            "WebSocket handshakes answered 503 because of websockets_max.")                        \
    GAUGE(WS_SUBSCRIPTIONS, "muster_websocket_subscriptions", ONE, NONE, NONE,                     \
          "Dataports that WebSocket sessions are subscribed to now.")                              \
    COUNTER(TENANT_REFUSED, "muster_tenant_refused_total", ONE, ROOM, NONE,                        \
            "Tenants refused one more although others had room, because of tenant_share: "         \
            "WebSocket sessions; requests over HTTP that wait for a value; dataports and clients " \
            "that requests or subscriptions watch.")                                               \
    COUNTER(RECEIVED, "muster_received_bytes_total", ONE, LISTENER, NONE,                          \
            "Bytes received, as they were on the wire.")                                           \
    COUNTER(SENT, "muster_sent_bytes_total", ONE, LISTENER, NONE,                                  \
            "Bytes sent, as they were on the wire.")                                               \
    COUNTER(SHOTS, "muster_udp_datagrams_total", ONE, SHOT, NONE,                                  \
            "Datagrams of devices, by what became of them: stored, or dropped because of their "   \
            "form, key, aliases (the device has none of them) or values, too many from one "       \
            "source, too many at once, or trouble of the store.")                                  \
    COUNTER(CACHE, "muster_cache_lookups_total", ONE, FOUND, NONE,                                 \
            "Looks of readers for a row that they remember.")                                      \
    GAUGE(QUEUE, "muster_store_queue_length", ONE, FILE, NONE,                                     \
          "Changes submitted and not answered yet, those in the running commit included.")         \
    COUNTER(COMMANDS, "muster_store_commands_total", ONE, FILE, NONE,                              \
            "Changes answered, whatever became of them.")                                          \
    COUNTER(QUEUE_FULL, "muster_store_queue_full_total", ONE, FILE, NONE,                          \
            "Changes turned away because the queue was full.")                                     \
    HISTOGRAM(COMMIT_COMMANDS, "muster_store_commit_commands", ONE, FILE, COUNTS,                  \
              "Changes per commit; the count is the number of commits.")                           \
    HISTOGRAM(COMMIT_SECONDS, "muster_store_commit_duration_seconds", NS, FILE, SECONDS,           \
              "Time of a commit with its flush to disk.")                                          \
    COUNTER(COMMIT_FAILURES, "muster_store_commit_failures_total", ONE, FILE, NONE,                \
            "Commits that failed; their changes were answered 503 or 500.")                        \
    GAUGE(LOG_FRAMES, "muster_store_wal_frames", ONE, FILE, NONE,                                  \
          "Pages in the write-ahead log after the last commit.")                                   \
    HISTOGRAM(CHECKPOINT_SECONDS, "muster_store_checkpoint_duration_seconds", NS, FILE, SECONDS,   \
              "Time of a checkpoint; the count is the number of checkpoints.")                     \
    COUNTER(POINTS, "muster_points_stored_total", ONE, NONE, NONE, "Values that were stored.")     \
    COUNTER(FLOW_SKIPPED, "muster_subscriber_values_skipped_total", ONE, NONE, NONE,               \
            "Values that a subscriber could not take: its preprocess or its format refused them, " \
            "or it is a dispatch whose queue is full.")                                            \
    COUNTER(DISPATCHED, "muster_dispatch_messages_total", ONE, METHOD, ENDED,                      \
            "Messages of dispatches that are over: taken by the recipient, refused by it, given "  \
            "up, or not sent for a limit of the owner or of a client above it.")                   \
    COUNTER(DISPATCH_FULL, "muster_dispatch_queue_full_total", ONE, NONE, NONE,                    \
            "Values that a dispatch did not take because 100 messages wait in its queue.")         \
    COUNTER(DISPATCH_RETRIES, "muster_dispatch_retries_total", ONE, METHOD, NONE,                  \
            "Tries to send that failed and will be repeated.")                                     \
    GAUGE(DISPATCHING, "muster_dispatch_messages_under_way", ONE, NONE, NONE,                      \
          "Messages that are being sent now.")                                                     \
    GAUGE(CLOCK_MARK, "muster_clock_mark_seconds", ONE, NONE, NONE,                                \
          "Window time that is durable, in seconds since 1970: it never goes back.")               \
    COUNTER(CLOCK_JUMPS, "muster_clock_jumps_total", ONE, NONE, NONE,                              \
            "Times that window time moved forward by more than an hour at once.")                  \
    COUNTER(BACKUPS, "muster_backups_total", ONE, NONE, NONE, "Backups made.")                     \
    COUNTER(BACKUP_FAILURES, "muster_backup_failures_total", ONE, NONE, NONE,                      \
            "Backups that could not be made; the log says why.")                                   \
    GAUGE(BACKUP_LAST, "muster_backup_last_seconds", ONE, NONE, NONE,                              \
          "When the last backup since the start was made, in seconds since 1970; 0 if none was.")  \
    COUNTER(SUSPECT, "muster_suspect_keys_used_total", ONE, NONE, NONE,                            \
            "Keys brought back by a restored backup that were used for the first time since.")     \
    GAUGE(READY, "muster_ready", ONE, NONE, NONE, "1 while /readyz answers 200, else 0.")          \
    GAUGE(HEALTHY, "muster_healthy", ONE, NONE, NONE, "1 while /healthz answers 200, else 0.")     \
    COUNTER(CPU, "process_cpu_seconds_total", NS, NONE, NONE,                                      \
            "Processor time of the process, user and system.")                                     \
    GAUGE(OPEN_FDS, "process_open_fds", ONE, NONE, NONE, "Descriptors open.")                      \
    GAUGE(MAX_FDS, "process_max_fds", ONE, NONE, NONE, "Descriptors that may be open.")            \
    GAUGE(VIRTUAL, "process_virtual_memory_bytes", ONE, NONE, NONE, "Address space.")              \
    GAUGE(RESIDENT, "process_resident_memory_bytes", ONE, NONE, NONE, "Memory that is resident.")  \
    GAUGE(THREADS, "process_threads", ONE, NONE, NONE, "Threads.")                                 \
    GAUGE(START_TIME, "process_start_time_seconds", ONE, NONE, NONE,                               \
          "When the process began, in seconds since 1970.")

/* Upper bounds of buckets, in the unit that is added. */
#define MST_BOUNDS_SECONDS                                                                      \
    100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 25000000, 50000000, 100000000, \
        250000000, 1000000000, 5000000000
#define MST_BOUNDS_COUNTS 1, 2, 4, 8, 16, 32, 64, 128, 256, 1024
enum { MST_BOUNDS_SECONDS_LEN = 13, MST_BOUNDS_COUNTS_LEN = 10 };

#endif
