/** Do the words about clocks, radios, names and resolvers make sense? */
import { durationNs } from './quantity.ts'
import type { StepOf } from './step.ts'
import type { Answer } from './step-names.ts'
import { type Context, checkAddress, checkKnown, complain } from './validate-context.ts'

type Path = readonly (string | number)[]

/** What stands in hosts about time, radio and names. */
export function checkMachines(context: Context): void {
  for (const [name, host] of Object.entries(context.scenario.hosts)) {
    const path = ['hosts', name]
    const places = [...Object.keys(host.interfaces), ...roamed(context, name)]
    for (const [network, { beacon = '102.4ms' }] of Object.entries(host.radio ?? {})) {
      const here = [...path, 'radio', network]
      checkKnown(context, here, `interface of ${name} on a network`, network, places)
      if (durationNs(beacon) < 1_000_000)
        complain(context, [...here, 'beacon'], `a beacon every ${beacon} lets no radio sleep`, 'write 102.4ms')
    }
    for (const text of list(host.resolver)) checkBare(context, [...path, 'resolver'], text)
    if (host.resolves !== undefined && host.resolver === undefined)
      complain(
        context,
        [...path, 'resolves'],
        `${name} has no resolver before that of a tunnel`,
        'write resolver: 203.0.113.53 as well, or leave it out',
      )
  }
}

export function checkAnswer(context: Context, path: Path, answer: Answer | readonly string[]): void {
  if (answer === 'no-such-name' || answer === 'no-answer') return
  for (const text of list(answer)) checkAddress(context, [...path], text)
}

export function checkDns(context: Context, step: StepOf<'dns'>, path: Path): void {
  checkKnown(context, [...path, 'domain'], 'name in names', step.domain, Object.keys(context.scenario.names ?? {}))
  checkAnswer(context, [...path, 'to'], step.to)
}

export function checkLookup(context: Context, step: StepOf<'lookup'>, path: Path): void {
  const { hosts, names = {} } = context.scenario
  checkKnown(context, [...path, 'domain'], 'name in names', step.domain, Object.keys(names))
  checkKnown(context, [...path, 'host'], 'host', step.host, Object.keys(hosts))
}

function checkBare(context: Context, path: Path, text: string): void {
  if (text.includes('/')) complain(context, [...path], `"${text}" has a prefix length`, `write ${text.split('/')[0]}`)
  else checkAddress(context, [...path], text)
}

function roamed(context: Context, host: string): string[] {
  return context.scenario.steps.flatMap(step => (step.do === 'roam' && step.host === host ? (step.to ?? []) : []))
}

function list(texts: string | readonly string[] | undefined): readonly string[] {
  return texts === undefined ? [] : typeof texts === 'string' ? [texts] : texts
}
