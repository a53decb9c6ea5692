#!/bin/sh
set -e
echo "error: nothing works here"; exit 1
