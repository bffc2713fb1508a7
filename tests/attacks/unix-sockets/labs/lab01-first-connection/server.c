#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(void)
{
    static const char *const places[] = {
        "/run/systemd/private",        "/var/run/docker.sock",
        "/run/dbus/system_bus_socket", "/tmp/.X11-unix/X0",
        "@/tmp/.X11-unix/X0",          "@/org/freedesktop/systemd1"};
    for (int i = 0; i < 6; i++) {
        struct sockaddr_un there = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        strcpy(there.sun_path, places[i]);
        if (there.sun_path[0] == '@')
            there.sun_path[0] = '\0';
        if (connect(fd, (struct sockaddr *)&there, sizeof there) == 0)
            printf("FOUND %s\n", places[i]);
    }
    return 0;
}
