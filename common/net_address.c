/* net_address.c: ports and addresses, as text and as numbers. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"

bool net_parse_port(const char *text, uint16_t min, uint16_t *port)
{
    /* strtoul also takes " 80", "+80" and "80x": look at each character. */
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] != '\0')
        return false;

    unsigned long value = strtoul(text, NULL, 10); /* ULONG_MAX if too large */
    if (value < min || value > UINT16_MAX)
        return false;
    *port = (uint16_t)value;
    return true;
}

static socklen_t address_size(const struct sockaddr *address)
{
    switch (address->sa_family) {
    case AF_INET:
        return sizeof(struct sockaddr_in);
    case AF_INET6:
        return sizeof(struct sockaddr_in6);
    default:
        return 0; /* getnameinfo refuses it */
    }
}

char *net_format_address(const struct sockaddr *address,
                         char text[static NET_ADDRESS_SIZE])
{
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)address;

    if (address->sa_family == AF_INET6 &&
        IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr))
        inet_ntop(AF_INET, &ipv6->sin6_addr.s6_addr[12], text,
                  NET_ADDRESS_SIZE);
    else if (getnameinfo(address, address_size(address), text, NET_ADDRESS_SIZE,
                         NULL, 0, NI_NUMERICHOST) != 0)
        snprintf(text, NET_ADDRESS_SIZE, "?");
    return text;
}

uint16_t net_address_port(const struct sockaddr *address)
{
    switch (address->sa_family) {
    case AF_INET:
        return ntohs(((const struct sockaddr_in *)address)->sin_port);
    case AF_INET6:
        return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
    default:
        return 0;
    }
}
