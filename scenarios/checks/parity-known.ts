/** Which of the divergences are known, and which entries nobody needs any more. */
import type { Divergence, KnownDifference, ParityResult } from '../language/parity.ts'

export interface Sorted {
  readonly left: readonly Divergence[]
  readonly met: readonly KnownDifference[]
}

/** Takes out what an entry of this scenario and one of these implementations explains. */
export function sortKnown(
  divergences: readonly Divergence[],
  entries: readonly KnownDifference[],
  { scenario, b }: Pick<ParityResult, 'scenario' | 'b'>,
): Sorted {
  const implementations = new Set(Object.values(b))
  const relevant = entries.filter(each => each.scenario === scenario && implementations.has(each.implementation))
  const met = relevant.filter(entry => divergences.some(divergence => explains(entry, divergence)))
  return { met, left: divergences.filter(divergence => !relevant.some(entry => explains(entry, divergence))) }
}

function explains(entry: KnownDifference, divergence: Divergence): boolean {
  if ('check' in entry) return divergence.kind === 'check' && divergence.check === entry.check
  if (divergence.kind === 'check') return false
  const message = divergence.a ?? divergence.b
  return message?.host === entry.host && message.peer === entry.peer && message.message === entry.message
}

/** Entries whose scenario was compared with their implementation, and that nothing there needed. */
export function staleEntries(entries: readonly KnownDifference[], results: readonly ParityResult[]): KnownDifference[] {
  return entries.filter(entry => {
    const compared = results.filter(
      ({ scenario, b, outcome }) =>
        scenario === entry.scenario &&
        Object.values(b).includes(entry.implementation) &&
        outcome !== 'skipped' &&
        outcome !== 'unsupported',
    )
    return compared.length > 0 && !compared.some(({ known }) => known.includes(entry))
  })
}
