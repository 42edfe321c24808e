/* Prints the manual page muster(1) from the tables of commands: for `make docs`. */
#include <stdlib.h>

#include "cli/man.h"

int main(void)
{
    cli_man_print(stdout);
    return fflush(stdout) == 0 && ferror(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
