#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/unit.h"
#include "tests/prop/tree/judge.h"

void mst_judge_add(struct mst_judge_text *text, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    text->len +=
        (size_t)vsnprintf(&text->bytes[text->len], sizeof text->bytes - text->len, fmt, args);
    va_end(args);
    ck_assert_uint_lt(text->len, sizeof text->bytes);
}

static char *handle_of(struct mst_naive *tree, enum mst_judge_mark mark, int i)
{
    return mark == JUDGE_SAME_RID || mark == JUDGE_NEW_RID     ? tree->nodes[i].rid
           : mark == JUDGE_SAME_CODE || mark == JUDGE_NEW_CODE ? tree->shares[i].code
                                                               : tree->tokens[i].text;
}

bool mst_judge_meets(struct mst_naive *tree, const struct mst_judge_text *expected,
                     struct mst_span got)
{
    const char *want = expected->bytes;
    size_t at = 0;

    while (*want != '\0') {
        enum mst_judge_mark mark = (enum mst_judge_mark)(unsigned char)*want;
        char *end;

        if (mark > JUDGE_DIGITS) {
            if (at == got.len || got.ptr[at++] != *want++)
                return false;
            continue;
        }
        int i = (int)strtol(want + 1, &end, 10);

        want = end + 1;
        if (mark == JUDGE_DIGITS) {
            for (; at < got.len && got.ptr[at] >= '0' && got.ptr[at] <= '9'; at++)
                continue;
            continue;
        }
        if (got.len - at < 40)
            return false;
        if (mark == JUDGE_NEW_RID || mark == JUDGE_NEW_CODE || mark == JUDGE_NEW_TOKEN)
            memcpy(handle_of(tree, mark, i), &got.ptr[at], 40);
        else if (memcmp(handle_of(tree, mark, i), &got.ptr[at], 40) != 0)
            return false;
        at += 40;
    }
    return at == got.len;
}

void mst_judge_make_readable(struct mst_judge_text *expected)
{
    for (char *c = expected->bytes; *c; c++)
        if (*c <= JUDGE_DIGITS)
            *c = '#';
}
