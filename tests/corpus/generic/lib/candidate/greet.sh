#!/bin/sh
echo "HELLO $1"
