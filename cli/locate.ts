/** Where a value of a scenario stands in the source of its module: the object literal is read, nothing is run. */
import { pointerParts } from '../scenarios/language/pointer.ts'

export interface Location {
  readonly line: number
  readonly column: number
}

/**
 * Line and column, from 1, of the key or item that a JSON pointer names, or of as much of its way as the source spells out.
 * Undefined where the source has no `const scenario = {` (or `export default {`).
 */
export function locate(source: string, pointer: string): Location | undefined {
  const start = /\b(?:const|let|var)\s+scenario\b[^=;{}()]*=\s*(?=\{)|\bexport\s+default\s*(?=\{)/.exec(source)
  if (start === null) return undefined
  let at = start.index + start[0].length
  let found = at
  for (const part of pointerParts(pointer)) {
    const next = source[at] === '[' ? itemOf(source, at, Number(part)) : entryOf(source, at, part)
    if (next === undefined) break
    found = next.place
    at = next.value
  }
  const before = source.slice(0, found).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

/** Offsets of a key (or item) and of its value. */
interface Found {
  readonly place: number
  readonly value: number
}

/** The value of a key in the object literal that begins here. */
function entryOf(source: string, open: number, name: string): Found | undefined {
  if (source[open] !== '{') return undefined
  let at = skipSpace(source, open + 1)
  while (at < source.length && source[at] !== '}') {
    const place = at
    const end = skipWord(source, at)
    const key = source
      .slice(at, end)
      .replace(/^(['"`])(.*)\1$/s, (_, _quote, text: string) => text.replace(/\\(.)/gs, '$1'))
    at = skipSpace(source, end)
    if (source[at] === ':') {
      const value = skipSpace(source, at + 1)
      if (key === name) return { place, value }
      at = skipValue(source, value)
    } else if (key === name) return { place, value: place }
    else at = skipValue(source, at)
    at = skipSpace(source, source[at] === ',' ? at + 1 : at)
  }
  return undefined
}

function itemOf(source: string, open: number, index: number): Found | undefined {
  let at = skipSpace(source, open + 1)
  for (let i = 0; at < source.length && source[at] !== ']'; i++) {
    if (i === index) return { place: at, value: at }
    at = skipValue(source, at)
    at = skipSpace(source, source[at] === ',' ? at + 1 : at)
  }
  return undefined
}

/** Past an identifier, a number, a spread or a quoted text; always at least one character. */
function skipWord(source: string, at: number): number {
  const character = source[at] ?? ''
  if (character === '"' || character === "'" || character === '`') return skipText(source, at)
  const word = /[\w$.]+/y
  word.lastIndex = at
  return word.test(source) ? word.lastIndex : at + 1
}

/** Past everything up to the comma or bracket that ends this value. */
function skipValue(source: string, from: number): number {
  let at = from
  let depth = 0
  while (at < source.length) {
    const character = source[at] ?? ''
    const past = skipSpace(source, at)
    if (past > at) at = past
    else if (character === '"' || character === "'" || character === '`') at = skipText(source, at)
    else {
      if (depth === 0 && /[,}\])]/.test(character)) return at
      if (/[{[(]/.test(character)) depth++
      if (/[}\])]/.test(character)) depth--
      at++
    }
  }
  return at
}

/** Past a quoted text; what a template inserts is skipped with it. */
function skipText(source: string, open: number): number {
  const quote = source[open]
  for (let at = open + 1; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === quote) return at + 1
    else if (quote === '`' && source.startsWith('${', at)) at = skipValue(source, at + 2)
  }
  return source.length
}

/** Past space and comments. */
function skipSpace(source: string, from: number): number {
  const space = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y
  space.lastIndex = from
  space.test(source)
  return space.lastIndex
}
