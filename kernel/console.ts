/** What a guest says on its console: the last of it is kept, and keys are taken out before anybody sees them. */

const MOST = 256 * 1024
const EPHEMERAL = /^.*lab-ephemeral ([0-9a-f]{64})\s*$/

export class Console {
  readonly #secret: ((ephemeral: Uint8Array) => void) | undefined
  #line = ''
  #text = ''

  /** `secret`: is told each key. */
  constructor(secret?: (ephemeral: Uint8Array) => void) {
    this.#secret = secret
  }

  add(bytes: Uint8Array): void {
    const lines = (this.#line + new TextDecoder('latin1').decode(bytes)).split('\n')
    this.#line = lines.pop() ?? ''
    for (const line of lines) this.#add(line.replace(/\r$/, ''))
  }

  /** All that is kept. */
  get text(): string {
    return this.#text
  }

  /** The last so many lines. */
  tail(lines: number): string {
    return this.#text.trimEnd().split('\n').slice(-lines).join('\n')
  }

  #add(line: string): void {
    const [, key] = EPHEMERAL.exec(line) ?? []
    if (key !== undefined) {
      this.#secret?.(Uint8Array.from(key.match(/../g) ?? [], each => Number.parseInt(each, 16)))
      return
    }
    this.#text = `${this.#text}${line}\n`
    if (this.#text.length > MOST) this.#text = this.#text.slice(-MOST / 2)
  }
}
