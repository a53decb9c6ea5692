cd "$ALLCLEAR_TEMP" || exit 2
# npm says nothing, and that it went well, of a version that is not there.
if said=$(npm view --prefer-online "$ALLCLEAR_NAME@$ALLCLEAR_VERSION" version 2>npm-said); then
    [ "$said" = "$ALLCLEAR_VERSION" ] && exit 0
    [ -z "$said" ] && exit 1
fi
tail -n 5 npm-said
case $(cat npm-said) in *E404*) exit 1 ;; esac
exit 2
