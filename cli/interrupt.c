/* The handler reads what the functions write, so the signals are held back meanwhile. */
#include "cli/interrupt.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { FILE_PATH_MAX = 4096, WORDS_MAX = 512 };

static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP};
enum { N_SIGNALS = sizeof SIGNALS / sizeof SIGNALS[0] };

static char removed[FILE_PATH_MAX], words[WORDS_MAX]; /* empty: none */

/* SA_RESETHAND has put the signal's own effect back, which comes when the handler is over. */
static void end_here(int signal)
{
    if (words[0] != '\0')
        (void)!write(STDERR_FILENO, words, strlen(words));
    if (removed[0] != '\0')
        (void)unlink(removed);
    (void)raise(signal);
}

/* What is ignored (nohup) stays so. */
static void watch(void)
{
    static bool is_watching;
    struct sigaction action = {.sa_handler = end_here, .sa_flags = (int)SA_RESETHAND}, before;

    if (is_watching)
        return;
    is_watching = true;
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < N_SIGNALS; i++)
        (void)sigaddset(&action.sa_mask, SIGNALS[i]);
    for (size_t i = 0; i < N_SIGNALS; i++) {
        if (sigaction(SIGNALS[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            (void)sigaction(SIGNALS[i], &action, NULL);
    }
}

static void keep(char *kept, size_t max, const char *text)
{
    sigset_t held, before;
    size_t len = text != NULL ? strnlen(text, max - 1) : 0;

    watch();
    (void)sigemptyset(&held);
    for (size_t i = 0; i < N_SIGNALS; i++)
        (void)sigaddset(&held, SIGNALS[i]);
    (void)sigprocmask(SIG_BLOCK, &held, &before);
    if (len > 0)
        memcpy(kept, text, len);
    kept[len] = '\0';
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
}

void cli_interrupt_removes(const char *path)
{
    keep(removed, sizeof removed, path != NULL && strlen(path) < sizeof removed ? path : NULL);
}

void cli_interrupt_says(const char *text)
{
    keep(words, sizeof words, text);
}
