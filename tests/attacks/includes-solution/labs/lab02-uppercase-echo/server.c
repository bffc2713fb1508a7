#include "../../solutions/lab02-uppercase-echo/server.c"
