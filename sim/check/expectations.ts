/** What must be seen: whether it speaks of things that exist. */
import { formatEndpoint, parseEndpoint } from '../../impl/ip/address.ts'
import type { Expectation } from '../../scenarios/language/expectation.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import { type Context, checkKnown, type Path } from './problem.ts'
import { privateKeyNames } from './texts.ts'

/** `reasons`: every name a drop can have. */
export function checkExpectations(context: Context, reasons: readonly string[]): void {
  for (const [index, expectation] of context.scenario.expect.entries()) {
    checkExpectation(context, ['expect', index], expectation, reasons)
  }
}

function checkExpectation(context: Context, path: Path, expectation: Expectation, reasons: readonly string[]): void {
  if ('between' in expectation && expectation.between !== undefined) {
    const from = expectation.between[0]
    if (durationNs(from) >= context.end) {
      context.complain(
        [...path, 'between', 0],
        `${from} is not before the end: the run is ${context.scenario.duration} long`,
        'an earlier time',
      )
    }
  }
  switch (expectation.see) {
    case 'lost':
      for (const [index, reason] of (expectation.because ?? []).entries()) {
        checkKnown(context, [...path, 'because', index], 'reason', reason, reasons)
      }
      return
    case 'handshakes':
    case 'transfer':
      return checkPeer(context, path, expectation.peer)
    case 'endpoint':
      checkEndpointText(context, [...path, 'is'], expectation.is)
      return checkPeer(context, path, expectation.peer)
    case 'dropped':
      checkKnown(context, [...path, 'because'], 'reason', expectation.because, reasons)
      if (expectation.at === undefined) return
      checkKnown(
        context,
        [...path, 'at'],
        'machine',
        expectation.at.split(':')[0] ?? '',
        context.layout.machines.keys(),
      )
      return
    case 'delivered':
    case 'messages':
    case 'spacing':
    case 'received':
    case 'noted':
    case 'completed':
    case 'goodput':
    case 'stalled':
    case 'broken':
      return
  }
}

function checkPeer(context: Context, path: Path, peer: string): void {
  const named = context.confs.flatMap(({ conf }) =>
    conf.peers.flatMap(({ publicKey: { value } }) =>
      value.kind === 'named' ? [value.name.replace(/\.pub$/, '')] : [],
    ),
  )
  // A key that nobody has goes by the name unknown-n.
  if (/^unknown-\d+$/.test(peer)) return
  checkKnown(context, [...path, 'peer'], 'peer', peer, new Set([...privateKeyNames(context), ...named]))
}

function checkEndpointText(context: Context, path: Path, text: string): void {
  const endpoint = parseEndpoint(text)
  if (endpoint === undefined || formatEndpoint(endpoint) === text) return
  context.complain(path, `\`wg show\` does not write "${text}"`, formatEndpoint(endpoint))
}
