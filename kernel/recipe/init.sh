#!/bin/sh
# First program of a guest. The root is shared and read-only; what the guest writes goes to memory.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmpfs /dev 2>/dev/null && {
  mknod /dev/null c 1 3; mknod /dev/zero c 1 5; mknod /dev/full c 1 7; mknod /dev/random c 1 8; mknod /dev/urandom c 1 9
  mknod /dev/tty c 5 0; mknod /dev/console c 5 1; mkdir /dev/net /dev/shm /dev/pts; mknod /dev/net/tun c 10 200
  chmod 666 /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/net/tun
  ln -s /proc/self/fd /dev/fd; ln -s /proc/self/fd/0 /dev/stdin; ln -s /proc/self/fd/1 /dev/stdout; ln -s /proc/self/fd/2 /dev/stderr
}
for folder in /tmp /run /var/tmp /etc/wireguard /root; do mount -t tmpfs tmpfs "$folder"; done
mkdir -p /run/wireguard /run/netns
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t devpts devpts /dev/pts 2>/dev/null
ip link set lo up
# wglab kernel shell: no lab to talk to.
[ -n "$shell" ] && { setsid -c bash -i < /dev/console > /dev/console 2>&1; exec /lab/agent halt; }
ip link set ctl0 mtu 9100 up
exec /lab/agent
