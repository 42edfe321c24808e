/* table.c - every command and the options of all: help, manual page and completion are made of it. */
#include "cli/cli.h"

const struct cli_option cli_global_options[] = {
    {"server",     "URL",     "http://HOST:PORT or https://HOST[:PORT] (MUSTER_SERVER)"            },
    {"token-file", "FILE",    "the vendor's token (MUSTER_TOKEN); - reads standard input"          },
    {"cik-file",   "FILE",    "a CIK (MUSTER_CIK); - reads standard input"                         },
    {"profile",    "FILE",    "server, vendor and keys kept by init --save (MUSTER_PROFILE)"       },
    {"ca-file",    "FILE",    "PEM certificates to trust instead of the system's"                  },
    {"insecure",   NULL,      "do not look at the server's certificate (laboratory only)"          },
    {"timeout",    "SECONDS", "for one call (30)"                                                  },
    {"retry",      "SECONDS", "how long to go on when the server is overloaded (60; 0: not at all)"},
    {"json",       NULL,      "one line of JSON instead of text; errors too"                       },
    {"version",    NULL,      "show the version"                                                   },
    CLI_OPTIONS_END
};

/* clang-format off */
const struct cli_noun *const cli_nouns[] = {
    &cli_noun_init,
    &cli_noun_profile,
    &cli_noun_vendor,
    &cli_noun_token,
    &cli_noun_model,
    &cli_noun_share,
    &cli_noun_code,
    &cli_noun_sn,
    &cli_noun_range,
    &cli_noun_group,
    &cli_noun_content,
    &cli_noun_device,
    &cli_noun_data,
    &cli_noun_rpc,
    &cli_noun_tree,
    &cli_noun_activate,
    &cli_noun_why,
    &cli_noun_fleet,
    &cli_noun_clock,
    &cli_noun_store,
    &cli_noun_backup,
    &cli_noun_restore,
    &cli_noun_check,
    &cli_noun_completion,
};
/* clang-format on */
const size_t cli_nouns_count = sizeof cli_nouns / sizeof cli_nouns[0];
