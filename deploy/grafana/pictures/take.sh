#!/usr/bin/env bash
# Takes pictures of the dashboards into docs/pictures, of real data, drawn with Grafana's published components, not by a Grafana server.
# The two kinds of panel that are not published are stand-ins: the state timeline, and how tables are merged.
# Needs node with npm, chromium, prometheus and mosquitto; takes a quarter of an hour, most of it the plant's life.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$PWD/../../..
minutes=${1:-7}

npm install --no-audit --no-fund --silent
node build.mjs build

work=$(mktemp -d)
coproc PLANT { cd "$root" && exec .venv/bin/python -m deploy.grafana.pictures.sick_plant --minutes "$minutes" 2>"$work/log"; }
plant=$PLANT_PID
trap 'kill "$plant" 2>/dev/null || true; wait "$plant" 2>/dev/null || true; rm -rf "$work"' EXIT
read -r prometheus <&"${PLANT[0]}"
echo "the plant lives for $minutes minutes; Prometheus is at $prometheus"
read -r _ <&"${PLANT[0]}"

take() { # dashboard, height, device
  chromium --headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync --hide-scrollbars \
    --user-data-dir="$work/chromium" --window-size="1640,$2" --virtual-time-budget=20000 --screenshot="$root/docs/pictures/$1.png" \
    "file://$PWD/build/page.html?dashboard=$1&device=${3:-}&prometheus=$prometheus" 2>/dev/null
}
mkdir -p "$root/docs/pictures"
take fleet 1250
take device 1760 pump-03
take detector 2170
