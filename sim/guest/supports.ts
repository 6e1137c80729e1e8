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
const PLAYED = new Set<keyof Host>([
  'interfaces',
  'wg',
  'autostart',
  'forward',
  'firewall',
  'clock',
  'handshake_cost',
  'radio',
  'resolver',
  'resolves',
])

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
    const because = keyRefusal(host, key, implementation)
    if (because !== undefined) return `${name} is to be ${implementation}, in a guest, ${because}`
  }
  for (const step of scenario.steps) {
    const because = stepRefusal(step, name, implementation)
    if (because !== undefined) return `${name} is to be ${implementation}, in a guest, ${because}`
  }
  return undefined
}

function keyRefusal(host: Host, key: keyof Host, implementation: string): string | undefined {
  if (PLAYED.has(key)) return undefined
  switch (key) {
    case 'timers':
      // What it says of ours, an implementation has by itself.
      return host.timers === timersOf(implementation) ? undefined : `whose timers are not "${host.timers}"`
    case 'services':
      return 'where the programs of "services", which the lab itself plays, do not run'
    case 'outer_df':
      return 'which sets no DF on the datagrams of its tunnels'
    default:
      return `which has no "${key}"`
  }
}

/** Of those of which it is known: the kernel counts sleep, Go's clock stands still in it. */
function timersOf(implementation: string): Host['timers'] {
  if (implementation.startsWith('kernel-')) return 'boottime'
  return implementation === 'wireguard-go' ? 'monotonic' : undefined
}

function stepRefusal(step: Step, name: string, implementation: string): string | undefined {
  switch (step.do) {
    case 'ping':
    case 'send':
    case 'tcp':
    case 'lookup':
    case 'dns':
    case 'run':
    case 'roam':
    case 'link':
    case 'nat':
    case 'probe':
    case 'clock':
    case 'reboot':
      return undefined
    case 'suspend':
      return step.host === name ? sleepRefusal(implementation) : undefined
    case 'service':
      return step.host === name ? 'which plays no "service" step' : undefined
  }
}

/** Time can be kept from a guest, and then it has not passed for any of its clocks. */
function sleepRefusal(implementation: string): string | undefined {
  if (timersOf(implementation) === 'monotonic') return undefined
  return 'which can not sleep: this kernel has no sleep state, and only its time as a whole can be stopped, CLOCK_BOOTTIME too'
}
