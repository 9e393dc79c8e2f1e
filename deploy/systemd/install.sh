#!/usr/bin/env bash
# Installs or upgrades detector from the checkout that this file is in: the program in /opt/detector, the units in
# /etc/systemd/system and, where there is none, a first configuration in /etc/detector. Starts nothing, overwrites no configuration.
# Needs root, and Python 3.11 or newer with venv (Debian: apt-get install python3-venv); PYTHON names another one.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(cd "$here/../.." && pwd)
program=/opt/detector
units=/etc/systemd/system
python=${PYTHON:-/usr/bin/python3}

if [[ $(id -u) != 0 ]]; then
  echo 'install.sh: expected root; run it with sudo' >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "install.sh: expected Python 3.11 or newer with venv, got $("$python" --version 2>&1); on Debian: apt-get install python3-venv" >&2
  exit 1
fi

# The units' user sees neither home folders nor /tmp: Python and program have to be elsewhere.
"$python" -m venv "$program/.venv"
"$program/.venv/bin/pip" install --quiet --disable-pip-version-check "${checkout}[apprise]"
if [[ $checkout != "$program" ]]; then
  install -d "$program/models"
  cp -R --no-preserve=mode,ownership "$checkout/models/base" "$program/models/"
fi

ln -sf "$program/.venv/bin/detector" /usr/local/bin/detector

install -m 0644 "$here/detector.service" "$here/detector@.service" "$units/"
install -d -m 0755 /etc/detector
[[ -e /etc/detector/detector.yaml ]] || install -m 0644 "$here/detector.yaml" /etc/detector/detector.yaml

if [[ -d /run/systemd/system ]]; then systemctl daemon-reload; fi

cat <<'TEXT'
detector is installed, and nothing was started. Next:
  edit /etc/detector/detector.yaml            # your broker and your sensors
  detector check /etc/detector/detector.yaml
  systemctl enable --now detector             # or restart, after an upgrade
TEXT
