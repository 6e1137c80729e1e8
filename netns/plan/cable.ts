/** A direction of a cable as Linux queueing disciplines: what it can be, and the commands. */
import { type Duration, durationNs, rateBits } from '../../scenarios/language/quantity.ts'
import type { Link } from '../../scenarios/language/topology.ts'

/** A link with its preset written out. `delay` is absent where nobody wrote one: then it is the usual one of its network. */
export type Cable = Omit<Link, 'preset'>

type Key = keyof Cable

/** Kept by the network's rules, not by a qdisc: see cloud.ts. */
const BY_RULES = new Set<Key>(['mtu', 'cut', 'lose', 'blackouts', 'ecn', 'dscp'])
const BY_QDISC = new Set<Key>([
  ...([
    'delay',
    'jitter',
    'distribution',
    'jitter_correlation',
    'reorder',
    'rate',
    'burst',
    'queue',
    'discipline',
  ] as const),
  ...(['loss', 'loss_correlation', 'gilbert_elliott', 'duplicate'] as const),
])
/** Packets that a delay holds: never the limit. */
const DELAYED = 100_000
/** Ethernet's header, which a qdisc counts and the scenario does not. */
const HEADER = 14

/** Why Linux has no such cable, as the end of a sentence that begins with its name; undefined: it has. */
export function cableRefusal(cable: Cable, lan: boolean): string | undefined {
  for (const key of Object.keys(cable) as Key[]) {
    if (cable[key] === undefined) continue
    if (BY_QDISC.has(key)) continue
    if (!BY_RULES.has(key)) return `has "${key}", which tc can not do exactly`
    if (lan && key !== 'mtu' && key !== 'cut')
      return `has "${key}" on a lan, and a bridge forwards without the rules that do it`
  }
  if (typeof cable.distribution === 'object')
    return 'has measured delays, and netem reads tables of its own format only'
  if (cable.loss !== undefined && cable.gilbert_elliott !== undefined)
    return 'has "loss" and "gilbert_elliott", and netem takes one of them'
  if (
    typeof cable.duplicate === 'object' &&
    ((cable.duplicate.count ?? 1) !== 1 || cable.duplicate.delay !== undefined)
  )
    return 'has late or several duplicates, and netem makes one at once'
  if (cable.rate === undefined && (cable.discipline?.kind ?? 'drop-tail') !== 'drop-tail')
    return 'has a discipline and no rate: nothing would wait in it'
  return undefined
}

/** The qdiscs on one device, outermost first: `netem delay 10ms limit 100000`. None: the cable does nothing by itself. */
export function qdiscs(cable: Cable, lan: boolean, netem: boolean): readonly string[] {
  const fate = fateOf(cable, lan, netem)
  return [...(fate === undefined ? [] : [fate]), ...rateOf(cable)]
}

/** The kinds in a list of qdiscs. */
export function kindsOf(list: readonly string[]): readonly string[] {
  return list.map(text => text.split(' ')[0] ?? text)
}

/** Whether someone wrote what only netem does, so that it can not be left out. */
export function asksForNetem(cable: Cable): boolean {
  return qdiscs(cable, true, true).some(text => text.startsWith('netem'))
}

/** A device's qdiscs. Where it may have had others they go: a change in place would keep what the new text does not name. */
export function shapeLines(device: string, list: readonly string[], fresh: boolean): string[] {
  return [
    ...(fresh ? [] : [`tc qdisc del dev ${device} root 2>/dev/null || true`]),
    ...list.map(
      (text, i) => `tc qdisc add dev ${device} ${i === 0 ? 'root' : `parent ${i}:1`} handle ${i + 1}: ${text}`,
    ),
  ]
}

function fateOf(cable: Cable, lan: boolean, netem: boolean): string | undefined {
  const words = [
    ...delayWords(cable, cable.delay ?? (netem ? usualDelay(lan) : '0ms')),
    ...lossWords(cable),
    ...(cable.duplicate === undefined ? [] : ['duplicate', percent(chanceOf(cable.duplicate))]),
    ...reorderWords(cable),
  ]
  return words.length === 0 ? undefined : ['netem', ...words, 'limit', String(DELAYED)].join(' ')
}

function delayWords(cable: Cable, text: Duration): string[] {
  const delay = durationNs(text)
  const jitter = durationNs(cable.jitter ?? '0ms')
  if (delay === 0 && jitter === 0) return []
  if (jitter === 0) return ['delay', micros(delay)]
  const correlation = cable.jitter_correlation === undefined ? [] : [percent(cable.jitter_correlation)]
  // netem keeps the order only where there is a rate: one that costs nothing.
  const ordered = cable.reorder === true ? [] : ['rate', '100gbit']
  const kind = cable.distribution ?? 'uniform'
  // Uniform is up to so much more here, and so much to both sides there.
  if (kind === 'uniform') return ['delay', micros(delay + jitter / 2), micros(jitter / 2), ...correlation, ...ordered]
  return ['delay', micros(delay), micros(jitter), ...correlation, 'distribution', String(kind), ...ordered]
}

function lossWords({ loss, loss_correlation, gilbert_elliott: ge }: Cable): string[] {
  if (ge !== undefined) return ['loss', 'gemodel', ...[ge.p, ge.r, ge.bad ?? 1, ge.good ?? 0].map(percent)]
  if (loss === undefined || loss === 0) return []
  return ['loss', percent(loss), ...(loss_correlation === undefined ? [] : [percent(loss_correlation)])]
}

function reorderWords({ reorder }: Cable): string[] {
  if (typeof reorder !== 'object') return []
  return ['reorder', percent(reorder.chance), ...(reorder.gap === undefined ? [] : ['gap', String(reorder.gap)])]
}

function rateOf(cable: Cable): string[] {
  const { rate, burst, queue, discipline } = cable
  if (rate === undefined) return []
  const bits = `${rateBits(rate)}bit`
  const kind = discipline?.kind ?? 'drop-tail'
  // netem alone makes each packet take its time, without a bucket.
  if (kind === 'drop-tail' && burst === undefined) return [`netem rate ${bits} -${HEADER} limit ${queue ?? 1000}`]
  const bucket = `tbf rate ${bits} burst ${(burst ?? 1500) + HEADER} limit 100000000`
  if (discipline === undefined || discipline.kind === 'drop-tail') return [bucket, `pfifo limit ${queue ?? 1000}`]
  const { target = '5ms', interval = '100ms', ecn = true } = discipline
  const codel = [
    `target ${micros(durationNs(target))}`,
    `interval ${micros(durationNs(interval))}`,
    ecn ? 'ecn' : 'noecn',
  ]
  if (discipline.kind === 'codel') return [bucket, `codel limit ${queue ?? 1000} ${codel.join(' ')}`]
  const { flows = 1024, quantum = 1514 } = discipline
  return [bucket, `fq_codel limit ${queue ?? 10_240} flows ${flows} quantum ${quantum} ${codel.join(' ')}`]
}

function chanceOf(duplicate: NonNullable<Cable['duplicate']>): number {
  return typeof duplicate === 'number' ? duplicate : duplicate.chance
}

function micros(ns: number): string {
  return ns % 1_000_000 === 0 ? `${ns / 1_000_000}ms` : ns % 1000 === 0 ? `${ns / 1000}us` : `${Math.round(ns)}ns`
}

function percent(chance: number): string {
  return `${Number((chance * 100).toFixed(6))}%`
}

/** The delay of a cable that names none. */
function usualDelay(lan: boolean): Duration {
  return lan ? '0ms' : '10ms'
}
