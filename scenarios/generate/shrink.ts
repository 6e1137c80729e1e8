/** Makes a scenario smaller while something stays true of it: fewer machines, steps, faults, words. Delta debugging, greedily. */
import { durationNs } from '../language/quantity.ts'
import type { Scenario } from '../language/scenario.ts'
import type { Step } from '../language/step.ts'
import type { Attachment, Host } from '../language/topology.ts'

/** Whether what is looked for is still there. Must refuse what can not run. */
export type Holds = (scenario: Scenario) => Promise<boolean>

export interface Shrunk {
  readonly scenario: Scenario
  /** How often the predicate was asked. */
  readonly asked: number
}

/**
 * The smallest scenario found for which `holds`: nothing that is tried alone can be left out of it any more, unless `most`
 * questions were too few. The given one must hold.
 */
export async function shrinkScenario(scenario: Scenario, holds: Holds, most = 200): Promise<Shrunk> {
  let asked = 0
  let best = scenario
  const seen = new Set([JSON.stringify(scenario)])
  const better = async (candidate: Scenario): Promise<boolean> => {
    const text = JSON.stringify(candidate)
    if (asked >= most || seen.has(text)) return false
    seen.add(text)
    asked++
    if (!(await holds(candidate))) return false
    best = candidate
    return true
  }
  for (let grew = true; grew && asked < most; ) {
    grew = await fewerSteps(() => best, better)
    for (const [, simpler] of PASSES) {
      // Each change is made to the best so far: where one was taken, the list is made anew.
      for (let again = true; again && asked < most; ) {
        again = false
        for (const candidate of simpler(best)) {
          if (!(await better(candidate))) continue
          again = true
          grew = true
          break
        }
      }
    }
  }
  return { scenario: best, asked }
}

/** Halves first, then quarters, down to one step at a time. */
async function fewerSteps(best: () => Scenario, better: (candidate: Scenario) => Promise<boolean>): Promise<boolean> {
  let grew = false
  for (let size = Math.ceil(best().steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < best().steps.length; ) {
      const { steps } = best()
      const kept = steps.filter((_, i) => i < from || i >= from + size)
      if (await better({ ...best(), steps: kept })) grew = true
      else from += size
    }
  }
  return grew
}

type Pass = readonly [name: string, candidates: (scenario: Scenario) => Scenario[]]

const PASSES: readonly Pass[] = [
  ['machines', fewerHosts],
  ['time', shorter],
  ['packets', simplerSteps],
  ['links', simplerAttachments],
  ['translators', simplerNats],
  ['texts', shorterTexts],
]

/** A host goes with its steps, its peer sections and what only it needed. */
function fewerHosts(scenario: Scenario): Scenario[] {
  return Object.keys(scenario.hosts).map(name => {
    const hosts = Object.entries(scenario.hosts).flatMap(([other, host]): [string, Host][] =>
      other === name ? [] : [[other, withoutPeer(host, name)]],
    )
    const steps = scenario.steps.filter(step => !speaksOf(step, name))
    const expect = scenario.expect.filter(each => !JSON.stringify(each).includes(`"${name}"`))
    return tidy({ ...scenario, hosts: Object.fromEntries(hosts), steps, expect })
  })
}

function speaksOf(step: Step, name: string): boolean {
  const text = JSON.stringify(step)
  return text.includes(`"${name}"`) || text.includes(`<${name}.`) || text.includes(`<${name}-`)
}

function withoutPeer(host: Host, name: string): Host {
  if (host.wg === undefined) return host
  const wg = Object.entries(host.wg).map(([iface, text]) => {
    const sections = text.split(/\n(?=\[Peer\])/)
    return [iface, sections.filter(section => !section.includes(`PublicKey = <${name}.pub>`)).join('\n')] as const
  })
  return { ...host, wg: Object.fromEntries(wg) }
}

/** Without the networks and NATs that nobody sits on or behind any more. */
function tidy(scenario: Scenario): Scenario {
  const lived = new Set(Object.values(scenario.hosts).flatMap(({ interfaces }) => Object.keys(interfaces)))
  const nats = Object.entries(scenario.nats ?? {}).filter(([, { inside }]) =>
    Object.keys(inside).some(network => lived.has(network)),
  )
  for (const [, { outside }] of nats) for (const network of Object.keys(outside)) lived.add(network)
  const known = new Set(nats.map(([name]) => name))
  const { nats: _nats, ...rest } = scenario
  return {
    ...rest,
    networks: Object.fromEntries(Object.entries(scenario.networks).filter(([name]) => lived.has(name))),
    ...(nats.length === 0 ? {} : { nats: Object.fromEntries(nats) }),
    steps: scenario.steps.filter(step => step.do !== 'nat' || known.has(step.nat)),
  }
}

/** As long as its last step, and a little more. */
function shorter(scenario: Scenario): Scenario[] {
  const now = durationNs(scenario.duration) / 1e9
  const last = Math.max(0, ...scenario.steps.map(({ at }) => durationNs(at) / 1e9))
  const lengths = [last + 5, last + 30, last + 120, now / 2].map(Math.ceil)
  return lengths.filter(seconds => seconds >= last && seconds < now).map(n => ({ ...scenario, duration: `${n}s` }))
}

function simplerSteps(scenario: Scenario): Scenario[] {
  return scenario.steps.flatMap((step, i) =>
    simpler(step).map(each => ({ ...scenario, steps: scenario.steps.with(i, each) })),
  )
}

function simpler(step: Step): Step[] {
  if (step.do !== 'ping' && step.do !== 'send') return []
  const { size: _size, ...unsized } = step
  const once = step.count === undefined || step.count === 1 ? [] : [{ ...step, count: 1 }]
  return [...once, ...(step.size === undefined ? [] : [unsized])]
}

/** Cables without this or that. */
function simplerAttachments(scenario: Scenario): Scenario[] {
  return Object.entries(scenario.hosts).flatMap(([name, host]) =>
    Object.entries(host.interfaces).flatMap(([network, attachment]) =>
      simplerAttachment(attachment).map(each => {
        const changed = { ...host, interfaces: { ...host.interfaces, [network]: each } }
        return { ...scenario, hosts: { ...scenario.hosts, [name]: changed } }
      }),
    ),
  )
}

function simplerAttachment(attachment: Attachment): Attachment[] {
  if (typeof attachment === 'string' || Array.isArray(attachment)) return []
  const { address, gateway: _gateway, ...links } = attachment
  const keys = Object.keys(links) as (keyof typeof links)[]
  if (keys.length === 0) return [address]
  return keys.flatMap(key => {
    const { [key]: cable, ...others } = attachment
    const words = Object.keys(cable ?? {}).map(word => ({ ...attachment, [key]: without(cable ?? {}, word) }))
    return [others as Attachment, ...(words.length > 1 ? (words as Attachment[]) : [])]
  })
}

function simplerNats(scenario: Scenario): Scenario[] {
  return Object.entries(scenario.nats ?? {}).flatMap(([name, nat]) =>
    Object.keys(nat)
      .filter(key => key !== 'inside' && key !== 'outside')
      .map(key => ({ ...scenario, nats: { ...scenario.nats, [name]: without(nat, key) } })),
  )
}

/** Configurations without one of their lines. */
function shorterTexts(scenario: Scenario): Scenario[] {
  const optional = /^(PresharedKey|PersistentKeepalive|MTU|Endpoint|ListenPort)\b/
  return Object.entries(scenario.hosts).flatMap(([name, host]) =>
    Object.entries(host.wg ?? {}).flatMap(([iface, text]) => {
      const lines = text.split('\n')
      return lines.flatMap((line, i) => {
        if (!optional.test(line)) return []
        const changed = { ...host, wg: { ...host.wg, [iface]: lines.toSpliced(i, 1).join('\n') } }
        return [{ ...scenario, hosts: { ...scenario.hosts, [name]: changed } }]
      })
    }),
  )
}

function without<Item extends object>(item: Item, key: string): Item {
  return Object.fromEntries(Object.entries(item).filter(([each]) => each !== key)) as Item
}
