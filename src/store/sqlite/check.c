/*
 * Is a store whole? First SQLite's own look at every page, then the facts that one row tells of
 * another: each is a query for the rows that break it. All of it is reading. A file without a log
 * beside it is opened as immutable, so that not even a lock is left in a backup's directory.
 */
#include <nettle/sha2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/manifest.h"
#include "store/sqlite/offline.h"

enum { SHOWN_MAX = 5, CACHE_KIB = 64 * 1024, CONTENT_SINCE = 4 };

struct fact {
    const char *text; /* what a row that the query gives is */
    const char *sql;  /* one column: which row */
};

/* A counter and what it counts: what is owned directly, and what child clients draw. */
#define COUNTER(name, own)                                                                        \
    {                                                                                             \
        "the count of " #name "s differs from what is there: client",                             \
            "SELECT q.client_id FROM quota q WHERE q.use_" #name " <> (SELECT count(*) FROM " own \
            ") + (SELECT coalesce(sum(CASE WHEN c.lim_" #name " < 0 THEN c.use_" #name            \
            " ELSE c.lim_" #name " END), 0) FROM resource r JOIN quota c ON c.client_id = r.id"   \
            " WHERE r.owner_id = q.client_id AND r.kind = 1)"                                     \
    }
#define OF_KIND(kind) "resource r WHERE r.owner_id = q.client_id AND r.kind = " kind
#define OF_SHARES     "share s JOIN resource r ON r.id = s.resource_id WHERE r.owner_id = q.client_id"

static const struct fact facts[] = {
    {"no store id, or no root client: META row",
     "SELECT name FROM (SELECT 'store_id' AS name UNION SELECT 'root_client' UNION SELECT "
     "'locator_check') n WHERE NOT EXISTS (SELECT 1 FROM meta m WHERE m.name = CAST(n.name AS "
     "BLOB))"                                                                                    },
    {"the root client is not a client without an owner: client",
     "SELECT id FROM (SELECT CAST(CAST(value AS TEXT) AS INTEGER) AS id FROM meta WHERE name = "
     "CAST('root_client' AS BLOB)) m WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = m.id "
     "AND r.owner_id = 0 AND r.kind = 1)"                                                        },
    {"a generation is missing or out of its range: number",
     "SELECT ix FROM gen WHERE gen <= 0 OR gen >= 1 << 24 OR (ix > 0 AND NOT EXISTS (SELECT 1 FROM "
     "gen g WHERE g.ix = gen.ix - 1))"                                                           },
    {"a generation stands twice: number",
     "SELECT max(ix) FROM gen GROUP BY gen HAVING count(*) > 1"                                  },
    {"a resource of an unknown kind, or of an unknown generation: resource",
     "SELECT id FROM resource WHERE kind NOT IN (1, 2, 3, 4) OR NOT EXISTS (SELECT 1 FROM gen "
     "WHERE "
     "gen.ix = resource.gen_ix)"                                                                 },
    {"a resource without an owner that is a client: resource",
     "SELECT id FROM resource r WHERE owner_id <> 0 AND NOT EXISTS (SELECT 1 FROM resource o WHERE "
     "o.id = r.owner_id AND o.kind = 1)"                                                         },
    {"a second resource without any owner: resource",
     "SELECT id FROM resource WHERE owner_id = 0 LIMIT -1 OFFSET 1"                              },
    {"a client without a key: client",
     "SELECT id FROM resource r WHERE kind = 1 AND NOT EXISTS (SELECT 1 FROM client c WHERE c.id = "
     "r.id)"                                                                                     },
    {"a key without its client: key",
     "SELECT id FROM client c WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = c.id AND "
     "r.kind = 1 AND r.gen_ix = c.gen_ix)"                                                       },
    {"a key made with a numbered key that the store does not know: key",
     "SELECT id FROM client c WHERE NOT EXISTS (SELECT 1 FROM keyring k WHERE k.kid = c.kid)"    },
    {"a key in no state that there is: key",
     "SELECT id FROM client WHERE state NOT BETWEEN 3 AND 6"                                     },
    {"a key brought from elsewhere that is of no client's present epoch: client",
     "SELECT client_id FROM foreign_cik f WHERE NOT EXISTS (SELECT 1 FROM client c WHERE c.id = "
     "f.client_id AND c.epoch = f.epoch AND c.foreign_bits & 1)"                                 },
    {"a key brought from elsewhere that is missing: client",
     "SELECT id FROM client c WHERE foreign_bits & 1 AND NOT EXISTS (SELECT 1 FROM foreign_cik f "
     "WHERE f.client_id = c.id)"                                                                 },
    {"a RID brought from elsewhere that is not its resource's: resource",
     "SELECT resource_id FROM foreign_rid f WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id "
     "= f.resource_id AND r.foreign_rid = f.rid)"                                                },
    {"a RID brought from elsewhere that would not be found: resource",
     "SELECT id FROM resource r WHERE foreign_rid <> x'' AND NOT EXISTS (SELECT 1 FROM foreign_rid "
     "f WHERE f.rid = r.foreign_rid AND f.resource_id = r.id)"                                   },
    {"a client that does not know where its RID comes from: client",
     "SELECT c.id FROM client c JOIN resource r ON r.id = c.id WHERE (r.foreign_rid <> x'') <> "
     "((c.foreign_bits & 2) <> 0)"                                                               },
    {"keys or RIDs brought from elsewhere without the mark that they are there: META row",
     "SELECT 'foreign' WHERE (EXISTS (SELECT 1 FROM foreign_cik) OR EXISTS (SELECT 1 FROM "
     "foreign_rid)) AND NOT EXISTS (SELECT 1 FROM meta WHERE name = CAST('foreign' AS BLOB))"    },
    {"a client without limits: client",
     "SELECT id FROM client c WHERE NOT EXISTS (SELECT 1 FROM quota q WHERE q.client_id = c.id)" },
    {"limits without their client: client",
     "SELECT client_id FROM quota q WHERE NOT EXISTS (SELECT 1 FROM client c WHERE c.id = "
     "q.client_id)"                                                                              },
    {"an alias whose resource is not a child of its client: alias",
     "SELECT client_id || ' ' || CAST(name AS TEXT) FROM alias a WHERE NOT EXISTS (SELECT 1 FROM "
     "resource r WHERE r.id = a.resource_id AND r.owner_id = a.client_id)"                       },
    {"a vendor without its client: vendor",
     "SELECT id FROM vendor v WHERE NOT EXISTS (SELECT 1 FROM client c WHERE c.id = v.client_id)"},
    {"a vendor token without its vendor: token",
     "SELECT id FROM token t WHERE NOT EXISTS (SELECT 1 FROM vendor v WHERE v.id = t.vendor_id)" },
    {"a model without its vendor: model",
     "SELECT id FROM model m WHERE NOT EXISTS (SELECT 1 FROM vendor v WHERE v.id = m.vendor_id)" },
    {"a serial number without its model, or of another vendor: serial number",
     "SELECT model_id || ' ' || CAST(sn AS TEXT) FROM serial s WHERE NOT EXISTS (SELECT 1 FROM "
     "model m WHERE m.id = s.model_id AND m.vendor_id = s.vendor_id)"                            },
    {"a serial number whose client hangs on another one: serial number",
     "SELECT s.model_id || ' ' || CAST(s.sn AS TEXT) FROM serial s JOIN resource r ON r.id = "
     "s.client_id WHERE s.client_id <> 0 AND (r.kind <> 1 OR r.model_id <> s.model_id OR r.sn <> "
     "s.sn)"                                                                                     },
    {"a client on two serial numbers: client",
     "SELECT client_id FROM serial WHERE client_id <> 0 GROUP BY client_id HAVING count(*) > 1"  },
    {"a log entry without its serial number: serial number",
     "SELECT DISTINCT model_id || ' ' || CAST(sn AS TEXT) FROM log l WHERE NOT EXISTS (SELECT 1 "
     "FROM serial s WHERE s.model_id = l.model_id AND s.sn = l.sn)"                              },
    {"a model shared with no vendor, or of none: model",
     "SELECT model_id FROM model_share s WHERE NOT EXISTS (SELECT 1 FROM model m JOIN vendor v ON "
     "v.id = s.vendor_id WHERE m.id = s.model_id AND m.vendor_id <> v.id)"                       },
    {"a serial number enabled by a vendor who would not find it: serial number",
     "SELECT model_id || ' ' || CAST(sn AS TEXT) FROM serial s WHERE lent_to <> 0 AND NOT EXISTS "
     "(SELECT 1 FROM lent_serial l JOIN vendor v ON v.id = l.vendor_id WHERE l.vendor_id = "
     "s.lent_to AND l.model_id = s.model_id AND l.sn = s.sn)"                                    },
    {"a serial number among those that a vendor enabled, who did not: serial number",
     "SELECT model_id || ' ' || CAST(sn AS TEXT) FROM lent_serial l WHERE NOT EXISTS (SELECT 1 "
     "FROM "
     "serial s WHERE s.model_id = l.model_id AND s.sn = l.sn AND s.lent_to = l.vendor_id)"       },
    {"a group without its model: group",
     "SELECT id FROM model_group g WHERE NOT EXISTS (SELECT 1 FROM model m WHERE m.id = "
     "g.model_id)"                                                                               },
    {"a group that counts its members wrongly: group",
     "SELECT id FROM model_group g WHERE n_members <> (SELECT count(*) FROM group_member m WHERE "
     "m.group_id = g.id)"                                                                        },
    {"a membership without its group: group",
     "SELECT DISTINCT group_id FROM group_member m WHERE NOT EXISTS (SELECT 1 FROM model_group g "
     "WHERE g.id = m.group_id AND g.model_id = m.model_id)"                                      },
    {"a row number above the last one given: resource",
     "SELECT id FROM resource WHERE id > (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE "
     "name = 'resource')"                                                                        },
    {"a share code without its resource: code",
     "SELECT id FROM share s WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = "
     "s.resource_id)"                                                                            },
    {"a share code activated by no client that there is: code",
     "SELECT id FROM share s WHERE activator_id <> 0 AND NOT EXISTS (SELECT 1 FROM client c WHERE "
     "c.id = s.activator_id)"                                                                    },
    {"a share code made with a numbered key that the store does not know: code",
     "SELECT id FROM share s WHERE NOT EXISTS (SELECT 1 FROM keyring k WHERE k.kid = s.kid)"     },
    {"points that are to be copied to where nothing is: resource",
     "SELECT target_id FROM point_copy p WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = "
     "p.target_id AND r.kind IN (2, 3))"                                                         },
    COUNTER(client, OF_KIND("1")),
    COUNTER(dataport, OF_KIND("2")),
    COUNTER(datarule, OF_KIND("3")),
    COUNTER(dispatch, OF_KIND("4")),
    COUNTER(share, OF_SHARES),
};

enum { N_FACTS = sizeof facts / sizeof facts[0], N_STEPS = 2 * MST_FILE_COUNT + N_FACTS + 3 };

struct check {
    const char *dir;
    const struct mst_offline_talk *talk;
    struct mst_sql_conn conns[MST_FILE_COUNT]; /* a store from before content.db lacks that one */
    int64_t version;                           /* of muster.db */
    unsigned n_done;
    uint64_t n_faults;
};

static void begin_step(struct check *check, const char *what)
{
    if (check->talk->step)
        check->talk->step(check->talk->arg, what, check->n_done, N_STEPS);
    check->n_done++;
}

static void __attribute__((format(printf, 2, 3)))
tell_fault(struct check *check, const char *fmt, ...)
{
    char text[512];
    va_list args;

    check->n_faults++;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (check->talk->fault)
        check->talk->fault(check->talk->arg, text);
}

/* ---- opening ---- */

/* A file name as SQLite's URIs want it. */
static enum mst_err add_uri(struct mst_buf *uri, const char *path)
{
    (void)mst_buf_add_str(uri, "file:");
    for (const char *c = path; *c; c = &c[1]) {
        if (strchr("?#%", *c))
            (void)mst_buf_addf(uri, "%%%02X", (unsigned)(unsigned char)*c);
        else
            (void)mst_buf_add_byte(uri, *c);
    }
    (void)mst_buf_add_str(uri, "?immutable=1");
    return mst_buf_add_byte(uri, '\0');
}

static bool has_log(const char *path)
{
    struct stat st;
    char *log = NULL;
    bool is_there = false;

    if (asprintf(&log, "%s-wal", path) >= 0)
        is_there = stat(log, &st) == 0 && st.st_size > 0;
    free(log);
    return is_there;
}

/* The log's frames count too, and reading them needs its index, which SQLite makes beside. */
static int open_with_log(const char *path, sqlite3 **ret_db)
{
    int rc = sqlite3_open_v2(path, ret_db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_wal_autocheckpoint(*ret_db, 0);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(*ret_db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    return rc == SQLITE_OK ? mst_sql_exec(*ret_db, "PRAGMA query_only=1") : rc;
}

static int open_still(const char *path, sqlite3 **ret_db)
{
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
    struct mst_buf uri;
    int rc = SQLITE_NOMEM;

    mst_buf_init(&uri, 16 * 1024);
    if (add_uri(&uri, path) == MST_OK)
        rc = sqlite3_open_v2(uri.ptr, ret_db, flags, NULL);
    mst_buf_fini(&uri);
    return rc;
}

static enum mst_err check_version(struct check *check, const struct mst_sql_conn *conn)
{
    sqlite3 *db = conn->db;
    int64_t version = 0;
    int rc = mst_sql_number(db, "PRAGMA user_version", &version);

    if (conn->file == MST_FILE_STATE)
        check->version = version;

    if (rc != SQLITE_OK)
        return mst_sql_err(rc);
    if (version > MST_SCHEMA_VERSION)
        return MST_EVERSION;
    if (version < 1)
        tell_fault(check, "%s holds no store", sqlite3_db_filename(db, "main"));
    return version < 1 ? MST_ECORRUPT : MST_OK;
}

/* A store that no muster with content.db has opened yet has none. muster.db is opened first. */
static enum mst_err check_missing(const struct check *check, enum mst_file file)
{
    bool is_early = file == MST_FILE_CONTENT && check->version < CONTENT_SINCE;

    return is_early ? MST_OK : MST_ENOENT;
}

static enum mst_err open_file(struct check *check, enum mst_file file)
{
    struct mst_sql_conn *conn = &check->conns[file];
    struct stat st;
    char *path = NULL;
    enum mst_err err = MST_OK;
    int rc;

    if (asprintf(&path, "%s/%s", check->dir, mst_sql_file_name(file)) < 0)
        return MST_ENOMEM;
    if (stat(path, &st) != 0) {
        free(path);
        return check_missing(check, file);
    }
    conn->file = file;
    rc = has_log(path) ? open_with_log(path, &conn->db) : open_still(path, &conn->db);
    free(path);
    if (rc == SQLITE_OK)
        rc = mst_sql_exec(conn->db, "PRAGMA cache_size=-%d", CACHE_KIB);
    err = rc == SQLITE_OK ? check_version(check, conn) : mst_sql_err(rc);
    return err;
}

/* ---- the looks ---- */

static enum mst_err check_hashes(struct check *check)
{
    static const char *const hash_steps[MST_FILE_COUNT] = {
        "the hash of muster.db", "the hash of points.db", "the hash of content.db"};
    struct mst_sql_manifest manifest;
    enum mst_err err = mst_sql_manifest_read(check->dir, &manifest);

    for (int i = 0; i < MST_FILE_COUNT && err == MST_OK; i++) {
        const char *name = mst_sql_file_name((enum mst_file)i);
        struct mst_sql_manifest_file file;
        char *path = NULL;

        if (manifest.files[i].bytes == 0)
            continue;
        begin_step(check, hash_steps[i]);
        if (asprintf(&path, "%s/%s", check->dir, name) < 0)
            return MST_ENOMEM;
        err = mst_sql_measure(path, &file);
        free(path);
        if (err == MST_OK && (file.bytes != manifest.files[i].bytes ||
                              strcmp(file.sha256, manifest.files[i].sha256) != 0))
            tell_fault(check, "%s is not what the backup's manifest says", name);
    }
    if (err == MST_ESYNTAX) {
        tell_fault(check, "the backup's manifest is damaged");
        err = MST_OK;
    }
    return err;
}

/* Each row of the statement is a fault; *ret_rows counts them, the first few are told. */
static int tell_rows(struct check *check, const char *text, sqlite3_stmt *stmt, uint64_t *ret_rows)
{
    uint64_t n = 0;
    int rc;

    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        n++;
        if (n <= SHOWN_MAX)
            tell_fault(check, "%s %s", text, (const char *)sqlite3_column_text(stmt, 0));
        else
            check->n_faults++;
    }
    *ret_rows = n;
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static enum mst_err check_pages(struct check *check, enum mst_file file)
{
    static const char *const page_steps[MST_FILE_COUNT] = {
        "every page of muster.db", "every page of points.db", "every page of content.db"};
    sqlite3_stmt *stmt = NULL;
    uint64_t n = 0;
    int rc;

    if (!check->conns[file].db)
        return MST_OK;
    begin_step(check, page_steps[file]);
    rc = sqlite3_prepare_v2(check->conns[file].db,
                            "SELECT integrity_check FROM pragma_integrity_check(100) WHERE "
                            "integrity_check <> 'ok'",
                            -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = tell_rows(check, mst_sql_file_name(file), stmt, &n);
    (void)sqlite3_finalize(stmt);
    return mst_sql_err(rc);
}

static enum mst_err check_fact(struct check *check, const struct fact *fact)
{
    sqlite3_stmt *stmt = NULL;
    uint64_t n = 0;
    int rc;

    begin_step(check, "what rows say of each other");
    rc = sqlite3_prepare_v2(check->conns[MST_FILE_STATE].db, fact->sql, -1, &stmt, NULL);
    if (rc == SQLITE_ERROR && check->version < MST_SCHEMA_VERSION)
        return MST_OK; /* of tables that came with a later version */
    if (rc == SQLITE_OK)
        rc = tell_rows(check, fact->text, stmt, &n);
    (void)sqlite3_finalize(stmt);
    if (rc == SQLITE_OK && n > SHOWN_MAX && check->talk->fault) {
        char text[64];

        (void)snprintf(text, sizeof text, "... and %llu more like these",
                       (unsigned long long)(n - SHOWN_MAX));
        check->talk->fault(check->talk->arg, text);
    }
    return mst_sql_err(rc);
}

/* Values of dropped dataports may lie there; values of row numbers not given yet would turn up in
   somebody else's dataport. */
static enum mst_err check_points(struct check *check)
{
    int64_t last = 0, most = 0;
    int rc = mst_sql_number(check->conns[MST_FILE_STATE].db,
                            "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = "
                            "'resource'",
                            &last);

    begin_step(check, "the owners of values");
    if (rc == SQLITE_OK)
        rc = mst_sql_number(check->conns[MST_FILE_POINTS].db,
                            "SELECT coalesce(max(dataport_id), 0) FROM point", &most);
    if (rc == SQLITE_OK && most > last)
        tell_fault(check, "values of a dataport that was never made: number %lld", (long long)most);
    return mst_sql_err(rc);
}

/* ---- content ---- */

/* Hashes the pieces of a blob, in order, and measures them. */
static int hash_blob(struct check *check, int64_t blob_id, struct sha256_ctx *sha,
                     int64_t *ret_size)
{
    sqlite3_stmt *stmt = NULL;
    int64_t next = MST_CHUNK_ID(blob_id, 0), size = 0;
    int rc = sqlite3_prepare_v2(
        check->conns[MST_FILE_CONTENT].db,
        "SELECT chunk_id, bytes FROM chunk WHERE chunk_id BETWEEN ?1 AND ?2 ORDER BY chunk_id", -1,
        &stmt, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(stmt, 1, next);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(stmt, 2, MST_CHUNK_ID(blob_id + 1, 0) - 1);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(stmt, 1);
        int n = sqlite3_column_bytes(stmt, 1);

        rc = sqlite3_column_int64(stmt, 0) == next++ ? SQLITE_OK : SQLITE_DONE; /* a gap */
        if (rc != SQLITE_OK)
            break;
        sha256_update(sha, (size_t)n, bytes);
        size += n;
    }
    (void)sqlite3_finalize(stmt);
    *ret_size = size;
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static const struct fact content_fact = {
    "a content entry without its model: entry",
    "SELECT id FROM content c WHERE NOT EXISTS (SELECT 1 FROM model m WHERE m.id = c.model_id)"};

static int check_blob(struct check *check, sqlite3_stmt *entry)
{
    const char *name = (const char *)sqlite3_column_text(entry, 0);
    const void *want = sqlite3_column_blob(entry, 3);
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx sha;
    int64_t size = 0;
    int rc;

    sha256_init(&sha);
    rc = hash_blob(check, sqlite3_column_int64(entry, 1), &sha, &size);
    if (rc != SQLITE_OK)
        return rc;
    sha256_digest(&sha, sizeof digest, digest);
    if (size != sqlite3_column_int64(entry, 2) ||
        sqlite3_column_bytes(entry, 3) != (int)sizeof digest ||
        memcmp(digest, want, sizeof digest) != 0)
        tell_fault(check, "the bytes of a content entry are not what was uploaded: entry %s", name);
    return SQLITE_OK;
}

/* Every entry's bytes are there, and hash to what the entry says. */
static enum mst_err check_content(struct check *check)
{
    sqlite3_stmt *stmt = NULL;
    enum mst_err err;
    int rc;

    if (!check->conns[MST_FILE_CONTENT].db)
        return MST_OK;
    err = check_fact(check, &content_fact);
    if (err != MST_OK)
        return err;
    begin_step(check, "the bytes of content");
    rc = sqlite3_prepare_v2(check->conns[MST_FILE_STATE].db,
                            "SELECT model_id || ' ' || CAST(name AS TEXT), blob_id, size, sha256 "
                            "FROM content WHERE blob_id <> 0",
                            -1, &stmt, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
        rc = check_blob(check, stmt);
    (void)sqlite3_finalize(stmt);
    return mst_sql_err(rc);
}

static enum mst_err check_all(struct check *check)
{
    enum mst_err err = mst_backup_is(check->dir) ? check_hashes(check) : MST_OK;

    for (int i = 0; i < MST_FILE_COUNT && err == MST_OK; i++)
        err = open_file(check, (enum mst_file)i);
    check->n_done = MST_FILE_COUNT;
    for (int i = 0; i < MST_FILE_COUNT && err == MST_OK; i++)
        err = check_pages(check, (enum mst_file)i);
    if (check->n_faults > 0) /* rows of broken pages tell nothing */
        return err;
    for (size_t i = 0; i < N_FACTS && err == MST_OK; i++)
        err = check_fact(check, &facts[i]);
    if (err == MST_OK)
        err = check_points(check);
    return err == MST_OK ? check_content(check) : err;
}

enum mst_err mst_sqlite_check(const char *dir, const struct mst_offline_talk *talk,
                              uint64_t *ret_faults)
{
    struct check check = {.dir = dir, .talk = talk};
    enum mst_err err = check_all(&check);

    for (int i = 0; i < MST_FILE_COUNT; i++)
        mst_sql_conn_close(&check.conns[i]);
    *ret_faults = check.n_faults;
    return err;
}

/* ---- backups ---- */

bool mst_backup_is(const char *dir)
{
    struct stat st;
    char *path = NULL;
    bool is_there = asprintf(&path, "%s/" MST_MANIFEST_NAME, dir) >= 0 && stat(path, &st) == 0;

    free(path);
    return is_there;
}

enum mst_err mst_backup_read(const char *dir, struct mst_backup_facts *ret_facts)
{
    struct mst_sql_manifest manifest;
    enum mst_err err = mst_sql_manifest_read(dir, &manifest);

    if (err != MST_OK)
        return err;
    if (manifest.schema > MST_SCHEMA_VERSION)
        return MST_EVERSION;
    *ret_facts = (struct mst_backup_facts){.bytes = 0};
    memcpy(ret_facts->made, manifest.made, sizeof manifest.made);
    memcpy(ret_facts->store_id, manifest.store_id, sizeof manifest.store_id);
    for (int i = 0; i < MST_FILE_COUNT; i++)
        ret_facts->bytes += manifest.files[i].bytes;
    return MST_OK;
}

enum mst_err mst_backup_copy(const char *from, const char *to, const char **ret_file)
{
    struct mst_sql_manifest manifest;
    enum mst_err err = mst_sql_manifest_read(from, &manifest);

    *ret_file = MST_MANIFEST_NAME;
    for (int i = 0; i < MST_FILE_COUNT && err == MST_OK; i++) {
        const char *name = mst_sql_file_name((enum mst_file)i);
        struct mst_sql_manifest_file file;
        char *old = NULL, *new = NULL;

        if (manifest.files[i].bytes == 0)
            continue;
        *ret_file = name;
        if (asprintf(&old, "%s/%s", from, name) < 0)
            return MST_ENOMEM;
        err = asprintf(&new, "%s/%s", to, name) < 0 ? MST_ENOMEM : MST_OK;
        if (err == MST_OK) {
            err = mst_sql_copy(old, new, &file);
            free(new);
        }
        free(old);
        if (err == MST_OK && (file.bytes != manifest.files[i].bytes ||
                              strcmp(file.sha256, manifest.files[i].sha256) != 0))
            err = MST_ECORRUPT;
    }
    return err;
}
