import { describe, expect, test } from 'vitest'
import { icmp, ipv4, udp } from '../decode/testing.ts'
import type { Expectation } from '../language/expectation.ts'
import type { Step } from '../language/step.ts'
import type { Row } from '../language/trace.ts'
import { drop, hop, judge, judgeAll, lab, MS, message, ref, runEnd, S, state, step } from './testing.ts'

const hello: Step = { do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2', count: 3 }
const stream: Step = { do: 'send', at: '1s', from: 'alice', to: '10.0.0.2:9', count: 2 }

/** Outcomes as one line each: enough to compare a whole table. */
const results = (rows: readonly Row[], ...expectations: Expectation[]) =>
  judge(lab(expectations, [hello, stream]), rows).map(({ result, actual }) => `${result}: ${actual}`)

/** Pings 1 … n sent each second from 1 s on as alice/1 …; those in `answered` come back `ms` later as bob/1 …. */
function pings(n: number, answered: readonly number[], ms = 80): Row[] {
  const rows: Row[] = []
  for (let seq = 1; seq <= n; seq++) {
    rows.push(step(seq * S, 'hello', 'sent', { seq, packet: ref(`alice/${seq}`) }))
    if (!answered.includes(seq)) continue
    rows.push(hop(seq * S + ms * MS, 'bob', 'born', `bob/${seq}`, { cause: ref(`alice/${seq}`), layer: 'inner' }))
    rows.push(step(seq * S + ms * MS, 'hello', 'answered', { seq, packet: ref(`bob/${seq}`) }))
  }
  return rows
}

describe('delivered', () => {
  test('all, and how long the slowest took', () => {
    expect(judge(lab([{ see: 'delivered', step: 'hello', within: '81ms' }], [hello]), pings(3, [1, 2, 3]))).toEqual([
      {
        name: 'delivered hello',
        result: 'pass',
        expected: 'All 3 pings of "hello" are answered, each within 81 ms.',
        actual: '3 of 3 answered, the slowest in 80 ms.',
      },
    ])
  })

  test('one is missing: which, when, and why', () => {
    const lost = drop(2 * S + 5 * MS, 'alice:home', 'alice/2', 'link-loss')
    expect(judge(lab([{ see: 'delivered', step: 'hello' }], [hello]), [...pings(3, [1, 3]), lost])).toEqual([
      {
        name: 'delivered hello',
        result: 'fail',
        expected: 'All 3 pings of "hello" are answered.',
        actual: '2 of 3 answered; missing: 2.',
        at: 2 * S,
        packets: ['alice/2'],
        likely: 'link-loss (1 of 1 drop, first at alice:home, 2.005 s). The cable lost it.',
      },
    ])
  })

  test('the reply was lost, not the request', () => {
    const born = hop(2 * S, 'bob', 'born', 'bob/9', { cause: ref('alice/2'), layer: 'inner' })
    const lost = drop(2 * S + 1, 'nat', 'bob/9', 'nat-no-mapping')
    const [outcome] = judge(lab([{ see: 'delivered', step: 'hello' }], [hello]), [...pings(3, [1, 3]), born, lost])
    expect(outcome?.likely).toBe(
      'nat-no-mapping (1 of 1 drop, first at nat, 2.000000001 s). The NAT has no mapping for this.',
    )
  })

  test('its own drop says more than that of the ICMP error it caused', () => {
    const error = hop(2 * S, 'nat', 'born', 'nat/1', { cause: ref('alice/2') })
    const drops = [
      drop(2 * S, 'x', 'nat/1', 'link-loss'),
      drop(3 * S, 'y', 'alice/2', 'replayed'),
      drop(4 * S, 'z', 'alice/2', 'link-loss'),
    ]
    const [outcome] = judge(lab([{ see: 'delivered', step: 'hello' }], [hello]), [...pings(3, [1, 3]), error, ...drops])
    expect(outcome?.likely).toBe('replayed (1 of 1 drop, first at y, 3 s). The counter was seen before.')
  })

  test('nothing of it was dropped: the most frequent reason of the run', () => {
    const [outcome] = judge(lab([{ see: 'delivered', step: 'hello' }], [hello]), [
      ...pings(3, []),
      drop(4 * S, 'bob:wg0', 'alice/77', 'replayed'),
    ])
    expect(outcome?.likely).toBe(
      'None of these was dropped itself. In the whole run: replayed (1 of 1 drop, first at bob:wg0, 4 s). The counter was seen before.',
    )
  })

  test('counts, times and errors', () => {
    const told = step(3 * S, 'hello', 'error', { seq: 3, detail: 'icmp unreachable' })
    expect(
      results(
        [...pings(2, [1, 2], 100), told],
        ...([
          { see: 'delivered', step: 'hello', count: 2 },
          { see: 'delivered', step: 'hello', count: { min: 1 }, within: '99ms' },
          { see: 'delivered', step: 'hello', count: { max: 1 } },
          { see: 'delivered', step: 'hello' },
          { see: 'delivered', step: 'hello', count: 0 },
        ] as Expectation[]),
      ),
    ).toEqual([
      'pass: 2 of 3 answered, the slowest in 100 ms.',
      'fail: 2 of 3 answered; missing: 3; 1 of these never sent; the sender was told "icmp unreachable"; too late: 1, 2 (number 1 took 100 ms).',
      'fail: 2 of 3 answered; missing: 3; 1 of these never sent; the sender was told "icmp unreachable".',
      'fail: 2 of 3 answered; missing: 3; 1 of these never sent; the sender was told "icmp unreachable".',
      'fail: 2 of 3 answered; missing: 3; 1 of these never sent; the sender was told "icmp unreachable".',
    ])
  })

  test('a datagram that arrives without its number is known by its id, and counts once', () => {
    const rows = [
      step(S, '#1', 'sent', { seq: 1, packet: ref('alice/5') }),
      step(2 * S, '#1', 'sent', { seq: 2, packet: ref('alice/6') }),
      step(2 * S, '#1', 'arrived', { host: 'bob', packet: ref('alice/6') }),
      step(2 * S, '#1', 'arrived', { host: 'bob', seq: 2 }),
      step(2 * S, '#1', 'answered', { seq: 1 }),
    ]
    expect(results(rows, { see: 'delivered', step: '#1', count: 1 })).toEqual([
      'pass: 1 of 2 delivered, the slowest in 0 ns.',
    ])
  })
})

describe('lost', () => {
  const why: Expectation = { see: 'lost', step: 'hello', because: ['link-loss', 'replayed'] }
  const lostAll = [1, 2, 3].map(n => drop(n * S, 'bob', `alice/${n}`, n === 2 ? 'replayed' : 'link-loss'))

  test('all, for the reasons named', () => {
    expect(judge(lab([why], [hello]), [...pings(3, []), ...lostAll])).toEqual([
      {
        name: 'lost hello',
        result: 'pass',
        expected: 'All 3 pings of "hello" are lost, each because of link-loss or replayed.',
        actual: '3 of 3 lost, first because of link-loss.',
      },
    ])
  })

  test('for another reason', () => {
    const rows = [...pings(3, []), ...lostAll.slice(0, 2), drop(3 * S, 'nat', 'alice/3', 'nat-no-mapping')]
    expect(judge(lab([why], [hello]), rows)).toEqual([
      {
        name: 'lost hello',
        result: 'fail',
        expected: 'All 3 pings of "hello" are lost, each because of link-loss or replayed.',
        actual: '3 of 3 lost, 1 of these for another reason; of number 3: it was dropped because of nat-no-mapping.',
        at: 3 * S,
        packets: ['alice/3'],
        likely: 'nat-no-mapping (1 of 1 drop, first at nat, 3 s). The NAT has no mapping for this.',
      },
    ])
  })

  test('one comes through after all', () => {
    expect(judge(lab([{ see: 'lost', step: 'hello' }], [hello]), pings(3, [2]))).toEqual([
      {
        name: 'lost hello',
        result: 'fail',
        expected: 'All 3 pings of "hello" are lost.',
        actual: '2 of 3 lost; answered: 2.',
        at: 2 * S + 80 * MS,
        packets: ['alice/2'],
      },
    ])
  })

  test('what was never sent is not lost; too many are too many', () => {
    expect(
      results(pings(2, [1]), { see: 'lost', step: 'hello', count: 2 }, { see: 'lost', step: 'hello', count: 0 }),
    ).toEqual(['fail: 1 of 3 lost; answered: 1; never sent: 3.', 'fail: 1 of 3 lost; answered: 1; never sent: 3.'])
  })

  test('a reason that the world does not know is a mistake in the scenario', () => {
    expect(results([...pings(3, []), ...lostAll], { see: 'lost', step: 'hello', because: ['link-los'] })).toEqual([
      'fail: This world knows no drop reason "link-los". "link-loss" is the nearest that it knows.',
    ])
  })

  test('inside a foreign implementation nobody knows why', () => {
    const outcomes = judge(lab([why], [hello]), pings(3, []), { cast: { bob: 'wireguard-go' } })
    expect(outcomes.map(({ result, actual }) => `${result}: ${actual}`)).toEqual([
      'unsupported: 3 of 3 lost, but why is not to be seen: a foreign implementation is in the cast.',
    ])
    expect(judge(lab([why], [hello]), pings(3, []))[0]?.result).toBe('fail')
  })
})

describe('messages', () => {
  const out = (t: number, n: number, kind: Parameters<typeof message>[3]['kind'], to = '203.0.113.2') =>
    message(t, 'alice:home', `alice/${n}`, { kind, from: '192.168.1.2', to, counter: n })

  test('exactly as many, to the host, of the size', () => {
    const wish: Expectation = { see: 'messages', message: 'initiation', from: 'alice', to: 'bob', count: 2, size: 148 }
    const rows = [
      out(S, 1, 'initiation'),
      out(2 * S, 2, 'data'),
      out(3 * S, 3, 'initiation'),
      out(4 * S, 4, 'initiation', '203.0.113.3'),
    ]
    expect(judge(lab([wish]), rows)).toEqual([
      {
        name: 'messages',
        result: 'pass',
        expected: 'There are exactly 2 initiations from alice to bob, each of 148 B.',
        actual: '2 initiations were seen.',
      },
    ])
  })

  test('too many: the first that is too many decides', () => {
    const wish: Expectation = { see: 'messages', message: 'any', from: 'alice', between: ['2s', '10s'], count: 1 }
    const rows = [out(S, 1, 'data'), out(2 * S, 2, 'data'), out(5 * S, 3, 'keepalive'), out(10 * S, 4, 'data')]
    expect(judge(lab([wish]), rows)).toEqual([
      {
        name: 'messages',
        result: 'fail',
        expected: 'There is exactly 1 message from alice from 2 s to 10 s.',
        actual: '2 messages were seen (1 data, 1 keepalive), the first too many at 5 s.',
        at: 5 * S,
        packets: ['alice/3'],
      },
    ])
  })

  test('silence, sizes, and too few', () => {
    const rows = [out(S, 1, 'data'), drop(S, 'nat', 'alice/1', 'link-loss')]
    expect(
      judge(
        lab([
          { see: 'messages', message: 'any', from: 'bob', count: 0 },
          { see: 'messages', message: 'data', from: 'alice', count: 1, size: { max: 100 } },
          { see: 'messages', message: 'cookie-reply', from: 'alice', count: { min: 2 } },
        ]),
        rows,
      ).map(({ expected, result, actual, likely }) => [expected, `${result}: ${actual}`, likely]),
    ).toEqual([
      ['There is no message from bob.', 'pass: No message was seen.', undefined],
      [
        'There is exactly 1 data message from alice, each of at most 100 B.',
        'fail: 1 data message was seen; one has 128 B.',
        undefined,
      ],
      [
        'There are at least 2 cookie replies from alice.',
        'fail: No cookie reply was seen.',
        'None of these was dropped itself. In the whole run: link-loss (1 of 1 drop, first at nat, 1 s). The cable lost it.',
      ],
    ])
  })

  test('what counts: its own cable and address, on the way out; a probe may claim any address', () => {
    const rows = [
      message(S, 'bob:internet', 'bob/1', { kind: 'data', from: '203.0.113.2', to: '198.51.100.1' }),
      message(S, 'bob:internet', 'bob/2', { kind: 'data', from: '2001:db8::2', to: '2001:db8::9' }),
      message(S, 'bob:internet', 'bob/3', { kind: 'data', from: '203.0.113.2', to: '198.51.100.1', dir: 'in' }),
      message(S, 'bob:internet', 'carol/4', { kind: 'data', from: '203.0.113.3', to: '198.51.100.1' }),
      message(S, 'bob:wg0', 'bob/5', { kind: 'data', from: '203.0.113.2', to: '198.51.100.1' }),
      hop(S, 'bob:internet', 'out', 'bob/6'),
      message(S, 'mallory:internet', 'mallory/1', { kind: 'data', from: '203.0.113.2', to: '203.0.113.3' }),
    ]
    const count = 1
    expect(
      results(
        rows,
        { see: 'messages', message: 'data', from: 'bob', count: 2 },
        { see: 'messages', message: 'data', from: 'bob', to: 'alice', count },
        { see: 'messages', message: 'data', from: 'mallory', count },
      ),
    ).toEqual(['pass: 2 data messages were seen.', 'pass: 1 data message was seen.', 'pass: 1 data message was seen.'])
  })
})

describe('spacing', () => {
  const wish: Expectation = { see: 'spacing', message: 'initiation', from: 'alice', each: { min: '5s', max: '5334ms' } }
  const at = (...times: number[]) =>
    times.map((t, i) =>
      message(t * MS, 'alice:home', `alice/${i}`, { kind: 'initiation', from: '192.168.1.2', to: '203.0.113.2' }),
    )

  test('a steady rhythm', () => {
    expect(judge(lab([wish]), at(1000, 6000, 11_334))).toEqual([
      {
        name: 'spacing',
        result: 'pass',
        expected: 'Any two initiations in a row from alice are 5 s to 5.334 s apart.',
        actual: '3 were seen, 5 s to 5.334 s apart.',
      },
    ])
  })

  test('one beat too early', () => {
    expect(judge(lab([wish]), at(1000, 6000, 10_999, 12_000))).toEqual([
      {
        name: 'spacing',
        result: 'fail',
        expected: 'Any two initiations in a row from alice are 5 s to 5.334 s apart.',
        actual: '4 were seen, 1.001 s to 5 s apart; number 3 came 4.999 s after number 2, at 10.999 s.',
        at: 10_999 * MS,
        packets: ['alice/1', 'alice/2'],
      },
    ])
  })

  test('it takes two', () => {
    expect([...results([], wish), ...results(at(1000), wish)]).toEqual([
      'fail: None was seen, and it takes two to tell.',
      'fail: Only one was seen, at 1 s.',
    ])
  })
})

describe('what wg show would tell', () => {
  const rows = [
    state(0),
    state(S, { latest_handshake: S, rx_bytes: 92 }),
    state(2 * S, { latest_handshake: S, endpoint: '[2001:DB8::0:2]:51820' }),
    state(2 * S, { peer: 'carol', latest_handshake: 2 * S }),
    state(2 * S, { host: 'bob', peer: 'bob', latest_handshake: 2 * S }),
    state(3 * S, { latest_handshake: null }),
    state(20 * S, { latest_handshake: 20 * S, rx_bytes: 300, tx_bytes: 400 }),
  ]

  test('handshakes', () => {
    const wish = { see: 'handshakes', host: 'alice', peer: 'bob' } as const
    expect(
      judge(
        lab([
          { ...wish, count: 2 },
          { ...wish, name: 'early', count: 0, between: ['1s', '20s'] },
        ]),
        rows,
      ),
    ).toEqual([
      {
        name: 'handshakes',
        result: 'pass',
        expected: 'alice completes exactly 2 handshakes with bob.',
        actual: '2 handshakes were completed, at 1 s, 20 s.',
      },
      {
        name: 'early',
        result: 'fail',
        expected: 'alice completes no handshake with bob from 1 s to 20 s.',
        actual: '1 handshake was completed, at 1 s.',
        at: S,
      },
    ])
  })

  test('endpoint: whatever way it is written, at its time', () => {
    const wish = { see: 'endpoint', host: 'alice', peer: 'bob' } as const
    expect(
      judge(
        lab([
          { ...wish, is: '[2001:db8:0::2]:51820', at: '2s' },
          { ...wish, name: 'late', is: '(none)' },
          { ...wish, name: 'who', peer: 'dave', is: '(none)' },
        ]),
        rows,
      ),
    ).toEqual([
      {
        name: 'endpoint',
        result: 'pass',
        expected: 'alice has [2001:db8::2]:51820 as the endpoint of bob at 2 s.',
        actual: 'The endpoint is [2001:DB8::0:2]:51820, as told at 2 s.',
      },
      {
        name: 'late',
        result: 'fail',
        expected: 'alice has (none) as the endpoint of bob at the end.',
        actual: 'The endpoint is 203.0.113.2:51820, as told at 20 s.',
        at: 20 * S,
      },
      {
        name: 'who',
        result: 'fail',
        expected: 'alice has (none) as the endpoint of dave at the end.',
        actual: 'alice told nothing of a peer "dave", but of bob, carol.',
        at: 60 * S,
      },
    ])
  })

  test('transfer', () => {
    const wish = { see: 'transfer', host: 'alice', peer: 'bob' } as const
    expect(
      judge(
        lab([
          { ...wish, rx: 300, tx: { min: 1, max: 400 } },
          { ...wish, name: 'then', rx: { min: 93 }, at: '1s' },
        ]),
        rows,
      ),
    ).toEqual([
      {
        name: 'transfer',
        result: 'pass',
        expected: 'alice has counted exactly 300 B received and 1 to 400 B sent for bob at the end.',
        actual: '300 B received and 400 B sent, as told at 20 s.',
      },
      {
        name: 'then',
        result: 'fail',
        expected: 'alice has counted at least 93 B received for bob at 1 s.',
        actual: '92 B received and 0 B sent, as told at 1 s.',
        at: S,
      },
    ])
  })
})

describe('dropped', () => {
  const rows = [
    drop(S, 'bob:wg0', 'alice/1', 'replayed'),
    drop(2 * S, 'bob:wg0', 'alice/2', 'replayed'),
    drop(3 * S, 'bob:internet', 'alice/3', 'link-loss'),
  ]

  test('a host means the host and its tunnels, not its cables', () => {
    expect(
      judge(
        lab([
          { see: 'dropped', because: 'replayed', at: 'bob', count: 2 },
          { see: 'dropped', name: 'cable', because: 'link-loss', at: 'bob:internet', count: 1 },
          { see: 'dropped', name: 'host', because: 'link-loss', at: 'bob', count: 1 },
        ]),
        rows,
      ),
    ).toEqual([
      {
        name: 'dropped',
        result: 'pass',
        expected: 'Exactly 2 packets are dropped because of replayed at bob.',
        actual: '2 packets were dropped so, the first at 1 s.',
      },
      {
        name: 'cable',
        result: 'pass',
        expected: 'Exactly 1 packet is dropped because of link-loss at bob:internet.',
        actual: '1 packet was dropped so, the first at 3 s.',
      },
      {
        name: 'host',
        result: 'fail',
        expected: 'Exactly 1 packet is dropped because of link-loss at bob.',
        actual: 'None was dropped so.',
        likely: 'Dropped otherwise: replayed (2 of 3 drops, first at bob:wg0, 1 s). The counter was seen before.',
      },
    ])
  })

  test('times, unknown reasons, foreign implementations, blind worlds', () => {
    const wish = { see: 'dropped', because: 'replayed' } as const
    const expectations: Expectation[] = [
      { ...wish, between: ['2s', '3s'], count: 1 },
      { ...wish, because: 'replaid', count: 1 },
      { ...wish, because: 'gone', count: 1 },
      { ...wish, at: 'bob:wg0', count: 2 },
    ]
    const line = ({ result, actual }: { result: string; actual: string }) => `${result}: ${actual}`
    expect(judge(lab(expectations), rows, { cast: { bob: 'boringtun' } }).map(line)).toEqual([
      'unsupported: A foreign implementation is in the cast, which does not say why it drops.',
      'fail: This world knows no drop reason "replaid". "replayed" is the nearest that it knows.',
      'fail: This world knows no drop reason "gone". Known are link-loss, nat-no-mapping, replayed.',
      'unsupported: bob is played by boringtun, which does not say why it drops.',
    ])
    const blind = judge(lab(expectations.slice(0, 1)), rows, { end: runEnd({ blind: ['inside', 'inner'] }) })
    expect(blind).toEqual([
      {
        name: 'dropped',
        result: 'unsupported',
        expected: 'Exactly 1 packet is dropped because of replayed from 2 s to 3 s.',
        actual: 'This world can not see what is inside.',
      },
    ])
  })
})

test('received: each kind of message, on the way in alone', () => {
  const [A, B] = ['203.0.113.2', '198.51.100.1']
  const inner = [0, 0, 5, 0, 0x45, 0, 0, 0]
  const packets = [
    icmp(B, A, 3, 1, inner),
    icmp(B, A, 3, 4, inner),
    icmp(B, A, 11, 0, inner),
    ipv4(B, A, 17, new Uint8Array(16), { more: true }),
    ipv4(B, A, 17, new Uint8Array(16), { offset: 16 }),
    udp(B, 5, A, 9, [1, 2, 3]),
  ]
  const rows = packets.flatMap((bytes, i) => [
    hop(i * S, 'bob:internet', 'in', `x/${i}`, { bytes }),
    hop(i * S, 'bob:internet', 'out', `y/${i}`, { bytes }),
    hop(i * S, 'carol:internet', 'in', `z/${i}`, { bytes }),
  ])
  const wish = { see: 'received', host: 'bob' } as const
  const expectations: Expectation[] = [
    { ...wish, name: 'a', what: 'icmp-unreachable', count: 1 },
    { ...wish, name: 'b', what: 'icmp-too-big', count: { min: 1 } },
    { ...wish, name: 'c', what: 'icmp-time-exceeded', count: 0 },
    { ...wish, name: 'd', what: 'fragment', count: 2 },
    { ...wish, name: 'e', what: 'fragment', count: 2, between: ['4s', '9s'] },
  ]
  expect(judge(lab(expectations), rows)).toEqual([
    {
      name: 'a',
      result: 'pass',
      expected: 'bob receives exactly 1 ICMP unreachable message.',
      actual: '1 ICMP unreachable message came in.',
    },
    {
      name: 'b',
      result: 'pass',
      expected: 'bob receives at least 1 ICMP too-big message.',
      actual: '1 ICMP too-big message came in.',
    },
    {
      name: 'c',
      result: 'fail',
      expected: 'bob receives no ICMP time-exceeded message.',
      actual: '1 ICMP time-exceeded message came in, up to 2 s.',
      at: 2 * S,
      packets: ['x/2'],
    },
    { name: 'd', result: 'pass', expected: 'bob receives exactly 2 fragments.', actual: '2 fragments came in.' },
    {
      name: 'e',
      result: 'fail',
      expected: 'bob receives exactly 2 fragments from 4 s to 9 s.',
      actual: '1 fragment came in, up to 4 s.',
      at: 4 * S,
      packets: ['x/4'],
    },
  ])
})

describe('what must hold in every run', () => {
  const always = (rows: readonly Row[], options: Parameters<typeof judgeAll>[2] = {}, steps: Step[] = []) =>
    judgeAll(lab([], steps), rows, options).map(({ name, result, actual }) => `${name}: ${result}: ${actual}`)
  const data = (t: number, n: number, counter: number, receiver = 9) =>
    message(t, 'bob:internet', `bob/${n}`, { kind: 'data', from: '203.0.113.2', to: '198.51.100.1', counter, receiver })

  test('a quiet run passes them all', () => {
    expect(always([hop(0, 'bob', 'born', 'bob/1'), data(1, 1, 0), hop(2, 'alice', 'done', 'bob/1')])).toEqual([
      'every step is done: pass: All of them.',
      'every packet is explained: pass: 1 packet, 0 still on their way.',
      'no nonce is used twice: pass: 1 data message, all different.',
      'nothing comes out of a tunnel twice: pass: None did.',
      'time never goes back: pass: 3 rows in order.',
    ])
  })

  test('a world that is blind is not asked', () => {
    const names = judgeAll(lab([]), [], { end: runEnd({ blind: ['inside', 'inner'] }) }).map(({ name }) => name)
    expect(names).toEqual(['every step is done', 'no nonce is used twice', 'time never goes back'])
  })

  test('steps that fail, or are never decided', () => {
    const waits: Step = {
      do: 'probe',
      at: '1s',
      name: 'waits',
      host: 'mallory',
      act: { kind: 'expect-silence', for: '5s' },
    }
    const [undecided] = always([], {}, [waits])
    expect(undecided).toBe('every step is done: fail: The run ended before step "waits" was decided.')
    const [satisfied] = always([step(S, 'waits', 'satisfied')], {}, [waits])
    expect(satisfied).toBe('every step is done: pass: All of them.')
    const [failed] = always([step(S, 'waits', 'failed', { host: 'mallory', detail: 'it heard a response' })], {}, [
      waits,
    ])
    expect(failed).toBe('every step is done: fail: Step "waits" failed on mallory at 1 s: it heard a response.')
    const [error] = always([step(S, '#0', 'error', { host: 'bob' })])
    expect(error).toBe('every step is done: fail: Step "#0" failed on bob at 1 s: it does not say why.')
    const [refused] = always([step(S, 'hello', 'error', { detail: 'no-route' })], {}, [hello])
    expect(refused).toBe('every step is done: pass: All of them.')
  })

  describe('every packet is explained', () => {
    const explained = (rows: readonly Row[], options: Parameters<typeof judgeAll>[2] = {}) => always(rows, options)[1]
    const early = [hop(S, 'bob', 'born', 'bob/7'), hop(S, 'bob:internet', 'out', 'bob/7'), hop(S, 'nat', 'in', 'bob/7')]

    test('consumed, dropped with a name, or on its way', () => {
      const far = runEnd({ ended_at: 300 * S })
      for (const last of [hop(S, 'alice', 'done', 'bob/7'), drop(S, 'nat', 'bob/7', 'nat-no-mapping')]) {
        expect(explained([...early, last], { end: far })).toBe(
          'every packet is explained: pass: 1 packet, 0 still on their way.',
        )
      }
      expect(explained(early)).toBe('every packet is explained: pass: 1 packet, 1 still on their way.')
      expect(explained(early, { end: far })).toBe(
        'every packet is explained: fail: 1 packet vanished: bob/7 was last seen at nat (in) at 1 s.',
      )
      expect(explained(early.slice(0, 2), { end: runEnd({ ended_at: 2 * S }) })).toBe(
        'every packet is explained: fail: 1 packet vanished: bob/7 was last seen at bob:internet (out) at 1 s.',
      )
    })

    test('a copy is a packet of its own, and what opens again after its end must end again', () => {
      const end = runEnd({ ended_at: 300 * S })
      const copy = hop(S, 'nat', 'in', 'bob/7', { copy: 1 })
      expect(explained([...early, copy, drop(S, 'nat', 'bob/7', 'replayed')], { end })).toContain(
        'fail: 1 packet vanished',
      )
      const inside = hop(S + 1, 'alice:wg0', 'in', 'bob/7', { layer: 'inner' })
      expect(explained([...early, hop(S, 'alice', 'done', 'bob/7'), inside], { end })).toContain('alice:wg0 (in)')
    })

    test('a reason without a sentence is no explanation', () => {
      expect(explained([drop(S, 'nat', 'bob/7', 'because')])).toBe(
        'every packet is explained: fail: bob/7 was dropped because of "because", which the legend does not explain.',
      )
    })

    test('a tunnel that still tries may hold packets; a foreign implementation owes no account', () => {
      const end = runEnd({ ended_at: 300 * S })
      const held = hop(S, 'alice:wg0', 'out', 'alice/1', { layer: 'inner' })
      const tries = message(297 * S, 'alice:home', 'alice/2', {
        kind: 'initiation',
        from: '192.168.1.2',
        to: '203.0.113.2',
      })
      expect(explained([held], { end })).toContain('fail')
      expect(explained([held, tries, hop(297 * S, 'bob', 'done', 'alice/2')], { end })).toContain('pass')
      expect(explained([held], { end, cast: { alice: 'kernel-6.12' } })).toContain('pass')
    })
  })

  describe('no nonce is used twice', () => {
    const reuse = (rows: readonly Row[]) => judgeAll(lab([]), rows)[2]

    test('the same counter under the same index', () => {
      expect(reuse([data(S, 1, 5), data(2 * S, 2, 6), data(3 * S, 3, 5)])).toEqual({
        name: 'no nonce is used twice',
        result: 'fail',
        expected: 'No host sends two data messages with the same receiver index and counter.',
        actual: 'bob sent counter 5 to index 9 again at 3 s.',
        at: 3 * S,
        packets: ['bob/3'],
      })
    })

    test('another index, an index given out again, a probe, what is only forwarded, what comes in', () => {
      const response = { kind: 'response', from: '198.51.100.1', to: '203.0.113.2', dir: 'in', receiver: 9 } as const
      const forwarded = { kind: 'data', from: '203.0.113.3', to: '198.51.100.1', counter: 70 } as const
      const probed = { kind: 'data', from: '203.0.113.2', to: '198.51.100.1', counter: 5 } as const
      const rows = [
        data(1, 1, 5),
        data(2, 2, 5, 10),
        message(3, 'bob:internet', 'nat/1', response),
        data(4, 3, 5),
        message(5, 'mallory:internet', 'mallory/1', probed),
        message(6, 'mallory:internet', 'mallory/2', probed),
        message(7, 'bob:internet', 'carol/1', forwarded),
        message(8, 'bob:internet', 'carol/1', forwarded),
        message(9, 'bob:internet', 'x/1', { ...probed, counter: 77, dir: 'in' }),
        message(9, 'bob:internet', 'x/1', { ...probed, counter: 77, dir: 'in' }),
      ]
      expect(reuse(rows)?.result).toBe('pass')
    })

    test('counters beyond 2^53', () => {
      const huge = (t: number, counter: bigint) => {
        const row = data(t, t, 0)
        const bytes = row.bytes?.slice() ?? new Uint8Array()
        new DataView(bytes.buffer).setBigUint64(28 + 8, counter, true)
        return { ...row, bytes }
      }
      expect(reuse([huge(1, 2n ** 60n), huge(2, 2n ** 60n + 1n)])?.result).toBe('pass')
      expect(reuse([huge(1, 2n ** 60n), huge(2, 2n ** 60n)])?.result).toBe('fail')
    })
  })

  describe('nothing comes out of a tunnel twice', () => {
    const inner = (t: number, dir: 'in' | 'out', ttl = 64, id = 'alice/1') =>
      hop(t, 'bob:wg0', dir, id, { layer: 'inner', bytes: ipv4('10.0.0.1', '10.0.0.2', 17, [1], { ttl }) })
    const once = (rows: readonly Row[]) => judgeAll(lab([]), rows)[3]

    test('twice is once too often', () => {
      expect(once([inner(S, 'in'), inner(2 * S, 'in')])).toEqual({
        name: 'nothing comes out of a tunnel twice',
        result: 'fail',
        expected: 'No packet comes out of a tunnel interface twice.',
        actual: 'alice/1 came out of bob:wg0 again at 2 s.',
        at: 2 * S,
        packets: ['alice/1'],
      })
    })

    test('in a circle, in pieces, or doubled before the tunnel is not the tunnel’s doing', () => {
      const piece = (offset: number) =>
        hop(S, 'bob:wg0', 'in', 'alice/3', {
          layer: 'inner',
          bytes: ipv4('10.0.0.1', '10.0.0.2', 17, [1], { offset, more: true }),
        })
      expect(once([inner(1, 'in', 64), inner(2, 'in', 63)])?.result).toBe('pass')
      expect(once([piece(0), piece(8)])?.result).toBe('pass')
      expect(once([inner(1, 'out'), inner(2, 'out'), inner(3, 'in'), inner(4, 'in')])?.result).toBe('pass')
    })
  })

  test('time never goes back', () => {
    const last = judgeAll(lab([]), [hop(5 * S, 'a', 'in', 'a/1'), step(4 * S, 'x', 'begun')]).at(-1)
    expect(last).toEqual({
      name: 'time never goes back',
      result: 'fail',
      expected: 'Each row of the trace is at the time of the row before it, or later.',
      actual: 'A step row at 4 s comes after 5 s.',
      at: 4 * S,
    })
  })
})
