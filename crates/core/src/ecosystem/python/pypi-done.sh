cd "$ALLCLEAR_TEMP" || exit 2
said=$(python3 -m pip --disable-pip-version-check --no-input --no-cache-dir index versions --pre \
    --ignore-requires-python "$ALLCLEAR_NAME" 2>&1)
code=$?
case $said in
    *"Available versions: "*)
        found=$(printf '%s\n' "$said" | sed -n 's/^Available versions: //p' | tr ',' '\n' | tr -d ' ')
        printf '%s\n' "$found" | grep -qxF "$ALLCLEAR_VERSION" && exit 0
        # An index that could be read in part has not said no.
        case $said in *Retrying* | *"Could not fetch"*) exit 2 ;; esac
        exit 1 ;;
esac
printf '%s\n' "$said" | tail -n 5
# pip finds "no matching distribution" on a network that is down too.
case $said in *Retrying* | *"Could not fetch"* | *onnection*) exit 2 ;; esac
case $said in *"No matching distribution found"*) [ "$code" -eq 1 ] && exit 1 ;; esac
exit 2
