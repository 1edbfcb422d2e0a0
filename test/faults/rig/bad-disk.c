/* Preloaded into the server: makes its disk fail as the file named by FAULT_DISK says, at the moment it says so.
 * "sync-error": fsync and fdatasync fail with EIO; "write-error": pwrite fails with EIO; "short-write": pwrite takes half;
 * "slow N": every sync takes N ms. Only positional writes are touched, which is how the log writes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static void mode(char *text, size_t size) {
  const char *path = getenv("FAULT_DISK");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  ssize_t length = file < 0 ? 0 : read(file, text, size - 1);
  if (file >= 0) close(file);
  text[length > 0 ? length : 0] = 0;
}

static int sync_like(const char *name, int fd) {
  char text[32];
  mode(text, sizeof text);
  if (!strncmp(text, "sync-error", 10)) {
    errno = EIO;
    return -1;
  }
  if (!strncmp(text, "slow ", 5)) usleep((useconds_t)atoi(text + 5) * 1000);
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  return real(fd);
}

int fdatasync(int fd) { return sync_like("fdatasync", fd); }
int fsync(int fd) { return sync_like("fsync", fd); }

static ssize_t write_like(const char *name, int fd, const void *bytes, size_t count, off_t offset) {
  char text[32];
  mode(text, sizeof text);
  if (!strncmp(text, "write-error", 11)) {
    errno = EIO;
    return -1;
  }
  if (!strncmp(text, "short-write", 11) && count > 1) count /= 2;
  ssize_t (*real)(int, const void *, size_t, off_t) = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, name);
  return real(fd, bytes, count, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  return write_like("pwrite", fd, bytes, count, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  return write_like("pwrite64", fd, bytes, count, offset);
}
