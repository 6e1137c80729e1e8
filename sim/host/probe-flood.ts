/** A flood: packets at a rate, from one source or from as many as a prefix has. Nothing of it exists before it is sent. */
import type { Endpoint, Instant, Random } from '../../impl/box.ts'
import { parsePrefix } from '../../impl/ip/address.ts'
import { putMacs } from '../../scenarios/decode/noise.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import type { Act, Hands } from './probe-hands.ts'
import { endpointOf } from './probe-net.ts'
import type { Stream } from './probe-streams.ts'

type What = Act<'flood'>['what']

const SIZES: Readonly<Record<Exclude<What, 'random'>, readonly [type: number, size: number]>> = {
  initiation: [1, 148],
  'bad-mac1': [1, 148],
  response: [2, 92],
  data: [4, 128],
}
const FIRST_PORT = 1024
const RANDOM_SIZE = 148

/** Throws an Error when the probe can not speak to that address, or does not have the cookie. */
export function floodStream(hands: Hands, step: string, act: Act<'flood'>): Stream {
  const to = endpointOf(act.to)
  const random = hands.random.split('flood').split(step)
  const bodies = random.split('body')
  const sources = sourcesOf(hands, act, to, random.split('source'))
  const receiver = act.peer === undefined ? undefined : hands.publicKey(act.peer)
  const cookie = act.cookie === undefined ? undefined : hands.slot(act.cookie).cookie
  if (act.cookie !== undefined && cookie === undefined) {
    throw new Error(`flood: no cookie reply has come to the initiation in slot "${act.cookie}"`)
  }
  return {
    step,
    count: act.count,
    interval_ns: act.interval === undefined ? 0 : durationNs(act.interval),
    linger_ns: 0,
    send(now: Instant): void {
      const message = messageOf(act, bodies)
      if (receiver !== undefined && (act.what === 'initiation' || act.what === 'response')) {
        putMacs(message, receiver, cookie)
      }
      hands.transmit(now, undefined, message, sources(), to)
    },
    outcome: () => `${act.count} sent`,
  }
}

function messageOf({ what, size }: Act<'flood'>, random: Random): Uint8Array {
  if (what === 'random') {
    const { min, max } = size ?? { min: RANDOM_SIZE, max: RANDOM_SIZE }
    return random.bytes(min + random.below(max - min + 1))
  }
  const [type, length] = SIZES[what]
  const message = random.bytes(length)
  message.set([type, 0, 0, 0])
  return message
}

/** The next source each time it is called. */
function sourcesOf(hands: Hands, act: Act<'flood'>, to: Endpoint, random: Random): () => Endpoint {
  const own = hands.net.own(to)
  const prefix = act.sources === undefined ? undefined : parsePrefix(act.sources)
  const anyPort = act.ports === undefined ? prefix !== undefined : act.ports === 'random'
  if (prefix === undefined && !anyPort) return () => own
  return () => {
    const address = prefix === undefined ? own.address : drawn(prefix.address, prefix.length, random)
    return { address, port: anyPort ? FIRST_PORT + random.below(65_536 - FIRST_PORT) : own.port }
  }
}

/** An address of the prefix, each as likely as the others. */
function drawn(prefix: Uint8Array, length: number, random: Random): Uint8Array {
  const address = random.bytes(prefix.length)
  for (let i = 0; i < prefix.length; i++) {
    const kept = Math.max(0, Math.min(8, length - i * 8))
    const mask = (0xff00 >> kept) & 0xff
    address[i] = ((prefix[i] ?? 0) & mask) | ((address[i] ?? 0) & ~mask)
  }
  return address
}
