import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StateRow } from '../../scenarios/language/trace.ts'
import { TestNet } from './testnet.ts'
import { readCommands } from './words.ts'

const CONF = `[Interface]
PrivateKey = <host>
Address = 10.0.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <bob.pub>
AllowedIPs = 10.0.0.2/32
`

function machine(): { net: TestNet; run: (command: string) => string[] } {
  const eth0 = { addresses: ['198.18.0.5/24', '2001:db8::5/64'], gateways: ['198.18.0.1', '2001:db8::1'], lan: true }
  const net = new TestNet({ host: { on: { eth0 }, wg: { wg0: CONF } } }, { names: { 'vpn.example': ['198.18.0.9'] } })
  net.run(1)
  return {
    net,
    run: command => {
      const before = net.rows.length
      net.step('host', { do: 'run', at: '1s', host: 'host', command }, 'run')
      return net.rows.slice(before).flatMap(row => (row.kind === 'note' ? [row.text.replace(/ \(step run\)/, '')] : []))
    },
  }
}

describe('the shell', () => {
  const table: [string, string[][] | undefined][] = [
    ['ip route', [['ip', 'route']]],
    ['a;b  ; c', [['a'], ['b'], ['c']]],
    ['a && b || c', [['a'], ['b'], ['c']]],
    [`echo "a b" 'c;d'`, [['echo', 'a b', 'c;d']]],
    ['a 2>/dev/null > /dev/null; b 2>&1', [['a'], ['b']]],
    ['wg set wg0 peer <bob.pub> remove', [['wg', 'set', 'wg0', 'peer', '<bob.pub>', 'remove']]],
    ['a # b; c', [['a']]],
    ['', []],
    ['a | b', undefined],
    ['a $HOME', undefined],
    ['a `b`', undefined],
    ['wg syncconf wg0 <(wg-quick strip wg0)', undefined],
    ['a "b', undefined],
    ['a &', undefined],
  ]
  test.each(table)('%s', (line, words) => {
    expect(readCommands(line)?.map(command => command.words)).toEqual(words)
  })
})

describe('what is refused, and in whose words', () => {
  const table: [string, string[]][] = [
    ['ip route add 10.9.0.0/16 dev wg0', []],
    [
      'ip route add 10.0.0.0/24 dev wg0',
      ['failed: "ip route add 10.0.0.0/24 dev wg0": RTNETLINK answers: File exists'],
    ],
    ['ip route add 10.9.0.0/16 dev wg7', ['failed: "ip route add 10.9.0.0/16 dev wg7": Cannot find device "wg7"']],
    [
      'ip route add 10.9.0.0/16 via 203.0.113.9',
      ['failed: "ip route add 10.9.0.0/16 via 203.0.113.9": RTNETLINK answers: Network is unreachable'],
    ],
    ['ip route del 10.9.0.0/16', ['failed: "ip route del 10.9.0.0/16": RTNETLINK answers: No such process']],
    [
      'ip route add rubbish dev wg0',
      ['failed: "ip route add rubbish dev wg0": Error: inet prefix is expected rather than "rubbish".'],
    ],
    ['ip link set wg9 up', ['failed: "ip link set wg9 up": Cannot find device "wg9"']],
    ['ip link add wg0 type wireguard', ['failed: "ip link add wg0 type wireguard": RTNETLINK answers: File exists']],
    ['ip link del eth0', ['failed: "ip link del eth0": RTNETLINK answers: Operation not supported']],
    ['ip addr add 10.0.0.1/24 dev wg0', ['failed: "ip addr add 10.0.0.1/24 dev wg0": RTNETLINK answers: File exists']],
    [
      'ip addr del 10.0.0.9/24 dev wg0',
      ['failed: "ip addr del 10.0.0.9/24 dev wg0": RTNETLINK answers: Cannot assign requested address'],
    ],
    ['ip rule del table 9', ['failed: "ip rule del table 9": RTNETLINK answers: No such file or directory']],
    [
      'wg set wg9 listen-port 1',
      ['failed: "wg set wg9 listen-port 1": Unable to modify interface "wg9": No such device'],
    ],
    [
      'wg set wg0 listen-port 99999',
      ['failed: "wg set wg0 listen-port 99999": Port must be between 0 and 65535: "99999"'],
    ],
    [
      'wg set wg0 peer rubbish',
      ['failed: "wg set wg0 peer rubbish": Key is not the correct length or format: "rubbish"'],
    ],
    [
      'wg set wg0 peer <bob.pub> endpoint nowhere:1',
      ['failed: "wg set wg0 peer <bob.pub> endpoint nowhere:1": Unable to find endpoint: "nowhere:1"'],
    ],
    ['wg-quick up wg0', ['failed: "wg-quick up wg0": wg-quick: `wg0\' already exists']],
    ['wg-quick down wg3', ['failed: "wg-quick down wg3": wg-quick: `wg3\' is not a WireGuard interface']],
    ['wg-quick up wg3', ['failed: "wg-quick up wg3": wg-quick: `/etc/wireguard/wg3.conf\' does not exist']],
    [
      'sysctl -w net.ipv4.ip_forward=2',
      ['failed: "sysctl -w net.ipv4.ip_forward=2": setting key "net.ipv4.ip_forward": Invalid argument'],
    ],
    [
      'sysctl -w net.ipv4.conf.all.rp_filter=0',
      ['without effect: "sysctl -w net.ipv4.conf.all.rp_filter=0": nothing here depends on it'],
    ],
    ['iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu', []],
    [
      'iptables -A INPUT -p udp --dport 51820 -j ACCEPT',
      [
        'without effect: "iptables -A INPUT -p udp --dport 51820 -j ACCEPT": the INPUT chain is open here; the firewall of a host is its "firewall" property',
      ],
    ],
    [
      'iptables -t nat -A POSTROUTING -o enp3s0 -j MASQUERADE',
      [
        'without effect: "iptables -t nat -A POSTROUTING -o enp3s0 -j MASQUERADE": this machine has no interface "enp3s0"; it has eth0, wg0',
      ],
    ],
    [
      'iptables -D FORWARD -i wg0 -j ACCEPT',
      [
        'failed: "iptables -D FORWARD -i wg0 -j ACCEPT": iptables: Bad rule (does a matching rule exist in that chain?).',
      ],
    ],
    [
      'iptables -t nat -A POSTROUTING -s 2001:db8::/64 -j MASQUERADE',
      [
        'failed: "iptables -t nat -A POSTROUTING -s 2001:db8::/64 -j MASQUERADE": host/network `2001:db8::/64\' not found: iptables is for IPv4',
      ],
    ],
    ['true && echo hello', []],
    ['sudo ip route show', []],
  ]
  test.each(table)('%s', (command, notes) => {
    expect(machine().run(command)).toEqual(notes)
  })

  test.each([
    'nft add table ip x',
    'ufw allow 51820/udp',
    'curl https://example.com | sh',
    'ip netns add x',
    'iptables -t nat -A PREROUTING -p udp --dport 53 -j DNAT --to 10.0.0.1',
    'wg frobnicate',
  ])('%s is unknown', command => {
    const notes = machine().run(command)
    expect(notes.length).toBe(1)
    expect(notes[0]).toContain(`unknown command: "${command}": it does nothing here`)
  })
})

describe('what is done', () => {
  test('wg set, with all of its options', () => {
    const { net, run } = machine()
    expect(
      run(
        'wg set wg0 listen-port 5555 fwmark 0x10 private-key <other> peer <bob.pub> preshared-key <x.psk> endpoint vpn.example:51820 persistent-keepalive 25 allowed-ips 10.0.0.2/32,10.2.0.0/16 peer <cat.pub> allowed-ips 10.3.0.0/16',
      ),
    ).toEqual([])
    expect(run('wg set wg0 peer <bob.pub> allowed-ips +10.4.0.0/16,-10.2.0.0/16 persistent-keepalive off')).toEqual([])
    const states = net.rows.filter((row): row is StateRow => row.kind === 'state')
    const last = (peer: string) => states.filter(row => row.peer === peer).at(-1)
    expect(last('bob')).toMatchObject({
      endpoint: '198.18.0.9:51820',
      keepalive_s: 0,
      allowed_ips: ['10.0.0.2/32', '10.4.0.0/16'],
    })
    expect(last('cat')).toMatchObject({ endpoint: '(none)', allowed_ips: ['10.3.0.0/16'] })
    expect(run('wg set wg0 peer <cat.pub> remove')).toEqual([])
    net.rows.length = 0
    net.hosts.get('host')!.report(net.now)
    net.drain('host')
    expect(net.rows.map(row => row.kind === 'state' && row.peer)).toEqual(['bob'])
  })

  test('routes and rules', () => {
    const { net, run } = machine()
    const lines = [
      'ip route add 10.9.0.0/16 dev wg0 mtu 1300 metric 7',
      'ip route add 10.8.0.0/16 via 198.18.0.77',
      'ip -4 route replace 10.8.0.0/16 via 198.18.0.78 src 198.18.0.5',
      'ip route add default dev wg0 table 7',
      'ip rule add from 10.0.0.1 table 7 priority 100',
      'ip -6 route add 2001:db8:7::/48 via 2001:db8::7',
      'ip route del default',
    ]
    for (const line of lines) expect(run(line)).toEqual([])
    const host = net.hosts.get('host')!
    expect(host.routesText(4)).toBe(
      `10.0.0.0/24 dev wg0 proto kernel scope link src 10.0.0.1
10.8.0.0/16 via 198.18.0.78 dev eth0 src 198.18.0.5
10.9.0.0/16 dev wg0 scope link metric 7 mtu 1300
198.18.0.0/24 dev eth0 proto kernel scope link src 198.18.0.5`,
    )
    expect(host.routesText(4, 7)).toBe('default dev wg0 scope link')
    expect(host.rulesText(4)).toBe(
      '0:\tfrom all lookup local\n100:\tfrom 10.0.0.1 lookup 7\n32766:\tfrom all lookup main',
    )
    expect(host.routesText(6)).toContain('2001:db8:7::/48 via 2001:db8::7 dev eth0 metric 1024')
  })

  test('an interface that goes down loses its routes, and IPv6 its addresses', () => {
    const { net, run } = machine()
    run('ip addr add fd00::1/64 dev wg0; ip route add 10.9.0.0/16 dev wg0; ip link set wg0 down')
    const host = net.hosts.get('host')!
    expect(host.routesText(4)).not.toContain('wg0')
    run('ip link set wg0 up')
    expect(host.routesText(4)).toContain('10.0.0.0/24 dev wg0')
    expect(host.routesText(6)).not.toContain('wg0')
  })

  test('a chain of commands goes on or stops as the shell would', () => {
    const { net, run } = machine()
    run('false && ip route add 10.1.0.0/16 dev wg0')
    run('false || ip route add 10.2.0.0/16 dev wg0')
    run('ip route add 10.3.0.0/16 dev nowhere; ip route add 10.4.0.0/16 dev wg0')
    const text = net.hosts.get('host')!.routesText(4)
    expect(['10.1.', '10.2.', '10.3.', '10.4.'].map(start => text.includes(start))).toEqual([false, true, false, false])
  })

  test('wg-quick down and up again', () => {
    const { net, run } = machine()
    const host = net.hosts.get('host')!
    const before = host.routesText(4)
    expect(run('wg-quick down wg0')).toEqual([])
    expect(host.mtuOf('wg0')).toBeUndefined()
    expect(run('wg-quick up /etc/wireguard/wg0.conf')).toEqual([])
    expect(host.routesText(4)).toBe(before)
  })
})

test('no command line whatever makes anything but notes', () => {
  const word = fc.constantFrom(
    ...'ip -4 -6 route rule link addr add del set show replace dev via table mtu up down wg0 eth0 10.0.0.0/8 default 2001:db8::/32 198.18.0.1 wg set peer remove allowed-ips endpoint <bob.pub> <alice> fwmark 51820 0x10 not from to suppress_prefixlength 0 sysctl -w net.ipv4.ip_forward=1 iptables ip6tables -A -D -I FORWARD -i -o -j ACCEPT DROP -t nat POSTROUTING MASQUERADE ! -s -P wg-quick strip ; && || type wireguard metric listen-port persistent-keepalive'.split(
      ' ',
    ),
  )
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 9, arbitrary: word }, fc.string({ maxLength: 6 })), { maxLength: 12 }),
      words => {
        const { run } = machine()
        for (const note of run(`ip ${words.join(' ')}`))
          expect(note).toMatch(/^(failed|unknown command|without effect|eth0:|wg0:)/)
        run(words.join(' '))
      },
    ),
    { numRuns: 60 },
  )
})
