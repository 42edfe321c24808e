/* The table of settings as text: for --help and as the manual page musterd.conf(5). */
#include <inttypes.h>

#include "server/setting.h"

enum { HELP_WIDTH = 78, HELP_INDENT = 6 };

static void add_choices(struct mst_buf *out, const struct mst_setting *setting)
{
    for (const struct mst_setting_choice *c = setting->choices; c->word; c = &c[1])
        (void)mst_buf_addf(out, "%s%s", c == setting->choices ? "" : ", ", c->word);
}

/* "duration, 1 to 31536000 s, default 24h" */
static void add_facts(struct mst_buf *out, const struct mst_setting *setting)
{
    const struct mst_setting_kind *kind = &mst_setting_kinds[setting->type];

    if (setting->choices)
        add_choices(out, setting);
    else
        (void)mst_buf_add_str(out, kind->name);
    if (kind->has_range)
        (void)mst_buf_addf(out, ", %" PRId64 " to %" PRId64 " %s", setting->min, setting->max,
                           setting->unit);
    (void)mst_buf_addf(out, "; default %s", setting->value[0] ? setting->value : "empty");
}

static void add_wrapped(struct mst_buf *out, const char *text)
{
    struct mst_cur cur = mst_cur_of(mst_span_str(text));
    struct mst_span word;
    size_t column = 0;

    while (!mst_cur_at_end(&cur)) {
        if (!mst_cur_until(&cur, ' ', &word))
            word = mst_cur_rest(&cur);
        if (column == 0 || column + 1 + word.len > HELP_WIDTH) {
            (void)mst_buf_addf(out, "%s%*s", column ? "\n" : "", HELP_INDENT, "");
            column = HELP_INDENT;
        } else {
            (void)mst_buf_add_byte(out, ' ');
            column++;
        }
        (void)mst_buf_add(out, word);
        column += word.len;
    }
    (void)mst_buf_add_byte(out, '\n');
}

void mst_settings_print_help(struct mst_buf *out)
{
    for (size_t i = 0; i < mst_setting_count; i++) {
        const struct mst_setting *setting = &mst_setting_table[i];

        (void)mst_buf_addf(out, "  %s  (", setting->name);
        add_facts(out, setting);
        (void)mst_buf_add_str(out, ")\n");
        add_wrapped(out, setting->text);
    }
}

/* Text of roff: no character may be taken for a command. */
static void add_roff(struct mst_buf *out, const char *text)
{
    for (const char *c = text; *c; c = &c[1]) {
        if (*c == '\\')
            (void)mst_buf_add_str(out, "\\e");
        else if (*c == '-')
            (void)mst_buf_add_str(out, "\\-");
        else if (c == text && (*c == '.' || *c == '\''))
            (void)mst_buf_addf(out, "\\&%c", *c);
        else
            (void)mst_buf_add_byte(out, *c);
    }
}

static const char man_head[] =
    ".\\\" Made from the table of settings by `make docs'; do not edit.\n"
    ".TH MUSTERD.CONF 5 \"\" \"muster\" \"File Formats\"\n"
    ".SH NAME\n"
    "musterd.conf \\- settings of the device provisioning server musterd\n"
    ".SH DESCRIPTION\n"
    ".BR musterd (8)\n"
    "reads the file named by its option\n"
    ".BR \\-\\-config .\n"
    "Each line is\n"
    ".IR NAME \" = \" VALUE .\n"
    "Lines that begin with # or ; are comments, and so is the rest of a line behind a space and "
    "a ;. A line that begins with a space goes on with the list of the line before; lines are at "
    "most 198 characters long. A list that is given several times adds up; any other setting is "
    "given once. There are no sections.\n"
    ".PP\n"
    "Each setting can also be given on the command line, as\n"
    ".BI \\-\\-set\\  NAME = VALUE\n"
    "or\n"
    ".BI \\-\\- NAME \" VALUE\\fR,\"\n"
    "and then replaces what the file says.\n"
    ".B musterd \\-n\n"
    "checks a file and names the line and the cause of every fault.\n"
    ".SH VALUES\n";

static const char man_tail[] = ".SH EXAMPLE\n"
                               ".nf\n"
                               "data = /var/lib/muster\n"
                               "http = 0.0.0.0:80, [::]:80\n"
                               "https = 0.0.0.0:443, 0.0.0.0:8443;tls_min=1.0\n"
                               "tls_certificates = /etc/muster/rsa.crt /etc/muster/rsa.key\n"
                               "    /etc/muster/ec.crt /etc/muster/ec.key\n"
                               "trusted_proxies = 10.0.0.5\n"
                               ".fi\n"
                               ".SH SEE ALSO\n"
                               ".BR musterd (8),\n"
                               ".BR muster (1)\n";

static void add_kind(struct mst_buf *out, enum mst_setting_type type)
{
    const struct mst_setting_kind *kind = &mst_setting_kinds[type];

    if (kind->form[0] == '\0' ||
        (type > 0 && strcmp(kind->form, mst_setting_kinds[type - 1].form) == 0))
        return;
    (void)mst_buf_addf(out, ".TP\n.I %s\n", kind->name);
    add_roff(out, kind->form);
    (void)mst_buf_add_str(out, ".\n");
}

void mst_settings_print_man(struct mst_buf *out)
{
    (void)mst_buf_add_str(out, man_head);
    for (unsigned type = 0; type < MST_SETTING_TYPE_COUNT; type++)
        add_kind(out, (enum mst_setting_type)type);
    (void)mst_buf_add_str(out, ".SH SETTINGS\n");
    for (size_t i = 0; i < mst_setting_count; i++) {
        struct mst_buf facts;

        mst_buf_init(&facts, out->max_bytes);
        add_facts(&facts, &mst_setting_table[i]);
        (void)mst_buf_add_byte(&facts, '\0');
        (void)mst_buf_addf(out, ".TP\n.B %s\n", mst_setting_table[i].name);
        add_roff(out, mst_setting_table[i].text);
        (void)mst_buf_add_str(out, "\n.br\n(");
        add_roff(out, facts.ptr ? facts.ptr : "");
        (void)mst_buf_add_str(out, ")\n");
        mst_buf_fini(&facts);
    }
    (void)mst_buf_add_str(out, man_tail);
}
