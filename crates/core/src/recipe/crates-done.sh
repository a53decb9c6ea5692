# Outside of the checkout, where cargo would show the package that lies there.
cd "$ALLCLEAR_TEMP" || exit 2
if said=$(cargo info --color never "$ALLCLEAR_NAME@$ALLCLEAR_VERSION" 2>&1); then
    case $said in *"version: $ALLCLEAR_VERSION"[[:space:]]*) exit 0 ;; esac
fi
printf '%s\n' "$said" | tail -n 5
case $said in *"could not find \`$ALLCLEAR_NAME"*) exit 1 ;; esac
exit 2
