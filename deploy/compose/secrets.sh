#!/bin/sh
# Makes the passwords that are not there yet, in the folder $1; as root, with mosquitto_passwd at hand.
# Files of secrets come into containers as they are, so each belongs to the user of the container that reads it.
set -eu
umask 077
cd "$1"

new_word() {
  head -c 24 /dev/urandom | base64
}

for name in mqtt_password plant_password viewer_password grafana_password; do
  [ -s "$name" ] || new_word >"$name"
done

# The broker's own list, made anew each time: whoever put another password into a file runs this again.
: >passwords
mosquitto_passwd -b passwords detector "$(cat mqtt_password)"
mosquitto_passwd -b passwords plant "$(cat plant_password)"
mosquitto_passwd -b passwords viewer "$(cat viewer_password)"

chmod 0711 .
chmod 0400 passwords mqtt_password plant_password viewer_password grafana_password
chown 1883 passwords
chown 10001 mqtt_password
chown 472 grafana_password
# For people: whoever owns the folder reads what the plant and the viewers log in with.
chown "$(stat -c %u .)" plant_password viewer_password
