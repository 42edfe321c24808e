/*
 * handle_tool - wire/handle for programs in other languages: one command a line on
 * standard input, one line of answer each.
 *
 *     store ID                                       32 hex digits; first of all
 *     locator KEY                                    64 hex digits
 *     key KID KEY
 *     check KID                                      -> 16 hex digits
 *     seal KID                                       -> 64 hex digits
 *     make KIND N KID EPOCH SALT DELTA               -> the handle
 *     locate KIND HANDLE                             -> N
 *     verify KIND N KID EPOCH SALT DELTA HANDLE      -> yes or no
 *
 *     foreign CIK                                    -> 32 hex digits
 *     sealcik KID N CIK                              -> 72 hex digits
 *     opencik KID N SEALED                           -> the CIK
 *
 * Numbers are decimal; DELTA is 24 hex digits or "-". What goes wrong answers
 * "error" and the reason.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "wire/handle.h"

enum { LINE_CHARS = 512, WORDS_MAX = 8 };

static struct mst_handle_keys keys;
static uint8_t store_id[MST_STORE_ID_BYTES];

static enum mst_err say_hex(const uint8_t *bytes, size_t len)
{
    char text[2 * MST_SEALED_HANDLE_BYTES];

    mst_hex_encode(mst_span_of(bytes, len), text);
    printf("%.*s\n", (int)(2 * len), text);
    return MST_OK;
}

static enum mst_err say_ok(enum mst_err err)
{
    if (err == MST_OK)
        puts("ok");
    return err;
}

static enum mst_err read_u32(struct mst_span word, uint32_t *ret_value)
{
    uint64_t value;
    enum mst_err err = mst_span_u64(word, UINT32_MAX, &value);

    if (err == MST_OK)
        *ret_value = (uint32_t)value;
    return err;
}

static enum mst_err set_store(const struct mst_span *words)
{
    return say_ok(mst_hex_decode(words[1], store_id, sizeof store_id));
}

static enum mst_err set_locator(const struct mst_span *words)
{
    struct mst_secret_key key;
    enum mst_err err = mst_hex_decode(words[1], key.bytes, sizeof key.bytes);

    if (err == MST_OK)
        mst_handle_derive_locator(&keys, &key, store_id);
    return say_ok(err);
}

static enum mst_err add_key(const struct mst_span *words)
{
    struct mst_secret_key key;
    uint32_t kid;
    enum mst_err err = read_u32(words[1], &kid);

    if (err == MST_OK)
        err = mst_hex_decode(words[2], key.bytes, sizeof key.bytes);
    if (err == MST_OK)
        err = mst_handle_derive_rotating(&keys, kid, &key, store_id);
    return say_ok(err);
}

static enum mst_err check(const struct mst_span *words)
{
    uint8_t value[MST_CHECK_BYTES];
    uint32_t kid;
    enum mst_err err = read_u32(words[1], &kid);

    if (err == MST_OK)
        err = mst_handle_check_value(&keys, kid, value);
    return err == MST_OK ? say_hex(value, sizeof value) : err;
}

static enum mst_err seal(const struct mst_span *words)
{
    uint32_t kid;
    enum mst_err err = read_u32(words[1], &kid);

    for (size_t i = 0; err == MST_OK && i < keys.n_rotating; i++)
        if (keys.rotating[i].kid == kid)
            return say_hex(keys.rotating[i].seal.bytes, sizeof keys.rotating[i].seal.bytes);
    return err == MST_OK ? MST_ENOENT : err;
}

static enum mst_err read_parts(const struct mst_span *words, struct mst_handle_parts *parts)
{
    static uint8_t delta[MST_DELTA_BYTES];
    uint64_t kind = 0;
    enum mst_err err = mst_span_u64(words[1], UINT8_MAX, &kind);

    *parts = (struct mst_handle_parts){.kind = (unsigned)kind};
    if (err == MST_OK && kind == 0)
        err = MST_EINVAL;
    if (err == MST_OK)
        err = mst_span_u64(words[2], UINT64_MAX, &parts->n);
    if (err == MST_OK)
        err = read_u32(words[3], &parts->kid);
    if (err == MST_OK)
        err = read_u32(words[4], &parts->epoch);
    if (err == MST_OK)
        err = mst_span_u64(words[5], UINT64_MAX, &parts->salt);
    if (err == MST_OK && !mst_span_eq(words[6], MST_LIT("-"))) {
        err = mst_hex_decode(words[6], delta, sizeof delta);
        parts->delta = delta;
    }
    return err;
}

static enum mst_err make(const struct mst_span *words)
{
    struct mst_handle_parts parts;
    struct mst_handle handle;
    enum mst_err err = read_parts(words, &parts);

    if (err == MST_OK)
        err = mst_handle_make(&keys, &parts, &handle);
    if (err == MST_OK)
        printf("%.*s\n", MST_HANDLE_CHARS, handle.text);
    return err;
}

static enum mst_err locate(const struct mst_span *words)
{
    uint64_t kind, n;
    enum mst_err err = mst_span_u64(words[1], UINT8_MAX, &kind);

    if (err == MST_OK)
        err = mst_handle_locate(&keys, (unsigned)kind, words[2], &n);
    if (err == MST_OK)
        printf("%" PRIu64 "\n", n);
    return err;
}

static enum mst_err verify(const struct mst_span *words)
{
    struct mst_handle_parts parts;
    enum mst_err err = read_parts(words, &parts);

    if (err == MST_OK)
        puts(mst_handle_verify(&keys, &parts, words[7]) ? "yes" : "no");
    return err;
}

static enum mst_err foreign_locator(const struct mst_span *words)
{
    uint8_t locator[MST_LOCATOR_BYTES];
    enum mst_err err = mst_handle_locator(words[1], locator);

    return err == MST_OK ? say_hex(locator, sizeof locator) : err;
}

static enum mst_err seal_cik(const struct mst_span *words)
{
    uint8_t sealed[MST_SEALED_HANDLE_BYTES];
    uint64_t n = 0;
    uint32_t kid = 0;
    enum mst_err err = read_u32(words[1], &kid);

    if (err == MST_OK)
        err = mst_span_u64(words[2], UINT64_MAX, &n);
    if (err == MST_OK)
        err = mst_handle_seal(&keys, kid, n, words[3], sealed);
    return err == MST_OK ? say_hex(sealed, sizeof sealed) : err;
}

static enum mst_err open_cik(const struct mst_span *words)
{
    uint8_t sealed[MST_SEALED_HANDLE_BYTES];
    struct mst_handle handle;
    uint64_t n = 0;
    uint32_t kid = 0;
    enum mst_err err = read_u32(words[1], &kid);

    if (err == MST_OK)
        err = mst_span_u64(words[2], UINT64_MAX, &n);
    if (err == MST_OK)
        err = mst_hex_decode(words[3], sealed, sizeof sealed);
    if (err == MST_OK)
        err = mst_handle_open(&keys, kid, n, mst_span_of(sealed, sizeof sealed), &handle);
    if (err == MST_OK)
        printf("%.*s\n", MST_HANDLE_CHARS, handle.text);
    return err;
}

static const struct command {
    const char *name;
    size_t n_words;
    enum mst_err (*run)(const struct mst_span *words);
} commands[] = {
    {"store",   2, set_store      },
    {"locator", 2, set_locator    },
    {"key",     3, add_key        },
    {"check",   2, check          },
    {"seal",    2, seal           },
    {"make",    7, make           },
    {"locate",  3, locate         },
    {"verify",  8, verify         },
    {"foreign", 2, foreign_locator},
    {"sealcik", 4, seal_cik       },
    {"opencik", 4, open_cik       },
};

static enum mst_err run(struct mst_span line)
{
    struct mst_span words[WORDS_MAX];
    size_t n = 0;

    for (size_t from = 0; from <= line.len;) {
        size_t space = mst_span_find(line, ' ', from);
        if (n == WORDS_MAX)
            return MST_ESYNTAX;
        words[n++] = mst_span_cut(line, from, space);
        from = space + 1;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (mst_span_eq(words[0], mst_span_str(commands[i].name)))
            return n == commands[i].n_words ? commands[i].run(words) : MST_ESYNTAX;
    return MST_ESYNTAX;
}

int main(void)
{
    char line[LINE_CHARS];

    while (fgets(line, sizeof line, stdin)) {
        enum mst_err err = run(mst_span_of(line, strcspn(line, "\n")));
        if (err != MST_OK)
            printf("error %s\n", mst_err_text(err));
        (void)fflush(stdout);
    }
    return 0;
}
