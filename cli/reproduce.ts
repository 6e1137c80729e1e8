/** The command that runs the same again, fit to be pasted into a shell. */
import type { Cast } from '../scenarios/language/scenario.ts'
import type { WorldName } from './world-name.ts'

export function reproduceText(selector: string, seed: string, cast: Cast, world: WorldName = 'sim'): string {
  const players = Object.entries(cast).map(([host, implementation]) => `${host}=${implementation}`)
  const words = [
    selector.startsWith('-') ? `./${selector}` : selector,
    seed.startsWith('-') ? `--seed=${seed}` : '--seed',
  ]
  if (!seed.startsWith('-')) words.push(seed)
  if (world !== 'sim') words.push('--world', world)
  if (players.length > 0) words.push('--cast', players.join(','))
  return `npx wglab run ${words.map(quoted).join(' ')}`
}

/** A word as a shell takes it for one. */
export function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
