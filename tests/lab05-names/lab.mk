# Each program is made of the one file of its name, and of the shared library.
lab05-names.programs := lookup dial dual_server
lab05-names.uses := common
lab05-names.suite := lookup.c dial.c dual_server.c dual_rules.c names.c
# A record has neither its hosts and services files nor its IPv6.
lab05-names.not-replayed := yes
