/** Every word of the language, found by walking the schema of a scenario, and where a scenario uses it. */
import type { z } from 'zod'
import { scenario } from './scenario.ts'
import { alter } from './step-probe-words.ts'
import { attachment, cidr, link, messageName, name } from './topology.ts'

/**
 * A key, or a value of one: `link.loss`, `nats.ports=random`, `steps:tcp.ecn`, `link.discipline:codel.target`. What
 * stands in many places of a scenario is called by its own name: `link`, `attachment`, `message`.
 */
export interface Word {
  readonly id: string
  /** `optional`: the key may be left away. `arm`: one of several shapes, told apart by a word. `value`: of an enum. */
  readonly kind: 'required' | 'optional' | 'arm' | 'value'
  /** What the language says about it; of a value, about its key. */
  readonly says: string
}

/** A place where a word stands. */
export interface Use {
  readonly id: string
  /** The smallest part of the scenario around it that may be left away, as parts of a JSON pointer. */
  readonly removable: readonly string[]
}

type Type = z.core.$ZodType
type Def = z.core.$ZodTypes['_zod']['def']

/** By what describes them: a word of its own about the same thing does not make it another thing. */
const SHARED: ReadonlyMap<Def, string> = new Map([
  [defOf(link), 'link'],
  [defOf(attachment), 'attachment'],
  [defOf(messageName), 'message'],
  [defOf(alter), 'alter'],
])
const LEAVES: ReadonlySet<Def> = new Set([defOf(name), defOf(cidr)])
/** Not the language of scenarios, but about them. */
const BESIDES = new Set(['$schema', 'schema', 'title', 'about', 'requirements', 'claims', 'seed', 'twin'])

/** All words, each once, in the order of the schema. */
export function vocabulary(): readonly Word[] {
  const words = new Map<string, Word>()
  const seen = new Set<string>()
  walk(scenario, '', '', (word, type) => {
    words.set(word.id, words.get(word.id) ?? word)
    const key = `${word.id} ${SHARED.get(defOf(type)) ?? ''}`
    const first = !seen.has(key)
    seen.add(key)
    return first
  })
  return [...words.values()]
}

function walk(type: Type, id: string, says: string, found: (word: Word, type: Type) => boolean): void {
  const base = SHARED.get(defOf(type)) ?? id
  const def = defOf(type)
  const values = valuesOf(def)
  if (LEAVES.has(def)) return
  if (values.length > 1) for (const value of values) found({ id: `${base}=${value}`, kind: 'value', says }, type)
  if (def.type === 'object') {
    const tag = tagOf(def)
    for (const [key, inner] of Object.entries(def.shape)) {
      if (key === tag || (id === '' && BESIDES.has(key))) continue
      const word = dot(base, key)
      const kind = defTypeOf(inner) === 'optional' ? 'optional' : 'required'
      if (found({ id: word, kind, says: saysOf(inner) }, inner)) walk(inner, word, saysOf(inner), found)
    }
  }
  if (def.type === 'union') {
    for (const option of def.options) {
      const arm = armOf(option)
      if (arm !== undefined && found({ id: `${base}:${arm}`, kind: 'arm', says: saysOf(option) }, option))
        walk(option, `${base}:${arm}`, says, found)
      if (arm === undefined) walk(option, base, says, found)
    }
  }
  if (def.type === 'array') walk(def.element, base, says, found)
  if (def.type === 'record') walk(def.valueType, base, says, found)
}

/** Every use of every word in a scenario. */
export function usesOf(written: unknown): readonly Use[] {
  const uses: Use[] = []
  look(scenario, written, '', [], [], use => uses.push(use))
  return uses
}

type Path = readonly string[]

function look(type: Type, value: unknown, id: string, at: Path, removable: Path, found: (use: Use) => void): void {
  const base = SHARED.get(defOf(type)) ?? id
  const def = defOf(type)
  if (LEAVES.has(def)) return
  if (valuesOf(def).length > 1) found({ id: `${base}=${String(value)}`, removable })
  if (def.type === 'object') {
    const tag = tagOf(def)
    for (const [key, each] of Object.entries(value as object)) {
      const inner = def.shape[key]
      if (inner === undefined || key === tag || (id === '' && BESIDES.has(key))) continue
      const here = [...at, key]
      const around = defTypeOf(inner) === 'optional' ? here : removable
      found({ id: dot(base, key), removable: around })
      look(inner, each, dot(base, key), here, around, found)
    }
  }
  if (def.type === 'union') {
    const option = def.options.find(each => fits(each, value))
    if (option === undefined) throw new RangeError(`/${at.join('/')} has a shape that the language does not know`)
    const arm = armOf(option)
    const word = arm === undefined ? base : `${base}:${arm}`
    if (arm !== undefined) found({ id: word, removable })
    look(option, value, word, at, removable, found)
  }
  if (def.type === 'array') {
    const list = value as readonly unknown[]
    list.forEach((each, index) => {
      const here = [...at, String(index)]
      look(def.element, each, base, here, list.length > 1 || id === 'steps' ? here : removable, found)
    })
  }
  if (def.type === 'record') {
    for (const [key, each] of Object.entries(value as object))
      look(def.valueType, each, base, [...at, key], [...at, key], found)
  }
}

function fits(type: Type, value: unknown): boolean {
  const tag = armOf(type)
  if (tag === undefined) return (type as z.ZodType).safeParse(value).success
  const key = tagOf(defOf(type)) ?? ''
  return (value as Record<string, unknown>)[key] === tag
}

const dot = (base: string, key: string): string => (base === '' ? key : `${base}.${key}`)

/** Without what makes it optional. */
function bare(type: Type): Type {
  const def = (type as z.core.$ZodTypes)._zod.def
  return def.type === 'optional' ? bare(def.innerType) : type
}

function defOf(type: Type): Def {
  return (bare(type) as z.core.$ZodTypes)._zod.def
}

const defTypeOf = (type: Type): string => (type as z.core.$ZodTypes)._zod.def.type
const saysOf = (type: Type): string => (type as z.ZodType).description ?? (bare(type) as z.ZodType).description ?? ''

function valuesOf(def: Def): readonly string[] {
  return def.type === 'enum' ? Object.values(def.entries).map(String) : []
}

/** The key that tells the shapes of a union apart: its one literal. */
function tagOf(def: Def): string | undefined {
  if (def.type !== 'object') return undefined
  return ['do', 'see', 'kind'].find(key => def.shape[key] !== undefined && defTypeOf(def.shape[key]) === 'literal')
}

function armOf(type: Type): string | undefined {
  const def = defOf(type)
  const tag = tagOf(def)
  if (def.type !== 'object' || tag === undefined) return undefined
  const literal = def.shape[tag]
  const inner = literal === undefined ? undefined : defOf(literal)
  return inner?.type === 'literal' ? String(inner.values[0]) : undefined
}
