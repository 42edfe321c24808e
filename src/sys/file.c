#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/secret.h"
#include "sys/file.h"
#include "sys/random.h"

enum { CHUNK = 4096, PIECE_BYTES = 2 * 1024 * 1024 };

static enum mst_err err_of_errno(void)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return MST_ENOENT;
    case EEXIST:
        return MST_EEXIST;
    case ENOMEM:
        return MST_ENOMEM;
    default:
        return MST_EIO;
    }
}

static int open_retried(const char *path, int flags, mode_t mode)
{
    int fd;

    do
        fd = open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static enum mst_err read_all(int fd, size_t max_bytes, struct mst_buf *buf)
{
    char chunk[CHUNK]; /* through here, because buf may be allowed less than max_bytes */
    size_t from = buf->len;
    enum mst_err err = MST_OK;

    while (err == MST_OK) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            break;
        if (n < 0)
            err = err_of_errno();
        else if ((size_t)n > max_bytes - (buf->len - from))
            err = MST_EFULL;
        else
            err = mst_buf_add(buf, mst_span_of(chunk, (size_t)n));
    }
    mst_secret_wipe(chunk, sizeof chunk);
    return err;
}

enum mst_err mst_file_read(const char *path, size_t max_bytes, struct mst_buf *ret)
{
    size_t len_before = ret->len;
    enum mst_err err_before = ret->err;
    enum mst_err err;
    int fd = open_retried(path, O_RDONLY, 0);

    if (fd < 0)
        return err_of_errno();
    err = read_all(fd, max_bytes, ret);
    if (err != MST_OK) {
        ret->len = len_before;
        ret->err = err_before;
    }
    (void)close(fd);
    return err;
}

static enum mst_err write_all(int fd, struct mst_span bytes)
{
    size_t done = 0;

    while (done < bytes.len) {
        struct mst_span rest = mst_span_cut(bytes, done, bytes.len);
        ssize_t n = write(fd, rest.ptr, rest.len);
        if (n < 0 && errno != EINTR)
            return MST_EIO;
        if (n > 0)
            done += (size_t)n;
    }
    return fsync(fd) == 0 ? MST_OK : MST_EFSYNC;
}

/* Allocated; NULL without memory. */
static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? strlen(path) - strlen(slash) : 0;

    return slash ? strndup(path, len > 0 ? len : 1) : strdup(".");
}

static enum mst_err fsync_parent(const char *path)
{
    char *parent = parent_of(path);
    enum mst_err err = MST_EFSYNC;
    int fd;

    if (!parent)
        return MST_ENOMEM;
    fd = open_retried(parent, O_RDONLY | O_DIRECTORY, 0);
    if (fd >= 0 && fsync(fd) == 0)
        err = MST_OK;
    if (fd >= 0)
        (void)close(fd);
    free(parent);
    return err;
}

/* The mode is not left to the umask: the caller said which bits. */
static enum mst_err fill(int fd, unsigned mode, struct mst_span bytes)
{
    enum mst_err err = write_all(fd, bytes);

    return err == MST_OK && fchmod(fd, (mode_t)mode) != 0 ? MST_EIO : err;
}

/* A file that has no name until it is whole, so a crash leaves nothing of it. Not every file system
   can: then *ret_is_able is false. */
static enum mst_err create_unnamed(const char *path, unsigned mode, struct mst_span bytes,
                                   bool *ret_is_able)
{
    char *parent = parent_of(path);
    char self[32]; /* linking by descriptor would need a capability */
    enum mst_err err;
    int fd;

    *ret_is_able = true;
    if (!parent)
        return MST_ENOMEM;
    fd = open_retried(parent, O_WRONLY | O_TMPFILE, 0600);
    free(parent);
    if (fd < 0) {
        *ret_is_able = false;
        return MST_OK;
    }
    err = fill(fd, mode, bytes);
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    if (err == MST_OK && linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) != 0) {
        *ret_is_able = errno == EEXIST;
        err = err_of_errno();
    }
    (void)close(fd);
    return err;
}

/* The same by way of another name, which a crash may leave behind. */
static enum mst_err create_named(const char *path, unsigned mode, struct mst_span bytes)
{
    char *temp = NULL;
    enum mst_err err;
    int fd;

    if (asprintf(&temp, "%s.%016" PRIx64 ".new", path, mst_random_u64()) < 0)
        return MST_ENOMEM;
    fd = open_retried(temp, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0) {
        err = err_of_errno();
        free(temp);
        return err;
    }
    err = fill(fd, mode, bytes);
    if (close(fd) != 0 && err == MST_OK)
        err = MST_EIO;
    if (err == MST_OK && link(temp, path) != 0)
        err = err_of_errno();
    (void)unlink(temp);
    free(temp);
    return err;
}

/* The bytes are whole and on disk before the name exists: neither a racing reader nor a crash ever
   sees half a file. A link, unlike a rename, never replaces. */
enum mst_err mst_file_create(const char *path, unsigned mode, struct mst_span bytes)
{
    bool is_able;
    enum mst_err err = create_unnamed(path, mode, bytes, &is_able);

    if (!is_able)
        err = create_named(path, mode, bytes);
    if (err != MST_OK)
        return err;
    err = fsync_parent(path);
    if (err != MST_OK)
        (void)unlink(path);
    return err;
}

enum mst_err mst_path_sync(const char *path)
{
    int fd = open_retried(path, O_RDONLY, 0);
    enum mst_err err;

    if (fd < 0)
        return err_of_errno();
    err = fsync(fd) == 0 ? MST_OK : MST_EFSYNC;
    (void)close(fd);
    return err;
}

/* Whether a piece arrived is not asked: the flush at the end tells. */
static void write_back(int fd, off_t bytes)
{
    const unsigned all =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;

    for (off_t at = 0; at < bytes; at += PIECE_BYTES)
        (void)sync_file_range(fd, at, PIECE_BYTES, all);
}

enum mst_err mst_path_sync_piecewise(const char *path)
{
    int fd = open_retried(path, O_RDONLY, 0);
    struct stat st;
    enum mst_err err;

    if (fd < 0)
        return err_of_errno();
    if (fstat(fd, &st) == 0)
        write_back(fd, st.st_size);
    err = fsync(fd) == 0 ? MST_OK : MST_EFSYNC;
    (void)close(fd);
    return err;
}

enum mst_err mst_dir_ensure(const char *path)
{
    struct stat st;

    if (mkdir(path, 0700) == 0) {
        enum mst_err err = fsync_parent(path);
        if (err != MST_OK)
            (void)rmdir(path);
        return err;
    }
    if (errno != EEXIST)
        return err_of_errno();
    if (stat(path, &st) != 0)
        return err_of_errno();
    return S_ISDIR(st.st_mode) ? MST_OK : MST_EEXIST;
}

enum mst_err mst_file_lock(const char *path, int *ret_fd)
{
    int fd = open_retried(path, O_RDWR | O_CREAT, 0600);
    int rc;

    if (fd < 0)
        return err_of_errno();
    do
        rc = flock(fd, LOCK_EX | LOCK_NB);
    while (rc != 0 && errno == EINTR);
    if (rc != 0) {
        enum mst_err err = errno == EWOULDBLOCK ? MST_EBUSY : err_of_errno();
        (void)close(fd);
        return err;
    }
    *ret_fd = fd;
    return MST_OK;
}

/* FUSE has one magic number for everything; the mount table says what stands behind it. */
static bool is_fuse_mount_remote(const char *path)
{
    static const char *const types[] = {
        "fuse.sshfs",  "fuse.glusterfs", "fuse.ceph-fuse", "fuse.ceph",    "fuse.s3fs",
        "fuse.rclone", "fuse.gcsfuse",   "fuse.davfs2",    "fuse.juicefs", "fuse.curlftpfs",
    };
    struct stat st;
    bool is_remote = false;
    char *line = NULL;
    size_t size = 0;
    FILE *mounts;

    if (stat(path, &st) != 0)
        return false;
    mounts = fopen("/proc/self/mountinfo", "re");
    if (!mounts)
        return true;
    while (!is_remote && getline(&line, &size, mounts) > 0) {
        unsigned dev_major, dev_minor;
        const char *dash = strstr(line, " - ");
        if (!dash || sscanf(line, "%*u %*u %u:%u", &dev_major, &dev_minor) != 2 ||
            makedev(dev_major, dev_minor) != st.st_dev)
            continue;
        struct mst_span type = mst_span_str(dash);
        type = mst_span_cut(type, 3, mst_span_find(type, ' ', 3));
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
            is_remote = is_remote || mst_span_eq(type, mst_span_str(types[i]));
    }
    free(line);
    (void)fclose(mounts);
    return is_remote;
}

bool mst_dir_is_remote(const char *path)
{
    static const uint32_t remote_magics[] = {
        0x6969,     /* NFS */
        0x517b,     /* SMB */
        0xff534d42, /* CIFS */
        0xfe534d42, /* SMB2 */
        0x01021997, /* 9p */
        0x00c36400, /* Ceph */
        0x5346414f, /* AFS */
        0x73757245, /* Coda */
        0x564c,     /* NCP */
        0x0bd00bd0, /* Lustre */
        0x47504653, /* GPFS */
        0x19830326, /* BeeGFS */
    };
    const uint32_t fuse_magic = 0x65735546;
    struct statfs fs;

    if (statfs(path, &fs) != 0)
        return false;
    for (size_t i = 0; i < sizeof remote_magics / sizeof remote_magics[0]; i++)
        if ((uint32_t)fs.f_type == remote_magics[i])
            return true;
    return (uint32_t)fs.f_type == fuse_magic && is_fuse_mount_remote(path);
}

enum mst_err mst_file_mode(const char *path, unsigned *ret_mode)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return err_of_errno();
    *ret_mode = (unsigned)st.st_mode & 07777u;
    return MST_OK;
}

uint64_t mst_path_room(const char *path)
{
    struct statfs fs;

    return statfs(path, &fs) == 0 ? (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize : UINT64_MAX;
}
