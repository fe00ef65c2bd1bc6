/* Calls that change files below one folder are counted; the n-th fails, or ends the process.
 *
 * Loaded with LD_PRELOAD and set by fault_arm(). Counted are calls as a program makes them of the C
 * library: also those of SQLite, FAISS, Arrow and Tantivy, of all threads together. Each is written
 * to a log with a path, so that whoever reads it can work out what a disk may hold after the power
 * failed: whatever was written or renamed and not synced may be lost.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE = 2, SYNC = 4, LINK = 8, ALLOCATE = 16 };
#define CUT_OFF 75 /* exit code of a process that is ended at a call */

static struct {
    int kinds;          /* of calls that are counted; 0: none */
    long at;            /* the call that fails; 0: none */
    int error;          /* the error it fails with; 0: the process ends before the call */
    int lasting;        /* all later calls fail too */
    size_t allocation;  /* bytes from which an allocation counts */
    long count;
    int log;
    char below[PATH_MAX];
    char replaced[PATH_MAX]; /* folder for hard links to files that a rename replaces */
} faults = {.log = -1};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread int inside;

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

void fault_arm(int kinds, long at, int error, int lasting, size_t allocation, const char *below,
               const char *replaced, int log) {
    strncpy(faults.below, below, PATH_MAX - 1);
    strncpy(faults.replaced, replaced, PATH_MAX - 1);
    faults.at = at;
    faults.error = error;
    faults.lasting = lasting;
    faults.allocation = allocation;
    faults.count = 0;
    faults.log = log;
    faults.kinds = kinds;
}

long fault_count(void) { return faults.count; }

static int is_below(const char *path) {
    size_t length = strlen(faults.below);
    return !strncmp(path, faults.below, length) && (!path[length] || path[length] == '/');
}

static int absolute(int folder, const char *path, char *full) {
    if (path[0] == '/') {
        snprintf(full, PATH_MAX, "%s", path);
        return 1;
    }
    char link[64];
    snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, full, PATH_MAX - 1);
    if (length < 0) return 0;
    snprintf(full + length, PATH_MAX - length, "/%s", path);
    return 1;
}

static int path_of(int descriptor, char *full) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, full, PATH_MAX - 1);
    if (length < 0) return 0;
    full[length] = 0;
    return full[0] == '/';
}

/* Count a call; return 1 if it fails, with errno set. */
static int fails(int kind, const char *path) {
    if (!(faults.kinds & kind) || inside) return 0;
    inside = 1;
    pthread_mutex_lock(&lock);
    long number = ++faults.count;
    int hit = faults.at && (number == faults.at || (faults.lasting && number > faults.at));
    if (hit && faults.log >= 0) dprintf(faults.log, "!\t%d\t%s\n", kind, path);
    pthread_mutex_unlock(&lock);
    inside = 0;
    if (!hit) return 0;
    if (!faults.error) _exit(CUT_OFF);
    errno = faults.error;
    return 1;
}

static void note(char what, const char *path, const char *other) {
    if (faults.log < 0 || !faults.kinds || inside) return;
    struct stat state = {0};
    inside = 1;
    if (what == 'S') stat(path, &state);
    dprintf(faults.log, "%c\t%s\t%s\t%lld\n", what, path, other, (long long)state.st_size);
    inside = 0;
}

static int changes(int flags) { return flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC); }

static int opening(int folder, const char *path, int flags) {
    char full[PATH_MAX];
    if (!faults.kinds || inside || !changes(flags) || !absolute(folder, path, full)) return 0;
    if (!is_below(full)) return 0;
    if (fails(OPEN, full)) return 1;
    if (flags & O_TRUNC) note('T', full, "");
    return 0;
}

#define OPENER(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        return opening(AT_FDCWD, path, flags) ? -1 : real(path, flags, mode); \
    }
OPENER(open)
OPENER(open64)

#define OPENER_AT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        return opening(folder, path, flags) ? -1 : real(folder, path, flags, mode); \
    }
OPENER_AT(openat)
OPENER_AT(openat64)

#define STREAM(name) \
    FILE *name(const char *path, const char *mode) { \
        REAL(name); \
        int flags = mode[0] == 'r' ? (strchr(mode, '+') ? O_RDWR : O_RDONLY) : O_WRONLY; \
        if (mode[0] == 'w') flags |= O_TRUNC; \
        return opening(AT_FDCWD, path, flags) ? NULL : real(path, mode); \
    }
STREAM(fopen)
STREAM(fopen64)

static int writing(int descriptor) {
    char full[PATH_MAX];
    if (!faults.kinds || inside || !path_of(descriptor, full) || !is_below(full)) return 0;
    if (fails(WRITE, full)) return 1;
    note('W', full, "");
    return 0;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    REAL(write);
    return writing(descriptor) ? -1 : real(descriptor, bytes, count);
}
#define WRITER_AT(name) \
    ssize_t name(int descriptor, const void *bytes, size_t count, off_t offset) { \
        REAL(name); \
        return writing(descriptor) ? -1 : real(descriptor, bytes, count, offset); \
    }
WRITER_AT(pwrite)
WRITER_AT(pwrite64)
ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    REAL(writev);
    return writing(descriptor) ? -1 : real(descriptor, parts, count);
}
ssize_t sendfile(int to, int from, off_t *offset, size_t count);
ssize_t sendfile(int to, int from, off_t *offset, size_t count) {
    REAL(sendfile);
    return writing(to) ? -1 : real(to, from, offset, count);
}
ssize_t copy_file_range(int from, off_t *start, int to, off_t *end, size_t count, unsigned flags) {
    REAL(copy_file_range);
    return writing(to) ? -1 : real(from, start, to, end, count, flags);
}
size_t fwrite(const void *bytes, size_t size, size_t count, FILE *file) {
    REAL(fwrite);
    return writing(fileno(file)) ? 0 : real(bytes, size, count, file);
}
#define TRUNCATER(name) \
    int name(int descriptor, off_t size) { \
        REAL(name); \
        return writing(descriptor) ? -1 : real(descriptor, size); \
    }
TRUNCATER(ftruncate)
TRUNCATER(ftruncate64)

#define SYNCER(name) \
    int name(int descriptor) { \
        REAL(name); \
        char full[PATH_MAX]; \
        int counted = faults.kinds && !inside && path_of(descriptor, full) && is_below(full); \
        if (counted && fails(SYNC, full)) return -1; \
        int result = real(descriptor); \
        if (counted && !result) note('S', full, ""); \
        return result; \
    }
SYNCER(fsync)
SYNCER(fdatasync)

/* A file that a rename replaces is kept under a number, so that the rename can be undone. */
static void keep(const char *path, char *name) {
    static long number;
    name[0] = 0;
    if (faults.log < 0 || !faults.replaced[0] || access(path, F_OK)) return;
    char target[PATH_MAX + 32];
    snprintf(target, sizeof target, "%s/%ld", faults.replaced, ++number);
    if (!linkat(AT_FDCWD, path, AT_FDCWD, target, 0)) snprintf(name, 32, "%ld", number);
}

static int moving(int from_folder, const char *from, int to_folder, const char *to, char *a,
                  char *b) {
    if (!faults.kinds || inside) return 0;
    if (!absolute(from_folder, from, a) || !absolute(to_folder, to, b)) return 0;
    return is_below(a) || is_below(b);
}

static int rename_between(int from_folder, const char *from, int to_folder, const char *to,
                          unsigned flags) {
    char a[PATH_MAX], b[PATH_MAX], kept[32] = "", both[PATH_MAX + 64];
    int counted = moving(from_folder, from, to_folder, to, a, b);
    if (counted && fails(LINK, b)) return -1;
    if (counted) {
        inside = 1;
        keep(b, kept);
        inside = 0;
    }
    int result = renameat2(from_folder, from, to_folder, to, flags);
    if (counted && !result) {
        snprintf(both, sizeof both, "%s\t%s", b, kept);
        note('R', a, both);
    }
    return result;
}
int rename(const char *from, const char *to) {
    return rename_between(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return rename_between(from_folder, from, to_folder, to, 0);
}

#define LINKER(name, parameters, folder, path, arguments) \
    int name parameters { \
        REAL(name); \
        char full[PATH_MAX]; \
        if (faults.kinds && !inside && absolute(folder, path, full) && is_below(full) && \
            fails(LINK, full)) \
            return -1; \
        return real arguments; \
    }
LINKER(link, (const char *from, const char *to), AT_FDCWD, to, (from, to))
LINKER(linkat, (int a, const char *from, int b, const char *to, int flags), b, to,
       (a, from, b, to, flags))
LINKER(unlink, (const char *path), AT_FDCWD, path, (path))
LINKER(unlinkat, (int folder, const char *path, int flags), folder, path, (folder, path, flags))
LINKER(rmdir, (const char *path), AT_FDCWD, path, (path))
LINKER(mkdir, (const char *path, mode_t mode), AT_FDCWD, path, (path, mode))

/* Large allocations; the allocator itself makes the small ones out of them. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
static int starved(size_t size) {
    return faults.allocation && size >= faults.allocation && fails(ALLOCATE, "memory");
}
void *malloc(size_t size) { return starved(size) ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) {
    return starved(count * size) ? NULL : __libc_calloc(count, size);
}
void *realloc(void *old, size_t size) {
    return starved(size) ? NULL : __libc_realloc(old, size);
}
int posix_memalign(void **target, size_t alignment, size_t size) {
    if (starved(size)) return ENOMEM;
    *target = __libc_memalign(alignment, size);
    return *target ? 0 : ENOMEM;
}
