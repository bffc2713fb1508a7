# The program of the lab, made of the one file of its name and the helpers.
lab08-netcat.programs := nc
lab08-netcat.uses := common
lab08-netcat.suite := suite.c unix.c real.c rest.c common.c
