/*
 * err.h - the one error enum of the project.
 *
 * An error says that something could not be carried out. A refusal ("already
 * activated") is a decision of the domain and lives in core/verdict.h.
 */
#ifndef MST_BASE_ERR_H
#define MST_BASE_ERR_H

#define MST_MUST_USE __attribute__((warn_unused_result))

enum mst_err {
    MST_OK = 0,
    MST_ENOMEM,   /* no memory, or an arena or buffer could not grow for lack of it */
    MST_EFULL,    /* a bound was reached: buffer, queue, limit */
    MST_EINVAL,   /* a value outside its range or of the wrong form */
    MST_ESYNTAX,  /* bytes that do not follow their grammar */
    MST_EMORE,    /* not wrong so far, but incomplete */
    MST_ENOENT,   /* no such row, file, name */
    MST_EEXIST,   /* the unique key is taken */
    MST_EREFUSED, /* the work was refused: undo it, the decision says why */
    MST_EBUSY,    /* try again later; nothing was changed */
    MST_EIO,      /* an input or output call failed; nothing was changed */
    MST_EFSYNC,   /* a flush to disk failed: neither done nor undone, the process must end */
    MST_EUNKNOWN, /* the outcome of a commit is not known */
    MST_ECORRUPT, /* stored bytes are not what was written */
    MST_EVERSION, /* made by a newer program */
    MST_EKEY,     /* the key file is missing, unreadable or the wrong one */
    MST_ETIMEOUT, /* a deadline passed */
    MST_ECLOSED,  /* the other side is gone, or the object is shutting down */
    MST_ESYS      /* any other failed system or library call */
};

/* A short English phrase for the error, without a full stop. Never NULL. */
const char *mst_err_text(enum mst_err err);

#endif
