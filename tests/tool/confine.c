/*
 * Runs a program under the system-call filter of a systemd unit:
 *
 *     tests/lib/unit-filter etc/musterd.service >filter
 *     confine filter build/release/bin/musterd ...
 *
 * Stricter than systemd: what the unit refuses with an error number ends the program here (SIGSYS),
 * so that nothing in it can lean on a refusal. Two calls are refused with the error that they get
 * there, since programs are right to go on: clone3, which RestrictNamespaces= hides, and fchown,
 * which SQLite tries as root only.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { INSNS_MAX = 2048, FAMILIES_MAX = 16, ARG_BYTES = 8 };

#if defined(__x86_64__)
enum { ARCH = (int)AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { ARCH = (int)AUDIT_ARCH_AARCH64 };
#endif

static struct sock_filter insns[INSNS_MAX];
static size_t n_insns;

static void add(unsigned code, unsigned k, unsigned jt, unsigned jf)
{
    if (n_insns == INSNS_MAX)
        exit(2);
    insns[n_insns++] = (struct sock_filter){
        .code = (unsigned short)code, .jt = (unsigned char)jt, .jf = (unsigned char)jf, .k = k};
}

static void load(size_t offset)
{
    add(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

/* The low half of an argument; all that is looked at here is smaller. */
static void load_arg(size_t number)
{
    load(offsetof(struct seccomp_data, args) + number * ARG_BYTES);
}

static void give(unsigned verdict)
{
    add(BPF_RET | BPF_K, verdict, 0, 0);
}

static void give_if(unsigned value, unsigned verdict)
{
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    give(verdict);
}

/* Ends the program if the call's argument has all of these bits. */
static void kill_if_bits(unsigned call, size_t arg, unsigned bits)
{
    add(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 5);
    load_arg(arg);
    add(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
    give_if(bits, SECCOMP_RET_KILL_PROCESS);
    load(offsetof(struct seccomp_data, nr)); /* jumped over: it is still there */
}

static void kill_other_families(const unsigned *families, unsigned n_families)
{
    if (n_families == 0)
        return;
    add(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 2 + 2 * n_families);
    load_arg(0);
    for (unsigned i = 0; i < n_families; i++)
        give_if(families[i], SECCOMP_RET_ALLOW);
    give(SECCOMP_RET_KILL_PROCESS);
}

static void forbid_code(void)
{
    kill_if_bits(SYS_mmap, 2, PROT_WRITE | PROT_EXEC);
    kill_if_bits(SYS_mprotect, 2, PROT_EXEC);
    kill_if_bits(SYS_pkey_mprotect, 2, PROT_EXEC);
}

static bool read_filter(const char *path)
{
    unsigned calls[1024], families[FAMILIES_MAX], n_calls = 0, n_families = 0;
    bool is_no_exec = false;
    FILE *in = fopen(path, "r");
    char line[64];

    if (!in)
        return false;
    while (fgets(line, sizeof line, in)) {
        if (n_calls < 1024 && sscanf(line, "allow %u", &calls[n_calls]) == 1)
            n_calls++;
        else if (n_families < FAMILIES_MAX && sscanf(line, "family %u", &families[n_families]) == 1)
            n_families++;
        else
            is_no_exec = true;
    }
    (void)fclose(in);
    load(offsetof(struct seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)ARCH, 1, 0);
    give(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(struct seccomp_data, nr));
    give_if(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
    give_if(SYS_fchown, SECCOMP_RET_ERRNO | EPERM);
    if (is_no_exec)
        forbid_code();
    kill_other_families(families, n_families);
    for (unsigned i = 0; i < n_calls; i++)
        give_if(calls[i], SECCOMP_RET_ALLOW);
    give_if(~0u, SECCOMP_RET_ALLOW); /* no call: a tracer that makes one fail puts it there */
    give(SECCOMP_RET_KILL_PROCESS);
    return n_calls > 0;
}

int main(int argc, char **argv)
{
    struct sock_fprog program = {.filter = insns};

    if (argc < 3 || !read_filter(argv[1])) {
        (void)fprintf(stderr, "usage: confine FILTER PROGRAM [ARGUMENT]...\n");
        return 2;
    }
    program.len = (unsigned short)n_insns;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) {
        perror("confine");
        return 2;
    }
    (void)execv(argv[2], &argv[2]);
    perror(argv[2]);
    return 127;
}
