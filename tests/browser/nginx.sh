#!/bin/sh
# An nginx for the browser tests: the one that is there, or Debian's.
command -v nginx >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then as=; else as=sudo; fi
    echo "Installing nginx for the browser tests ..."
    $as apt-get update -qq && $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nginx-light >/dev/null && exit 0
fi
echo "The browser tests need nginx: install it, then run make test again." >&2
exit 1
