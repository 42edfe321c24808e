/*
 * Handles: what is made is located and verified, and nothing else is. The first 34
 * bytes are the parts of a row, the others a text that a client presents.
 */
#include "tests/fuzz/fuzz.h"
#include "wire/handle.h"

enum { PARTS_BYTES = 1 + 8 + 4 + 8 + 1 + MST_DELTA_BYTES };

static const struct mst_handle_keys *test_keys(void)
{
    static struct mst_handle_keys keys;
    static const uint8_t store_id[MST_STORE_ID_BYTES] = {1, 2, 3};

    if (keys.n_rotating == 0) {
        struct mst_secret_key key = {{7}};
        mst_handle_derive_locator(&keys, &key, store_id);
        for (uint32_t kid = 0; kid < 3; kid++)
            assert(mst_handle_derive_rotating(&keys, kid, &key, store_id) == MST_OK);
    }
    return &keys;
}

static uint64_t number(const uint8_t *data, size_t from, size_t n)
{
    uint64_t value = 0;

    for (size_t i = from; i < from + n; i++)
        value = value << 8 | data[i];
    return value;
}

static struct mst_handle_parts parts_of(const uint8_t *data)
{
    return (struct mst_handle_parts){
        .kind = 1 + data[0] % 5,
        .n = number(data, 1, 8),
        .epoch = (uint32_t)number(data, 9, 4),
        .salt = number(data, 13, 8),
        .kid = data[21] % 3,
        .delta = data[21] & 0x80 ? &data[22] : NULL,
    };
}

static bool is_form_of_handle(struct mst_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!(text.ptr[i] >= '0' && text.ptr[i] <= '9') &&
            !(text.ptr[i] >= 'a' && text.ptr[i] <= 'f'))
            return false;
    return text.len == MST_HANDLE_CHARS;
}

static void check_presented(const struct mst_handle_keys *keys, struct mst_handle_parts parts,
                            struct mst_span text)
{
    struct mst_handle handle;
    uint64_t n;
    bool is_located = mst_handle_locate(keys, parts.kind, text, &n) == MST_OK;

    assert(is_located == is_form_of_handle(text));
    assert(mst_handle_make(keys, &parts, &handle) == MST_OK);
    assert(mst_handle_verify(keys, &parts, text) == mst_span_eq(mst_handle_span(&handle), text));
    if (!is_located)
        return;
    parts.n = n; /* the row that it names */
    assert(mst_handle_make(keys, &parts, &handle) == MST_OK);
    assert(mst_handle_verify(keys, &parts, text) == mst_span_eq(mst_handle_span(&handle), text));
}

static void check_made(const struct mst_handle_keys *keys, const struct mst_handle_parts *parts,
                       uint8_t choice)
{
    struct mst_handle handle;
    size_t at = choice % MST_HANDLE_CHARS;
    uint64_t n;

    assert(mst_handle_make(keys, parts, &handle) == MST_OK);
    assert(is_form_of_handle(mst_handle_span(&handle)));
    assert(mst_handle_verify(keys, parts, mst_handle_span(&handle)));
    assert(mst_handle_locate(keys, parts->kind, mst_handle_span(&handle), &n) == MST_OK);
    assert(n == parts->n);
    handle.text[at] = handle.text[at] == '0' ? 'f' : '0';
    assert(!mst_handle_verify(keys, parts, mst_handle_span(&handle)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct mst_handle_keys *keys = test_keys();
    struct mst_handle_parts parts;

    if (size < PARTS_BYTES)
        return 0;
    parts = parts_of(data);
    check_made(keys, &parts, data[size - 1]);
    check_presented(keys, parts, mst_span_of(&data[PARTS_BYTES], size - PARTS_BYTES));
    return 0;
}
