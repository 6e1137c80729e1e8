/** Does what is said of a cable make sense? Every link of a scenario, wherever it stands. */
import type { Blackout, CorruptField, Distribution, Lose } from './link-faults.ts'
import type { Path } from './pointer.ts'
import { durationNs } from './quantity.ts'
import type { Attachment, Link } from './topology.ts'
import { type Context, complain } from './validate-context.ts'

export function checkLinks(context: Context): void {
  const { networks, hosts, nats = {}, routers = {}, steps } = context.scenario
  const check = (path: Path, link: Link | undefined): void => {
    if (link !== undefined) checkLink(context, path, link)
  }
  const attachments = (path: Path, group: Readonly<Record<string, Attachment>>): void => {
    for (const [network, each] of Object.entries(group)) {
      if (typeof each === 'string' || Array.isArray(each)) continue
      for (const key of ['link', 'up', 'down'] as const) check([...path, network, key], each[key])
    }
  }
  for (const [name, { link }] of Object.entries(networks)) check(['networks', name, 'link'], link)
  for (const [name, { interfaces }] of Object.entries(hosts)) attachments(['hosts', name, 'interfaces'], interfaces)
  for (const [name, { interfaces }] of Object.entries(routers)) attachments(['routers', name, 'interfaces'], interfaces)
  for (const [name, nat] of Object.entries(nats)) {
    for (const side of ['inside', 'outside'] as const) attachments(['nats', name, side], nat[side])
  }
  for (const [i, step] of steps.entries()) {
    if (step.do === 'link') check(['steps', i, 'set'], step.set)
    if (step.do === 'roam') attachments(['steps', i], { attachment: step.attachment })
    if (step.do === 'nat') attachments(['steps', i, 'outside'], step.outside ?? {})
  }
}

function checkLink(context: Context, path: Path, link: Link): void {
  const say = (key: Path, what: string, instead: string): void => complain(context, [...path, ...key], what, instead)
  const { gilbert_elliott: states, discipline, distribution } = link
  for (const [i, rule] of (link.lose ?? []).entries()) checkLose(rule, (what, to) => say(['lose', i], what, to))
  for (const [i, each] of (link.blackouts ?? []).entries())
    checkBlackout(each, (key, what, to) => say(['blackouts', i, key], what, to))
  for (const [i, rule] of (link.corrupt_field ?? []).entries())
    checkField(rule, (what, to) => say(['corrupt_field', i], what, to))
  for (const [i, { after }] of (link.replays ?? []).entries()) {
    if (durationNs(after) === 0)
      say(['replays', i, 'after'], 'a copy at once is a duplicate', 'write duplicate, or after: 30s')
  }
  if (states !== undefined && states.p === 0 && states.r === 0)
    say(['gilbert_elliott'], 'with p and r both 0 the state never changes', 'write p: 0.01, r: 0.25')
  if (discipline !== undefined && discipline.kind !== 'drop-tail') {
    const { target = '5ms', interval = '100ms' } = discipline
    if (durationNs(interval) === 0) say(['discipline', 'interval'], 'an interval of no time', 'write 100ms')
    else if (durationNs(target) > durationNs(interval))
      say(['discipline', 'target'], `a target of ${target} is over the interval of ${interval}`, 'write a tenth of it')
  }
  checkSpread(link, distribution, say)
}

type Say = (key: Path, what: string, instead: string) => void

function checkSpread(link: Link, distribution: Distribution | undefined, say: Say): void {
  const samples = typeof distribution === 'object' ? distribution.samples : []
  for (const [i, text] of samples.entries()) {
    if (/^-/.test(text))
      say(['distribution', 'samples', i], `"${text}" is negative`, 'write what is over the delay: 0ms or more')
  }
  if (samples.length > 0 && link.jitter !== undefined)
    say(['jitter'], 'samples say all about the jitter already', 'remove jitter, or the samples')
}

function checkLose(rule: Lose, say: (what: string, instead: string) => void): void {
  if (!('size' in rule)) return
  const { min, max } = rule.size
  if (min === undefined && max === undefined)
    say('a size without min and max takes everything', 'write size: { min: 1400 }')
  else if ((min ?? 0) > (max ?? 65_535)) say(`min ${min} is more than max ${max}`, 'write the smaller one as min')
}

function checkBlackout(
  { at, for: length, every }: Blackout,
  say: (key: 'at' | 'for' | 'every', what: string, instead: string) => void,
): void {
  if (durationNs(length) === 0) say('for', `a blackout at ${at} of no time loses nothing`, 'write 8s')
  if (every !== undefined && durationNs(every) <= durationNs(length))
    say('every', `each ${every} for ${length}: it never ends`, 'write a time that is longer, or cut: true')
}

/** Whether the field is there and large enough is for those to say who know the messages. */
function checkField({ flip, hex }: CorruptField, say: (what: string, instead: string) => void): void {
  if ((flip === undefined) === (hex === undefined))
    say('one of flip and hex says what is changed', 'write flip: 0, or hex: "00ff"')
}
