#!/bin/sh
set -e
sleep 30
