/** Option values, parsed with an error that says what to write. */
import { InvalidArgumentError } from 'commander'
import type { Cast } from '../scenarios/language/scenario.ts'

export function positive(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > 1_000_000)
    throw new InvalidArgumentError('write a whole number from 1 to 1000000')
  return value
}

/** Any word that fits on a line and into the name of a folder. */
export function seed(text: string): string {
  if (!/^[\P{C}]{1,100}$/u.test(text) || text.trim() !== text)
    throw new InvalidArgumentError('write 1 to 100 characters, for example 7')
  return text
}

export function folder(text: string): string {
  if (text === '' || text.includes('\0')) throw new InvalidArgumentError('write the name of a folder')
  return text
}

export interface Shard {
  readonly index: number
  readonly of: number
}

/** `2/5`: the second of five parts. */
export function shard(text: string): Shard {
  const match = /^(\d+)\/(\d+)$/.exec(text)
  const [index, of] = [Number(match?.[1]), Number(match?.[2])]
  if (match === null || index < 1 || of < 1 || index > of) throw new InvalidArgumentError('write I/N, for example 1/4')
  return { index, of }
}

/** `alice=ours,bob=kernel-6.12` */
export function cast(text: string, previous: Cast = {}): Cast {
  const players: Record<string, string> = { ...previous }
  for (const part of text.split(',')) {
    const match = /^([a-z][a-z0-9-]*)=(\S+)$/.exec(part.trim())
    if (match?.[1] === undefined || match[2] === undefined)
      throw new InvalidArgumentError('write HOST=IMPL, for example bob=ours')
    players[match[1]] = match[2]
  }
  return players
}
