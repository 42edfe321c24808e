/*
 * judge - judges the histories in a file: lines "SN OPERATION", all lines of one serial number
 * together (tests/lib/history.h). Every serial number is PENDING at first.
 *
 * Prints "lost=0 double=0 ..." in one line; each history that cannot be explained goes to standard
 * error. Exit status 1 if there is any.
 */
#include "tests/lib/history.h"

#include <stdlib.h>

enum { LINE_CHARS = 512, SHOWN_MAX = 5 };

struct given {
    char key[MST_HISTORY_KEY_MAX + 1];
    size_t serial;
};

struct court {
    struct mst_history_op ops[MST_HISTORY_OPS_MAX];
    size_t n_ops;
    char sn[LINE_CHARS];
    size_t n_serials, n_operations;
    size_t n_wrong[MST_WRONG_COUNT], n_bad;
    struct given *given; /* every key of a 200, to find twins (I5) */
    size_t n_given, cap_given;
};

static void fail(const char *what, const char *line)
{
    (void)fprintf(stderr, "judge: %s: %s\n", what, line);
    exit(2);
}

static void show(const struct court *court, unsigned wrong)
{
    if (court->n_bad > SHOWN_MAX)
        return;
    (void)fprintf(stderr, "# %s:", court->sn);
    for (int i = 0; i < MST_WRONG_COUNT; i++) {
        if (wrong >> i & 1)
            (void)fprintf(stderr, " %s", mst_history_wrong_names[i]);
    }
    (void)fputc('\n', stderr);
    for (size_t i = 0; i < court->n_ops; i++) {
        const struct mst_history_op *op = &court->ops[i];
        (void)fprintf(stderr, "#   %c%d@%lld-%lld=%d/%.8s\n", "EARDG"[op->kind], op -> client,
                      (long long)op -> start_ns, (long long)op -> end_ns, op -> status, op -> key);
    }
}

static void remember_keys(struct court *court)
{
    for (size_t i = 0; i < court->n_ops; i++) {
        const struct mst_history_op *op = &court->ops[i];
        if (op->kind != MST_H_ACTIVATE || op->status != 200)
            continue;
        if (court->n_given == court->cap_given) {
            court->cap_given = court->cap_given ? court->cap_given * 2 : 65536;
            court->given = realloc(court->given, court->cap_given * sizeof *court->given);
            if (!court->given)
                fail("no memory", "");
        }
        memcpy(court->given[court->n_given].key, op->key, sizeof op->key);
        court->given[court->n_given++].serial = court->n_serials;
    }
}

static void judge_serial(struct court *court)
{
    struct mst_history history = {.ops = court->ops, .n_ops = court->n_ops, .is_enabled = true};
    unsigned wrong = 0;

    if (court->n_ops == 0)
        return;
    if (mst_history_judge(&history, &wrong))
        fail("cannot judge", court->sn);
    remember_keys(court);
    court->n_serials++;
    court->n_operations += court->n_ops;
    court->n_bad += wrong != 0;
    for (int i = 0; i < MST_WRONG_COUNT; i++)
        court->n_wrong[i] += wrong >> i & 1;
    if (wrong)
        show(court, wrong);
    court->n_ops = 0;
}

static int compare_given(const void *a, const void *b)
{
    return strcmp(((const struct given *)a)->key, ((const struct given *)b)->key);
}

static size_t count_twins(struct court *court)
{
    size_t n = 0;

    if (court->n_given > 0)
        qsort(court->given, court->n_given, sizeof *court->given, compare_given);
    for (size_t i = 1; i < court->n_given; i++) {
        n += strcmp(court->given[i].key, court->given[i - 1].key) == 0 &&
             court->given[i].serial != court->given[i - 1].serial;
    }
    return n;
}

static void take_line(struct court *court, const char *text)
{
    struct mst_cur cur = mst_cur_of(mst_span_str(text));
    struct mst_span sn, op;

    if (!mst_cur_until(&cur, ' ', &sn) || !mst_cur_until(&cur, '\n', &op))
        fail("no operation", text);
    if (!mst_span_eq(sn, mst_span_str(court->sn))) {
        judge_serial(court);
        memcpy(court->sn, sn.ptr, sn.len);
        court->sn[sn.len] = '\0';
    }
    if (court->n_ops == MST_HISTORY_OPS_MAX)
        fail("too many operations", court->sn);
    if (mst_history_parse(op, &court->ops[court->n_ops]))
        fail("not an operation", text);
    court->n_ops++;
}

int main(int argc, char **argv)
{
    struct court *court = calloc(1, sizeof *court);
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
    char line[LINE_CHARS];
    size_t n_twins;

    if (!f || !court)
        fail("cannot read", argc == 2 ? argv[1] : "one file name is expected");
    while (fgets(line, sizeof line, f))
        take_line(court, line);
    judge_serial(court);
    (void)fclose(f);
    n_twins = count_twins(court);
    (void)printf("serials=%zu operations=%zu keys=%zu", court->n_serials, court->n_operations,
                 court->n_given);
    for (int i = 0; i < MST_WRONG_COUNT; i++)
        (void)printf(" %s=%zu", mst_history_wrong_names[i], court->n_wrong[i]);
    (void)printf(" twins=%zu\n", n_twins);
    n_twins += court->n_bad;
    free(court->given);
    free(court);
    return n_twins ? EXIT_FAILURE : EXIT_SUCCESS;
}
