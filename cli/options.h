/*
 * options.h - reads a command line by const tables of options.
 *
 * Long options only: --name VALUE, --name=VALUE, --flag; "--" ends them, "-h" is --help.
 * Options and operands may come in any order.
 */
#ifndef MST_CLI_OPTIONS_H
#define MST_CLI_OPTIONS_H

#include "base/span.h"

/* A table of these ends with CLI_OPTIONS_END. */
struct cli_option {
    const char *name; /* without the dashes */
    const char *arg;  /* what the value is called in help; NULL: a flag without a value */
    const char *text; /* one line of help */
};
#define CLI_OPTIONS_END  \
    {                    \
        NULL, NULL, NULL \
    }

struct cli_option_value {
    const struct cli_option *option;
    const char *value; /* NULL for a flag */
};

enum { CLI_PROBLEM_MAX = 256 };

struct cli_options {
    struct cli_option_value *values;
    size_t n_values;
    const char **operands;
    size_t n_operands;
    bool is_ended;                 /* "--" was seen */
    char problem[CLI_PROBLEM_MAX]; /* what is wrong, after MST_EINVAL */
};

/* Room for argc words; they are borrowed. MST_ENOMEM. */
MST_MUST_USE enum mst_err cli_options_init(struct cli_options *options, int argc);
void cli_options_fini(struct cli_options *options);

/*
 * Reads argv from *at on; *at is then the first word not read. is_word_wanted: stop before the
 * first operand instead of collecting operands. MST_EINVAL: see problem.
 */
MST_MUST_USE enum mst_err cli_options_read(struct cli_options *options,
                                           const struct cli_option *const *tables, size_t n_tables,
                                           int argc, char *const *argv, bool is_word_wanted,
                                           int *at);

/* The value given last; NULL if the option was not given. */
const char *cli_options_text(const struct cli_options *options, const char *name);
bool cli_options_has(const struct cli_options *options, const char *name);
/* The value of the nth (from 0) use of a repeatable option; NULL after the last. */
const char *cli_options_nth(const struct cli_options *options, const char *name, size_t nth);
/* A decimal number within [min, max], fallback if not given. MST_EINVAL: see problem. */
MST_MUST_USE enum mst_err cli_options_number(struct cli_options *options, const char *name,
                                             uint64_t min, uint64_t max, uint64_t fallback,
                                             uint64_t *ret_number);

#endif
