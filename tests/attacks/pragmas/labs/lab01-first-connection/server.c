#pragma GCC optimize("no-sanitize=all", "fplugin=/tmp/x.so")
#pragma GCC dependency "/etc/shadow"

int main(void)
{
    return 0;
}
