import { describe, expect, it } from 'vitest'
import { type Cable, cableRefusal, qdiscs, shapeLines } from './cable.ts'

describe('a cable as qdiscs', () => {
  it('each value in the words of tc', () => {
    const table: readonly (readonly [Cable, boolean, readonly string[]])[] = [
      [{}, true, []],
      [{}, false, ['netem delay 10ms limit 100000']],
      [{ delay: '0ms' }, false, []],
      [{ delay: '1.5ms' }, true, ['netem delay 1500us limit 100000']],
      // Up to 4 ms more is 2 ms to both sides of 12 ms, and a rate keeps the order.
      [{ delay: '10ms', jitter: '4ms' }, true, ['netem delay 12ms 2ms rate 100gbit limit 100000']],
      [{ delay: '10ms', jitter: '4ms', reorder: true }, true, ['netem delay 12ms 2ms limit 100000']],
      [
        { delay: '20ms', jitter: '5ms', distribution: 'normal', jitter_correlation: 0.25 },
        true,
        ['netem delay 20ms 5ms 25% distribution normal rate 100gbit limit 100000'],
      ],
      [{ loss: 0.015, loss_correlation: 0.5 }, true, ['netem loss 1.5% 50% limit 100000']],
      [{ gilbert_elliott: { p: 0.01, r: 0.25 } }, true, ['netem loss gemodel 1% 25% 100% 0% limit 100000']],
      [{ duplicate: 0.1 }, true, ['netem duplicate 10% limit 100000']],
      [{ delay: '10ms', reorder: { chance: 0.25, gap: 5 } }, true, ['netem delay 10ms reorder 25% gap 5 limit 100000']],
      [{ rate: '10Mbit', queue: 20 }, true, ['netem rate 10000000bit -14 limit 20']],
      [
        { delay: '5ms', rate: '1Mbit', burst: 3000 },
        true,
        ['netem delay 5ms limit 100000', 'tbf rate 1000000bit burst 3014 limit 100000000', 'pfifo limit 1000'],
      ],
      [
        { rate: '1Mbit', discipline: { kind: 'fq-codel', target: '20ms', ecn: false } },
        true,
        [
          'tbf rate 1000000bit burst 1514 limit 100000000',
          'fq_codel limit 10240 flows 1024 quantum 1514 target 20ms interval 100ms noecn',
        ],
      ],
      [{ mtu: 1400, cut: true }, true, []],
    ]
    expect(table.map(([cable, lan]) => qdiscs(cable, lan, true))).toEqual(table.map(([, , words]) => words))
  })

  it('one inside the other', () => {
    expect(shapeLines('alice', ['netem delay 5ms', 'tbf rate 1mbit', 'pfifo limit 5'], false)).toEqual([
      'tc qdisc del dev alice root 2>/dev/null || true',
      'tc qdisc add dev alice root handle 1: netem delay 5ms',
      'tc qdisc add dev alice parent 1:1 handle 2: tbf rate 1mbit',
      'tc qdisc add dev alice parent 2:1 handle 3: pfifo limit 5',
    ])
  })

  it('what tc can not do is said', () => {
    const table: readonly (readonly [Cable, string | undefined])[] = [
      [{ delay: '5ms', mtu: 1400 }, undefined],
      [{ corrupt: 0.1 }, 'has "corrupt", which tc can not do exactly'],
      [{ lose: [{ nth: [1] }] }, 'has "lose" on a lan, and a bridge forwards without the rules that do it'],
      [
        { loss: 0.1, gilbert_elliott: { p: 0.1, r: 0.1 } },
        'has "loss" and "gilbert_elliott", and netem takes one of them',
      ],
      [{ duplicate: { chance: 0.1, count: 2 } }, 'has late or several duplicates, and netem makes one at once'],
      [{ discipline: { kind: 'codel' } }, 'has a discipline and no rate: nothing would wait in it'],
    ]
    expect(table.map(([cable]) => cableRefusal(cable, true))).toEqual(table.map(([, because]) => because))
  })
})
