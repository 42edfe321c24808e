/*
 * import - adds serial numbers by CSV as fast as the server takes them, and tells how fast.
 *
 *   import -s ADDR:PORT -m MODEL -t TOKEN -p PREFIX -n COUNT [-f FIRST] [-R ROWS] [-C CLIENTS] [-u]
 *
 * Adds PREFIX followed by twelve digits for the numbers FIRST (0) to FIRST + COUNT - 1, in bodies of
 * ROWS (10,000) rows, over CLIENTS (2) connections; with -u the digits are those of an order that
 * looks random. Prints one line "RESULT name=value ...", times in microseconds.
 */
#include <getopt.h>
#include <inttypes.h>

#include "sys/clock.h"
#include "tests/lib/crowd.h"

enum { TEXT_CHARS = 512, BODY_BYTES_MAX = 4 << 20, CLIENTS_MAX = 64, LIMIT_S = 3600 };

/* Odd and no multiple of five: the products modulo a power of ten are all different. */
#define SPREAD UINT64_C(618033988749)
#define MODULO UINT64_C(1000000000000)

struct import {
    struct sockaddr_in addr;
    const char *model, *token, *prefix;
    uint64_t n_serials, first, n_rows, n_clients;
    bool is_spread;
    uint64_t next;
    uint64_t begun_ns[CLIENTS_MAX];
    uint64_t *took_ns;
    size_t n_answers;
    char path[TEXT_CHARS], headers[TEXT_CHARS];
};

static void fail(const char *what, struct mst_span detail)
{
    (void)fprintf(stderr, "import: %s %.*s\n", what, (int)detail.len, detail.len ? detail.ptr : "");
    exit(EXIT_FAILURE);
}

/* number * SPREAD modulo MODULO, without a product of more than 64 bits. */
static uint64_t spread(uint64_t number)
{
    const uint64_t million = 1000000;
    uint64_t high = SPREAD / million, low = SPREAD % million;

    number %= MODULO;
    return (number * high % million * million + number * low) % MODULO;
}

static void add_digits(struct mst_buf *body, uint64_t number)
{
    char digits[14];

    for (size_t i = 12; i-- > 0; number /= 10)
        digits[i] = (char)('0' + number % 10);
    digits[12] = '\r';
    digits[13] = '\n';
    (void)mst_buf_add(body, mst_span_of(digits, sizeof digits));
}

static bool ask(void *arg, size_t client, struct mst_talk *talk)
{
    struct import *im = arg;
    uint64_t to = im->next + im->n_rows < im->n_serials ? im->next + im->n_rows : im->n_serials;
    struct mst_buf body;

    if (im->next == im->n_serials)
        return false;
    mst_buf_init(&body, BODY_BYTES_MAX);
    for (; im->next < to; im->next++) {
        uint64_t number = im->first + im->next;
        (void)mst_buf_add_str(&body, im->prefix);
        add_digits(&body, im->is_spread ? spread(number) : number);
    }
    im->begun_ns[client] = mst_clock_mono_ns();
    if (mst_buf_err(&body) ||
        mst_talk_request(talk, "POST", im->path, im->headers, mst_buf_span(&body)))
        fail("a request could not be written", MST_LIT(""));
    mst_buf_fini(&body);
    return true;
}

static void answer(void *arg, size_t client, const struct mst_talk_reply *reply)
{
    struct import *im = arg;

    if (!reply || reply->status != 205)
        fail("adding was refused:", reply ? reply->body : MST_LIT("no answer"));
    im->took_ns[im->n_answers++] = mst_clock_mono_ns() - im->begun_ns[client];
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static uint64_t micros_at(const struct import *im, double part)
{
    return im->took_ns[(size_t)((double)(im->n_answers - 1) * part)] / 1000;
}

static void run(struct import *im)
{
    struct mst_crowd_opts opts = {
        .n_clients = im->n_clients, .depth = 1, .ask = ask, .answer = answer, .arg = im};
    struct mst_crowd *crowd;
    uint64_t begin_ns;

    if (mst_crowd_new(&opts, &crowd))
        fail("no memory", MST_LIT(""));
    mst_crowd_aim(crowd, &im->addr);
    begin_ns = mst_clock_mono_ns();
    if (mst_crowd_run(crowd, begin_ns + (uint64_t)LIMIT_S * 1000000000u))
        fail("the server does not answer", MST_LIT(""));
    begin_ns = mst_clock_mono_ns() - begin_ns;
    mst_crowd_free(crowd);
    qsort(im->took_ns, im->n_answers, sizeof *im->took_ns, compare_u64);
    printf("RESULT rows=%" PRIu64 " micros=%" PRIu64 " rate=%.0f p50=%" PRIu64 " max=%" PRIu64 "\n",
           im->n_serials, begin_ns / 1000, (double)im->n_serials * 1e9 / (double)begin_ns,
           micros_at(im, 0.5), micros_at(im, 1.0));
}

static uint64_t number(const char *text)
{
    uint64_t value;

    if (mst_span_u64(mst_span_str(text), UINT32_MAX, &value))
        fail("not a number:", mst_span_str(text));
    return value;
}

static void parse_options(struct import *im, int argc, char **argv)
{
    const char **texts[256] = {['m'] = &im->model, ['t'] = &im->token, ['p'] = &im->prefix};
    uint64_t *numbers[256] = {
        ['n'] = &im->n_serials, ['f'] = &im->first, ['R'] = &im->n_rows, ['C'] = &im->n_clients};
    int c;

    while ((c = getopt(argc, argv, "s:m:t:p:n:f:R:C:u")) != -1) {
        if (texts[c & 0xff])
            *texts[c & 0xff] = optarg;
        else if (numbers[c & 0xff])
            *numbers[c & 0xff] = number(optarg);
        else if (c == 'u')
            im->is_spread = true;
        else if (c != 's' || mst_talk_addr(mst_span_str(optarg), &im->addr))
            fail("usage: see the head of tests/tool/import.c", MST_LIT(""));
    }
    if (!im->model || !im->token || !im->prefix || !im->addr.sin_port || im->n_serials == 0 ||
        im->n_rows == 0 || im->n_clients == 0 || im->n_clients > CLIENTS_MAX)
        fail("usage: see the head of tests/tool/import.c", MST_LIT(""));
}

int main(int argc, char **argv)
{
    struct import im = {.n_rows = 10000, .n_clients = 2};

    parse_options(&im, argc, argv);
    (void)snprintf(im.path, sizeof im.path, "/provision/manage/model/%s/", im.model);
    (void)snprintf(im.headers, sizeof im.headers,
                   "X-Exosite-Token: %s\r\nContent-Type: text/csv\r\n", im.token);
    im.took_ns = calloc(im.n_serials / im.n_rows + 1, sizeof *im.took_ns);
    if (!im.took_ns)
        fail("no memory", MST_LIT(""));
    run(&im);
    free(im.took_ns);
    return EXIT_SUCCESS;
}
