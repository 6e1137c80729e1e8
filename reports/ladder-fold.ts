/** From what happened to what is shown: alike events become one item with a count. */
import type { DropRow } from '../scenarios/language/trace.ts'
import { plain } from './escape.ts'
import { dropPlace, type Words } from './fate.ts'
import type { LadderEvent, Leg } from './ladder-events.ts'
import type { LadderArrow, LadderItem, LadderNote } from './ladder-model.ts'
import { endpointsText, type WireLabel } from './wire.ts'

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] }

/**
 * Folds what happens into the first alike of its run. A run ends where something new begins: at a note, and at a
 * response that arrives.
 */
export function foldEvents(events: readonly LadderEvent[], words: Words): LadderItem[] {
  const guess = createGuess(events)
  const items: Writable<LadderItem>[] = []
  const told = new Map<string, string>()
  let run = new Map<string, Writable<LadderArrow> | Writable<LadderNote>>()
  const put = (alike: string, item: Writable<LadderItem>) => {
    run.set(alike, item)
    items.push(item)
  }
  for (const event of events) {
    if (event.item === 'note') {
      run = new Map()
      items.push(event.note)
      continue
    }
    if (event.item === 'inside') {
      const alike = `${event.drop.at}|${event.drop.reason}`
      const before = run.get(alike)
      if (before?.kind === 'note') before.count = (before.count ?? 1) + 1
      else put(alike, insideNote(event.drop, words))
      continue
    }
    const arrow = arrowOf(event, guess, words)
    const alike = [arrow.from, arrow.to, event.label.what, arrow.lost?.place, arrow.lost?.reason].join('|')
    const addresses = addressesText(event.label)
    const news = addresses !== '' && told.get(`${arrow.from}|${arrow.to}`) !== addresses
    if (arrow.message === 'response' && arrow.lost === undefined) run = new Map()
    const before = news ? undefined : run.get(alike)
    if (before?.kind === 'arrow') {
      before.count++
      before.until = arrow.t
      continue
    }
    told.set(`${arrow.from}|${arrow.to}`, addresses)
    put(alike, news ? { ...arrow, addresses } : arrow)
  }
  return items.map(item => (item.kind === 'arrow' && item.count > 1 ? { ...item, label: groupText(item) } : item))
}

function insideNote(drop: DropRow, words: Words): LadderNote {
  const { place, reason } = lostBy(drop, true, words)
  return {
    kind: 'note',
    t: drop.t,
    over: drop.at.split(':')[0] ?? '',
    text: `${place}: ${reason}`,
    bad: true,
    count: 1,
  }
}

/** A group is called by its message; what is no WireGuard message by its first words. */
function groupText(arrow: LadderArrow): string {
  return arrow.message === 'other' ? arrow.label.replace(/ \d+ B.*$/, '') : arrow.message
}

/** For whom a packet is that never arrived: where others of its way went, else whose the address is. */
function createGuess(events: readonly LadderEvent[]): (leg: Leg) => string {
  const ways = new Map<string, string>()
  const owners = new Map<string, string>()
  const way = (leg: Leg) => `${leg.from} ${leg.label.destination}`
  for (const event of events) {
    if (event.item !== 'leg') continue
    owners.set(event.label.source, event.from)
    if (event.to === undefined) continue
    ways.set(way(event), event.to)
    if (!owners.has(event.label.destination)) owners.set(event.label.destination, event.to)
  }
  return leg => ways.get(way(leg)) ?? owners.get(leg.label.destination) ?? leg.from
}

function arrowOf(leg: Leg, guess: (leg: Leg) => string, words: Words): LadderArrow {
  const to = leg.to ?? guess(leg)
  return {
    kind: 'arrow',
    t: leg.t,
    from: leg.from,
    to,
    message: leg.label.message ?? 'other',
    label: legText(leg),
    count: 1,
    until: leg.t,
    ...(leg.drop === undefined ? {} : { lost: lostBy(leg.drop, leg.to !== undefined, words) }),
  }
}

function lostBy(drop: DropRow, refused: boolean, words: Words): NonNullable<LadderArrow['lost']> {
  return { place: plain(dropPlace(drop, words)), reason: plain(words.sentence(drop.reason)), refused }
}

function legText(leg: Leg): string {
  const { label } = leg
  const parts = [`${label.what} ${label.size} B`]
  if (label.counter !== undefined) parts.push(`counter ${label.counter}`)
  else if (label.more !== '') parts.push(label.more)
  if (leg.pieces > 1) parts.push(`${leg.pieces} fragments`)
  if (leg.copy > 0) parts.push(`copy ${leg.copy}`)
  return parts.join(', ')
}

function addressesText(label: WireLabel): string {
  if (label.fragment === 'later' || label.source === '') return ''
  const { source, destination } = endpointsText(label)
  return `${source} → ${destination}`
}
