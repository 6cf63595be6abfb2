/* A relay that takes mail as fast as this machine can, for benchmarks only.
 *
 *   sink serve --port P --chain FILE --key FILE --user U --password-file F [--delay-ms N]
 *              [--without-pipelining]
 *   sink limit --port P --user U --password-file F [--connections N] [--messages N] [--size N]
 *
 * `serve` speaks ESMTP with PIPELINING, STARTTLS and AUTH (PLAIN, LOGIN) on the loopback
 * address, a thread for each connection, and takes no mail before both. All commands that one
 * read brought are answered with one write. Of each message it keeps the time of its 250 and
 * the last word of its Subject. Two commands of its own, allowed at any time, let a benchmark
 * watch it:
 *   XSTAT        -> 250 messages=N octets=N connections=N peak=N handshakes=N flights=N
 *                   peak: most encrypted connections at once; flights: how often, once signed
 *                   in, a client waited for an answer to anything but QUIT
 *   XDUMP FILE   -> writes "microseconds word\n" for each message to FILE
 * `limit` is the cheapest client that can be: it writes many whole transactions at once and
 * does not look at the replies beyond counting their lines. What it reaches is the sink's own
 * limit, which no honest client gets to.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    BUFFER = 256 * 1024,
    WORD = 24,
    RECORDS = 4 * 1024 * 1024,
    COMMAND = 4096, /* octets of a command line, RFC 5321 allows 512 and AUTH 12288 */
    STACK = 256 * 1024,
};

typedef struct {
    int64_t at;
    char word[WORD];
} Record;

static struct {
    int port, delay_ms, connections, size, without_pipelining;
    long messages;
    const char *chain, *key, *user, *password_file;
    char password[256];
} options = {.port = 2587, .connections = 4, .size = 2048, .messages = 200000};

static Record *records;
static atomic_long recorded, octets, connections, open_now, peak, handshakes, flights;
static SSL_CTX *context;

static void fail(const char *what) {
    fprintf(stderr, "sink: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- one connection, as the server sees it ---- */

typedef struct {
    int socket;
    SSL *tls;
    char *in;
    size_t held, looked; /* octets in `in`; how far the end of a message was looked for */
    char out[64 * 1024];
    size_t waiting;
    enum { COMMANDS, CONTENT, LOGIN_USER, LOGIN_PASSWORD, SECURING, CLOSING } state;
    int counted, signed_in, sender, recipients;
    char login[256];
    char word[WORD];
    int subject_found;
} Client;

static ssize_t take(Client *client, char *into, size_t room) {
    if (client->tls) return SSL_read(client->tls, into, (int)room);
    ssize_t got;
    do got = recv(client->socket, into, room, 0);
    while (got < 0 && errno == EINTR);
    return got;
}

static int put_out(Client *client) {
    const char *from = client->out;
    size_t left = client->waiting;
    client->waiting = 0;
    while (left) {
        ssize_t sent = client->tls ? SSL_write(client->tls, from, (int)left)
                                   : send(client->socket, from, left, MSG_NOSIGNAL);
        if (sent <= 0) return 0;
        from += sent;
        left -= (size_t)sent;
    }
    return 1;
}

static void answer(Client *client, const char *text) {
    size_t length = strlen(text);
    if (client->waiting + length > sizeof client->out && !put_out(client)) {
        client->state = CLOSING;
        return;
    }
    memcpy(client->out + client->waiting, text, length);
    client->waiting += length;
}

static int decode(const char *text, char *into, size_t room) {
    size_t length = strlen(text);
    if (length % 4 || length / 4 * 3 >= room) return -1;
    int got = EVP_DecodeBlock((unsigned char *)into, (const unsigned char *)text, (int)length);
    if (got < 0) return -1;
    while (length && text[length - 1] == '=') length--, got--;
    into[got] = 0;
    return got;
}

static void judge(Client *client, const char *user, const char *password) {
    client->signed_in = !strcmp(user, options.user) && !strcmp(password, options.password);
    answer(client, client->signed_in ? "235 2.7.0 Signed in\r\n" : "535 5.7.8 Wrong\r\n");
}

static void sign_in_plain(Client *client, const char *encoded) {
    char plain[512];
    int length = decode(encoded, plain, sizeof plain);
    char *user = length > 0 ? memchr(plain, 0, (size_t)length) : NULL;
    char *password = user ? memchr(user + 1, 0, (size_t)(plain + length - user - 1)) : NULL;
    if (!password) {
        answer(client, "501 5.5.2 Not understood\r\n");
        return;
    }
    judge(client, user + 1, password + 1);
}

static void count_message(Client *client) {
    long place = atomic_fetch_add(&recorded, 1);
    if (place < RECORDS) {
        memcpy(records[place].word, client->word, WORD);
        records[place].at = microseconds();
    }
}

static void tell(Client *client) {
    char line[256];
    snprintf(line, sizeof line,
             "250 messages=%ld octets=%ld connections=%ld peak=%ld handshakes=%ld flights=%ld\r\n",
             atomic_load(&recorded), atomic_load(&octets), atomic_load(&connections),
             atomic_load(&peak), atomic_load(&handshakes), atomic_load(&flights));
    answer(client, line);
}

static void dump(Client *client, const char *path) {
    FILE *file = fopen(path, "w");
    if (!file) {
        answer(client, "550 Cannot write there\r\n");
        return;
    }
    long count = atomic_load(&recorded);
    for (long place = 0; place < count && place < RECORDS; place++)
        fprintf(file, "%lld %s\n", (long long)records[place].at, records[place].word);
    fclose(file);
    answer(client, "250 Written\r\n");
}

static int is(const char *line, const char *verb) {
    return !strncasecmp(line, verb, strlen(verb));
}

static void obey(Client *client, char *line) {
    if (client->state == LOGIN_USER) {
        client->state = decode(line, client->login, sizeof client->login) < 0 ? COMMANDS
                                                                              : LOGIN_PASSWORD;
        answer(client, client->state == COMMANDS ? "501 5.5.2 Not understood\r\n"
                                                 : "334 UGFzc3dvcmQ6\r\n");
    } else if (client->state == LOGIN_PASSWORD) {
        char password[256] = "";
        client->state = COMMANDS;
        if (decode(line, password, sizeof password) < 0) password[0] = 0;
        judge(client, client->login, password);
    } else if (is(line, "EHLO")) {
        answer(client, "250-sink.example.com\r\n250-8BITMIME\r\n");
        if (!options.without_pipelining) answer(client, "250-PIPELINING\r\n");
        answer(client, client->tls ? "250-AUTH PLAIN LOGIN\r\n" : "250-STARTTLS\r\n");
        answer(client, "250 SIZE 41943040\r\n");
    } else if (is(line, "STARTTLS") && !client->tls) {
        answer(client, "220 2.0.0 Go ahead\r\n");
        client->state = SECURING;
    } else if (is(line, "AUTH PLAIN ") && client->tls) {
        sign_in_plain(client, line + 11);
    } else if (is(line, "AUTH LOGIN") && client->tls) {
        client->state = LOGIN_USER;
        answer(client, "334 VXNlcm5hbWU6\r\n");
    } else if (is(line, "MAIL FROM:")) {
        client->sender = client->signed_in;
        client->recipients = 0;
        answer(client, client->sender ? "250 2.1.0 Ok\r\n" : "530 5.7.0 Sign in first\r\n");
    } else if (is(line, "RCPT TO:")) {
        client->recipients += client->sender;
        answer(client, client->sender ? "250 2.1.5 Ok\r\n" : "503 5.5.1 No sender\r\n");
    } else if (is(line, "DATA")) {
        if (client->recipients) {
            client->state = CONTENT;
            client->looked = 0;
            client->subject_found = 0;
            client->word[0] = 0;
            answer(client, "354 Go ahead\r\n");
        } else {
            answer(client, "503 5.5.1 No recipient\r\n");
        }
    } else if (is(line, "RSET")) {
        client->sender = client->recipients = 0;
        answer(client, "250 2.0.0 Ok\r\n");
    } else if (is(line, "NOOP")) {
        answer(client, "250 2.0.0 Ok\r\n");
    } else if (is(line, "XSTAT")) {
        tell(client);
    } else if (is(line, "XDUMP ")) {
        dump(client, line + 6);
    } else if (is(line, "QUIT")) {
        answer(client, "221 2.0.0 Bye\r\n");
        client->state = CLOSING;
    } else {
        answer(client, "502 5.5.1 Not here\r\n");
    }
}

/* The last word of the Subject, so that a benchmark can tell its messages apart. */
static void find_subject(Client *client, const char *from, size_t length) {
    const char *start = from + 8;
    if (length < 8 || strncasecmp(from, "Subject:", 8)) {
        start = memmem(from, length, "\nSubject:", 9);
        if (!start) return;
        start += 9;
    }
    const char *end = memmem(start, (size_t)(from + length - start), "\r\n", 2);
    if (!end) return;
    const char *word = end;
    while (word > start && word[-1] != ' ') word--;
    size_t size = (size_t)(end - word) < WORD - 1 ? (size_t)(end - word) : WORD - 1;
    memcpy(client->word, word, size);
    client->word[size] = 0;
    client->subject_found = 1;
}

/* Work off what is held; gives the octets that were used. */
static size_t work_off(Client *client) {
    size_t used = 0;
    while (used < client->held && client->state != CLOSING && client->state != SECURING) {
        char *from = client->in + used;
        size_t left = client->held - used;
        if (client->state == CONTENT) {
            if (!client->subject_found) find_subject(client, from, left);
            size_t back = client->looked > 4 ? client->looked - 4 : 0;
            char *end = memmem(from + back, left - back, "\r\n.\r\n", 5);
            if (!end) {
                if (left > BUFFER / 2) { /* a long message: keep only what may be its end */
                    atomic_fetch_add(&octets, (long)(left - 4));
                    used += left - 4;
                    left = 4;
                }
                client->looked = left;
                break;
            }
            size_t length = (size_t)(end + 5 - from);
            atomic_fetch_add(&octets, (long)length);
            used += length;
            client->sender = client->recipients = 0;
            client->state = COMMANDS;
            answer(client, "250 2.0.0 Ok\r\n");
            count_message(client);
        } else {
            char *end = memmem(from, left, "\r\n", 2);
            if (!end) {
                if (left > COMMAND) client->state = CLOSING;
                break;
            }
            *end = 0;
            used += (size_t)(end + 2 - from);
            obey(client, from);
        }
    }
    return used;
}

static void count_open(void) {
    long now = atomic_fetch_add(&open_now, 1) + 1, before = atomic_load(&peak);
    while (now > before && !atomic_compare_exchange_weak(&peak, &before, now)) {
    }
}

static int secure(Client *client) {
    client->tls = SSL_new(context);
    SSL_set_fd(client->tls, client->socket);
    if (SSL_accept(client->tls) != 1) return 0;
    atomic_fetch_add(&handshakes, 1);
    count_open();
    client->counted = 1;
    client->state = COMMANDS;
    client->held = 0; /* nothing said before the handshake counts after it (RFC 3207 6) */
    return 1;
}

static void delay(void) {
    if (!options.delay_ms) return;
    struct timespec wait = {options.delay_ms / 1000, options.delay_ms % 1000 * 1000000L};
    nanosleep(&wait, NULL);
}

static void *serve_one(void *argument) {
    Client *client = argument;
    answer(client, "220 sink.example.com ESMTP\r\n");
    int alive = put_out(client);
    while (alive && client->state != CLOSING) {
        ssize_t got = take(client, client->in + client->held, BUFFER - client->held);
        if (got <= 0) break;
        client->held += (size_t)got;
        int signed_in = client->signed_in;
        size_t used = work_off(client);
        memmove(client->in, client->in + used, client->held - used);
        client->held -= used;
        if (client->waiting) {
            if (signed_in && client->state != CLOSING) atomic_fetch_add(&flights, 1);
            delay();
            alive = put_out(client);
        }
        if (client->state == SECURING) alive = alive && secure(client);
    }
    if (client->counted) atomic_fetch_sub(&open_now, 1);
    if (client->tls) {
        SSL_shutdown(client->tls);
        SSL_free(client->tls);
    }
    close(client->socket);
    free(client->in);
    free(client);
    return NULL;
}

static int listen_there(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 65535))
        fail("cannot listen");
    socklen_t size = sizeof here;
    getsockname(listener, (struct sockaddr *)&here, &size);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    return listener;
}

static void serve(void) {
    context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, options.chain) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, options.key, SSL_FILETYPE_PEM) != 1) {
        ERR_print_errors_fp(stderr);
        exit(1);
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"sink", 4);
    records = calloc(RECORDS, sizeof *records);
    if (!records) fail("no memory");
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&detached, STACK);
    int listener = listen_there();
    for (;;) {
        int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (accepted < 0) {
            usleep(1000);
            continue;
        }
        int on = 1;
        setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        Client *client = calloc(1, sizeof *client);
        pthread_t thread;
        if (client) client->in = malloc(BUFFER);
        if (!client || !client->in) fail("no memory");
        client->socket = accepted;
        atomic_fetch_add(&connections, 1);
        if (pthread_create(&thread, &detached, serve_one, client)) {
            close(accepted);
            free(client->in);
            free(client);
        }
    }
}

/* ---- the cheapest client ---- */

static int dial(void) {
    int one = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(one, (struct sockaddr *)&there, sizeof there)) fail("cannot connect");
    setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return one;
}

static void say(Client *client, const char *text) {
    client->waiting = 0;
    answer(client, text);
    if (!put_out(client)) fail("cannot write");
}

/* Read until so many final reply lines have come; each must be a success. */
static void expect(Client *client, long lines) {
    while (lines > 0) {
        ssize_t got = take(client, client->in + client->held, BUFFER - client->held);
        if (got <= 0) fail("the sink hung up");
        client->held += (size_t)got;
        char *from = client->in, *stop = client->in + client->held, *end;
        while ((end = memmem(from, (size_t)(stop - from), "\r\n", 2))) {
            if (end - from < 4 || *from == '4' || *from == '5') fail("the sink refused");
            lines -= from[3] == ' ';
            from = end + 2;
        }
        client->held = (size_t)(stop - from);
        memmove(client->in, from, client->held);
    }
}

static void sign_in(Client *client) {
    char plain[512], line[1024] = "AUTH PLAIN ";
    size_t user = strlen(options.user), password = strlen(options.password);
    plain[0] = 0;
    memcpy(plain + 1, options.user, user);
    plain[user + 1] = 0;
    memcpy(plain + user + 2, options.password, password);
    EVP_EncodeBlock((unsigned char *)line + strlen(line), (unsigned char *)plain,
                    (int)(user + password + 2));
    strcat(line, "\r\n");
    say(client, line);
    expect(client, 1);
}

static char *many_mails(int count, size_t *length) {
    static const char opening[] = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
                                  "Subject: limit 0\r\n\r\n";
    size_t one = sizeof opening - 1 + (size_t)options.size + 5;
    char *all = malloc(one * (size_t)count), *to = all;
    for (int place = 0; place < count; place++) {
        memcpy(to, opening, sizeof opening - 1);
        to += sizeof opening - 1;
        for (int column = 0; column < options.size; column++)
            *to++ = column % 72 == 70 ? '\r' : column % 72 == 71 ? '\n' : 'x';
        memcpy(to, "\r\n.\r\n", 5);
        to += 5;
    }
    *length = one * (size_t)count;
    return all;
}

static void *flood(void *argument) {
    long share = options.messages / options.connections;
    Client *client = calloc(1, sizeof *client);
    client->in = malloc(BUFFER);
    client->socket = dial();
    expect(client, 1);
    say(client, "EHLO client.example.com\r\n");
    expect(client, 1);
    say(client, "STARTTLS\r\n");
    expect(client, 1);
    client->tls = SSL_new(context);
    SSL_set_fd(client->tls, client->socket);
    if (SSL_connect(client->tls) != 1) fail("no TLS");
    say(client, "EHLO client.example.com\r\n");
    expect(client, 1);
    sign_in(client);
    enum { TOGETHER = 32 };
    size_t length;
    char *mails = many_mails(TOGETHER, &length);
    for (long sent = 0; sent < share; sent += TOGETHER) {
        if (SSL_write(client->tls, mails, (int)length) <= 0) fail("cannot write");
        expect(client, 4 * TOGETHER);
    }
    say(client, "QUIT\r\n");
    free(mails);
    return argument;
}

static void limit(void) {
    /* Loopback, to a sink that the same benchmark started: its certificate is not looked at. */
    context = SSL_CTX_new(TLS_client_method());
    pthread_t threads[64];
    if (options.connections > 64) options.connections = 64;
    int64_t start = microseconds();
    for (int place = 0; place < options.connections; place++)
        if (pthread_create(&threads[place], NULL, flood, NULL)) fail("no thread");
    for (int place = 0; place < options.connections; place++) pthread_join(threads[place], NULL);
    double seconds = (double)(microseconds() - start) / 1e6;
    printf("%.0f\n", (double)options.messages / seconds);
}

static void read_password(void) {
    FILE *file = fopen(options.password_file, "r");
    if (!file || !fgets(options.password, sizeof options.password, file)) fail("password file");
    options.password[strcspn(options.password, "\r\n")] = 0;
    fclose(file);
}

int main(int count, char **words) {
    static const struct option known[] = {
        {"port", required_argument, 0, 'p'},     {"chain", required_argument, 0, 'c'},
        {"key", required_argument, 0, 'k'},      {"user", required_argument, 0, 'u'},
        {"password-file", required_argument, 0, 'f'}, {"delay-ms", required_argument, 0, 'd'},
        {"connections", required_argument, 0, 'n'}, {"messages", required_argument, 0, 'm'},
        {"size", required_argument, 0, 's'},     {"without-pipelining", no_argument, 0, 'w'},
        {0, 0, 0, 0}};
    int letter;
    while ((letter = getopt_long(count, words, "", known, NULL)) != -1) {
        switch (letter) {
        case 'p': options.port = atoi(optarg); break;
        case 'c': options.chain = optarg; break;
        case 'k': options.key = optarg; break;
        case 'u': options.user = optarg; break;
        case 'f': options.password_file = optarg; break;
        case 'd': options.delay_ms = atoi(optarg); break;
        case 'n': options.connections = atoi(optarg); break;
        case 'm': options.messages = atol(optarg); break;
        case 's': options.size = atoi(optarg); break;
        case 'w': options.without_pipelining = 1; break;
        default: return 2;
        }
    }
    const char *task = optind < count ? words[optind] : "";
    int serving = !strcmp(task, "serve");
    if ((!serving && strcmp(task, "limit")) || !options.user || !options.password_file ||
        (serving && (!options.chain || !options.key)) || options.connections < 1) {
        fprintf(stderr, "sink: wrong usage, see the top of sink.c\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    read_password();
    if (serving) serve();
    limit();
    return 0;
}
