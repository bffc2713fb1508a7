/* The suite of lab 03: time of day.
 *
 * Points: 67 for the server, 33 for the client. What the lab teaches weighs
 * most: a server that depends on nothing that its client does, an end that
 * arrives, the time in local time; and a client that reads up to that end.
 * server.time and client.prints are the largest, for without them nothing
 * works; what came along from labs 1 and 2 weighs 1 or 2.
 */
#include "times.h"

const char *const suite_lab = "lab03-time-of-day";

/* ---- For make compare ---------------------------------------------------- */

void (*const suite_canonical)(char *text) = mask_times;

const struct pairing suite_pairings[] = {{.title = "the time of day"}, {0}};
