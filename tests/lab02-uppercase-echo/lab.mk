# The programs of the lab, each made of the one file of its name.
lab02-uppercase-echo.programs := server client
