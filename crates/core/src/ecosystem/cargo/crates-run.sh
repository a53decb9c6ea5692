# There is no repository here to compare with: the checkout is the tag, and nothing else.
locked=
if [ -f Cargo.lock ]; then locked=--locked; fi
exec cargo publish --allow-dirty $locked
