static char big[1UL << 31] = {1};

int main(void)
{
    return big[0];
}
