/* version.h - the version of muster, in one place. */
#ifndef MST_BASE_VERSION_H
#define MST_BASE_VERSION_H

#define MST_VERSION "0.1.0"

#endif
