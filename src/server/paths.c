#include <stdio.h>

#include "server/paths.h"

void mst_paths_of(const struct mst_settings *settings, struct mst_paths *ret_paths)
{
    const char *data = settings->data;
    const struct {
        const char *own, *name;
        char *path;
    } rows[] = {
        {settings->key_file,   "muster.key", ret_paths->key_file     },
        {"",                   "root.cik",   ret_paths->cik_file     },
        {settings->backup_dir, "backups",    ret_paths->backup_dir   },
        {"",                   "restoring",  ret_paths->restoring_dir},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].own[0])
            (void)snprintf(rows[i].path, sizeof ret_paths->key_file, "%s", rows[i].own);
        else
            (void)snprintf(rows[i].path, sizeof ret_paths->key_file, "%s/%s", data, rows[i].name);
    }
}
