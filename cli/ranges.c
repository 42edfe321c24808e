#include "cli/ranges.h"

#include <string.h>

#include "base/hex.h"
#include "base/limits.h"
#include "cli/profile.h"
#include "wire/ranges_json.h"

enum { FILE_MAX = MST_SERIALS_BODY_MAX };

const struct cli_option CLI_RANGES_OPTIONS[] = {
    {"format", "FORMAT", "base10, base16, mac:48, mac-48 or mac.48"                            },
    {"length", "N",      "digits, zeros in front; without it no zeros in front; not of MACs"   },
    {"casing", "CASING", "upper or lower: the letters of the serial numbers; without it either"},
    {"first",  "SN",     "the first serial number, as it is written, or a number: 0x0a1b"      },
    {"last",   "SN",     "the last one, which belongs to the range too"                        },
    {"file",   "FILE",   "JSON: {\"ranges\": [...]} or the array; - reads standard input"      },
    CLI_OPTIONS_END
};

static const struct cli_reason MODEL_REASONS[] = {
    {403, "this model was shared with the vendor, who may not see its ranges"},
    {404, "there is no such model: see 'muster model list'"                  },
    CLI_REASONS_END
};

void cli_ranges_init(struct cli_ranges *ranges)
{
    *ranges = (struct cli_ranges){0};
    mst_arena_init(&ranges->arena, MST_REQUEST_ARENA_MAX);
}

void cli_ranges_fini(struct cli_ranges *ranges)
{
    mst_arena_fini(&ranges->arena);
}

/* ---- one end ---- */

static bool read_hex(struct mst_span digits, uint64_t *ret_value)
{
    uint64_t value = 0;

    for (size_t i = 0; i < digits.len; i++) {
        int digit = mst_hex_digit(digits.ptr[i]);

        if (digit < 0 || value >> 60 != 0)
            return false;
        value = value << 4 | (unsigned)digit;
    }
    *ret_value = value;
    return digits.len > 0;
}

bool cli_ranges_end(const struct mst_sn_shape *shape, const char *text, uint64_t *ret_value)
{
    struct mst_span all = mst_span_str(text);

    if (mst_span_starts(all, MST_LIT("0x")) || mst_span_starts(all, MST_LIT("0X")))
        return read_hex(mst_span_cut(all, 2, all.len), ret_value);
    if (shape->format == MST_SN_BASE16)
        return read_hex(all, ret_value);
    if (mst_sn_format_is_mac(shape->format) && mst_sn_read_mac(all, ret_value))
        return true;
    return mst_span_u64(all, UINT64_MAX, ret_value) == MST_OK;
}

/* ---- given by options ---- */

static enum cli_exit read_shape(struct cli *cli, struct mst_sn_shape *ret_shape)
{
    const char *format = cli_options_text(&cli->options, "format");
    const char *casing = cli_options_text(&cli->options, "casing");
    uint64_t length;

    if (format == NULL || !mst_sn_format_of(mst_span_str(format), &ret_shape->format))
        return cli_fail(cli, CLI_USAGE,
                        "--format is one of base10, base16, mac:48, mac-48, mac.48 (or give --file "
                        "FILE)");
    if (casing != NULL && !mst_sn_casing_of(mst_span_str(casing), &ret_shape->casing))
        return cli_fail(cli, CLI_USAGE, "--casing is upper or lower");
    if (cli_options_number(&cli->options, "length", 1, MST_SN_MAX, 0, &length) != MST_OK)
        return cli_fail(cli, CLI_USAGE, "%s", cli->options.problem);
    ret_shape->length = (unsigned)length;
    if (mst_sn_format_is_mac(ret_shape->format) && length > 0)
        return cli_fail(cli, CLI_USAGE, "a MAC address has no --length");
    if (ret_shape->format == MST_SN_BASE10 && casing != NULL)
        return cli_fail(cli, CLI_USAGE, "decimal digits have no --casing");
    return CLI_OK;
}

static enum cli_exit read_end(struct cli *cli, const struct mst_sn_shape *shape, const char *option,
                              uint64_t *ret_value)
{
    const char *text = cli_options_text(&cli->options, option);
    struct mst_span all = mst_span_str(text);

    if (text == NULL)
        return cli_fail(cli, CLI_USAGE, "which --%s?", option);
    if (!cli_ranges_end(shape, text, ret_value))
        return cli_fail(cli, CLI_USAGE,
                        "--%s %s is no serial number of that format, and no number up to 2^64 - 1",
                        option, text);
    if (!mst_sn_format_is_mac(shape->format) && shape->length == 0 && all.len > 1 &&
        all.ptr[0] == '0' && all.ptr[1] != 'x' && all.ptr[1] != 'X')
        return cli_fail(cli, CLI_USAGE,
                        "--%s %s has zeros in front: if the serial numbers have them too, say "
                        "--length %zu",
                        option, text, all.len);
    return CLI_OK;
}

static enum cli_exit from_options(struct cli *cli, struct cli_ranges *ranges)
{
    struct mst_sn_range *range = mst_arena_alloc(&ranges->arena, sizeof *range);
    enum cli_exit exit = range != NULL ? read_shape(cli, &range->shape) : cli_no_memory(cli);

    if (exit == CLI_OK)
        exit = read_end(cli, &range->shape, "first", &range->first);
    if (exit == CLI_OK)
        exit = read_end(cli, &range->shape, "last", &range->last);
    if (exit == CLI_OK && !mst_sn_range_is_good(range))
        exit = cli_fail(cli, CLI_USAGE,
                        range->first > range->last
                            ? "--first lies behind --last"
                            : "--last is too large: it must be written with --length digits, and "
                              "a MAC with 48 bits");
    ranges->items = range;
    ranges->n_items = 1;
    return exit;
}

/* ---- given as JSON ---- */

static enum mst_err read_json(struct cli_ranges *ranges, struct mst_span text, size_t max)
{
    return mst_ranges_json_read(text, &ranges->arena, max, &ranges->items, &ranges->n_items);
}

static enum cli_exit from_file(struct cli *cli, struct cli_ranges *ranges, const char *path)
{
    struct mst_buf text;
    enum cli_exit exit;

    mst_buf_init(&text, FILE_MAX);
    exit = cli_file_read(cli, path, FILE_MAX, &text);
    if (exit == CLI_OK) {
        switch ((int)read_json(ranges, mst_buf_span(&text), MST_RANGES_MAX)) {
        case MST_OK:
            break;
        case MST_ENOMEM:
            exit = cli_no_memory(cli);
            break;
        case MST_EFULL:
            exit = cli_fail(cli, CLI_USAGE, "%s: a model has room for %d ranges", path,
                            MST_RANGES_MAX);
            break;
        case MST_EINVAL:
            exit = cli_fail(cli, CLI_USAGE,
                            "%s: one of the ranges cannot be: see 'muster range add --help'", path);
            break;
        default:
            exit = cli_fail(cli, CLI_USAGE,
                            "%s is no JSON of ranges: {\"ranges\": [{\"format\": ..., \"length\": "
                            "..., \"casing\": ..., \"first\": ..., \"last\": ...}]}",
                            path);
        }
    }
    if (exit == CLI_OK && ranges->n_items == 0)
        exit = cli_fail(cli, CLI_USAGE, "%s: there is no range in it", path);
    mst_buf_fini(&text);
    return exit;
}

enum cli_exit cli_ranges_given(struct cli *cli, struct cli_ranges *ranges)
{
    static const char *const options[] = {"format", "length", "casing", "first", "last"};
    const char *path = cli_options_text(&cli->options, "file");

    if (path == NULL)
        return from_options(cli, ranges);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (cli_options_has(&cli->options, options[i]))
            return cli_fail(cli, CLI_USAGE, "--%s does not go with --file", options[i]);
    return from_file(cli, ranges, path);
}

/* ---- the server's ---- */

enum cli_exit cli_ranges_stored(struct cli *cli, const char *model, bool is_aside,
                                struct cli_ranges *ranges)
{
    struct cli_reply reply;
    enum cli_exit exit = cli_api(cli,
                                 &(struct cli_call){.who = CLI_VENDOR,
                                                    .method = "GET",
                                                    .path = CLI_MODELS,
                                                    .names = {model},
                                                    .tail = "/?show=ranges",
                                                    .reasons = MODEL_REASONS,
                                                    .is_aside = is_aside},
                                 &reply);
    enum mst_err err = MST_OK;

    if (exit == CLI_OK && reply.status != 204)
        err = read_json(ranges, mst_buf_span(&reply.body), MST_RANGES_MAX);
    if (exit == CLI_OK && err == MST_ENOMEM)
        exit = cli_no_memory(cli);
    else if (exit == CLI_OK && err != MST_OK)
        exit =
            is_aside ? CLI_REFUSED : cli_fail(cli, CLI_SERVER, "the reply is not a list of ranges");
    cli_reply_fini(&reply);
    return exit;
}

/* ---- for people ---- */

void cli_ranges_say(struct mst_buf *out, const struct mst_sn_range *range)
{
    const char *casing = mst_sn_casing_word(range->shape.casing);
    char first[MST_SN_MAX + 1], last[MST_SN_MAX + 1];

    (void)mst_sn_write(&range->shape, range->first, first);
    (void)mst_sn_write(&range->shape, range->last, last);
    (void)mst_buf_addf(out, "%s%s%s, %s to %s", mst_sn_format_word(range->shape.format),
                       casing != NULL ? " " : "", casing != NULL ? casing : "", first, last);
}

void cli_ranges_size(const struct mst_sn_range *range, char ret_text[24])
{
    uint64_t n = range->last - range->first;

    if (n == UINT64_MAX)
        (void)snprintf(ret_text, 24, "18446744073709551616");
    else
        (void)snprintf(ret_text, 24, "%llu", (unsigned long long)n + 1);
}
