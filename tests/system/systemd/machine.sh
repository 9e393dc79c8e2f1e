# shellcheck shell=sh
# The life of a machine within this one: this system's files under a throw-away layer, and systemd as process 1 of namespaces of its own.
# Run by tests/system/systemd/machine.py inside fresh namespaces (all but the network's); $1 an empty folder, $2 the checkout, $3 the cgroup's name.
# Nothing here reaches the host: every mount is in a private namespace, and what could is read-only or masked.
set -eu
folder=$1 checkout=$2 cgroup=$3
root=$folder/root

mount -t tmpfs -o mode=755 tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$root"
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" overlay "$root"

mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
# These are the host's own, whatever the namespace: systemd would write sysctls.
for ours in sys sysrq-trigger; do
  [ -e "$root/proc/$ours" ] || continue
  mount --bind "$root/proc/$ours" "$root/proc/$ours"
  mount -o remount,bind,ro "$root/proc/$ours"
done
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"

groups=$root/sys/fs/cgroup
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 "$groups"
else
  mount -t tmpfs -o mode=755 tmpfs "$groups"
  mkdir "$groups/unified" "$groups/systemd"
  mount -t cgroup2 cgroup2 "$groups/unified"
  mount -t cgroup -o none,name=systemd cgroup "$groups/systemd"
  for controller in memory pids; do
    if [ -d "/sys/fs/cgroup/$controller/$cgroup" ]; then
      mkdir "$groups/$controller"
      mount -t cgroup -o "$controller" cgroup "$groups/$controller"
    fi
  done
fi

mount -t tmpfs -o mode=755 tmpfs "$root/dev"
while read -r name major minor; do
  mknod -m 666 "$root/dev/$name" c "$major" "$minor"
done <<'DEVICES'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
DEVICES
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
touch "$root/dev/console"
mount --bind /dev/null "$root/dev/console"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"

# A machine fresh from the installer: what this one starts, mounts and logs is not its business.
rm -rf "$root"/etc/systemd/system/*.wants "$root/var/log/journal" "$root/etc/fstab"
rm -rf "$root/opt/detector" "$root/etc/detector" "$root/var/lib/detector" "$root/var/lib/private"
rm -rf "$root"/etc/systemd/system/detector* "$root/usr/local/bin/detector" "$root"/etc/mosquitto/conf.d/*
: >"$root/etc/machine-id"
ln -sf /dev/null "$root/etc/systemd/system/console-getty.service" # nobody logs in; it would be started again and again

# The installer of deploy/systemd, with the host's network; from here on there is only a loopback.
mkdir "$root/mnt/checkout"
mount --bind -o ro "$checkout" "$root/mnt/checkout"
mkdir -p "$root/run/resolv"
if [ -e /etc/resolv.conf ]; then
  cp "$(readlink -f /etc/resolv.conf)" "$root/run/resolv/resolv.conf"
  rm -f "$root/etc/resolv.conf"
  ln -s /run/resolv/resolv.conf "$root/etc/resolv.conf"
fi
chroot "$root" env TMPDIR=/tmp /mnt/checkout/deploy/systemd/install.sh

cd "$root"
mkdir -p old
pivot_root . old
umount -l old
mount --make-rshared / # or LoadCredential= has nothing to show to the unit
exec unshare --net env -i container=machine PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --bounding-set=-sys_module,-sys_time,-sys_rawio,-syslog,-sys_boot \
  /lib/systemd/systemd --system --log-target=console --show-status=false systemd.unit=multi-user.target
