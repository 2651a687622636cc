#!/bin/sh
# An nginx for the browser tests: the one that is there, or Debian's, which is kept from serving the machine's port 80.
PATH=$PATH:/usr/sbin:/sbin # where it is, and where people who are not root do not look
command -v nginx >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then as=; else as=sudo; fi
    echo "Installing nginx for the browser tests ..."
    policy=/usr/sbin/policy-rc.d # Debian asks it whether what is installed may start
    if ! [ -e $policy ]; then
        trap '$as rm -f $policy' EXIT
        trap 'exit 1' INT TERM
        printf '#!/bin/sh\nexit 101\n' | $as tee $policy >/dev/null && $as chmod 755 $policy
    fi
    $as apt-get update -qq && $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nginx-light >/dev/null &&
        { $as update-rc.d nginx disable >/dev/null 2>&1 || true; } && exit 0
fi
echo "The browser tests need nginx: install it, then run make test again." >&2
exit 1
