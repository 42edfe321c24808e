#include "cli/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

enum { SECRET_FILE_MAX = 4096, PROFILE_MAX = 65536, PATH_LEN_MAX = 4096, READ_STEP = 65536 };

static bool is_handle(struct mst_span text)
{
    if (text.len != MST_HANDLE_CHARS)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

bool cli_secret_parse(struct mst_span text, struct cli_secret *ret_secret)
{
    if (!is_handle(text))
        return false;
    ret_secret->is_set = true;
    memcpy(ret_secret->handle.text, text.ptr, MST_HANDLE_CHARS);
    return true;
}

/* On failure errno tells; 0: too large. */
static bool read_all(FILE *file, size_t max_bytes, struct mst_buf *ret)
{
    mst_buf_init(ret, max_bytes + 1);
    for (;;) {
        size_t step = ret->max_bytes - ret->len < READ_STEP ? ret->max_bytes - ret->len : READ_STEP;
        char *room = NULL;
        size_t n;

        errno = 0;
        if (step == 0)
            return false;
        if (mst_buf_reserve(ret, step, &room) != MST_OK) {
            errno = ENOMEM;
            return false;
        }
        n = fread(room, 1, step, file);
        mst_buf_commit(ret, n);
        if (n < step)
            return ferror(file) == 0 && ret->len <= max_bytes;
    }
}

enum cli_exit cli_file_read(struct cli *cli, const char *path, size_t max_bytes,
                            struct mst_buf *ret)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file;
    enum cli_exit exit = CLI_OK;

    mst_buf_init(ret, max_bytes);
    if (is_stdin && cli->is_stdin_read)
        return cli_fail(cli, CLI_USAGE,
                        "standard input can be read once only: of all options that name a file, "
                        "one may be -");
    cli->is_stdin_read = cli->is_stdin_read || is_stdin;
    file = is_stdin ? stdin : fopen(path, "re");
    if (file == NULL)
        return cli_fail(cli, CLI_LOCAL, "cannot read %s: %s", path, strerror(errno));
    if (!read_all(file, max_bytes, ret)) {
        exit = cli_fail(cli, CLI_LOCAL, "cannot read %s: %s", path,
                        errno != 0 ? strerror(errno) : "it is too large");
        mst_buf_wipe(ret);
        mst_buf_fini(ret);
    }
    if (!is_stdin)
        (void)fclose(file);
    return exit;
}

enum cli_exit cli_secret_read(struct cli *cli, const char *path, struct cli_secret *ret_secret)
{
    struct mst_buf text;
    struct mst_span trimmed;
    enum cli_exit exit = cli_file_read(cli, path, SECRET_FILE_MAX, &text);

    if (exit != CLI_OK)
        return exit;
    trimmed = mst_buf_span(&text);
    while (trimmed.len > 0 && strchr(" \t\r\n", trimmed.ptr[trimmed.len - 1]) != NULL)
        trimmed.len--;
    trimmed = mst_span_trim(trimmed);
    if (!cli_secret_parse(trimmed, ret_secret))
        exit = cli_fail(cli, CLI_LOCAL, "%s holds no key: 40 characters out of 0-9a-f are expected",
                        path);
    mst_buf_wipe(&text);
    mst_buf_fini(&text);
    return exit;
}

enum cli_exit cli_secret_take_env(struct cli *cli, const char *name, struct cli_secret *ret_secret)
{
    char *text = getenv(name);
    bool is_good;

    if (text == NULL || text[0] == '\0')
        return CLI_OK;
    is_good = cli_secret_parse(mst_span_str(text), ret_secret);
    mst_secret_wipe(text, strlen(text));
    (void)unsetenv(name);
    return is_good ? CLI_OK
                   : cli_fail(cli, CLI_USAGE, "%s must be 40 characters out of 0-9a-f", name);
}

bool cli_profile_path(const struct cli *cli, char *ret_path, size_t max, bool *ret_is_named)
{
    const char *named = cli_options_text(&cli->options, "profile");
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int len;

    if (named == NULL)
        named = getenv("MUSTER_PROFILE");
    *ret_is_named = named != NULL && named[0] != '\0';
    if (*ret_is_named)
        len = snprintf(ret_path, max, "%s", named);
    else if (config != NULL && config[0] == '/')
        len = snprintf(ret_path, max, "%s/muster/profile.json", config);
    else if (home != NULL && home[0] == '/')
        len = snprintf(ret_path, max, "%s/.config/muster/profile.json", home);
    else
        return false;
    return len > 0 && (size_t)len < max;
}

static bool take_text(const json_t *object, const char *key, char **ret_text)
{
    const char *text = json_string_value(json_object_get(object, key));

    if (text == NULL)
        return json_object_get(object, key) == NULL;
    *ret_text = strdup(text);
    return *ret_text != NULL;
}

static bool take_secret(const json_t *object, const char *key, struct cli_secret *ret_secret)
{
    const json_t *value = json_object_get(object, key);

    if (value == NULL)
        return true;
    return json_is_string(value) &&
           cli_secret_parse(mst_span_of(json_string_value(value), json_string_length(value)),
                            ret_secret);
}

static bool take_all(const json_t *object, struct cli_profile *ret)
{
    return json_is_object(object) && take_text(object, "server", &ret->server) &&
           take_text(object, "vendor", &ret->vendor) &&
           take_text(object, "vendor_rid", &ret->vendor_rid) &&
           take_text(object, "portal_rid", &ret->portal_rid) &&
           take_text(object, "template_rid", &ret->template_rid) &&
           take_secret(object, "vendor_cik", &ret->vendor_cik) &&
           take_secret(object, "token", &ret->token) &&
           take_secret(object, "portal_cik", &ret->portal_cik);
}

enum cli_exit cli_profile_read(struct cli *cli, const char *path, bool is_required)
{
    struct mst_buf text;
    struct stat st;
    json_t *object;
    enum cli_exit exit = CLI_OK;

    if (stat(path, &st) == 0) {
        if (S_ISREG(st.st_mode) && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
            return cli_fail(
                cli, CLI_LOCAL,
                "others may read the keys in %s, so it is not used: run 'chmod 600 %s'; "
                "if somebody else may have read them, make new ones ('muster token "
                "create')",
                path, path);
    } else if (errno == ENOENT && !is_required) {
        return CLI_OK;
    }
    exit = cli_file_read(cli, path, PROFILE_MAX, &text);
    if (exit != CLI_OK)
        return exit;
    if (text.len == 0) { /* --profile /dev/null */
        mst_buf_fini(&text);
        return CLI_OK;
    }
    object = json_loadb(text.ptr, text.len, 0, NULL);
    mst_buf_wipe(&text);
    mst_buf_fini(&text);
    if (!take_all(object, &cli->saved))
        exit = cli_fail(cli, CLI_LOCAL,
                        "%s is not a profile: write it with 'muster init ... --save', or give "
                        "--profile /dev/null to do without",
                        path);
    json_decref(object);
    return exit;
}

void cli_profile_fini(struct cli_profile *profile)
{
    free(profile->server);
    free(profile->vendor);
    free(profile->vendor_rid);
    free(profile->portal_rid);
    free(profile->template_rid);
    mst_secret_wipe(profile, sizeof *profile);
}

/* The directories above path, mode 0700. */
static bool make_parents(const char *path)
{
    char dir[PATH_LEN_MAX];
    int len = snprintf(dir, sizeof dir, "%s", path);

    if (len < 0 || (size_t)len >= sizeof dir) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (size_t i = 1; dir[i] != '\0'; i++) {
        if (dir[i] != '/')
            continue;
        dir[i] = '\0';
        if (mkdir(dir, 0700) != 0 && errno != EEXIST)
            return false;
        dir[i] = '/';
    }
    return true;
}

static bool write_all(int fd, struct mst_span text)
{
    size_t at = 0;

    while (at < text.len) {
        ssize_t n = write(fd, &text.ptr[at], text.len - at);

        if (n < 0 && errno != EINTR)
            return false;
        at += n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) == 0;
}

/* All of it, durable, or no file; errno tells why. */
static bool write_new(const char *path, struct mst_span text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool is_written;
    int why;

    if (fd < 0)
        return false;
    is_written = write_all(fd, text);
    why = errno;
    is_written = close(fd) == 0 && is_written;
    if (!is_written) {
        (void)unlink(path);
        errno = why;
    }
    return is_written;
}

static const char *kind_of(mode_t mode)
{
    return S_ISLNK(mode)    ? "a symbolic link"
           : S_ISDIR(mode)  ? "a directory"
           : S_ISFIFO(mode) ? "a pipe"
           : S_ISSOCK(mode) ? "a socket"
                            : "a device";
}

/* Writes text beside path under a name of its own, *ret_fresh. */
static enum cli_exit write_beside(struct cli *cli, const char *path, struct mst_span text,
                                  char ret_fresh[PATH_LEN_MAX])
{
    int len = snprintf(ret_fresh, PATH_LEN_MAX, "%s.%ld.new", path, (long)getpid());

    if (len < 0 || len >= PATH_LEN_MAX)
        errno = ENAMETOOLONG;
    else if (write_new(ret_fresh, text))
        return CLI_OK;
    return cli_fail(cli, CLI_LOCAL, "cannot write %s: %s", path, strerror(errno));
}

enum cli_exit cli_file_check_kind(struct cli *cli, const char *path)
{
    struct stat st;

    if (strcmp(path, "-") == 0)
        return cli_fail(cli, CLI_USAGE,
                        "a file name is needed, not -: keys go to a file of mode 0600");
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return cli_fail(cli, CLI_LOCAL,
                        "%s is not a regular file (%s), so it is neither replaced nor deleted: "
                        "name another",
                        path, kind_of(st.st_mode));
    return CLI_OK;
}

enum cli_exit cli_file_check(struct cli *cli, const char *path)
{
    char fresh[PATH_LEN_MAX];
    enum cli_exit exit = cli_file_check_kind(cli, path);

    if (exit == CLI_OK)
        exit = write_beside(cli, path, (struct mst_span){NULL, 0}, fresh);
    if (exit == CLI_OK)
        (void)unlink(fresh);
    return exit;
}

enum cli_exit cli_file_delete(struct cli *cli, const char *path)
{
    enum cli_exit exit = cli_file_check_kind(cli, path);

    if (exit == CLI_OK && unlink(path) != 0)
        exit = cli_fail(cli, CLI_LOCAL, "cannot delete %s: %s", path, strerror(errno));
    return exit;
}

enum cli_exit cli_file_replace(struct cli *cli, const char *path, struct mst_span text)
{
    char fresh[PATH_LEN_MAX];
    enum cli_exit exit = cli_file_check_kind(cli, path);

    if (exit == CLI_OK)
        exit = write_beside(cli, path, text, fresh);
    if (exit != CLI_OK || rename(fresh, path) == 0)
        return exit;
    (void)cli_fail(cli, CLI_LOCAL, "cannot write %s: %s", path, strerror(errno));
    (void)unlink(fresh);
    return CLI_LOCAL;
}

enum cli_exit cli_profile_write(struct cli *cli, const char *path, const json_t *object)
{
    char *text;
    enum cli_exit exit;

    if (!make_parents(path))
        return cli_fail(cli, CLI_LOCAL, "cannot make the directory of %s: %s", path,
                        strerror(errno));
    text = json_dumps(object, JSON_INDENT(2));
    if (text == NULL)
        return cli_no_memory(cli);
    exit = cli_file_replace(cli, path, mst_span_str(text));
    mst_secret_wipe(text, strlen(text));
    free(text);
    return exit;
}
