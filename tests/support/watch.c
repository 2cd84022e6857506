/*
 * A watch over the calls of a process that change what lies in and below a folder: it notes each of
 * them, and lets those fail that it is told to. The tests load it into the command under test.
 *
 *   WATCH_FOLDER   the folder, absolute and without links
 *   WATCH_LOG      the file of the notes
 *   WATCH_FAIL     "CLASS NUMBER ERRNO HOW", which call fails, counted from 1 within its class:
 *                    once    this one does
 *                    short   this one, a write, writes half of its bytes
 *                    full    as on a disk that fills up: this one, of a write after half of its
 *                            bytes, and all later ones that take space
 *                    dead    this one and all later ones, of every class
 *   WATCH_NO_SYNC  set where flushing to disk is to be noted only, which saves most of the time
 *
 * The kernel hands the calls to a handler in this process (seccomp, SECCOMP_RET_TRAP), so that none
 * passes by, whoever makes it and however. A note is a line of fields between tabs: class, whether
 * and what the call changed, path, second path, offset, bytes; behind that of a write its bytes and the
 * end of a line. The process must not become another one: two watches would see each other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

/* A call that the filter lets through, as it comes from this one instruction. */
long watch_raw(long number, long a, long b, long c, long d, long e, long f);
extern const char watch_raw_end[] __attribute__((visibility("hidden")));

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define REGISTERS(u) ((u)->uc_mcontext.gregs)
#define NUMBER(u) REGISTERS(u)[REG_RAX]
#define RESULT(u) REGISTERS(u)[REG_RAX]
#define ARGUMENTS(u)                                                                       \
    {                                                                                      \
        REGISTERS(u)[REG_RDI], REGISTERS(u)[REG_RSI], REGISTERS(u)[REG_RDX],               \
            REGISTERS(u)[REG_R10], REGISTERS(u)[REG_R8], REGISTERS(u)[REG_R9]              \
    }
__asm__(".text\n.globl watch_raw\n.hidden watch_raw\n.type watch_raw, @function\nwatch_raw:\n"
        "mov %rdi, %rax\nmov %rsi, %rdi\nmov %rdx, %rsi\nmov %rcx, %rdx\nmov %r8, %r10\n"
        "mov %r9, %r8\nmov 8(%rsp), %r9\nsyscall\n"
        ".globl watch_raw_end\n.hidden watch_raw_end\nwatch_raw_end:\nret\n");
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#define REGISTERS(u) ((u)->uc_mcontext.regs)
#define NUMBER(u) REGISTERS(u)[8]
#define RESULT(u) REGISTERS(u)[0]
#define ARGUMENTS(u)                                                                       \
    {                                                                                      \
        REGISTERS(u)[0], REGISTERS(u)[1], REGISTERS(u)[2], REGISTERS(u)[3],                \
            REGISTERS(u)[4], REGISTERS(u)[5]                                               \
    }
__asm__(".text\n.globl watch_raw\n.hidden watch_raw\n.type watch_raw, %function\nwatch_raw:\n"
        "mov x8, x0\nmov x0, x1\nmov x1, x2\nmov x2, x3\nmov x3, x4\nmov x4, x5\nmov x5, x6\n"
        "svc #0\n.globl watch_raw_end\n.hidden watch_raw_end\nwatch_raw_end:\nret\n");
#else
#error "the registers of this machine are not known here"
#endif

#define RAW(number, ...) RAW_(number, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define RAW_(number, a, b, c, d, e, f, ...)                                                \
    watch_raw(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

enum class { WRITE, SYNC, RENAME, LINK, REMOVE, OPEN, MKDIR, TRUNCATE, CLASSES };
static const char *const NAMES[CLASSES] = {"write", "sync",   "rename", "link",
                                           "remove", "open", "mkdir",  "truncate"};
enum how { NEVER, ONCE, SHORT, FULL, DEAD };

#define PATH 4096
struct call {
    enum class class;
    const char *change;
    char path[PATH], second[PATH];
    long offset, length;
};

static char folder[PATH];
static int log_fd = -1;
static int never_syncs;
static enum class fails_class;
static long fails_number, fails_errno;
static enum how fails_how;
static long counts[CLASSES];
static int has_failed;
static volatile char busy;

/* --- paths --- */

static void path_of_fd(long fd, char *into) {
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%ld", fd);
    long length = RAW(SYS_readlinkat, AT_FDCWD, name, into, PATH - 1);
    into[length < 0 ? 0 : length] = 0;
}

static void path_at(long fd, const char *path, char *into) {
    if (path[0] == '/') {
        snprintf(into, PATH, "%s", path);
        return;
    }
    if ((int)fd == AT_FDCWD) {
        long length = RAW(SYS_readlinkat, AT_FDCWD, "/proc/self/cwd", into, PATH - 1);
        into[length < 0 ? 0 : length] = 0;
    } else {
        path_of_fd(fd, into);
    }
    size_t length = strlen(into);
    snprintf(into + length, PATH - length, "/%s", path);
}

static int is_below(const char *path) {
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int exists(const char *path) {
    return RAW(SYS_readlinkat, AT_FDCWD, path, (char[1]){0}, 1) >= 0 ||
           RAW(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
}

/* --- what a call is --- */

static void describe_open(struct call *call, long at, const char *path, long flags) {
    call->class = OPEN;
    path_at(at, path, call->path);
    int is_nameless = (flags & O_TMPFILE) == O_TMPFILE;
    if (!is_nameless && (flags & O_CREAT) && !exists(call->path)) {
        call->change = "create";
    } else if (!is_nameless && (flags & O_TRUNC)) {
        call->change = "truncate";
    }
}

static void describe_two(struct call *call, enum class class, const char *change, long from_at,
                         const char *from, long to_at, const char *to) {
    call->class = class;
    call->change = change;
    path_at(from_at, from, call->path);
    path_at(to_at, to, call->second);
}

static void describe_one(struct call *call, enum class class, const char *change, long at,
                         const char *path) {
    call->class = class;
    call->change = change;
    path_at(at, path, call->path);
}

static void describe_fd(struct call *call, enum class class, const char *change, long fd) {
    call->class = class;
    call->change = change;
    path_of_fd(fd, call->path);
}

#define TEXT(n) ((const char *)a[n])

/* Whether the call is one that is watched. */
static int describe(struct call *call, long number, const long *a) {
    call->change = "-";
    call->second[0] = 0;
    call->offset = call->length = 0;
    switch (number) {
    case SYS_write:
    case SYS_writev:
    case SYS_pwrite64:
    case SYS_pwritev:
    case SYS_pwritev2:
    case SYS_copy_file_range:
    case SYS_sendfile:
        describe_fd(call, WRITE, "write", number == SYS_copy_file_range ? a[2] : a[0]);
        break;
    case SYS_fsync:
    case SYS_fdatasync:
        describe_fd(call, SYNC, "sync", a[0]);
        break;
    case SYS_ftruncate:
        describe_fd(call, TRUNCATE, "truncate", a[0]);
        call->length = a[1];
        break;
    case SYS_openat:
        describe_open(call, a[0], TEXT(1), a[2]);
        break;
    case SYS_renameat2:
#ifdef SYS_renameat
    case SYS_renameat:
#endif
        describe_two(call, RENAME, "rename", a[0], TEXT(1), a[2], TEXT(3));
        break;
    case SYS_linkat:
        describe_two(call, LINK, "link", a[0], TEXT(1), a[2], TEXT(3));
        break;
    case SYS_symlinkat:
        describe_one(call, LINK, "symlink", a[1], TEXT(2));
        snprintf(call->second, PATH, "%s", TEXT(0));
        break;
    case SYS_unlinkat:
        describe_one(call, REMOVE, "remove", a[0], TEXT(1));
        break;
    case SYS_mkdirat:
        describe_one(call, MKDIR, "mkdir", a[0], TEXT(1));
        break;
#ifdef SYS_open
    case SYS_open:
        describe_open(call, AT_FDCWD, TEXT(0), a[1]);
        break;
    case SYS_creat:
        describe_open(call, AT_FDCWD, TEXT(0), O_CREAT | O_TRUNC);
        break;
    case SYS_rename:
        describe_two(call, RENAME, "rename", AT_FDCWD, TEXT(0), AT_FDCWD, TEXT(1));
        break;
    case SYS_link:
        describe_two(call, LINK, "link", AT_FDCWD, TEXT(0), AT_FDCWD, TEXT(1));
        break;
    case SYS_symlink:
        describe_one(call, LINK, "symlink", AT_FDCWD, TEXT(1));
        snprintf(call->second, PATH, "%s", TEXT(0));
        break;
    case SYS_unlink:
    case SYS_rmdir:
        describe_one(call, REMOVE, "remove", AT_FDCWD, TEXT(0));
        break;
    case SYS_mkdir:
        describe_one(call, MKDIR, "mkdir", AT_FDCWD, TEXT(0));
        break;
#endif
    default:
        return 0;
    }
    return is_below(call->path) || (call->class != LINK && is_below(call->second));
}

/* --- what becomes of it --- */

static int takes_space(enum class class) {
    return class == WRITE || class == SYNC || class == LINK || class == OPEN || class == MKDIR;
}

static int is_to_fail(enum class class) {
    if (fails_how == NEVER) return 0;
    if (has_failed) return fails_how == DEAD || (fails_how == FULL && takes_space(class));
    if (class != fails_class || counts[class] != fails_number) return 0;
    return has_failed = 1;
}

static void put(const void *bytes, long length) {
    const char *from = bytes;
    while (length > 0) {
        long put = RAW(SYS_write, log_fd, from, length);
        if (put <= 0) abort();
        from += put;
        length -= put;
    }
}

static void note(const struct call *call, const char *change) {
    static char line[3 * PATH];
    int length = snprintf(line, sizeof line, "%s\t%s\t%s\t%s\t%ld\t%ld\n", NAMES[call->class],
                          change, call->path, call->second, call->offset, call->length);
    put(line, length);
}

/* The first `limit` bytes of several buffers. */
static void put_all(const struct iovec *parts, long limit) {
    for (; limit > 0; parts++) {
        long length = (long)parts->iov_len < limit ? (long)parts->iov_len : limit;
        put(parts->iov_base, length);
        limit -= length;
    }
}

static long do_write(struct call *call, long number, const long *a, int half) {
    /* Copies between files are then made by reads and writes. */
    if (number == SYS_copy_file_range || number == SYS_sendfile) {
        note(call, "-");
        return number == SYS_sendfile ? -EINVAL : -ENOSYS;
    }
    struct iovec one = {(void *)a[1], (size_t)a[2]};
    const struct iovec *parts = &one;
    int is_vector = number != SYS_write && number != SYS_pwrite64;
    if (is_vector) {
        parts = (const struct iovec *)a[1];
        if (half) {
            one = parts[0];
            parts = &one;
            is_vector = 0;
        }
    }
    int has_place = number != SYS_write && number != SYS_writev;
    if (half && one.iov_len > 1) one.iov_len /= 2;
    long result;
    if (is_vector) {
        result = RAW(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    } else if (has_place) {
        result = RAW(SYS_pwrite64, a[0], one.iov_base, one.iov_len, a[3]);
    } else {
        result = RAW(SYS_write, a[0], one.iov_base, one.iov_len);
    }
    if (result < 0) {
        note(call, "-");
        return result;
    }
    call->length = result;
    call->offset = has_place ? a[3] : RAW(SYS_lseek, a[0], 0, SEEK_CUR) - result;
    note(call, "write");
    put_all(parts, result);
    put("\n", 1);
    return result;
}

static long watched(struct call *call, long number, const long *a) {
    counts[call->class]++;
    int was_failing = has_failed;
    if (is_to_fail(call->class)) {
        int half = call->class == WRITE && !was_failing &&
                   (fails_how == SHORT || fails_how == FULL);
        note(call, "failed");
        if (half) counts[WRITE]++;
        return half ? do_write(call, number, a, 1) : -fails_errno;
    }
    if (call->class == WRITE) return do_write(call, number, a, 0);
    long result = 0;
    if (call->class != SYNC || !never_syncs) {
        result = RAW(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
    note(call, result < 0 ? "-" : call->change);
    return result;
}

static void handle(int signal, siginfo_t *info, void *context) {
    (void)signal;
    (void)info;
    ucontext_t *registers = context;
    const long arguments[6] = ARGUMENTS(registers);
    long number = (long)NUMBER(registers);
    struct call call;
    if (!describe(&call, number, arguments)) {
        RESULT(registers) = RAW(number, arguments[0], arguments[1], arguments[2], arguments[3],
                                arguments[4], arguments[5]);
        return;
    }
    /* One at a time, so that the notes have the order of what happened. */
    while (__atomic_test_and_set(&busy, __ATOMIC_ACQUIRE)) RAW(SYS_sched_yield);
    RESULT(registers) = watched(&call, number, arguments);
    __atomic_clear(&busy, __ATOMIC_RELEASE);
}

/* --- how it begins --- */

static const int WATCHED[] = {
    SYS_write,     SYS_writev,    SYS_pwrite64,        SYS_pwritev,   SYS_pwritev2,
    SYS_fsync,     SYS_fdatasync, SYS_copy_file_range, SYS_sendfile,  SYS_ftruncate,
    SYS_renameat2, SYS_linkat,    SYS_symlinkat,       SYS_unlinkat,  SYS_mkdirat,
#ifdef SYS_renameat
    SYS_renameat,
#endif
#ifdef SYS_open
    SYS_creat,     SYS_rename,    SYS_link,            SYS_symlink,   SYS_unlink,
    SYS_rmdir,     SYS_mkdir,
#endif
};
#define COUNT (sizeof WATCHED / sizeof *WATCHED)

static int install(void) {
    struct sock_filter filter[COUNT * 2 + 32];
    unsigned short n = 0;
    unsigned long end = (unsigned long)watch_raw_end;
#define ADD(...) filter[n++] = (struct sock_filter)__VA_ARGS__
#define LOAD(field) ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, field))
#define ANSWER(what) ADD(BPF_STMT(BPF_RET | BPF_K, what))
    LOAD(offsetof(struct seccomp_data, arch));
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
    ANSWER(SECCOMP_RET_ALLOW);
    LOAD(offsetof(struct seccomp_data, instruction_pointer));
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)end, 0, 3));
    LOAD(offsetof(struct seccomp_data, instruction_pointer) + 4);
    ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(end >> 32), 0, 1));
    ANSWER(SECCOMP_RET_ALLOW);
    LOAD(offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < COUNT; i++) {
        ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)WATCHED[i], 0, 1));
        ANSWER(SECCOMP_RET_TRAP);
    }
    /* Files that are opened for writing. */
    const struct { int number, flags; } opens[] = {
        {SYS_openat, 2},
#ifdef SYS_open
        {SYS_open, 1},
#endif
    };
    for (size_t i = 0; i < sizeof opens / sizeof *opens; i++) {
        ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)opens[i].number, 0, 4));
        LOAD(offsetof(struct seccomp_data, args) + 8 * opens[i].flags);
        ADD(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_ACCMODE | O_CREAT | O_TRUNC, 0, 1));
        ANSWER(SECCOMP_RET_TRAP);
        ANSWER(SECCOMP_RET_ALLOW);
    }
    ANSWER(SECCOMP_RET_ALLOW);
    struct sock_fprog program = {n, filter};
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
    sigfillset(&action.sa_mask);
    return sigaction(SIGSYS, &action, NULL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void parse(const char *fail) {
    static const char *const HOW[] = {"never", "once", "short", "full", "dead"};
    char class[16], how[16];
    if (sscanf(fail, "%15s %ld %ld %15s", class, &fails_number, &fails_errno, how) != 4) abort();
    for (int i = 0; i < CLASSES; i++) {
        if (strcmp(class, NAMES[i]) == 0) fails_class = i;
    }
    for (int i = 0; i <= DEAD; i++) {
        if (strcmp(how, HOW[i]) == 0) fails_how = i;
    }
}

__attribute__((constructor)) static void begin(void) {
    const char *of = getenv("WATCH_FOLDER"), *log = getenv("WATCH_LOG"), *fail = getenv("WATCH_FAIL");
    if (!of || !log) return;
    snprintf(folder, sizeof folder, "%s", of);
    never_syncs = getenv("WATCH_NO_SYNC") != NULL;
    if (fail) parse(fail);
    log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0 || install()) {
        fprintf(stderr, "the calls cannot be watched: %s\n", strerror(errno));
        _exit(125);
    }
}
