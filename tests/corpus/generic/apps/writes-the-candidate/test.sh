#!/bin/sh
set -e
if echo poison > "$ALLCLEAR_CANDIDATE_DIR/greet.sh"; then echo "error: it could be written"; exit 1; fi
