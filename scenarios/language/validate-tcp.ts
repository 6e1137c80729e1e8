/** Do tcp steps, and what is expected of them, make sense? */
import type { Expectation } from './expectation.ts'
import type { Path } from './pointer.ts'
import { durationNs, rateBits } from './quantity.ts'
import type { StepOf } from './step.ts'
import { type Context, checkEndpoint, checkKnown, complain, stepNames } from './validate-context.ts'

/** The ports that every host listens on, so that a scenario can be refused before it runs into a wall that nobody built. */
const LISTENING = [7, 9, 19, 22, 80, 443]

export function checkTcp(context: Context, step: StepOf<'tcp'>, path: Path): void {
  const { hosts } = context.scenario
  if (checkKnown(context, [...path, 'from'], 'host', step.from, Object.keys(hosts))) {
    if (hosts[step.from]?.probe === true) {
      complain(context, [...path, 'from'], `"${step.from}" is a probe, which speaks no TCP`, 'name another host')
    }
  }
  checkEndpoint(context, [...path, 'to'], step.to)
  const port = Number(step.to.slice(step.to.lastIndexOf(':') + 1))
  const wall = context.scenario.expect.some(each => each.see === 'broken' && each.step === step.name)
  if (Number.isInteger(port) && port >= 1 && port <= 65_535 && !LISTENING.includes(port) && !wall) {
    complain(
      context,
      [...path, 'to'],
      `nobody listens on TCP port ${port}`,
      `write one of ${LISTENING.join(', ')}, or expect { see: broken, because: connection refused }`,
    )
  }
  if (step.deadline !== undefined && durationNs(step.deadline) === 0) {
    complain(context, [...path, 'deadline'], 'a deadline of no time is over at once', 'write 30s')
  }
}

export function checkTcpExpectation(context: Context, each: Expectation, path: Path): void {
  if (each.see !== 'completed' && each.see !== 'goodput' && each.see !== 'stalled' && each.see !== 'broken') return
  const { steps } = context.scenario
  const names = stepNames(context.scenario)
  const transfers = names.filter((_, i) => steps[i]?.do === 'tcp')
  const step = steps[names.indexOf(each.step)]
  if (step === undefined) checkKnown(context, [...path, 'step'], 'step', each.step, transfers)
  else if (step.do !== 'tcp') {
    const instead = transfers.length === 0 ? 'add a tcp step' : `name a tcp step: ${transfers.join(', ')}`
    complain(context, [...path, 'step'], `step "${each.step}" is no tcp step (do: ${step.do})`, instead)
  }
  if (each.see === 'goodput') {
    const { at_least, at_most } = each
    if (at_least === undefined && at_most === undefined) {
      complain(context, path, 'neither at_least nor at_most is given', 'write at_least: 10Mbit')
    } else if (at_least !== undefined && at_most !== undefined && rateBits(at_least) > rateBits(at_most)) {
      complain(context, path, 'at_least is more than at_most', 'write the smaller one as at_least')
    }
  }
  if (
    each.see === 'stalled' &&
    typeof each.bytes === 'object' &&
    (each.bytes.min ?? 0) > (each.bytes.max ?? Number.MAX_SAFE_INTEGER)
  ) {
    complain(context, [...path, 'bytes'], 'min is more than max', 'write the smaller one as min')
  }
}
