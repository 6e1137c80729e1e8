/**
 * The catalogue speaks the whole language: every word is used, and every mechanism decides the outcome of a scenario, that
 * is, without it an expectation fails. Which scenario that is stands in vocabulary-decides.json; for new words
 * `WGLAB_WRITE_VOCABULARY=1 npx vitest run cli/vocabulary.test.ts` looks for one.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { applyChanges } from '../scenarios/language/patch.ts'
import type { NamedScenario, Scenario } from '../scenarios/language/scenario.ts'
import { usesOf, vocabulary, type Word } from '../scenarios/language/vocabulary.ts'
import { checkScenario } from '../sim/check.ts'
import { runOne } from './evidence.ts'
import { select } from './select.ts'

const FILE = new URL('./vocabulary-decides.json', import.meta.url)
/**
 * The word and the scenario that it decides; or the scenario and the value that stands there instead, and how many steps
 * of the path further out where nothing else is a scenario.
 */
const decides: Record<string, string | [string, Json] | [string, Json, number]> = JSON.parse(readFileSync(FILE, 'utf8'))
type Json = Extract<Parameters<typeof applyChanges>[1][number], { set: unknown }>['set']

/** Words that can not decide anything by themselves, each with the reason. */
const EXEMPT: readonly { readonly words: RegExp; readonly because: string }[] = [
  { words: /^expect/, because: 'it judges, and is no part of what happens; every kind of it fails in a broken twin' },
  { words: /^steps:\w+\.name$/, because: 'a label' },
  { words: /^(nats|link)\.preset=/, because: 'a name for a set of keys, each of which is here by itself' },
  { words: /^(alter|link\.corrupt_field)\.field=/, because: 'one mechanism: which bytes it is about' },
  { words: /^message=/, because: 'one mechanism: which messages are meant' },
  { words: /^(networks\.kind(=lan)?|nats|routers|names|hosts\.probe)$/, because: 'without it nothing else fits' },
  { words: /^steps:(ping|send|tcp|lookup)$/, because: 'it is what expectations look at' },
  {
    words: /^nats\.query\.(mapping|filtering)/,
    because: 'every ping has a number of its own, and nobody else answers it',
  },
  { words: /^nats\.tcp\.mapping=endpoint-independent$/, because: 'every connection has a port of its own' },
  { words: /^steps:probe\.act:\w+\.(message|from|to|network|save|on)$/, because: 'it says what is meant, no more' },
  { words: /^networks\.icmp=port-unreachable$/, because: 'an internet has no ports: the list is shared with routers' },
  {
    words: /^steps:probe\.act:expect(-silence)?$/,
    because: 'it judges: adversary/cookie-is-bound and silence/random-datagrams would not be true without it',
  },
  {
    words: /^steps:probe\.act:initiate\.stolen$/,
    because:
      'the same bytes go out without it; what it takes away, a session, the twin of adversary/stolen-responder-key has',
  },
  {
    words: /^nats\.(ports_taken=next|sharing=none|pooling=paired|when_full=drop-new|blocks\.order=next)$/,
    because: 'the default',
  },
]

const words = vocabulary()
const catalogue = await select([])
const used = new Map<string, NamedScenario[]>()
for (const named of catalogue) {
  for (const id of new Set(usesOf(named.scenario).map(use => use.id))) used.set(id, [...(used.get(id) ?? []), named])
}

const exemption = (word: Word) => EXEMPT.find(each => each.words.test(word.id))
const mechanisms = words.filter(word => word.kind !== 'required' && !isDefault(word) && exemption(word) === undefined)

if (process.env['WGLAB_WRITE_VOCABULARY'] !== undefined) {
  for (const word of mechanisms) {
    if (typeof decides[word.id] === 'string') continue
    const found = (used.get(word.id) ?? []).slice(0, 12).find(named => failsWithout(named, word.id).length > 0)
    if (found !== undefined) decides[word.id] ??= found.id
  }
  const known = mechanisms.flatMap(({ id }) => (decides[id] === undefined ? [] : [[id, decides[id]]]))
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(known), null, 2)}\n`)
}

describe(`the language: ${words.length} words, ${mechanisms.length} mechanisms`, () => {
  it('every word is used by a scenario of the catalogue', () => {
    const unused = words.filter(word => !used.has(word.id) && !isDefault(word) && !isListed(word))
    expect(unused.map(word => word.id)).toEqual([])
  })

  it('every kind of expectation is the one that fails in some broken twin', () => {
    const failing = new Set(
      catalogue.flatMap(({ scenario: { expect: list, twin } }) =>
        list.flatMap(each => (nameOf(each) === twin?.fails ? [each.see] : [])),
      ),
    )
    const kinds = words.flatMap(({ id, kind }) => (kind === 'arm' && id.startsWith('expect:') ? [id.slice(7)] : []))
    expect(kinds.filter(kind => !failing.has(kind as never))).toEqual([])
  })

  it('every mechanism has its place in the table, and no other word has', () => {
    const ids = mechanisms.map(word => word.id)
    expect(ids.filter(id => decides[id] === undefined)).toEqual([])
    expect(Object.keys(decides).filter(id => !ids.includes(id))).toEqual([])
  })

  it('no exemption is for nothing', () => {
    expect(EXEMPT.filter(each => !words.some(word => each.words.test(word.id))).map(each => each.because)).toEqual([])
  })

  const decided = Object.entries(decides)
  const byId = new Map(catalogue.map(named => [named.id, named]))
  it.each(decided)('%s decides %s', (word, entry) => {
    const [id, instead, out] = typeof entry === 'string' ? [entry] : entry
    const named = byId.get(id)
    if (named === undefined) throw new Error(`there is no scenario ${id}`)
    expect(usesOf(named.scenario).map(use => use.id)).toContain(word)
    expect(failsWithout(named, word, instead, out)).not.toEqual([])
  })
})

/** The checks that fail when every use of the word is gone from the scenario; none when what remains is no scenario. */
function failsWithout({ id, scenario }: NamedScenario, word: string, instead?: Json, out = 0): string[] {
  const uses = usesOf(scenario).filter(use => use.id === word)
  const paths = uses.map(({ removable }) => removable.slice(0, removable.length - out).map(escaped))
  for (const whole of [false, true]) {
    // A step that is nothing without the word goes with it.
    const places = paths.map(path => `/${(whole && path[0] === 'steps' ? path.slice(0, 2) : path).join('/')}`)
    const without = changed(scenario, places, instead)
    if (without === undefined || checkScenario(without).length > 0) continue
    const { checks } = runOne({ id, scenario: without }, { cast: {}, seed: '1' })
    return checks.filter(check => check.result === 'fail').map(check => check.name)
  }
  return []
}

function changed(scenario: Scenario, places: readonly string[], instead: Json | undefined): Scenario | undefined {
  const { twin: _twin, ...rest } = scenario
  const outermost = [...new Set(places)].filter(place => !places.some(other => place.startsWith(`${other}/`)))
  // The last item of a list goes first.
  outermost.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  if (outermost.includes('/')) return undefined
  return applyChanges(
    rest,
    outermost.map(path => (instead === undefined ? { path, remove: true as const } : { path, set: instead })),
  )
}

/** The value that a key has anyway, as the language says itself. */
function isDefault({ id, kind, says }: Word): boolean {
  const value = id.slice(id.lastIndexOf('=') + 1)
  return kind === 'value' && new RegExp(`Default ${value}\\b|\\b${value} \\(default`).test(says)
}

/** One of many names that stand for data. */
function isListed({ id, kind }: Word): boolean {
  const isExempt = EXEMPT.some(each => each.words.test(id))
  return isExempt && (kind === 'value' || (kind === 'optional' && /^(expect|steps:\w+\.name$|nats\.query)/.test(id)))
}

function nameOf(each: Scenario['expect'][number]): string {
  if (each.name !== undefined) return each.name
  return 'step' in each ? `${each.see} ${each.step}` : each.see
}

function escaped(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1')
}
