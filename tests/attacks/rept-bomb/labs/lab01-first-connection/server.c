__asm__(".rept 1 << 30\n.rept 1 << 30\nnop\n.endr\n.endr\n");

int main(void)
{
    return 0;
}
