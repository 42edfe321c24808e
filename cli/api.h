/* api.h - calls of the HTTP API, and what to tell people when one is refused. */
#ifndef MST_CLI_API_H
#define MST_CLI_API_H

#include "cli/cli.h"
#include "cli/csv.h"
#include "cli/http.h"

/* Whose key goes with a call. */
enum cli_who {
    CLI_NOBODY,
    CLI_VENDOR,     /* a vendor token, or else a vendor CIK: /provision/manage */
    CLI_VENDOR_CIK, /* register, tokens, RPC */
    CLI_PORTAL_CIK, /* the owner of devices */
    CLI_GIVEN_CIK   /* only one given for this run: a device's, or the root client's */
};

/* What to say when a call comes back with status; ends with CLI_REASONS_END. */
struct cli_reason {
    long status;
    const char *text;
};
#define CLI_REASONS_END \
    {                   \
        0, NULL         \
    }

enum { CLI_ALSO_MAX = 2, CLI_NAMES_MAX = 3 };

struct cli_call;

/* Asks the server what a call that got 409 is in conflict with, aside, and appends it for people;
   nothing if that cannot be found out. */
typedef void cli_conflict(struct cli *cli, const struct cli_call *call, struct mst_buf *ret_text);

struct cli_call {
    enum cli_who who;
    const struct mst_handle *as; /* instead of who: this CIK */
    const char *method;
    const char *path;                 /* as it stands, and behind it, encoded, the names: */
    const char *names[CLI_NAMES_MAX]; /* "/" between them; NULL ends. An empty one is refused */
    const char *tail;                 /* as it stands: "?show=log", "/"; may be NULL */
    const char *content_type;         /* NULL: no body, or that of form */
    struct mst_span body;
    const struct mst_buf *form;       /* instead of both; its errors are looked at */
    const char *subject;              /* what the messages are about; NULL: the names */
    const struct cli_reason *reasons; /* before the general ones; may be NULL */
    cli_conflict *conflict;           /* instead of the reason at a 409; may be NULL */
    char *away;                       /* CLI_WHY_MAX characters, or NULL: see cli_api */
    bool is_aside;           /* once, and nothing is said: all that is no 2xx is CLI_REFUSED */
    long also[CLI_ALSO_MAX]; /* statuses outside 2xx that the caller looks at itself */
    long in_form; /* another such status, with a body that is no error's (2.12.5); 0: none */
    const char *headers[CLI_HEADERS_MAX]; /* more lines; NULL: none */
    struct cli_source *source;            /* http.h; NULL: none */
    struct cli_sink *sink;
};

extern const char CLI_FORM[], CLI_CSV[], CLI_JSON[];
extern const char CLI_MODELS[]; /* "/provision/manage/model/" */

/*
 * CLI_OK with a 2xx status, or one of also. Otherwise everything has been said and the exit
 * code is returned. reply must be cleared with cli_reply_fini in both cases.
 *
 * With away a call is made once. If it might succeed later, for there was no answer or a 502, 503 or 504, nothing
 * is said, and away tells why; else away is empty.
 */
enum cli_exit cli_api(struct cli *cli, const struct cli_call *call, struct cli_reply *ret_reply);
/* The same where the reply tells nothing more. */
enum cli_exit cli_api_done(struct cli *cli, const struct cli_call *call);

/* Called with each row of a list until it fails. */
typedef enum cli_exit cli_each_row(void *arg, const struct cli_csv_row *row);
/* The rows of a list: GET unless the call says otherwise. what: "a list of tokens". */
enum cli_exit cli_api_rows(struct cli *cli, const struct cli_call *call, const char *what,
                           cli_each_row *each, void *arg);

/* Waits; a signal that is not fatal does not shorten it. */
void cli_wait(uint64_t ms);

/* The key of who, or a message how to give one. *ret_is_token only with CLI_VENDOR. */
enum cli_exit cli_api_key(struct cli *cli, enum cli_who who, const struct mst_handle **ret_key,
                          bool *ret_is_token);

/* --server, MUSTER_SERVER, or the profile's; NULL: none of them. */
const char *cli_api_server(const struct cli *cli);

/*
 * For commands that are for borrowers too (cli.h): the vendor that shares its model with the caller
 * (protocol.md 2.9). It goes with every call of theirs. NULL: the model is the caller's own.
 */
#define CLI_LENDER_OPTION                                                                \
    {                                                                                    \
        "vendor", "NAME", "the vendor that has the model, if it shared it with this one" \
    }
const char *cli_api_lender(const struct cli *cli);

/* --vendor, or the profile's. */
enum cli_exit cli_api_vendor(struct cli *cli, const char **ret_vendor);

/* Percent-encodes all but A-Z a-z 0-9 - . _ ~ */
void cli_url_add(struct mst_buf *out, struct mst_span text);
/* Appends [&]name=value, encoded. */
void cli_form_add(struct mst_buf *out, struct mst_span name, struct mst_span value);
void cli_form_add_str(struct mst_buf *out, const char *name, const char *value);
/* The path of a call, NUL terminated. MST_EINVAL: an empty name; MST_EFULL, MST_ENOMEM. */
MST_MUST_USE enum mst_err cli_call_path(const struct cli_call *call, struct mst_buf *out);

#endif
