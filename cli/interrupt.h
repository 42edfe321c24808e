/*
 * interrupt.h - what a signal that ends the program (SIGINT, SIGTERM, SIGHUP) leaves behind: no file that is half written,
 * and a word how to go on. The program ends by that signal all the same, as the shell expects.
 */
#ifndef MST_CLI_INTERRUPT_H
#define MST_CLI_INTERRUPT_H

/* This file goes; NULL: none does any more. Its name is copied; one of more than 4,095 characters is not taken. */
void cli_interrupt_removes(const char *path);
/* These are the last words, on standard error; copied and cut at 511 characters. NULL: none. */
void cli_interrupt_says(const char *text);

#endif
