/** The plain data plane on a machine that has less and less: without koffi, without perl, without ip, without IPv6. */
import { describe, expect, it } from 'vitest'
import { missingForScript, runScript } from '../testing-script.ts'
import { allCalls } from './findcalls.ts'

const missing = missingForScript(['wg', 'ss', 'ping', 'perl', 'python3'])

/** Hides files from this namespace alone. */
const HIDE = `
hide_koffi() { mount -t tmpfs tmpfs "$ROOT/node_modules/koffi"; }
# Under pyenv and the like the name is a script that finds the program itself.
hide() { for folder in $(echo "$PATH" | tr : ' '); do if [ -e "$folder/$1" ]; then mount --bind /dev/null "$folder/$1"; fi; done; }
port() { grep -q ":$(printf %04X $1) " /proc/net/udp; }
`

const KEYS = 'A=$(wg genkey); B=$(wg genkey)\n'

/** Two tunnels of one machine that talk over loopback; their inner addresses are in namespaces of their own. */
const PAIR = `
is_apart() { test "$(readlink /proc/$1/ns/net)" != "$(readlink /proc/$$/ns/net)"; }
FLAG=--plain
other() { nsenter --net=/proc/$ns/ns/net "$@"; }
pair() {
  unshare --net sleep 1000 & ns=$!
  until_ is_apart $ns
  tunnel $FLAG wga || return; tunnel $FLAG wgb || return
  ip link set wgb netns $ns
  wg set wga private-key <(echo $A) listen-port 5001 peer $(echo $B | wg pubkey) allowed-ips 10.0.0.2/32,fd00::2/128 endpoint 127.0.0.1:5002
  wg set wgb private-key <(echo $B) listen-port 5002 peer $(echo $A | wg pubkey) allowed-ips 10.0.0.1/32,fd00::1/128
  ip address add 10.0.0.1/24 dev wga; ip link set wga up
  other ip address add 10.0.0.2/24 dev wgb; other ip link set wgb up
  until_ port 5001; until_ port 5002
  until_ ping -n -c1 -W1 10.0.0.2 && echo pong
}
`

describe.skipIf(missing !== undefined)(
  `the plain data plane${missing === undefined ? '' : ` (missing: ${missing})`}`,
  { timeout: 540_000 },
  () => {
    it.concurrent('makes its system calls alike by koffi, perl and python3', async () => {
      const answers = await Promise.all(
        allCalls().map(({ by }) =>
          runScript(
            `
cat > "$PWD/ask.mts" <<'X'
import { existsSync, openSync } from 'node:fs'
import { createSocket } from 'node:dgram'
const { ROOT = '', BY = '' } = process.env
const { allCalls } = await import(ROOT + '/impl/linux/plain/findcalls.ts')
const { udpFd } = await import(ROOT + '/impl/linux/plain/udpfd.ts')
const calls = allCalls().find((each: { by: string }) => each.by === BY)
const tried = (what: () => unknown) => { try { return what() ?? 'done' } catch (error) { return String(error) } }
const tun = () => openSync('/dev/net/tun', 'r+')
console.log('tun', tried(() => calls.attachTun(tun(), 'wgt')))
console.log('again', tried(() => calls.attachTun(tun(), 'wgt')))
console.log('counted', tried(() => calls.attachTun(tun(), 'wgn%d')), tried(() => calls.attachTun(tun(), 'wgn%d')))
console.log('wrong', tried(() => calls.attachTun(tun(), 'veth0')))
console.log('mtu', tried(() => calls.setMtu('wgt', 1234)), tried(() => calls.setMtu('none', 1234)), tried(() => calls.setMtu('wgt', 7)))
const socket = createSocket('udp4').bind(5555, () => {
  const fd = udpFd(5555, 4)
  console.log('mark', tried(() => calls.setOption(fd, 1, 36, 0xffffffff)), tried(() => calls.setOption(fd, 1, 99999, 1)), tried(() => calls.setOption(0, 1, 36, 1)))
  console.log('no such socket', udpFd(5556, 4), udpFd(5555, 6))
  console.log('READY')
  setInterval(() => existsSync('stop') && process.exit(0), 20)
})
X
ip link add veth0 type veth peer name veth1
node --import "$ROOT/node_modules/tsx/dist/loader.mjs" ask.mts < /dev/null | { while read -r line; do
  if [ "$line" = READY ]; then cat /sys/class/net/wgt/mtu; ip -o link | cut -d: -f2; ss -Huane 2>/dev/null | grep -o 'fwmark:[^ ]*'; touch stop; else echo "$line"; fi; done; }`,
            { BY: by },
          ),
        ),
      )
      expect(answers[0]).toBe(`tun wgt
again Error: TUNSETIFF: EBUSY
counted wgn0 wgn1
wrong Error: TUNSETIFF: EINVAL
mtu done Error: SIOCSIFMTU: ENODEV Error: SIOCSIFMTU: EINVAL
mark done Error: setsockopt: ENOPROTOOPT Error: setsockopt: ENOTSOCK
no such socket undefined undefined
1234
 lo
 veth1@veth0
 veth0@veth1
 wgt
 wgn0
 wgn1
fwmark:0xffffffff
`)
      expect(new Set(answers).size).toBe(1)
      expect(answers).toHaveLength(3)
    })

    it.concurrent('carries packets without koffi and without perl, and says what it lacks', async () => {
      const out = await runScript(`${HIDE}${KEYS}${PAIR}
hide_koffi; hide perl; FLAG=
pair
ip link set wga mtu 1300; until_ ping -n -c1 -W5 -s 1200 -M do 10.0.0.2 && echo 1
ip link set wga down; until_ not port 5001 && echo 'closed by polling'
for _ in 1 2 3 4 5; do ip link set wga up; until_ port 5001; ip link set wga down; until_ not port 5001 || break; done; echo 'and between two looks'
echo "$(wglab show wga --json | grep -c '"plane": "plain"')"
ip link delete wga; until_ are_daemons 1; pkill -f '^wglab-tunnel wgb'; until_ are_daemons 0; ls -A /var/run/wireguard`)
      const lacks =
        'wglab: … The plain data plane lacks: speed: one system call for each packet, and cryptography by node:crypto; ECN and DSCP: the outer header has traffic class 0, and congestion marks are not passed on; sticky source: replies leave from the address that the routing table chooses.\n'
      expect(out.replace(/wglab: the plain data plane serves[^\n]*\. The plain/g, 'wglab: … The plain')).toBe(
        `${lacks}${lacks}pong\n1\nclosed by polling\nand between two looks\n1\n`,
      )
    })

    it.concurrent('says what it needs when koffi, perl and python3 are all missing', async () => {
      const out = await runScript(`${HIDE}
node=$(node -p process.execPath)
hide_koffi; hide perl; hide python3
"$node" "$ROOT/cli/wglab-tunnel.js" --plain wgt; echo "status $?"; ls -A /var/run/wireguard; ip link show wgt`)
      expect(out).toBe(`wglab: a TUN interface needs koffi (npm install koffi), perl or python3 to set it up
status 4
Device "wgt" does not exist.
`)
    })

    it.concurrent('keeps its sessions when its clock is put back, as it is every hundred days', async () => {
      const out = await runScript(`${HIDE}${KEYS}${PAIR}
cat > young.mts <<'X'
import { existsSync } from 'node:fs'
const { ROOT = '', A = '', B = '' } = process.env
const { openPlainDataPlane } = await import(ROOT + '/impl/linux/plain/plane.ts')
const { createClock } = await import(ROOT + '/impl/linux/plain/clock.ts')
const { Key } = await import(ROOT + '/impl/key.ts')
const renewals: string[] = []
// An hour is left each time: so it is put back every second.
const real = createClock()
let ahead_s = 3600
const clock = { now: () => real.now() + ahead_s * 1e9, rebase: (by_s: number) => { ahead_s -= by_s }, wall: () => real.wall() }
const completed: unknown[] = []
const onEvent = (event: { kind: string, what?: string }) => { if (event.kind === 'handshake' && event.what === 'completed') completed.push(event) }
const plane = await openPlainDataPlane({ iface: 'wga', clock, lifetime_ns: 3601e9, onEvent, log: (_: string, text: string) => { if (text.includes('anew')) renewals.push(text) } })
const ip = (a: number, b: number, c: number, d: number) => Uint8Array.of(a, b, c, d)
const psk = new Key(new Uint8Array(32).fill(9))
const peer = { publicKey: B, presharedKey: psk, endpoint: { address: ip(127, 0, 0, 1), port: 5002 }, allowedIps: [{ address: ip(10, 0, 0, 2), length: 32 }] }
await plane.configure({ privateKey: new Key(Buffer.from(A, 'base64')), listenPort: 5001, peers: [peer] })
setInterval(async () => {
  if (!existsSync('stop')) return
  const [status, told] = [await plane.status(), await plane.uapi()]
  console.log(renewals.length >= 3, completed.length, status.listenPort, status.peers.length, told.includes('private_key='), told.includes('preshared_key=' + '09'.repeat(32)))
  await plane.close()
  process.exit(0)
}, 20)
X
A=$A B=$(echo $B | wg pubkey) node --import "$ROOT/node_modules/tsx/dist/loader.mjs" young.mts & young=$!
until_ ip link show wga
unshare --net sleep 1000 & ns=$!
until_ is_apart $ns
tunnel --plain wgb; ip link set wgb netns $ns
wg set wgb private-key <(echo $B) listen-port 5002 peer $(echo $A | wg pubkey) preshared-key <(head -c 32 /dev/zero | tr '\\0' '\\11' | base64) allowed-ips 10.0.0.1/32
ip address add 10.0.0.1/24 dev wga; ip link set wga up
other ip address add 10.0.0.2/24 dev wgb; other ip link set wgb up
until_ port 5002; until_ ping -n -c1 -W1 10.0.0.2 && echo pong
for _ in 1 2 3 4 5 6; do sleep 1; ping -n -c1 -W10 10.0.0.2 >/dev/null && echo 'pong again'; done
touch stop; wait $young; ip link show wga
pkill -f '^wglab-tunnel'; until_ are_daemons 0`)
      expect(out).toBe(`pong\n${'pong again\n'.repeat(6)}true 1 5001 1 true true\nDevice "wga" does not exist.\n`)
    })

    it.concurrent('works on a host without IPv6', async () => {
      const out = await runScript(`${HIDE}${KEYS}${PAIR}
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.lo.disable_ipv6=1
pair
pkill -f '^wglab-tunnel'; until_ are_daemons 0; ls -A /var/run/wireguard`)
      expect(out).toBe('pong\n')
    })
  },
)
