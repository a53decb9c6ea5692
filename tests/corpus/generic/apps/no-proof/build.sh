#!/bin/sh
set -e
cp "$ALLCLEAR_CANDIDATE_DIR/greet.sh" .
true
