/* Calls a function that nobody wrote: the linker finds out. */
void nobody_wrote_this(void);

int main(void)
{
    nobody_wrote_this();
}
