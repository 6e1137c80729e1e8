/** Command lines as the shell reads them, as far as hooks of wg-quick need it. */

export interface Command {
  readonly words: readonly string[]
  /** As it was typed. */
  readonly text: string
  /** How it hangs on the one before it. */
  readonly joined: ';' | '&&' | '||'
}

/** `a; b && c || d` with quotes. Redirections to /dev/null are left out. Undefined for what needs a real shell: pipes, variables, subshells. */
export function readCommands(line: string): Command[] | undefined {
  const commands: Command[] = []
  let words: string[] = []
  let word: string | undefined
  let joined: Command['joined'] = ';'
  let start = 0
  const endWord = (): void => {
    if (word !== undefined) words.push(word)
    word = undefined
  }
  const endCommand = (end: number, next: Command['joined']): void => {
    endWord()
    const kept = withoutRedirections(words)
    if (kept.length > 0) commands.push({ words: kept, text: line.slice(start, end).trim(), joined })
    words = []
    joined = next
  }
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!
    if (character === '"' || character === "'") {
      const close = line.indexOf(character, at + 1)
      if (close < 0) return undefined
      const quoted = line.slice(at + 1, close)
      if (character === '"' && /[$`\\]/.test(quoted)) return undefined
      word = (word ?? '') + quoted
      at = close
    } else if (character === '<' && /^<[A-Za-z0-9_.-]+>/.test(line.slice(at))) {
      const close = line.indexOf('>', at)
      word = (word ?? '') + line.slice(at, close + 1)
      at = close
    } else if (/\s/.test(character)) endWord()
    else if (character === ';' || line.startsWith('&&', at) || line.startsWith('||', at)) {
      endCommand(at, character === ';' ? ';' : character === '&' ? '&&' : '||')
      if (character !== ';') at++
      start = at + 1
    } else if (character === '&' && (line[at + 1] === '>' || word?.endsWith('>') === true))
      word = (word ?? '') + character
    else if (/[|&$`\\(){}*?]/.test(character)) return undefined
    else if (character === '#' && word === undefined) {
      endCommand(at, ';')
      return commands
    } else word = (word ?? '') + character
  }
  endCommand(line.length, ';')
  return commands
}

/** Output that goes nowhere. Other redirections stay, as words. */
function withoutRedirections(words: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (/^([12&]?>>?)\/dev\/null$/.test(word)) continue
    if (/^[12&]?>>?$/.test(word) && words[i + 1] === '/dev/null') {
      i++
      continue
    }
    if (/^2>&1$/.test(word)) continue
    kept.push(word)
  }
  return kept
}

/** Words one after the other. */
export class Words {
  readonly #words: readonly string[]
  #at = 0

  constructor(words: readonly string[]) {
    this.#words = words
  }

  get done(): boolean {
    return this.#at >= this.#words.length
  }

  /** Those that are left; they stay. */
  rest(): readonly string[] {
    return this.#words.slice(this.#at)
  }

  peek(): string | undefined {
    return this.#words[this.#at]
  }

  next(): string | undefined {
    return this.#words[this.#at++]
  }

  /** Takes the next word when it is one of these. */
  take(...wanted: readonly string[]): boolean {
    const next = this.peek()
    if (next === undefined || !wanted.includes(next)) return false
    this.#at++
    return true
  }
}

/** Digits, or 0x and hexadecimal digits; at most `most`. */
export function readNumber(text: string | undefined, most: number): number | undefined {
  if (text === undefined || !/^([0-9]{1,10}|0[xX][0-9a-fA-F]{1,8})$/.test(text)) return undefined
  const value = Number(text)
  return value <= most ? value : undefined
}
