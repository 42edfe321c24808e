/*
 * The table of settings, and how a value finds its place.
 *
 * Each row's default is text and goes through the same parser as what a person
 * writes, so a default that breaks its own range is found by the first test that
 * calls mst_settings_init.
 */
#include <assert.h>
#include <stddef.h>

#include "base/limits.h"
#include "net/tls.h"
#include "server/setting.h"
#include "sys/log.h"
#include "wire/mail.h"

static const struct mst_setting_choice tls_versions[] = {
    {"1.0", MST_TLS_1_0},
    {"1.1", MST_TLS_1_1},
    {"1.2", MST_TLS_1_2},
    {"1.3", MST_TLS_1_3},
    {NULL,  0          }
};
static const struct mst_setting_choice sn_scopes[] = {
    {"vendor", MST_SN_SCOPE_VENDOR},
    {"model",  MST_SN_SCOPE_MODEL },
    {NULL,     0                  }
};
static const struct mst_setting_choice checkpoints[] = {
    {"thread", MST_CHECKPOINT_THREAD},
    {"commit", MST_CHECKPOINT_COMMIT},
    {NULL,     0                    }
};
static const struct mst_setting_choice log_levels[] = {
    {"error",   MST_LOG_ERROR  },
    {"warning", MST_LOG_WARNING},
    {"info",    MST_LOG_INFO   },
    {"debug",   MST_LOG_DEBUG  },
    {NULL,      0              }
};

#define AT(member)    offsetof(struct mst_settings, member)
#define MINUTES_MS(n) ((int64_t)(n)*60 * 1000)

/* clang-format off */
const struct mst_setting mst_setting_table[] = {
    {"http", MST_SETTING_LISTENERS, 0, 0, "127.0.0.1:8080", "",
     "Addresses that answer plain HTTP. Port 0 picks a free one. Empty: none.",
     AT(http), NULL},
    {"https", MST_SETTING_TLS_LISTENERS, 0, 0, "", "",
     "Addresses that answer HTTP over TLS. An address may carry its own lowest TLS version, for "
     "old firmware: 0.0.0.0:8443;tls_min=1.0. Needs tls_certificates.",
     AT(https), NULL},
    {"admin", MST_SETTING_LISTENERS, 0, 0, "", "",
     "Addresses that answer GET /healthz, /readyz and /metrics over plain HTTP, and nothing else, to "
     "whoever asks: keep them to a network of the operator's. Empty: none.",
     AT(admin), NULL},
    {"udp", MST_SETTING_LISTENERS, 0, 0, "", "",
     "Addresses that take values in single UDP datagrams, cik=CIK&ALIAS=VALUE, without ever answering: for "
     "old firmware, on a network that may see its keys. Its port is 18494. Empty: none.",
     AT(udp), NULL},
    {"tls_certificates", MST_SETTING_CERTIFICATES, 0, 0, "", "",
     "Certificate (chain in order) and private key, both PEM, as two paths; further pairs after a "
     "comma or on lines of their own. An RSA and an ECDSA pair may stand side by side: what the "
     "device offers picks.",
     AT(tls_certificates), NULL},
    {"tls_min", MST_SETTING_ENUM, 0, 0, "1.2", "",
     "The lowest TLS version of https addresses that do not say their own. Below 1.2 the log warns.",
     AT(tls_min), tls_versions},
    {"trusted_proxies", MST_SETTING_ADDRESSES, 0, 0, "", "",
     "Proxies in front of musterd. From these addresses only, the PROXY protocol and "
     "X-Forwarded-For are believed.",
     AT(trusted_proxies), NULL},
    {"advertised_address", MST_SETTING_IP4_ADDRESS, 0, 0, "", "",
     "What GET /ip answers: the IPv4 address, and the port if it is not that of the request, at which "
     "devices reach this server. Behind NAT or a proxy it must be set, since devices keep it and "
     "connect to it. Empty: the address at which the request arrived.",
     AT(advertised_address), NULL},

    {"data", MST_SETTING_PATH, 0, 0, "/var/lib/muster", "",
     "The directory of the embedded store. Made if it is missing. One process at a time uses it.",
     AT(data), NULL},
    {"key_file", MST_SETTING_PATH, 0, 0, "", "",
     "The file with the keys from which every device key is derived. Made, readable by its owner "
     "alone, when the store is made; losing it loses every key, so keep a copy apart from the "
     "store's. Empty: muster.key in the data directory.",
     AT(key_file), NULL},
    {"backup_dir", MST_SETTING_PATH, 0, 0, "", "",
     "The directory in which backups are made, each in a directory of its own named by the time. Made "
     "if it is missing. Best on another disk. Empty: backups in the data directory.",
     AT(backup_dir), NULL},
    {"queue_max", MST_SETTING_INTEGER, 16, 1000000, "8192", "commands",
     "How many changes may wait to be written. Beyond it a request is answered 503 at once; so is one of a "
     "vendor that has as many waiting as there is room left, that is, alone, half of them.",
     AT(queue_max), NULL},
    {"batch_max", MST_SETTING_INTEGER, 1, 4096, "256", "commands",
     "How many waiting changes are written in one commit at most.",
     AT(batch_max), NULL},
    {"cache_size", MST_SETTING_INTEGER, 0, 65536, "40", "MiB",
     "Memory for keys, aliases and latest values that were asked for lately; a device that reads and "
     "writes one value takes about 400 bytes. 0: every request looks into the store.",
     AT(cache_mib), NULL},
    {"checkpoint", MST_SETTING_ENUM, 0, 0, "thread", "",
     "Who moves the log of changes into the files of the store: a thread of its own beside the "
     "commits, or the committing thread itself, while every change waits.",
     AT(checkpoint), checkpoints},

    {"window", MST_SETTING_SECONDS, 1, MST_WINDOW_S_MAX, "24h", "s",
     "How long after it was added a device may activate, for models without a window of their own.",
     AT(window_s), NULL},
    {"sn_scope", MST_SETTING_ENUM, 0, 0, "vendor", "",
     "Where a serial number may be listed once only: among all models of a vendor, or within a model.",
     AT(sn_scope), sn_scopes},
    {"delete_sn_disables", MST_SETTING_BOOL, 0, 0, "no", "",
     "Whether deleting a serial number also ends the key of its device.",
     AT(delete_sn_disables), NULL},
    {"ranges_wrapped", MST_SETTING_BOOL, 0, 0, "no", "",
     "Whether ?show=ranges answers the object {\"ranges\": [...]} of the documentation instead of the bare "
     "array that clients read.",
     AT(ranges_wrapped), NULL},
    {"content_overwrite", MST_SETTING_BOOL, 0, 0, "no", "",
     "Whether an upload replaces what a content entry holds already, instead of being refused with "
     "409.",
     AT(content_overwrite), NULL},
    {"alias_skip_bad_values", MST_SETTING_BOOL, 0, 0, "no", "",
     "Whether a data write stores what it can when a value does not fit its dataport's format or "
     "is refused by its preprocess, instead of answering 400 and storing nothing.",
     AT(alias_skip_bad_values), NULL},

    {"dispatch_private_networks", MST_SETTING_BOOL, 0, 0, "no", "",
     "Whether dispatches may send to loopback, private, link-local and other addresses that are not on the "
     "internet. Whoever may make a dispatch then reaches what musterd reaches.",
     AT(dispatch_private_networks), NULL},
    {"dispatch_timeout", MST_SETTING_MILLISECONDS, 100, MINUTES_MS(5), "15s", "ms",
     "For one message of a dispatch, from looking up the host to the whole answer.",
     AT(dispatch_timeout_ms), NULL},
    {"dispatch_retry", MST_SETTING_MILLISECONDS, 10, MINUTES_MS(60), "10s", "ms",
     "Until a message that got no answer, or 429 or 5xx, is tried again. Each further time waits twice as "
     "long, and as long as the answer's Retry-After says, an hour at most; after 8 tries it is given up.",
     AT(dispatch_retry_ms), NULL},
    {"dispatch_ca_file", MST_SETTING_PATH, 0, 0, "", "",
     "A file with certificates (PEM) of authorities that recipients over HTTPS, the hook and the mail server "
     "may be certified by, beside those of the system (/etc/ssl/certs). It is read anew for each message.",
     AT(dispatch_ca_file), NULL},
    {"dispatch_hook", MST_SETTING_TEXT, 0, 0, "", "",
     "The URL to which messages of sms and xmpp dispatches are POSTed as JSON. It may lie in any network. "
     "Empty: they fail.",
     AT(dispatch_hook), NULL},
    {"smtp_url", MST_SETTING_TEXT, 0, 0, "", "",
     "The mail server for email dispatches: smtp://HOST:PORT, or smtps:// for TLS from the start. It may "
     "lie in any network. Empty: they fail.",
     AT(smtp_url), NULL},
    {"smtp_from", MST_SETTING_TEXT, 0, 0, "", "",
     "The mail address that email dispatches come from.",
     AT(smtp_from), NULL},
    {"smtp_user", MST_SETTING_TEXT, 0, 0, "", "",
     "The name for the mail server. Empty: without authentication.",
     AT(smtp_user), NULL},
    {"smtp_password_file", MST_SETTING_PATH, 0, 0, "", "",
     "A file with the password of smtp_user, in its first line.",
     AT(smtp_password_file), NULL},
    {"smtp_tls_required", MST_SETTING_BOOL, 0, 0, "yes", "",
     "Whether mail goes out over TLS alone (STARTTLS with smtp://). no: without, if the server has none.",
     AT(smtp_tls_required), NULL},

    {"content_max", MST_SETTING_SIZE, 1024, MST_CONTENT_MAX, "16m", "bytes",
     "The largest firmware or other file that may be uploaded to a model's content.",
     AT(content_max_bytes), NULL},

    {"threads", MST_SETTING_INTEGER, 0, 256, "0", "threads",
     "Threads that serve connections. 0: one per processor.",
     AT(threads), NULL},
    {"connections_max", MST_SETTING_INTEGER, 16, 1000000, "10000", "connections",
     "Connections to one address at a time, shared out evenly among the threads. Beyond it a new one "
     "is closed at once.",
     AT(connections_max), NULL},
    {"websockets_max", MST_SETTING_INTEGER, 1, 1000000, "5000", "sessions",
     "Connections that may be WebSocket sessions at a time, shared out evenly among the threads. Beyond it a "
     "handshake is answered 503. They stay open while devices come and go, so fewer than connections_max leave "
     "these room.",
     AT(websockets_max), NULL},
    {"watchers_max", MST_SETTING_INTEGER, 1, MST_WATCHERS_MAX, "1048576", "watchers",
     "Dataports and clients that may be watched at a time for requests that wait and for subscriptions, counted "
     "for each of these and shared out evenly among the threads; about 100 bytes each. A long poll watches two. Beyond it "
     "one is answered 503, a call of the RPC limit.",
     AT(watchers_max), NULL},
    {"tenant_share", MST_SETTING_INTEGER, 1, 100, "95", "percent",
     "How much one vendor may have of the WebSocket sessions (websockets_max), of requests that wait for a value "
     "(connections_max) and of what is watched (watchers_max). That is what one may have that is alone; "
     "the more others have, the less, so that there is always room for another. 100: there is no such bound.",
     AT(tenant_share), NULL},
    {"backlog", MST_SETTING_INTEGER, 1, 65535, "1024", "connections",
     "Connections that may wait to be accepted (the kernel has a bound of its own, net.core.somaxconn).",
     AT(backlog), NULL},
    {"requests_per_connection", MST_SETTING_INTEGER, 1, 1000000000, "1000", "requests",
     "After so many replies a connection is closed, with Connection: close in the last.",
     AT(requests_per_connection), NULL},
    {"handshake_timeout", MST_SETTING_MILLISECONDS, 100, MINUTES_MS(10), "10s", "ms",
     "For the PROXY header and the TLS handshake of a new connection.",
     AT(handshake_timeout_ms), NULL},
    {"head_timeout", MST_SETTING_MILLISECONDS, 100, MINUTES_MS(10), "20s", "ms",
     "From the first byte of a request to the end of its header. Some devices send byte by byte and "
     "need 10 s.",
     AT(head_timeout_ms), NULL},
    {"body_timeout", MST_SETTING_MILLISECONDS, 100, MINUTES_MS(60), "30s", "ms",
     "From the end of a header to the end of the body. A body that is stored as it comes (content) may "
     "take longer: each byte puts the end off by a millisecond, up to this time from now.",
     AT(body_timeout_ms), NULL},
    {"idle_timeout", MST_SETTING_MILLISECONDS, 100, MINUTES_MS(24 * 60), "75s", "ms",
     "Between two requests on a connection.",
     AT(idle_timeout_ms), NULL},
    {"send_timeout", MST_SETTING_MILLISECONDS, 100, MINUTES_MS(60), "30s", "ms",
     "For the other side to take a reply. A reply that is read as it goes (content) may take longer: each "
     "byte that was taken puts the end off by a millisecond, up to this time from now.",
     AT(send_timeout_ms), NULL},
    {"drain_timeout", MST_SETTING_MILLISECONDS, 100, MINUTES_MS(10), "10s", "ms",
     "After SIGTERM, for requests that are being answered. What is left then is cut off.",
     AT(drain_timeout_ms), NULL},
    {"stall_timeout", MST_SETTING_MILLISECONDS, 100, MINUTES_MS(10), "20s", "ms",
     "A thread that serves connections and does not come round for so long, or changes waiting so "
     "long while none is answered, make /healthz answer 503 and keep back the sign of life that the "
     "watchdog of systemd waits for.",
     AT(stall_timeout_ms), NULL},
    {"unsent_max", MST_SETTING_SIZE, 65536, 1 << 30, "16m", "bytes",
     "How much of its replies a slow reader may leave waiting before its connection is closed.",
     AT(unsent_max_bytes), NULL},
    {"held_max", MST_SETTING_SIZE, 64 << 20, INT64_C(1) << 40, "256m", "bytes",
     "How much memory requests may hold while others are served: bodies that come, replies that are being made or "
     "wait to be taken, requests that wait for a value. Shared out among the threads, each of which has room "
     "for two of the largest replies. Beyond it a request that needs more than 64 KiB is answered 503, a "
     "WebSocket session whose message does is closed with 1013.",
     AT(held_max_bytes), NULL},
    {"udp_rate", MST_SETTING_INTEGER, 1, 100000, "20", "datagrams",
     "How many datagrams per second are taken from one source in the long run; what it did not use of five "
     "seconds may come at once. A source is an IPv4 address or the /64 network of an IPv6 one.",
     AT(udp_rate), NULL},
    {"retry_after", MST_SETTING_SECONDS, 1, 3600, "10s", "s",
     "The largest Retry-After of a 503 reply. Each reply draws its own between 1 and this, so that "
     "devices do not all come back in the same second.",
     AT(retry_after_s), NULL},
    {"log_level", MST_SETTING_ENUM, 0, 0, "info", "",
     "What is logged to standard error: this and everything more severe.",
     AT(log_level), log_levels},
    {"log_requests", MST_SETTING_BOOL, 0, 0, "no", "",
     "Whether every answered request is logged, with method, path without what is personal in it, "
     "status, duration and address. Keys, queries and bodies are never logged.",
     AT(log_requests), NULL},
};
/* clang-format on */

const size_t mst_setting_count = sizeof mst_setting_table / sizeof mst_setting_table[0];
_Static_assert(sizeof mst_setting_table / sizeof mst_setting_table[0] <= MST_SETTINGS_MAX,
               "MST_SETTINGS_MAX is too small");

static void *member_of(struct mst_settings *settings, const struct mst_setting *setting)
{
    return &((char *)settings)[setting->offset];
}

void mst_settings_init(struct mst_settings *settings)
{
    struct mst_buf why;

    memset(settings, 0, sizeof *settings);
    mst_buf_init(&why, MST_KIB(4));
    for (size_t i = 0; i < mst_setting_count; i++) {
        const struct mst_setting *setting = &mst_setting_table[i];
        enum mst_err err = mst_setting_kinds[setting->type].parse(
            setting, mst_span_str(setting->value), member_of(settings, setting), &why);

        assert(err == MST_OK);
    }
    mst_buf_fini(&why);
}

static bool find(struct mst_span name, size_t *ret_index)
{
    for (size_t i = 0; i < mst_setting_count; i++) {
        if (!mst_span_eq(name, mst_span_str(mst_setting_table[i].name)))
            continue;
        *ret_index = i;
        return true;
    }
    return false;
}

/* The setting that was meant, if only the dashes of name are wrong; NULL: none is near. */
static const char *find_dashed(struct mst_span name)
{
    char spelt[64];
    size_t index;

    if (name.len > sizeof spelt)
        return NULL;
    for (size_t i = 0; i < name.len; i++)
        spelt[i] = name.ptr[i] == '-' ? '_' : name.ptr[i];
    return find(mst_span_of(spelt, name.len), &index) ? mst_setting_table[index].name : NULL;
}

/* Parses on a copy, so that a list with one bad item leaves the settings as they were. */
static enum mst_err replace(struct mst_settings *settings, const struct mst_setting *setting,
                            bool is_added, struct mst_span value, struct mst_buf *why)
{
    const struct mst_setting_kind *kind = &mst_setting_kinds[setting->type];
    void *copy = calloc(1, kind->bytes);
    enum mst_err err;

    if (!copy)
        return MST_ENOMEM;
    if (is_added)
        memcpy(copy, member_of(settings, setting), kind->bytes);
    err = kind->parse(setting, value, copy, why);
    if (!err)
        memcpy(member_of(settings, setting), copy, kind->bytes);
    free(copy);
    return err;
}

enum mst_err mst_settings_set(struct mst_settings *settings, enum mst_setting_source source,
                              struct mst_span name, struct mst_span value, struct mst_buf *why)
{
    const struct mst_setting *setting;
    struct mst_buf cause;
    enum mst_err err;
    size_t index;
    bool is_again;

    if (!find(name, &index)) {
        const char *meant = find_dashed(name);

        (void)mst_buf_addf(why, "%.*s: no such setting%s%s", (int)name.len, name.ptr,
                           meant ? ", but " : "", meant ? meant : "");
        return MST_ENOENT;
    }
    setting = &mst_setting_table[index];
    is_again = settings->set_by[index] == source;
    if (is_again && source == MST_FROM_FILE && !mst_setting_kinds[setting->type].is_list) {
        (void)mst_buf_addf(why, "%s: set twice", setting->name);
        return MST_EEXIST;
    }
    mst_buf_init(&cause, MST_KIB(4));
    err = replace(settings, setting, is_again && mst_setting_kinds[setting->type].is_list,
                  mst_span_trim(value), &cause);
    if (!err)
        settings->set_by[index] = source;
    else
        (void)mst_buf_addf(why, "%s: %.*s", setting->name, (int)cause.len,
                           cause.ptr ? cause.ptr : mst_err_text(err));
    mst_buf_fini(&cause);
    return err;
}

static bool begins_with_one_of(const char *text, struct mst_span one, struct mst_span other)
{
    return mst_span_starts(mst_span_str(text), one) || mst_span_starts(mst_span_str(text), other);
}

/* What is wrong with where messages are sent through; NULL: nothing. */
static const char *check_dispatches(const struct mst_settings *settings)
{
    const char *hook = settings->dispatch_hook, *url = settings->smtp_url;

    if (hook[0] && !begins_with_one_of(hook, MST_LIT("http://"), MST_LIT("https://")))
        return "dispatch_hook: must begin with http:// or https://\n";
    if (url[0] && !begins_with_one_of(url, MST_LIT("smtp://"), MST_LIT("smtps://")))
        return "smtp_url: must begin with smtp:// or smtps://\n";
    if (url[0] && !mst_mail_is_address(mst_span_str(settings->smtp_from)))
        return "smtp_from: smtp_url needs a mail address here\n";
    if (settings->smtp_user[0] && !settings->smtp_password_file[0])
        return "smtp_password_file: smtp_user needs one\n";
    return NULL;
}

enum mst_err mst_settings_check(const struct mst_settings *settings, struct mst_buf *why)
{
    const char *problem = check_dispatches(settings);
    enum mst_err err = MST_OK;

    if (settings->http.n_items == 0 && settings->https.n_items == 0) {
        (void)mst_buf_add_str(why, "http: no address to listen on, neither here nor in https\n");
        err = MST_EINVAL;
    }
    if (settings->https.n_items > 0 && settings->tls_certificates.n_items == 0) {
        (void)mst_buf_add_str(why, "https: needs a certificate and key in tls_certificates\n");
        err = MST_EINVAL;
    }
    if (settings->data[0] == '\0') {
        (void)mst_buf_add_str(why, "data: must name a directory\n");
        err = MST_EINVAL;
    }
    if (problem) {
        (void)mst_buf_add_str(why, problem);
        err = MST_EINVAL;
    }
    return err;
}
