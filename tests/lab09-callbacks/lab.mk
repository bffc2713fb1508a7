# The two halves of the library, each linked with a main of the kit that calls
# it: drive_tcp_server.c, drive_tcp_client.c.
lab09-callbacks.programs := tcp_server tcp_client
lab09-callbacks.uses := common
lab09-callbacks.suite := suite.c server.c server_rules.c client.c client_rules.c
