# The programs of the lab, each made of the one file of its name.
lab01-first-connection.programs := server client
lab01-first-connection.suite := suite.c server.c server_rules.c client.c
