# The programs of the lab, each made of the one file of its name.
lab03-time-of-day.programs := server client
lab03-time-of-day.suite := suite.c server.c client.c
