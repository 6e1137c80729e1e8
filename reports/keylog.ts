/** The text of Wireshark's WireGuard key log. Secret: it goes into captures and nowhere else. */
import type { KeyLogLine } from '../scenarios/language/verdict.ts'

/** Beyond this many lines, preshared keys that belong to no ephemeral in particular are left out. */
const MOST_LINES = 200_000

/**
 * Wireshark ties a preshared key to the ephemeral on the line before it, one for each such line. So a preshared key
 * that follows an ephemeral belongs to it; one that stands elsewhere may belong to any, and is tried with each.
 */
export function keylogText(lines: readonly KeyLogLine[]): string {
  const statics = new Set<string>()
  const ephemerals = new Map<string, Set<string>>()
  const anywhere = new Set<string>()
  let last: Set<string> | undefined
  for (const line of lines) {
    const value = line.reveal()
    switch (line.kind) {
      case 'LOCAL_STATIC_PRIVATE_KEY':
        statics.add(value)
        last = undefined
        break
      case 'LOCAL_EPHEMERAL_PRIVATE_KEY':
        last = ephemerals.get(value) ?? new Set()
        ephemerals.set(value, last)
        break
      case 'PRESHARED_KEY': {
        const owner = last ?? anywhere
        owner.add(value)
      }
    }
  }
  const few = ephemerals.size * anywhere.size <= MOST_LINES
  const out = [...statics].map(value => `LOCAL_STATIC_PRIVATE_KEY = ${value}\n`)
  for (const [ephemeral, own] of ephemerals) {
    const psks = new Set([...own, ...(few ? anywhere : [])])
    if (psks.size === 0) out.push(`LOCAL_EPHEMERAL_PRIVATE_KEY = ${ephemeral}\n`)
    for (const psk of psks) out.push(`LOCAL_EPHEMERAL_PRIVATE_KEY = ${ephemeral}\nPRESHARED_KEY = ${psk}\n`)
  }
  return out.join('')
}
