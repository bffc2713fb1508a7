# The program of the lab, made of the one file of its name and the helpers.
lab08-netcat.programs := nc
lab08-netcat.uses := -Icommon common/*.c
