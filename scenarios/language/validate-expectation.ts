/** Do the expectations of a scenario make sense? */
import { type Expectation, expectationName, type Range } from './expectation.ts'
import type { Path } from './pointer.ts'
import { durationNs } from './quantity.ts'
import { type Context, checkEndpoint, checkKnown, complain, stepNames } from './validate-context.ts'
import { checkTcpExpectation } from './validate-tcp.ts'

/** Steps whose packets can be delivered or lost. */
const SENDING: ReadonlySet<string> = new Set(['ping', 'send', 'lookup'])

export function checkExpectation(context: Context, each: Expectation, path: Path): void {
  const hosts = Object.keys(context.scenario.hosts)
  const duration = durationNs(context.scenario.duration)
  for (const key of ['host', 'from', 'to'] as const) {
    const name = (each as Record<string, unknown>)[key]
    if (typeof name === 'string') checkKnown(context, [...path, key], 'host', name, hosts)
  }
  for (const key of ['count', 'size', 'rx', 'tx'] as const) {
    const range = (each as Record<string, unknown>)[key] as Range | undefined
    if (typeof range === 'object') checkRange(context, [...path, key], range.min, range.max)
  }
  if ('between' in each && each.between !== undefined && durationNs(each.between[0]) >= durationNs(each.between[1])) {
    complain(
      context,
      [...path, 'between'],
      `${each.between[0]} is not before ${each.between[1]}`,
      'write the earlier time first',
    )
  }
  if (each.see === 'spacing') {
    const { min, max } = each.each
    checkRange(context, [...path, 'each'], min && durationNs(min), max && durationNs(max))
  }
  if (each.see === 'endpoint' && each.is !== '(none)') checkEndpoint(context, [...path, 'is'], each.is)
  if ((each.see === 'endpoint' || each.see === 'transfer') && each.at !== undefined && durationNs(each.at) > duration) {
    complain(
      context,
      [...path, 'at'],
      `${each.at} is after the end of the run (${context.scenario.duration})`,
      'write an earlier time',
    )
  }
  if (each.see === 'transfer' && each.rx === undefined && each.tx === undefined) {
    complain(context, path, 'neither rx nor tx says what is expected', 'write rx, tx or both')
  }
  checkTcpExpectation(context, each, path)
  if (each.see === 'marked' && each.ecn === undefined && each.dscp === undefined) {
    complain(context, path, 'neither ecn nor dscp says what is expected', 'write ecn, dscp or both')
  }
  if (each.see === 'delivered' || each.see === 'lost') checkPacketStep(context, each.step, [...path, 'step'])
}

function checkRange(context: Context, path: Path, min: number | undefined, max: number | undefined): void {
  if (min === undefined && max === undefined)
    complain(context, path, 'neither min nor max is given', 'write min, max or both')
  if (min !== undefined && max !== undefined && min > max) {
    complain(context, path, 'min is more than max', 'write the smaller one as min')
  }
}

function checkPacketStep(context: Context, name: string, path: Path): void {
  const steps = context.scenario.steps
  const names = stepNames(context.scenario)
  const sending = names.filter((_, i) => SENDING.has(steps[i]?.do ?? ''))
  const step = steps[names.indexOf(name)]
  if (step === undefined) checkKnown(context, path, 'step', name, sending)
  else if (!SENDING.has(step.do)) {
    complain(
      context,
      path,
      `step "${name}" sends no packets (do: ${step.do})`,
      `name a ping, send or lookup: ${sending.join(', ')}`,
    )
  }
}

export function checkExpectationNames(context: Context): void {
  const seen = new Set<string>()
  for (const [i, each] of context.scenario.expect.entries()) {
    const name = expectationName(each)
    if (seen.has(name))
      complain(
        context,
        ['expect', i],
        `another expectation is called "${name}" already`,
        'give it a name of its own: name: …',
      )
    seen.add(name)
  }
}
