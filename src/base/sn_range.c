#include "base/hex.h"
#include "base/sn_range.h"

#define MAC_MAX ((UINT64_C(1) << 48) - 1)

enum { MAC_DIGITS = 12 };

static const struct {
    const char *word;
    unsigned base;
    char separator;      /* of a MAC */
    unsigned n_in_group; /* digits between separators; 0: no MAC */
} formats[MST_SN_FORMATS] = {
    [MST_SN_BASE10] = {"base10", 10, 0,   0},
      [MST_SN_BASE16] = {"base16", 16, 0,   0},
    [MST_SN_MAC_COLON] = {"mac:48", 16, ':', 2},
      [MST_SN_MAC_DASH] = {"mac-48", 16, '-', 2},
    [MST_SN_MAC_DOT] = {"mac.48", 16, '.', 4},
};

static const char *const casings[MST_SN_CASINGS] = {
    [MST_SN_EITHER] = NULL,
    [MST_SN_UPPER] = "upper",
    [MST_SN_LOWER] = "lower",
};

const char *mst_sn_format_word(enum mst_sn_format format)
{
    return formats[format].word;
}

const char *mst_sn_casing_word(enum mst_sn_casing casing)
{
    return casings[casing];
}

bool mst_sn_format_of(struct mst_span word, enum mst_sn_format *ret_format)
{
    for (unsigned i = 0; i < MST_SN_FORMATS; i++) {
        if (!mst_span_eq(word, mst_span_str(formats[i].word)))
            continue;
        *ret_format = (enum mst_sn_format)i;
        return true;
    }
    return false;
}

bool mst_sn_casing_of(struct mst_span word, enum mst_sn_casing *ret_casing)
{
    for (unsigned i = 0; i < MST_SN_CASINGS; i++) {
        if (!casings[i] || !mst_span_eq(word, mst_span_str(casings[i])))
            continue;
        *ret_casing = (enum mst_sn_casing)i;
        return true;
    }
    return false;
}

bool mst_sn_format_is_mac(enum mst_sn_format format)
{
    return formats[format].n_in_group > 0;
}

/* ---- ranges ---- */

static unsigned digits_of(uint64_t value, unsigned base)
{
    unsigned n = 1;

    for (; value >= base; value /= base)
        n++;
    return n;
}

static bool is_shape(const struct mst_sn_shape *shape)
{
    if (mst_sn_format_is_mac(shape->format))
        return shape->length == 0;
    return shape->length <= MST_SN_MAX &&
           (shape->format == MST_SN_BASE16 || shape->casing == MST_SN_EITHER);
}

bool mst_sn_range_is_good(const struct mst_sn_range *range)
{
    const struct mst_sn_shape *shape = &range->shape;

    if (!is_shape(shape) || range->first > range->last)
        return false;
    if (mst_sn_format_is_mac(shape->format))
        return range->last <= MAC_MAX;
    return shape->length == 0 ||
           digits_of(range->last, formats[shape->format].base) <= shape->length;
}

static bool is_same_shape(const struct mst_sn_shape *a, const struct mst_sn_shape *b)
{
    return a->format == b->format && a->casing == b->casing && a->length == b->length;
}

bool mst_sn_range_eq(const struct mst_sn_range *a, const struct mst_sn_range *b)
{
    return is_same_shape(&a->shape, &b->shape) && a->first == b->first && a->last == b->last;
}

bool mst_sn_range_overlaps(const struct mst_sn_range *a, const struct mst_sn_range *b)
{
    return is_same_shape(&a->shape, &b->shape) && a->first <= b->last && b->first <= a->last;
}

/* ---- texts ---- */

/* Is the character at this place of a MAC a separator? */
static bool is_between(unsigned n_in_group, size_t place)
{
    return n_in_group > 0 && place % (n_in_group + 1) == n_in_group;
}

static size_t mac_chars(unsigned n_in_group)
{
    return MAC_DIGITS + MAC_DIGITS / n_in_group - 1;
}

static bool read_digit(char c, unsigned base, enum mst_sn_casing casing, unsigned *ret_digit)
{
    int digit = mst_hex_digit(c);

    if (digit < 0 || (unsigned)digit >= base)
        return false;
    if ((casing == MST_SN_UPPER && c >= 'a') || (casing == MST_SN_LOWER && c >= 'A' && c <= 'F'))
        return false;
    *ret_digit = (unsigned)digit;
    return true;
}

/* Is it as long as the shape says, without zeros that the shape does not ask for? */
static bool has_length(const struct mst_sn_shape *shape, struct mst_span text)
{
    if (mst_sn_format_is_mac(shape->format))
        return text.len == mac_chars(formats[shape->format].n_in_group);
    if (shape->length > 0)
        return text.len == shape->length;
    return text.len == 1 || (text.len > 1 && text.ptr[0] != '0');
}

bool mst_sn_read(const struct mst_sn_shape *shape, struct mst_span text, uint64_t *ret_value)
{
    const unsigned base = formats[shape->format].base;
    uint64_t value = 0;

    if (!has_length(shape, text))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit;

        if (is_between(formats[shape->format].n_in_group, i)) {
            if (text.ptr[i] != formats[shape->format].separator)
                return false;
            continue;
        }
        if (!read_digit(text.ptr[i], base, shape->casing, &digit) ||
            __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

bool mst_sn_read_mac(struct mst_span text, uint64_t *ret_value)
{
    for (unsigned i = 0; i < MST_SN_FORMATS; i++) {
        const struct mst_sn_shape shape = {.format = (enum mst_sn_format)i};

        if (mst_sn_format_is_mac(shape.format) && mst_sn_read(&shape, text, ret_value))
            return true;
    }
    return false;
}

bool mst_sn_range_has(const struct mst_sn_range *range, struct mst_span text)
{
    uint64_t value;

    return mst_sn_read(&range->shape, text, &value) && range->first <= value &&
           value <= range->last;
}

size_t mst_sn_write(const struct mst_sn_shape *shape, uint64_t value, char ret_text[MST_SN_MAX + 1])
{
    const char *digits = shape->casing == MST_SN_UPPER ? "0123456789ABCDEF" : "0123456789abcdef";
    const unsigned n_in_group = formats[shape->format].n_in_group;
    const unsigned base = formats[shape->format].base;
    size_t len = shape->length > 0 ? shape->length : digits_of(value, base);

    if (n_in_group > 0)
        len = mac_chars(n_in_group);
    ret_text[len] = '\0';
    for (size_t i = len; i-- > 0;) {
        if (is_between(n_in_group, i)) {
            ret_text[i] = formats[shape->format].separator;
            continue;
        }
        ret_text[i] = digits[value % base];
        value /= base;
    }
    return len;
}

size_t mst_sn_readings(struct mst_span text, struct mst_sn_reading ret[MST_SN_READINGS_MAX])
{
    size_t n = 0;

    if (text.len > MST_SN_MAX)
        return 0;
    for (unsigned i = 0; i < MST_SN_FORMATS * MST_SN_CASINGS * 2; i++) {
        struct mst_sn_reading reading = {
            .shape = {.format = (enum mst_sn_format)(i / 2 / MST_SN_CASINGS),
                      .casing = (enum mst_sn_casing)(i / 2 % MST_SN_CASINGS),
                      .length = i % 2 ? (unsigned)text.len : 0}
        };
        if (is_shape(&reading.shape) && mst_sn_read(&reading.shape, text, &reading.value))
            ret[n++] = reading;
    }
    return n;
}
