__asm__(".data\n"
        "text: .incbin \"/etc/shadow\"\n"
        ".incbin \"../../solutions/lab01-first-connection/server.c\"\n");

int main(void)
{
    return 0;
}
