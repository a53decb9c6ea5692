#!/bin/sh
set -e
sh greet.sh a | grep -qi hello
