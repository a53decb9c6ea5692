cd "$ALLCLEAR_TEMP" || exit 2
export GOMODCACHE="$ALLCLEAR_TEMP/modules" GOBIN="$ALLCLEAR_TEMP/bin" GOFLAGS=-modcacherw GO111MODULE=on GOWORK=off
for way in "v$ALLCLEAR_VERSION" "$ALLCLEAR_STABLE"; do
    if ! said=$(go install "$ALLCLEAR_NAME/...@$way" 2>&1); then
        printf '@%s: %s\n' "$way" "$(printf '%s\n' "$said" | tail -n 5)"
        case $said in *"unknown revision"* | *"404 Not Found"* | *"410 Gone"*) exit 1 ;; esac
        exit 2
    fi
done
