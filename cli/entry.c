#include "cli/entry.h"
#include "cli/output.h"

enum { FORM_MAX = 8192 };

enum cli_exit cli_entry_create(struct cli *cli, const struct cli_entries *entries, const char *flag)
{
    const char *const *names = cli->options.operands;
    const char *meta = cli_options_text(&cli->options, "meta");
    struct mst_buf form;
    enum cli_exit exit;

    mst_buf_init(&form, FORM_MAX);
    cli_form_add_str(&form, "id", names[1]);
    if (meta != NULL)
        cli_form_add_str(&form, "meta", meta);
    if (flag != NULL)
        cli_form_add_str(&form, flag, "true");
    exit = cli_api_done(cli, &(struct cli_call){.who = CLI_VENDOR,
                                                .method = "POST",
                                                .path = entries->path,
                                                .names = {names[0]},
                                                .tail = "/",
                                                .form = &form,
                                                .subject = names[1],
                                                .reasons = entries->reasons});
    mst_buf_fini(&form);
    return exit == CLI_OK ? cli_print_done(cli, entries->noun, names[1], "created") : exit;
}

enum cli_exit cli_entry_delete(struct cli *cli, const struct cli_entries *entries,
                               const char *losses)
{
    const char *const *names = cli->options.operands;
    enum cli_exit exit;

    if (!cli_options_has(&cli->options, "yes"))
        return cli_fail(cli, CLI_USAGE, "this deletes %s, %s. Say --yes if that is meant", names[1],
                        losses);
    exit = cli_api_done(cli, &(struct cli_call){
                                 .who = CLI_VENDOR,
                                 .method = "DELETE",
                                 .path = entries->path,
                                 .names = {names[0], names[1]},
                                 .reasons = entries->reasons
    });
    return exit == CLI_OK ? cli_print_done(cli, entries->noun, names[1], "deleted") : exit;
}
