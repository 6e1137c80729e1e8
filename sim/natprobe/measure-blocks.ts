/** Port blocks of carrier-grade NATs (RFC 6888, RFC 7422): how large, how many for a host, and whose is whose. */
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import { type Draft, measured, unseen } from './findings.ts'
import { type Lab, portOf, QUIET } from './lab.ts'
import type { Measurer, SeenDatagram } from './world.ts'

/** Ports of two hosts that lie apart: blocks. How large, how many, and whose is whose. */
export function* findBlocks(lab: Lab, draft: Draft, most: number): Measurer<NatParameters['blocks']> {
  yield* lab.fresh()
  const a: number[] = []
  const b: number[] = []
  for (let i = 0; i < 40; i++) {
    const first = yield* lab.out('a', 20_000 + 7 * i, 's1', QUIET)
    // Another inner port: where ports are kept, neither host is in the other's way.
    const second = yield* lab.out('b', 20_003 + 7 * i, 's1', QUIET)
    if (first !== undefined) a.push(portOf(first.source))
    if (second !== undefined) b.push(portOf(second.source))
  }
  // The first few: later ones may be of a second block.
  const apart = liesApart(a, b) || liesApart(a.slice(0, 6), b.slice(0, 6))
  if (!apart || a.length < 3 || b.length < 3) {
    draft.blocks = measured('none', 'forty mappings of two hosts by turns: their ports lie among each other')
    return 'none'
  }
  // Another host takes the block beside the first one: a second block of this host lies apart from its first.
  yield* lab.fresh()
  const ports: number[] = []
  let more = true
  for (let i = 0; i < most && more; i++) {
    const seen = yield* lab.out('a', 1_024 + i, 's1', QUIET)
    if (seen === undefined) more = false
    else ports.push(portOf(seen.source))
    if (i === 0) yield* lab.out('b', 20_000, 's1', QUIET)
  }
  const runs = runsOf(ports)
  const [first = { from: 0, size: 1 }] = runs
  const size = Math.min(...runs.map(run => run.size))
  const span = Math.max(...ports) - Math.min(...ports) + 1
  if (more ? span > 32_768 : size < 4) {
    draft.blocks = measured('none', 'the ports of one host lie apart from each other')
    return 'none'
  }
  // The second and the third block of a host may lie side by side.
  if (more || runs.some(run => run.size % size !== 0)) {
    let guess = 1
    while (guess < span) guess *= 2
    const blocks = { size: guess, per_host: 1, order: 'next' } as const
    draft.blocks = unseen(
      blocks,
      `${ports.length} mappings of one host lie within ${span} ports; none was refused at the end of a block`,
    )
    return blocks
  }
  const order = yield* blockOrder(lab, first.from, size)
  const blocks = { size, per_host: ports.length / size, order }
  const how = `${ports.length} mappings of one host, then it gets no more; the ports of another lie in another block`
  draft.blocks = measured(blocks, how)
  return blocks
}

function liesApart(a: readonly number[], b: readonly number[]): boolean {
  return Math.max(...a) < Math.min(...b) || Math.max(...b) < Math.min(...a)
}

/** Ports that lie side by side. */
function runsOf(ports: readonly number[]): { readonly from: number; readonly size: number }[] {
  const runs: { from: number; size: number }[] = []
  for (const port of [...ports].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last !== undefined && last.from + last.size === port) last.size++
    else runs.push({ from: port, size: 1 })
  }
  return runs
}

function* blockOrder(lab: Lab, from: number, size: number): Measurer<'next' | 'random' | 'deterministic'> {
  const place = (seen: SeenDatagram | undefined): number => {
    return seen === undefined ? Number.NaN : Math.floor((portOf(seen.source) - from) / size)
  }
  const alone = function* (host: string): Measurer<number> {
    yield* lab.fresh()
    return place(yield* lab.out(host, 20_000, 's1', QUIET))
  }
  const a = yield* alone('a')
  for (let i = 0; i < 6; i++) if ((yield* alone('a')) !== a) return 'random'
  const b = yield* alone('b')
  yield* lab.fresh()
  yield* lab.out('a', 20_000, 's1', QUIET)
  return place(yield* lab.out('b', 20_000, 's1', QUIET)) === b ? 'deterministic' : 'next'
}
