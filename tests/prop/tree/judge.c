#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/prop/tree/judge.h"

void mst_judge_add(struct mst_judge_text *text, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    text->len +=
        (size_t)vsnprintf(&text->bytes[text->len], sizeof text->bytes - text->len, fmt, args);
    va_end(args);
    assert(text->len < sizeof text->bytes);
}

static char *handle_of(struct mst_naive *tree, enum mst_judge_mark mark, int i)
{
    return mark == JUDGE_RID    ? tree->nodes[i].rid
           : mark == JUDGE_CIK  ? tree->keys[i].cik
           : mark == JUDGE_CODE ? tree->shares[i].code
                                : tree->tokens[i].text;
}

static bool is_known(struct mst_naive *tree, const char *handle)
{
    const int counts[JUDGE_MARKS] = {[JUDGE_RID] = tree->n_nodes,
                                     [JUDGE_CIK] = tree->n_keys,
                                     [JUDGE_CODE] = tree->n_shares,
                                     [JUDGE_TOKEN] = tree->n_tokens};

    for (int mark = JUDGE_RID; mark < JUDGE_MARKS; mark++)
        for (int i = 0; i < counts[mark]; i++)
            if (memcmp(handle_of(tree, (enum mst_judge_mark)mark, i), handle, 40) == 0)
                return true;
    return false;
}

static bool is_handle(struct mst_span text)
{
    size_t n = 0;

    while (n < text.len && n < 40 && strchr("0123456789abcdef", text.ptr[n]))
        n++;
    return n == 40;
}

static bool meets_handle(struct mst_naive *tree, char *known, struct mst_span got)
{
    if (!is_handle(got))
        return false;
    if (known[0] != '\0')
        return memcmp(known, got.ptr, 40) == 0;
    if (is_known(tree, got.ptr))
        return false;
    memcpy(known, got.ptr, 40);
    return true;
}

bool mst_judge_meets(struct mst_naive *tree, const struct mst_judge_text *expected,
                     struct mst_span got)
{
    const char *want = expected->bytes;
    size_t at = 0;

    while (*want != '\0') {
        const enum mst_judge_mark mark = (enum mst_judge_mark)(unsigned char)*want;
        char *end;

        if (mark >= JUDGE_MARKS) {
            if (at == got.len || got.ptr[at++] != *want++)
                return false;
            continue;
        }
        char *known = handle_of(tree, mark, (int)strtol(want + 1, &end, 10));

        if (!meets_handle(tree, known, mst_span_cut(got, at, got.len)))
            return false;
        want = end + 1;
        at += 40;
    }
    return at == got.len;
}

void mst_judge_make_readable(struct mst_judge_text *expected)
{
    for (char *c = expected->bytes; *c; c++)
        if ((enum mst_judge_mark)(unsigned char)*c < JUDGE_MARKS)
            *c = '#';
}
