/* setting.h - one row of the table of settings, shared by the files that make settings.h. */
#ifndef MST_SERVER_SETTING_H
#define MST_SERVER_SETTING_H

#include "server/settings.h"

enum mst_setting_type {
    MST_SETTING_INTEGER,
    MST_SETTING_SECONDS,
    MST_SETTING_MILLISECONDS,
    MST_SETTING_SIZE,
    MST_SETTING_BOOL,
    MST_SETTING_ENUM,
    MST_SETTING_PATH,
    MST_SETTING_TEXT,
    MST_SETTING_LISTENERS,
    MST_SETTING_TLS_LISTENERS,
    MST_SETTING_ADDRESSES,
    MST_SETTING_IP4_ADDRESS,
    MST_SETTING_CERTIFICATES,
    MST_SETTING_TYPE_COUNT
};

struct mst_setting_choice {
    const char *word; /* NULL ends the list */
    int64_t value;
};

struct mst_setting {
    const char *name;
    enum mst_setting_type type;
    int64_t min, max;  /* of numbers, in unit */
    const char *value; /* the default, as one would write it */
    const char *unit;  /* what the number counts; "" if it has none */
    const char *text;  /* what it does: sentences */
    size_t offset;     /* in struct mst_settings */
    const struct mst_setting_choice *choices;
};

extern const struct mst_setting mst_setting_table[];
extern const size_t mst_setting_count;

struct mst_setting_kind {
    const char *name; /* in the manual page */
    const char *form; /* how a value is written; "" if that is plain */
    bool is_list;     /* values of one source add up */
    bool has_range;
    enum mst_err (*parse)(const struct mst_setting *setting, struct mst_span value, void *member,
                          struct mst_buf *why);
    size_t bytes; /* of the member */
};

extern const struct mst_setting_kind mst_setting_kinds[MST_SETTING_TYPE_COUNT];

#endif
