/*
 * settings.h - everything about musterd that can be set, in one table.
 *
 * The table feeds the parser of the settings file and of the command line,
 * `musterd --help` and the manual page musterd.conf(5). A value is given by the
 * file or by the command line; the command line replaces what the file says.
 */
#ifndef MST_SERVER_SETTINGS_H
#define MST_SERVER_SETTINGS_H

#include "base/buf.h"
#include "net/addr.h"

enum {
    MST_SETTING_TEXT_MAX = 1024, /* a path or other text, with its NUL */
    MST_LISTENS_MAX = 16,        /* addresses of one kind */
    MST_CERTS_MAX = 8            /* certificate and key pairs */
};

struct mst_listen {
    struct mst_addr addr;
    int64_t tls_min; /* enum mst_tls_version; 0 = the setting tls_min */
};

struct mst_listens {
    struct mst_listen items[MST_LISTENS_MAX];
    size_t n_items;
};

struct mst_certs {
    struct {
        char cert[MST_SETTING_TEXT_MAX];
        char key[MST_SETTING_TEXT_MAX];
    } items[MST_CERTS_MAX];
    size_t n_items;
};

enum mst_setting_source { MST_FROM_DEFAULT, MST_FROM_FILE, MST_FROM_COMMAND_LINE };

enum { MST_SETTINGS_MAX = 64 };

/* Numbers are int64_t whatever they count, so that one rule writes them all; the unit is in the name. */
struct mst_settings {
    struct mst_listens http, https, admin, udp;
    struct mst_certs tls_certificates;
    int64_t tls_min;
    struct mst_addr_set trusted_proxies;
    struct mst_addr advertised_address; /* 0.0.0.0 = none; port 0 = that of the request */
    char data[MST_SETTING_TEXT_MAX];
    char key_file[MST_SETTING_TEXT_MAX];   /* "" = muster.key in data */
    char backup_dir[MST_SETTING_TEXT_MAX]; /* "" = backups in data */
    int64_t queue_max, batch_max;
    int64_t cache_mib;  /* of all threads together */
    int64_t checkpoint; /* enum mst_checkpoint */
    int64_t window_s;
    int64_t sn_scope; /* enum mst_sn_scope */
    int64_t delete_sn_disables, ranges_wrapped, content_overwrite, alias_skip_bad_values;
    int64_t dispatch_private_networks, dispatch_timeout_ms, dispatch_retry_ms;
    char dispatch_ca_file[MST_SETTING_TEXT_MAX]; /* "" = none */
    char dispatch_hook[MST_SETTING_TEXT_MAX];    /* "" = none */
    char smtp_url[MST_SETTING_TEXT_MAX];         /* "" = none */
    char smtp_from[MST_SETTING_TEXT_MAX];
    char smtp_user[MST_SETTING_TEXT_MAX]; /* "" = without authentication */
    char smtp_password_file[MST_SETTING_TEXT_MAX];
    int64_t smtp_tls_required;
    int64_t content_max_bytes;
    int64_t threads, connections_max, websockets_max, watchers_max, tenant_share, backlog;
    int64_t requests_per_connection;
    int64_t handshake_timeout_ms, head_timeout_ms, body_timeout_ms, idle_timeout_ms,
        send_timeout_ms, drain_timeout_ms, stall_timeout_ms;
    int64_t unsent_max_bytes;
    int64_t held_max_bytes;
    int64_t udp_rate;
    int64_t retry_after_s;
    int64_t log_level; /* enum mst_log_level */
    int64_t log_requests;
    enum mst_setting_source set_by[MST_SETTINGS_MAX];
};

enum mst_sn_scope { MST_SN_SCOPE_VENDOR, MST_SN_SCOPE_MODEL };
enum mst_checkpoint { MST_CHECKPOINT_THREAD, MST_CHECKPOINT_COMMIT };

void mst_settings_init(struct mst_settings *settings);

/*
 * One setting. Lists given twice by one source add up; of other settings the
 * command line takes the last and a file may give each once. MST_ENOENT (no such setting),
 * MST_EINVAL, MST_ESYNTAX, MST_EEXIST, MST_EFULL; *why then gets one line that names the setting
 * and the cause, and the settings are as before.
 */
MST_MUST_USE enum mst_err mst_settings_set(struct mst_settings *settings,
                                           enum mst_setting_source source, struct mst_span name,
                                           struct mst_span value, struct mst_buf *why);

/* Reads a settings file. Every fault is one line of *why, "FILE:LINE: NAME: CAUSE"; the lines
   without fault hold all the same. MST_EINVAL if there was any. */
MST_MUST_USE enum mst_err mst_settings_load(struct mst_settings *settings, const char *path,
                                            struct mst_buf *why);

/* What no single line can tell: settings that do not go together. MST_EINVAL, a line of *why each. */
MST_MUST_USE enum mst_err mst_settings_check(const struct mst_settings *settings,
                                             struct mst_buf *why);

/* The table as text for --help. */
void mst_settings_print_help(struct mst_buf *out);
/* The manual page musterd.conf(5), in roff. */
void mst_settings_print_man(struct mst_buf *out);

#endif
