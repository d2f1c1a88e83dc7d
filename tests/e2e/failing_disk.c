/* A disk that fails: loaded before the program (LD_PRELOAD), it counts what is done to the files under FAILING_FOLDER and
 * lets the Nth of it fail: opens, writes, syncs, cuts, unlinks, renames. FAILING_NTH is N, FAILING_ERRNO the error,
 * FAILING_ONLY=write counts writes alone. When it has struck it makes the empty file FAILING_NOTE and fails no more. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long count;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int ours(const char* path) {
    const char* folder = getenv("FAILING_FOLDER");
    return folder != NULL && path != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static int ours_file(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = '\0';
    return ours(path);
}

/* 1: this one fails, errno is set. */
static int strikes(const char* kind) {
    const char* only = getenv("FAILING_ONLY");
    const char* nth = getenv("FAILING_NTH");
    if (nth == NULL || (only != NULL && strcmp(only, kind) != 0)) return 0;
    pthread_mutex_lock(&mutex);
    const int now = ++count == atol(nth);
    pthread_mutex_unlock(&mutex);
    if (!now) return 0;
    const char* note = getenv("FAILING_NOTE");
    if (note != NULL) {
        const int file = REAL(open)(note, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        if (file >= 0) {
            dprintf(file, "%s\n", kind);
            close(file);
        }
    }
    errno = atoi(getenv("FAILING_ERRNO"));
    return 1;
}

static mode_t mode_of(int flags, va_list arguments) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(name)                                                \
    int name(const char* path, int flags, ...) {                  \
        va_list arguments;                                        \
        va_start(arguments, flags);                               \
        const mode_t mode = mode_of(flags, arguments);            \
        va_end(arguments);                                        \
        if (ours(path) && strikes("open")) return -1;             \
        return REAL(name)(path, flags, mode);                     \
    }
OPEN(open)
OPEN(open64)

ssize_t write(int file, const void* bytes, size_t size) {
    if (ours_file(file) && strikes("write")) return -1;
    return REAL(write)(file, bytes, size);
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
    if (ours_file(file) && strikes("write")) return -1;
    return REAL(pwrite)(file, bytes, size, at);
}
ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
    if (ours_file(file) && strikes("write")) return -1;
    return REAL(pwrite64)(file, bytes, size, at);
}
int fsync(int file) {
    if (ours_file(file) && strikes("sync")) return -1;
    return REAL(fsync)(file);
}
int fdatasync(int file) {
    if (ours_file(file) && strikes("sync")) return -1;
    return REAL(fdatasync)(file);
}
int ftruncate(int file, off_t size) {
    if (ours_file(file) && strikes("cut")) return -1;
    return REAL(ftruncate)(file, size);
}
int ftruncate64(int file, off64_t size) {
    if (ours_file(file) && strikes("cut")) return -1;
    return REAL(ftruncate64)(file, size);
}
int unlink(const char* path) {
    if (ours(path) && strikes("unlink")) return -1;
    return REAL(unlink)(path);
}
int rename(const char* from, const char* to) {
    if (ours(to) && strikes("rename")) return -1;
    return REAL(rename)(from, to);
}
