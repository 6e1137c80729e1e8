import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Row } from '../scenarios/language/trace.ts'
import { createLadder, mermaidText } from './ladder.ts'
import { createLadderModel, type LadderOptions } from './ladder-model.ts'
import { datagram } from './testing.ts'
import { drop, endOf, feed, hop, MS, ref, S } from './testing-trace.ts'

const [alice, nat, bob] = ['192.168.1.2:51820', '198.51.100.7:4242', '203.0.113.2:51820']
const legend = { 'listed-loss': 'The scenario lists this packet.', 'no-mapping': 'No mapping; it expired.' }

function ladder(rows: readonly Row[], options: Partial<LadderOptions> = {}) {
  const { sink, finish } = createLadder({ title: 'a test', ...options })
  feed(sink, rows)
  return finish(endOf([], { legend }))
}

const lines = (rows: readonly Row[], options: Partial<LadderOptions> = {}) =>
  ladder(rows, options)
    .mermaid.split('\n')
    .filter(line => /^ {2}(Note|p\d+-)/.test(line))
    .map(line => line.trim())

const direct = (t: number, id: string, type: number, length: number): Row[] => [
  hop(t, 'alice:net', 'out', id, datagram(alice, bob, type, length)),
  hop(t + 10 * MS, 'bob:net', 'in', id, datagram(alice, bob, type, length)),
]
const reply = (t: number, id: string, type: number, length: number): Row[] => [
  hop(t, 'bob:net', 'out', id, datagram(bob, alice, type, length)),
  hop(t + 10 * MS, 'alice:net', 'in', id, datagram(bob, alice, type, length)),
]

describe('mermaid', () => {
  it('shows a run through a NAT: steps, losses with their reason, addresses when they are new, data folded', () => {
    const there = (t: number, n: number): Row[] => [
      hop(t, 'alice:lan', 'out', `alice/${n}`, datagram(alice, bob, 4, 128, n)),
      hop(t, 'home:lan', 'in', `alice/${n}`, datagram(alice, bob, 4, 128, n)),
      hop(t, 'home:net', 'out', `alice/${n}`, datagram(nat, bob, 4, 128, n)),
      hop(t + 10 * MS, 'internet', 'in', `alice/${n}`),
      hop(t + 20 * MS, 'bob:net', 'in', `alice/${n}`, datagram(nat, bob, 4, 128, n)),
    ]
    const rows: Row[] = [
      { kind: 'step', t: 0, step: 'hello', host: 'alice', what: 'begun', detail: 'ping 10.0.0.2; 3 times' },
      hop(0, 'alice:lan', 'out', 'alice/1', datagram(alice, bob, 1, 148)),
      drop(1 * MS, 'alice:lan up', 'alice/1', 'listed-loss'),
      ...there(5 * S, 2),
      ...there(6 * S, 3),
      ...there(7 * S, 4),
      { kind: 'step', t: 8 * S, step: 'flush', host: 'home', what: 'begun' },
      hop(9 * S, 'bob:net', 'out', 'bob/1', datagram(bob, nat, 4, 64, 1)),
      hop(9 * S, 'home:net', 'in', 'bob/1', datagram(bob, nat, 4, 64, 1)),
      drop(9 * S, 'home', 'bob/1', 'no-mapping'),
    ]
    expect(ladder(rows, { title: 'nat/"expiry"', participants: ['alice', 'home', 'idle', 'bob'] }).mermaid).toBe(`---
title: "nat/\\"expiry\\""
---
sequenceDiagram
  participant p0 as alice
  participant p1 as home
  participant p2 as bob
  Note over p0: 0.000 s hello: ping 10.0.0.2#59; 3 times
  p0-xp1: 0.000 s initiation 148 B (192.168.1.2:51820 → 203.0.113.2:51820)
  Note over p0,p1: lost on the cable alice:lan up: The scenario lists this packet.
  p0-->>p1: 5.000 s data ×3 until 7.000 s
  p1-->>p2: 5.000 s data ×3 until 7.000 s (198.51.100.7:4242 → 203.0.113.2:51820)
  Note over p1: 8.000 s flush
  p2--xp1: 9.000 s data 64 B, counter 1 (203.0.113.2:51820 → 198.51.100.7:4242)
  Note over p2,p1: dropped by home: No mapping#59; it expired.
`)
  })

  it('folds data until a handshake, and lost retries into one', () => {
    const lost = [1, 2, 3].flatMap(n => [
      hop(n * 5 * S, 'alice:net', 'out', `alice/${n}`, datagram(alice, bob, 1, 148)),
      drop(n * 5 * S, 'alice:net up', `alice/${n}`, 'link-cut'),
    ])
    const rows = [
      ...lost,
      ...direct(20 * S, 'alice/4', 1, 148),
      ...reply(21 * S, 'bob/1', 2, 92),
      ...[5, 6, 7].flatMap(n => [...direct(n * 5 * S, `alice/${n}`, 4, 64), ...reply(n * 5 * S, `bob/${n}`, 4, 64)]),
      ...direct(40 * S, 'alice/8', 1, 148),
      ...reply(40 * S + 20 * MS, 'bob/8', 2, 92),
      ...direct(41 * S, 'alice/9', 4, 64),
    ]
    expect(lines(rows)).toEqual([
      'p0-xp1: 5.000 s initiation ×3 until 15.000 s (192.168.1.2:51820 → 203.0.113.2:51820)',
      'Note over p0,p1: lost on the cable alice:net up: link-cut',
      'p0->>p1: 20.000 s initiation 148 B',
      'p1->>p0: 21.000 s response 92 B (203.0.113.2:51820 → 192.168.1.2:51820)',
      'p0-->>p1: 25.000 s data ×3 until 35.000 s',
      'p1-->>p0: 25.000 s data ×3 until 35.000 s',
      'p0->>p1: 40.000 s initiation 148 B',
      'p1->>p0: 40.020 s response 92 B',
      'p0-->>p1: 41.000 s data 64 B, counter 0',
    ])
  })

  it('draws copies, fragments and what a hub sends on', () => {
    const whole = datagram(alice, bob, 4, 128, 1)
    const later = whole.slice()
    later.set([0, 10], 6)
    const first = whole.slice()
    first.set([0x20, 0], 6)
    const rows = [
      hop(0, 'alice:net', 'out', 'alice/1', first),
      hop(0, 'alice:net', 'out', 'alice/1', later),
      hop(1, 'hub:net', 'in', 'alice/1', first),
      hop(1, 'hub:net', 'in', 'alice/1', later),
      hop(2, 'hub:net', 'out', 'alice/1', whole),
      hop(3, 'bob:net', 'in', 'alice/1', whole, 1),
      hop(4, 'bob:net', 'in', 'alice/1', whole),
      hop(9, 'bob:net', 'in', 'bob/9', whole),
      hop(9, 'internet', 'in', 'bob/8'),
    ]
    expect(lines(rows)).toEqual([
      'p0-->>p1: 0.000 s data 128 B, counter 1, 2 fragments (192.168.1.2:51820 → 203.0.113.2:51820)',
      'p1-->>p2: 0.000 s data ×2 (192.168.1.2:51820 → 203.0.113.2:51820)',
    ])
  })

  it('shows what a router says, and what never left its machine', () => {
    const says = Uint8Array.from([
      0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0, 0, 10, 9, 8, 7, 192, 168, 1, 2, 3, 4, 0, 0, 0, 0, 5, 20,
    ])
    const rows: Row[] = [
      ...direct(0, 'alice/1', 1, 148),
      drop(1 * S, 'alice', 'alice/2', 'no-route', { layer: 'inner' }),
      drop(2 * S, 'alice', 'alice/3', 'no-route', { layer: 'inner' }),
      hop(3 * S, 'alice:net', 'in', 'internet/1', says),
    ]
    expect(lines(rows, { participants: ['alice', 'bob'] })).toEqual([
      'p0->>p1: 0.000 s initiation 148 B (192.168.1.2:51820 → 203.0.113.2:51820)',
      'Note over p0: 1.000 s dropped by alice: no-route ×2',
      'p2->>p0: 3.000 s icmp too big 8 B, mtu 1300 (10.9.8.7 → 192.168.1.2)',
    ])
  })

  it('is bounded, and says what it cut', () => {
    const rows = Array.from({ length: 300 }, (_, n) =>
      direct(n * S, `alice/${n}`, n % 2 === 0 ? 1 : 2, n % 2 === 0 ? 148 : 92),
    ).flat()
    const all = lines(rows)
    expect(all).toHaveLength(121)
    expect(all.at(-1)).toBe('Note over p0,p1: … and 180 more, see the trace and the capture')
    expect(lines(rows, { maxLines: 5 })).toHaveLength(6)
  })

  it('shows a handshake after more data than it holds', () => {
    const data = Array.from({ length: 21_000 }, (_, n) => direct(n * MS, `alice/${n}`, 4, 1248)).flat()
    expect(lines([...data, ...direct(30 * S, 'alice/30000', 1, 148)])).toEqual([
      'p0-->>p1: 0.000 s data ×20000 until 19.999 s (192.168.1.2:51820 → 203.0.113.2:51820)',
      'p0->>p1: 30.000 s initiation 148 B',
      'Note over p0,p1: … and 1000 more, see the trace and the capture',
    ])
  })

  it('is a diagram even of nothing', () => {
    expect(ladder([]).mermaid).toContain('Note over p0: nothing was sent')
    expect(ladder([]).svg).toContain('nothing was sent')
  })

  it('shows what failed, clock jumps and warnings, and nothing else of the rows', () => {
    const rows: Row[] = [
      ...direct(0, 'alice/1', 1, 148),
      { kind: 'step', t: 1 * S, step: 'late', host: 'alice', what: 'error', detail: 'no route' },
      { kind: 'clock', t: 0, host: 'alice', wall_sec: 0, wall_nsec: 0, what: 'starts' },
      { kind: 'clock', t: 2 * S, host: 'bob', wall_sec: 0, wall_nsec: 0, what: 'stepped by -1h' },
      { kind: 'note', t: 3 * S, at: 'alice:net', level: 'warning', text: 'odd' },
      { kind: 'note', t: 3 * S, at: 'alice', level: 'info', text: 'usual' },
      { kind: 'step', t: 4 * S, step: 'hello', host: 'alice', what: 'sent', packet: ref('alice/1') },
    ]
    expect(lines(rows).slice(1)).toEqual([
      'Note over p0: 1.000 s late: error: no route',
      'Note over p1: 2.000 s clock: stepped by -1h',
      'Note over p0: 3.000 s odd',
    ])
  })

  it('takes any text as text', () => {
    expect(mermaidText('a; b # %% <br> "c" {d}')).toBe('a#59; b #35; #37;#37; #60;br#62; #34;c#34; #123;d#125;')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const escaped = mermaidText(text)
        expect(escaped.replace(/#(\d+);/g, '')).not.toMatch(/[#;<>%"\\`{}\n]/)
        const back = escaped.replace(/#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
        expect(back).toBe(text.replaceAll('\n', ' '))
      }),
    )
  })
})

describe('the model', () => {
  it('counts every packet that left a machine, folded or cut', () => {
    const event = fc.record({
      from: fc.constantFrom('alice', 'bob'),
      type: fc.constantFrom([1, 148], [2, 92], [4, 64], [4, 32]),
      fate: fc.constantFrom('arrives', 'lost', 'flies', 'refused'),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), events => {
        const { sink, finish } = createLadderModel({ title: '', maxLines: 10_000 })
        events.forEach(({ from, type, fate }, n) => {
          const [src, dst, to] = from === 'alice' ? [alice, bob, 'bob'] : [bob, alice, 'alice']
          const bytes = datagram(src!, dst!, type[0]!, type[1]!, n)
          sink.row(hop(n * S, `${from}:net`, 'out', `${from}/${n}`, bytes))
          if (fate === 'lost') sink.row(drop(n * S, `${from}:net up`, `${from}/${n}`, 'link-loss'))
          if (fate === 'arrives' || fate === 'refused') sink.row(hop(n * S, `${to}:net`, 'in', `${from}/${n}`, bytes))
          if (fate === 'refused') sink.row(drop(n * S, to!, `${from}/${n}`, 'replayed', { layer: 'inner' }))
        })
        const { items, cut } = finish(endOf([]))
        const arrows = items.filter(item => item.kind === 'arrow')
        expect(cut).toBe(0)
        expect(arrows.reduce((sum, arrow) => sum + arrow.count, 0)).toBe(events.length)
        const lost = arrows.reduce((sum, arrow) => sum + (arrow.lost === undefined ? 0 : arrow.count), 0)
        expect(lost).toBe(events.filter(({ fate }) => fate === 'lost' || fate === 'refused').length)
        const times = items.map(({ t }) => t)
        expect(times).toEqual(times.toSorted((a, b) => a - b))
      }),
    )
  })
})
