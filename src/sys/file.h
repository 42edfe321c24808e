/* file.h - small files that must be whole and durable. */
#ifndef MST_SYS_FILE_H
#define MST_SYS_FILE_H

#include "base/buf.h"

/* Appends the file's bytes, at most max_bytes, to the initialised buffer; on failure the buffer
   is as before. MST_ENOENT, MST_EFULL (larger, or larger than the buffer may be), MST_EIO. */
MST_MUST_USE enum mst_err mst_file_read(const char *path, size_t max_bytes, struct mst_buf *ret);
/* Creates path with the mode, writes, fsyncs file and directory. MST_EEXIST if it is there
   already: exactly one of two racing callers wins. A failed attempt leaves no file: MST_ENOENT (no
   such directory), MST_EIO, MST_EFSYNC. Nobody ever sees a part of the bytes. */
MST_MUST_USE enum mst_err mst_file_create(const char *path, unsigned mode, struct mst_span bytes);
/* Makes a directory (mode 0700) unless it is there; fsyncs the parent. MST_EEXIST if path is
   something else, MST_ENOENT if the parent is missing. */
MST_MUST_USE enum mst_err mst_dir_ensure(const char *path);
/* Makes what was written to a file, or what was made, renamed or removed in a directory, durable.
   MST_ENOENT, MST_EFSYNC. */
MST_MUST_USE enum mst_err mst_path_sync(const char *path);
/* The same for a large file that nobody waits for: it goes to the disk piece by piece, so that the
   flushes of others in between do not have to wait for all of it. */
MST_MUST_USE enum mst_err mst_path_sync_piecewise(const char *path);
/* Takes an exclusive lock on path (made if missing), held until the process ends: MST_EBUSY if
   another process has it. *ret_fd is the descriptor that holds it. */
MST_MUST_USE enum mst_err mst_file_lock(const char *path, int *ret_fd);
/* Is the directory on a network file system (NFS, SMB, 9p, FUSE network mounts)? */
bool mst_dir_is_remote(const char *path);
/* Permission bits of path (07777 mask), or MST_ENOENT. */
MST_MUST_USE enum mst_err mst_file_mode(const char *path, unsigned *ret_mode);

/* Bytes that may still be written to the file system of path; UINT64_MAX if that cannot be told. */
uint64_t mst_path_room(const char *path);

#endif
