/*
 * verdict.h - what the domain decides. A verdict is not an error: everything
 * worked, and this is the answer. front/http/outcome is the only place that turns
 * verdicts into status codes, front/rpc the only one that turns them into words.
 */
#ifndef MST_CORE_VERDICT_H
#define MST_CORE_VERDICT_H

enum mst_verdict {
    MST_DONE = 0,
    MST_BAD_VALUE,      /* a parameter is missing, malformed or out of range */
    MST_NO_AUTH,        /* no, unknown, pending, expired or disabled credential */
    MST_KEY_LOCKED,     /* the credential's client is locked */
    MST_NO_VENDOR_NAME, /* valid credential of a client that owns no vendor name (A15) */
    MST_NOT_DOMAIN,     /* only a direct child of the root client may do this (2.10) */
    MST_NO_SHARE,       /* another vendor's model that was not shared to the caller (2.2) */
    MST_NO_VENDOR,      /* no such vendor */
    MST_NO_MODEL,       /* the vendor has no such model */
    MST_NO_SERIAL,      /* the serial number is not in the platform */
    MST_NO_OWNER,       /* owner unknown, or not below the model creator (A23) */
    MST_NOT_FOUND,      /* any other thing that does not exist: token, alias, resource */
    MST_RESTRICTED,     /* it exists, but this caller may not */
    MST_NOT_OWNED,      /* the key or code is of a client that the caller does not own */
    MST_EXISTS,         /* the name is taken */
    MST_OVERLAPS,       /* a range of the same shape has serial numbers in common with it (A41) */
    MST_IN_USE,         /* the alias points to another resource */
    MST_NO_ROOM, /* a limit is exhausted: of the owner, of one of its ancestors, of a model */
    MST_NESTED,  /* groups would contain each other, or too many levels of them; a client itself */
    MST_HAS_CLIENT,    /* the serial number has a client already (transition 7) */
    MST_HAS_NO_CLIENT, /* the serial number was never enabled */
    MST_NOT_ADDED,     /* activate: UNUSED (transition 4) */
    MST_ACTIVATED,     /* activate: already activated (11) */
    MST_SECOND_CALLER, /* the same, and by another address than the one that asks now */
    MST_EXPIRED,       /* activate: the window has run out (12) */
    MST_DISABLED,      /* activate: disabled (12) */
    MST_ORPHANED,      /* its client was dropped (21) */
    MST_LOCKED,        /* activate: the client is locked (A22) */
    MST_NO_TEMPLATE,   /* enable: the model's template was dropped, or its code revoked (409) */
    MST_VERDICT_COUNT
};

#endif
