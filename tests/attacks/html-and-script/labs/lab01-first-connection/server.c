#include <stdio.h>

int main(void)
{
    puts("</pre></td><script>document.title='100 of 100'</script>");
    puts("<img src=x onerror=\"alert(1)\"><style>body{display:none}</style>{{ "
         "7 * 7 }}{% raw %}");
    fputs("]]></script><svg onload=alert(1)>", stderr);
    return 0;
}
