/*
 * Random Range fields against a ten-line model (trust.md S11).
 *
 * A field is drawn so that each kind of it, each border of the blob and of the integers, and each
 * way to spoil it comes up often. RANGES=n sets how many (1,000,000), SEED=n where
 * they begin; a field that fails is printed. The same comparison must find each of the
 * faults below: the negative controls.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/chance.h"
#include "wire/byte_range.h"

__extension__ typedef unsigned __int128 wide;
typedef struct mst_byte_range judge(struct mst_span value, uint64_t total);

/* ---- the model: RFC 9110 14.1.2 in numbers that cannot overflow ---- */

struct field {
    bool is_good; /* bytes=, and nothing is spoiled */
    bool has_first, has_last;
    wide first, last; /* of "-N" last is N */
    char text[200];
};

static struct mst_byte_range model(const struct field *f, uint64_t total)
{
    wide first = f->first < UINT64_MAX ? f->first : UINT64_MAX;
    wide last = f->last < UINT64_MAX ? f->last : UINT64_MAX;

    if (!f->is_good || (!f->has_first && !f->has_last) ||
        (f->has_first && f->has_last && first > last) || (!f->has_first && last > 0 && total == 0))
        return (struct mst_byte_range){MST_RANGE_WHOLE, 0, 0};
    if (!f->has_first)
        first = last < total ? total - last : 0;
    if (first >= total || (!f->has_first && last == 0))
        return (struct mst_byte_range){MST_RANGE_NONE, 0, 0};
    if (!f->has_first || !f->has_last || last >= total)
        last = total - 1;
    return (struct mst_byte_range){MST_RANGE_PART, (uint64_t)first, (uint64_t)last};
}

/* ---- fields ---- */

static uint64_t state;

static uint64_t below(uint64_t n)
{
    return mst_chance_below(&state, n);
}

static uint64_t draw_total(void)
{
    static const uint64_t borders[] = {0, 1, 2, 10, 65536, 16777216, UINT64_MAX - 1, UINT64_MAX};

    return below(2) ? borders[below(8)] : mst_chance_next(&state) >> below(64);
}

/* Often about the end of the blob. Sometimes beyond 2^64. */
static wide draw_position(uint64_t total)
{
    wide value;

    switch (below(5)) {
    case 0:
        value = below(12);
        break;
    case 1:
        value = (wide)total + below(5);
        value = value >= 2 ? value - 2 : value;
        break;
    case 2:
        value = mst_chance_next(&state) >> below(64);
        break;
    case 3:
        value = (wide)mst_chance_next(&state) << below(20);
        break;
    default:
        value = total ? below(total) : 0;
        break;
    }
    return value;
}

static size_t print(char *room, size_t size, wide value)
{
    char digits[64];
    size_t n = sizeof digits, zeros = below(8) ? 0 : below(4);

    do
        digits[--n] = (char)('0' + (int)(value % 10));
    while (value /= 10);
    return (size_t)snprintf(room, size, "%.*s%.*s", (int)zeros, "000", (int)(sizeof digits - n),
                            &digits[n]);
}

/* What stands in front or behind makes it no range of bytes any more. */
static void spoil(struct field *field)
{
    static const struct {
        const char *before, *behind;
    } forms[] = {
        {"",  ",0-1"},
        {"",  ","   },
        {"",  " "   },
        {" ", ""    },
        {"",  "-"   },
        {"",  "0x"  },
        {"x", ""    },
        {"",  ";q=1"},
    };
    uint64_t form = below(sizeof forms / sizeof forms[0]);
    char text[sizeof field->text];

    memcpy(text, field->text, sizeof text);
    (void)snprintf(field->text, sizeof field->text, "%s%.150s%s", forms[form].before, text,
                   forms[form].behind);
    field->is_good = false;
}

static void draw_field(uint64_t total, struct field *ret_field)
{
    struct field f = {.is_good = true, .has_first = below(3) > 0, .has_last = below(3) > 0};
    size_t at = (size_t)snprintf(f.text, sizeof f.text, "%s", below(9) ? "bytes=" : "Bytes=");

    f.first = f.has_first ? draw_position(total) : 0;
    f.last = f.has_last ? draw_position(total) : 0;
    if (f.has_first)
        at += print(&f.text[at], sizeof f.text - at, f.first);
    at += (size_t)snprintf(&f.text[at], sizeof f.text - at, "-");
    if (f.has_last)
        (void)print(&f.text[at], sizeof f.text - at, f.last);
    if (below(8) == 0)
        spoil(&f);
    *ret_field = f;
}

/* ---- the comparison ---- */

static uint64_t from_environment(const char *name, uint64_t or_else)
{
    const char *text = getenv(name);

    return text && *text ? strtoull(text, NULL, 10) : or_else;
}

static bool agrees(const struct mst_byte_range *a, const struct mst_byte_range *b)
{
    return a->kind == b->kind &&
           (a->kind != MST_RANGE_PART || (a->first == b->first && a->last == b->last));
}

/* How many fields agree until one does not; n if all do. */
static uint64_t compare(judge *real, uint64_t seed, uint64_t n, unsigned *ret_kinds)
{
    state = seed;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t total = draw_total();
        struct field field;
        struct mst_byte_range got, want;

        draw_field(total, &field);
        want = model(&field, total);
        got = real(mst_span_str(field.text), total);
        *ret_kinds |= 1u << want.kind;
        if (agrees(&got, &want))
            continue;
        printf("# \"%s\" of %" PRIu64 ": kind %d, %" PRIu64 "-%" PRIu64
               " where the model has kind %d, "
               "%" PRIu64 "-%" PRIu64 "\n",
               field.text, total, (int)got.kind, got.first, got.last, (int)want.kind, want.first,
               want.last);
        return i;
    }
    return n;
}

/* ---- what the comparison must find ---- */

static struct mst_byte_range not_cut(struct mst_span value, uint64_t total)
{
    struct mst_byte_range range = mst_byte_range_of(value, UINT64_MAX);

    range.kind = range.kind == MST_RANGE_PART && range.first >= total ? MST_RANGE_NONE : range.kind;
    return range;
}

static struct mst_byte_range one_beyond(struct mst_span value, uint64_t total)
{
    return mst_byte_range_of(value, total < UINT64_MAX ? total + 1 : total);
}

static struct mst_byte_range last_left_out(struct mst_span value, uint64_t total)
{
    struct mst_byte_range range = mst_byte_range_of(value, total);

    range.last -= range.last > range.first;
    return range;
}

static struct mst_byte_range thirty_two_bits(struct mst_span value, uint64_t total)
{
    struct mst_byte_range range = mst_byte_range_of(value, total);

    range.first = (uint32_t)range.first;
    return range;
}

static struct mst_byte_range all_as_whole(struct mst_span value, uint64_t total)
{
    struct mst_byte_range range = mst_byte_range_of(value, total);

    if (range.kind == MST_RANGE_PART && range.first == 0 && range.last == total - 1)
        range.kind = MST_RANGE_WHOLE;
    return range;
}

static struct mst_byte_range first_of_list(struct mst_span value, uint64_t total)
{
    return mst_byte_range_of(mst_span_cut(value, 0, mst_span_find(value, ',', 0)), total);
}

static const struct {
    judge *judge;
    const char *name;
} faults[] = {
    {not_cut,         "a last position that is not cut"     },
    {one_beyond,      "one byte beyond the end"             },
    {last_left_out,   "a part without its last byte"        },
    {thirty_two_bits, "positions of 32 bits"                },
    {all_as_whole,    "200 for a range that is all there is"},
    {first_of_list,   "the first range of several"          },
};
enum { FAULTS = sizeof faults / sizeof faults[0] };

int main(void)
{
    uint64_t n = from_environment("RANGES", 1000000), seed = from_environment("SEED", 1);
    unsigned kinds = 0, ignored = 0;
    uint64_t n_good = compare(mst_byte_range_of, seed, n, &kinds);
    bool is_good = n_good == n && kinds == 7;

    printf("1..%d\n", 1 + FAULTS);
    printf("%s 1 - %" PRIu64 " of %" PRIu64 " ranges agree with the model, from seed %" PRIu64 "\n",
           is_good ? "ok" : "not ok", n_good, n, seed);
    for (int i = 0; i < FAULTS; i++) {
        bool is_found = compare(faults[i].judge, seed, n, &ignored) < n;

        printf("%s %d - the comparison finds %s\n", is_found ? "ok" : "not ok", 2 + i,
               faults[i].name);
        is_good &= is_found;
    }
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
