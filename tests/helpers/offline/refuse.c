/* Refuse whatever leaves this machine, and record it: preloaded into a program and its children.
   Every attempt is a line in the file $REFUSED. Loopback and Unix sockets work. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void record(const char *call, const char *target) {
  const char *path = getenv("REFUSED");
  if (!path) return;
  char line[512];
  int length = snprintf(line, sizeof line, "%s %s\n", call, target);
  int file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (file < 0) abort();
  if (write(file, line, length) != length) abort();
  close(file);
}

/* Whether an address leaves this machine. */
static int leaves(const char *call, const struct sockaddr *address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (!address) return 0;
  if (address->sa_family == AF_INET) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    if ((ntohl(v4->sin_addr.s_addr) >> 24) == 127 || !v4->sin_addr.s_addr) return 0;
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
  } else if (address->sa_family == AF_INET6) {
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    if (IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr)) return 0;
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) && v6->sin6_addr.s6_addr[12] == 127) return 0;
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
  } else {
    return 0;
  }
  record(call, text);
  errno = ENETUNREACH;
  return 1;
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
  static int (*real)(int, const struct sockaddr *, socklen_t);
  if (!real) real = dlsym(RTLD_NEXT, "connect");
  return leaves("connect", address) ? -1 : real(fd, address, length);
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *address,
               socklen_t length) {
  static ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
  if (!real) real = dlsym(RTLD_NEXT, "sendto");
  return leaves("sendto", address) ? -1 : real(fd, data, size, flags, address, length);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  static ssize_t (*real)(int, const struct msghdr *, int);
  if (!real) real = dlsym(RTLD_NEXT, "sendmsg");
  return leaves("sendmsg", message->msg_name) ? -1 : real(fd, message, flags);
}

/* Names are looked up by a server elsewhere, all but localhost and addresses in digits. */
static int is_looked_up(const char *name) {
  struct in6_addr digits;
  if (!name || !*name || !strcmp(name, "localhost")) return 0;
  return inet_pton(AF_INET, name, &digits) != 1 && inet_pton(AF_INET6, name, &digits) != 1;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
  static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  if (!real) real = dlsym(RTLD_NEXT, "getaddrinfo");
  if (!is_looked_up(name)) return real(name, service, hints, result);
  record("getaddrinfo", name);
  return EAI_FAIL;
}

struct hostent *gethostbyname(const char *name) {
  static struct hostent *(*real)(const char *);
  if (!real) real = dlsym(RTLD_NEXT, "gethostbyname");
  if (!is_looked_up(name)) return real(name);
  record("gethostbyname", name);
  h_errno = NO_RECOVERY;
  return NULL;
}

int gethostbyname_r(const char *name, struct hostent *host, char *buffer, size_t size,
                    struct hostent **result, int *problem) {
  static int (*real)(const char *, struct hostent *, char *, size_t, struct hostent **, int *);
  if (!real) real = dlsym(RTLD_NEXT, "gethostbyname_r");
  if (!is_looked_up(name)) return real(name, host, buffer, size, result, problem);
  record("gethostbyname_r", name);
  *result = NULL;
  *problem = NO_RECOVERY;
  return NO_RECOVERY;
}
