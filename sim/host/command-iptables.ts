/** iptables and ip6tables: the well-known lines of gateways. What only lets more through than nothing forbids has no effect, and says so. */
import { parsePrefix } from '../../impl/ip/address.ts'
import { failed, type Machine, OK, type Outcome, UNKNOWN } from './machine.ts'
import type { FilterRule, MangleChain } from './netfilter.ts'
import type { Words } from './words.ts'

interface Draft {
  table: string
  verb?: 'A' | 'I' | 'D' | 'P'
  chain?: string
  in?: string
  out?: string
  source?: FilterRule['source']
  notSource?: boolean
  destination?: FilterRule['destination']
  established?: boolean
  target?: string
  protocol?: string
  /** Looks at opening segments alone. */
  syn?: boolean
  /** Of TCPMSS. */
  mss?: number | 'pmtu'
  /** Looks at a protocol, a port or something else that is not modelled. */
  narrow: boolean
}

const VERBS: ReadonlyMap<string, 'A' | 'I' | 'D' | 'P'> = new Map([
  ['-A', 'A'],
  ['--append', 'A'],
  ['-I', 'I'],
  ['--insert', 'I'],
  ['-D', 'D'],
  ['--delete', 'D'],
  ['-P', 'P'],
  ['--policy', 'P'],
])
const WITH_VALUE: ReadonlySet<string> = new Set(['--comment', '--dport', '--sport', '--dports', '--mark'])
const MATCHES: ReadonlySet<string> = new Set([
  'comment',
  'conntrack',
  'state',
  'tcp',
  'udp',
  'multiport',
  'mark',
  'policy',
])

/** After `iptables` or `ip6tables`. */
export function iptablesCommand(machine: Machine, words: Words, family: 4 | 6): Outcome {
  const draft: Draft = { table: 'filter', narrow: false }
  for (let word = words.next(); word !== undefined; word = words.next()) {
    const not = word === '!'
    const option = not ? words.next() : word
    const wrong = readOption(draft, words, option ?? '', not, family)
    if (wrong !== undefined) return wrong
  }
  if (draft.verb === undefined || draft.chain === undefined) return UNKNOWN
  if (draft.verb === 'P') return setPolicy(machine, draft, family)
  return apply(machine, draft, family)
}

function readOption(draft: Draft, words: Words, option: string, not: boolean, family: 4 | 6): Outcome | undefined {
  const verb = VERBS.get(option)
  if (verb !== undefined) {
    draft.verb = verb
    draft.chain = words.next() ?? ''
    if (verb === 'P') draft.target = words.next() ?? ''
    else if (/^[0-9]+$/.test(words.peek() ?? '')) words.next()
    return undefined
  }
  if (not && option !== '-s' && option !== '--source') return UNKNOWN
  switch (option) {
    case '-w':
    case '--wait':
      return undefined
    case '-t':
    case '--table':
      draft.table = words.next() ?? ''
      return undefined
    case '-i':
    case '--in-interface':
      draft.in = words.next() ?? ''
      return undefined
    case '-o':
    case '--out-interface':
      draft.out = words.next() ?? ''
      return undefined
    case '-s':
    case '--source':
    case '-d':
    case '--destination':
      return readRange(draft, option, words.next() ?? '', not, family)
    case '-j':
    case '--jump':
      draft.target = words.next() ?? ''
      return undefined
    case '-m':
    case '--match':
      return MATCHES.has(words.next() ?? '') ? undefined : UNKNOWN
    case '--ctstate':
    case '--state':
      return readState(draft, words.next() ?? '')
    case '-p':
    case '--protocol':
      draft.protocol = words.next() ?? ''
      draft.narrow = true
      return undefined
    case '--tcp-flags':
      draft.syn = words.next() === 'SYN,RST'
      draft.syn = words.next() === 'SYN' && draft.syn
      return undefined
    case '--syn':
      draft.syn = true
      return undefined
    case '--clamp-mss-to-pmtu':
      draft.mss = 'pmtu'
      return undefined
    case '--set-mss':
      return readMss(draft, words.next() ?? '')
    default:
      if (!WITH_VALUE.has(option)) return UNKNOWN
      words.next()
      if (option !== '--comment') draft.narrow = true
      return undefined
  }
}

function readMss(draft: Draft, text: string): Outcome | undefined {
  const mss = Number(text)
  if (!/^\d+$/.test(text) || mss < 1 || mss > 65_495) {
    return failed(`iptables: bad value for option "--set-mss", or out of range (1-65495): ${text}`)
  }
  draft.mss = mss
  return undefined
}

function readRange(draft: Draft, option: string, text: string, not: boolean, family: 4 | 6): Outcome | undefined {
  const prefix = parsePrefix(text)
  if (prefix?.address.length !== (family === 4 ? 4 : 16)) {
    return failed(
      `host/network \`${text}' not found: ${family === 4 ? 'iptables is for IPv4' : 'ip6tables is for IPv6'}`,
    )
  }
  if (option === '-d' || option === '--destination') draft.destination = prefix
  else {
    draft.source = prefix
    if (not) draft.notSource = true
  }
  return undefined
}

function readState(draft: Draft, text: string): Outcome | undefined {
  const states = text.toUpperCase().split(',')
  if (states.includes('NEW')) return undefined
  if (!states.includes('ESTABLISHED')) return UNKNOWN
  draft.established = true
  return undefined
}

function setPolicy(machine: Machine, { table, chain, target }: Draft, family: 4 | 6): Outcome {
  if (table !== 'filter' || (target !== 'ACCEPT' && target !== 'DROP')) return UNKNOWN
  if (chain === 'FORWARD') {
    machine.netfilter.policy[family] = target
    return OK
  }
  return target === 'ACCEPT' ? { kind: 'no-effect', why: `the ${chain} chain is open here` } : UNKNOWN
}

function apply(machine: Machine, draft: Draft, family: 4 | 6): Outcome {
  const { table, chain, target } = draft
  if (target === 'TCPMSS') return clampCommand(machine, draft, family)
  if (table === 'filter' && (chain === 'INPUT' || chain === 'OUTPUT') && target === 'ACCEPT') {
    return {
      kind: 'no-effect',
      why: `the ${chain} chain is open here; the firewall of a host is its "firewall" property`,
    }
  }
  const rule = ruleOf(draft, family)
  return rule === undefined ? UNKNOWN : change(machine, draft, rule)
}

function change(machine: Machine, draft: Draft, rule: FilterRule): Outcome {
  const { netfilter } = machine
  if (draft.verb === 'D') {
    return netfilter.delete(rule) ? OK : failed('iptables: Bad rule (does a matching rule exist in that chain?).')
  }
  if (draft.verb === 'I') netfilter.insert(rule)
  else netfilter.append(rule)
  const stranger = [draft.in, draft.out].find(name => name !== undefined && !isInterface(machine, name))
  if (stranger === undefined) return OK
  const names = Array.from(machine.stack.interfaces.all(), ({ name }) => name).filter(name => name !== 'lo')
  return { kind: 'no-effect', why: `this machine has no interface "${stranger}"; it has ${names.join(', ')}` }
}

/** The MSS of SYNs that pass, leave, or are sent from here. */
function clampCommand(machine: Machine, draft: Draft, family: 4 | 6): Outcome {
  const { table, chain, mss } = draft
  if (draft.protocol !== 'tcp') return failed('iptables: TCPMSS target: only valid for protocol tcp: write -p tcp')
  if (draft.syn !== true) {
    return failed('iptables: TCPMSS target: only works on SYN packets: write --tcp-flags SYN,RST SYN')
  }
  if (mss === undefined) return failed('iptables: TCPMSS target: write --clamp-mss-to-pmtu or --set-mss 1240')
  const known = chain === 'FORWARD' || chain === 'OUTPUT' || (chain === 'POSTROUTING' && table === 'mangle')
  if (!known || (table !== 'mangle' && table !== 'filter')) return UNKNOWN
  const where = `mangle ${chain}` as MangleChain
  const rule: FilterRule = {
    family,
    chain: where,
    target: 'TCPMSS',
    ...rangesOf(draft),
    ...(mss === 'pmtu' ? {} : { mss }),
  }
  return change(machine, draft, rule)
}

function ruleOf(draft: Draft, family: 4 | 6): FilterRule | undefined {
  const { table, chain, target } = draft
  if (draft.narrow) return undefined
  const ranges = { ...rangesOf(draft), ...(draft.established === true ? { established: true } : {}) }
  if (table === 'filter' && chain === 'FORWARD' && (target === 'ACCEPT' || target === 'DROP')) {
    return { family, chain, target, ...ranges }
  }
  if (table === 'nat' && chain === 'POSTROUTING' && (target === 'MASQUERADE' || target === 'ACCEPT')) {
    return draft.in === undefined ? { family, chain, target, ...ranges } : undefined
  }
  return undefined
}

function rangesOf({ in: from, out, source, notSource, destination }: Draft): Partial<FilterRule> {
  return {
    ...(from === undefined ? {} : { in: from }),
    ...(out === undefined ? {} : { out }),
    ...(source === undefined ? {} : { source }),
    ...(notSource === true ? { notSource: true } : {}),
    ...(destination === undefined ? {} : { destination }),
  }
}

function isInterface(machine: Machine, pattern: string): boolean {
  if (pattern.endsWith('+')) return true
  return machine.stack.interfaces.get(pattern) !== undefined || machine.confs.has(pattern)
}
