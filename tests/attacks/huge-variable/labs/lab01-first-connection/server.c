static char huge[1UL << 40];

int main(int argc, char **argv)
{
    return huge[argc] + (argv == 0);
}
