/** Reads wg(8) and wg-quick(8) files as those programs do, and says everything that is wrong with one at once. */

import { KEYWORDS, type Keyword, keywordOf, nearest } from './keywords.ts'
import type { Conf, Item } from './model.ts'
import { finishInterface, finishPeers } from './parse-finish.ts'
import {
  complain,
  type Line,
  type ParseOptions,
  pushAll,
  put,
  readerOf,
  type State,
  takeItem,
  takeSection,
} from './parse-state.ts'
import type { Problem } from './problem.ts'
import {
  readAddresses,
  readAllowedIps,
  readDns,
  readEndpoint,
  readFwmark,
  readKeepalive,
  readListenPort,
  readMtu,
  readPublic,
  readSaveConfig,
  readSecret,
  readTable,
} from './values.ts'

export type { ParseOptions } from './parse-state.ts'

export interface ParsedConf {
  /** What could be understood; whole when no problem is an error. */
  readonly conf: Conf
  /** In the order of the file. */
  readonly problems: readonly Problem[]
}

/**
 * Reads the whole text. As in wg: keys and sections in any case, `#` starts a comment anywhere, white space within a
 * line
 * means nothing. Stricter than wg: a single-valued key twice and one peer twice are errors, ports are numbers.
 */
export function parseConf(text: string, options: ParseOptions): ParsedConf {
  const state: State = {
    options,
    problems: [],
    section: undefined,
    interface: undefined,
    peer: undefined,
    peers: [],
    seen: new Map(),
    faultyKey: new Set(),
    comments: [],
    comment: undefined,
    line: 0,
  }
  for (const raw of text.split('\n')) {
    state.line++
    readLine(state, raw)
  }
  const peers = finishPeers(state)
  finishInterface(state)
  const { file, dialect } = options
  const conf: Conf = { file, dialect, interface: state.interface, peers, trailing: state.comments }
  const problems = state.problems.sort((a, b) => a.line - b.line || a.column - b.column)
  return { conf, problems }
}

function readLine(state: State, raw: string): void {
  const hash = raw.indexOf('#')
  const code = hash < 0 ? raw : raw.slice(0, hash)
  state.comment = hash < 0 ? undefined : raw.slice(hash + 1).trim()
  const columns: number[] = []
  let clean = ''
  for (let i = 0; i < code.length; i++) {
    if (/[ \t\v\f\r]/.test(code[i]!)) continue
    columns.push(i + 1)
    clean += code[i]
  }
  if (clean === '') {
    if (state.comment !== undefined) state.comments.push(state.comment)
    return
  }
  const line: Line = { code, clean, columns }
  const strange = /[^\S \t\v\f\r]|[\0\u200B]/.exec(clean)
  if (strange === null) return readClean(state, line)
  const shown = strange[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  complain(state, line, strange.index, `invisible character U+${shown}`, 'plain text without it; retype the line')
  // So that a mark before the first section does not take the section away.
  const at = columns[strange.index]! - 1
  if (strange.index === 0) readLine(state, `${raw.slice(0, at)} ${raw.slice(at + 1)}`)
}

function readClean(state: State, line: Line): void {
  if (line.clean.startsWith('[')) readSection(state, line)
  else if (line.clean.includes('=') && !saysNoEquals(line)) readItem(state, line)
  else readNonsense(state, line)
}

/** `PrivateKey aGVsbG8=`: the only = is that of the value. */
function saysNoEquals(line: Line): boolean {
  const equals = line.code.indexOf('=')
  const words = /^\s*([A-Za-z]+)(?:\s*:\s*|\s+)\S/.exec(line.code.slice(0, equals))
  return (
    words !== null &&
    keywordOf(words[1]!) !== undefined &&
    keywordOf(line.clean.slice(0, line.clean.indexOf('='))) === undefined
  )
}

function readSection(state: State, line: Line): undefined {
  const name = line.clean.toLowerCase()
  state.seen = new Map()
  if (name === '[peer]') {
    state.section = 'Peer'
    state.peer = { ...takeSection(state, line), allowedIps: [] }
    state.peers.push(state.peer)
    return
  }
  if (name !== '[interface]') {
    state.section = 'unknown'
    const meant = nearest(name.replace(/[[\]]/g, ''), ['Interface', 'Peer'])
    const instead = meant === undefined ? '[Interface] or [Peer]' : `[${meant}]`
    const shown = /^\[[A-Za-z]{1,12}\]?$/.test(line.clean) ? `"${line.clean}"` : 'this'
    return complain(state, line, 0, `${shown} is no section`, instead)
  }
  state.section = 'Interface'
  if (state.options.dialect === 'wg-quick' && !/^\[interface\]$/i.test(line.code.trim())) {
    complain(state, line, 0, 'wg-quick does not know [Interface] with white space in it', '[Interface]')
  }
  if (state.interface !== undefined) {
    complain(
      state,
      line,
      0,
      `a second [Interface]; the first is in line ${state.interface.line}`,
      'one [Interface] with all its keys',
      'warning',
    )
    for (const keyword of KEYWORDS) markSeen(state, keyword)
    state.interface.comments.push(...takeSection(state, line).comments)
    return
  }
  const empty = { addresses: [], dns: [], preUp: [], postUp: [], preDown: [], postDown: [] }
  state.interface = { ...takeSection(state, line), ...empty }
}

/** In a second [Interface], what the first one had counts as already there. */
function markSeen(state: State, keyword: Keyword): void {
  const field = FIELD.get(keyword.name)
  const item = field === undefined ? undefined : state.interface?.[field]
  if (item !== undefined) state.seen.set(keyword.name, item.line)
}

const FIELD: ReadonlyMap<string, 'privateKey' | 'listenPort' | 'fwmark' | 'mtu' | 'table' | 'saveConfig'> = new Map([
  ['PrivateKey', 'privateKey'],
  ['ListenPort', 'listenPort'],
  ['FwMark', 'fwmark'],
  ['MTU', 'mtu'],
  ['Table', 'table'],
  ['SaveConfig', 'saveConfig'],
])

function readItem(state: State, line: Line): undefined {
  const equals = line.clean.indexOf('=')
  const written = line.clean.slice(0, equals)
  const keyword = keywordOf(written)
  if (state.section === 'unknown') return
  if (keyword === undefined) return complain(state, line, 0, ...unknownKey(state, written))
  const { name, section, tool, example } = keyword
  if (tool === 'wg-quick' && state.options.dialect === 'wg') {
    return complain(
      state,
      line,
      0,
      `${name} is a key of wg-quick; wg does not know it`,
      'leave it out, or load the file with wg-quick',
    )
  }
  if (state.section === undefined) {
    return complain(state, line, 0, `${name} stands before any section`, `[${section}] on a line of its own before it`)
  }
  if (state.section !== section) {
    const value = line.code.slice(line.code.indexOf('=') + 1).trim()
    const right = keyword.secret === true || value === '' ? example : `${name} = ${value}`
    return complain(
      state,
      line,
      0,
      `${name} belongs in [${section}], not in [${state.section}]`,
      `[${section}]\n  ${right}`,
    )
  }
  if (tool === 'wg-quick' && /\s/.test(line.code.slice(0, line.code.indexOf('=')).trim())) {
    return complain(state, line, 0, `wg-quick does not know ${name} with white space in it`, example)
  }
  const first = state.seen.get(name)
  if (first !== undefined) {
    return complain(
      state,
      line,
      0,
      `${name} stands twice in this section; the first is in line ${first}`,
      'one of the two lines',
    )
  }
  if (!keyword.repeats) state.seen.set(name, state.line)
  if (tool === 'wg-quick') readQuickItem(state, line, keyword)
  else readWgItem(state, line, keyword, equals)
}

/** A key that wg itself reads: white space within the value means nothing. */
function readWgItem(state: State, line: Line, keyword: Keyword, equals: number): void {
  const value = readerOf(
    state,
    line.clean.slice(equals + 1),
    offset => line.columns[equals + 1 + offset] ?? line.code.length + 1,
  )
  const place = { line: state.line, column: line.columns[equals + 1] ?? line.code.length + 1 }
  const named = state.options.placeholders === true
  const item = <T>(read: T | undefined): Item<T> | undefined =>
    read === undefined ? undefined : takeItem(state, place, read)
  if (keyword.section === 'Interface') {
    const draft = state.interface!
    if (keyword.name === 'PrivateKey') put(draft, 'privateKey', item(readSecret(value, 'PrivateKey', 'private', named)))
    else if (keyword.name === 'ListenPort') put(draft, 'listenPort', item(readListenPort(value)))
    else put(draft, 'fwmark', item(readFwmark(value)))
    return
  }
  const draft = state.peer!
  if (keyword.name === 'PublicKey') {
    put(draft, 'publicKey', item(readPublic(value, named)))
    if (draft.publicKey === undefined) state.faultyKey.add(draft)
  } else if (keyword.name === 'PresharedKey') {
    put(draft, 'presharedKey', item(readSecret(value, 'PresharedKey', 'preshared', named)))
  } else if (keyword.name === 'Endpoint') put(draft, 'endpoint', item(readEndpoint(value)))
  else if (keyword.name === 'PersistentKeepalive') put(draft, 'persistentKeepalive_s', item(readKeepalive(value)))
  else pushAll(state, draft.allowedIps, readAllowedIps(value), value, line.columns, equals + 1)
}

/** A key that wg-quick reads: the value is the rest of the line. */
function readQuickItem(state: State, line: Line, keyword: Keyword): void {
  const equals = line.code.indexOf('=')
  const rest = line.code.slice(equals + 1)
  const start = equals + 1 + (rest.length - rest.trimStart().length)
  const text = rest.trim()
  const value = readerOf(state, text, offset => start + offset + 1)
  const draft = state.interface!
  const columns = Array.from({ length: text.length + 1 }, (_, i) => start + i + 1)
  const item = <T>(read: T | undefined): Item<T> | undefined =>
    read === undefined ? undefined : takeItem(state, { line: state.line, column: start + 1 }, read)
  if (keyword.name === 'Address' || keyword.name === 'DNS') {
    if (text === '') value.warning(`${keyword.name} is empty, which does nothing`, keyword.example)
    if (keyword.name === 'Address') pushAll(state, draft.addresses, readAddresses(value), value, columns, 0)
    else pushAll(state, draft.dns, readDns(value), value, columns, 0)
  } else if (keyword.name === 'MTU') put(draft, 'mtu', item(readMtu(value)))
  else if (keyword.name === 'Table') put(draft, 'table', item(readTable(value)))
  else if (keyword.name === 'SaveConfig') put(draft, 'saveConfig', item(readSaveConfig(value)))
  else {
    const hooks = { PreUp: draft.preUp, PostUp: draft.postUp, PreDown: draft.preDown, PostDown: draft.postDown }
    const name = keyword.name as keyof typeof hooks
    if (state.comment !== undefined && (text.split('"').length % 2 === 0 || text.split("'").length % 2 === 0)) {
      value.warning(
        `${name}: the # starts a comment even between quotes; the command ends before it`,
        'the command in a script of its own',
        text.length,
      )
    }
    if (text === '') value.warning(`${name} is empty, which does nothing`, keyword.example)
    else hooks[name].push(takeItem(state, { line: state.line, column: start + 1 }, text))
  }
}

/** A line that is neither a section nor has a `=`. */
function readNonsense(state: State, line: Line): undefined {
  const word = /^\s*([A-Za-z]+)\s*:?\s*(.*?)\s*$/.exec(line.code)
  const keyword = word === null ? undefined : keywordOf(word[1]!)
  if (keyword !== undefined) {
    const rest = word?.[2] ?? ''
    const instead = keyword.secret || rest === '' ? keyword.example : `${keyword.name} = ${rest}`
    return complain(state, line, 0, `no = after ${keyword.name}`, instead)
  }
  const section = nearest(line.clean.replace(/[[\]]/g, ''), ['Interface', 'Peer'])
  if (section !== undefined) return complain(state, line, 0, `"${line.clean}" is no section`, `[${section}]`)
  // The line may hold a key, so it is not repeated.
  complain(
    state,
    line,
    0,
    'this line is neither a section nor "Key = value"',
    'Key = value, [Interface], [Peer], or # before a comment',
  )
}

function unknownKey(state: State, written: string): [what: string, instead: string] {
  const known = KEYWORDS.filter(keyword => state.options.dialect === 'wg-quick' || keyword.tool === 'wg')
  const here = known.filter(keyword => keyword.section === state.section)
  const names = here.map(keyword => keyword.name)
  const meant =
    nearest(written, names) ??
    nearest(
      written,
      known.map(keyword => keyword.name),
    )
  // What resembles no keyword may be a piece of a secret.
  const shown = meant !== undefined || /^[A-Za-z]{1,8}$/.test(written) ? `unknown key "${written}"` : 'unknown key'
  if (meant === undefined)
    return [shown, `one of ${(here.length > 0 ? here : known).map(keyword => keyword.name).join(', ')}`]
  const keyword = keywordOf(meant)!
  const where = state.section !== undefined && keyword.section !== state.section ? ` (in [${keyword.section}])` : ''
  return [`${shown}; did you mean ${meant}${where}?`, keyword.example]
}
