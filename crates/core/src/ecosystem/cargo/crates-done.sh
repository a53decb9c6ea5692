# Outside of the checkout, where cargo would show the package that lies there.
cd "$ALLCLEAR_TEMP" || exit 2
export CARGO_NET_OFFLINE=false CARGO_TERM_QUIET=false CARGO_TERM_COLOR=never
ask() { cargo info "$@" "$ALLCLEAR_NAME@$ALLCLEAR_VERSION" 2>&1; }
found=no
said=$(ask) && found=yes
# Where a mirror stands in for crates.io, cargo wants to be told which of the two is meant.
case $said in *"--registry crates-io"*) said=$(ask --registry crates-io) && found=yes ;; esac
if [ $found = yes ]; then
    case $said in *"version: $ALLCLEAR_VERSION"[[:space:]]*) exit 0 ;; esac
fi
printf '%s\n' "$said" | tail -n 5
# Only an index that was just asked can say no; what cargo remembers may be old.
case $said in *Updating*"could not find \`$ALLCLEAR_NAME"*) exit 1 ;; esac
exit 2
