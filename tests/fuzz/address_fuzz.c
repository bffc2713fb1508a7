/* address_fuzz.c: any bytes as a socket's address. What comes out fits, and is
 * what inet_pton reads as the same address. */
#include "fuzz.h"

#include "common/net_address.c"

static void check_text(const struct sockaddr_storage *address, const char *text)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    const uint8_t *mapped = &six->sin6_addr.s6_addr[12];
    char number[NET_ADDRESS_SIZE];
    struct in6_addr read;

    snprintf(number, sizeof number, "%.*s", (int)strcspn(text, "%"), text);
    if (address->ss_family == AF_INET) {
        CHECK(inet_pton(AF_INET, number, &read) == 1);
        CHECK(memcmp(&read, &four->sin_addr, sizeof four->sin_addr) == 0);
    } else if (address->ss_family == AF_INET6 &&
               inet_pton(AF_INET, number, &read) == 1) {
        CHECK(IN6_IS_ADDR_V4MAPPED(&six->sin6_addr));
        CHECK(memcmp(&read, mapped, sizeof four->sin_addr) == 0);
    } else if (address->ss_family == AF_INET6) {
        CHECK(inet_pton(AF_INET6, number, &read) == 1);
        CHECK(memcmp(&read, &six->sin6_addr, sizeof read) == 0);
    } else {
        CHECK(strcmp(text, "?") == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const sa_family_t families[] = {AF_INET, AF_INET6, AF_UNIX};
    struct input input = {data, size};
    struct sockaddr_storage address = {0};
    struct sockaddr *any = (struct sockaddr *)&address;
    /* Of its size to the byte, so that a byte more is seen. */
    char *text = malloc(NET_ADDRESS_SIZE);
    unsigned family = take_byte(&input);

    take_bytes(&input, &address, sizeof(struct sockaddr_in6));
    if (family < 3)
        address.ss_family = families[family];
    CHECK(net_format_address(any, text) == text);
    CHECK(strlen(text) < NET_ADDRESS_SIZE);
    check_text(&address, text);
    if (address.ss_family != AF_INET && address.ss_family != AF_INET6)
        CHECK(net_address_port(any) == 0);
    free(text);
    return 0;
}
