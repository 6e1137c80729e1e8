import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../impl/ip/address.ts'
import { isFragment } from '../../impl/ip/packet.ts'
import type { Step, StepOf } from '../../scenarios/language/step.ts'
import type { HopRow, Row, StateRow } from '../../scenarios/language/trace.ts'
import { datagramPacket } from './datagram.ts'
import { HostConfigError } from './prepare.ts'
import { type TestHost, TestNet } from './testnet.ts'

const S = 1_000_000_000

const ALICE = `[Interface]
PrivateKey = <alice>
Address = 10.0.0.1/24, fd00::1/64
ListenPort = 51820

[Peer]
PublicKey = <bob.pub>
AllowedIPs = 10.0.0.2/32, fd00::2/128
Endpoint = 203.0.113.2:51820
`
const BOB = `[Interface]
PrivateKey = <bob>
Address = 10.0.0.2/24, fd00::2/64
ListenPort = 51820

[Peer]
PublicKey = <alice.pub>
AllowedIPs = 10.0.0.1/32, fd00::1/128
`
const STEPS = ['hello', 'again', 'stream', 'other']

function pair(more: { alice?: Partial<TestHost>; bob?: Partial<TestHost> } = {}): TestNet {
  const net = new TestNet(
    {
      alice: { on: { internet: { addresses: ['203.0.113.1', '2001:db8::1'] } }, wg: { wg0: ALICE }, ...more.alice },
      bob: { on: { internet: { addresses: ['203.0.113.2', '2001:db8::2'] } }, wg: { wg0: BOB }, ...more.bob },
    },
    { steps: STEPS },
  )
  net.run(S)
  return net
}

const plain: Partial<TestHost> = { wg: {} }

function ping(to: string, more: Partial<StepOf<'ping'>> = {}): Step {
  return { do: 'ping', at: '1s', from: 'alice', to, ...more }
}

function send(to: string, more: Partial<StepOf<'send'>> = {}): Step {
  return { do: 'send', at: '1s', from: 'alice', to, ...more }
}

function states(net: TestNet, host: string): string[] {
  return net.rows
    .filter((row): row is StateRow => row.kind === 'state' && row.host === host)
    .map(row => `${row.t} ${row.peer} ${row.endpoint} ${row.latest_handshake} ${row.allowed_ips} ${row.keepalive_s}`)
}

/** Every packet that was born ends once, for each copy: done or dropped. */
function unaccounted(net: TestNet): string[] {
  const ends = new Set<string>()
  for (const row of net.rows) {
    if (row.kind === 'drop' || (row.kind === 'hop' && row.dir === 'done')) ends.add(`${row.packet.box}/${row.packet.n}`)
  }
  return net.rows.flatMap(row => {
    const id = row.kind === 'hop' && row.dir === 'born' ? `${row.packet.box}/${row.packet.n}` : ''
    return id === '' || ends.has(id) ? [] : [id]
  })
}

const born = (row: Row): row is HopRow => row.kind === 'hop' && row.dir === 'born'

describe('two hosts and a tunnel', () => {
  test('a ping goes through and comes back', () => {
    const net = pair()
    net.step('alice', ping('10.0.0.2', { count: 3 }), 'hello')
    net.run(20 * S)
    expect(net.story('hello')).toEqual([
      'begun',
      'sent 1',
      'answered 1',
      'sent 2',
      'answered 2',
      'sent 3',
      'answered 3',
      'done 3 of 3 answered',
    ])
    expect(net.drops()).toEqual([])
    expect(net.notes('warning')).toEqual([])
    expect(net.wire('alice').map(row => row.size)).toEqual([176, 156, 156, 156, 60])
    expect(unaccounted(net)).toEqual([])
  })

  test('a packet keeps its id from the program through the tunnel to the other program, and an answer names its cause', () => {
    const net = pair()
    net.step('alice', ping('fd00::2'), 'hello')
    net.run(3 * S)
    const [request, ...more] = net.rows.filter(born).filter(row => row.packet.box === 'alice')
    expect(more).toEqual([])
    const places = net.rows.flatMap(row =>
      row.kind === 'hop' && row.packet.box === 'alice' ? [`${row.at} ${row.dir} ${row.layer} ${row.size}`] : [],
    )
    expect(places).toEqual([
      'alice born inner 104',
      'alice:wg0 out inner 104',
      'alice:internet out wire 172',
      'bob:wg0 in inner 104',
      'bob done inner 104',
    ])
    const reply = net.rows.filter(born).find(row => row.packet.box === 'bob')
    expect(reply?.cause).toEqual(request?.packet)
  })

  test('the response names the initiation that caused it', () => {
    const net = pair()
    net.step('alice', ping('10.0.0.2'), 'hello')
    net.run(2 * S)
    const births = net.rows.filter(born).map(row => [row.packet.box, row.cause?.box])
    expect(births).toEqual([
      ['alice', undefined],
      ['alice:wg0', 'alice'],
      ['bob:wg0', 'alice:wg0'],
      ['bob', 'alice'],
    ])
  })

  test('state rows tell endpoint and handshake when they change, and all of it on demand', () => {
    const net = pair()
    net.step('alice', ping('10.0.0.2'), 'hello')
    net.run(2 * S)
    expect(states(net, 'alice')).toEqual([
      '0 bob 203.0.113.2:51820 null 10.0.0.2/32,fd00::2/128 0',
      '1020000000 bob 203.0.113.2:51820 1020000000 10.0.0.2/32,fd00::2/128 0',
    ])
    expect(states(net, 'bob')).toEqual([
      '0 alice (none) null 10.0.0.1/32,fd00::1/128 0',
      '1010000000 alice 203.0.113.1:51820 null 10.0.0.1/32,fd00::1/128 0',
      '1030000000 alice 203.0.113.1:51820 1030000000 10.0.0.1/32,fd00::1/128 0',
    ])
    net.rows.length = 0
    net.hosts.get('alice')!.report(net.now)
    net.drain('alice')
    expect(net.rows).toEqual([
      {
        kind: 'state',
        t: 2 * S,
        host: 'alice',
        iface: 'wg0',
        peer: 'bob',
        endpoint: '203.0.113.2:51820',
        latest_handshake: 1_020_000_000,
        rx_bytes: 92 + 128,
        tx_bytes: 148 + 128,
        allowed_ips: ['10.0.0.2/32', 'fd00::2/128'],
        keepalive_s: 0,
      },
    ])
  })

  test('the capture gets the static keys at once and the ephemeral ones of both sides', () => {
    const net = pair()
    net.step('alice', ping('10.0.0.2'), 'hello')
    net.run(2 * S)
    expect(net.secrets.map(({ secret }) => secret)).toEqual([
      'LOCAL_STATIC_PRIVATE_KEY',
      'LOCAL_STATIC_PRIVATE_KEY',
      'LOCAL_EPHEMERAL_PRIVATE_KEY',
      'LOCAL_EPHEMERAL_PRIVATE_KEY',
    ])
    expect(net.secrets[0]!.key.equals(net.keys.privateKey('alice'))).toBe(true)
    expect(JSON.stringify(net.rows)).not.toContain(net.keys.privateKey('alice').reveal().join())
  })

  test('datagrams arrive with the number that they were sent with', () => {
    const net = pair()
    net.step('alice', send('10.0.0.2:9', { count: 3, interval: '20ms', size: 1200 }), 'stream')
    net.run(3 * S)
    expect(net.story('stream')).toEqual([
      'begun',
      'sent 1',
      'sent 2',
      'arrived 1',
      'arrived 2',
      'sent 3',
      'done',
      'arrived 3',
    ])
  })

  test('what has no peer comes back as host unreachable, with a reason', () => {
    const net = pair()
    net.step('alice', ping('10.0.0.77'), 'hello')
    net.run(20 * S)
    expect(net.story('hello')).toEqual(['begun', 'sent 1', 'error 1 icmp host-unreachable', 'done 0 of 1 answered'])
    expect(net.drops()).toEqual(['alice:wg0 inner no-route'])
  })

  test('reply to a packet from a second address goes out by that address', () => {
    const two = { on: { internet: { addresses: ['203.0.113.2', '203.0.113.3'] } } }
    const net = new TestNet(
      {
        alice: { on: { internet: { addresses: ['203.0.113.1'] } }, wg: { wg0: ALICE.replace('113.2:', '113.3:') } },
        bob: { ...two, wg: { wg0: BOB } },
      },
      { steps: STEPS },
    )
    net.run(S)
    net.step('alice', ping('10.0.0.2'), 'hello')
    net.run(2 * S)
    expect(net.story('hello')).toContain('answered 1')
    expect(net.wire('bob').map(row => Array.from(row.bytes!.subarray(12, 16)).join('.'))).toEqual([
      '203.0.113.3',
      '203.0.113.3',
    ])
    expect(states(net, 'alice').at(-1)).toContain('203.0.113.3:51820')
  })
})

describe('without a tunnel', () => {
  const cases: { name: string; step: Step; story: string[]; drops: string[] }[] = [
    {
      name: 'ping',
      step: ping('203.0.113.2'),
      story: ['begun', 'sent 1', 'answered 1', 'done 1 of 1 answered'],
      drops: [],
    },
    {
      name: 'ping in IPv6',
      step: ping('2001:db8::2'),
      story: ['begun', 'sent 1', 'answered 1', 'done 1 of 1 answered'],
      drops: [],
    },
    {
      name: 'ping oneself',
      step: ping('203.0.113.1'),
      story: ['begun', 'sent 1', 'answered 1', 'done 1 of 1 answered'],
      drops: [],
    },
    {
      name: 'ping without a byte of data',
      step: ping('203.0.113.2', { size: 0 }),
      story: ['begun', 'sent 1', 'answered 1', 'done 1 of 1 answered'],
      drops: [],
    },
    {
      name: 'the largest ping',
      step: ping('203.0.113.2', { size: 65_507 }),
      story: ['begun', 'sent 1', 'answered 1', 'done 1 of 1 answered'],
      drops: [],
    },
    {
      name: 'the largest ping of IPv6',
      step: ping('2001:db8::2', { size: 65_507 }),
      story: ['begun', 'sent 1', 'answered 1', 'done 1 of 1 answered'],
      drops: [],
    },
    {
      name: 'a ping that may not be cut',
      step: ping('203.0.113.2', { size: 1473, df: true }),
      story: ['begun', 'sent 1', 'error 1 df-too-big (MTU 1500)', 'done 0 of 1 answered'],
      drops: ['alice inner df-too-big (1501 > 1500)'],
    },
    {
      name: 'a ping that just fits',
      step: ping('203.0.113.2', { size: 1472, df: true }),
      story: ['begun', 'sent 1', 'answered 1', 'done 1 of 1 answered'],
      drops: [],
    },
    {
      name: 'IPv6 that may not be cut',
      step: ping('2001:db8::2', { size: 1453, df: true }),
      story: ['begun', 'sent 1', 'error 1 df-too-big (MTU 1500)', 'done 0 of 1 answered'],
      drops: ['alice inner df-too-big (1501 > 1500)'],
    },
    {
      name: 'echo of datagrams',
      step: send('203.0.113.2:7'),
      story: ['begun', 'sent 1', 'done', 'arrived 1', 'answered 1'],
      drops: [],
    },
    {
      name: 'datagrams in IPv6, in pieces',
      step: send('[2001:db8::2]:9', { size: 4000 }),
      story: ['begun', 'sent 1', 'done', 'arrived 1'],
      drops: [],
    },
    {
      name: 'datagrams too short for a stamp',
      step: send('203.0.113.2:9', { size: 3, count: 2, interval: '1ms' }),
      story: ['begun', 'sent 1', 'sent 2', 'done', 'arrived', 'arrived'],
      drops: [],
    },
    {
      name: 'a closed port',
      step: send('203.0.113.2:4444'),
      story: ['begun', 'sent 1', 'done', 'error 1 icmp port-unreachable'],
      drops: ['bob wire no-listener (UDP port 4444)'],
    },
    {
      name: 'a closed port in IPv6',
      step: send('[2001:db8::2]:4444'),
      story: ['begun', 'sent 1', 'done', 'error 1 icmp port-unreachable'],
      drops: ['bob wire no-listener (UDP port 4444)'],
    },
    {
      name: 'a multicast address',
      step: send('224.0.0.1:9'),
      story: ['begun', 'sent 1', 'error 1 wrong-destination', 'done'],
      drops: ['alice inner wrong-destination'],
    },
    {
      name: 'what is no address',
      step: send('nonsense:9'),
      story: ['begun', 'error "nonsense:9" is no address:port', 'done'],
      drops: [],
    },
  ]
  for (const { name, step, story, drops } of cases) {
    test(name, () => {
      const net = pair({ alice: plain, bob: plain })
      net.step('alice', step, 'hello')
      net.run(30 * S)
      expect(net.story('hello')).toEqual(story)
      expect(net.drops()).toEqual(drops)
      expect(unaccounted(net)).toEqual([])
    })
  }

  test('no route, and no address of the family', () => {
    const net = new TestNet({ alice: { on: { lan: { addresses: ['192.168.1.2/24'], lan: true } } } }, { steps: STEPS })
    net.run(S)
    net.step('alice', ping('203.0.113.2', { count: 1 }), 'hello')
    net.step('alice', { do: 'run', at: '1s', host: 'alice', command: 'ip -6 route add default dev lan' }, 'route')
    net.step('alice', ping('2001:db8::1', { count: 1 }), 'again')
    net.run(30 * S)
    expect(net.story('hello').slice(0, 3)).toEqual(['begun', 'sent 1', 'error 1 no-route'])
    expect(net.story('again').slice(0, 3)).toEqual(['begun', 'sent 1', 'error 1 source-unavailable'])
    expect(net.drops()).toEqual(['alice inner no-route', 'alice inner source-unavailable'])
  })

  test('a payload that changed on its way, with every checksum right, is told apart', () => {
    const net = pair({ alice: plain, bob: plain })
    net.passes = packet => {
      // Two bytes swapped between words keep a one's complement sum.
      const { bytes } = packet
      if (bytes.length !== 92) return true
      const [a, b] = [bytes[40]!, bytes[42]!]
      bytes[40] = b
      bytes[42] = a
      return true
    }
    net.step('alice', send('203.0.113.2:9'), 'stream')
    net.run(3 * S)
    expect(net.story('stream')).toEqual(['begun', 'sent 1', 'done', 'error 1 the payload is not what was sent'])
    expect(net.drops()).toEqual(['bob inner bad-payload'])
  })

  test('a damaged checksum and a damaged header', () => {
    const net = pair({ alice: plain, bob: plain })
    let n = 0
    net.passes = ({ bytes }) => {
      const at = n++ === 0 ? 30 : 8
      bytes[at] = bytes[at]! ^ 1
      return true
    }
    net.step('alice', send('203.0.113.2:9', { count: 2, interval: '1ms' }), 'stream')
    net.run(3 * S)
    expect(net.drops()).toEqual([
      'bob wire bad-checksum (UDP checksum is wrong)',
      'bob wire malformed (IPv4 header checksum is wrong)',
    ])
  })

  test('a burst of many gives the others their turn and keeps no packet', () => {
    const net = pair({ alice: plain, bob: plain })
    net.step('alice', send('203.0.113.2:9', { count: 1000, interval: '0s', size: 8 }), 'stream')
    net.run(3 * S)
    expect(net.story('stream').filter(line => line.startsWith('arrived')).length).toBe(1000)
  })

  test('numbers beyond 16 bits are told apart by the latest that was sent', () => {
    const net = pair({ alice: plain, bob: plain })
    net.delay_ns = 1
    net.step('alice', ping('203.0.113.2', { count: 65_540, interval: '1us', size: 8 }), 'hello')
    net.run(3 * S)
    expect(net.story('hello').at(-1)).toBe('done 65540 of 65540 answered')
  })
})

describe('fragments', () => {
  test('a datagram larger than the path goes out in pieces outside, and in pieces inside', () => {
    const net = pair()
    net.step('alice', send('10.0.0.2:9', { size: 1400 }), 'stream')
    net.run(3 * S)
    expect(net.story('stream')).toContain('arrived 1')
    // 1428 bytes into an MTU of 1420: two inner fragments, neither of which needs a fragment outside.
    expect(net.wire('alice').map(row => row.size)).toEqual([176, 1480, 92])
    expect(net.wire('alice').some(row => isFragment(row.bytes!))).toBe(false)
  })

  test('a tunnel MTU larger than the path: fragments outside, DF clear', () => {
    const net = pair({ alice: { wg: { wg0: ALICE.replace('ListenPort', 'MTU = 1500\nListenPort') } } })
    net.step('alice', send('10.0.0.2:9', { size: 1472 }), 'stream')
    net.run(3 * S)
    expect(net.story('stream')).toContain('arrived 1')
    expect(net.wire('alice').map(row => `${row.size} ${isFragment(row.bytes!)}`)).toEqual([
      '176 false',
      '1500 true',
      '80 true',
    ])
    expect(unaccounted(net)).toEqual([])
  })

  test('the rest never comes: given up after 30 s, and the sender is told', () => {
    const net = pair({ alice: plain, bob: plain })
    let n = 0
    net.passes = () => n++ !== 1
    net.step('alice', send('203.0.113.2:9', { size: 2000 }), 'stream')
    net.run(40 * S)
    expect(net.drops()).toEqual(['bob wire reassembly-timeout'])
    expect(net.story('stream')).toEqual(['begun', 'sent 1', 'done', 'error 1 icmp reassembly-timeout'])
    const drop = net.rows.find(row => row.kind === 'drop')
    expect(drop?.t).toBe(31 * S + 10_000_000)
  })
})

describe('a machine that forwards', () => {
  const router = (more: Partial<TestHost> = {}): TestNet => {
    const lan = (n: number, k: string) => ({ addresses: [`192.168.${n}.${k}/24`, `fd0${n}::${k}/64`], lan: true })
    const via = (n: number) => ({ gateways: [`192.168.${n}.1`, `fd0${n}::1`] })
    const net = new TestNet(
      {
        alice: { on: { left: { ...lan(1, '2'), ...via(1) } } },
        gate: { on: { left: lan(1, '1'), right: { ...lan(2, '1'), mtu: 1400 } }, forward: true, ...more },
        bob: { on: { right: { ...lan(2, '2'), ...via(2) } } },
      },
      { steps: STEPS },
    )
    net.run(S)
    return net
  }

  test('in both families', () => {
    const net = router()
    net.step('alice', ping('192.168.2.2'), 'hello')
    net.step('alice', ping('fd02::2'), 'again')
    net.run(2 * S)
    expect(net.story('hello')).toContain('answered 1')
    expect(net.story('again')).toContain('answered 1')
    expect(net.wire('gate').map(row => row.bytes![row.bytes![0]! >>> 4 === 4 ? 8 : 7])).toEqual([63, 63, 63, 63])
  })

  test('not without being told', () => {
    const net = router({ forward: false })
    net.step('alice', ping('192.168.2.2'), 'hello')
    net.run(2 * S)
    expect(net.drops()).toEqual(['gate wire not-forwarding'])
  })

  test('a route that it does not have', () => {
    const net = router()
    net.step('alice', ping('198.51.100.1'), 'hello')
    net.run(2 * S)
    expect(net.drops()).toEqual(['gate wire no-route'])
    expect(net.story('hello')).toEqual(['begun', 'sent 1', 'error 1 icmp no-route'])
  })

  test('too big and DF: the sender learns the MTU, and keeps to it for ten minutes', () => {
    const net = router()
    net.step('alice', ping('192.168.2.2', { size: 1400, df: true, count: 2 }), 'hello')
    net.run(5 * S)
    expect(net.story('hello')).toEqual([
      'begun',
      'sent 1',
      'error 1 icmp too-big (MTU 1400)',
      'sent 2',
      'error 2 df-too-big (MTU 1400)',
    ])
    net.run(602 * S)
    net.step('alice', ping('192.168.2.2', { size: 1400, df: true }), 'again')
    net.run(604 * S)
    expect(net.story('again')).toEqual(['begun', 'sent 1', 'error 1 icmp too-big (MTU 1400)'])
  })

  test('too big and no DF: it cuts IPv4; in IPv6 the source does, once it knows', () => {
    const net = router()
    net.step('alice', send('192.168.2.2:9', { size: 1400 }), 'hello')
    net.step('alice', send('[fd02::2]:9', { size: 1400, count: 2 }), 'again')
    net.run(5 * S)
    expect(net.story('hello')).toContain('arrived 1')
    expect(net.story('again')).toEqual([
      'begun',
      'sent 1',
      'error 1 icmp too-big (MTU 1400)',
      'sent 2',
      'done',
      'arrived 2',
    ])
  })

  test('one address is told of errors six times in a row and then once a second', () => {
    const net = router()
    net.step('alice', send('198.51.100.1:9', { count: 50, interval: '100ms' }), 'stream')
    net.run(10 * S)
    const told = net.story('stream').filter(line => line.includes('icmp'))
    expect(told.length).toBe(6 + 4)
  })

  test('masquerading: the outside sees the gate, answers find their way back, errors too', () => {
    const net = router({ forward: true })
    net.step(
      'gate',
      { do: 'run', at: '1s', host: 'gate', command: 'iptables -t nat -A POSTROUTING -o right -j MASQUERADE' },
      'nat',
    )
    net.step('alice', ping('192.168.2.2', { size: 3000 }), 'hello')
    net.step('alice', send('192.168.2.2:7', { size: 100 }), 'stream')
    net.step('alice', send('192.168.2.2:4444', { size: 100 }), 'other')
    net.run(3 * S)
    expect(net.story('hello')).toContain('answered 1')
    expect(net.story('stream')).toContain('answered 1')
    expect(net.story('other')).toContain('error 1 icmp port-unreachable')
    const seen = net.rows.flatMap(row =>
      row.kind === 'hop' && row.at === 'gate:right' ? [row.bytes!.subarray(12, 16).join('.')] : [],
    )
    expect(new Set(seen)).toEqual(new Set(['192.168.2.1']))
    expect(unaccounted(net)).toEqual([])
  })

  test('rules of the FORWARD chain', () => {
    const net = router()
    const run = (command: string, name: string): void =>
      net.step('gate', { do: 'run', at: '1s', host: 'gate', command }, name)
    run('iptables -P FORWARD DROP; iptables -A FORWARD -i left -o right -j ACCEPT', 'one')
    net.step('alice', ping('192.168.2.2'), 'hello')
    net.run(3 * S)
    expect(net.drops()).toEqual(['gate wire forward-rejected'])
    run('iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', 'two')
    net.step('alice', ping('192.168.2.2'), 'again')
    net.run(5 * S)
    expect(net.story('again')).toContain('answered 1')
    expect(net.notes('warning')).toEqual([])
  })
})

describe('a stateful firewall', () => {
  test('lets in answers and the tunnel, and nothing else', () => {
    const net = pair({ bob: { firewall: 'stateful' } })
    net.step('alice', ping('203.0.113.2'), 'hello')
    net.step('alice', ping('10.0.0.2'), 'again')
    net.step('bob', { ...send('203.0.113.1:7'), from: 'bob' } as Step, 'stream')
    net.run(3 * S)
    expect(net.story('hello')).not.toContain('answered 1')
    expect(net.story('again')).toContain('answered 1')
    expect(net.story('stream')).toContain('answered 1')
    expect(net.drops()).toEqual(['bob wire firewall'])
  })
})

describe('power and clocks', () => {
  test('a machine that sleeps hears nothing, and does on waking what was due', () => {
    const net = pair()
    net.step('alice', ping('10.0.0.2', { count: 10 }), 'hello')
    net.run(3.5 * S)
    net.step('bob', { do: 'suspend', at: '3s', host: 'bob', for: '4s' }, 'nap')
    net.run(60 * S)
    const { length } = net.drops().filter(drop => drop === 'bob wire host-asleep')
    expect(length).toBeGreaterThanOrEqual(4)
    expect(net.story('nap')).toEqual(['begun', 'done'])
    const done = net.rows.find(row => row.kind === 'step' && row.step === 'nap' && row.what === 'done')
    expect(done?.t).toBe(7.5 * S)
    // Its keys were wiped before it slept: what alice sends on the old session is not understood.
    expect(net.drops()).toContain('bob:wg0 wire unknown-session (peer alice)'.replace(' (peer alice)', ''))
    net.step('bob', { ...ping('10.0.0.1'), from: 'bob' } as Step, 'again')
    net.run(80 * S)
    expect(net.story('again')).toContain('answered 1')
  })

  test('steps of a sleeping machine wait for it', () => {
    const net = pair({ alice: plain, bob: plain })
    net.step('alice', { do: 'suspend', at: '1s', host: 'alice', for: '5s' }, 'nap')
    net.run(2 * S)
    net.step('alice', ping('203.0.113.2'), 'hello')
    net.run(10 * S)
    const begun = net.rows.find(row => row.kind === 'step' && row.step === 'hello')
    expect(begun?.t).toBe(6 * S)
    expect(net.story('hello')).toContain('answered 1')
  })

  test('a reboot loses all state and brings the tunnel up again; ids do not come twice', () => {
    const net = pair()
    net.step('alice', ping('10.0.0.2', { count: 20 }), 'hello')
    net.run(5.5 * S)
    net.step('alice', { do: 'reboot', at: '5s', host: 'alice', off: '10s' }, 'boot')
    net.run(8 * S)
    net.step('bob', { ...ping('203.0.113.1'), from: 'bob' } as Step, 'other')
    net.run(20 * S)
    expect(net.story('hello').slice(-2)).toEqual(['error the machine was switched off', 'done'])
    expect(net.drops()).toContain('alice wire host-off')
    net.step('alice', ping('10.0.0.2'), 'again')
    net.run(30 * S)
    expect(net.story('again')).toContain('answered 1')
    const ids = net.rows.filter(born).map(row => `${row.packet.box}/${row.packet.n}`)
    expect(new Set(ids).size).toBe(ids.length)
    expect(unaccounted(net)).toEqual([])
  })

  test('the wall clock: offset, jump and drift are told', () => {
    const net = pair({ alice: { ...plain, clock: { offset: '1h', drift_ppm: 100 } }, bob: plain })
    net.run(1000 * S)
    net.step('alice', { do: 'clock', at: '1000s', host: 'alice', jump: '-2h', drift_ppm: 0 }, 'jump')
    net.run(2000 * S)
    net.step('alice', { do: 'clock', at: '2000s', host: 'alice', jump: '0s' }, 'still')
    const rows = net.rows.flatMap(row =>
      row.kind === 'clock' && row.host === 'alice'
        ? [[row.t / S, row.wall_sec - 1_767_225_600, row.wall_nsec, row.what]]
        : [],
    )
    expect(rows).toEqual([
      [0, 3600, 0, 'start'],
      [1000, 1000 + 3600 - 7200, 100_000_000, 'jump -2h, drift 0 ppm'],
      [2000, 2000 + 3600 - 7200, 100_000_000, 'jump 0s'],
    ])
  })
})

describe('roaming', () => {
  test('a new address: the tunnel goes on, and the other side follows', () => {
    const net = pair()
    net.step('alice', ping('10.0.0.2', { count: 4 }), 'hello')
    net.run(2.5 * S)
    net.place('internet', 'alice', ['198.51.100.9'])
    net.input('alice', {
      kind: 'attach',
      port: 'internet',
      addresses: [{ address: parseAddress('198.51.100.9')!, length: 32 }],
      gateways: [],
    })
    net.run(10 * S)
    expect(net.story('hello').at(-1)).toBe('done 4 of 4 answered')
    expect(states(net, 'bob').at(-1)).toContain('198.51.100.9:51820')
  })

  test('a cable too narrow for IPv6 takes it away, and a wider one brings it back', () => {
    const net = pair({ alice: plain, bob: plain })
    net.input('alice', { kind: 'mtu', port: 'internet', mtu: 1200 })
    expect(net.notes('warning')).toEqual([
      'internet: an MTU of 1200 is less than the 1280 bytes that IPv6 needs: its IPv6 addresses are gone',
    ])
    net.step('alice', ping('2001:db8::2'), 'hello')
    net.step('alice', ping('203.0.113.2'), 'other')
    net.run(2 * S)
    net.input('alice', { kind: 'mtu', port: 'internet', mtu: 1500 })
    net.step('alice', ping('2001:db8::2'), 'again')
    net.run(3 * S)
    expect(net.story('hello')).toEqual(['begun', 'sent 1', 'error 1 no-route'])
    expect(net.story('other')).toContain('answered 1')
    expect(net.story('again')).toContain('answered 1')
  })

  test('no network for a while', () => {
    const net = pair()
    net.input('alice', { kind: 'detach', port: 'internet' })
    net.step('alice', ping('10.0.0.2', { count: 1 }), 'hello')
    net.run(2 * S)
    expect(net.drops()[0]).toBe('alice wire no-route')
    net.input('alice', {
      kind: 'attach',
      port: 'internet',
      addresses: [{ address: parseAddress('203.0.113.1')!, length: 32 }],
      gateways: [],
      onlink: 'all',
    })
    net.run(20 * S)
    // The packet waited for the handshake, which was tried again after five seconds.
    expect(net.story('hello')).toContain('answered 1')
  })
})

describe('loops and limits', () => {
  test('a tunnel whose own endpoint is routed into it ends', () => {
    const wg0 = ALICE.replace('10.0.0.2/32', '10.0.0.2/32, 203.0.113.2/32')
    const net = pair({ alice: { wg: { wg0 } } })
    net.step('alice', ping('10.0.0.2', { count: 2 }), 'hello')
    net.run(200 * S)
    expect(net.story('hello').at(-1)).toBe('done 0 of 2 answered')
  })

  test('a session whose packets are routed into their own tunnel ends, by name', () => {
    const net = pair()
    net.step('alice', ping('10.0.0.2'), 'hello')
    net.run(3 * S)
    const command = 'wg set wg0 peer <bob.pub> allowed-ips +203.0.113.2/32; ip route add 203.0.113.2/32 dev wg0'
    net.step('alice', { do: 'run', at: '3s', host: 'alice', command }, 'loop')
    net.step('alice', ping('10.0.0.2'), 'again')
    net.run(4 * S)
    expect(net.notes('warning')).toEqual([])
    expect(net.story('again')).toEqual(['begun', 'sent 1'])
    expect(net.drops()).toContain('alice:wg0 inner tunnel-loop')
    expect(unaccounted(net)).toEqual([])
  })

  test('two interfaces that want one port: the second is told, and can not speak', () => {
    const net = pair({
      alice: { wg: { wg0: ALICE, wg1: ALICE.replaceAll('10.0.0.', '10.9.0.').replaceAll('fd00', 'fd09') } },
    })
    expect(net.notes('warning')).toEqual(['wg1: UDP port 51820 is taken: the tunnel can not speak'])
    net.step('alice', ping('10.9.0.2'), 'hello')
    net.run(3 * S)
    expect(net.drops()[0]).toBe('alice wire no-socket')
  })

  test('without a ListenPort the machine chooses one, and another for each interface', () => {
    const conf = ALICE.replace('ListenPort = 51820\n', '')
    const net = pair({ alice: { wg: { wg0: conf } } })
    net.step('alice', ping('10.0.0.2'), 'hello')
    net.run(3 * S)
    expect(net.story('hello')).toContain('answered 1')
    const endpoint = /203\.0\.113\.1:(\d+)/.exec(states(net, 'bob').at(-1)!)
    expect(Number(endpoint?.[1])).toBeGreaterThanOrEqual(32_768)
  })
})

describe('a machine to which handshakes cost time', () => {
  test('each message ends once, when its turn has come', () => {
    const net = pair({ alice: { handshake_cost: '100ms' }, bob: { handshake_cost: '100ms', wg: { wg0: BOB } } })
    const wrong = Uint8Array.from({ length: 148 }, (_, i) => (i === 0 ? 1 : 0))
    const source = parseAddress('203.0.113.1')!
    const destination = parseAddress('203.0.113.2')!
    const ports = { sourcePort: 4000, destinationPort: 51820 }
    const bytes = datagramPacket({ source, destination, ...ports, tos: 0, id: 1, dontFragment: false, payload: wrong })
    for (let n = 0; n < 3; n++) {
      const packet = { id: { box: 'stranger', n }, copy: n, bytes }
      net.input('bob', { kind: 'packet', port: 'internet', packet })
    }
    net.step('alice', ping('10.0.0.2'), 'hello')
    net.run(3 * S)
    expect(net.story('hello')).toContain('answered 1')
    const ends = net.rows.flatMap(row =>
      (row.kind === 'hop' && row.dir === 'done' && row.at.endsWith(':wg0')) || row.kind === 'drop'
        ? [`${row.t / 1e6} ${row.at} ${row.packet.box}/${row.packet.n} ${row.copy} ${row.kind}`]
        : [],
    )
    expect(ends).toEqual([
      '1100 bob:wg0 stranger/0 0 drop',
      '1200 bob:wg0 stranger/1 1 drop',
      '1300 bob:wg0 stranger/2 2 drop',
      '1400 bob:wg0 alice:wg0/0 0 hop',
      '1510 alice:wg0 bob:wg0/0 0 hop',
    ])
  })
})

describe('wrong files', () => {
  const build = (wg0: string): string => {
    try {
      pair({ alice: { wg: { wg0 } } })
    } catch (error) {
      if (error instanceof HostConfigError) return error.message
      throw error
    }
    return 'taken'
  }

  test('name the machine, the file, the place, and what to write', () => {
    expect(build(ALICE.replace('10.0.0.1/24', '10.0.0.1/33'))).toMatch(
      /^alice, wg0\.conf:3:\d+: Address has 10\.0\.0\.1\/33: .*; instead: Address = 10\.0\.0\.1\/32$/,
    )
    expect(build(ALICE.replace('203.0.113.2:', 'nowhere.example:'))).toMatch(
      /^alice, wg0\.conf:9:\d+: the host name nowhere\.example does not resolve; instead: /,
    )
    expect(build(ALICE)).toBe('taken')
  })
})
