/* mail.h - a mail as it goes over SMTP: one text, UTF-8 (RFC 5322, 2045, 2047). */
#ifndef MST_WIRE_MAIL_H
#define MST_WIRE_MAIL_H

#include "base/buf.h"

struct mst_mail {
    struct mst_span from, to; /* mst_mail_is_address */
    struct mst_span subject;  /* any text: what a header cannot hold as it is, is encoded */
    struct mst_span text;
    struct mst_span id; /* the left part of Message-ID: letters, digits, '-', '.' */
    int64_t at;         /* Unix seconds */
};

/* One plain address, "local@domain" in printable ASCII, up to 254 characters: no list, no name, no
   quotes, nothing that could end the line or the brackets it will stand in. */
bool mst_mail_is_address(struct mst_span text);

/* Appends head and body, lines ended by CRLF and none longer than 78. Error of out. */
enum mst_err mst_mail_write(const struct mst_mail *mail, struct mst_buf *out);

#endif
