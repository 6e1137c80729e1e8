/**
 * The daemon as a program, configured by the real `wg`, on both data planes. wireguard-go is the oracle for everything
 * that `wg` prints. Each test has namespaces of its own.
 */
import { describe, expect, it } from 'vitest'
import { loadKoffi } from './koffi.ts'
import { missingForScript, runScript } from './testing-script.ts'

const missing = missingForScript(['wg', 'ss', 'ps'])
const note = missing === undefined ? '' : ` (missing: ${missing})`
const PLANES = loadKoffi() === undefined ? ['--plain'] : ['--plain', '']

/** Keys that are the same in every run, so that whole outputs can be compared. */
const KEYS = `
key() { printf '%s' "$1" | head -c 32 | base64; }
A=$(key 0123456789abcdef0123456789abcdeA); P=$(key 0123456789abcdef0123456789abcdeP)
B=$(key BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB | wg pubkey); C=$(key CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC | wg pubkey)
D=$(key DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD | wg pubkey)
`

/** Everything that wg(8) can do to an interface, and what it shows after each. */
const WG_STORY = `${KEYS}
# Sorted, as wireguard-go keeps peers in no order.
show() { echo "-- $1"; for what in 'show wgt dump' 'showconf wgt' 'show wgt' 'show wgt allowed-ips'; do wg $what | sort; done; }
show fresh
wg set wgt private-key <(echo "$A") listen-port 51777 fwmark 0xca6c; show own
wg set wgt peer "$B" preshared-key <(echo "$P") endpoint 192.0.2.1:1000 persistent-keepalive 25 allowed-ips 10.0.0.0/24,fd00::/64; show 'a peer'
wg set wgt peer "$C" allowed-ips 10.0.0.0/24,10.1.2.3/8 endpoint '[2001:db8::1]:2000'; show 'a range that moves'
wg set wgt peer "$B" persistent-keepalive off preshared-key /dev/null allowed-ips ''; show 'taken away'
wg set wgt peer "$B" remove peer "$D" remove; show removed
cat > conf <<X
[Interface]
PrivateKey = $A
ListenPort = 51778
[Peer]
PublicKey = $B
PresharedKey = $P
AllowedIPs = 10.0.1.0/24
[Peer]
PublicKey = $D
AllowedIPs = 0.0.0.0/0, ::/0
PersistentKeepalive = 7
X
wg addconf wgt conf; show addconf
wg setconf wgt conf; show setconf
printf '[Interface]\\nPrivateKey = %s\\nListenPort = 51778\\n[Peer]\\nPublicKey = %s\\nAllowedIPs = 10.0.2.0/24\\n' "$A" "$B" > conf2
wg syncconf wgt conf2; show syncconf
wg set wgt private-key /dev/null listen-port 0 fwmark off; show nothing
# A peer that is ourselves is none, and one that we become goes.
wg set wgt private-key <(key BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB); show 'become a peer'
wg set wgt peer "$B" allowed-ips 10.9.0.0/16; show 'ourselves'
wg set wgt listen-port 70000; echo "status $?"
wg set wgt peer nonsense; echo "status $?"
`

describe.skipIf(missing !== undefined)(`the daemon${note}`, { timeout: 540_000 }, () => {
  it.concurrent('shows and takes with wg what wireguard-go shows and takes', async () => {
    const [theirs, ...ours] = await Promise.all([
      runScript(`wireguard-go wgt 2>/dev/null || exit 9; ${WG_STORY}`),
      ...PLANES.map(flag => runScript(`tunnel ${flag} wgt || exit 9; ${WG_STORY}`)),
    ])
    expect(theirs).toContain('-- ourselves')
    // wireguard-go opens a port when it has none to open; ours waits until the interface is up.
    const tidy = (text: string) =>
      text.replace(/ListenPort = .*\n| {2}listening port: .*\n/g, '').replace(/^(\S+\t\S+)\t\d+\t/gm, '$1\tport\t')
    for (const each of ours) expect(tidy(each)).toBe(tidy(theirs ?? ''))
  })

  for (const plane of PLANES) {
    const name = plane === '' ? 'native' : 'plain'

    it.concurrent(`${name}: goes to the background when it listens, and leaves nothing, however it ends`, async () => {
      const out = await runScript(`
state() { ip -o link | cut -d: -f2; ls -A /var/run/wireguard; ls -A | grep -v '^[ab]$'; }
state > b
start() { tunnel ${plane} wgt; echo "start $?"; ls -l /var/run/wireguard | awk 'NR>1{print $1,$NF}'; wg show wgt >/dev/null && echo shown; pid=$(pgrep -f '^wglab-tunnel wgt'); }
end() { until_ not test -e /proc/$pid; until_ not ip link show wgt; state > a; diff b a && echo clean; }
for signal in TERM INT HUP; do echo "== $signal"; start; kill -$signal $pid; end; done
echo '== interface deleted'; start; ip link delete wgt; end
echo '== socket removed'; start; rm /var/run/wireguard/wgt.sock; end
echo '== killed'; start; kill -KILL $pid; until_ not test -e /proc/$pid; ls -A /var/run/wireguard
echo '== after that'; start; kill $pid; end
echo "daemons $(daemons)"`)
      const started = 'start 0\nsrw------- wgt.events\nsrw------- wgt.sock\nshown\n'
      expect(out).toBe(
        [
          ...['TERM', 'INT', 'HUP', 'interface deleted', 'socket removed'].map(way => `== ${way}\n${started}clean\n`),
          `== killed\n${started}wgt.events\nwgt.sock\n`,
          `== after that\n${started}clean\n`,
          'daemons 0\n',
        ].join(''),
      )
    })

    it.concurrent(`${name}: refuses what can not be, says why, and changes nothing`, async () => {
      const out = await runScript(`
try() { echo "== $1"; shift; "$@"; echo "status $?"; }
try 'too long' tunnel ${plane} abcdefghijklmnop
try 'bad letters' tunnel ${plane} 'wg/0'
try 'no name' tunnel ${plane}
try 'a bad level' env LOG_LEVEL=loud "$ROOT/cli/wglab-tunnel.js" ${plane} wgt
try 'metrics for all' tunnel ${plane} --metrics 0.0.0.0:9 wgt
tunnel ${plane} wgt
try 'taken by ours' tunnel ${plane} wgt
wg show interfaces
ip link add wgd type veth peer name wgp
try 'taken by another kind' tunnel ${plane} wgd
ip link delete wgt; until_ are_daemons 0
node -e "require('net').createServer().listen('/var/run/wireguard/wgs.sock')" & P=$!
until_ test -S /var/run/wireguard/wgs.sock
try 'a socket that lives' tunnel ${plane} wgs
ip link show wgs 2>&1
kill $P; rm /var/run/wireguard/wgs.sock
try 'no right' setpriv --bounding-set -all --inh-caps=-all "$ROOT/cli/wglab-tunnel.js" ${plane} wgt
mount -t tmpfs tmpfs /dev/net
try 'no device' tunnel ${plane} wgt
echo "daemons $(daemons)"; ls -A /var/run/wireguard`)
      const help = '(try --help)\n'
      const name = 'the interface name'
      expect(out.replaceAll(`${help}\n`, help)).toBe(`== too long
wglab: ${name} "abcdefghijklmnop" has 16 characters; at most 15 fit, for example wg0
status 2
== bad letters
wglab: ${name} "wg/0" may hold letters, digits and _ = + . - alone; write for example wg0
status 2
== no name
error: missing required argument 'interface'
${help}status 2
== a bad level
wglab: LOG_LEVEL=loud is none of verbose, error and silent
status 2
== metrics for all
wglab: --metrics 0.0.0.0:9 is not on this machine alone, and metrics know no password; write unix:/path, 127.0.0.1:PORT or [::1]:PORT
status 2
== taken by ours
wglab: the name wgt is taken: another program serves that interface; choose another
status 1
wgt
== taken by another kind
wglab: the name wgd is taken by an interface that is no TUN; choose another, or delete it (ip link delete wgd)
status 1
== a socket that lives
wglab: /var/run/wireguard/wgs.sock is in use: another program serves this interface
status 1
Device "wgs" does not exist.
== no right
wglab: making the interface wgt needs CAP_NET_ADMIN and /dev/net/tun: run it as root, for example with sudo
status 4
== no device
wglab: there is no /dev/net/tun: load the module (modprobe tun), or give the container the device (--device /dev/net/tun)
status 4
daemons 0
`)
    })

    it.concurrent(`${name}: the port follows wg and the link, and one that is taken leaves the old one`, async () => {
      const out = await runScript(`${KEYS}
ports() { echo "$1: $(ss -Huan | awk '{print $4}' | grep -v ':9999$' | sed 's/.*://' | sort | uniq -c | awk '{print $2"x"$1}' | tr '\\n' ' ')"; }
tunnel ${plane} wgt
wg set wgt private-key <(echo "$A") listen-port 5001; sleep 0.2; ports down
ip link set wgt up; until_ grep -q ':1389' /proc/net/udp; ports up
wg set wgt listen-port 5002; ports moved
node -e "require('dgram').createSocket('udp4').bind(9999)" & until_ grep -q ':270F' /proc/net/udp
wg set wgt listen-port 9999; echo "status $?"; ports 'still there'; wg show wgt listen-port
wg set wgt listen-port 0; wg show wgt listen-port | grep -qv '^5002$' && echo 'another port'
wg set wgt listen-port 5003 fwmark 7; ports again; ss -Huane 2>/dev/null | grep -c fwmark:0x7
ip link set wgt down; until_ not grep -q ':138B' /proc/net/udp; ports 'down again'
ip link set wgt up; until_ grep -q ':138B' /proc/net/udp; ports 'up again'; ss -Huane 2>/dev/null | grep -c fwmark:0x7`)
      expect(out.replace(/(Unable to modify interface: ).*\n/, '$1…\n')).toBe(`down: 
up: 5001x2 
moved: 5002x2 
Unable to modify interface: …
status 1
still there: 5002x2 
5002
another port
again: 5003x2 
2
down again: 
up again: 5003x2 
2
`)
      expect(out).toContain('Unable to modify interface: Address already in use')
    })

    it.concurrent(`${name}: lives on when its interface moves to another namespace, and its sockets stay`, async () => {
      const out = await runScript(`${KEYS}
unshare --net sleep 1000 & other=$!
is_apart() { test "$(readlink /proc/$1/ns/net)" != "$(readlink /proc/$$/ns/net)"; }
until_ is_apart $other
there() { nsenter --net=/proc/$other/ns/net "$@"; }
open() { grep -q ':1389' /proc/net/udp; }
tunnel ${plane} wgt; pid=$(pgrep -f '^wglab-tunnel wgt')
wg set wgt private-key <(echo "$A") listen-port 5001; ip link set wgt up; until_ open && echo open
until_ ip link set wgt netns $other; until_ not open && echo 'closed: it moved, and is down there'
there ip link set wgt up; until_ open && echo 'open: up there'
wg show wgt listen-port
there ip link set wgt down; until_ not open && echo 'closed: down there'
if [ "${plane}" = --plain ]; then there ip link delete wgt; else kill $pid; fi
until_ not test -e /proc/$pid && echo ended; ls -A /var/run/wireguard; there ip link show wgt 2>&1`)
      expect(out).toBe(`open
closed: it moved, and is down there
open: up there
5001
closed: down there
ended
Device "wgt" does not exist.
`)
    })

    it.concurrent(`${name}: tells why packets were lost, as text, JSON, events and metrics; keys are nowhere`, async () => {
      const out = await runScript(`${KEYS}
LOG_LEVEL=verbose tunnel ${plane} --metrics 127.0.0.1:9586 wgt > log 2>&1
wg set wgt private-key <(echo "$A") listen-port 5001 peer "$B" preshared-key <(echo "$P") allowed-ips 10.0.0.0/24
ip link set wgt up; ip address add 10.9.0.1/32 dev wgt; ip route add 10.0.0.0/8 dev wgt
wglab show wgt --follow > events & F=$!
until_ sh -c 'ping -c1 -W1 10.0.0.9 >/dev/null 2>&1; grep -q no-endpoint events'
echo '== ping'; ping -n -c1 -W20 10.1.0.9 | grep -o 'Destination Host Unreachable'
wglab show wgt --drops > text; text=$(cat text); echo "\${text//$B/PEER}" | sed -nE 's/^(peer: PEER)$/\\1/p; s/^  dropped: .*[0-9]+ (no-route|no-endpoint).*$/dropped N \\1/p'
echo '== json'; wglab show --json | node -e "const [s]=JSON.parse(require('fs').readFileSync(0));console.log(s.plane,s.peers[0].drops['no-endpoint']>0,s.drops['no-route']>0,s.peers[0].recent_drops.at(-1).text)"
echo '== metrics'; node -e "fetch('http://127.0.0.1:9586/metrics').then(r=>r.text()).then(t=>console.log(t.match(/.*reason=\\"no-endpoint\\".*/)[0].replace(/\\d+$/,'N')))" | sed "s|$B|PEER|"
kill $F; pid=$(pgrep -f '^wglab-tunnel wgt')
cat events log text /proc/$pid/cmdline /proc/$pid/environ > all
echo '== keys'; for secret in "$A" "$P" "$(echo "$A" | base64 -d | od -An -tx1 | tr -d ' \\n')"; do grep -c -F -- "$secret" all; done
grep -o 'peer([^)]*)' log | sort -u | sed "s/(\${B:0:4}…\${B:39:4})/(PEER)/"
kill $pid; until_ not test -e /proc/$pid`)
      expect(out).toBe(`== ping
Destination Host Unreachable
dropped N no-route
peer: PEER
dropped N no-endpoint
== json
${name} true true The peer has no known endpoint: none is configured, and it has not sent anything yet.
== metrics
wglab_dropped_packets_total{interface="wgt",public_key="PEER",reason="no-endpoint"} N
== keys
0
0
0
peer(PEER)
`)
    })
  }
})
