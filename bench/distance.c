/* A relay's distance, on the loopback address, for benchmarks only.
 *
 *   distance --to PORT --one-way-us N
 *
 * Listens on a port of its own, which it prints, and carries each connection to PORT. Every
 * octet arrives N microseconds after it came, in order, either way; how many may be under way
 * is not limited. An end of one side is carried likewise. Connecting itself takes no time.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, STACK = 256 * 1024 };

typedef struct Piece {
    struct Piece *next;
    struct timespec due;
    size_t length; /* 0: the side that sent has ended */
    char octets[];
} Piece;

/* One way of one connection: a thread takes, another hands on. */
typedef struct {
    int from, to;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    Piece *first, **last;
} Way;

static int to_port;
static long one_way_us;
static pthread_attr_t small;

static void fail(const char *what) {
    fprintf(stderr, "distance: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct timespec due(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += one_way_us % 1000000 * 1000;
    at.tv_sec += one_way_us / 1000000 + at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

static void append(Way *way, const char *octets, size_t length) {
    Piece *piece = malloc(sizeof *piece + length);
    if (!piece) fail("no memory");
    piece->next = NULL;
    piece->due = due();
    piece->length = length;
    memcpy(piece->octets, octets, length);
    pthread_mutex_lock(&way->lock);
    *way->last = piece;
    way->last = &piece->next;
    pthread_cond_signal(&way->filled);
    pthread_mutex_unlock(&way->lock);
}

static Piece *await(Way *way) {
    pthread_mutex_lock(&way->lock);
    while (!way->first) pthread_cond_wait(&way->filled, &way->lock);
    Piece *piece = way->first;
    way->first = piece->next;
    if (!way->first) way->last = &way->first;
    pthread_mutex_unlock(&way->lock);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &piece->due, NULL) == EINTR) {
    }
    return piece;
}

static void *take(void *argument) {
    Way *way = argument;
    char octets[PIECE];
    ssize_t got;
    do {
        got = recv(way->from, octets, sizeof octets, 0);
        append(way, octets, got > 0 ? (size_t)got : 0);
    } while (got > 0);
    return NULL;
}

static void *hand_on(void *argument) {
    Way *way = argument;
    size_t length;
    do {
        Piece *piece = await(way);
        length = piece->length;
        for (size_t sent = 0; sent < length;) {
            ssize_t now = send(way->to, piece->octets + sent, length - sent, MSG_NOSIGNAL);
            if (now <= 0) break; /* the other side is gone; it is told so by its own end */
            sent += (size_t)now;
        }
        free(piece);
    } while (length);
    shutdown(way->to, SHUT_WR);
    return NULL;
}

/* Sockets and ways live as long as the process: a benchmark has few connections. */
static void begin(int from, int to) {
    Way *way = calloc(1, sizeof *way);
    pthread_t thread;
    if (!way) fail("no memory");
    way->from = from;
    way->to = to;
    way->last = &way->first;
    pthread_mutex_init(&way->lock, NULL);
    pthread_cond_init(&way->filled, NULL);
    if (pthread_create(&thread, &small, take, way) ||
        pthread_create(&thread, &small, hand_on, way))
        fail("no thread");
}

static int open_socket(void) {
    int one = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (one < 0) fail("no socket");
    return one;
}

static void hurry(int one) {
    int on = 1;
    setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int main(int count, char **words) {
    static const struct option known[] = {{"to", required_argument, 0, 't'},
                                          {"one-way-us", required_argument, 0, 'o'},
                                          {0, 0, 0, 0}};
    int letter;
    while ((letter = getopt_long(count, words, "", known, NULL)) != -1) {
        if (letter == 't') to_port = atoi(optarg);
        else if (letter == 'o') one_way_us = atol(optarg);
        else return 2;
    }
    if (to_port < 1 || one_way_us < 0) return 2;
    signal(SIGPIPE, SIG_IGN);
    pthread_attr_init(&small);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&small, STACK);
    struct sockaddr_in here = {.sin_family = AF_INET}, there = {.sin_family = AF_INET};
    here.sin_addr.s_addr = there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    there.sin_port = htons((uint16_t)to_port);
    socklen_t size = sizeof here;
    int listener = open_socket();
    if (bind(listener, (struct sockaddr *)&here, size) || listen(listener, 1024) ||
        getsockname(listener, (struct sockaddr *)&here, &size))
        fail("cannot listen");
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    for (;;) {
        int near = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (near < 0) continue;
        int far = open_socket();
        if (connect(far, (struct sockaddr *)&there, sizeof there)) fail("cannot connect");
        hurry(near);
        hurry(far);
        begin(near, far);
        begin(far, near);
    }
}
