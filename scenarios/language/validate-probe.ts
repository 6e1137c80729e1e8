/** Do the acts of an adversary make sense? */
import ipaddr from 'ipaddr.js'
import type { Path } from './pointer.ts'
import type { ProbeAct } from './step.ts'
import { type Context, checkAddress, checkEndpoint, checkKnown, complain } from './validate-context.ts'

/** Targets of one scan: the answers are kept until its end. */
const MOST_TARGETS = 1_000_000

/** `probe`: the host that acts. */
export function checkAttack(context: Context, probe: string, act: ProbeAct, path: Path): void {
  switch (act.kind) {
    case 'flood':
      return checkFlood(context, act, path)
    case 'scan':
      return checkScan(context, act, path)
    case 'icmp':
      return checkIcmp(context, act, path)
    case 'delay':
    case 'reorder':
    case 'forge':
    case 'relay':
      return checkPassing(context, probe, act, path)
    case 'initiate':
      if (act.from !== undefined) checkEndpoint(context, [...path, 'from'], act.from)
      if (act.stolen !== undefined && (act.key === undefined || act.key === act.peer)) {
        complain(
          context,
          [...path, 'key'],
          `with the stolen key of "${act.peer}" it can not be told whom the probe pretends to be`,
          'write the key name of another peer: key: alice',
        )
      }
      return
    case 'respond':
    case 'data':
    case 'capture':
    case 'replay':
    case 'random':
    case 'expect':
    case 'expect-silence':
      return
  }
}

type Act<Kind extends ProbeAct['kind']> = Extract<ProbeAct, { kind: Kind }>

function checkFlood(context: Context, act: Act<'flood'>, path: Path): void {
  checkEndpoint(context, [...path, 'to'], act.to)
  const needsKey = act.what === 'initiation' || act.what === 'response'
  if (needsKey && act.peer === undefined) {
    complain(context, path, `a valid mac1 needs the public key of the victim`, 'write peer: bob, or what: bad-mac1')
  }
  if (act.cookie !== undefined && (act.what !== 'initiation' || act.sources !== undefined)) {
    complain(
      context,
      [...path, 'cookie'],
      'a cookie is for initiations from the address and port it was given to',
      'write what: initiation, and no sources',
    )
  }
  if (act.size !== undefined && act.what !== 'random') {
    complain(context, [...path, 'size'], `"${act.what}" has a size of its own`, 'write what: random, or no size')
  }
  if (act.size !== undefined && act.size.min > act.size.max) {
    complain(
      context,
      [...path, 'size'],
      `min ${act.size.min} is more than max ${act.size.max}`,
      'write the smaller one as min',
    )
  }
  if (act.sources === undefined) return
  const address = checkAddress(context, [...path, 'sources'], act.sources)
  if (address !== undefined && address.includes(':') !== act.to.startsWith('[')) {
    complain(
      context,
      [...path, 'sources'],
      `"${act.sources}" and "${act.to}" are of two families`,
      'write a prefix of the same family as "to"',
    )
  }
}

function checkScan(context: Context, act: Act<'scan'>, path: Path): void {
  const [first, last] = act.ports
  if (first > last) {
    complain(context, [...path, 'ports'], `port ${first} is after port ${last}`, `write [${last}, ${first}]`)
    return
  }
  if (act.with === 'initiation' && act.peer === undefined) {
    complain(context, path, 'an initiation is made for a public key', 'write peer: bob, or with: random')
  }
  if (checkAddress(context, [...path, 'to'], act.to) === undefined) return
  const [address = '', length] = act.to.split('/')
  const bits = ipaddr.parse(address).kind() === 'ipv4' ? 32 : 128
  const targets = 2 ** (bits - Number(length ?? bits)) * (last - first + 1)
  if (targets > MOST_TARGETS) {
    complain(
      context,
      path,
      `${targets} addresses and ports are more than ${MOST_TARGETS}`,
      'write a longer prefix, or fewer ports',
    )
  }
}

function checkIcmp(context: Context, act: Act<'icmp'>, path: Path): void {
  if ((act.error === 'too-big') !== (act.mtu !== undefined)) {
    const what = act.mtu === undefined ? 'a too-big claims an MTU' : `${act.error} claims no MTU`
    complain(context, path, what, act.mtu === undefined ? 'write mtu: 1280' : 'leave mtu out')
  }
  if (act.from !== undefined) checkAddress(context, [...path, 'from'], act.from)
  if (typeof act.about === 'string') return
  for (const end of ['from', 'to'] as const) checkEndpoint(context, [...path, 'about', end], act.about[end])
}

function checkPassing(
  context: Context,
  probe: string,
  act: Act<'delay' | 'reorder' | 'forge' | 'relay'>,
  path: Path,
): void {
  const hosts = Object.keys(context.scenario.hosts)
  for (const end of ['from', 'to'] as const) {
    const host = act[end]
    if (host !== undefined) checkKnown(context, [...path, end], 'host', host, hosts)
  }
  if (act.network !== undefined) {
    const networks = Object.keys(context.scenario.hosts[probe]?.interfaces ?? {})
    checkKnown(context, [...path, 'network'], `network of ${probe}`, act.network, networks)
  }
  if (act.kind !== 'forge') return
  for (const [i, alter] of act.alter.entries()) {
    if ((alter.flip === undefined) !== (alter.hex === undefined)) continue
    complain(
      context,
      [...path, 'alter', i],
      'one of flip and hex says what is altered',
      'write flip: 0, or hex: "00ff"',
    )
  }
}
