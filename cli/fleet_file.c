#include "cli/fleet_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/limits.h"

enum { ROOM = MST_FLEET_LINE_MAX + 2 }; /* with its end and a NUL */

/* ---- the seal ---- */

static bool read_hex(const json_t *object, const char *name, uint8_t *ret_bytes, size_t len)
{
    const char *text = json_string_value(json_object_get(object, name));

    return mst_hex_decode(mst_span_str(text), ret_bytes, len) == MST_OK;
}

static bool read_number(const json_t *object, const char *name, uint32_t *ret_number)
{
    json_int_t number = json_integer_value(json_object_get(object, name));

    *ret_number = number > 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
    return *ret_number != 0;
}

static bool read_kdf(const json_t *object, struct cli_seal *seal)
{
    const char *name = json_string_value(json_object_get(object, "kdf"));

    seal->has_kdf = name != NULL;
    return name == NULL ||
           (strcmp(name, "argon2id") == 0 &&
            read_hex(object, "salt", seal->kdf.salt, sizeof seal->kdf.salt) &&
            read_number(object, "passes", &seal->kdf.passes) &&
            read_number(object, "memory_kib", &seal->kdf.memory_kib) &&
            read_number(object, "lanes", &seal->kdf.lanes) && cli_kdf_is_bearable(&seal->kdf));
}

enum mst_err cli_seal_read(struct mst_span line, struct cli_seal *ret_seal)
{
    json_t *object = json_loadb(line.ptr != NULL ? line.ptr : "", line.len, 0, NULL);
    const char *type = json_string_value(json_object_get(object, "type"));
    struct cli_seal seal = {0};
    bool is_seal =
        type != NULL && strcmp(type, "seal") == 0 &&
        read_hex(object, "to", seal.envelope.to, sizeof seal.envelope.to) &&
        read_hex(object, "ephemeral", seal.envelope.ephemeral, sizeof seal.envelope.ephemeral) &&
        read_hex(object, "key", seal.envelope.key, sizeof seal.envelope.key) &&
        read_kdf(object, &seal);

    json_decref(object);
    if (is_seal)
        *ret_seal = seal;
    return is_seal ? MST_OK : MST_ESYNTAX;
}

static void add_hex(struct mst_buf *out, const char *name, const uint8_t *bytes, size_t len)
{
    char hex[2 * MST_ENVELOPE_KEY_BYTES];

    mst_hex_encode(mst_span_of(bytes, len), hex);
    (void)mst_buf_addf(out, ",\"%s\":\"%.*s\"", name, (int)(2 * len), hex);
}

enum mst_err cli_seal_write(struct mst_buf *out, const struct cli_seal *seal)
{
    const struct mst_envelope *envelope = &seal->envelope;

    (void)mst_buf_add_str(out, "{\"type\":\"seal\"");
    add_hex(out, "to", envelope->to, sizeof envelope->to);
    add_hex(out, "ephemeral", envelope->ephemeral, sizeof envelope->ephemeral);
    add_hex(out, "key", envelope->key, sizeof envelope->key);
    if (seal->has_kdf) {
        (void)mst_buf_add_str(out, ",\"kdf\":\"argon2id\"");
        add_hex(out, "salt", seal->kdf.salt, sizeof seal->kdf.salt);
        (void)mst_buf_addf(out, ",\"passes\":%u,\"memory_kib\":%u,\"lanes\":%u",
                           (unsigned)seal->kdf.passes, (unsigned)seal->kdf.memory_kib,
                           (unsigned)seal->kdf.lanes);
    }
    return mst_buf_add_str(out, "}\n");
}

bool cli_seal_key(const char *text, uint8_t ret_key[MST_X25519_BYTES])
{
    return mst_hex_decode(mst_span_str(text), ret_key, MST_X25519_BYTES) == MST_OK;
}

/* ---- the file ---- */

enum cli_exit cli_fleet_open(struct cli *cli, const char *path, struct cli_fleet_file *ret_file)
{
    *ret_file = (struct cli_fleet_file){.cli = cli, .path = path};
    ret_file->text = malloc(ROOM);
    if (ret_file->text == NULL)
        return cli_no_memory(cli);
    ret_file->stream = fopen(path, "re");
    if (ret_file->stream == NULL)
        return cli_fail(cli, CLI_LOCAL, "%s: %s", path, strerror(errno));
    return CLI_OK;
}

void cli_fleet_close(struct cli_fleet_file *file)
{
    if (file->stream != NULL)
        (void)fclose(file->stream);
    free(file->text);
    file->stream = NULL;
    file->text = NULL;
}

enum cli_exit cli_fleet_line(struct cli_fleet_file *file, struct mst_span *ret_line)
{
    size_t len;

    *ret_line = (struct mst_span){NULL, 0};
    if (fgets(file->text, ROOM, file->stream) == NULL) {
        if (ferror(file->stream))
            return cli_fail(file->cli, CLI_LOCAL, "%s: %s", file->path, strerror(errno));
        return CLI_OK;
    }
    file->n_lines++;
    len = strlen(file->text);
    if (len == 0 || file->text[len - 1] != '\n')
        return cli_fail(file->cli, CLI_REFUSED,
                        "%s, line %llu: it is cut off, or no line of a fleet's file", file->path,
                        (unsigned long long)file->n_lines);
    *ret_line = mst_span_of(file->text, len);
    return CLI_OK;
}

enum cli_exit cli_fleet_rewind(struct cli_fleet_file *file)
{
    file->n_lines = 0;
    return fseek(file->stream, 0, SEEK_SET) == 0
               ? CLI_OK
               : cli_fail(file->cli, CLI_LOCAL, "%s: %s (it is read more than once)", file->path,
                          strerror(errno));
}

enum cli_exit cli_fleet_survey(struct cli_fleet_file *file, uint64_t *ret_lines)
{
    bool is_ended = false;
    struct mst_span line;
    enum cli_exit exit;

    while ((exit = cli_fleet_line(file, &line)) == CLI_OK && line.len > 0)
        is_ended = mst_span_starts(line, MST_LIT("{\"type\":\"end\","));
    *ret_lines = file->n_lines;
    if (exit == CLI_OK && !is_ended)
        exit = cli_fail(file->cli, CLI_REFUSED,
                        "%s: the end is missing behind line %llu: it was cut off, or is no fleet's "
                        "file",
                        file->path, (unsigned long long)file->n_lines);
    return exit == CLI_OK ? cli_fleet_rewind(file) : exit;
}
