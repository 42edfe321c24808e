#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "core/access.h"
#include "core/data.h"
#include "core/preprocess.h"
#include "core/subscribe.h"

enum operation { ADD, SUB, MUL, DIV, MOD, GT, GEQ, LT, LEQ, EQ, NEQ, VALUE, FAIL };

static const char *const words[] = {
    [ADD] = "add", [SUB] = "sub", [MUL] = "mul", [DIV] = "div", [MOD] = "mod", [GT] = "gt",
    [GEQ] = "geq", [LT] = "lt",   [LEQ] = "leq", [EQ] = "eq",   [NEQ] = "neq", [VALUE] = "value",
};

/* A value is what its text says. A truth is the number 1 or 0. */
struct operand {
    bool is_truth, is_whole, is_number; /* is_number, too, if is_whole */
    int64_t whole;
    double number;
    struct mst_span text; /* of what is no number */
};

struct step {
    enum operation operation;
    int64_t port_id; /* whose latest value it is; 0: constant */
    struct operand constant;
};

struct mst_preprocess {
    struct step *steps;
    size_t n;
};

/* ---- operands ---- */

static struct operand of_whole(int64_t whole)
{
    return (struct operand){
        .is_whole = true, .is_number = true, .whole = whole, .number = (double)whole};
}

static struct operand of_truth(bool is_true)
{
    struct operand operand = of_whole(is_true);

    operand.is_truth = true;
    return operand;
}

static struct operand of_text(struct mst_span text)
{
    struct operand operand = {.text = text};
    int64_t whole;

    if (mst_span_i64(text, &whole) == MST_OK)
        return of_whole(whole);
    operand.is_number = mst_data_number(text, &operand.number);
    return operand;
}

/* A number is finite: calculate sees to it. */
static enum mst_err print(struct mst_arena *arena, const struct operand *operand, bool is_spelled,
                          struct mst_span *ret_text)
{
    enum mst_verdict verdict = MST_DONE;
    struct mst_span text;
    enum mst_err err = MST_OK;

    if (operand->is_truth && is_spelled)
        *ret_text = operand->whole ? MST_LIT("true") : MST_LIT("false");
    else if (operand->is_whole)
        return mst_arena_printf(arena, ret_text, "%lld", (long long)operand->whole);
    else if (!operand->is_number)
        *ret_text = operand->text;
    else {
        err = mst_arena_printf(arena, &text, "%.17g", operand->number);
        if (err == MST_OK) /* in the shortest form */
            err = mst_data_convert(arena, MST_FORMAT_FLOAT, text, &verdict, ret_text);
    }
    assert(verdict == MST_DONE);
    return err;
}

/* ---- steps ---- */

/* Whole, if it can be. */
static bool calculate_whole(enum operation operation, int64_t a, int64_t b, int64_t *ret_whole)
{
    switch ((int)operation) {
    case ADD:
        return !__builtin_add_overflow(a, b, ret_whole);
    case SUB:
        return !__builtin_sub_overflow(a, b, ret_whole);
    case MUL:
        return !__builtin_mul_overflow(a, b, ret_whole);
    case DIV:
        if (b == 0 || b == -1 || a % b != 0) /* the smallest number by -1 does not fit */
            return b == -1 && !__builtin_sub_overflow(0, a, ret_whole);
        *ret_whole = a / b;
        return true;
    case MOD:
        if (b == 0)
            return false;
        *ret_whole = b == -1 ? 0 : a % b;
        return true;
    default:
        return false;
    }
}

static bool calculate(enum operation operation, const struct operand *a, const struct operand *b,
                      struct operand *ret_result)
{
    double number = 0;
    int64_t whole;

    if (!a->is_number || !b->is_number)
        return false;
    if (a->is_whole && b->is_whole && calculate_whole(operation, a->whole, b->whole, &whole)) {
        *ret_result = of_whole(whole);
        return true;
    }
    if (operation == ADD)
        number = a->number + b->number;
    else if (operation == SUB)
        number = a->number - b->number;
    else if (operation == MUL)
        number = a->number * b->number;
    else if (b->number == 0)
        return false;
    else
        number = operation == DIV ? a->number / b->number : fmod(a->number, b->number);
    *ret_result = (struct operand){.is_number = true, .number = number};
    return isfinite(number);
}

/* What is no number is compared as it is written. */
static enum mst_err order(struct mst_arena *arena, const struct operand *a, const struct operand *b,
                          int *ret_order)
{
    const bool is_spelled = a->is_truth || b->is_truth;
    struct mst_span left, right;
    enum mst_err err;

    if (a->is_whole && b->is_whole)
        *ret_order = a->whole < b->whole ? -1 : a->whole > b->whole;
    else if (a->is_number && b->is_number)
        *ret_order = a->number < b->number ? -1 : a->number > b->number;
    else {
        err = print(arena, a, is_spelled, &left);
        if (err == MST_OK)
            err = print(arena, b, is_spelled, &right);
        if (err != MST_OK)
            return err;
        *ret_order = mst_span_cmp(left, right);
    }
    return MST_OK;
}

static bool is_met(enum operation operation, int order)
{
    switch ((int)operation) {
    case GT:
        return order > 0;
    case GEQ:
        return order >= 0;
    case LT:
        return order < 0;
    case LEQ:
        return order <= 0;
    case EQ:
        return order == 0;
    default:
        return order != 0;
    }
}

static enum mst_err do_step(struct mst_tx *tx, const struct step *step, struct operand *value,
                            bool *ret_is_good)
{
    enum mst_verdict verdict = MST_DONE;
    struct operand operand = step->constant;
    struct mst_row_point point;
    int sign = 0;
    enum mst_err err = MST_OK;

    *ret_is_good = false;
    if (step->operation == FAIL)
        return MST_OK;
    if (step->port_id != 0)
        err = mst_data_latest(tx, step->port_id, &verdict, &point);
    if (err != MST_OK || verdict != MST_DONE)
        return err;
    if (step->port_id != 0)
        operand = of_text(point.value);
    *ret_is_good = true;
    if (step->operation == VALUE)
        *value = operand;
    else if (step->operation <= MOD)
        *ret_is_good = calculate(step->operation, value, &operand, value);
    else {
        err = order(mst_tx_arena(tx), value, &operand, &sign);
        *value = of_truth(is_met(step->operation, sign));
    }
    return err;
}

enum mst_err mst_preprocess_run(const struct mst_preprocess *preprocess, struct mst_tx *tx,
                                struct mst_span text, bool is_spelled,
                                enum mst_verdict *ret_verdict, struct mst_span *ret_value)
{
    struct mst_arena *arena = mst_tx_arena(tx);
    const struct mst_arena_mark mark = mst_arena_mark(arena);
    struct operand value = of_text(text);
    bool is_good = true;
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < preprocess->n && err == MST_OK && is_good; i++) {
        if (value.is_number || preprocess->steps[i].operation == VALUE)
            mst_arena_rewind(arena, mark); /* nothing that was read is needed any more */
        err = do_step(tx, &preprocess->steps[i], &value, &is_good);
    }
    *ret_verdict = is_good ? MST_DONE : MST_BAD_VALUE;
    return err == MST_OK && is_good ? print(arena, &value, is_spelled, ret_value) : err;
}

size_t mst_preprocess_n_reads(const struct mst_preprocess *preprocess)
{
    size_t n = 0;

    for (size_t i = 0; i < preprocess->n; i++)
        n += preprocess->steps[i].port_id != 0;
    return n;
}

/* ---- reading ---- */

struct reading {
    const struct mst_domain *domain;
    struct mst_tx *tx;
    struct mst_arena *arena;
    const struct mst_row_resource *port;
};

/* A text may be a RID. */
static enum mst_err read_text(const struct reading *reading, struct mst_span text,
                              struct step *step)
{
    struct mst_arena *arena = mst_tx_arena(reading->tx);
    const struct mst_arena_mark mark = mst_arena_mark(arena);
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_row_resource source;
    bool may = false;
    enum mst_err err = MST_OK;

    step->constant = of_text(text);
    if (text.len == MST_HANDLE_CHARS)
        err = mst_access_rid(reading->domain, reading->tx, text, &verdict, &source);
    if (err == MST_OK && verdict == MST_DONE) {
        err = mst_subscribe_may(reading->tx, &source, reading->port, &may);
        step->port_id = source.id;
        step->operation = may ? step->operation : FAIL;
    }
    mst_arena_rewind(arena, mark);
    return err;
}

static enum mst_err read_constant(const struct reading *reading, struct mst_json *json,
                                  struct step *step)
{
    const enum mst_json_kind kind = mst_json_kind(json);
    struct mst_span text;
    enum mst_err err;

    if (kind == MST_JSON_TRUE || kind == MST_JSON_FALSE) {
        step->constant = of_truth(kind == MST_JSON_TRUE);
        return mst_json_skip(json);
    }
    if (kind == MST_JSON_NUMBER) {
        err = mst_json_number(json, &text);
        step->constant = of_text(text);
        return err;
    }
    err = mst_json_string(json, reading->arena, &text);
    return err == MST_OK ? read_text(reading, text, step) : err;
}

static enum operation find_operation(struct mst_span word)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (mst_span_eq(mst_span_str(words[i]), word))
            return (enum operation)i;
    return FAIL;
}

static enum mst_err read_step(const struct reading *reading, struct mst_json *json,
                              struct step *step)
{
    struct mst_span word;
    bool is_more = false;
    enum mst_err err = mst_json_open(json, '[');

    if (err == MST_OK)
        err = mst_json_element(json, &is_more);
    if (err == MST_OK)
        err = is_more ? mst_json_string(json, reading->arena, &word) : MST_ESYNTAX;
    if (err == MST_OK)
        err = mst_json_element(json, &is_more);
    if (err != MST_OK || !is_more)
        return err != MST_OK ? err : MST_ESYNTAX;
    step->operation = find_operation(word);
    err = read_constant(reading, json, step);
    if (err == MST_OK)
        err = mst_json_element(json, &is_more);
    return err == MST_OK && is_more ? MST_ESYNTAX : err;
}

static enum mst_err read_steps(const struct reading *reading, struct mst_span list,
                               struct step steps[MST_FLOW_STEPS_MAX], size_t *ret_n)
{
    struct mst_json json = mst_json_of(list);
    bool is_more;
    size_t n = 0;
    enum mst_err err = mst_json_open(&json, '[');

    while (err == MST_OK && (err = mst_json_element(&json, &is_more)) == MST_OK && is_more) {
        if (n == MST_FLOW_STEPS_MAX)
            return MST_ESYNTAX;
        err = read_step(reading, &json, &steps[n]);
        n++;
    }
    *ret_n = n;
    return err;
}

enum mst_err mst_preprocess_read(const struct mst_domain *domain, struct mst_tx *tx,
                                 struct mst_arena *arena, const struct mst_row_resource *port,
                                 struct mst_span list, struct mst_preprocess **ret_preprocess)
{
    const struct reading reading = {domain, tx, arena, port};
    struct step steps[MST_FLOW_STEPS_MAX] = {{.operation = FAIL}};
    struct mst_preprocess preprocess, *copy;
    enum mst_err err = read_steps(&reading, list, steps, &preprocess.n);

    if (err != MST_OK && err != MST_ESYNTAX)
        return err;
    if (err == MST_ESYNTAX) {
        preprocess.n = 1;
        steps[0] = (struct step){.operation = FAIL};
    }
    copy = mst_arena_alloc(arena, sizeof *copy);
    preprocess.steps = mst_arena_array(arena, preprocess.n, sizeof *preprocess.steps);
    if (!copy || !preprocess.steps)
        return MST_ENOMEM;
    memcpy(preprocess.steps, steps, preprocess.n * sizeof *steps);
    *copy = preprocess;
    *ret_preprocess = copy;
    return MST_OK;
}
