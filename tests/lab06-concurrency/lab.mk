# The programs of the lab, each made of the one file of its name.
lab06-concurrency.programs := fork_server thread_server poll_server client
# What earlier labs had you write by hand.
lab06-concurrency.uses := common
# ThreadSanitizer looks at the one that has threads.
lab06-concurrency.tsan := thread_server
# servers.h holds the tests of a server: the first three files are that file
# with the name of a server, and its words.
lab06-concurrency.suite := fork.c thread.c poll.c client.c suite.c
# What bench.c measures beside the solutions.
lab06-concurrency.bench := $(BUILD)/tests/styles/lab06-concurrency/poll2/poll_server
# A crowd is told of in one line of a record.
lab06-concurrency.not-replayed := yes
