#if __INCLUDE_LEVEL__ < 30
#include "server.c"
#include "server.c"
#endif
