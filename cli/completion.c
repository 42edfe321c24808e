#include "cli/completion.h"

#include <string.h>

#include "cli/procedures.h"

enum { QUESTION_MAX = 128 };

struct item {
    const char *name, *text;
};

/* Kinds of which there are few, by the words that stand for them in usages. */
#define AS_ITEM(name, arguments) {name, arguments},
static const struct item PROCEDURES[] = {
    CLI_PROCEDURES(AS_ITEM){NULL, NULL}
};
static const struct item KEYS[] = {
    {"vendor", "the vendor's key"},
    {"portal", "the portal's key"},
    {NULL,     NULL              }
};
static const struct {
    const char *kind;
    const struct item *items; /* NULL: files, which the shell knows */
    bool is_first;            /* of the operands, or any of them */
} KINDS[] = {
    {"FILE",      NULL,       false},
    {"DIR",       NULL,       false},
    {"PROCEDURE", PROCEDURES, true },
    {"WHOSE",     KEYS,       false},
};
enum { N_KINDS = sizeof KINDS / sizeof KINDS[0] };

struct script {
    FILE *out;
    const struct cli_dialect *dialect;
};

/* ---- one list ---- */

/* Inside single quotes, as all three shells read them. */
static void print_quoted(FILE *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c = &c[1]) {
        if (*c == '\'')
            (void)fputs("'\\''", out);
        else
            (void)fputc(*c, out);
    }
}

static void begin(const struct script *script, const char *question)
{
    (void)fprintf(script->out, "%s%s%s", script->dialect->question, question,
                  script->dialect->answer);
}

static void end(const struct script *script)
{
    (void)fputs(script->dialect->answer_end, script->out);
}

static void print_item(const struct script *script, const char *before, const char *name,
                       const char *text)
{
    const struct cli_dialect *dialect = script->dialect;

    (void)fprintf(script->out, "%s%s", before, name);
    if (dialect->text_before != NULL) {
        (void)fputs(dialect->text_before, script->out);
        print_quoted(script->out, text);
    }
    (void)fputs(dialect->end, script->out);
}

/* ---- of a command ---- */

/* "sn add"; "init", which has no name of its own. */
static const char *name_of(const struct cli_noun *noun, const struct cli_command *command,
                           char ret_name[QUESTION_MAX])
{
    (void)snprintf(ret_name, QUESTION_MAX, "%s%s%s", noun->name, command->name != NULL ? " " : "",
                   command->name != NULL ? command->name : "");
    return ret_name;
}

static void print_words(const struct script *script)
{
    char question[QUESTION_MAX];

    begin(script, "words ");
    for (size_t i = 0; i < cli_nouns_count; i++)
        print_item(script, "", cli_nouns[i]->name, cli_nouns[i]->summary);
    end(script);
    for (size_t i = 0; i < cli_nouns_count; i++) {
        const struct cli_noun *noun = cli_nouns[i];

        if (noun->commands[0].name == NULL)
            continue;
        (void)snprintf(question, sizeof question, "words %s", noun->name);
        begin(script, question);
        for (size_t k = 0; k < noun->n_commands; k++)
            print_item(script, "", noun->commands[k].name, noun->commands[k].summary);
        end(script);
    }
}

static void print_options(const struct script *script, const char *command,
                          const struct cli_option *options)
{
    char question[QUESTION_MAX];

    if (options == NULL)
        return;
    (void)snprintf(question, sizeof question, "options %s", command);
    begin(script, question);
    for (const struct cli_option *o = options; o->name != NULL; o = &o[1])
        print_item(script, "--", o->name, o->text);
    if (command[0] == '\0')
        print_item(script, "--", "help", "help; also after a command");
    end(script);
    for (const struct cli_option *o = options; o->name != NULL; o = &o[1]) {
        if (o->arg == NULL)
            continue;
        (void)snprintf(question, sizeof question, "value %s --%s", command, o->name);
        begin(script, question);
        (void)fputs(o->arg, script->out);
        end(script);
    }
}

/* What a word in a usage stands for; N_KINDS: for nothing that is known. */
static size_t kind_of(struct mst_span word)
{
    size_t i = 0;

    if (mst_span_starts(word, MST_LIT("[")))
        word = mst_span_cut(word, 1, word.len);
    while (i < N_KINDS && !mst_span_starts(word, mst_span_str(KINDS[i].kind)))
        i++;
    return i;
}

/* The kind of a command's operands; what stands behind an option is none of them. */
static size_t operand_kind(const struct cli_command *command)
{
    struct mst_cur cur = mst_cur_of(mst_span_str(command->usage));
    bool is_value = false;
    size_t kind = N_KINDS;

    while (!mst_cur_at_end(&cur) && kind == N_KINDS) {
        struct mst_span word;

        if (!mst_cur_until(&cur, ' ', &word))
            word = mst_cur_rest(&cur);
        kind = is_value ? N_KINDS : kind_of(word);
        is_value = mst_span_starts(word, MST_LIT("--")) || mst_span_starts(word, MST_LIT("[--"));
    }
    return kind;
}

static void print_command(const struct script *script, const struct cli_noun *noun,
                          const struct cli_command *command)
{
    char name[QUESTION_MAX], question[QUESTION_MAX + 16];
    size_t kind = operand_kind(command);

    print_options(script, name_of(noun, command, name), command->options);
    if (kind == N_KINDS)
        return;
    (void)snprintf(question, sizeof question, "operand %s%s", name,
                   KINDS[kind].is_first ? " 0" : "");
    begin(script, question);
    (void)fputs(KINDS[kind].kind, script->out);
    end(script);
}

static void print_kinds(const struct script *script)
{
    char question[QUESTION_MAX];

    for (size_t i = 0; i < N_KINDS; i++) {
        if (KINDS[i].items == NULL)
            continue;
        (void)snprintf(question, sizeof question, "kind %s", KINDS[i].kind);
        begin(script, question);
        for (const struct item *item = KINDS[i].items; item->name != NULL; item = &item[1])
            print_item(script, "", item->name, item->text);
        end(script);
    }
}

void cli_completion_print(FILE *out, const struct cli_dialect *dialect)
{
    const struct script script = {out, dialect};

    (void)fputs(dialect->head, out);
    print_words(&script);
    print_options(&script, "", cli_global_options);
    for (size_t i = 0; i < cli_nouns_count; i++) {
        for (size_t k = 0; k < cli_nouns[i]->n_commands; k++)
            print_command(&script, cli_nouns[i], &cli_nouns[i]->commands[k]);
    }
    print_kinds(&script);
    (void)fputs(dialect->tail, out);
}
