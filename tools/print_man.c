/* Prints the manual page musterd.conf(5) from the table of settings: for `make docs`. */
#include "base/limits.h"
#include "server/settings.h"

int main(void)
{
    struct mst_buf page;
    bool is_whole;

    mst_buf_init(&page, MST_KIB(256));
    mst_settings_print_man(&page);
    is_whole = mst_buf_err(&page) == MST_OK && fwrite(page.ptr, 1, page.len, stdout) == page.len &&
               fflush(stdout) == 0;
    mst_buf_fini(&page);
    return is_whole ? EXIT_SUCCESS : EXIT_FAILURE;
}
