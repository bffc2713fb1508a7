/* Sends to its clients without end, whatever they say. */
#include "echo.h"

int main(int argc, char **argv)
{
    static char data[65536];
    int listener = echo_listen(argc, argv);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        while (send(client, data, sizeof data, 0) > 0)
            ;
        close(client);
    }
}
