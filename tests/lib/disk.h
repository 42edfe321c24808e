/*
 * disk.h - a disk in memory, under SQLite, whose power can be cut and whose calls
 * can be made to fail.
 *
 * It is a SQLite VFS. Each file has what the program sees and what is on the
 * platter; writes move from one to the other when the file is synced. At a cut, each
 * write since then is kept, lost or torn at 512-byte sectors, by chance; new names
 * and unsynced deletions are kept or lost too. From then on every call fails, until
 * mst_disk_reboot, which makes what is on the platter what the program sees.
 *
 * A sync that fails leaves each of the writes it was for on the platter or lost for
 * good, as Linux does: a second sync does not repair it.
 *
 * Several threads and connections may use it; WAL works, shared memory is the heap.
 *
 * It also watches over checkpoints, by the locks that SQLite takes in shared memory (design.md
 * 5.5): no two at once; none that waits for commits while others have the file open; one that
 * began when nothing was committed since the previous ended must not meet a transaction.
 */
#ifndef MST_TESTS_LIB_DISK_H
#define MST_TESTS_LIB_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mst_disk;

/* Registers a VFS of that name; seed drives all chance. Ends the test if that cannot be done. */
struct mst_disk *mst_disk_new(const char *vfs_name, uint64_t seed);
void mst_disk_free(struct mst_disk *disk); /* no file may be open */

/* Cuts the power at the n-th write, truncation, sync or deletion from now; 0 = never. */
void mst_disk_cut_after(struct mst_disk *disk, uint64_t n_events);
void mst_disk_cut_now(struct mst_disk *disk);
bool mst_disk_is_cut(struct mst_disk *disk);
/* No file may be open. Faults and limits are gone too. */
void mst_disk_reboot(struct mst_disk *disk);
/* The program ended, the machine did not: what was seen stays. Faults and limits are gone. */
void mst_disk_restart(struct mst_disk *disk);
/* A new, empty disk. No file may be open. */
void mst_disk_wipe(struct mst_disk *disk);

enum mst_disk_op {
    MST_DISK_OPEN,
    MST_DISK_READ,
    MST_DISK_WRITE,
    MST_DISK_TRUNCATE,
    MST_DISK_SYNC,
    MST_DISK_SYNC_DATABASE, /* of those, what a checkpoint ends with */
    MST_DISK_DELETE,
    MST_DISK_SHM,
    MST_DISK_OP_COUNT
};

/* The n-th call of that kind from now fails (1 = the next), and with is_lasting all after it.
   n = 0: no more failures. */
void mst_disk_fail(struct mst_disk *disk, enum mst_disk_op op, uint64_t n, bool is_lasting);
/* Has the planned failure happened? */
bool mst_disk_has_failed(struct mst_disk *disk);
/* How many calls of that kind there were since the last mst_disk_fail. */
uint64_t mst_disk_calls(struct mst_disk *disk, enum mst_disk_op op);
struct mst_disk_checkpoints {
    uint64_t n_all;
    uint64_t n_beside;       /* met a transaction */
    uint64_t n_against_rule; /* of attempts too */
    const char *last_break;  /* what the last of those did; NULL */
};
/* Since the disk was made. */
struct mst_disk_checkpoints mst_disk_checkpoints(struct mst_disk *disk);
/* All files together; writes beyond it fail as on a full disk. */
void mst_disk_set_capacity(struct mst_disk *disk, uint64_t max_bytes);
uint64_t mst_disk_used(struct mst_disk *disk);
/* Of one file, by the end of its name; 0 if there is none. */
uint64_t mst_disk_file_bytes(struct mst_disk *disk, const char *name_end);

#endif
