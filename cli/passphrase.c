#include "cli/passphrase.h"

#include <argon2.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/profile.h"
#include "sys/random.h"

enum {
    /* About 0.2 s and 64 MiB a try (RFC 9106, section 4: the second choice, for little memory). */
    PASSES = 3,
    MEMORY_KIB = 64 * 1024,
    LANES = 4,
    /* More than anybody has reason to choose. */
    PASSES_MAX = 64,
    MEMORY_KIB_MAX = 1024 * 1024,
    LANES_MAX = 64,
    PASSPHRASE_MIN = 8,
    PASSPHRASE_MAX = 1024
};

void cli_kdf_new(struct cli_kdf *kdf)
{
    mst_random_bytes(kdf->salt, sizeof kdf->salt);
    kdf->passes = PASSES;
    kdf->memory_kib = MEMORY_KIB;
    kdf->lanes = LANES;
}

bool cli_kdf_is_bearable(const struct cli_kdf *kdf)
{
    return kdf->passes > 0 && kdf->passes <= PASSES_MAX && kdf->lanes > 0 &&
           kdf->lanes <= LANES_MAX && kdf->memory_kib >= 8 * kdf->lanes &&
           kdf->memory_kib <= MEMORY_KIB_MAX;
}

enum { CONTROL_C = 3 };

/* A line of the terminal, not shown. Ctrl-C ends it as Enter does, so that the terminal is put right. */
static enum cli_exit ask(struct cli *cli, const char *prompt, struct mst_buf *ret)
{
    struct termios shown, hidden;
    char line[PASSPHRASE_MAX];
    ssize_t n;
    bool is_read;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &shown) != 0)
        return cli_fail(cli, CLI_USAGE,
                        "a passphrase is needed: name a file with --passphrase-file, or run this "
                        "on a terminal");
    hidden = shown;
    hidden.c_lflag &= (tcflag_t) ~(ECHO | ISIG);
    hidden.c_cc[VEOL] = CONTROL_C;
    (void)fputs(prompt, cli->err);
    (void)fflush(cli->err);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    n = read(STDIN_FILENO, line, sizeof line - 1);
    line[n > 0 ? n : 0] = '\0';
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    (void)fputc('\n', cli->err);
    is_read = n > 0 && !memchr(line, CONTROL_C, (size_t)n);
    if (is_read)
        (void)mst_buf_add(ret, mst_span_of(line, strcspn(line, "\r\n")));
    mst_secret_wipe(line, sizeof line);
    return is_read && mst_buf_err(ret) == MST_OK ? CLI_OK
                                                 : cli_fail(cli, CLI_LOCAL, "nothing was typed");
}

static enum cli_exit ask_again(struct cli *cli, const struct mst_buf *first)
{
    struct mst_buf second;
    enum cli_exit exit;

    mst_buf_init(&second, PASSPHRASE_MAX);
    exit = ask(cli, "The same again: ", &second);
    if (exit == CLI_OK && !mst_secret_eq(mst_buf_span(first), mst_buf_span(&second)))
        exit = cli_fail(cli, CLI_USAGE, "the two passphrases differ");
    mst_buf_wipe(&second);
    mst_buf_fini(&second);
    return exit;
}

enum cli_exit cli_passphrase_get(struct cli *cli, bool is_new, struct mst_buf *ret)
{
    const char *path = cli_options_text(&cli->options, "passphrase-file");
    enum cli_exit exit;

    if (path != NULL)
        exit = cli_file_read(cli, path, PASSPHRASE_MAX, ret);
    else
        exit = ask(cli, "Passphrase: ", ret);
    if (exit == CLI_OK)
        ret->len = mst_span_find(mst_buf_span(ret), '\n', 0);
    while (exit == CLI_OK && ret->len > 0 && ret->ptr[ret->len - 1] == '\r')
        ret->len--;
    if (exit == CLI_OK && is_new && ret->len < PASSPHRASE_MIN)
        exit = cli_fail(cli, CLI_USAGE, "a passphrase of fewer than %d characters keeps nobody out",
                        PASSPHRASE_MIN);
    if (exit == CLI_OK && is_new && path == NULL)
        exit = ask_again(cli, ret);
    return exit;
}

enum cli_exit cli_passphrase_key(struct cli *cli, struct mst_span passphrase,
                                 const struct cli_kdf *kdf, struct mst_secret_key *ret_key)
{
    int rc =
        argon2id_hash_raw(kdf->passes, kdf->memory_kib, kdf->lanes, passphrase.ptr, passphrase.len,
                          kdf->salt, sizeof kdf->salt, ret_key->bytes, sizeof ret_key->bytes);

    return rc == ARGON2_OK ? CLI_OK
                           : cli_fail(cli, CLI_LOCAL, "argon2id: %s", argon2_error_message(rc));
}
