/*
 * banned.h - functions that must not be used anywhere: each has a safer form in
 * base/ or sys/. Included into every translation unit by the Makefile (-include).
 */
#ifndef MST_BASE_BANNED_H
#define MST_BASE_BANNED_H

/* The system headers that declare them come first, so that only uses are refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets
#pragma GCC poison strtok atoi atol atoll mktemp tmpnam
#pragma GCC poison gmtime localtime asctime ctime

#endif
