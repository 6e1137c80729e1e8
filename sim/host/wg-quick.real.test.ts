/**
 * The real wg-quick, on a userspace WireGuard in a network namespace of its own, has the last word on routes, rules and MTU.
 * Firewall commands and the resolver are stubs there: they are not compared.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { keyToBase64 } from '../../impl/config/base64.ts'
import { SAMPLES } from '../../scenarios/samples/texts.ts'
import { TestNet } from './testnet.ts'

const NEEDED = ['wg-quick', 'wg', 'ip', 'wireguard-go', 'unshare']

function missing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux'
  if (!existsSync('/dev/net/tun')) return 'needs /dev/net/tun'
  const absent = NEEDED.find(
    tool => !(process.env['PATH'] ?? '').split(':').some(folder => existsSync(join(folder, tool))),
  )
  if (absent !== undefined) return `needs ${absent}`
  try {
    execFileSync('unshare', ['-n', '-m', 'ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0p'], {
      stdio: 'ignore',
    })
    return undefined
  } catch {
    return 'may not make a network namespace with a veth pair'
  }
}

const SHOW = `
echo "== routes 4"; ip -4 route show
echo "== routes 6"; ip -6 route show
echo "== table 4"; ip -4 route show table 51820 2>/dev/null || true
echo "== table 6"; ip -6 route show table 51820 2>/dev/null || true
echo "== rules 4"; ip -4 rule show
echo "== rules 6"; ip -6 rule show
echo "== mtu"; cat /sys/class/net/wg0/mtu 2>/dev/null || echo none
`

/** The text of a sample with real keys and addresses in place of names. */
function real(text: string, net: TestNet): string {
  return text
    .replace(/<([a-z0-9-]+)\.pub>/g, (_, name: string) => net.keys.publicKey(name))
    .replace(/<([a-z0-9-]+)\.psk>/g, (_, name: string) => keyToBase64(net.keys.presharedKey(name).reveal()))
    .replace(/<([a-z0-9-]+)>/g, (_, name: string) => keyToBase64(net.keys.privateKey(name).reveal()))
    .replaceAll('vpn.example.com', '203.0.113.77')
}

function runReal(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'wglab-quick-'))
  try {
    for (const stub of ['iptables', 'ip6tables', 'nft', 'sysctl']) {
      writeFileSync(join(folder, stub), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
    }
    // It is given its input by a pipe, which must not break.
    writeFileSync(join(folder, 'resolvconf'), '#!/bin/sh\ncat >/dev/null\n', { mode: 0o755 })
    writeFileSync(join(folder, 'wg0.conf'), text, { mode: 0o600 })
    const script = `
set -e
export PATH=${folder}:$PATH
mkdir -p /var/run/wireguard; mount -t tmpfs tmpfs /var/run/wireguard
mount -t sysfs sysfs /sys
ip link set lo up
ip link add eth0 type veth peer name eth0p
ip link set eth0p up; ip link set eth0 up
ip address add 198.18.0.5/24 dev eth0; ip address add 2001:db8::5/64 dev eth0 nodad
ip route add default via 198.18.0.1 dev eth0; ip -6 route add default via 2001:db8::1 dev eth0
wg-quick up ${folder}/wg0.conf >/dev/null 2>${folder}/log || echo "== failed"
echo "== up" ${SHOW}
wg-quick down ${folder}/wg0.conf >/dev/null 2>&1 || true
echo "== down" ${SHOW}
`
    const out = execFileSync(
      'unshare',
      ['-n', '-m', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '-c', script],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    return tidy(out)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Without what only Ethernet or a newer iproute2 adds: link-local and multicast routes, router preference, the default table's rule. */
function tidy(out: string): string {
  const lines = out
    .split('\n')
    .filter(line => !/fe80::|ff00::|lookup default/.test(line))
    .map(line => line.replace(/ pref medium/, '').trimEnd())
    .filter(line => line !== '')
    .join('\n')
  // The order of routes is the kernel's own business; that of rules is not.
  return lines
    .split('\n== ')
    .map(section => (/^(routes|table)/.test(section) ? section.split('\n').sort().join('\n') : section))
    .join('\n== ')
}

function runOurs(text: string): string {
  const names = { 'vpn.example.com': ['203.0.113.77'] }
  const eth0 = { addresses: ['198.18.0.5/24', '2001:db8::5/64'], gateways: ['198.18.0.1', '2001:db8::1'], lan: true }
  const net = new TestNet({ host: { on: { eth0 }, wg: { wg0: text } } }, { names })
  net.run(1)
  const show = (): string => {
    const host = net.hosts.get('host')!
    return `
== routes 4
${host.routesText(4)}
== routes 6
${host.routesText(6)}
== table 4
${host.routesText(4, 51820)}
== table 6
${host.routesText(6, 51820)}
== rules 4
${host.rulesText(4)}
== rules 6
${host.rulesText(6)}
== mtu
${host.mtuOf('wg0') ?? 'none'}`
  }
  const up = show()
  net.step('host', { do: 'run', at: '1s', host: 'host', command: 'wg-quick down wg0' }, 'down')
  const failed = net.notes('warning').some(text => text.includes('gave up')) ? '== failed\n' : ''
  return tidy(`${failed}== up\n${up}\n== down\n${show()}`)
}

const head = '[Interface]\nPrivateKey = <host>\n'
const peer = (name: string, ranges: string, more = '') =>
  `[Peer]\nPublicKey = <${name}.pub>\nAllowedIPs = ${ranges}\n${more}\n`

/** What the samples leave out. */
const MORE = {
  'Table = off': `${head}Address = 10.0.0.1/24\nTable = off\n${peer('bob', '0.0.0.0/0, 10.9.0.0/16')}`,
  'a table of its own': `${head}Address = 10.0.0.1/24\nTable = 51820\n${peer('bob', '0.0.0.0/0, 10.0.0.2/32, ::/0')}`,
  'a mark of its own': `${head}Address = 10.0.0.1/32\nFwMark = 0xca6c\n${peer('bob', '0.0.0.0/0')}`,
  'two halves instead of a default': `${head}Address = 10.0.0.1/32\n${peer('bob', '0.0.0.0/1, 128.0.0.0/1, ::/1, 8000::/1')}`,
  'ranges within ranges': `${head}Address = 10.0.0.1/16\n${peer('bob', '10.0.1.0/24, 10.1.0.0/16, 10.1.2.0/24')}${peer('cat', '10.1.2.128/25, 172.16.0.0/12')}`,
  'IPv6 alone by default': `${head}Address = fd00::1/64\n${peer('bob', '::/0, fd01::/48', 'Endpoint = [2001:db8::77]:51820')}`,
  'the MTU from the route to the endpoint': `${head}Address = 10.0.0.1/24\n${peer('bob', '10.0.0.2/32', 'Endpoint = 198.18.0.77:51820')}`,
  'an MTU too small for IPv6': `${head}Address = 10.0.0.1/24, fd00::1/64\nPostUp = ip link set mtu 1200 dev %i\n${peer('bob', '10.5.0.0/16, fd05::/64')}`,
  'an MTU too small for a route of IPv6': `${head}Address = 10.0.0.1/24\nMTU = 1200\n${peer('bob', '10.5.0.0/16, fd05::/64')}`,
  'no address': `${head}${peer('bob', '10.5.0.0/16')}`,
  'one address twice': `${head}Address = 10.0.0.1/24, 10.0.0.1/24\n${peer('bob', '10.5.0.0/16')}`,
  'a hook that adds a route': `${head}Address = 10.0.0.1/24\nPostUp = ip route add 10.77.0.0/16 dev %i; ip rule add from 10.77.0.1 table 51820\n${peer('bob', '10.5.0.0/16')}`,
  'a hook that fails': `${head}Address = 10.0.0.1/24\nPostUp = ip route add 10.0.0.0/24 dev nonsense\n${peer('bob', '10.5.0.0/16')}`,
  'a hook that fails and does not mind': `${head}Address = 10.0.0.1/24\nPostUp = ip route del 10.99.0.0/16 2>/dev/null || true\n${peer('bob', '10.5.0.0/16')}`,
  'a route of the main table that stays in force': `${head}Address = 10.0.0.1/24\nPreUp = ip route add 192.0.2.0/24 via 198.18.0.9\n${peer('bob', '0.0.0.0/0')}`,
  'routes that refuse behind the tunnel': `${head}Address = 10.0.0.1/24, fd00::1/64\nPostUp = ip route add blackhole 10.5.0.0/16 metric 9999; ip route add unreachable 10.6.0.0/16; ip route add prohibit 10.7.0.0/16 table 51820; ip -6 route add blackhole fd05::/64 metric 9999\n${peer('bob', '10.5.0.0/16, fd05::/64')}`,
  'two uplinks and a rule for the source': `${head}Address = 10.0.0.1/24\nPostUp = ip route add default via 198.18.0.9 dev eth0 table 51820; ip rule add from 198.18.0.5 table 51820; ip rule add from 10.5.0.0/16 to 10.0.0.0/8 fwmark 0x7/0xff table 51820 priority 100\n${peer('bob', '10.5.0.0/16')}`,
  'a narrower route to the endpoint': `${head}Address = 10.0.0.1/24\nPreUp = ip route add 192.0.2.7/32 via 198.18.0.9 mtu 1400\n${peer('bob', '10.5.0.0/16', 'Endpoint = 192.0.2.7:51820')}`,
} as const

const because = missing()

describe.skipIf(because !== undefined)(
  `the real wg-quick agrees${because === undefined ? '' : ` (skipped: ${because})`}`,
  () => {
    for (const [name, text] of Object.entries({ ...SAMPLES, ...MORE })) {
      if (name.startsWith('broken/') || name.startsWith('snippets/')) continue
      test(name, () => {
        const net = new TestNet({})
        expect(runOurs(text)).toBe(runReal(real(text, net)))
      })
    }
  },
)
