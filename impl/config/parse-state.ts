/** What parse.ts knows while it reads, and how items and complaints come out of it. */
import type { Dialect, InterfaceConf, Item, PeerConf, Section } from './model.ts'
import type { Place, Problem } from './problem.ts'
import type { Piece, Value } from './values.ts'

export interface ParseOptions {
  /** The name shown in problems. */
  readonly file: string
  readonly dialect: Dialect
  /** Keys may be named in angle brackets: `<alice>`, `<bob.pub>`, `<alice-bob.psk>`. Default false. */
  readonly placeholders?: boolean
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] }
export type InterfaceDraft = Mutable<InterfaceConf>
export type PeerDraft = Mutable<Omit<PeerConf, 'publicKey'>> & { publicKey?: PeerConf['publicKey'] }

export interface State {
  readonly options: ParseOptions
  readonly problems: Problem[]
  section: 'Interface' | 'Peer' | 'unknown' | undefined
  interface: InterfaceDraft | undefined
  peer: PeerDraft | undefined
  readonly peers: PeerDraft[]
  /** Where each single-valued key of this section stood first. */
  seen: Map<string, number>
  /** A peer whose PublicKey line was wrong is not told as well that it has none. */
  readonly faultyKey: Set<PeerDraft>
  comments: string[]
  /** Of the line that is read. */
  comment: string | undefined
  line: number
}

/** One line without its comment and its white space; `columns` says where each character stood. */
export interface Line {
  /** Without the comment. */
  readonly code: string
  readonly clean: string
  readonly columns: readonly number[]
}

/** Appends the pieces of one line; its comments go to the first. */
export function pushAll<T>(
  state: State,
  list: Item<T>[],
  pieces: readonly Piece<T>[],
  value: Value,
  columns: readonly number[],
  shift: number,
): void {
  if (pieces.length === 0 && value.text === '' && state.comment !== undefined) state.comments.push(state.comment)
  for (const piece of pieces) {
    list.push(takeItem(state, { line: state.line, column: columns[shift + piece.offset]! }, piece.value))
  }
}

export function takeItem<T>(state: State, place: Place, value: T): Item<T> {
  return { value, line: place.line, column: place.column, ...takeComments(state) }
}

export function takeSection(state: State, line: Line): Mutable<Section> {
  const { comments, comment } = takeComments(state)
  return {
    line: state.line,
    column: line.columns[0]!,
    comments: [...comments],
    ...(comment === undefined ? {} : { comment }),
  }
}

function takeComments(state: State): { comments: readonly string[]; comment?: string } {
  const { comments, comment } = state
  state.comments = []
  state.comment = undefined
  return comment === undefined ? { comments } : { comments, comment }
}

export function put<T, K extends keyof T>(draft: T, field: K, item: T[K] | undefined): void {
  if (item !== undefined) draft[field] = item
}

export function readerOf(state: State, text: string, columnOf: (offset: number) => number): Value {
  const say =
    (severity: Problem['severity']) =>
    (what: string, instead: string, offset = 0) =>
      report(state, { line: state.line, column: columnOf(offset) }, what, instead, severity)
  return { text, error: say('error'), warning: say('warning') }
}

export function complain(
  state: State,
  line: Line,
  offset: number,
  what: string,
  instead: string,
  severity: Problem['severity'] = 'error',
): undefined {
  report(state, { line: state.line, column: line.columns[offset]! }, what, instead, severity)
}

export function report(
  state: State,
  place: Place,
  what: string,
  instead: string,
  severity: Problem['severity'] = 'error',
): undefined {
  state.problems.push({ severity, file: state.options.file, line: place.line, column: place.column, what, instead })
}
