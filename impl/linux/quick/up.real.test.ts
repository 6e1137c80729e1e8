/**
 * `wglab up` beside the real wg-quick, each in a namespace of its own, with a real nft: the commands they print, what the
 * machine looks like when the tunnel is up, and when it is down again.
 */
import { describe, expect, it } from 'vitest'
import { missingForScript, runScript } from '../testing-script.ts'

const missing = missingForScript(['wg-quick', 'wg', 'nft', 'sysctl'])
const note = missing === undefined ? '' : ` (missing: ${missing})`

const head = '[Interface]\nPrivateKey = $A\nMTU = 1400\n'
const peer = (ranges: string, more = '') => `[Peer]\nPublicKey = $B\nAllowedIPs = ${ranges}\n${more}\n`

const FILES: Readonly<Record<string, string>> = {
  'a client': `${head}Address = 10.0.0.2/32, fd00::2/128\n${peer('10.0.0.0/24, fd00::/64', 'Endpoint = 198.18.0.77:51820\nPersistentKeepalive = 25')}`,
  'a server': `${head}Address = 10.0.0.1/24\nListenPort = 51820\nPostUp = ip route add 192.0.2.0/24 dev %i\nPreDown = ip route del 192.0.2.0/24 dev %i\n${peer('10.0.0.2/32')}`,
  'a full tunnel': `${head}Address = 10.0.0.2/24, fd00::2/64\n${peer('0.0.0.0/0, ::/0', 'Endpoint = 198.18.0.77:51820')}`,
  'a full tunnel with a mark of its own': `${head}Address = 10.0.0.2/24\nFwMark = 0x77\n${peer('0.0.0.0/0, 10.9.0.0/16')}`,
  'site to site': `${head}Address = 10.0.0.1/31, fd00::/127\nListenPort = 7\n${peer('10.0.0.0/31, 10.52.0.0/16, fd52::/48, fd00::/127')}`,
  'a table of its own': `${head}Address = 10.0.0.1/24\nTable = 77\n${peer('0.0.0.0/0, 10.0.0.2/32')}`,
  'Table = off': `${head}Address = 10.0.0.1/24\nTable = off\n${peer('0.0.0.0/0')}`,
  DNS: `${head}Address = 10.0.0.1/24\nDNS = 9.9.9.9, example.org\n${peer('10.7.0.0/16')}`,
  'the MTU of the way to the endpoint': `[Interface]\nPrivateKey = $A\nAddress = 10.0.0.1/24\n${peer('10.7.0.0/16', 'Endpoint = 198.18.9.1:5')}`,
  'a peer that is ourselves': `${head}Address = 10.0.0.1/24\n${peer('10.7.0.0/16')}${peer('10.8.0.0/16, 0.0.0.0/0').replace('$B', '$SELF')}`,
  'a hook that fails': `${head}Address = 10.0.0.1/24\nPostUp = false\n${peer('0.0.0.0/0, ::/0')}`,
  'an address that is refused': `${head}Address = 10.0.0.1/24, 10.0.0.1/24\n${peer('0.0.0.0/0')}`,
}

/** A machine with a default route, a firewall and a rule of somebody else; the same keys on both sides. */
const MACHINE = `
A=$(printf %s 0123456789abcdef0123456789abcdeA | base64)
B=$(printf %s BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB | base64 | wg pubkey)
SELF=$(echo $A | wg pubkey)
ip link add eth0 type veth peer name eth1; ip link set eth0 up addrgenmode none; ip link set eth1 up addrgenmode none
# The kernel tells of the carrier a little later.
until_ grep -qx up /sys/class/net/eth0/operstate; until_ grep -qx up /sys/class/net/eth1/operstate
ip address add 198.18.0.5/24 dev eth0; ip address add 2001:db8::5/64 dev eth0 nodad
ip route add default via 198.18.0.1; ip -6 route add default via 2001:db8::1 dev eth0
ip route add 198.18.9.0/24 via 198.18.0.1 mtu 1390
ip rule add from 192.0.2.9 table 9; ip route add default via 198.18.0.1 table 9
nft add table inet filter
mkdir bin dns.d
# It keeps what it is told, as a real one does.
cat > bin/resolvconf <<'X'
#!/bin/sh
case $1 in -a) { echo "$*"; cat; } > "\${0%/*}/../dns.d/$2" ;; -d) rm -f "\${0%/*}/../dns.d/$2" ;; esac
X
chmod 755 bin/resolvconf
export PATH=$PWD/bin:$PATH
# Without what the kernel chooses at random.
state() {
  ip -o link | sed 's/^[0-9]*: //; s/ qlen.*//'; ip -o address | grep -v fe80: | awk '{print $2,$3,$4}'
  for f in -4 -6; do ip $f rule; ip $f route show table all | grep -v -e fe80: -e multicast | sort; done
  nft list ruleset | grep -v fe80:; tail -n +1 dns.d/* 2>/dev/null; ls -A /var/run/wireguard
}
# Its keys are for nobody else.
cat > wgt.conf
state > before
$UP ./wgt.conf 2> said; echo "up $?"
grep '^\\[#\\]' said
# Where it failed, the daemon ends by itself.
ip link show wgt >/dev/null 2>&1 || until_ are_daemons 0
state | sed 's/^wgt: <[^>]*>/wgt:/'
wg show wgt dump 2>/dev/null | tail -n +2 | cut -f2-4,8
if ip link show wgt >/dev/null 2>&1; then $DOWN ./wgt.conf > said 2>&1; echo "down $?"; grep '^\\[#\\]' said; fi
until_ not ip link show wgt; until_ are_daemons 0
state > after; diff before after && echo 'as before'
`

function run(file: string, how: 'wg-quick' | 'wglab'): Promise<string> {
  const env = {
    WG_QUICK_USERSPACE_IMPLEMENTATION: 'wglab-tunnel',
    UP: how === 'wglab' ? 'wglab up' : 'wg-quick up',
    DOWN: how === 'wglab' ? 'wglab down' : 'wg-quick down',
  }
  const script = MACHINE.replace('cat > wgt.conf', `cat > wgt.conf <<X\n${file}\nX`).replace(
    'export PATH',
    'ln -s "$ROOT/cli/wglab-tunnel.js" bin/wglab-tunnel; export PATH',
  )
  return runScript(script, env)
}

/** Both print what they run; some of it by other words, and what is taken back in another order. */
function tidy(text: string): string {
  const lines = text
    .replace(/^up [1-9].*/, 'up failed')
    .split('\n')
    .filter(line => !/^\[#\] (ip link add wgt type wireguard|wglab.*tunnel wgt)$/.test(line))
    // Which descriptor is free depends on who started the test.
    .map(line => line.replace(/nft -f \/dev\/fd\/\d+/, 'nft -f -').replace(/\/dev\/fd\/\d+/, '/dev/fd/N'))
    .map(line => line.replace('wg setconf', 'wg addconf'))
  return (text.startsWith('up 0') ? lines : lines.sort()).join('\n')
}

describe.skipIf(missing !== undefined)(`wglab up and the real wg-quick${note}`, { timeout: 540_000 }, () => {
  for (const [name, file] of Object.entries(FILES)) {
    it.concurrent(`do the same: ${name}`, async () => {
      const [ours, theirs] = await Promise.all([run(file, 'wglab'), run(file, 'wg-quick')])
      expect(ours).toContain('as before')
      expect(tidy(ours)).toBe(tidy(theirs))
    })
  }

  it.concurrent('SaveConfig writes what the tunnel is, for its owner alone', async () => {
    const out = await runScript(`
A=$(wg genkey); B=$(wg genkey | wg pubkey); C=$(wg genkey | wg pubkey); P=$(wg genpsk)
printf '# mine\\n[Interface]\\nPrivateKey = %s\\nAddress = 10.0.0.1/24\\nSaveConfig = true\\nPostUp = true %%i\\n[Peer]\\nPublicKey = %s\\nAllowedIPs = 10.0.0.2/32\\n' $A $B > wgt.conf
wglab up ./wgt.conf 2>/dev/null; echo "up $?"
wg set wgt listen-port 51821 peer $B remove peer $C preshared-key <(echo $P) allowed-ips 10.0.0.3/32,fd00::/64 endpoint '[::1]:9' persistent-keepalive 5
ip address add fd00::1/64 dev wgt
wglab down ./wgt.conf 2>/dev/null; echo "down $?"
stat -c %a wgt.conf; text=$(cat wgt.conf); text=\${text//$A/A}; text=\${text//$C/C}; echo "\${text//$P/P}"
wglab up ./wgt.conf 2>/dev/null; echo "up $?"; wglab down ./wgt.conf 2>/dev/null; ls -A`)
    expect(out).toBe(`up 0
down 0
600
[Interface]
PrivateKey = A
ListenPort = 51821
Address = 10.0.0.1/24, fd00::1/64
SaveConfig = true
PostUp = true %i

[Peer]
PublicKey = C
PresharedKey = P
AllowedIPs = 10.0.0.3/32, fd00::/64
Endpoint = [::1]:9
PersistentKeepalive = 5
up 0
wgt.conf
`)
  })

  it.concurrent('takes everything back at Ctrl-C, and ends by that signal', async () => {
    const out = await runScript(`
A=$(wg genkey)
printf '[Interface]\\nPrivateKey = %s\\nAddress = 10.0.0.1/24\\nPostUp = touch there; sleep 1000\\n[Peer]\\nPublicKey = %s\\nAllowedIPs = 0.0.0.0/0\\n' $A $(wg genkey | wg pubkey) > wgt.conf
state() { ip -o link | cut -d: -f2; ip rule; ip route show table all; nft list ruleset; ls -A /var/run/wireguard; }
state > before
# A group of its own, as a terminal gives each command; a shell in the background would ignore SIGINT for it.
setsid --wait node -e "
  process.on('SIGINT', () => {}); require('fs').writeFileSync('leader', String(process.pid))
  const up = require('child_process').spawn('$ROOT/cli/wglab.js', ['up', './wgt.conf'], { stdio: 'ignore' })
  up.on('close', (status, signal) => console.log('ended', status, signal))" & up=$!
until_ test -e there; ip link show wgt | grep -o 'mtu 1420'
kill -INT -- -$(cat leader)
wait $up; until_ are_daemons 0; rm leader
state > after; diff before after && echo 'as before'`)
    expect(out).toBe('mtu 1420\nended null SIGINT\nas before\n')
  })

  it.concurrent('says what is wrong with the file, with the name, and that the tunnel is up or not', async () => {
    const out = await runScript(`
A=$(wg genkey)
try() { echo "== $1"; shift; "$@" 2>&1 | grep -v '^\\[#\\]'; echo "status \${PIPESTATUS[0]}"; }
printf '[Interface]\\nPrivateKey = %s\\nAdress = 10.0.0.1/24\\n' $A > wgt.conf
try 'a typo' wglab up ./wgt.conf
try 'no file' wglab up nosuch
try 'no suffix' wglab up ./wgt
printf '[Interface]\\nPrivateKey = %s\\nAddress = 10.0.0.1/24\\n' $A > wgt.conf
try 'not up' wglab down ./wgt.conf
try 'dry' wglab up ./wgt.conf --dry-run
chmod 644 wgt.conf; chmod 755 .
try 'open to all' wglab up ./wgt.conf; chmod 600 wgt.conf
try 'up already' wglab up ./wgt.conf
wglab down ./wgt.conf 2>/dev/null; ls -A /var/run/wireguard`)
    expect(
      out.replaceAll(/\/tmp\/[^ ]*\/wgt/g, 'DIR/wgt').replace(/error: .*\n {2}instead: .*/, 'error: …'),
    ).toBe(`== a typo
wglab: the file is wrong:
DIR/wgt.conf:3:1: error: …
status 2
== no file
wglab: /etc/wireguard/nosuch.conf does not exist; write a name such as wg0, or the path of a file
status 2
== no suffix
wglab: DIR/wgt does not exist; write a name such as wg0, or the path of a file
status 2
== not up
wglab: wgt is not up: no WireGuard answers at /var/run/wireguard/wgt.sock
status 1
== dry
wglab tunnel wgt
wg addconf wgt /dev/fd/63
ip -4 address add 10.0.0.1/24 dev wgt
ip link set mtu 1420 up dev wgt
status 0
== open to all
wglab: warning: DIR/wgt.conf holds keys and everybody may read it; chmod 600 DIR/wgt.conf
status 0
== up already
wglab: the interface wgt is there already; first: wglab down wgt
status 1
`)
  })
})
