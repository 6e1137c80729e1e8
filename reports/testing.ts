/** Packets made by hand, for the tests of this room. */

const be16 = (value: number) => [value >> 8, value & 255]

/** An IPv4 UDP datagram from `a.b.c.d:port` to another, with a WireGuard message of a type and length; checksums are 0. */
export function datagram(from: string, to: string, type: number, length: number, counter: number = 0): Uint8Array {
  const payload = new Uint8Array(length)
  const view = new DataView(payload.buffer)
  view.setUint8(0, type)
  view.setUint32(4, 0x1111, true)
  if (type === 4) view.setUint32(8, counter, true)
  return ipv4(from, to, payload)
}

/** An IPv4 UDP datagram with any payload. */
export function ipv4(from: string, to: string, payload: Uint8Array): Uint8Array {
  const [source, destination] = [endpoint(from), endpoint(to)]
  const head = [
    0x45,
    0,
    ...be16(28 + payload.length),
    0,
    1,
    0,
    0,
    64,
    17,
    0,
    0,
    ...source.address,
    ...destination.address,
  ]
  const udp = [...be16(source.port), ...be16(destination.port), ...be16(8 + payload.length), 0, 0]
  return Uint8Array.from([...head, ...udp, ...payload])
}

function endpoint(text: string): { address: number[]; port: number } {
  const [address = '', port = '0'] = text.split(':')
  return { address: address.split('.').map(Number), port: Number(port) }
}

export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly (XmlElement | string)[]
}

/** A strict little XML 1.0 reader: throws on anything not well-formed. No DTD, CDATA or comments: nothing here writes them. */
export function parseXml(text: string): XmlElement {
  const reader = new XmlReader(text.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, ''))
  const root = reader.element()
  reader.end()
  return root
}

class XmlReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
    const bad = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(text)
    if (bad !== null) throw new Error(`a character XML can not hold at ${bad.index}`)
  }

  element(): XmlElement {
    const name = this.#take(/<([A-Za-z_][\w.:-]*)/y)
    const attributes = new Map<string, string>()
    for (;;) {
      const attribute = this.#try(/\s+([A-Za-z_][\w.:-]*)="([^"<]*)"/y)
      if (attribute === undefined) break
      const [, key = '', value = ''] = attribute
      if (attributes.has(key)) throw new Error(`attribute ${key} twice at ${this.#at}`)
      attributes.set(key, unescapeXml(value))
    }
    if (this.#try(/\s*\/>/y) !== undefined) return { name, attributes, children: [] }
    this.#take(/\s*(>)/y)
    const children: (XmlElement | string)[] = []
    for (;;) {
      const text = this.#try(/[^<]+/y)
      if (text !== undefined) children.push(unescapeXml(text[0] ?? ''))
      const close = this.#try(/<\/([A-Za-z_][\w.:-]*)\s*>/y)
      if (close?.[1] === name) return { name, attributes, children }
      if (close !== undefined) throw new Error(`</${close[1]}> closes <${name}> at ${this.#at}`)
      children.push(this.element())
    }
  }

  end(): void {
    this.#try(/\s+/y)
    if (this.#at !== this.#text.length) throw new Error(`more after the root at ${this.#at}`)
  }

  #try(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#at = pattern.lastIndex
    return match
  }

  #take(pattern: RegExp): string {
    const match = this.#try(pattern)
    if (match === undefined)
      throw new Error(`not well-formed at ${this.#at}: ${this.#text.slice(this.#at, this.#at + 40)}`)
    return match[1] ?? ''
  }
}

function unescapeXml(text: string): string {
  const named = new Map([
    ['amp', '&'],
    ['lt', '<'],
    ['gt', '>'],
    ['quot', '"'],
  ])
  return text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const numbered = /^#(\d+)$/.exec(name)
    const char = numbered === null ? named.get(name) : String.fromCodePoint(Number(numbered[1]))
    if (char === undefined || !whole.endsWith(';')) throw new Error(`not an entity: ${whole}`)
    return char
  })
}

/** All elements of a name, in the order of the document. */
export function elements(root: XmlElement, name: string): XmlElement[] {
  const inside = root.children.flatMap(child => (typeof child === 'string' ? [] : elements(child, name)))
  return root.name === name ? [root, ...inside] : inside
}
