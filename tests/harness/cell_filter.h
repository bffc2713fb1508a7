/* cell_filter.h: which system calls a program under test may not make. */
#ifndef CELL_FILTER_H
#define CELL_FILTER_H

/* From here on, in this process and all that it starts. Returns 0, or a
 * negative error number. */
int filter_system_calls(void);

#endif
