/** What a real kernel can play in a scenario. A no is a verdict with a reason, never a pass. */
import type { Cast, Scenario } from '../../scenarios/language/scenario.ts'
import type { Step } from '../../scenarios/language/step.ts'
import type { Host } from '../../scenarios/language/topology.ts'
import type { Support } from '../../scenarios/language/verdict.ts'
import { isMiddle, middleRefusal } from './middle.ts'

/** Implementations that run in a guest; `exec:PROGRAM` too. */
export const GUEST_IMPLEMENTATIONS = ['kernel-6.12', 'kernel-6.1', 'wireguard-go', 'boringtun'] as const

export function isGuest(implementation: string): boolean {
  return implementation.startsWith('exec:') || (GUEST_IMPLEMENTATIONS as readonly string[]).includes(implementation)
}

/**
 * Of a host: everything else in its description is the simulated machine's own. What a handshake costs a real program,
 * the program itself knows.
 */
const PLAYED = new Set<keyof Host>(['interfaces', 'wg', 'autostart', 'forward', 'firewall', 'clock', 'handshake_cost'])

export function supportsGuests(scenario: Scenario, cast: Cast): Support {
  for (const [name, implementation] of Object.entries(cast)) {
    const because = implementation === 'ours' ? undefined : refusal(scenario, name, implementation)
    if (because !== undefined) return { ok: false, verdict: 'unsupported', because }
  }
  return { ok: true }
}

function refusal(scenario: Scenario, name: string, implementation: string): string | undefined {
  if (isMiddle(scenario, name)) return middleRefusal(scenario, name, implementation)
  const host = Object.hasOwn(scenario.hosts, name) ? scenario.hosts[name] : undefined
  if (host === undefined) return `the cast names a host "${name}", which the scenario does not have`
  if (host.probe === true) return `${name} is a probe, which the lab itself plays, not ${implementation}`
  if (!isGuest(implementation)) {
    return `nothing here is called ${implementation} (write ours, ${GUEST_IMPLEMENTATIONS.join(', ')} or exec:PROGRAM)`
  }
  for (const key of Object.keys(host) as (keyof Host)[]) {
    if (!PLAYED.has(key)) return `${name} is to be ${implementation}, in a guest, which has no "${key}"`
  }
  const clock = Object.keys(host.clock ?? {}).find(key => key !== 'offset')
  if (clock !== undefined) return `${name} is to be ${implementation}, in a guest, whose clock has no "${clock}"`
  for (const step of scenario.steps) {
    const because = stepRefusal(step, name)
    if (because !== undefined) return `${name} is to be ${implementation}, in a guest, ${because}`
  }
  return undefined
}

function stepRefusal(step: Step, name: string): string | undefined {
  switch (step.do) {
    case 'ping':
      if (step.from === name && (step.ttl !== undefined || step.tos !== undefined))
        return 'whose pings have no "ttl" and no "tos"'
      return undefined
    case 'send':
      return step.from === name && step.ttl !== undefined ? 'whose datagrams have no "ttl"' : undefined
    case 'run':
    case 'roam':
    case 'link':
    case 'nat':
    case 'probe':
      return undefined
    case 'clock':
      return step.host === name && (step.drift_ppm !== undefined || step.sync !== undefined)
        ? 'whose clock does not drift'
        : undefined
    case 'tcp':
      return step.from === name ? 'which plays no "tcp" step' : undefined
    case 'lookup':
      return 'which is no resolver, and asks none'
    case 'dns':
      return 'whose names do not change'
    default:
      return 'host' in step && step.host === name ? `which plays no "${step.do}" step` : undefined
  }
}
