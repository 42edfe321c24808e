/* process.h - what the system says about this process. */
#ifndef MST_SYS_PROCESS_H
#define MST_SYS_PROCESS_H

/* Measures and sets the process_* metrics; what the system does not tell stays as it was. */
void mst_process_measure(void);

#endif
