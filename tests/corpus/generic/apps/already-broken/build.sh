#!/bin/sh
set -e
cp "$ALLCLEAR_CANDIDATE_DIR/greet.sh" .
echo "allclear-proof $ALLCLEAR_VERSION $ALLCLEAR_HASH"
