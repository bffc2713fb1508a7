# The programs of the lab, each made of the one file of its name.
lab02-uppercase-echo.programs := server client
lab02-uppercase-echo.suite := suite.c server.c client.c
