/** Plans for tests: keys that can be told from everything else, and commands as lines of text. */
import type { Cast, Scenario } from '../../scenarios/language/scenario.ts'
import { plan } from './compile.ts'
import type { Command, Plan } from './plan.ts'

/** `KEY(alice)` stands for the private key of alice, `key(alice.pub)` for what everybody may know. */
export function keyOf(name: string): string {
  return name.endsWith('.pub') ? `key(${name})` : `KEY(${name})`
}

export function planOf(scenario: Scenario, cast: Cast = {}, netem = true): Plan {
  const startOf = (implementation: string) => (implementation.startsWith('kernel') ? undefined : implementation)
  return plan({ scenario, cast, prefix: 'wglab-t', keyOf, startOf, netem })
}

/** `alice: ip link …`, a comment above where there is one. */
export function linesOf(commands: readonly Command[]): string {
  return commands
    .map(({ on, line, why }) => `${why === undefined ? '' : `# ${why}\n`}${on === undefined ? '' : `${on}: `}${line}\n`)
    .join('')
}

/** The timeline, with the moments' times. */
export function momentsOf({ timeline }: Plan): string {
  return timeline
    .map(({ at_ms, commands, play }) => {
      const played = play === undefined ? '' : `${play.kind}: ${play.kind === 'show' ? play.on : play.line}\n`
      return `at ${at_ms}\n${linesOf(commands)}${played}`
    })
    .join('')
}

/** The lines of one machine or network in the set-up. */
export function partOf({ setUp }: Plan, name: string): string {
  return linesOf(setUp.filter(({ on }) => on === name))
}
