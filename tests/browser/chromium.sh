#!/bin/sh
# A Chromium for the browser tests: the one that is there, or Debian's.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then as=; else as=sudo; fi
    echo "Installing Chromium for the browser tests ..."
    $as apt-get update -qq && $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
echo "The browser tests need Chromium: install it, then run make test again." >&2
exit 1
