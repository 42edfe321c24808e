/*
 * permit.h - who may do what (protocol.md 1.7), in one table.
 *
 * An action is what a caller wants, a role what the caller is; a cell of the table says whether the one
 * may do the other, and if not, why not. Whatever lets callers in - the route table - names an
 * action for each of its rows, so nothing is served that has no row here.
 */
#ifndef MST_CORE_PERMIT_H
#define MST_CORE_PERMIT_H

#include "core/access.h"

/* X(name, the words of the documentation) */
#define MST_ROLES(X)                                                              \
    X(NOBODY, "no key, or none that is in force")                                 \
    X(DEVICE, "a client that hangs on a serial number")                           \
    X(CLIENT, "any other client: portal, owner, template")                        \
    X(VENDOR, "a client that owns a vendor name, by its CIK")                     \
    X(TOKEN, "the same, by a vendor token")                                       \
    X(BORROWER, "a vendor, on a model that another vendor shared with it")        \
    X(STRANGER, "a vendor, on a model that another vendor did not share with it") \
    X(ROOT, "the root client: the operator")

#define MST_ROLE_NUMBER(name, words) MST_ROLE_##name,
enum mst_role { MST_ROLES(MST_ROLE_NUMBER) MST_ROLE_COUNT };

/*
 * What an action asks of the request.
 * by: OPEN  no key: headers with one are ignored
 *     CIK   a CIK in its own header
 *     KEY   a CIK or a vendor token, in either header (2.2)
 * place: NONE  no model
 *        MODEL a model of the caller's
 *        LENT  the same, or with X-Exosite-Vendor another vendor's (2.2): only here callers are BORROWER
 *              or STRANGER; elsewhere the header has no effect
 */
enum mst_permit_by { MST_BY_OPEN, MST_BY_CIK, MST_BY_KEY };
enum mst_permit_place { MST_PLACE_NONE, MST_PLACE_MODEL, MST_PLACE_LENT };

/*
 * X(name, by, place, a cell for each role in the order above, words)
 * Cells: yes; key = MST_NO_AUTH; name = MST_NO_VENDOR_NAME; share = MST_NO_SHARE; root = MST_RESTRICTED.
 */
/* clang-format off */
#define MST_ACTIONS(X)                                                                              \
    /*                by    place  nobody device client vendor token borrower stranger root */      \
    X(ACTIVATE,       OPEN, NONE,  yes,   yes,   yes,   yes,   yes,  yes,     yes,     yes,         \
      "activate a serial number")                                                                   \
    X(READ_CLOCK,     OPEN, NONE,  yes,   yes,   yes,   yes,   yes,  yes,     yes,     yes,         \
      "read the time")                                                                              \
    X(READ_ADDRESS,   OPEN, NONE,  yes,   yes,   yes,   yes,   yes,  yes,     yes,     yes,         \
      "read the address of the server")                                                             \
    X(CALL_RPC,       OPEN, NONE,  yes,   yes,   yes,   yes,   yes,  yes,     yes,     yes,         \
      "call the RPC (the key is in the body, and each call is judged by what it names)")            \
    X(SEE_SERVER,     OPEN, NONE,  yes,   yes,   yes,   yes,   yes,  yes,     yes,     yes,         \
      "see health and metrics, on the admin listener alone")                                        \
    X(USE_OWN_DATA,   CIK,  NONE,  key,   yes,   yes,   yes,   key,  share,   share,   yes,         \
      "read and write dataports of its own")                                                        \
    X(USE_NAME,       KEY,  NONE,  key,   yes,   yes,   yes,   yes,  share,   share,   yes,         \
      "see its own vendor name, register and unregister one (registering: direct children of the "  \
      "root client only)")                                                                          \
    X(KEEP_TOKENS,    KEY,  NONE,  key,   name,  name,  yes,   key,  share,   share,   name,        \
      "see, make and delete its own vendor tokens")                                                 \
    X(KEEP_MODELS,    KEY,  NONE,  key,   name,  name,  yes,   yes,  share,   share,   name,        \
      "list, create and delete its own models; list those that were shared with it")                \
    X(KEEP_MODEL,     KEY,  MODEL, key,   name,  name,  yes,   yes,  share,   share,   name,        \
      "see, change and delete a model")                                                             \
    X(LEND_MODEL,     KEY,  MODEL, key,   name,  name,  yes,   yes,  share,   share,   name,        \
      "share a model with other vendors, and take it back")                                         \
    X(LIST_SERIALS,   KEY,  LENT,  key,   name,  name,  yes,   yes,  yes,     share,   name,        \
      "list serial numbers (through a share: those it enabled, without extra)")                     \
    X(KEEP_SERIALS,   KEY,  LENT,  key,   name,  name,  yes,   yes,  share,   share,   name,        \
      "add and delete serial numbers")                                                              \
    X(SEE_SERIAL,     KEY,  LENT,  key,   name,  name,  yes,   yes,  yes,     share,   name,        \
      "see one serial number and its log (through a share: if it enabled it, without extra)")       \
    X(ENABLE_SERIAL,  KEY,  LENT,  key,   name,  name,  yes,   yes,  yes,     share,   name,        \
      "enable, re-enable, disable and remap (through a share: what it enabled itself)")             \
    X(KEEP_GROUPS,    KEY,  MODEL, key,   name,  name,  yes,   yes,  share,   share,   name,        \
      "see, make, fill and delete the groups of a model")                                           \
    X(SEE_RANGES,     KEY,  LENT,  key,   name,  name,  yes,   yes,  share,   share,   name,        \
      "list the ranges of serial numbers")                                                          \
    X(SEE_GROUPS,     KEY,  LENT,  key,   name,  name,  yes,   yes,  share,   share,   name,        \
      "list the groups that a serial number is in")                                                 \
    X(ASK_WHY,        KEY,  NONE,  key,   name,  name,  yes,   yes,  share,   share,   name,        \
      "ask why a serial number cannot activate: of its own models, or one that it enabled through " \
      "a share")                                                                                    \
    X(KEEP_CONTENT,   KEY,  MODEL, key,   name,  name,  yes,   yes,  share,   share,   name,        \
      "see, make, fill, download and delete the content of a model")                                \
    X(FETCH_CONTENT,  CIK,  NONE,  key,   yes,   root,  root,  key,  share,   share,   root,        \
      "list and download the content of its own model (protected: through a common group)")         \
    X(OPERATE,        CIK,  NONE,  key,   root,  root,  root,  key,  share,   share,   yes,         \
      "make a backup, reset the clock")                                                             \
    X(BRING_KEYS,     KEY,  MODEL, key,   name,  name,  yes,   key,  share,   share,   name,        \
      "give devices of a model keys that they have already")                                        \
    X(BRING_CLIENT_KEYS, KEY, NONE, key,  root,  root,  yes,   key,  share,   share,   yes,         \
      "give clients below it keys that they have already")                                          \
    X(MOVE_FLEETS,    CIK,  NONE,  key,   root,  root,  root,  key,  share,   share,   yes,         \
      "export a whole vendor with its keys, sealed, and import one")
/* clang-format on */

#define MST_ACTION_NUMBER(name, ...) MST_MAY_##name,
enum mst_action { MST_ACTIONS(MST_ACTION_NUMBER) MST_ACTION_COUNT };

/* The cell. MST_DONE = allowed. */
enum mst_verdict mst_permit(enum mst_action action, enum mst_role role);
enum mst_permit_by mst_permit_by(enum mst_action action);
enum mst_permit_place mst_permit_place(enum mst_action action);

/* What a request brings; empty = absent. */
struct mst_permit_request {
    enum mst_action action;
    struct mst_span cik, token;  /* the headers */
    struct mst_span vendor_name; /* X-Exosite-Vendor */
    struct mst_span model;       /* the name of the model, where the action is on one */
};

struct mst_caller {
    bool has_key; /* a key in force was shown */
    enum mst_role role;
    struct mst_manager manager;   /* if has_key; the vendor in it: for BY_KEY only */
    struct mst_row_model model;   /* where the action is on one, */
    struct mst_row_vendor vendor; /* and whose model that is */
};

/*
 * Judges a request whose action is not open, in the order of protocol.md 2.4: the key (MST_NO_AUTH,
 * MST_KEY_LOCKED), the cell of the table, MST_NO_MODEL. A vendor or model of others that is not there is
 * as good as one that is not shared (MST_NO_SHARE). Refused or not, *ret_caller is set as far as it
 * was found out.
 */
MST_MUST_USE enum mst_err mst_permit_ask(const struct mst_domain *domain, struct mst_tx *tx,
                                         const struct mst_permit_request *request,
                                         enum mst_verdict *ret_verdict,
                                         struct mst_caller *ret_caller);

#endif
