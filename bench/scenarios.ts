/** What the simulator is measured with. */
import type { Scenario } from '../scenarios/language/scenario.ts'
import type { Row, TraceSink } from '../scenarios/language/trace.ts'

/** Eight machines behind eight NATs send to one server: lan, switch, NAT, Internet, with rates, queues and MTUs. */
export function natted(packets: number): Scenario {
  const sides = Array.from({ length: 8 }, (_, n) => n + 1)
  return {
    schema: 'wglab/scenario@1',
    title: 'hops',
    duration: `${Math.ceil(packets / 8 / 1000) + 2}s`,
    networks: {
      internet: { link: { delay: '10ms', rate: '10Gbit' } },
      ...Object.fromEntries(
        sides.map(n => [
          `lan${n}`,
          { kind: 'lan' as const, gateway: `192.168.${n}.1`, link: { rate: '1Gbit' as const } },
        ]),
      ),
    },
    nats: Object.fromEntries(
      sides.map(n => [
        `nat${n}`,
        { inside: { [`lan${n}`]: `192.168.${n}.1/24` }, outside: { internet: `203.0.113.${n}` } },
      ]),
    ),
    hosts: {
      server: { interfaces: { internet: '198.51.100.1' } },
      ...Object.fromEntries(sides.map(n => [`host${n}`, { interfaces: { [`lan${n}`]: `192.168.${n}.2/24` } }])),
    },
    steps: sides.map(n => ({
      do: 'send' as const,
      at: '1s' as const,
      name: `s${n}`,
      from: `host${n}`,
      to: '198.51.100.1:9',
      count: Math.ceil(packets / 8),
      interval: '1ms' as const,
      size: 172,
    })),
    expect: [{ see: 'delivered', step: 's1' }],
  }
}

/** One tunnel, packets of 1200 bytes from end to end. */
export function tunnel(packets: number): Scenario {
  return {
    ...pair(''),
    title: 'tunnel',
    duration: `${Math.ceil(packets / 1000) + 3}s`,
    steps: [
      { do: 'send', at: '1s', name: 's', from: 'alice', to: '10.0.0.2:9', count: packets, interval: '1ms', size: 1172 },
    ],
    expect: [{ see: 'delivered', step: 's' }],
  }
}

/** So many hosts on an internet, without tunnels; each sends `each` packets to the next one, all at the same time. */
export function crowd(hosts: number, each: number): Scenario {
  const names = Array.from({ length: hosts }, (_, n) => `h${n}`)
  const interval_ms = Math.max(1, Math.floor(20_000 / each))
  const address = (n: number) => `100.${64 + ((n >> 14) & 63)}.${(n >> 7) & 127}.${1 + (n & 127)}`
  return {
    schema: 'wglab/scenario@1',
    title: 'crowd',
    duration: `${2 + Math.ceil((each * interval_ms) / 1000)}s`,
    networks: { internet: { link: { rate: '1Gbit' } } },
    hosts: Object.fromEntries(names.map((name, n) => [name, { interfaces: { internet: address(n) } }])),
    steps: names.map((from, n) => ({
      do: 'send' as const,
      at: '1s' as const,
      name: `s${n}`,
      from,
      to: `${address((n + 1) % hosts)}:9`,
      count: each,
      interval: `${interval_ms}ms` as const,
      size: 172,
    })),
    expect: [{ see: 'delivered', step: 's0' }],
  }
}

/** One tunnel that only keeps its NAT open. */
export function idle(days: number): Scenario {
  return { ...pair('PersistentKeepalive = 25'), title: 'idle', duration: `${days}d` }
}

function pair(keepalive: string): Scenario {
  const conf = (own: string, other: string, n: number, endpoint: string) =>
    `[Interface]\nPrivateKey = <${own}>\nAddress = 10.0.0.${n}/24\nListenPort = 51820\n[Peer]\nPublicKey = <${other}.pub>\nAllowedIPs = 10.0.0.${3 - n}/32\n${endpoint}\n`
  return {
    schema: 'wglab/scenario@1',
    title: 'pair',
    duration: '1m',
    networks: { internet: {} },
    hosts: {
      alice: {
        interfaces: { internet: '198.51.100.1' },
        wg: { wg0: conf('alice', 'bob', 1, `Endpoint = 203.0.113.2:51820\n${keepalive}`) },
      },
      bob: { interfaces: { internet: '203.0.113.2' }, wg: { wg0: conf('bob', 'alice', 2, '') } },
    },
    steps: [],
    expect: [{ see: 'messages', message: 'any', from: 'bob', count: { min: 0 } }],
  }
}

export interface Counts {
  /** Times a packet came to a machine. */
  hops: number
  arrived: number
  handshakes: number
}

/** Counts what passes on its way to the real sink. */
export function counting(counts: Counts, through: TraceSink): TraceSink {
  return {
    row(row: Row) {
      through.row(row)
      if (row.kind === 'hop') {
        if (row.dir === 'in' && row.layer === 'wire') counts.hops++
      } else if (row.kind === 'step') {
        if (row.what === 'arrived') counts.arrived++
      } else if (row.kind === 'key' && row.what === 'derived' && row.role === 'initiator') counts.handshakes++
    },
  }
}
