/** Small programs that a run brings along, in the folder `tools` of the run. */
import type { PlanFile } from './plan.ts'

const MACHINE = `# Addresses are used at once: nobody else has them. No router is looked for. An answer may come another way.
net.ipv6.conf.all.accept_dad = 0
net.ipv6.conf.default.accept_dad = 0
net.ipv6.conf.all.accept_ra = 0
net.ipv6.conf.default.accept_ra = 0
net.ipv6.conf.all.router_solicitations = 0
net.ipv6.conf.default.router_solicitations = 0
net.ipv4.conf.all.rp_filter = 0
net.ipv4.conf.default.rp_filter = 0
`

const HOLD = `#!/bin/sh
# Gives a machine files of its own, as long as one process lives: hold.sh FOLDER. It is run inside the network namespace of
# the machine by \`ip netns exec\`, which has made the mounts private. When the process ends, the kernel undoes them.
set -eu
resolv=$(readlink -m /etc/resolv.conf)
mount -t tmpfs tmpfs /run
mkdir /run/lab /run/tools /run/wireguard
mount --bind "$1" /run/lab
mount --bind tools /run/tools
mount --bind "$1/wireguard" /etc/wireguard
mount --bind "$1/hosts" /etc/hosts
[ ! -e /etc/nsswitch.conf ] || mount --bind tools/nsswitch.conf /etc/nsswitch.conf
case $resolv in /run/*) mkdir -p "\${resolv%/*}"; : > "$resolv" ;; esac
[ ! -e "$resolv" ] || mount --bind "$1/resolv.conf" "$resolv"
found=$(command -v resolvconf) && mount --bind tools/resolvconf "$(readlink -f "$found")"
if [ -e "$1/daemon" ] && ip link add dev lab0 type wireguard 2>/dev/null; then
  # wg-quick takes the kernel's WireGuard where there is one: here is none.
  ip link del dev lab0
  mkdir /run/real
  ip=$(readlink -f "$(command -v ip)")
  cp "$ip" /run/real/ip
  mount --bind tools/ip "$ip"
  mount -t tmpfs tmpfs /sys/module
fi
sleep infinity </dev/null >/dev/null 2>&1 &
echo $! > "$1/pid"
`

const IP = `#!/bin/sh
# ip(8) of a machine whose kernel has no WireGuard.
case " $* " in *' type wireguard '*) echo 'Error: Unknown device type.' >&2; exit 2 ;; esac
exec /run/real/ip "$@"
`

const RESOLVCONF = `#!/bin/sh
# What wg-quick asks of resolvconf(8): the servers of a tunnel instead of all others, as -x says.
case $1 in
-a) [ -e /run/resolv.before ] || cp /etc/resolv.conf /run/resolv.before
  cat > /run/resolv.tunnel
  cat /run/resolv.tunnel > /etc/resolv.conf ;;
-d) [ ! -e /run/resolv.before ] || cat /run/resolv.before > /etc/resolv.conf ;;
-l) cat /run/resolv.tunnel ;;
esac
`

const UDP = `#!/usr/bin/perl
# udp.pl serve: takes what comes to port 9, and sends back what comes to port 7.
# udp.pl send ADDRESS PORT SOURCE-PORT COUNT SECONDS BYTES DF TOS TTL: datagrams that begin with their number.
use strict;
use warnings;
use Socket qw(:DEFAULT :addrinfo IPPROTO_IP IPPROTO_IPV6);
$| = 1;
my ($what, $address, $port, $source, $count, $seconds, $bytes, $df, $tos, $ttl) = @ARGV;

sub bound {
  my ($family, $own) = @_;
  socket(my $socket, $family, SOCK_DGRAM, 0) or return;
  my $any = $family == AF_INET ? pack_sockaddr_in($own, INADDR_ANY) : pack_sockaddr_in6($own, inet_pton(AF_INET6, '::'));
  setsockopt($socket, IPPROTO_IPV6, 26, 1) if $family == AF_INET6;    # IPV6_V6ONLY
  return bind($socket, $any) ? $socket : undef;
}

if ($what eq 'serve') {
  my %ports = map { my $own = $_; map { my $socket = bound($_, $own); $socket ? (fileno $socket => [$own, $socket]) : () } AF_INET, AF_INET6 } 7, 9;
  my $all = '';
  vec($all, $_, 1) = 1 for keys %ports;
  while (select(my $ready = $all, undef, undef, undef)) {
    for (grep { vec($ready, $_, 1) } keys %ports) {
      my ($own, $socket) = @{ $ports{$_} };
      my $from = recv($socket, my $data, 65535, 0);
      send($socket, $data, 0, $from) if $own == 7 and defined $from;
    }
  }
}

my ($error, $to) = getaddrinfo($address, $port, { flags => AI_NUMERICHOST, socktype => SOCK_DGRAM });
die "$address: $error\\n" if $error;
my $six = $to->{family} == AF_INET6;
my $socket = bound($to->{family}, $source) or die "port $source: $!\\n";
# IP_MTU_DISCOVER, IP_TOS, IP_TTL, and what they are called in IPv6.
my @options = $six ? (23, 67, 16) : (10, 1, 2);
setsockopt($socket, $six ? IPPROTO_IPV6 : IPPROTO_IP, $options[$_->[0]], $_->[1]) or die "socket option: $!\\n"
  for [0, $df ? 2 : 0], [1, $tos], [2, $ttl];
for my $number (1 .. $count) {
  my $data = substr(sprintf('%08d', $number), 0, $bytes) . '.' x ($bytes > 8 ? $bytes - 8 : 0);
  print defined send($socket, $data, 0, $to->{addr}) ? "sent $number\\n" : "error $number $!\\n";
  select(undef, undef, undef, $seconds) if $seconds > 0 and $number < $count;
}
`

/** The tools of every run, and those that one with datagrams needs. */
export function toolFiles(datagrams: boolean): PlanFile[] {
  const file = (name: string, text: string): PlanFile => ({ path: `tools/${name}`, text, secret: false, program: true })
  return [
    { path: 'tools/machine.conf', text: MACHINE, secret: false },
    // A name that is not in /etc/hosts is not there, at once.
    { path: 'tools/nsswitch.conf', text: 'hosts: files\n', secret: false },
    file('hold.sh', HOLD),
    file('ip', IP),
    file('resolvconf', RESOLVCONF),
    ...(datagrams ? [file('udp.pl', UDP)] : []),
  ]
}
