__asm__(".data\n.fill 1 << 30, 1, 65\n");

int main(void)
{
    return 0;
}
