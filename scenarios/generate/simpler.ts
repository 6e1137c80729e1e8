/** All scenarios that are a given one with one thing less. Not each of them has the right shape, or can run. */
import type { Expectation } from '../language/expectation.ts'
import { durationNs } from '../language/quantity.ts'
import type { Scenario } from '../language/scenario.ts'
import type { Step } from '../language/step.ts'
import type { Host } from '../language/topology.ts'

/** What takes most away comes first. */
export function simplerScenarios(scenario: Scenario): Scenario[] {
  return [
    ...fewerHosts(scenario),
    ...fewerBoxes(scenario),
    ...scenario.steps.map((_, i) => withoutSteps(scenario, i, i + 1)),
    ...shorter(scenario),
    ...shorterTexts(scenario),
    ...simplerSteps(scenario),
    ...simplerBoxes(scenario),
    ...withoutWords(scenario),
  ]
}

/** Without the steps from here to before there, and the expectations that speak of them. */
export function withoutSteps(scenario: Scenario, from: number, to: number): Scenario {
  const gone = new Set(scenario.steps.slice(from, to).flatMap(({ name }) => name ?? []))
  const steps = scenario.steps.filter((_, i) => i < from || i >= to)
  const expect = scenario.expect.flatMap((each): Expectation[] => {
    if (!('step' in each)) return [each]
    const number = numberOf(each.step)
    if (number === undefined) return gone.has(each.step) ? [] : [each]
    if (number >= from && number < to) return []
    return [number < to ? each : { ...each, step: `#${number - (to - from)}` }]
  })
  return expecting({ ...scenario, steps, expect })
}

/** Steps that expectations speak of by number get a name: a number changes when another step goes. */
export function withNamedSteps(scenario: Scenario): Scenario {
  const wanted = new Set(scenario.expect.flatMap(each => ('step' in each ? (numberOf(each.step) ?? []) : [])))
  const taken = new Set(scenario.steps.flatMap(({ name }) => name ?? []))
  const names = scenario.steps.map((step, i) => {
    if (step.name !== undefined || !wanted.has(i)) return step.name
    let name = `step ${i}`
    while (taken.has(name)) name += "'"
    taken.add(name)
    return name
  })
  return {
    ...scenario,
    steps: scenario.steps.map((step, i) => (names[i] === undefined ? step : { ...step, name: names[i] })),
    expect: scenario.expect.map(each => {
      const name = 'step' in each ? names[numberOf(each.step) ?? -1] : undefined
      return name === undefined ? each : { ...each, step: name }
    }),
  }
}

function numberOf(reference: string): number | undefined {
  return /^#\d+$/.test(reference) ? Number(reference.slice(1)) : undefined
}

/** A scenario expects something; where nothing is left, this holds whatever happens. */
function expecting(scenario: Scenario): Scenario {
  const [from] = Object.keys(scenario.hosts)
  if (scenario.expect.length > 0 || from === undefined) return scenario
  return { ...scenario, expect: [{ see: 'messages', message: 'any', from, count: { min: 0 } }] }
}

/** A host goes with its steps, its peer sections and what only it needed. */
function fewerHosts(scenario: Scenario): Scenario[] {
  return Object.keys(scenario.hosts).map(name => {
    const hosts = Object.entries(scenario.hosts).flatMap(([other, host]): [string, Host][] =>
      other === name ? [] : [[other, withoutPeer(host, name)]],
    )
    let rest: Scenario = { ...scenario, hosts: Object.fromEntries(hosts) }
    for (let i = rest.steps.length - 1; i >= 0; i--) {
      if (speaksOf(rest.steps[i]!, name)) rest = withoutSteps(rest, i, i + 1)
    }
    const expect = rest.expect.filter(each => !JSON.stringify(each).includes(`"${name}"`))
    return tidy(expecting({ ...rest, expect }))
  })
}

function speaksOf(step: Step, name: string): boolean {
  const text = JSON.stringify(step)
  return text.includes(`"${name}"`) || text.includes(`<${name}.`) || text.includes(`<${name}-`)
}

function withoutPeer(host: Host, name: string): Host {
  if (host.wg === undefined) return host
  const wg = Object.entries(host.wg).map(([iface, text]) => {
    const sections = sectionsOf(text).filter(section => !section.includes(`PublicKey = <${name}.pub>`))
    return [iface, sections.join('\n')] as const
  })
  return { ...host, wg: Object.fromEntries(wg) }
}

const sectionsOf = (text: string) => text.split(/\n(?=\[Peer\])/)

/** Without the networks and NATs that nobody sits on or behind any more. */
function tidy(scenario: Scenario): Scenario {
  const lived = new Set(Object.values(scenario.hosts).flatMap(({ interfaces }) => Object.keys(interfaces)))
  for (const { interfaces } of Object.values(scenario.routers ?? {})) {
    for (const network of Object.keys(interfaces)) lived.add(network)
  }
  const nats = Object.entries(scenario.nats ?? {}).filter(([, { inside }]) =>
    Object.keys(inside).some(network => lived.has(network)),
  )
  for (const [, { outside }] of nats) for (const network of Object.keys(outside)) lived.add(network)
  for (const step of scenario.steps) if (step.do === 'roam' && step.to !== undefined) lived.add(step.to)
  const known = new Set(nats.map(([name]) => name))
  const { nats: _nats, ...rest } = scenario
  return {
    ...rest,
    networks: Object.fromEntries(Object.entries(scenario.networks).filter(([name]) => lived.has(name))),
    ...(nats.length === 0 ? {} : { nats: Object.fromEntries(nats) }),
    steps: scenario.steps.filter(step => step.do !== 'nat' || known.has(step.nat)),
  }
}

/** NATs, routers and networks, one less. */
function fewerBoxes(scenario: Scenario): Scenario[] {
  return (['nats', 'routers', 'networks'] as const).flatMap(kind =>
    Object.keys(scenario[kind] ?? {}).map(name => {
      const { [kind]: boxes = {}, ...rest } = scenario
      const left = without(boxes, name)
      const none = kind !== 'networks' && Object.keys(left).length === 0
      return { ...rest, ...(none ? {} : { [kind]: left }) } as Scenario
    }),
  )
}

/** As long as its last step, and a little more. */
function shorter(scenario: Scenario): Scenario[] {
  const now = durationNs(scenario.duration) / 1e9
  const last = Math.max(0, ...scenario.steps.map(({ at }) => durationNs(at) / 1e9))
  const lengths = [last + 5, last + 30, last + 120, now / 2].map(Math.ceil)
  return lengths.filter(seconds => seconds >= last && seconds < now).map(n => ({ ...scenario, duration: `${n}s` }))
}

/** Configurations without one of their lines, or one of their peers. */
function shorterTexts(scenario: Scenario): Scenario[] {
  return Object.entries(scenario.hosts).flatMap(([name, host]) =>
    Object.entries(host.wg ?? {}).flatMap(([iface, text]) => {
      const lines = text.split('\n')
      const fewer = lines.flatMap((line, i) => (/^\s*\w+\s*=/.test(line) ? [lines.toSpliced(i, 1).join('\n')] : []))
      const sections = sectionsOf(text)
      const peers = sections.flatMap((_, i) => (i === 0 ? [] : [sections.toSpliced(i, 1).join('\n')]))
      return [...peers, ...fewer].map(shortened => {
        const changed = { ...host, wg: { ...host.wg, [iface]: shortened } }
        return { ...scenario, hosts: { ...scenario.hosts, [name]: changed } }
      })
    }),
  )
}

/** A step keeps its name and its time. */
function simplerSteps(scenario: Scenario): Scenario[] {
  return scenario.steps.flatMap((step, i) => {
    const { do: kind, at, name, ...words } = step
    const said = name === undefined ? {} : { name }
    const once = 'count' in words && words.count !== undefined && words.count > 1 ? [{ ...words, count: 1 }] : []
    return [...once, ...fewerWords(words)].map(each => ({
      ...scenario,
      steps: scenario.steps.with(i, { do: kind, at, ...said, ...each } as Step),
    }))
  })
}

/** Machines and networks without one of their words, however deep. */
function simplerBoxes(scenario: Scenario): Scenario[] {
  return (['hosts', 'nats', 'routers', 'networks'] as const).flatMap(kind =>
    Object.entries(scenario[kind] ?? {}).flatMap(([name, box]) =>
      fewerWords(box)
        .map(each => plainAddresses(each))
        .map(each => ({ ...scenario, [kind]: { ...scenario[kind], [name]: each } }) as Scenario),
    ),
  )
}

/** `{ address: … }` alone is written as the address. */
function plainAddresses(box: Record<string, unknown>): Record<string, unknown> {
  const { interfaces } = box
  if (typeof interfaces !== 'object' || interfaces === null) return box
  const plain = Object.entries(interfaces).map(([network, attachment]: [string, unknown]) => {
    const isAlone = isObject(attachment) && Object.keys(attachment).length === 1 && 'address' in attachment
    return [network, isAlone ? attachment['address'] : attachment]
  })
  return { ...box, interfaces: Object.fromEntries(plain) }
}

/** What only people read, and names that nobody may need. */
function withoutWords(scenario: Scenario): Scenario[] {
  const words = ['about', 'requirements', 'claims', 'twin', 'names', '$schema'] as const
  return words.flatMap(word => (scenario[word] === undefined ? [] : [without(scenario, word)]))
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** With one key or one item of a list less, here or further down. */
function fewerWords<Item extends object>(item: Item): Record<string, unknown>[] {
  return Object.entries(item).flatMap(([key, value]): Record<string, unknown>[] => [
    without(item, key) as Record<string, unknown>,
    ...lessOf(value).map(each => ({ ...item, [key]: each })),
  ])
}

function lessOf(value: unknown): unknown[] {
  if (isObject(value)) return fewerWords(value)
  if (!Array.isArray(value)) return []
  return value.flatMap((each: unknown, i) => [
    value.toSpliced(i, 1),
    ...lessOf(each).map(less => value.with(i, less) as unknown),
  ])
}

function without<Item extends object>(item: Item, key: string): Item {
  return Object.fromEntries(Object.entries(item).filter(([each]) => each !== key)) as Item
}
