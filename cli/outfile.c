#include "cli/outfile.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/profile.h"

enum cli_exit cli_outfile_fail(const struct cli_outfile *file)
{
    return cli_fail(file->cli, CLI_LOCAL, "cannot write %s: %s",
                    file->path != NULL ? file->path : "standard output", strerror(errno));
}

enum cli_exit cli_outfile_begin(struct cli_outfile *file, struct cli *cli, const char *path)
{
    enum cli_exit exit;

    *file = (struct cli_outfile){.cli = cli, .path = path};
    if (path == NULL) {
        file->out = cli->out;
        return CLI_OK;
    }
    exit = cli_file_check_kind(cli, path);
    if (exit != CLI_OK)
        return exit;
    if (snprintf(file->fresh, sizeof file->fresh, "%s.%ld.new", path, (long)getpid()) >=
        CLI_OUTFILE_PATH_MAX)
        return cli_fail(cli, CLI_USAGE, "the name of the file is too long");
    file->out = fopen(file->fresh, "wxe");
    if (file->out == NULL)
        return cli_outfile_fail(file);
    cli_interrupt_removes(file->fresh);
    return CLI_OK;
}

enum cli_exit cli_outfile_end(struct cli_outfile *file, enum cli_exit exit)
{
    if (file->out == NULL)
        return exit;
    if (exit == CLI_OK && (fflush(file->out) != 0 || ferror(file->out)))
        exit = cli_outfile_fail(file);
    if (file->path == NULL)
        return exit;
    if (exit == CLI_OK && fsync(fileno(file->out)) != 0)
        exit = cli_outfile_fail(file);
    if (fclose(file->out) != 0 && exit == CLI_OK)
        exit = cli_outfile_fail(file);
    if (exit == CLI_OK && rename(file->fresh, file->path) != 0)
        exit = cli_outfile_fail(file);
    if (exit != CLI_OK)
        (void)unlink(file->fresh);
    cli_interrupt_removes(NULL);
    return exit;
}
