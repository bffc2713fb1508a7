# The programs of the lab, each made of the one file of its name, with the
# library of what labs 1 to 3 had you write by hand.
lab04-framing.programs := echo_server echo_client line_server line_client
lab04-framing.uses := common

# Tests are shown in this order: the problem, then what solves it.
lab04-framing.suite := echo_server.c echo_client.c line_server.c line_server_rules.c line_client.c framing.c answers.c
