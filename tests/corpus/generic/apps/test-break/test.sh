#!/bin/sh
set -e
sh greet.sh a | grep -q hello || { echo "error: nobody says hello"; exit 1; }
