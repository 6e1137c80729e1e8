/** Control messages: short lines of ASCII. */
import type { Endpoint } from '../../../impl/box.ts'
import { formatEndpoint, parseEndpoint } from '../../../impl/ip/address.ts'

const PRINTABLE = /^[\x20-\x7e\n]*$/

/** Letters of ASCII as bytes; others become a question mark. */
export function textBytes(text: string): Uint8Array {
  return Uint8Array.from(text, letter => (PRINTABLE.test(letter) ? letter.charCodeAt(0) : 0x3f))
}

/** Undefined for what is no text. */
export function readText(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes)
  return PRINTABLE.test(text) ? text : undefined
}

/** `phone is at 203.0.113.7:41641`, `phone is nowhere` */
export function whereText(name: string, endpoint: Endpoint | undefined): string {
  return endpoint === undefined ? `${name} is nowhere` : `${name} is at ${formatEndpoint(endpoint)}`
}

/** Undefined for another text, and for a name that is nowhere. */
export function readWhere(text: string): { readonly name: string; readonly endpoint: Endpoint } | undefined {
  const [, name, place] = /^([A-Za-z0-9_-]+) is at (\S+)$/.exec(text) ?? []
  const endpoint = place === undefined ? undefined : parseEndpoint(place)
  return name === undefined || endpoint === undefined ? undefined : { name, endpoint }
}
