#include "/dev/stdin"
#include "/proc/self/environ"

int main(void)
{
    return missing;
}
