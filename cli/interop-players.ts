/** Which implementations meet, in which seats, and which of them this machine does not have. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { GUEST_IMPLEMENTATIONS, isGuest } from '../sim/guest/supports.ts'
import { UserError } from './exit.ts'
import { boringtunFolder, openGuests } from './guests.ts'
import { VERSION } from './package.ts'

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

/** Of an implementation: why it can not play here and the command that helps, or its version where that is known. */
export type Presence = { readonly lacks: string } | { readonly lacks?: never; readonly version: string | undefined }

export async function presenceOf(implementation: string): Promise<Presence> {
  if (implementation === 'ours') return { version: VERSION }
  const opened = await openGuests({ any: implementation })
  if ('lacks' in opened) return opened
  const version = opened.versionOf(implementation)
  await opened.stop()
  const program = join(boringtunFolder(), 'bin', 'boringtun-cli')
  if (implementation !== 'boringtun' || existsSync(program)) return { version }
  return { lacks: `no boringtun-cli at ${program}; run: cargo install boringtun-cli --root ${boringtunFolder()}` }
}
