cd "$ALLCLEAR_TEMP" || exit 2
# A cache of its own: go does not ask the proxy for what it has.
export GOMODCACHE="$ALLCLEAR_TEMP/modules" GOFLAGS=-modcacherw GO111MODULE=on GOWORK=off
if said=$(go list -m "$ALLCLEAR_NAME@v$ALLCLEAR_VERSION" 2>&1); then exit 0; fi
printf '%s\n' "$said" | tail -n 5
case $said in
    *"unknown revision"* | *"404 Not Found"* | *"410 Gone"* | *"no such file or directory"*) exit 1 ;;
esac
exit 2
