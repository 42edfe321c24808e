/*
 * site.h - a whole server inside a test: memory store, real sockets on a loopback
 * port of the kernel's choosing, one loop on a thread of its own. And a client that
 * shows replies byte by byte.
 *
 * Everything here ends the running test when it fails.
 */
#ifndef MST_TESTS_LIB_SITE_H
#define MST_TESTS_LIB_SITE_H

#include "front/http/front.h"
#include "store/memory/memory.h"

struct mst_site;

struct mst_site_opts {
    struct mst_http_opts http; /* domain and store are filled in; zero = a default for tests */
    bool (*inject_unknown)(void *arg, bool *ret_is_applied); /* once the site has started */
    void *arg;
    size_t queue_max;
    unsigned defects; /* of the domain */
    int64_t clock_s;  /* the time that it is until mst_site_pass says so; 0: the clock's */
    bool is_udp;      /* datagrams are taken, as many as come */
};

/* opts may be NULL. */
struct mst_site *mst_site_start(const struct mst_site_opts *opts);
void mst_site_stop(struct mst_site *site);
uint16_t mst_site_port(const struct mst_site *site);
uint16_t mst_site_udp_port(const struct mst_site *site);
/* Moves both clocks of the store. */
void mst_site_pass(struct mst_site *site, int64_t seconds);
/* Drains the worker, and waits until it says that it is idle. Once. */
void mst_site_start_drain(struct mst_site *site);
void mst_site_await_drain(struct mst_site *site);
/* The root client's CIK, NUL terminated. */
const char *mst_site_root(const struct mst_site *site);

/*
 * All that is stored, each row a line, in an order of its own; without the clock's mark. Two equal
 * dumps: nothing has changed.
 */
void mst_site_dump(struct mst_site *site, struct mst_buf *out);

/* What requests would take too long for: a command of the state file. change must succeed. */
void mst_site_change(struct mst_site *site, enum mst_err (*change)(void *arg, struct mst_tx *tx),
                     void *arg);

/* ---- one connection ---- */

struct mst_line {
    int fd;
    struct mst_buf in;
};

struct mst_answer {
    unsigned status;
    struct mst_span head; /* with the empty line */
    struct mst_span body;
    bool is_closing; /* says Connection: close */
};

struct mst_line mst_line_open(struct mst_site *site);
void mst_line_close(struct mst_line *line);
void mst_line_send(struct mst_line *line, const char *text);
void mst_line_send_bytes(struct mst_line *line, struct mst_span bytes);
void mst_line_half_close(struct mst_line *line);
/* The next whole reply; valid until the next call. is_head: it has no body. */
struct mst_answer mst_line_reply(struct mst_line *line);
struct mst_answer mst_line_reply_to_head(struct mst_line *line);
/* Waits for the server to close, and gives what came before: empty if nothing. */
struct mst_span mst_line_rest(struct mst_line *line);

/* ---- whole exchanges ---- */

/* One request on a connection of its own, kept for the next one. header: "X-Exosite-CIK: ..." without
   line end, or NULL. The answer is valid until the next call. */
struct mst_answer mst_site_ask(struct mst_site *site, const char *method, const char *path,
                               const char *header, const char *body);
/* The same with a second header line, "Content-Type: ..." */
struct mst_answer mst_site_ask_typed(struct mst_site *site, const char *method, const char *path,
                                     const char *header, const char *type, const char *body);
/* Only the status. */
unsigned mst_site_status(struct mst_site *site, const char *method, const char *path,
                         const char *header, const char *body);
/* A device writes by alias, which must succeed: values in the form of 2.12.1; one at a time in seconds (2.12.5). */
void mst_site_write(struct mst_site *site, const char *cik, const char *values);
void mst_site_record(struct mst_site *site, const char *cik, const char *alias, int64_t at,
                     const char *value);
/* Waits until exactly n requests of the process are asleep (2.12.4, `wait`). */
void mst_site_await_asleep(uint64_t n);
/* Is one who asks while request is carried out, answered 200, answered before it? Asked ten times at most, should it be too
   late. */
bool mst_site_serves_others(struct mst_site *site, struct mst_span request);
/* One RPC by cik with one call; gives the whole reply body, NUL terminated. */
const char *mst_site_rpc(struct mst_site *site, const char *cik, const char *procedure,
                         const char *arguments);
/* The 40 characters of "result" of a call that must succeed, into ret. */
void mst_site_rpc_rid(struct mst_site *site, const char *cik, const char *procedure,
                      const char *arguments, char ret[41]);
/* A CIK that its direct owner can see. */
void mst_site_key(struct mst_site *site, const char *owner_cik, const char *rid, char ret[41]);

/*
 * A vendor, "acme" if not named otherwise, with token, portal, template with dataports temp (float), count (integer), note
 * (string), and the model "m1".
 */
struct mst_scene {
    const char *name;
    char vendor_rid[41], vendor_cik[41], token[41], portal_rid[41], portal_cik[41];
    char template_rid[41];
    char by_vendor[64], by_token[64]; /* header lines */
};

void mst_scene_make(struct mst_site *site, struct mst_scene *ret_scene);
/* name must outlive the scene. */
void mst_scene_make_named(struct mst_site *site, const char *name, struct mst_scene *ret_scene);
/* Lists, enables and activates sn of m1; the device's RID and CIK. */
void mst_scene_device(struct mst_site *site, const struct mst_scene *scene, const char *sn,
                      char ret_rid[41], char ret_cik[41]);
/* A site with a scene and a device of it: the beginning of most evidence. */
struct mst_site *mst_scene_start(const struct mst_site_opts *opts, const char *sn,
                                 struct mst_scene *ret_scene, char ret_rid[41], char ret_cik[41]);

/*
 * A row of a script. In header, body and reply "$x" stands for a handle of the scene: $vendor,
 * $portal, $template (RIDs), $V, $P (their CIKs' header lines), $T (token's header line), $rid and
 * $cik (a device's); with another vendor's scene in the cast $otherportal, $othertemplate, $OV, $OT.
 * reply "*" is anything, "#" 40 hex characters.
 */
struct mst_script {
    const char *method, *path, *header, *type, *body;
    unsigned status;
    const char *reply;
};

struct mst_cast {
    const struct mst_scene *scene;
    const char *rid, *cik;         /* of a device, or NULL */
    const struct mst_scene *other; /* another vendor, or NULL */
};

void mst_script_play(struct mst_site *site, const struct mst_cast *cast,
                     const struct mst_script *rows, size_t n_rows);
#define PLAY(site, cast, rows) \
    mst_script_play((site), (cast), (rows), sizeof(rows) / sizeof((rows)[0]))

/* Does piece stand somewhere in text? */
bool mst_text_has(struct mst_span text, const char *piece);

/* "X-Exosite-CIK: <cik>" */
const char *mst_by_cik(const char *cik, char buf[64]);

#define ck_assert_status(site, want, method, path, header, body) \
    ck_assert_uint_eq(mst_site_status((site), (method), (path), (header), (body)), (want))

#endif
