/*
 * cli.h - what every command of the tool is given, and what a command is.
 *
 * The tool is a program of its own: it stands on base, sys and the codecs of wire, and speaks the public
 * HTTP API and nothing else. Its names begin with cli_. libcurl is known to http.c alone.
 */
#ifndef MST_CLI_CLI_H
#define MST_CLI_CLI_H

#include <jansson.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/secret.h"
#include "cli/options.h"

/* Exit codes: documented in muster(1), scripts rely on them. */
enum cli_exit {
    CLI_OK = 0,
    CLI_REFUSED = 1,     /* the server said no */
    CLI_USAGE = 2,       /* the command line is wrong; nothing was sent */
    CLI_UNREACHABLE = 3, /* no server, no answer in time, or no trusted TLS connection */
    CLI_SERVER = 4,      /* the server is in trouble, or is no muster server */
    CLI_LOCAL = 5        /* something on this machine: a file, memory */
};

/* A key or token that may be missing. */
struct cli_secret {
    bool is_set;
    struct mst_handle handle;
};

/* What init found or made; the saved profile holds the same (profile.h). */
struct cli_profile {
    char *server, *vendor, *vendor_rid, *portal_rid, *template_rid; /* NULL: not known */
    struct cli_secret vendor_cik, token, portal_cik;
};

struct cli_http;
struct cli_command;
struct cli_progress;

struct cli {
    struct cli_options options;
    const struct cli_command *command;
    char command_name[32]; /* "sn add" */
    FILE *out, *err;
    bool is_json;
    bool is_terminal;                    /* is err one? */
    struct cli_http *http;               /* made at the first call */
    const struct cli_progress *progress; /* of long work that is going on (progress.h) */
    uint64_t held_s;                     /* how long the server may hold a call, beside --timeout */
    bool is_stdin_read;                  /* by an option whose value is - */
    struct cli_secret cik;               /* --cik-file, MUSTER_CIK */
    struct cli_secret token;             /* --token-file, MUSTER_TOKEN */
    struct cli_profile saved;            /* --profile */
};

struct cli_command {
    const char *name;  /* NULL: the word before it says all ("muster init") */
    const char *usage; /* its operands */
    const char *summary;
    const char *more; /* paragraphs of help and an example */
    size_t min_operands, max_operands;
    const struct cli_option *options; /* may be NULL */
    bool is_profile_maker;            /* the profile that is named need not exist */
    bool is_profile_writer;           /* replaces or deletes it; others do with --save */
    bool is_for_borrowers;            /* --vendor says whose model it is (CLI_LENDER_OPTION) */
    uint64_t timeout_s;               /* for one call unless --timeout says; 0: as usual */
    enum cli_exit (*run)(struct cli *cli);
};

/* A word after "muster". */
struct cli_noun {
    const char *name;
    const char *summary;
    const struct cli_command *commands;
    size_t n_commands;
};

/* table.c: all of them, in the order of help, and the options that every command has. */
extern const struct cli_noun *const cli_nouns[];
extern const size_t cli_nouns_count;
extern const struct cli_option cli_global_options[];

/* One per file cmd_<noun>.c. */
extern const struct cli_noun cli_noun_init, cli_noun_profile, cli_noun_vendor, cli_noun_token,
    cli_noun_model, cli_noun_share, cli_noun_sn, cli_noun_range, cli_noun_device, cli_noun_activate,
    cli_noun_why, cli_noun_data, cli_noun_clock, cli_noun_code, cli_noun_completion,
    cli_noun_content, cli_noun_fleet, cli_noun_group, cli_noun_store, cli_noun_backup,
    cli_noun_restore, cli_noun_check, cli_noun_rpc, cli_noun_tree;

/* Prints what is wrong and what to do about it; gives exit back. */
enum cli_exit cli_fail(struct cli *cli, enum cli_exit exit, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for an answer of the server: status goes into the JSON form. */
enum cli_exit cli_fail_status(struct cli *cli, enum cli_exit exit, long status, const char *fmt,
                              ...) __attribute__((format(printf, 4, 5)));
/* Something the user should know although all went well. */
void cli_warn(struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
enum cli_exit cli_no_memory(struct cli *cli);

#endif
