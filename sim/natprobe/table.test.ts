/** The hole-punching table against the theory, written down as a predicate. */
import { describe, expect, it } from 'vitest'
import { nodeCrypto } from '../../impl/crypto/node/provider.ts'
import { type PunchTable, punchTable, SIDES, type Side } from './table.ts'

/**
 * The server tells each where it has seen the other. One is predictable when it sends to the other from there: its mapping
 * does not depend on the remote end, or keeps the port.
 */
function isPredictable({ mapping, ports }: Side): boolean {
  return mapping === 'endpoint-independent' || ports === 'kept'
}

/** How narrow the filter is in effect. Mappings that depend on the port and share theirs are told apart by the whole remote end. */
function filterOf({ mapping, filtering, ports }: Side): Side['filtering'] {
  const shared = mapping === 'address-and-port-dependent' && ports === 'kept'
  return shared && filtering === 'address-dependent' ? 'address-and-port-dependent' : filtering
}

/** Whether what `from` sends to where the server has seen `to` gets in, after both have sent. */
function getsIn(from: Side, to: Side): boolean {
  switch (filterOf(to)) {
    case 'endpoint-independent':
      return true
    case 'address-dependent':
      // The port that the server knows is open to the address that `to` has sent to from this very port.
      return isPredictable(to)
    case 'address-and-port-dependent':
      return isPredictable(to) && isPredictable(from)
  }
}

/** Whether the answer of `to` gets back to the port that `from` has sent from. */
function getsBack(from: Side, to: Side): boolean {
  return isPredictable(to) || filterOf(from) !== 'address-and-port-dependent'
}

function shouldMeet(first: Side, second: Side): boolean {
  return (getsIn(first, second) && getsBack(first, second)) || (getsIn(second, first) && getsBack(second, first))
}

describe('the hole-punching table', () => {
  it('is what theory says, in all 324 cells', { timeout: 120_000 }, () => {
    const table: PunchTable = punchTable({ seed: '1', crypto: nodeCrypto })
    expect(table.cells.flat()).toHaveLength(324)
    const wrong = table.cells.flatMap((row, i) =>
      row.flatMap((cell, j) => {
        const [first, second] = [SIDES[i] as Side, SIDES[j] as Side]
        return cell.works === shouldMeet(first, second) ? [] : [`${first.name} then ${second.name}: ${cell.letter}`]
      }),
    )
    expect(wrong).toEqual([])
    // Each failure has a reason that a NAT gave, and every letter is explained.
    const failures = table.cells.flat().filter(cell => !cell.works)
    expect(failures.filter(cell => cell.drops.length === 0)).toEqual([])
    expect(new Set(failures.map(cell => cell.letter))).toEqual(new Set(table.reasons.map(reason => reason.letter)))
    expect(table.reasons.reduce((sum, reason) => sum + reason.pairs, 0)).toBe(failures.length)
  })

  it('a kept port makes a symmetric NAT predictable', () => {
    const pick = (ports: 'kept' | 'random') => SIDES.filter(side => side.name === `APD/APD/${ports}`)
    const works = (ports: 'kept' | 'random') =>
      punchTable({ seed: '1', crypto: nodeCrypto, sides: pick(ports) }).cells[0]?.[0]?.works
    expect([works('kept'), works('random')]).toEqual([true, false])
  })
})
