set -e
if command -v uv >/dev/null; then
    uv build --out-dir "$ALLCLEAR_TEMP/dist"
    exec uv publish "$ALLCLEAR_TEMP"/dist/*
fi
python3 -m build --outdir "$ALLCLEAR_TEMP/dist"
exec python3 -m twine upload --non-interactive --skip-existing "$ALLCLEAR_TEMP"/dist/*
