# The programs of the lab, each made of the one file of its name and the shared
# helpers, and the files of the suite in the order in which they are shown.
lab07-datagrams.programs := server client
lab07-datagrams.uses := common
lab07-datagrams.suite := common.c server.c client.c rules.c
