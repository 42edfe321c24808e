/*
 * A restore builds the store in DATA/restoring: copied with its hashes compared, looked through,
 * opened (which brings its tables up to date), its key file tried, fenced, closed. Only then
 * do the files get their places, and the directory goes. musterd refuses to start while
 * it is there, so a restore that was cut short anywhere leaves nothing that could serve
 * unfenced, and the next one begins anew.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "core/fence.h"
#include "server/command.h"
#include "server/keyring.h"
#include "server/offline.h"
#include "server/paths.h"
#include "store/sqlite/offline.h"
#include "store/sqlite/sqlite.h"
#include "sys/file.h"
#include "sys/log.h"

enum { PATH_CHARS = MST_SETTING_TEXT_MAX + 512, QUEUE = 16 };

static const char *const store_files[] = {"points.db", "content.db", "muster.db"};
enum { N_STORE_FILES = sizeof store_files / sizeof store_files[0] };

struct work {
    const struct mst_settings *settings;
    struct mst_paths paths;
    struct mst_buf *why;
    int lock_fd;
    bool is_terminal;
};

static void __attribute__((format(printf, 2, 3))) say(struct work *work, const char *fmt, ...)
{
    char text[2048];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    (void)mst_buf_addf(work->why, "%s\n", text);
}

static void path_of(const char *dir, const char *name, char ret_path[PATH_CHARS])
{
    (void)snprintf(ret_path, PATH_CHARS, "%s/%s", dir, name);
}

/* ---- progress ---- */

static void show_step(void *arg, const char *what, unsigned n_done, unsigned n_all)
{
    const struct work *work = arg;

    if (work->is_terminal)
        (void)fprintf(stderr, "\r\033[K%u/%u %s", n_done + 1, n_all, what);
}

static void show_end(const struct work *work)
{
    if (work->is_terminal)
        (void)fputs("\r\033[K", stderr);
}

static void keep_fault(void *arg, const char *text)
{
    struct work *work = arg;

    say(work, "%s", text);
}

static enum mst_err look_through(struct work *work, const char *dir, uint64_t *ret_faults)
{
    const struct mst_offline_talk talk = {.step = show_step, .fault = keep_fault, .arg = work};
    enum mst_err err = mst_sqlite_check(dir, &talk, ret_faults);

    show_end(work);
    return err;
}

static enum mst_err lock_data(struct work *work)
{
    char path[PATH_CHARS];
    enum mst_err err;

    path_of(work->settings->data, "lock", path);
    err = mst_file_lock(path, &work->lock_fd);
    if (err == MST_EBUSY)
        say(work, "a musterd has the store in %s open: end it first", work->settings->data);
    else if (err != MST_OK)
        say(work, "%s cannot be opened: %s", path, mst_err_text(err));
    return err;
}

static void begin_work(struct work *work, const struct mst_settings *settings, struct mst_buf *why)
{
    *work = (struct work){
        .settings = settings, .why = why, .lock_fd = -1, .is_terminal = isatty(STDERR_FILENO) == 1};
    mst_paths_of(settings, &work->paths);
}

static void end_work(struct work *work)
{
    if (work->lock_fd >= 0)
        (void)close(work->lock_fd);
}

/* ---- verify ---- */

enum mst_err mst_verify(const struct mst_settings *settings, struct mst_buf *out,
                        struct mst_buf *why)
{
    const char *data = settings->data;
    bool is_backup = mst_backup_is(data);
    uint64_t n_faults = 0;
    struct work work;
    unsigned mode;
    enum mst_err err;

    begin_work(&work, settings, why);
    err = mst_file_mode(data, &mode);
    if (err != MST_OK)
        say(&work, "there is no directory %s", data);
    else if (!is_backup)
        err = lock_data(&work);
    if (err != MST_OK) {
        end_work(&work);
        return err;
    }
    err = look_through(&work, data, &n_faults);
    end_work(&work);
    if (err == MST_ENOENT)
        say(&work,
            "there is no whole store in %s: muster.db, points.db and content.db belong there",
            data);
    else if (err == MST_EVERSION)
        say(&work, "%s was made by a newer muster: use that one", data);
    else if (err == MST_ECORRUPT)
        say(&work, "%s is so damaged that it cannot be read through: put back a backup", data);
    else if (err != MST_OK)
        say(&work, "%s cannot be read: %s", data, mst_err_text(err));
    if (err != MST_OK)
        n_faults++; /* what ended the look */
    else if (n_faults > 0)
        say(&work,
            "%llu fault%s: do not serve this; put back a backup and tell the makers of muster",
            (unsigned long long)n_faults, n_faults > 1 ? "s" : "");
    (void)mst_buf_addf(out, "{\"kind\":\"%s\",\"whole\":%s,\"faults\":%llu}",
                       is_backup ? "backup" : "store", n_faults == 0 ? "true" : "false",
                       (unsigned long long)n_faults);
    return err == MST_OK && n_faults > 0 ? MST_ECORRUPT : err;
}

/* ---- restore: the place ---- */

/* What may lie in a directory that counts as empty, beside the key file. */
static bool is_harmless(const struct work *work, const char *name)
{
    static const char *const names[] = {".",       "..",        "lock",      "root.cik",
                                        "backups", "restoring", "lost+found"};
    char path[PATH_CHARS];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    path_of(work->settings->data, name, path);
    return strcmp(path, work->paths.key_file) == 0 || strcmp(name, "muster.key") == 0;
}

/* With restoring there the files in place are those of a restore that was cut short. */
static void clear_leftovers(const struct work *work)
{
    static const char *const parts[] = {"", "-wal", "-shm"};
    char path[PATH_CHARS], file[64];
    struct stat st;

    if (lstat(work->paths.restoring_dir, &st) != 0)
        return;
    for (size_t i = 0; i < N_STORE_FILES; i++) {
        for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
            (void)snprintf(file, sizeof file, "%s%s", store_files[i], parts[k]);
            path_of(work->settings->data, file, path);
            (void)unlink(path);
            path_of(work->paths.restoring_dir, file, path);
            (void)unlink(path);
        }
    }
    path_of(work->paths.restoring_dir, "lock", path);
    (void)unlink(path);
    (void)rmdir(work->paths.restoring_dir);
}

static enum mst_err check_empty(struct work *work)
{
    DIR *dir = opendir(work->settings->data);
    const struct dirent *entry;
    enum mst_err err = MST_OK;

    if (!dir) {
        say(work, "%s cannot be read: %s", work->settings->data, strerror(errno));
        return MST_EIO;
    }
    while (err == MST_OK && (entry = readdir(dir)) != NULL) {
        if (is_harmless(work, entry->d_name))
            continue;
        say(work,
            "%s is not empty (%s): a restore overwrites nothing; move what is there away, but "
            "leave "
            "the key file",
            work->settings->data, entry->d_name);
        err = MST_EEXIST;
    }
    (void)closedir(dir);
    return err;
}

static enum mst_err check_key_file(struct work *work)
{
    unsigned mode;

    if (mst_file_mode(work->paths.key_file, &mode) == MST_OK)
        return MST_OK;
    say(work,
        "the key file %s is missing, and a backup holds none: without it every device key is lost. "
        "Put the copy that you kept there (mode 0600), or name it with key_file, and run this "
        "again",
        work->paths.key_file);
    return MST_EKEY;
}

static enum mst_err read_backup(struct work *work, const char *from,
                                struct mst_backup_facts *ret_facts)
{
    enum mst_err err = mst_backup_read(from, ret_facts);

    if (err == MST_ENOENT)
        say(work, "%s is no backup: it has no manifest%s", from,
            strstr(from, ".part") ? " (it was never finished)" : "");
    else if (err == MST_EVERSION)
        say(work, "%s was made by a newer muster: use that one", from);
    else if (err != MST_OK)
        say(work, "the manifest of %s is damaged: take another backup", from);
    return err;
}

/* ---- restore: the store ---- */

static enum mst_err copy_files(struct work *work, const char *from)
{
    const char *file = "", *dir = work->paths.restoring_dir;
    enum mst_err err = mst_dir_ensure(dir);
    uint64_t n_faults = 0;

    if (err == MST_OK)
        err = mst_backup_copy(from, dir, &file);
    if (err == MST_ECORRUPT)
        say(work, "%s/%s is not what was backed up: take another backup", from, file);
    else if (err != MST_OK)
        say(work, "%s/%s cannot be copied to %s: %s", from, file, dir, mst_err_text(err));
    if (err != MST_OK)
        return err;
    err = look_through(work, dir, &n_faults);
    if (err != MST_OK || n_faults > 0) {
        say(work, "the backup %s is not whole (%s): take another", from,
            err != MST_OK ? mst_err_text(err) : "its faults are above");
        return err != MST_OK ? err : MST_ECORRUPT;
    }
    return MST_OK;
}

/* Should it run twice, it only adds one more generation. */
static enum mst_err fence_store(void *arg, struct mst_tx *tx)
{
    return mst_fence(tx, arg);
}

static enum mst_err fence_files(struct work *work, struct mst_fence *ret_fence)
{
    const struct mst_sqlite_opts opts = {
        .dir = work->paths.restoring_dir, .queue_max = QUEUE, .batch_max = QUEUE};
    static struct mst_server_keys keys; /* large */
    struct mst_store *store;
    const char *what = "";
    struct mst_buf line;
    enum mst_err err = mst_sqlite_open(&opts, &store, &what);

    if (err != MST_OK) {
        say(work, "the restored store cannot be opened: %s (%s)", mst_err_text(err), what);
        return err;
    }
    mst_buf_init(&line, MST_KIB(4));
    err = mst_keyring_open(store, work->paths.key_file, &keys, &line);
    if (err != MST_OK)
        say(work, "%.*s", (int)line.len, line.ptr);
    mst_buf_fini(&line);
    if (err == MST_OK) {
        err = mst_command_wait(store, MST_FILE_STATE, fence_store, ret_fence);
        if (err != MST_OK)
            say(work, "the restored store cannot be fenced: %s", mst_err_text(err));
    }
    mst_secret_wipe(&keys, sizeof keys);
    mst_store_close(store);
    return err;
}

static enum mst_err put_in_place(struct work *work)
{
    char from[PATH_CHARS], to[PATH_CHARS];
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < N_STORE_FILES && err == MST_OK; i++) {
        path_of(work->paths.restoring_dir, store_files[i], from);
        path_of(work->settings->data, store_files[i], to);
        if (rename(from, to) != 0)
            err = MST_EIO;
    }
    if (err == MST_OK)
        err = mst_path_sync(work->settings->data);
    if (err == MST_OK) {
        path_of(work->paths.restoring_dir, "lock", from);
        (void)unlink(from);
        if (rmdir(work->paths.restoring_dir) != 0)
            err = MST_EIO;
    }
    if (err == MST_OK)
        err = mst_path_sync(work->settings->data);
    if (err != MST_OK)
        say(work, "the restored files cannot be put into %s: %s", work->settings->data,
            mst_err_text(err));
    return err;
}

static enum mst_err prepare(struct work *work, const char *from, struct mst_backup_facts *ret_facts)
{
    enum mst_err err = read_backup(work, from, ret_facts);

    if (err == MST_OK) {
        err = mst_dir_ensure(work->settings->data);
        if (err != MST_OK)
            say(work, "%s cannot be made: %s", work->settings->data, mst_err_text(err));
    }
    if (err == MST_OK)
        err = lock_data(work);
    if (err != MST_OK)
        return err;
    clear_leftovers(work);
    err = check_empty(work);
    return err == MST_OK ? check_key_file(work) : err;
}

enum mst_err mst_restore(const struct mst_settings *settings, const char *from, struct mst_buf *out,
                         struct mst_buf *why)
{
    struct mst_backup_facts facts;
    struct mst_fence fence = {0};
    struct work work;
    enum mst_err err;

    begin_work(&work, settings, why);
    err = prepare(&work, from, &facts);
    if (err == MST_OK) {
        err = copy_files(&work, from);
        if (err == MST_OK)
            err = fence_files(&work, &fence);
        if (err == MST_OK)
            err = put_in_place(&work);
        if (err != MST_OK)
            clear_leftovers(&work);
    }
    end_work(&work);
    if (err == MST_OK)
        (void)mst_buf_addf(out,
                           "{\"made\":\"%s\",\"store\":\"%s\",\"bytes\":%llu,\"closed\":%llu,"
                           "\"suspect\":%llu,\"generation\":%lld}",
                           facts.made, facts.store_id, (unsigned long long)facts.bytes,
                           (unsigned long long)fence.windows_closed,
                           (unsigned long long)fence.keys_suspect, (long long)fence.gen_ix);
    return err;
}
