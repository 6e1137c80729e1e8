/** What an adversary does besides speaking: floods, scans, lies, and what it does to packets that pass. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Instant, instant, NEVER } from '../../impl/box.ts'
import { nodeCrypto } from '../../impl/crypto/node/provider.ts'
import { formatAddress, formatEndpoint, parseAddress, parsePrefix } from '../../impl/ip/address.ts'
import { decodeIcmp, decodeIp } from '../../scenarios/decode/ip.ts'
import {
  buildInitiation,
  consumeInitiation,
  consumeResponse,
  mac1Fits,
  publicKey,
} from '../../scenarios/decode/noise.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { ProbeAct, Step } from '../../scenarios/language/step.ts'
import type { Row } from '../../scenarios/language/trace.ts'
import type { NodeOutput, Packet } from '../node.ts'
import { seededRandom } from '../random.ts'
import { simWorld } from '../world.ts'
import { Outbox } from './outbox.ts'
import { floodStream } from './probe-flood.ts'
import type { Act, Hands } from './probe-hands.ts'
import { forgedError } from './probe-icmp.ts'
import { Middle, type MiddleAct } from './probe-middle.ts'
import { endpointOf, ProbeNet } from './probe-net.ts'
import { scanStream } from './probe-scan.ts'
import { type Stream, Streams } from './probe-streams.ts'

const BOB = '203.0.113.2:51820'
const KEY = publicKey(new Uint8Array(32).fill(7))

interface Sent {
  readonly payload: Uint8Array
  readonly from: string
  readonly to: string
}

/** Hands that only write down. */
function handsThatNote(): { hands: Hands; sent: Sent[]; said: string[]; outbox: Outbox } {
  const sent: Sent[] = []
  const said: string[] = []
  const outbox = new Outbox('mallory')
  const addresses = ['192.0.2.66', '2001:db8::66'].map(text => parsePrefix(text)!)
  const net = new ProbeNet([{ port: 'internet', addresses, gateways: [], mtu: 1500, onlink: 'all' }])
  const hands: Hands = {
    name: 'mallory',
    net,
    outbox,
    random: seededRandom('1'),
    publicKey: () => KEY,
    knownKeys: () => [KEY],
    slot: name => {
      throw new Error(`nothing is in slot "${name}" (yet)`)
    },
    say: (now, step, what, detail) =>
      said.push([`${now}`, step, what, ...(detail === undefined ? [] : [detail])].join(' ')),
    transmit: (_now, _step, payload, from, to) => {
      sent.push({ payload, from: formatEndpoint(from), to: formatEndpoint(to) })
    },
  }
  return { hands, sent, said, outbox }
}

describe('streams', () => {
  test.each([0, 1000])('a hundred thousand packets, %i ns apart: at most 64 of them exist at a time', interval_ns => {
    const { hands, said } = handsThatNote()
    const streams = new Streams(hands)
    let sent = 0
    let most = 0
    const stream: Stream = {
      step: 's',
      count: 100_000,
      interval_ns,
      linger_ns: 0,
      send: () => sent++,
      outcome: () => 'all',
    }
    streams.start(instant(0), stream)
    for (let now = streams.pollTimeout(); now !== NEVER; now = streams.pollTimeout()) {
      const before = sent
      streams.handleTimeout(now)
      most = Math.max(most, sent - before)
    }
    expect([sent, most <= 64, streams.busy]).toEqual([100_000, true, false])
    expect(said).toEqual([`${interval_ns * 99_999} s done all`])
  })

  test('who can not send any more says so and stops', () => {
    const { hands, said } = handsThatNote()
    const streams = new Streams(hands)
    const fails = (_: Instant, n: number): void => {
      if (n === 2) throw new Error('no address')
    }
    streams.start(instant(5), { step: 's', count: 9, interval_ns: 10, linger_ns: 0, send: fails, outcome: () => '' })
    while (streams.busy) streams.handleTimeout(streams.pollTimeout())
    expect(said).toEqual(['25 s failed no address'])
  })
})

describe('floods', () => {
  const flood = (act: Partial<Act<'flood'>>, count = 200): Sent[] => {
    const { hands, sent } = handsThatNote()
    const stream = floodStream(hands, 'f', { kind: 'flood', to: BOB, what: 'initiation', peer: 'bob', count, ...act })
    for (let n = 0; n < count; n++) stream.send(instant(0), n)
    return sent
  }

  test.each([
    ['initiation', 1, 148, true],
    ['bad-mac1', 1, 148, false],
    ['response', 2, 92, true],
  ] as const)('%s: type %i, %i bytes, mac1 valid: %s', (what, type, size, valid) => {
    for (const { payload } of flood({ what }, 20)) {
      expect([payload[0], payload.length, mac1Fits(payload, KEY)]).toEqual([type, size, valid])
    }
  })

  test('sources are of the prefix, whatever its length, and many', () => {
    const any = fc.record({
      bytes: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      length: fc.integer({ min: 0, max: 32 }),
    })
    fc.assert(
      fc.property(any, ({ bytes, length }) => {
        const sources = flood({ sources: `${formatAddress(bytes)}/${length}` }, 50).map(each => each.from)
        const bits = (address: Uint8Array): string =>
          Array.from(address, byte => byte.toString(2).padStart(8, '0')).join('')
        for (const from of sources) {
          const { address, port } = endpointOf(from)
          expect(bits(address).slice(0, length)).toBe(bits(bytes).slice(0, length))
          expect(port).toBeGreaterThanOrEqual(1024)
        }
        if (length <= 16) expect(new Set(sources).size).toBeGreaterThan(45)
      }),
      { numRuns: 60 },
    )
  })

  test('from its own address without any; a cookie that never came is said', () => {
    expect(new Set(flood({}, 5).map(each => each.from))).toEqual(new Set(['192.0.2.66:51820']))
    expect(() => flood({ cookie: 'x' }, 1)).toThrow('nothing is in slot "x"')
  })
})

test('a scan counts what it heard: the same as sets say', () => {
  const port = fc.integer({ min: 100, max: 140 })
  fc.assert(
    fc.property(fc.uniqueArray(port), fc.uniqueArray(port), (open, denied) => {
      const closed = denied.filter(each => !open.includes(each))
      const { hands, sent } = handsThatNote()
      const scan = scanStream(hands, 's', { kind: 'scan', to: '203.0.113.2', ports: [105, 124] })
      for (let n = 0; n < scan.count; n++) scan.send(instant(0), n)
      expect(sent.map(each => each.to)).toEqual(Array.from({ length: 20 }, (_, i) => `203.0.113.2:${105 + i}`))
      for (const each of open) scan.answered(endpointOf(`203.0.113.2:${each}`))
      for (const each of closed) scan.refused(endpointOf(`203.0.113.2:${each}`), 'port-unreachable')
      scan.answered(endpointOf('203.0.113.9:105'))
      const asked = (each: number): boolean => each >= 105 && each <= 124
      const [opened, shut] = [open.filter(asked).length, closed.filter(asked).length]
      const [line = ''] = scan.lines()
      expect(line.replace(/:[ \d,…]*(;|$)/g, '$1')).toBe(
        `scan of 203.0.113.2: ${opened} open; ${shut} closed; ${20 - opened - shut} silent`,
      )
    }),
  )
})

test('a scan of a prefix asks every address of it', () => {
  const { hands, sent } = handsThatNote()
  const scan = scanStream(hands, 's', { kind: 'scan', to: '203.0.113.254/30', ports: [9, 10] })
  for (let n = 0; n < scan.count; n++) scan.send(instant(0), n)
  const hosts = [252, 253, 254, 255].flatMap(last => [9, 10].map(port => `203.0.113.${last}:${port}`))
  expect(sent.map(each => each.to)).toEqual(hosts)
})

test.each([
  ['198.51.100.1:51820', BOB, undefined],
  ['[2001:db8::1]:51820', '[2001:db8::2]:7', '2001:db8::fe'],
] as const)('a forged error about %s → %s is one to the other decoder', (from, to, router) => {
  const { hands } = handsThatNote()
  const bytes = forgedError(hands, {
    kind: 'icmp',
    error: 'too-big',
    mtu: 1300,
    about: { from, to },
    ...(router === undefined ? {} : { from: router }),
  })
  const ip = decodeIp(bytes)!
  expect(decodeIcmp(ip)).toMatchObject({ kind: 'too-big', mtu: 1300 })
  expect(formatAddress(ip.source)).toBe(router ?? '203.0.113.2')
  expect(formatAddress(ip.destination)).toBe(formatAddress(endpointOf(from).address))
})

describe('packets that pass', () => {
  const address = parseAddress('198.51.100.1')!
  const to = endpointOf(BOB)
  const sight = { message: Uint8Array.of(1), sender: 'alice', neighbour: 'alice', receiver: 'bob', to }

  /** What came out, by number and time, when packet n passes at times[n]. */
  function pass(act: MiddleAct, times: readonly number[]): { n: number; t: number }[] {
    const { hands, outbox } = handsThatNote()
    const middle = new Middle(hands)
    const out: { n: number; t: number }[] = []
    const drain = (t: number): void => {
      for (let output: NodeOutput | undefined = outbox.poll(); output !== undefined; output = outbox.poll()) {
        if (output.kind === 'packet') out.push({ n: output.packet.id.n, t })
      }
    }
    middle.add(instant(0), 's', act)
    const until = (end: number): void => {
      for (let due = middle.pollTimeout(); due <= end && due !== NEVER; due = middle.pollTimeout()) {
        middle.handleTimeout(due)
        drain(due)
      }
    }
    for (const [n, t] of times.entries()) {
      until(t)
      const { packet } = hands.net.datagram({ box: 'alice', n }, Uint8Array.of(n), { address, port: 1 }, to)
      const taken = middle.see(instant(t), 'internet', { ...sight, from: { address, port: 1 } }, packet as Packet)
      if (!taken) out.push({ n, t })
      drain(t)
    }
    until(10 ** 15)
    return out
  }

  const times = fc
    .array(fc.integer({ min: 0, max: 5_000_000_000 }), { maxLength: 40 })
    .map(all => all.sort((a, b) => a - b))

  test('delay: all of them, each so much later, in their order', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 3000 }), (at, ms) => {
        const out = pass({ kind: 'delay', delay: `${ms}ms` }, at)
        expect(out).toEqual(at.map((t, n) => ({ n, t: t + ms * 1e6 })))
      }),
    )
  })

  test('reorder: every packet once, whole groups in the order that was asked for, nobody longer than its patience', () => {
    const orders = fc.constantFrom('reverse', 'last-first', 'shuffle')
    fc.assert(
      fc.property(times, fc.integer({ min: 2, max: 7 }), orders, (at, group, order) => {
        const out = pass({ kind: 'reorder', group, order, within: '700ms' }, at)
        expect(out.map(({ n }) => n).sort((a, b) => a - b)).toEqual(at.map((_, n) => n))
        for (const { n, t } of out) expect(t - at[n]!).toBeLessThanOrEqual(700_000_000)
      }),
    )
    const burst = [0, 0, 0, 0, 0]
    expect(pass({ kind: 'reorder', group: 3 }, burst).map(({ n }) => n)).toEqual([2, 1, 0, 3, 4])
    expect(pass({ kind: 'reorder', group: 4, order: 'last-first' }, burst).map(({ n }) => n)).toEqual([3, 0, 1, 2, 4])
  })

  test('count, for, message, ends and network say which', () => {
    const late = (act: Partial<Act<'delay'>>): number[] =>
      pass({ kind: 'delay', delay: '10s', ...act }, [0, 1e9, 2e9]).flatMap(({ n, t }) => (t >= 10e9 ? [n] : []))
    expect(late({})).toEqual([0, 1, 2])
    expect(late({ count: 2 })).toEqual([0, 1])
    expect(late({ for: '1s' })).toEqual([0])
    expect(late({ message: 'data' })).toEqual([])
    expect(late({ from: 'alice', to: 'bob', network: 'internet' })).toEqual([0, 1, 2])
    expect([late({ from: 'bob' }), late({ to: 'alice' }), late({ network: 'lan' })]).toEqual([[], [], []])
  })
})

test('with the stolen key of the responder an initiation is taken for another, and nothing can follow', () => {
  const [alice, bob, mallory] = [1, 2, 3].map(n => new Uint8Array(32).fill(n)) as [Uint8Array, Uint8Array, Uint8Array]
  const { message, state } = buildInitiation({
    staticPrivate: mallory,
    stolen: { responderPrivate: bob, initiatorPublic: publicKey(alice) },
    remoteStatic: publicKey(bob),
    ephemeralPrivate: new Uint8Array(32).fill(9),
    sender: 5,
    timestamp: new Uint8Array(12),
  })
  const read = consumeInitiation(bob, message)
  expect(read.ok && read.value.remoteStatic).toEqual(publicKey(alice))
  // The same bytes as alice's own: of the static keys only their shared secret is in it.
  const own = { staticPrivate: alice, remoteStatic: publicKey(bob), ephemeralPrivate: new Uint8Array(32).fill(9) }
  expect(buildInitiation({ ...own, sender: 5, timestamp: new Uint8Array(12) }).message).toEqual(message)
  expect(consumeResponse(state, new Uint8Array(92)).ok).toBe(false)
})

describe('in a world', () => {
  const conf = (name: string, address: string, peer: string, allowed: string, endpoint = ''): string =>
    `[Interface]\nPrivateKey = <${name}>\nListenPort = 51820\nAddress = ${address}/24\n[Peer]\nPublicKey = <${peer}.pub>\n${endpoint}AllowedIPs = ${allowed}/32\n`

  function run(acts: readonly (readonly [Step['at'], ProbeAct])[], steps: readonly Step[]): Row[] {
    const scenario: Scenario = {
      schema: 'wglab/scenario@1',
      title: 'attack',
      duration: '30s',
      networks: { internet: {} },
      hosts: {
        mallory: { interfaces: { internet: '192.0.2.66' }, probe: true },
        alice: {
          interfaces: { internet: '198.51.100.1' },
          wg: { wg0: conf('alice', '10.0.0.1', 'bob', '10.0.0.2', `Endpoint = ${BOB}\n`) },
        },
        bob: { interfaces: { internet: '203.0.113.2' }, wg: { wg0: conf('bob', '10.0.0.2', 'alice', '10.0.0.1') } },
      },
      steps: [...acts.map(([at, act], n): Step => ({ do: 'probe', at, name: `${n}`, host: 'mallory', act })), ...steps],
      expect: [{ see: 'messages', message: 'any', from: 'bob', count: { min: 0 } }],
    }
    const rows: Row[] = []
    simWorld.run({ scenario, cast: {}, seed: '1', crypto: nodeCrypto, sink: { row: row => rows.push(row) } })
    return rows
  }

  const pings: Step = { do: 'ping', at: '2s', name: 'p', from: 'alice', to: '10.0.0.2', count: 5 }
  const hello: Step = { ...pings, at: '1s', name: 'hello', count: 1 }
  const answered = (rows: readonly Row[]): number =>
    rows.filter(row => row.kind === 'step' && row.step === 'p' && row.what === 'answered').length
  const endpoint = (rows: readonly Row[], host: string): string | undefined =>
    rows.flatMap(row => (row.kind === 'state' && row.host === host ? [row.endpoint] : [])).at(-1)

  test('forged data is refused, and the packet has one story', () => {
    const rows = run(
      [['1.5s', { kind: 'forge', message: 'data', from: 'alice', alter: [{ field: 'payload', flip: 3 }], count: 2 }]],
      [hello, pings],
    )
    const refused = rows.flatMap(row => (row.kind === 'drop' && row.reason === 'bad-data' ? [row.packet.box] : []))
    expect([refused, answered(rows)]).toEqual([['alice', 'alice'], 3])
  })

  test('with all of it relayed both endpoints move', () => {
    const act: ProbeAct = { kind: 'relay', from: 'alice', to: 'bob', hold: true, for: '5s' }
    const rows = run([['1.5s', act]], [hello, pings])
    const during = rows.filter(row => row.t < 6_000_000_000)
    expect([endpoint(during, 'alice'), endpoint(during, 'bob')]).toEqual(['192.0.2.66:51820', '192.0.2.66:51820'])
    expect(answered(rows)).toBe(5)
    expect(rows.some(row => row.kind === 'step' && row.step === '0' && row.what === 'done')).toBe(true)
  })

  test('what is still held when the run ends is told as held', () => {
    const { hands, outbox } = handsThatNote()
    const middle = new Middle(hands)
    middle.add(instant(0), 'd', { kind: 'delay', delay: '9s', count: 1 })
    middle.add(instant(0), 'r', { kind: 'reorder', group: 9 })
    const from = endpointOf('198.51.100.1:1')
    for (const n of [0, 1]) {
      const { packet } = hands.net.datagram({ box: 'alice', n }, Uint8Array.of(n), from, endpointOf(BOB))
      const ends = { from, to: endpointOf(BOB), sender: 'alice', neighbour: 'alice', receiver: 'bob' }
      middle.see(instant(0), 'internet', { message: Uint8Array.of(n), ...ends }, packet)
    }
    expect([...middle.holding()].map(({ id }) => id.n)).toEqual([0, 1])
    middle.handleTimeout(instant(10e9))
    expect([...middle.holding()]).toEqual([])
    expect(outbox.poll()).toBeDefined()
  })

  test('a relay beside the path that is slower moves nothing', () => {
    const rows = run([['1.5s', { kind: 'relay', from: 'alice', to: 'bob' }]], [hello, pings])
    expect([endpoint(rows, 'bob'), answered(rows)]).toEqual(['198.51.100.1:51820', 5])
    // Five pings and the keepalive that follows them.
    expect(rows.filter(row => row.kind === 'drop' && row.reason === 'replayed')).toHaveLength(6)
  })

  test('an error about a port that nobody uses changes no path', () => {
    const lie = (port: number): ProbeAct => ({
      kind: 'icmp',
      error: 'too-big',
      mtu: 600,
      about: { from: `198.51.100.1:${port}`, to: BOB },
    })
    const large: Step = { ...pings, size: 1200 }
    const sizes = (rows: readonly Row[]): boolean =>
      rows.some(row => row.kind === 'hop' && row.at === 'alice:internet' && row.dir === 'out' && row.size > 600)
    expect([
      sizes(run([['1.5s', lie(51820)]], [hello, large])),
      sizes(run([['1.5s', lie(4000)]], [hello, large])),
    ]).toEqual([false, true])
  })
})
