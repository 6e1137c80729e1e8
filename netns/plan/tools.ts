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
# udp.pl send ADDRESS PORT SOURCE-PORT COUNT SECONDS BYTES DF TOS TTL: datagrams that say who they are.
use strict;
use warnings;
use Socket qw(:DEFAULT :addrinfo IN6ADDR_ANY IPPROTO_IP IPPROTO_IPV6);
$| = 1;
my ($what, $address, $port, $source, $count, $seconds, $bytes, $df, $tos, $ttl) = @ARGV;

sub bound {
  my ($family, $own) = @_;
  socket(my $socket, $family, SOCK_DGRAM, 0) or return;
  my $any = $family == AF_INET ? pack_sockaddr_in($own, INADDR_ANY) : pack_sockaddr_in6($own, IN6ADDR_ANY);
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
  for [0, $df ? 2 : 0], [1, $tos + 0], [2, $ttl + 0];    # A number that is a text would be set as text.
for my $number (1 .. $count) {
  my $data = substr sprintf('wglab %05d %08d ', $source, $number) . '.' x $bytes, 0, $bytes;
  print defined send($socket, $data, 0, $to->{addr}) ? "sent $number\\n" : "error $number $!\\n";
  select(undef, undef, undef, $seconds) if $seconds > 0 and $number < $count;
}
`

const TCP = `#!/usr/bin/perl
# tcp.pl serve LOG: gives and takes on the ports that every machine has; returns when it listens.
# tcp.pl ask ADDRESS PORT SOURCE-PORT STEP UP DOWN CONGESTION WINDOW DEADLINE: one connection; 0: no window, no deadline.
# Both say how far they are: TIME STEP answered|arrived|error|done [BYTES] [WORDS]
use strict;
use warnings;
use Errno qw(EAGAIN EINPROGRESS EINTR);
use POSIX qw(uname);
use Socket qw(:DEFAULT :addrinfo IN6ADDR_ANY IPPROTO_IPV6 IPPROTO_TCP);
$| = 1;
$SIG{PIPE} = 'IGNORE';
# A request: MAGIC, step, 4 for Reno, bytes up, bytes down, 32 bits each.
my ($MAGIC, $REQUEST, $TELL) = (0x77676c62, 20, 0.1);
my ($TCP_INFO, $TCP_CONGESTION, $SO_RCVBUFFORCE, $SIOCOUTQ) = (11, 13, 33, 0x5411);
my ($PERIOD, $CHUNK) = (251, 65536);
my $pattern = join('', map chr, 0 .. $PERIOD - 1) x (2 + $CHUNK / $PERIOD);
my $gettime = (uname)[4] eq 'x86_64' ? 228 : 113;
my %open;

sub now() {
  syscall($gettime, 0, my $time = "\\0" x 16);
  my ($s, $ns) = unpack 'q2', $time;
  return $s + $ns / 1e9;
}

sub row { my ($c, @words) = @_; printf "%.6f %s\\n", now, join ' ', $c->{step}, @words }

sub tell_got {
  my ($c) = @_;
  delete $c->{due};
  return if $c->{got} == $c->{told};
  @$c{qw(told told_at)} = ($c->{got}, now);
  row($c, 'arrived', $c->{got});
}

# first: what it says before the bytes it gives; take: bytes to come.
sub opened {
  my ($socket, %more) = @_;
  $socket->blocking(0);
  return $open{ fileno $socket } = { socket => $socket, first => '', head => '', give => 0, gave => 0, take => 0, got => 0, told => 0, %more };
}

# With a reset, where something went wrong.
sub over {
  my ($c, $error) = @_;
  my $socket = $c->{socket};
  tell_got($c) if defined $c->{step};
  if ($c->{asks}) {
    row($c, 'error', $error) if defined $error;
    my $queued = pack 'i', 0;
    ioctl $socket, $SIOCOUTQ, $queued;
    my $given = $c->{gave} - $REQUEST - unpack 'i', $queued;
    my @info = unpack 'x8 L24', getsockopt($socket, IPPROTO_TCP, $TCP_INFO) // "\\0" x 8;
    row($c, 'done', $c->{got} + ($given > 0 ? $given : 0), @info > 23 ? "$info[23] sent again, segments of $info[2]" : ());
  }
  setsockopt $socket, SOL_SOCKET, SO_LINGER, pack 'i2', 1, 0 if defined $error;
  delete $open{ fileno $socket };
  close $socket;
}

sub failed { my ($c) = @_; return $! == EAGAIN || $! == EINTR || over($c, lcfirst "$!") }

sub take {
  my ($c) = @_;
  my $count = sysread $c->{socket}, (my $data), $CHUNK;
  return failed($c) unless defined $count;
  return ended($c) if $count == 0;
  if (!$c->{asks} and !defined $c->{step}) {
    $c->{head} .= substr $data, 0, $REQUEST - length $c->{head}, '';
    return if length $c->{head} < $REQUEST;
    my ($magic, $step, $flags, $up, $down) = unpack 'N5', $c->{head};
    return over($c, 'no request') unless $magic == $MAGIC;
    @$c{qw(step take give)} = ($step, $up, $down);
    setsockopt $c->{socket}, IPPROTO_TCP, $TCP_CONGESTION, $flags & 4 ? 'reno' : 'cubic' or return over($c, "congestion control: $!");
  }
  return if $data eq '';
  my $same = $data eq substr $pattern, $c->{got} % $PERIOD, length $data;
  row($c, 'error', 'what arrived is not what was sent') unless $same or $c->{spoiled}++;
  $c->{got} += length $data;
  if (!defined $c->{told_at} or $c->{got} >= $c->{take} or now - $c->{told_at} >= $TELL) { tell_got($c) }
  else { $c->{due} //= $c->{told_at} + $TELL }
}

# The other side says no more.
sub ended {
  my ($c) = @_;
  $c->{deaf} = 1;
  return over($c, $c->{got} < $c->{take} || $c->{gave} < whole($c) ? 'the other side ended early' : undef) if $c->{asks};
  over($c) if $c->{gave} >= whole($c);
}

sub whole { my ($c) = @_; return length($c->{first}) + $c->{give} }

sub connected {
  my ($c) = @_;
  $! = unpack 'i', getsockopt $c->{socket}, SOL_SOCKET, SO_ERROR;
  return over($c, lcfirst "$!") if $!;
  delete $c->{connecting};
  row($c, 'answered');
  give($c);
}

sub give {
  my ($c) = @_;
  my $from = $c->{gave} - length $c->{first};
  my $data = $from < 0 ? substr $c->{first}, $from : '';
  $from = 0 if $from < 0;
  my ($room, $left) = ($CHUNK - length $data, $c->{give} - $from);
  $data .= substr $pattern, $from % $PERIOD, $left < $room ? $left : $room;
  my $count = syswrite $c->{socket}, $data;
  return failed($c) unless defined $count;
  $c->{gave} += $count;
  return if $c->{gave} < whole($c);
  # Who only fetches keeps its side open until all is there, as browsers do; a server's end says that it has all, too.
  return if $c->{asks} ? $c->{give} == 0 : $c->{take} > 0 && !$c->{deaf};
  shutdown $c->{socket}, 1;
  over($c) if $c->{deaf};
}

sub turn {
  my ($deadline, $after, @listeners) = @_;
  my ($in, $out) = ('', '');
  for my $c (values %open) {
    vec($out, fileno $c->{socket}, 1) = 1 if $c->{connecting} or $c->{gave} < whole($c);
    vec($in, fileno $c->{socket}, 1) = 1 unless $c->{connecting} or $c->{deaf};
  }
  vec($in, fileno $_, 1) = 1 for @listeners;
  my ($due) = sort { $a <=> $b } grep defined, $deadline, map $_->{due}, values %open;
  # Microseconds are all that select knows: never woken too early, to turn in place.
  my $wait = defined $due ? $due - now + 0.00001 : undef;
  select $in, $out, undef, defined $wait && $wait < 0 ? 0 : $wait;
  for my $c (values %open) {
    my $number = fileno $c->{socket};
    tell_got($c) if defined $c->{due} and $c->{due} <= now;
    if (vec $out, $number, 1) { $c->{connecting} ? connected($c) : give($c) }
    take($c) if $open{$number} and vec $in, $number, 1;
  }
  for my $listener (grep vec($in, fileno $_, 1), @listeners) { opened($_) for grep accept($_, $listener), my ($socket) }
  if (defined $deadline and now >= $deadline) { over($_, "not finished after $after s") for values %open }
}

sub made {
  my ($family, $port) = @_;
  socket my $socket, $family, SOCK_STREAM, 0 or return;
  setsockopt $socket, SOL_SOCKET, SO_REUSEADDR, 1;
  setsockopt $socket, IPPROTO_IPV6, 26, 0 if $family == AF_INET6;    # IPV6_V6ONLY
  my $any = $family == AF_INET ? pack_sockaddr_in($port, INADDR_ANY) : pack_sockaddr_in6($port, IN6ADDR_ANY);
  return bind($socket, $any) ? $socket : undef;
}

if (shift eq 'serve') {
  my ($log) = @ARGV;
  my @listeners = map { made(AF_INET6, $_) // made(AF_INET, $_) // die "port $_: $!\\n" } 7, 9, 19, 22, 80, 443;
  listen $_, SOMAXCONN or die "listen: $!\\n" for @listeners;
  open STDIN, '<', '/dev/null' or die "/dev/null: $!\\n";
  open STDOUT, '>>', $log or die "$log: $!\\n";
  exit if fork // die "fork: $!\\n";
  open STDERR, '>&', \\*STDOUT;
  turn(undef, undef, @listeners) while 1;
}

my ($address, $port, $source, $step, $up, $down, $congestion, $window, $after) = @ARGV;
my ($error, $to) = getaddrinfo($address, $port, { flags => AI_NUMERICHOST, socktype => SOCK_STREAM });
die "$address: $error\\n" if $error;
my $socket = made($to->{family}, $source) or die "port $source: $!\\n";
setsockopt $socket, IPPROTO_TCP, $TCP_CONGESTION, $congestion or die "congestion control $congestion: $!\\n";
setsockopt $socket, SOL_SOCKET, $SO_RCVBUFFORCE, $window + 0 or die "window: $!\\n" if $window > 0;
my $request = pack 'N5', $MAGIC, $step, $congestion eq 'reno' ? 4 : 0, $up, $down;
my $c = opened($socket, asks => 1, step => $step, connecting => 1, first => $request, give => $up, take => $down);
my $deadline = $after > 0 ? now + $after : undef;
over($c, lcfirst "$!") unless connect $socket, $to->{addr} or $! == EINPROGRESS;
turn($deadline, $after) while %open;
`

/** The tools of every run, and those that one with datagrams, or with TCP, needs. */
export function toolFiles({
  datagrams,
  streams,
}: {
  readonly datagrams: boolean
  readonly streams: boolean
}): PlanFile[] {
  const file = (name: string, text: string): PlanFile => ({ path: `tools/${name}`, text, secret: false, program: true })
  return [
    { path: 'tools/machine.conf', text: MACHINE, secret: false },
    // A name that is not in /etc/hosts is not there, at once.
    { path: 'tools/nsswitch.conf', text: 'hosts: files\n', secret: false },
    file('hold.sh', HOLD),
    file('ip', IP),
    file('resolvconf', RESOLVCONF),
    ...(datagrams ? [file('udp.pl', UDP)] : []),
    ...(streams ? [file('tcp.pl', TCP)] : []),
  ]
}
