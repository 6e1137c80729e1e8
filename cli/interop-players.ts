/** Which implementations meet, in which seats, and which of them this machine does not have. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheFolder } from '../kernel/cache.ts'
import { GUEST_IMPLEMENTATIONS, isGuest } from '../sim/guest/supports.ts'
import { UserError } from './exit.ts'
import { openGuests } from './guests.ts'

export const INTEROP_IMPLEMENTATIONS = ['ours', ...GUEST_IMPLEMENTATIONS] as const

export interface Pairing {
  readonly initiator: string
  readonly responder: string
}

/** All of them; with one named, those with it; with more, those among the named (twice the same: it with itself). Each with itself, too. Throws UserError. */
export function pairings(named: readonly string[]): { implementations: string[]; pairs: Pairing[] } {
  for (const name of named) {
    if (name === 'ours' || isGuest(name)) continue
    throw new UserError(
      `no implementation is called "${name}"; write ${INTEROP_IMPLEMENTATIONS.join(', ')} or exec:PROGRAM`,
    )
  }
  const wanted = [...new Set(named)]
  const implementations = named.length > 1 ? wanted : [...new Set([...INTEROP_IMPLEMENTATIONS, ...wanted])]
  const [only] = named.length === 1 ? named : []
  const all = implementations.flatMap(initiator => implementations.map(responder => ({ initiator, responder })))
  const pairs = only === undefined ? all : all.filter(pair => pair.initiator === only || pair.responder === only)
  return { implementations, pairs }
}

/** Why an implementation can not play here and the command that helps; undefined: it can. */
export async function lackOf(implementation: string): Promise<string | undefined> {
  if (implementation === 'ours') return undefined
  if (implementation === 'boringtun') {
    const program = join(dirname(cacheFolder()), 'boringtun', 'bin', 'boringtun-cli')
    if (!existsSync(program)) {
      return `no boringtun-cli at ${program}; run: cargo install boringtun-cli --root ${dirname(dirname(program))}`
    }
  }
  const opened = await openGuests({ any: implementation })
  if ('lacks' in opened) return opened.lacks
  await opened.stop()
  return undefined
}
