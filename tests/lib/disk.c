#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/chance.h"
#include "tests/lib/disk.h"

enum { SECTOR_BYTES = 512, NAME_MAX_BYTES = 256, SHM_LOCKS = SQLITE_SHM_NLOCK };

struct bytes {
    uint8_t *ptr;
    size_t len;
    size_t cap;
};

/* A change that the program sees and the platter does not have yet. */
struct change {
    struct change *next;
    bool is_truncate; /* to offset bytes */
    size_t offset;
    size_t len;
    uint8_t data[];
};

struct handle;

struct file {
    struct file *next;
    char name[NAME_MAX_BYTES]; /* "" = a temporary file */
    bool is_there;
    bool is_name_durable;
    struct bytes seen;
    struct bytes platter;
    struct change *changes, **changes_end;
    struct handle *handles;
    void **regions;
    int n_regions;
    /* Of a database: what is known of its transactions and checkpoints. */
    bool has_written_log; /* the transaction that is open */
    bool has_committed;   /* since the last checkpoint ended */
    bool is_rested;       /* the checkpoint that runs began without such a commit */
    bool has_met;         /* it has met a transaction */
};

struct handle {
    sqlite3_file base;
    struct mst_disk *disk;
    struct file *file;
    struct handle *next;
    int level; /* SQLITE_LOCK_* */
    unsigned shm_shared, shm_exclusive;
    bool is_writing; /* a transaction */
    bool is_temporary;
    bool is_directory_sync_due; /* by its first sync, as SQLite's own VFS does for a new log */
};

struct mst_disk {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    pthread_mutex_t lock;
    uint64_t random;
    struct file *files;
    uint64_t n_events, cut_at;
    bool is_cut;
    enum mst_disk_op fail_op;
    uint64_t fail_at;
    bool is_fail_lasting, has_failed;
    uint64_t calls[MST_DISK_OP_COUNT];
    uint64_t capacity;
    struct mst_disk_checkpoints checkpoints;
};

/* Bytes of the lock area in shared memory; SQLite's file format, "WAL-Index Format". */
enum { SHM_WRITE = 1 << 0, SHM_CHECKPOINT = 1 << 1 };

static const int op_errors[MST_DISK_OP_COUNT] = {
    [MST_DISK_OPEN] = SQLITE_CANTOPEN,     [MST_DISK_READ] = SQLITE_IOERR_READ,
    [MST_DISK_WRITE] = SQLITE_IOERR_WRITE, [MST_DISK_TRUNCATE] = SQLITE_IOERR_TRUNCATE,
    [MST_DISK_SYNC] = SQLITE_IOERR_FSYNC,  [MST_DISK_DELETE] = SQLITE_IOERR_DELETE,
    [MST_DISK_SHM] = SQLITE_IOERR_SHMMAP,  [MST_DISK_SYNC_DATABASE] = SQLITE_IOERR_FSYNC,
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void enter(struct mst_disk *disk)
{
    (void)pthread_mutex_lock(&disk->lock);
}

static int leave(struct mst_disk *disk, int rc)
{
    (void)pthread_mutex_unlock(&disk->lock);
    return rc;
}

static uint64_t chance(struct mst_disk *disk, uint64_t below)
{
    return mst_chance_below(&disk->random, below);
}

/* ---- bytes ---- */

static void bytes_resize(struct bytes *bytes, size_t len)
{
    if (len > bytes->cap) {
        bytes->cap = len * 2;
        bytes->ptr = must(realloc(bytes->ptr, bytes->cap));
    }
    if (len > bytes->len)
        memset(&bytes->ptr[bytes->len], 0, len - bytes->len);
    bytes->len = len;
}

static void bytes_put(struct bytes *bytes, size_t offset, const uint8_t *data, size_t len)
{
    if (offset + len > bytes->len)
        bytes_resize(bytes, offset + len);
    if (len > 0)
        memcpy(&bytes->ptr[offset], data, len);
}

static void bytes_free(struct bytes *bytes)
{
    free(bytes->ptr);
    *bytes = (struct bytes){0};
}

/* ---- changes ---- */

static void change_apply(struct bytes *bytes, const struct change *change)
{
    if (change->is_truncate)
        bytes_resize(bytes, change->offset);
    else
        bytes_put(bytes, change->offset, change->data, change->len);
}

static void change_add(struct file *file, size_t offset, const void *data, size_t len)
{
    struct change *change = must(malloc(sizeof *change + len));

    *change = (struct change){.is_truncate = data == NULL, .offset = offset, .len = len};
    if (data)
        memcpy(change->data, data, len);
    *file->changes_end = change;
    file->changes_end = &change->next;
    change_apply(&file->seen, change);
}

static void changes_clear(struct file *file)
{
    while (file->changes) {
        struct change *next = file->changes->next;

        free(file->changes);
        file->changes = next;
    }
    file->changes_end = &file->changes;
}

/* Some of the sectors that the write touches. */
static void apply_torn(struct mst_disk *disk, struct file *file, const struct change *change)
{
    size_t at = 0;

    if (change->is_truncate) {
        if (chance(disk, 2))
            change_apply(&file->platter, change);
        return;
    }
    while (at < change->len) {
        size_t piece = SECTOR_BYTES - (change->offset + at) % SECTOR_BYTES;

        if (piece > change->len - at)
            piece = change->len - at;
        if (chance(disk, 2))
            bytes_put(&file->platter, change->offset + at, &change->data[at], piece);
        at += piece;
    }
}

enum fate { ALL_LOST, ALL_KEPT, SOME_KEPT, SECTORS_KEPT, PREFIX_KEPT, FATE_COUNT };

/* What of the unsynced changes reaches the platter. */
static void settle(struct mst_disk *disk, struct file *file)
{
    enum fate fate = (enum fate)chance(disk, FATE_COUNT);
    size_t n = 0, n_prefix;

    for (const struct change *change = file->changes; change; change = change->next)
        n++;
    n_prefix = n > 0 ? chance(disk, n) : 0;
    n = 0;
    for (const struct change *change = file->changes; change; change = change->next, n++) {
        if (fate == ALL_KEPT || (fate == SOME_KEPT && chance(disk, 2)) ||
            (fate == PREFIX_KEPT && n < n_prefix))
            change_apply(&file->platter, change);
        else if (fate == SECTORS_KEPT || (fate == PREFIX_KEPT && n == n_prefix))
            apply_torn(disk, file, change);
    }
    changes_clear(file);
}

static void cut(struct mst_disk *disk)
{
    if (disk->is_cut)
        return;
    disk->is_cut = true;
    for (struct file *file = disk->files; file; file = file->next) {
        settle(disk, file);
        if (file->is_there != file->is_name_durable)
            file->is_there = chance(disk, 2) == 0;
    }
}

/* Every call comes through here first. Not SQLITE_OK: it fails so. */
static int admit(struct mst_disk *disk, enum mst_disk_op op)
{
    uint64_t n = ++disk->calls[op];

    if (disk->is_cut)
        return op_errors[op];
    if (disk->fail_at == 0 || disk->fail_op != op)
        return SQLITE_OK;
    if (n < disk->fail_at || (n > disk->fail_at && !disk->is_fail_lasting))
        return SQLITE_OK;
    disk->has_failed = true;
    return op_errors[op];
}

/* After a change was recorded: is this where the power goes? */
static int count_event(struct mst_disk *disk, enum mst_disk_op op)
{
    if (++disk->n_events != disk->cut_at)
        return SQLITE_OK;
    cut(disk);
    return op_errors[op];
}

/* ---- checkpoints ---- */

static void note_break(struct mst_disk *disk, const char *what)
{
    disk->checkpoints.n_against_rule++;
    disk->checkpoints.last_break = what;
}

static bool is_other_writing(const struct handle *handle)
{
    for (const struct handle *other = handle->file->handles; other; other = other->next)
        if (other != handle && other->is_writing)
            return true;
    return false;
}

static bool is_other_moving(const struct handle *handle)
{
    for (const struct handle *other = handle->file->handles; other; other = other->next)
        if (other != handle && (other->shm_exclusive & SHM_CHECKPOINT) != 0)
            return true;
    return false;
}

static void note_meeting(struct handle *handle)
{
    struct file *file = handle->file;

    if (!file->has_met)
        handle->disk->checkpoints.n_beside++;
    file->has_met = true;
    if (file->is_rested)
        note_break(handle->disk, "a checkpoint with nothing new met a transaction");
    file->is_rested = false; /* told once */
}

/*
 * Recovery takes the byte of checkpoints together with the next one: that is no checkpoint. Who met
 * a commit while it read the log's head takes the byte of transactions for a moment, to read it
 * again, and has no view yet: that is no transaction.
 */
static void note_lock(struct handle *handle, unsigned mask, bool is_taken)
{
    struct file *file = handle->file;

    if (mask == SHM_CHECKPOINT && !is_taken) {
        note_break(handle->disk, "two checkpoints at once");
    } else if (mask == SHM_CHECKPOINT) {
        handle->disk->checkpoints.n_all++;
        file->is_rested = !file->has_committed;
        file->has_met = false;
        if (is_other_writing(handle))
            note_meeting(handle);
    } else if (mask == SHM_WRITE && is_taken && handle->shm_shared != 0) {
        handle->is_writing = true;
        file->has_written_log = false;
        if (is_other_moving(handle))
            note_meeting(handle);
    }
}

/* A checkpoint of the other kinds holds the transactions off while it moves pages. */
static void note_page_write(struct handle *handle)
{
    unsigned both = SHM_WRITE | SHM_CHECKPOINT;

    if ((handle->shm_exclusive & both) == both && (handle->file->handles != handle || handle->next))
        note_break(handle->disk, "a checkpoint that is not passive");
}

static void note_unlock(struct handle *handle, unsigned mask)
{
    struct file *file = handle->file;

    if (mask == SHM_CHECKPOINT)
        file->has_committed = false;
    if (mask != SHM_WRITE || !handle->is_writing)
        return;
    handle->is_writing = false;
    file->has_committed = file->has_committed || file->has_written_log;
}

/* ---- files ---- */

static struct handle *handle_of(sqlite3_file *base)
{
    return (struct handle *)base;
}

static int io_read(sqlite3_file *base, void *to, int amount, sqlite3_int64 offset)
{
    struct handle *handle = handle_of(base);
    const struct bytes *seen = &handle->file->seen;
    size_t at = (size_t)offset, want = (size_t)amount, have;
    int rc;

    enter(handle->disk);
    rc = admit(handle->disk, MST_DISK_READ);
    if (rc != SQLITE_OK)
        return leave(handle->disk, rc);
    have = at < seen->len ? seen->len - at : 0;
    if (have > want)
        have = want;
    if (have > 0)
        memcpy(to, &seen->ptr[at], have);
    memset(&((uint8_t *)to)[have], 0, want - have);
    return leave(handle->disk, have < want ? SQLITE_IOERR_SHORT_READ : SQLITE_OK);
}

static uint64_t used(const struct mst_disk *disk)
{
    uint64_t sum = 0;

    for (const struct file *file = disk->files; file; file = file->next)
        if (file->is_there)
            sum += file->seen.len;
    return sum;
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len >= end_len && strcmp(&name[len - end_len], end) == 0;
}

/* The log of x is x-wal. */
static void note_log_write(struct mst_disk *disk, const struct file *log)
{
    size_t len = strlen(log->name) - strlen("-wal");

    for (struct file *file = disk->files; file; file = file->next)
        if (strlen(file->name) == len && strncmp(file->name, log->name, len) == 0)
            file->has_written_log = true;
}

static int io_write(sqlite3_file *base, const void *from, int amount, sqlite3_int64 offset)
{
    struct handle *handle = handle_of(base);
    struct mst_disk *disk = handle->disk;
    struct file *file = handle->file;
    size_t at = (size_t)offset, len = (size_t)amount;
    int rc;

    enter(disk);
    rc = admit(disk, MST_DISK_WRITE);
    if (rc == SQLITE_OK && disk->capacity > 0 && at + len > file->seen.len &&
        used(disk) + (at + len - file->seen.len) > disk->capacity)
        rc = SQLITE_FULL;
    if (rc != SQLITE_OK) {
        /* A write that fails may have written a part. */
        if (!disk->is_cut && rc != SQLITE_FULL)
            change_add(file, at, from, chance(disk, len + 1));
        return leave(disk, rc);
    }
    change_add(file, at, from, len);
    note_page_write(handle);
    if (ends_with(file->name, "-wal"))
        note_log_write(disk, file);
    return leave(disk, count_event(disk, MST_DISK_WRITE));
}

static int io_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct handle *handle = handle_of(base);
    int rc;

    enter(handle->disk);
    rc = admit(handle->disk, MST_DISK_TRUNCATE);
    if (rc != SQLITE_OK)
        return leave(handle->disk, rc);
    change_add(handle->file, (size_t)size, NULL, 0);
    return leave(handle->disk, count_event(handle->disk, MST_DISK_TRUNCATE));
}

/* Also what was deleted is then gone for good. */
static void sync_directory(struct mst_disk *disk)
{
    for (struct file *file = disk->files; file; file = file->next)
        file->is_name_durable = file->is_there;
}

static int io_sync(sqlite3_file *base, int flags)
{
    struct handle *handle = handle_of(base);
    struct mst_disk *disk = handle->disk;
    struct file *file = handle->file;
    int rc;

    (void)flags;
    enter(disk);
    rc = admit(disk, MST_DISK_SYNC);
    if (rc == SQLITE_OK && !ends_with(file->name, "-wal"))
        rc = admit(disk, MST_DISK_SYNC_DATABASE);
    if (rc == SQLITE_OK)
        rc = count_event(disk, MST_DISK_SYNC);
    if (rc != SQLITE_OK) {
        if (!disk->is_cut)
            settle(disk, file);
        return leave(disk, rc);
    }
    for (const struct change *change = file->changes; change; change = change->next)
        change_apply(&file->platter, change);
    changes_clear(file);
    if (handle->is_directory_sync_due)
        sync_directory(disk);
    handle->is_directory_sync_due = false;
    return leave(disk, SQLITE_OK);
}

static int io_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
    struct handle *handle = handle_of(base);

    enter(handle->disk);
    *ret_size = (sqlite3_int64)handle->file->seen.len;
    return leave(handle->disk, SQLITE_OK);
}

static int io_lock(sqlite3_file *base, int level)
{
    struct handle *handle = handle_of(base);
    int highest = SQLITE_LOCK_NONE;

    enter(handle->disk);
    for (const struct handle *other = handle->file->handles; other; other = other->next)
        if (other != handle && other->level > highest)
            highest = other->level;
    if (level <= handle->level)
        return leave(handle->disk, SQLITE_OK);
    if ((level == SQLITE_LOCK_SHARED && highest >= SQLITE_LOCK_PENDING) ||
        (level == SQLITE_LOCK_RESERVED && highest >= SQLITE_LOCK_RESERVED) ||
        (level >= SQLITE_LOCK_PENDING && highest > SQLITE_LOCK_NONE))
        return leave(handle->disk, SQLITE_BUSY);
    handle->level = level;
    return leave(handle->disk, SQLITE_OK);
}

static int io_unlock(sqlite3_file *base, int level)
{
    struct handle *handle = handle_of(base);

    enter(handle->disk);
    if (handle->level > level)
        handle->level = level;
    return leave(handle->disk, SQLITE_OK);
}

static int io_check_reserved(sqlite3_file *base, int *ret_is_reserved)
{
    struct handle *handle = handle_of(base);

    *ret_is_reserved = 0;
    enter(handle->disk);
    for (const struct handle *other = handle->file->handles; other; other = other->next)
        if (other->level >= SQLITE_LOCK_RESERVED)
            *ret_is_reserved = 1;
    return leave(handle->disk, SQLITE_OK);
}

static int io_control(sqlite3_file *base, int op, void *arg)
{
    (void)base;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int io_sector_size(sqlite3_file *base)
{
    (void)base;
    return SECTOR_BYTES;
}

/* As SQLite's own on Linux: a torn write harms no byte outside it. */
static int io_characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int io_shm_map(sqlite3_file *base, int region, int size, int may_extend,
                      void volatile **ret_memory)
{
    struct handle *handle = handle_of(base);
    struct file *file = handle->file;
    int rc;

    *ret_memory = NULL;
    enter(handle->disk);
    rc = admit(handle->disk, MST_DISK_SHM);
    if (rc != SQLITE_OK)
        return leave(handle->disk, rc);
    while (may_extend && file->n_regions <= region) {
        file->regions =
            must(reallocarray(file->regions, (size_t)file->n_regions + 1, sizeof *file->regions));
        file->regions[file->n_regions++] = must(calloc(1, (size_t)size));
    }
    if (region < file->n_regions)
        *ret_memory = file->regions[region];
    return leave(handle->disk, SQLITE_OK);
}

static int io_shm_lock(sqlite3_file *base, int offset, int n, int flags)
{
    struct handle *handle = handle_of(base);
    unsigned mask = ((1u << n) - 1) << offset;
    unsigned others_shared = 0, others_exclusive = 0;

    enter(handle->disk);
    if (flags & SQLITE_SHM_UNLOCK) {
        note_unlock(handle, mask);
        handle->shm_shared &= ~mask;
        handle->shm_exclusive &= ~mask;
        return leave(handle->disk, SQLITE_OK);
    }
    for (const struct handle *other = handle->file->handles; other; other = other->next) {
        if (other == handle)
            continue;
        others_shared |= other->shm_shared;
        others_exclusive |= other->shm_exclusive;
    }
    if (mask & others_exclusive || (flags & SQLITE_SHM_EXCLUSIVE && mask & others_shared)) {
        note_lock(handle, mask, false);
        return leave(handle->disk, SQLITE_BUSY);
    }
    note_lock(handle, mask, true);
    if (flags & SQLITE_SHM_EXCLUSIVE)
        handle->shm_exclusive |= mask;
    else
        handle->shm_shared |= mask;
    return leave(handle->disk, SQLITE_OK);
}

/* Taking a lock is a barrier. */
static void io_shm_barrier(sqlite3_file *base)
{
    struct handle *handle = handle_of(base);

    enter(handle->disk);
    (void)leave(handle->disk, SQLITE_OK);
}

static void regions_free(struct file *file)
{
    for (int i = 0; i < file->n_regions; i++)
        free(file->regions[i]);
    free(file->regions);
    file->regions = NULL;
    file->n_regions = 0;
}

static int io_shm_unmap(sqlite3_file *base, int is_deleting)
{
    struct handle *handle = handle_of(base);

    enter(handle->disk);
    handle->shm_shared = handle->shm_exclusive = 0;
    handle->is_writing = false;
    if (is_deleting)
        regions_free(handle->file);
    return leave(handle->disk, SQLITE_OK);
}

static void file_free(struct mst_disk *disk, struct file *file)
{
    struct file **at = &disk->files;

    assert(!file->handles);
    while (*at != file)
        at = &(*at)->next;
    *at = file->next;
    changes_clear(file);
    bytes_free(&file->seen);
    bytes_free(&file->platter);
    regions_free(file);
    free(file);
}

static int io_close(sqlite3_file *base)
{
    struct handle *handle = handle_of(base);
    struct handle **at = &handle->file->handles;

    enter(handle->disk);
    while (*at != handle)
        at = &(*at)->next;
    *at = handle->next;
    if (handle->is_temporary && !handle->file->handles)
        file_free(handle->disk, handle->file);
    /* The last to leave takes the shared memory along. */
    else if (!handle->file->handles)
        regions_free(handle->file);
    return leave(handle->disk, SQLITE_OK);
}

static const sqlite3_io_methods io_methods = {
    .iVersion = 2,
    .xClose = io_close,
    .xRead = io_read,
    .xWrite = io_write,
    .xTruncate = io_truncate,
    .xSync = io_sync,
    .xFileSize = io_size,
    .xLock = io_lock,
    .xUnlock = io_unlock,
    .xCheckReservedLock = io_check_reserved,
    .xFileControl = io_control,
    .xSectorSize = io_sector_size,
    .xDeviceCharacteristics = io_characteristics,
    .xShmMap = io_shm_map,
    .xShmLock = io_shm_lock,
    .xShmBarrier = io_shm_barrier,
    .xShmUnmap = io_shm_unmap,
};

/* ---- names ---- */

static struct mst_disk *disk_of(sqlite3_vfs *vfs)
{
    return (struct mst_disk *)vfs;
}

static struct file *file_find(struct mst_disk *disk, const char *name)
{
    struct file *file = disk->files;

    while (file && strcmp(file->name, name) != 0)
        file = file->next;
    return file;
}

static struct file *file_new(struct mst_disk *disk, const char *name)
{
    struct file *file = must(calloc(1, sizeof *file));

    (void)snprintf(file->name, sizeof file->name, "%s", name);
    file->changes_end = &file->changes;
    file->next = disk->files;
    disk->files = file;
    return file;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
                    int *ret_flags)
{
    struct mst_disk *disk = disk_of(vfs);
    struct handle *handle = handle_of(base);
    struct file *file;
    int rc;

    *handle = (struct handle){.disk = disk};
    enter(disk);
    rc = admit(disk, MST_DISK_OPEN);
    file = name ? file_find(disk, name) : NULL;
    if (rc == SQLITE_OK && (!file || !file->is_there) && (flags & SQLITE_OPEN_CREATE) == 0)
        rc = SQLITE_CANTOPEN;
    if (rc != SQLITE_OK)
        return leave(disk, rc);
    if (!file)
        file = file_new(disk, name ? name : "");
    else if (!file->is_there && (file->seen.len > 0 || file->platter.len > 0))
        change_add(file, 0, NULL, 0);
    file->is_there = true;
    /* The engine makes a database's name durable before SQLite sees it. */
    if (flags & SQLITE_OPEN_MAIN_DB)
        file->is_name_durable = true;
    handle->is_directory_sync_due = (flags & SQLITE_OPEN_CREATE) != 0 &&
                                    (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    handle->file = file;
    handle->is_temporary = !name || (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    handle->next = file->handles;
    file->handles = handle;
    handle->base.pMethods = &io_methods;
    if (ret_flags)
        *ret_flags = flags;
    return leave(disk, SQLITE_OK);
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int is_synced)
{
    struct mst_disk *disk = disk_of(vfs);
    struct file *file;
    int rc;

    enter(disk);
    file = file_find(disk, name);
    rc = admit(disk, MST_DISK_DELETE);
    if (rc == SQLITE_OK && (!file || !file->is_there))
        rc = SQLITE_IOERR_DELETE_NOENT;
    if (rc != SQLITE_OK)
        return leave(disk, rc);
    file->is_there = false;
    if (is_synced)
        sync_directory(disk);
    return leave(disk, count_event(disk, MST_DISK_DELETE));
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_is_there)
{
    struct mst_disk *disk = disk_of(vfs);
    const struct file *file;

    (void)flags;
    enter(disk);
    file = file_find(disk, name);
    *ret_is_there = file && file->is_there;
    return leave(disk, SQLITE_OK);
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int size, char *ret_name)
{
    (void)vfs;
    return snprintf(ret_name, (size_t)size, "%s", name) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *vfs, int n, char *ret_bytes)
{
    struct mst_disk *disk = disk_of(vfs);

    enter(disk);
    for (int i = 0; i < n; i++)
        ret_bytes[i] = (char)chance(disk, 256);
    return leave(disk, n);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    sqlite3_vfs *real = disk_of(vfs)->real;

    return real->xSleep(real, microseconds);
}

static int vfs_time(sqlite3_vfs *vfs, double *ret_day)
{
    sqlite3_vfs *real = disk_of(vfs)->real;

    return real->xCurrentTime(real, ret_day);
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *ret_text)
{
    (void)vfs;
    (void)size;
    (void)ret_text;
    return 0;
}

/* ---- the disk ---- */

struct mst_disk *mst_disk_new(const char *vfs_name, uint64_t seed)
{
    struct mst_disk *disk = must(calloc(1, sizeof *disk));

    disk->real = sqlite3_vfs_find(NULL);
    disk->random = seed;
    (void)pthread_mutex_init(&disk->lock, NULL);
    disk->vfs = (sqlite3_vfs){.iVersion = 1,
                              .szOsFile = sizeof(struct handle),
                              .mxPathname = NAME_MAX_BYTES - 1,
                              .zName = vfs_name,
                              .xOpen = vfs_open,
                              .xDelete = vfs_delete,
                              .xAccess = vfs_access,
                              .xFullPathname = vfs_full_name,
                              .xRandomness = vfs_randomness,
                              .xSleep = vfs_sleep,
                              .xCurrentTime = vfs_time,
                              .xGetLastError = vfs_last_error};
    if (!disk->real || sqlite3_vfs_register(&disk->vfs, 0) != SQLITE_OK)
        abort();
    return disk;
}

void mst_disk_free(struct mst_disk *disk)
{
    mst_disk_wipe(disk);
    (void)sqlite3_vfs_unregister(&disk->vfs);
    (void)pthread_mutex_destroy(&disk->lock);
    free(disk);
}

void mst_disk_cut_after(struct mst_disk *disk, uint64_t n_events)
{
    enter(disk);
    disk->cut_at = n_events > 0 ? disk->n_events + n_events : 0;
    (void)leave(disk, 0);
}

void mst_disk_cut_now(struct mst_disk *disk)
{
    enter(disk);
    cut(disk);
    (void)leave(disk, 0);
}

bool mst_disk_is_cut(struct mst_disk *disk)
{
    enter(disk);
    return leave(disk, disk->is_cut) != 0;
}

static void calm(struct mst_disk *disk)
{
    disk->is_cut = disk->has_failed = disk->is_fail_lasting = false;
    disk->cut_at = disk->fail_at = disk->capacity = 0;
}

void mst_disk_reboot(struct mst_disk *disk)
{
    enter(disk);
    cut(disk);
    for (struct file *file = disk->files; file; file = file->next) {
        assert(!file->handles);
        regions_free(file);
        if (!file->is_there)
            bytes_resize(&file->platter, 0);
        bytes_resize(&file->seen, 0);
        bytes_put(&file->seen, 0, file->platter.ptr, file->platter.len);
        file->is_name_durable = file->is_there;
        file->has_committed = false;
    }
    calm(disk);
    (void)leave(disk, 0);
}

void mst_disk_restart(struct mst_disk *disk)
{
    enter(disk);
    assert(!disk->is_cut);
    for (struct file *file = disk->files; file; file = file->next) {
        assert(!file->handles);
        regions_free(file);
    }
    calm(disk);
    (void)leave(disk, 0);
}

void mst_disk_wipe(struct mst_disk *disk)
{
    enter(disk);
    while (disk->files)
        file_free(disk, disk->files);
    calm(disk);
    (void)leave(disk, 0);
}

void mst_disk_fail(struct mst_disk *disk, enum mst_disk_op op, uint64_t n, bool is_lasting)
{
    enter(disk);
    memset(disk->calls, 0, sizeof disk->calls);
    disk->fail_op = op;
    disk->fail_at = n;
    disk->is_fail_lasting = is_lasting;
    disk->has_failed = false;
    (void)leave(disk, 0);
}

bool mst_disk_has_failed(struct mst_disk *disk)
{
    enter(disk);
    return leave(disk, disk->has_failed) != 0;
}

uint64_t mst_disk_calls(struct mst_disk *disk, enum mst_disk_op op)
{
    uint64_t n;

    enter(disk);
    n = disk->calls[op];
    (void)leave(disk, 0);
    return n;
}

struct mst_disk_checkpoints mst_disk_checkpoints(struct mst_disk *disk)
{
    struct mst_disk_checkpoints checkpoints;

    enter(disk);
    checkpoints = disk->checkpoints;
    (void)leave(disk, 0);
    return checkpoints;
}

void mst_disk_set_capacity(struct mst_disk *disk, uint64_t max_bytes)
{
    enter(disk);
    disk->capacity = max_bytes;
    (void)leave(disk, 0);
}

uint64_t mst_disk_used(struct mst_disk *disk)
{
    uint64_t sum;

    enter(disk);
    sum = used(disk);
    (void)leave(disk, 0);
    return sum;
}

uint64_t mst_disk_file_bytes(struct mst_disk *disk, const char *name_end)
{
    uint64_t n = 0;

    enter(disk);
    for (const struct file *file = disk->files; file; file = file->next)
        if (file->is_there && ends_with(file->name, name_end))
            n = file->seen.len;
    (void)leave(disk, 0);
    return n;
}
