/* paths.h - where the settings put files; an empty setting means a name in the data directory. */
#ifndef MST_SERVER_PATHS_H
#define MST_SERVER_PATHS_H

#include "server/settings.h"

struct mst_paths {
    char key_file[MST_SETTING_TEXT_MAX + 16];
    char cik_file[MST_SETTING_TEXT_MAX + 16];
    char backup_dir[MST_SETTING_TEXT_MAX + 16];
    char restoring_dir[MST_SETTING_TEXT_MAX + 16]; /* is there while a restore is not finished */
};

void mst_paths_of(const struct mst_settings *settings, struct mst_paths *ret_paths);

#endif
