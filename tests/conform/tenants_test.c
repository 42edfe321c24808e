/*
 * The tenant matrix (protocol.md 1.7, 2.2, 2.4): every route of the route table, with every method, is asked
 * by every kind of caller, about things of the vendor acme.
 *
 * What each caller must get stands twice: in core/permit.h, by which the server decides, and here
 * in expected[][], written down from protocol.md. A sample request that is refused must have changed nothing
 * (the whole store is compared); one that a wrong tenant is served with, about its own things, may not show
 * or change anything of acme's. And no reply to a wrong tenant may depend on whether what it asks
 * about exists: each is asked once more about things that do not exist, and compared byte for byte.
 *
 * A route without a sample fails the test; so does a server that lets a wrong tenant in
 * (MUSTER_DEFECT=wrong-tenant).
 */
#include <stdio.h>
#include <string.h>

#include "front/http/outcome.h"
#include "front/http/route.h"
#include "sys/defect.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

/* ---- who asks ---- */

enum caller {
    NOBODY,       /* without a key */
    UNKNOWN,      /* a key of the right form that is none */
    REVOKED,      /* a vendor token of acme's that was deleted */
    DEAD,         /* the key that a device had before it was re-enabled */
    LOCKED,       /* a device that its owner locked */
    WRONG,        /* another vendor, by its CIK */
    WRONG_TOKEN,  /* by its token */
    WRONG_NAMING, /* by its token, with X-Exosite-Vendor: acme */
    RIGHT,        /* acme by its CIK */
    RIGHT_TOKEN,  /* by its token */
    OTHER_DEVICE, /* a device of another model of acme's */
    DEVICE,       /* the device asked about */
    BORROWER,     /* a vendor that m1 is shared with, by its CIK, about what it enabled */
    PRYING,       /* the same by its token, about what it did not enable */
    WITHDRAWN,    /* a vendor that m1 was shared with, about what it enabled then */
    PORTAL,       /* the owner of the device */
    ROOT,         /* the root client */
    CALLERS
};

static const char *const caller_names[CALLERS] = {
    "nobody",       "unknown key", "revoked token", "dead key",     "locked client",
    "wrong tenant", "wrong token", "wrong, naming", "right tenant", "right token",
    "other device", "device",      "borrower",      "prying",       "withdrawn",
    "portal owner", "root"};

/* ---- what they must get ---- */

enum { OK = 1, OWN = 2 }; /* what the call gives; its own things; else a status */

enum class {
    OPEN,
    DATA,         /* own dataports, by CIK */
    RPC,          /* the key is in the body: 200, and "ok" for those above the device */
    RPC_SELF,     /* and for itself */
    SEE_NAME,     /* its own vendor name */
    TAKE_NAME,    /* register acme */
    TOKENS,       /* the collection of its own tokens */
    TOKEN,        /* one of acme's */
    MODELS,       /* the collection of its own models */
    MAKE_MODEL,   /* from acme's template */
    MODEL,        /* acme's m1 and what hangs on it */
    LIST_SERIALS, /* X-Exosite-Vendor counts from here ... */
    SEE_SERIAL,
    KEEP_SERIALS, /* ... to here */
    ASK_WHY,      /* about acme's serial numbers; a share counts without X-Exosite-Vendor */
    LIST_CONTENT, /* of m1: 2.7.1 has a code of its own for a model that is not there */
    FETCH,        /* by a device, of its own model */
    FETCH_INFO,
    OPERATE,
    KEYS,        /* keys from elsewhere, on acme's m1 */
    CLIENT_KEYS, /* the same for clients below the caller */
    CLASSES
};

/* clang-format off */
static const unsigned expected[CLASSES][CALLERS] = {
    /*                 nobody unkn rev  dead lock wrong wtok naming right rtok other dev  borr pry  withd portal root */
    [OPEN]         = { OK,  OK,  OK,  OK,  OK,  OK,  OK,  OK,  OK, OK,  OK,  OK,  OK,  OK,  OK,  OK,  OK  },
    [DATA]         = { 401, 401, 401, 401, 401, OWN, 401, 401, OWN, 401, OWN, OK, OWN, 401, OWN, OWN, OWN },
    [RPC]          = { 401, 401, 401, 401, 401, 403, 401, 401, OK, 401, 403, 403, 403, 401, 403, OK,  OK  },
    [RPC_SELF]     = { 401, 401, 401, 401, 401, 403, 401, 401, OK, 401, 403, OK,  403, 401, 403, OK,  OK  },
    [SEE_NAME]     = { 401, 401, 401, 401, 401, OWN, OWN, OWN, OK, OK,  404, 404, OWN, OWN, OWN, 404, 404 },
    [TAKE_NAME]    = { 401, 401, 401, 401, 401, 409, 409, 409, OK, OK,  403, 403, 409, 409, 409, 403, 403 },
    [TOKENS]       = { 401, 401, 401, 401, 401, OWN, 401, 401, OK, 401, 412, 412, OWN, 401, OWN, 412, 412 },
    [TOKEN]        = { 401, 401, 401, 401, 401, 404, 401, 401, OK, 401, 412, 412, 404, 401, 404, 412, 412 },
    [MODELS]       = { 401, 401, 401, 401, 401, OWN, OWN, OWN, OK, OK,  412, 412, OWN, OWN, OWN, 412, 412 },
    [MAKE_MODEL]   = { 401, 401, 401, 401, 401, 400, 400, 400, OK, OK,  412, 412, 400, 400, 400, 412, 412 },
    [MODEL]        = { 401, 401, 401, 401, 401, 404, 404, 404, OK, OK,  412, 412, 404, 404, 404, 412, 412 },
    [LIST_SERIALS] = { 401, 401, 401, 401, 401, 404, 404, 403, OK, OK,  412, 412, OK,  OK,  403, 412, 412 },
    [SEE_SERIAL]   = { 401, 401, 401, 401, 401, 404, 404, 403, OK, OK,  412, 412, OK,  404, 403, 412, 412 },
    [KEEP_SERIALS] = { 401, 401, 401, 401, 401, 404, 404, 403, OK, OK,  412, 412, 403, 403, 403, 412, 412 },
    [ASK_WHY]      = { 401, 401, 401, 401, 401, 403, 403, 403, OK, OK,  412, 412, OK,  OK,  403, 412, 412 },
    [LIST_CONTENT] = { 401, 401, 401, 401, 401, 400, 400, 400, OK, OK,  412, 412, 400, 400, 400, 412, 412 },
    [FETCH]        = { 401, 401, 401, 401, 401, 403, 401, 401, 403, 401, 403, OK, 403, 401, 403, 403, 403 },
    [FETCH_INFO]   = { 401, 401, 401, 401, 401, 400, 401, 401, 400, 401, 400, OK, 400, 401, 400, 400, 400 },
    [KEYS]         = { 401, 401, 401, 401, 401, 404, 401, 401, OK, 401, 412, 412, 404, 401, 404, 412, 412 },
    [CLIENT_KEYS]  = { 401, 401, 401, 401, 401, 404, 401, 401, OK, 401, 403, 403, 404, 401, 404, 403, OK  },
    [OPERATE]      = { 401, 401, 401, 401, 401, 403, 401, 401, 403, 401, 403, 403, 403, 401, 403, 403, OK },
};
/* clang-format on */

/* By core's table: what a caller is where X-Exosite-Vendor does not count, and where it does. */
static const enum mst_role roles[CALLERS] = {[NOBODY] = MST_ROLE_NOBODY,
                                             [UNKNOWN] = MST_ROLE_NOBODY,
                                             [REVOKED] = MST_ROLE_NOBODY,
                                             [DEAD] = MST_ROLE_NOBODY,
                                             [LOCKED] = MST_ROLE_NOBODY,
                                             [WRONG] = MST_ROLE_VENDOR,
                                             [WRONG_TOKEN] = MST_ROLE_TOKEN,
                                             [WRONG_NAMING] = MST_ROLE_TOKEN,
                                             [RIGHT] = MST_ROLE_VENDOR,
                                             [RIGHT_TOKEN] = MST_ROLE_TOKEN,
                                             [OTHER_DEVICE] = MST_ROLE_DEVICE,
                                             [DEVICE] = MST_ROLE_DEVICE,
                                             [BORROWER] = MST_ROLE_VENDOR,
                                             [PRYING] = MST_ROLE_TOKEN,
                                             [WITHDRAWN] = MST_ROLE_VENDOR,
                                             [PORTAL] = MST_ROLE_CLIENT,
                                             [ROOT] = MST_ROLE_ROOT};

static enum mst_role role_of(enum caller caller, enum mst_action action)
{
    if (mst_permit_place(action) == MST_PLACE_LENT) {
        if (caller == BORROWER || caller == PRYING)
            return MST_ROLE_BORROWER;
        if (caller == WRONG_NAMING || caller == WITHDRAWN)
            return MST_ROLE_STRANGER;
    }
    if (mst_permit_by(action) == MST_BY_CIK && roles[caller] == MST_ROLE_TOKEN)
        return MST_ROLE_NOBODY;
    return roles[caller];
}

/* ---- the samples ---- */

/*
 * In path and body: $model, $sn (what the caller asks about), $token, $group, $content, $share: names of acme's
 * things; $template, $portal, $device: RIDs; $cik: the caller's own; $owner: a client of the caller's.
 */
struct sample {
    const char *route;
    enum class class;
    unsigned status; /* what those get who may */
    const char *path;
    const char *type;
    const char *body;
};

#define M      "/provision/manage/"
#define CSV    "text/csv"
#define KEY    "a32c85ba9dda45823be416246cf8b433baa068d7"
#define PUBLIC "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c"
#define CALL(procedure, arguments)                                                       \
    "{\"auth\":{\"cik\":\"$cik\"},\"calls\":[{\"id\":1,\"procedure\":\"" procedure "\"," \
    "\"arguments\":" arguments "}]}"
#define RANGE      "[{\"format\":\"base10\",\"first\":1,\"last\":9}]"
#define PUBLIC_KEY "0900000000000000000000000000000000000000000000000000000000000000"
#define MODELS_    "/provision/manage/model/*"
#define GROUPS_    "/provision/manage/group/*"
#define CONTENT_   "/provision/manage/content/*"
#define SHARES_    "/provision/manage/share/*"

/* clang-format off */
static const struct sample samples[] = {
    {"POST /provision/activate",      OPEN,         200, "/provision/activate",          NULL, "vendor=acme&model=$model&sn=p1"},
    {"GET /timestamp",                OPEN,         200, "/timestamp",                   NULL, NULL},
    {"GET /ip",                       OPEN,         200, "/ip",                          NULL, NULL},
    {"GET /onep:v1/stack/alias",      DATA,         200, "/onep:v1/stack/alias?temp",    NULL, NULL},
    {"GET /api:v1/stack/alias",       DATA,         200, "/api:v1/stack/alias?temp",     NULL, NULL},
    {"POST /onep:v1/stack/alias",     DATA,         204, "/onep:v1/stack/alias",         NULL, "temp=7"},
    {"POST /api:v1/stack/alias",      DATA,         204, "/api:v1/stack/alias",          NULL, "temp=7"},
    {"GET /ws/",                      OPEN,         426, "/ws",                          NULL, NULL},
    {"POST /onep:v1/stack/record",    DATA,         204, "/onep:v1/stack/record",        NULL, "alias=temp&1=7"},
    {"POST /api:v1/stack/record",     DATA,         204, "/api:v1/stack/record",         NULL, "alias=temp&1=7"},
    {"POST /onep:v1/stack/alias/*",   DATA,         204, "/onep:v1/stack/alias/temp",    NULL, "1=7"},
    {"POST /api:v1/stack/alias/*",    DATA,         204, "/api:v1/stack/alias/temp",     NULL, "1=7"},
    {"POST /onep:v1/rpc/process",     RPC,          200, "/onep:v1/rpc/process",         NULL, CALL("update", "[\"$device\",{\"name\":\"n\"}]")},
    {"POST /onep:v1/rpc/process",     RPC,          200, "/onep:v1/rpc/process",         NULL, CALL("drop", "[\"$device\"]")},
    {"POST /onep:v1/rpc/process",     RPC,          200, "/onep:v1/rpc/process",         NULL, CALL("deactivate", "[\"$portal\",\"client\",\"$device\"]")},
    {"POST /onep:v1/rpc/process",     RPC,          200, "/onep:v1/rpc/process",         NULL, CALL("share", "[\"$device\"]")},
    {"POST /onep:v1/rpc/process",     RPC_SELF,     200, "/onep:v1/rpc/process",         NULL, CALL("info", "[\"$device\",{\"basic\":true}]")},
    {"POST /onep:v1/rpc/process",     RPC_SELF,     200, "/onep:v1/rpc/process",         NULL, CALL("listing", "[\"$device\",[\"dataport\"]]")},
    {"POST /onep:v1/rpc/process",     RPC_SELF,     200, "/onep:v1/rpc/process",         NULL, CALL("lookup", "[\"$device\",\"aliased\",\"temp\"]")},
    {"POST /onep:v1/rpc/process",     RPC_SELF,     200, "/onep:v1/rpc/process",         NULL, CALL("create", "[\"$device\",\"dataport\",{\"format\":\"string\"}]")},
    {"POST /onep:v1/rpc/process",     RPC_SELF,     200, "/onep:v1/rpc/process",         NULL, CALL("unmap", "[\"$device\",\"alias\",\"temp\"]")},
    {"POST /api:v1/rpc/process",      RPC,          200, "/api:v1/rpc/process",          NULL, CALL("update", "[\"$device\",{\"name\":\"n\"}]")},

    {"GET /provision/register/",      SEE_NAME,     200, "/provision/register",          NULL, NULL},
    {"POST /provision/register/",     TAKE_NAME,    205, "/provision/register",          NULL, "vendor=acme"},
    {"GET /provision/admin/auth/",    TOKENS,       200, "/provision/admin/auth/",       NULL, NULL},
    {"POST /provision/admin/auth/",   TOKENS,       200, "/provision/admin/auth/",       NULL, "id=new"},
    {"POST /provision/admin/auth/",   TOKEN,        205, "/provision/admin/auth/",       NULL, "delete=true&id=$token"},
    {"GET /provision/admin/auth/*",   TOKEN,        200, "/provision/admin/auth/$token", NULL, NULL},
    {"DELETE /provision/admin/auth/*", TOKEN,       205, "/provision/admin/auth/$token", NULL, NULL},

    {"GET " M "model/",               MODELS,       200, M "model/",                     NULL, NULL},
    {"GET " M "model/",               MODELS,       204, M "model/?show=shared",         NULL, NULL},
    {"POST " M "model/",              MAKE_MODEL,   205, M "model/",                     NULL, "model=new&rid=$template"},
    {"POST " M "model/",              MODEL,        205, M "model/",                     NULL, "delete=true&model=$model"},
    {"GET " MODELS_,                  MODEL,        200, M "model/$model",               NULL, NULL},
    {"PUT " MODELS_,                  MODEL,        205, M "model/$model",               NULL, "window=60"},
    {"DELETE " MODELS_,               MODEL,        205, M "model/$model",               NULL, NULL},

    {"GET " MODELS_ "/",              LIST_SERIALS, 200, M "model/$model/",              NULL, NULL},
    {"GET " MODELS_ "/",              LIST_SERIALS, 200, M "model/$model/?status=true&shared=wayne", NULL, NULL},
    {"GET " MODELS_ "/",              KEEP_SERIALS, 204, M "model/$model/?show=ranges",  NULL, NULL},
    {"POST " MODELS_ "/",             KEEP_SERIALS, 205, M "model/$model/",              NULL, "sn=new"},
    {"POST " MODELS_ "/",             KEEP_SERIALS, 205, M "model/$model/",              NULL, RANGE},
    {"DELETE " MODELS_ "/",           KEEP_SERIALS, 205, M "model/$model/",              NULL, RANGE},
    {"POST " MODELS_ "/",             KEEP_SERIALS, 205, M "model/$model/",              CSV,  "new,x"},
    {"POST " MODELS_ "/",             KEEP_SERIALS, 205, M "model/$model/",              NULL, "delete=true&sn=$sn"},
    {"DELETE " MODELS_ "/",           KEEP_SERIALS, 205, M "model/$model/",              CSV,  "$sn"},
    {"GET " MODELS_ "/*",             SEE_SERIAL,   200, M "model/$model/$sn",           NULL, NULL},
    {"GET " MODELS_ "/*",             SEE_SERIAL,   200, M "model/$model/$sn?show=log",  NULL, NULL},
    {"GET " MODELS_ "/*",             KEEP_SERIALS, 200, M "model/$model/$sn?show=groups", NULL, NULL},
    {"POST " MODELS_ "/*",            SEE_SERIAL,   205, M "model/$model/$sn",           NULL, "enable=true"},
    {"POST " MODELS_ "/*",            SEE_SERIAL,   205, M "model/$model/$sn",           NULL, "disable=true"},
    {"POST " MODELS_ "/*",            SEE_SERIAL,   205, M "model/$model/u1",            NULL, "enable=true&oldsn=$sn"},
    {"POST " MODELS_ "/*",            LIST_SERIALS, 200, M "model/$model/u1",            NULL, "enable=true&owner=$owner"},
    {"DELETE " MODELS_ "/*",          KEEP_SERIALS, 205, M "model/$model/$sn",           NULL, NULL},

    {"GET " GROUPS_ "/",              MODEL,        200, M "group/$model/",              NULL, NULL},
    {"POST " GROUPS_ "/",             MODEL,        205, M "group/$model/",              NULL, "id=new&meta=x"},
    {"POST " GROUPS_ "/",             MODEL,        205, M "group/$model/",              NULL, "id=$group&delete=true"},
    {"GET " GROUPS_ "/*",             MODEL,        200, M "group/$model/$group",        NULL, NULL},
    {"DELETE " GROUPS_ "/*",          MODEL,        205, M "group/$model/$group",        NULL, NULL},
    {"GET " GROUPS_ "/*/",            MODEL,        200, M "group/$model/$group/",       NULL, NULL},
    {"POST " GROUPS_ "/*/",           MODEL,        205, M "group/$model/$group/",       NULL, "type=sn&id=new"},
    {"DELETE " GROUPS_ "/*/",         MODEL,        205, M "group/$model/$group/",       CSV,  "sn,$sn"},

    {"GET " CONTENT_ "/",             LIST_CONTENT, 200, M "content/$model/",            NULL, NULL},
    {"GET " CONTENT_ "/",             LIST_CONTENT, 200, M "content/$model/?sn=a1",      NULL, NULL},
    {"POST " CONTENT_ "/",            MODEL,        205, M "content/$model/",            NULL, "id=new&meta=x"},
    {"POST " CONTENT_ "/",            MODEL,        205, M "content/$model/",            NULL, "id=$content&delete=true"},
    {"GET " CONTENT_ "/*",            MODEL,        200, M "content/$model/$content",    NULL, NULL},
    {"POST " CONTENT_ "/*",           MODEL,        205, M "content/$model/empty",       "a/b", "bytes"},
    {"DELETE " CONTENT_ "/*",         MODEL,        205, M "content/$model/$content",    NULL, NULL},
    {"GET /provision/download",       FETCH,        200, "/provision/download?vendor=acme&model=$model", NULL, NULL},
    {"GET /provision/download",       FETCH,        200, "/provision/download?vendor=acme&model=$model&id=$content", NULL, NULL},
    {"GET /provision/download",       FETCH_INFO,   200, "/provision/download?vendor=acme&model=$model&id=$content&info=true", NULL, NULL},

    {"GET " SHARES_ "/",              MODEL,        200, M "share/$model/",              NULL, NULL},
    {"POST " SHARES_ "/",             MODEL,        205, M "share/$model/",              NULL, "vendor=umbrella"},
    {"POST " SHARES_ "/",             MODEL,        205, M "share/$model/",              NULL, "vendor=$share&delete=true"},
    {"GET " SHARES_ "/*",             MODEL,        204, M "share/$model/$share",        NULL, NULL},
    {"DELETE " SHARES_ "/*",          MODEL,        205, M "share/$model/$share",        NULL, NULL},

    {"GET /muster/v1/why",            ASK_WHY,      200, "/muster/v1/why?vendor=acme&model=$model&sn=$sn", NULL, NULL},
    {"POST /muster/v1/keys/*",        KEYS,         200, "/muster/v1/keys/$model?replace=true", CSV,  "$sn," KEY "\n"},
    {"POST /muster/v1/keys",          CLIENT_KEYS,  200, "/muster/v1/keys?replace=true", CSV,  "$device," KEY "\n"},
    {"GET /muster/v1/fleet/key",      OPERATE,      200, "/muster/v1/fleet/key",         NULL, NULL},
    {"GET /muster/v1/fleet/export",   OPERATE,      200, "/muster/v1/fleet/export?vendor=acme&to=" PUBLIC, NULL, NULL},
    {"POST /muster/v1/fleet/import",  OPERATE,      400, "/muster/v1/fleet/import?from=3", NULL, "{}"}, /* sealed to nobody */
    {"POST /muster/v1/backup",        OPERATE,      503, "/muster/v1/backup",            NULL, NULL}, /* the memory store makes none */
    {"POST /muster/v1/clock/reset",   OPERATE,      200, "/muster/v1/clock/reset",       NULL, NULL},
    {"GET /muster/v1/fleet/key",      OPERATE,      200, "/muster/v1/fleet/key",         NULL, NULL},
    {"GET /muster/v1/fleet/export",   OPERATE,      200, "/muster/v1/fleet/export?vendor=acme&to=" PUBLIC_KEY, NULL, NULL},
    {"POST /muster/v1/fleet/import",  OPERATE,      400, "/muster/v1/fleet/import?from=3", NULL, "no line"},
};
/* clang-format on */
enum { SAMPLES = sizeof samples / sizeof samples[0] };

/* ---- the world they ask about ---- */

static struct mst_site *site;
static struct mst_scene acme, umbrella, wayne, stark;
static char keys[CALLERS][41];     /* what $cik stands for */
static char headers[CALLERS][160]; /* header lines; empty: none */
static char device_rid[41];

static void must_be(unsigned status, const char *method, const char *header, const char *path,
                    const char *body)
{
    ck_assert_status(site, status, method, path, header, body);
}

/* "X-Exosite-Vendor" beside a key. */
static void by(enum caller caller, const char *key_header, const char *key, const char *vendor_name)
{
    (void)snprintf(keys[caller], sizeof keys[caller], "%s", key);
    (void)snprintf(headers[caller], sizeof headers[caller], "%s: %s%s%s", key_header, key,
                   vendor_name ? "\r\nX-Exosite-Vendor: " : "", vendor_name ? vendor_name : "");
}

/* Lists, enables and activates a serial number of acme's; by the borrower if there is one. */
static void add_device(const char *model, const char *sn, const struct mst_scene *borrower,
                       char ret_rid[41], char ret_cik[41])
{
    const struct mst_scene *user = borrower ? borrower : &acme;
    struct mst_answer answer;
    char path[64], body[128], header[160];

    (void)snprintf(path, sizeof path, M "model/%s/", model);
    (void)snprintf(body, sizeof body, "sn=%s", sn);
    must_be(205, "POST", acme.by_token, path, body);
    (void)snprintf(path, sizeof path, M "model/%s/%s", model, sn);
    (void)snprintf(body, sizeof body, "enable=true&owner=%s", user->portal_rid);
    (void)snprintf(header, sizeof header, "%s\r\nX-Exosite-Vendor: acme", user->by_token);
    answer = mst_site_ask(site, "POST", path, header, body);
    ck_assert_uint_eq(answer.status, 200);
    (void)snprintf(ret_rid, 41, "%.40s", answer.body.ptr);
    (void)snprintf(body, sizeof body, "vendor=acme&model=%s&sn=%s", model, sn);
    answer = mst_site_ask(site, "POST", "/provision/activate", NULL, body);
    ck_assert_uint_eq(answer.status, 200);
    (void)snprintf(ret_cik, 41, "%.40s", answer.body.ptr);
}

static void make_devices(void)
{
    char rid[41], cik[41], body[128];

    add_device("m1", "a1", NULL, device_rid, cik);
    by(DEVICE, "X-Exosite-CIK", cik, NULL);
    must_be(204, "POST", headers[DEVICE], "/onep:v1/stack/alias", "temp=1");
    add_device("m1", "d1", NULL, rid, cik);
    by(DEAD, "X-Exosite-CIK", cik, NULL);
    must_be(205, "POST", acme.by_token, M "model/m1/d1", "enable=true");
    add_device("m1", "l1", NULL, rid, cik);
    by(LOCKED, "X-Exosite-CIK", cik, NULL);
    (void)snprintf(body, sizeof body, "[\"%s\",{\"locked\":true}]", rid);
    ck_assert_str_eq(mst_site_rpc(site, acme.portal_cik, "update", body),
                     "[{\"id\":1,\"status\":\"ok\"}]");
    (void)snprintf(body, sizeof body, "model=m2&rid=%s", acme.template_rid);
    must_be(205, "POST", acme.by_token, M "model/", body);
    add_device("m2", "o1", NULL, rid, cik);
    by(OTHER_DEVICE, "X-Exosite-CIK", cik, NULL);
    add_device("m1", "b1", &wayne, rid, cik);
    add_device("m1", "w1", &stark, rid, cik);
    (void)snprintf(body, sizeof body, "enable=true&owner=%s", acme.portal_rid);
    must_be(205, "POST", acme.by_token, M "model/m1/", "sn[]=u1&sn[]=p1");
    must_be(200, "POST", acme.by_token, M "model/m1/p1", body);
}

static void make_others(void)
{
    must_be(205, "POST", acme.by_token, M "group/m1/", "id=g1&meta=secret");
    must_be(205, "POST", acme.by_token, M "group/m1/g1/", "type=sn&id=a1");
    must_be(205, "POST", acme.by_token, M "content/m1/", "id=c1&meta=secret");
    must_be(205, "POST", acme.by_token, M "content/m1/c1", "firmware");
    must_be(205, "POST", acme.by_token, M "content/m1/", "id=empty");
}

static void make_callers(void)
{
    struct mst_answer answer;
    char token[41];

    headers[NOBODY][0] = keys[NOBODY][0] = '\0';
    by(UNKNOWN, "X-Exosite-CIK", "0123456789abcdef0123456789abcdef01234567", NULL);
    answer = mst_site_ask(site, "POST", "/provision/admin/auth/", acme.by_vendor, "id=gone");
    ck_assert_uint_eq(answer.status, 200);
    (void)snprintf(token, sizeof token, "%.40s", answer.body.ptr);
    must_be(205, "DELETE", acme.by_vendor, "/provision/admin/auth/gone", NULL);
    by(REVOKED, "X-Exosite-Token", token, NULL);
    by(WRONG, "X-Exosite-CIK", umbrella.vendor_cik, NULL);
    by(WRONG_TOKEN, "X-Exosite-Token", umbrella.token, NULL);
    by(WRONG_NAMING, "X-Exosite-Token", umbrella.token, "acme");
    by(RIGHT, "X-Exosite-CIK", acme.vendor_cik, NULL);
    by(RIGHT_TOKEN, "X-Exosite-Token", acme.token, NULL);
    by(BORROWER, "X-Exosite-CIK", wayne.vendor_cik, "acme");
    by(PRYING, "X-Exosite-Token", wayne.token, "acme");
    by(WITHDRAWN, "X-Exosite-CIK", stark.vendor_cik, "acme");
    by(PORTAL, "X-Exosite-CIK", acme.portal_cik, NULL);
    by(ROOT, "X-Exosite-CIK", mst_site_root(site), NULL);
}

/* Other vendors have names of their own for everything, so that acme's are not theirs. */
static void make_vendor(const char *name, struct mst_scene *scene)
{
    struct mst_answer answer;
    char body[128];

    mst_scene_make_named(site, name, scene);
    (void)snprintf(body, sizeof body, "model=own&rid=%s", scene->template_rid);
    must_be(205, "POST", scene->by_vendor, M "model/", body);
    must_be(205, "DELETE", scene->by_vendor, M "model/m1", NULL);
    must_be(205, "DELETE", scene->by_vendor, "/provision/admin/auth/t1", NULL);
    answer = mst_site_ask(site, "POST", "/provision/admin/auth/", scene->by_vendor, "id=own");
    ck_assert_uint_eq(answer.status, 200);
    (void)snprintf(scene->token, sizeof scene->token, "%.40s", answer.body.ptr);
    (void)snprintf(scene->by_token, sizeof scene->by_token, "X-Exosite-Token: %s", scene->token);
}

static void open_world(unsigned defects)
{
    site = mst_site_start(&(struct mst_site_opts){.defects = defects});
    mst_scene_make(site, &acme);
    make_vendor("umbrella", &umbrella);
    make_vendor("wayne", &wayne);
    make_vendor("stark", &stark);
    must_be(205, "POST", acme.by_token, M "share/m1/", "vendor=wayne");
    must_be(205, "POST", acme.by_token, M "share/m1/", "vendor=stark");
    make_devices();
    make_others();
    must_be(205, "DELETE", acme.by_token, M "share/m1/stark", NULL);
    make_callers();
}

/* ---- a request ---- */

enum {
    NO_THING = 1,
    NO_MODEL = 2,
    NO_VENDOR = 4,
    TWINS = 8
}; /* what a twin names does not exist */

#define NO_HANDLE "00112233445566778899aabbccddeeff00112233"

static const struct mst_scene *scene_of(enum caller caller)
{
    static const struct mst_scene *const scenes[CALLERS] = {
        [WRONG] = &umbrella, [WRONG_TOKEN] = &umbrella, [WRONG_NAMING] = &umbrella,
        [BORROWER] = &wayne, [PRYING] = &wayne,         [WITHDRAWN] = &stark};

    return scenes[caller] ? scenes[caller] : &acme;
}

static const char *value_of(const char *name, size_t len, enum caller caller, unsigned twin)
{
    const char *sn = caller == BORROWER ? "b1" : caller == WITHDRAWN ? "w1" : "a1";
    const struct {
        const char *name, *value, *none;
        unsigned twin;
    } values[] = {
        {"model",    "m1",                         "nosuch",                     NO_MODEL},
        {"sn",       sn,                           "n0",                         NO_THING},
        {"token",    "t1",                         "n0",                         NO_THING},
        {"group",    "g1",                         "n0",                         NO_THING},
        {"content",  "c1",                         "n0",                         NO_THING},
        {"share",    "wayne",                      "n0",                         NO_THING},
        {"template", acme.template_rid,            NO_HANDLE,                    NO_THING},
        {"portal",   acme.portal_rid,              NO_HANDLE,                    NO_THING},
        {"device",   device_rid,                   NO_HANDLE,                    NO_THING},
        {"owner",    scene_of(caller)->portal_rid, scene_of(caller)->portal_rid, 0       },
        {"cik",      keys[caller],                 keys[caller],                 0       },
    };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (strlen(values[i].name) == len && strncmp(values[i].name, name, len) == 0)
            return values[i].twin & twin ? values[i].none : values[i].value;
    ck_abort_msg("$%.*s is no name", (int)len, name);
}

static void expand(const char *text, enum caller caller, unsigned twin, struct mst_buf *out)
{
    mst_buf_clear(out);
    for (size_t i = 0; text && text[i];) {
        size_t len = text[i] == '$' ? strspn(&text[i + 1], "abcdefghijklmnopqrstuvwxyz") : 0;

        if (len > 0)
            (void)mst_buf_add_str(out, value_of(&text[i + 1], len, caller, twin));
        else
            (void)mst_buf_add_byte(out, text[i]);
        i += len + 1;
    }
    ck_assert_int_eq(mst_buf_add_byte(out, '\0'), MST_OK);
}

struct request {
    struct mst_buf path, header, body;
};

static void init_request(struct request *request)
{
    mst_buf_init(&request->path, MST_KIB(4));
    mst_buf_init(&request->header, MST_KIB(4));
    mst_buf_init(&request->body, MST_KIB(4));
}

static void fini_request(struct request *request)
{
    mst_buf_fini(&request->path);
    mst_buf_fini(&request->header);
    mst_buf_fini(&request->body);
}

static void make_request(const struct sample *sample, enum caller caller, unsigned twin,
                         struct request *request)
{
    char *vendor;

    expand(sample->path, caller, twin, &request->path);
    expand(sample->body, caller, twin, &request->body);
    mst_buf_clear(&request->header);
    ck_assert_int_eq(mst_buf_add_str(&request->header, headers[caller]), MST_OK);
    ck_assert_int_eq(mst_buf_add_byte(&request->header, '\0'), MST_OK);
    vendor = strstr(request->header.ptr, "Vendor: acme");
    if (vendor && twin & NO_VENDOR)
        memcpy(vendor, "Vendor: acne", strlen("Vendor: acne"));
}

static bool is_same_request(const struct request *a, const struct request *b)
{
    return mst_span_eq(mst_buf_span(&a->path), mst_buf_span(&b->path)) &&
           mst_span_eq(mst_buf_span(&a->header), mst_buf_span(&b->header)) &&
           mst_span_eq(mst_buf_span(&a->body), mst_buf_span(&b->body));
}

/* The reply without its Date, to be compared. */
static unsigned send_request(const struct sample *sample, const struct request *request,
                             struct mst_buf *reply)
{
    char method[8] = "";
    struct mst_answer answer;
    struct mst_cur head;
    struct mst_span line;

    (void)sscanf(sample->route, "%7s", method);
    answer = mst_site_ask_typed(site, method, request->path.ptr,
                                request->header.len > 1 ? request->header.ptr : NULL, sample->type,
                                request->body.len > 1 ? request->body.ptr : NULL);
    mst_buf_clear(reply);
    head = mst_cur_of(answer.head);
    while (mst_cur_until(&head, '\n', &line))
        if (!mst_span_starts(line, MST_LIT("Date: "))) {
            (void)mst_buf_add(reply, line);
            (void)mst_buf_add_byte(reply, '\n');
        }
    ck_assert_int_eq(mst_buf_add(reply, answer.body), MST_OK);
    return answer.status;
}

/* ---- the matrix ---- */

struct matrix {
    unsigned defects;
    bool
        is_control; /* the defect is there on purpose: what is let in shall be seen, and need not be told */
    size_t n_calls, n_accepted, n_refused, n_twins; /* as it should be */
    size_t n_unexpected_accepts, n_unexpected, n_changes, n_leaks;
    struct request request, twin;
    struct mst_buf reply, twin_reply, before, after, view, view_after;
};

static void tell(const struct matrix *matrix, const char *what, const struct sample *sample,
                 enum caller caller, unsigned status)
{
    if (!matrix->is_control)
        printf("# %s: %s as %s: %u\n", what, sample->route, caller_names[caller], status);
}

static bool has(const struct mst_buf *buf, const char *text)
{
    return memmem(buf->ptr, buf->len, text, strlen(text)) != NULL;
}

/* Handles of acme's, and what only it has written. */
static bool shows_acme(const struct mst_buf *reply)
{
    const char *const own[] = {acme.vendor_rid,   acme.portal_rid, acme.token,
                               acme.template_rid, device_rid,      "secret"};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (has(reply, own[i]))
            return true;
    return false;
}

/* All that acme can see. */
static void take_view(struct request *request, struct mst_buf *view)
{
    struct mst_buf reply;

    mst_buf_init(&reply, MST_KIB(64));
    mst_buf_clear(view);
    for (size_t i = 0; i < SAMPLES; i++) {
        if (strncmp(samples[i].route, "GET /provision/", 15) != 0)
            continue;
        make_request(&samples[i], RIGHT, 0, request);
        (void)send_request(&samples[i], request, &reply);
        ck_assert_int_eq(mst_buf_add(view, mst_buf_span(&reply)), MST_OK);
    }
    mst_buf_fini(&reply);
}

static bool is_rpc(const struct sample *sample)
{
    return sample->class == RPC || sample->class == RPC_SELF;
}

static bool is_as_expected(const struct sample *sample, unsigned want, unsigned status,
                           const struct mst_buf *reply)
{
    if (is_rpc(sample))
        return status == 200 && has(reply, "\"status\":\"ok\"") == (want == OK);
    if (want == OK)
        return status == sample->status;
    if (want == OWN)
        return status >= 200 && status < 300 && !shows_acme(reply);
    return status == want;
}

static bool is_refusal(unsigned want)
{
    return want != OK && want != OWN;
}

static bool is_accepted(const struct sample *sample, unsigned status, const struct mst_buf *reply)
{
    return is_rpc(sample) ? has(reply, "\"status\":\"ok\"") : status < 400;
}

static void renew(struct matrix *matrix)
{
    if (site)
        mst_site_stop(site);
    open_world(matrix->defects);
    mst_site_dump(site, &matrix->before);
    take_view(&matrix->twin, &matrix->view);
}

/* The same request about what does not exist must be answered in the same way. */
static void ask_twins(struct matrix *matrix, const struct sample *sample, enum caller caller)
{
    for (unsigned twin = 1; twin < TWINS; twin++) {
        /* A borrower knows that there is the model it borrows. */
        if (caller == PRYING && twin != NO_THING)
            continue;
        make_request(sample, caller, twin, &matrix->twin);
        if (is_same_request(&matrix->request, &matrix->twin))
            continue;
        matrix->n_twins++;
        (void)send_request(sample, &matrix->twin, &matrix->twin_reply);
        if (mst_span_eq(mst_buf_span(&matrix->reply), mst_buf_span(&matrix->twin_reply)))
            continue;
        matrix->n_leaks++;
        tell(matrix, "another reply where it does not exist", sample, caller, twin);
    }
}

static void note_changes(struct matrix *matrix, const struct sample *sample, enum caller caller,
                         unsigned want)
{
    bool is_changed;

    mst_site_dump(site, &matrix->after);
    is_changed = !mst_span_eq(mst_buf_span(&matrix->before), mst_buf_span(&matrix->after));
    if (is_changed && want == OWN) {
        take_view(&matrix->twin, &matrix->view_after);
        if (!mst_span_eq(mst_buf_span(&matrix->view), mst_buf_span(&matrix->view_after))) {
            matrix->n_changes++;
            tell(matrix, "acme's things changed", sample, caller, want);
        }
    } else if (is_changed && is_refusal(want)) {
        matrix->n_changes++;
        tell(matrix, "something changed", sample, caller, want);
    }
    if (is_changed)
        renew(matrix);
}

/* A name that is taken is told so (2.10), and the RPC has one word for what is not there and another for what
   may not be touched (2.15.2); but nobody can guess a RID. */
static bool may_tell(const struct sample *sample)
{
    return sample->class == OPEN || sample->class == TAKE_NAME || is_rpc(sample);
}

static void ask(struct matrix *matrix, const struct sample *sample, enum caller caller)
{
    const unsigned want = expected[sample->class][caller];
    unsigned status;

    make_request(sample, caller, 0, &matrix->request);
    status = send_request(sample, &matrix->request, &matrix->reply);
    matrix->n_calls++;
    if (is_as_expected(sample, want, status, &matrix->reply)) {
        matrix->n_accepted += !is_refusal(want);
        matrix->n_refused += is_refusal(want);
    } else if (is_refusal(want) && is_accepted(sample, status, &matrix->reply)) {
        matrix->n_unexpected_accepts++;
        tell(matrix, "unexpected accept", sample, caller, status);
    } else {
        matrix->n_unexpected++;
        tell(matrix, "unexpected", sample, caller, status);
    }
    if ((is_refusal(want) || caller == PRYING) && !may_tell(sample))
        ask_twins(matrix, sample, caller);
    note_changes(matrix, sample, caller, want);
}

/* As a control only those ask whom the defect lets in. */
static void run_matrix(struct matrix *matrix)
{
    struct mst_buf *const bufs[] = {&matrix->reply, &matrix->twin_reply, &matrix->before,
                                    &matrix->after, &matrix->view,       &matrix->view_after};
    init_request(&matrix->request);
    init_request(&matrix->twin);
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        mst_buf_init(bufs[i], MST_MIB(4));
    renew(matrix);
    for (size_t i = 0; i < SAMPLES; i++)
        for (int caller = 0; caller < CALLERS; caller++)
            if (!matrix->is_control || caller == WRONG_NAMING || caller == WITHDRAWN)
                ask(matrix, &samples[i], (enum caller)caller);
    mst_site_stop(site);
    site = NULL;
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        mst_buf_fini(bufs[i]);
    fini_request(&matrix->request);
    fini_request(&matrix->twin);
}

/* ---- routes and samples ---- */

static const unsigned methods[] = {MST_METHOD_GET, MST_METHOD_POST, MST_METHOD_PUT,
                                   MST_METHOD_DELETE};
enum { METHODS = sizeof methods / sizeof methods[0] };

/* "GET /provision/register/" */
static const char *name_of(const struct mst_route *route, unsigned method, struct mst_buf *out)
{
    mst_buf_clear(out);
    (void)mst_route_methods(out, method);
    (void)mst_buf_add_byte(out, ' ');
    (void)mst_route_path(out, route);
    ck_assert_int_eq(mst_buf_add_byte(out, '\0'), MST_OK);
    return out->ptr;
}

static const struct mst_route *route_of(const struct sample *sample)
{
    const struct mst_route *found = NULL;
    struct mst_buf name;

    mst_buf_init(&name, MST_KIB(1));
    for (size_t r = 0; r < mst_routes.n_rows && !found; r++)
        for (size_t m = 0; m < METHODS; m++)
            if (mst_routes.rows[r].methods & methods[m] &&
                strcmp(name_of(&mst_routes.rows[r], methods[m], &name), sample->route) == 0)
                found = &mst_routes.rows[r];
    mst_buf_fini(&name);
    return found;
}

MST_TEST(every_route_has_a_sample_and_every_sample_a_route)
{
    struct mst_buf name;
    size_t n = 0;

    mst_buf_init(&name, MST_KIB(1));
    for (size_t r = 0; r < mst_routes.n_rows; r++)
        for (size_t m = 0; m < METHODS; m++) {
            bool is_sampled = false;

            if (!(mst_routes.rows[r].methods & methods[m]))
                continue;
            n++;
            (void)name_of(&mst_routes.rows[r], methods[m], &name);
            for (size_t i = 0; i < SAMPLES; i++)
                is_sampled = is_sampled || strcmp(name.ptr, samples[i].route) == 0;
            ck_assert_msg(is_sampled, "%s has no sample in tests/conform/tenants_test.c", name.ptr);
        }
    for (size_t i = 0; i < SAMPLES; i++)
        ck_assert_msg(route_of(&samples[i]) != NULL, "%s is no route", samples[i].route);
    printf("# %zu routes, %d samples\n", n, SAMPLES);
    mst_buf_fini(&name);
}
MST_TEST_END

/* What the server goes by and what is expected here were written down twice. */
MST_TEST(the_table_in_core_says_what_is_expected_here)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        const struct mst_route *route = route_of(&samples[i]);
        enum mst_family family = samples[i].class == FETCH_INFO ? MST_FAMILY_LOOK : route->family;

        if (mst_permit_by(route->action) == MST_BY_OPEN) {
            ck_assert(samples[i].class == OPEN || is_rpc(&samples[i]));
            continue;
        }
        for (int c = 0; c < CALLERS; c++) {
            enum mst_verdict verdict =
                mst_permit(route->action, role_of((enum caller)c, route->action));
            unsigned want = expected[samples[i].class][c];

            if (verdict == MST_DONE)
                ck_assert_msg(want != 401 && want != 412, "%s as %s", samples[i].route,
                              caller_names[c]);
            else
                ck_assert_msg(want == mst_outcome_status(family, verdict), "%s as %s",
                              samples[i].route, caller_names[c]);
        }
    }
}
MST_TEST_END

MST_TEST(every_caller_gets_at_every_route_what_it_may_and_nothing_else)
{
    struct matrix matrix = {.defects =
                                mst_defect(MST_DEFECT_WRONG_TENANT) ? MST_DEFECTIVE_TENANT : 0};

    run_matrix(&matrix);
    printf("# %d callers, %zu calls: %zu accepted, %zu refused, %zu unexpected accepts, %zu other "
           "surprises, %zu changes; %zu twins, %zu leaks\n",
           CALLERS, matrix.n_calls, matrix.n_accepted, matrix.n_refused,
           matrix.n_unexpected_accepts, matrix.n_unexpected, matrix.n_changes, matrix.n_twins,
           matrix.n_leaks);
    ck_assert_uint_eq(matrix.n_calls, (size_t)SAMPLES * CALLERS);
    ck_assert_uint_eq(matrix.n_unexpected_accepts, 0);
    ck_assert_uint_eq(matrix.n_unexpected, 0);
    ck_assert_uint_eq(matrix.n_changes, 0);
    ck_assert_uint_eq(matrix.n_leaks, 0);
}
MST_TEST_END

MST_TEST(a_server_that_lets_a_wrong_tenant_in_is_caught)
{
    struct matrix matrix = {.defects = MST_DEFECTIVE_TENANT, .is_control = true};

    run_matrix(&matrix);
    ck_assert_uint_gt(matrix.n_unexpected_accepts, 0);
    ck_assert_uint_gt(matrix.n_changes, 0);
    ck_assert_uint_gt(matrix.n_leaks, 0);
}
MST_TEST_END

/* Health and metrics need no key, so nobody may reach them where devices do. */
MST_TEST(what_the_admin_listener_answers_is_no_path_for_anyone_else)
{
    struct mst_buf path;

    mst_buf_init(&path, MST_KIB(1));
    open_world(0);
    for (size_t r = 0; r < mst_routes_admin.n_rows; r++)
        for (int c = 0; c < CALLERS; c++) {
            mst_buf_clear(&path);
            (void)mst_route_path(&path, &mst_routes_admin.rows[r]);
            ck_assert_int_eq(mst_buf_add_byte(&path, '\0'), MST_OK);
            must_be(404, "GET", c == NOBODY ? NULL : headers[c], path.ptr, NULL);
        }
    mst_site_stop(site);
    mst_buf_fini(&path);
}
MST_TEST_END

MST_TESTS("conform/tenants", every_route_has_a_sample_and_every_sample_a_route,
          the_table_in_core_says_what_is_expected_here,
          every_caller_gets_at_every_route_what_it_may_and_nothing_else,
          a_server_that_lets_a_wrong_tenant_in_is_caught,
          what_the_admin_listener_answers_is_no_path_for_anyone_else)
