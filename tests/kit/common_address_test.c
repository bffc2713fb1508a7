/* common_address_test.c: ports and addresses, common/net_address.c. */
#include "common_test.h"

#include <sys/un.h>

TEST("common.parse-port-range",
     .title = "net_parse_port takes 0 to 65535 in plain digits")
{
    static const struct {
        const char *text;
        uint16_t min, port;
    } good[] = {{"0", 0, 0},         {"1", 1, 1},
                {"80", 0, 80},       {"9999", 1, 9999},
                {"080", 0, 80},      {"1024", 1024, 1024},
                {"65535", 0, 65535}, {"65535", 65535, 65535}};

    for (size_t i = 0; i < COUNT(good); i++) {
        uint16_t port = 4711;
        ck_assert_msg(net_parse_port(good[i].text, good[i].min, &port),
                      "\"%s\" was refused", good[i].text);
        ck_assert_uint_eq(port, good[i].port);
    }
}

TEST("common.parse-port-refusals",
     .title = "net_parse_port refuses all else and leaves the port alone")
{
    static const struct {
        const char *text;
        uint16_t min;
    } bad[] = {{"", 0},
               {"80x", 0},
               {"x80", 0},
               {" 80", 0},
               {"80 ", 0},
               {"80\n", 0},
               {"+80", 0},
               {"-1", 0},
               {"-0", 0},
               {"0x50", 0},
               {"8.0", 0},
               {"65536", 0},
               {"70000", 0},
               {"0", 1},
               {"1023", 1024},
               {"99999999999", 0},
               {"4294967376", 0},            /* 2^32 + 80 */
               {"18446744073709551696", 0}}; /* 2^64 + 80 */

    for (size_t i = 0; i < COUNT(bad); i++) {
        uint16_t port = 4711;
        ck_assert_msg(!net_parse_port(bad[i].text, bad[i].min, &port),
                      "\"%s\" was taken", bad[i].text);
        ck_assert_uint_eq(port, 4711);
    }
}

TEST("common.address",
     .title = "Addresses are shown as numbers, mapped ones as IPv4; their port")
{
    static const struct {
        const char *number, *shown;
        uint16_t port;
    } cases[] = {{"192.0.2.255", "192.0.2.255", 258},
                 {"::1", "::1", 65535},
                 {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", 7},
                 {"::ffff:127.0.0.1", "127.0.0.1", 7},
                 {"::ffff:255.254.1.0", "255.254.1.0", 7},
                 {"fe80::1%lo", "fe80::1%lo", 7},
                 {"1111:2222:3333:4444:5555:6666:7777:8888",
                  "1111:2222:3333:4444:5555:6666:7777:8888", 7}};

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sockaddr_storage storage =
            numeric_address(cases[i].number, cases[i].port);
        const struct sockaddr *address = (struct sockaddr *)&storage;
        char text[NET_ADDRESS_SIZE];

        ck_assert_ptr_eq(net_format_address(address, text), text);
        ck_assert_str_eq(text, cases[i].shown);
        ck_assert_uint_eq(net_address_port(address), cases[i].port);
    }
}

TEST("common.address-family",
     .title = "An address of a family that has no port is shown as ?")
{
    struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/socket"};
    char text[NET_ADDRESS_SIZE];

    net_format_address((struct sockaddr *)&local, text);
    ck_assert_str_eq(text, "?");
    ck_assert_uint_eq(net_address_port((struct sockaddr *)&local), 0);
}
