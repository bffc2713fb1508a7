#!/bin/sh
# Runs once, as root, when Gradescope builds the machine: the kit is unpacked,
# what it needs is installed, and the lab's tests are built.
set -eu
home=${AUTOGRADER:-/autograder}

rm -rf "$home/kit"
mkdir "$home/kit"
tar -xzf "$home/source/kit.tar.gz" -C "$home/kit" --no-same-owner
make -C "$home/kit" setup
# A first run, of the starters: what it builds is there for all others.
"$home/source/run_autograder" --starters
