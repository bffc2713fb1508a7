/* Goes round a loop from its first moment on. */
int main(void)
{
    for (;;)
        ;
}
