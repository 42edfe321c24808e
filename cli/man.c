/* man.c - what no table knows stands here as text; commands and options come from the tables. */
#include "cli/man.h"

#include <string.h>

static const char BEGIN[] =
    ".\\\" Made from the tables of commands by 'make docs': change cli/ and not this.\n"
    ".TH MUSTER 1 \"\" \"muster\" \"User Commands\"\n"
    ".SH NAME\n"
    "muster \\- provision devices on a muster server\n"
    ".SH SYNOPSIS\n"
    ".B muster\n"
    ".RI [ options ]\n"
    ".I COMMAND\n"
    ".RI [ words ]\n"
    ".br\n"
    ".B muster\n"
    ".RI [ COMMAND ]\n"
    ".B \\-\\-help\n"
    ".br\n"
    ".B muster \\-\\-version\n"
    ".SH DESCRIPTION\n"
    ".B muster\n"
    "is the operator's tool for\n"
    ".BR musterd (8).\n"
    "It speaks the server's public HTTP API and nothing else, so it can run anywhere. A device "
    "that "
    "knows its\n"
    "vendor, model and serial number calls in once and gets its key, the CIK; before that its "
    "serial "
    "number\n"
    "must be listed\n"
    ".RB ( \"muster sn add\" )\n"
    "and the device added to an owner\n"
    ".RB ( \"muster device enable\" ),\n"
    "which opens a window of 24 hours.\n"
    ".PP\n"
    "Options may stand anywhere; words behind\n"
    ".B \\-\\-\n"
    "are no options. Keys never stand on the command line, where other users could see them: they "
    "come from files,\n"
    "standard input, the environment, or a profile. An option goes before an environment variable, "
    "and that before\n"
    "the profile.\n"
    ".PP\n"
    "With\n"
    ".B \\-\\-json\n"
    "a command prints one line of JSON: an object, or an array for lists. Errors become one line "
    "of "
    "JSON on\n"
    "standard error,\n"
    ".BR {\"error\":{\"exit\":1,\"text\":\"...\",\"status\":409}} ,\n"
    "with the HTTP status if there was one.\n"
    ".PP\n"
    "When the server answers 503 and says when to come back,\n"
    ".B muster\n"
    "waits and calls again, for\n"
    ".B \\-\\-retry\n"
    "seconds in all. Long work shows a bar with rate and time left when standard error is a "
    "terminal.\n";

static const char END[] =
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\nDone.\n"
    ".TP\n.B 1\nRefused by the server.\n"
    ".TP\n.B 2\nThe command line is wrong; nothing was sent.\n"
    ".TP\n.B 3\n"
    "The server cannot be reached, did not answer in time, or has no trusted certificate. If it "
    "was "
    "reached, the\ncall may have been carried out.\n"
    ".TP\n.B 4\n"
    "Trouble in the server, or it is no muster server. The call may have been carried out.\n"
    ".TP\n.B 5\nTrouble on this machine: a file, memory.\n"
    ".PP\nCtrl\\-C (SIGINT), SIGTERM and SIGHUP end it as signals do, which a shell tells by "
    "130, 143 and 129.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.B MUSTER_SERVER\nAs\n.BR \\-\\-server .\n"
    ".TP\n.BR MUSTER_TOKEN \", \" MUSTER_CIK\n"
    "A vendor token, a CIK. They are wiped from the program's memory after reading.\n"
    ".TP\n.B MUSTER_PROFILE\nAs\n.BR \\-\\-profile .\n"
    ".TP\n.BR http_proxy \", \" https_proxy \", \" no_proxy\n"
    "As with\n.BR curl (1),\nbut never for this machine itself.\n"
    ".PP\nA variable that is empty counts as not set.\n"
    ".SH FILES\n"
    ".TP\n.I ~/.config/muster/profile.json\n"
    "The profile\n.RI ( $XDG_CONFIG_HOME\nis respected): one JSON object with\n"
    ".BR server \", \" vendor \", \" vendor_rid \", \" portal_rid \", \" template_rid \",\"\n"
    ".BR vendor_cik \", \" token \" and \" portal_cik ,\n"
    "each of which may be missing. It is written with mode 0600, and not used while others may "
    "read "
    "it.\n"
    ".B \\-\\-profile /dev/null\ndoes without.\n"
    "Files of keys and profiles are written over only if they are regular files; of all options "
    "that name a file, one may be\n.BR \\- ,\nstandard input.\n"
    ".SH EXAMPLES\n"
    ".nf\n"
    "muster \\-\\-server http://127.0.0.1:8080 init \\-\\-root\\-cik\\-file data/root.cik "
    "\\-\\-vendor "
    "acme \\-\\-save\n"
    "muster model create thermo\n"
    "muster sn add thermo \\-\\-file serials.csv\n"
    "muster device enable thermo 0001\n"
    "muster activate thermo 0001 \\-\\-save\\-cik 0001.cik\n"
    "muster \\-\\-cik\\-file 0001.cik data write temp=21.5\n"
    "muster sn list thermo \\-\\-json\n"
    ".fi\n"
    ".SH SEE ALSO\n"
    ".BR musterd (8),\n"
    ".BR musterd.conf (5)\n";

/* Text as roff prints it unchanged. */
static void escaped(FILE *out, struct mst_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (i == 0 && (c == '.' || c == '\''))
            (void)fputs("\\&", out);
        if (c == '\\')
            (void)fputs("\\e", out);
        else if (c == '-')
            (void)fputs("\\-", out);
        else
            (void)fputc(c, out);
    }
}

static void sentence(FILE *out, const char *text)
{
    bool is_small = text[0] >= 'a' && text[0] <= 'z' && strncmp(text, "http", 4) != 0;

    if (is_small)
        (void)fputc(text[0] - 'a' + 'A', out);
    escaped(out, mst_span_str(is_small ? &text[1] : text));
    (void)fputs(".\n", out);
}

/* "MODEL SN... [--limit N]": options bold, what is to be filled in italic. */
static void usage(FILE *out, struct mst_span text)
{
    struct mst_cur cur = mst_cur_of(text);

    while (!mst_cur_at_end(&cur)) {
        struct mst_span word;
        bool is_name;

        if (!mst_cur_until(&cur, ' ', &word))
            word = mst_cur_rest(&cur);
        is_name = mst_span_starts(word, MST_LIT("--")) || mst_span_starts(word, MST_LIT("[--"));
        (void)fputs(is_name ? " \\fB" : word.ptr[0] == '|' ? " \\fR" : " \\fI", out);
        escaped(out, word);
    }
    (void)fputs("\\fR\n", out);
}

/* Paragraphs of help; lines that are indented are kept as they are. */
static void paragraphs(FILE *out, const char *more)
{
    struct mst_cur cur = mst_cur_of(mst_span_str(more));
    bool is_kept = false, is_parted = true;

    while (!mst_cur_at_end(&cur)) {
        struct mst_span line;
        bool is_indented;

        if (!mst_cur_until(&cur, '\n', &line))
            line = mst_cur_rest(&cur);
        is_indented = line.len > 0 && line.ptr[0] == ' ';
        if (line.len == 0) {
            is_parted = true;
            continue;
        }
        if (is_kept && !is_indented)
            (void)fputs(".fi\n", out);
        if (is_parted || (is_indented && !is_kept))
            (void)fputs(".IP\n", out);
        if (is_indented && !is_kept)
            (void)fputs(".nf\n", out);
        escaped(out, is_indented ? mst_span_trim(line) : line);
        (void)fputc('\n', out);
        is_kept = is_indented;
        is_parted = false;
    }
    if (is_kept)
        (void)fputs(".fi\n", out);
}

static void options(FILE *out, const struct cli_option *table)
{
    for (const struct cli_option *o = table; o != NULL && o->name != NULL; o = &o[1]) {
        (void)fputs(".TP\n.B \\-\\-", out);
        escaped(out, mst_span_str(o->name));
        if (o->arg != NULL)
            (void)fprintf(out, " \\fI%s\\fR", o->arg);
        (void)fputc('\n', out);
        sentence(out, o->text);
    }
}

static void command(FILE *out, const struct cli_noun *noun, const struct cli_command *c)
{
    (void)fprintf(out, ".TP\n.B %s%s%s", noun->name, c->name != NULL ? " " : "",
                  c->name != NULL ? c->name : "");
    usage(out, mst_span_str(c->usage));
    sentence(out, c->summary);
    paragraphs(out, c->more);
    if (c->options == NULL)
        return;
    (void)fputs(".RS\n", out);
    options(out, c->options);
    (void)fputs(".RE\n", out);
}

void cli_man_print(FILE *out)
{
    (void)fputs(BEGIN, out);
    (void)fputs(".SH COMMANDS\n", out);
    for (size_t i = 0; i < cli_nouns_count; i++) {
        const struct cli_noun *noun = cli_nouns[i];

        (void)fprintf(out, ".SS \"%s: ", noun->name);
        escaped(out, mst_span_str(noun->summary));
        (void)fputs("\"\n", out);
        for (size_t k = 0; k < noun->n_commands; k++)
            command(out, noun, &noun->commands[k]);
    }
    (void)fputs(".SH OPTIONS\nEvery command has these.\n", out);
    options(out, cli_global_options);
    (void)fputs(".TP\n.B \\-\\-help\nHelp, with an example; also behind a command. Shorter: "
                "\\-h.\n",
                out);
    (void)fputs(END, out);
}
