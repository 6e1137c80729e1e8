/** What is measured, and what bounds it. */
import { instant } from '../impl/box.ts'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { Deadlines } from '../sim/deadlines.ts'
import { type Contest, repeat } from './measure.ts'
import { createPair } from './pair.ts'
import { idle, natted, tunnel } from './scenarios.ts'
import { simulate } from './simulate.ts'

const INNER = 1200
const EMPTY = new Uint8Array(0)
/** Deadlines that are pending in the scenario of the hops: two cables a lan host, four a NAT, two for the server. */
const PENDING = 50
const queues = new Map<number, () => void>()
let dayOfHandshakes: number | undefined

export function contests(): Contest[] {
  return [
    {
      name: 'handshakes',
      unit: 'handshakes',
      ours: budget => with_(createPair(INNER), pair => repeat(budget, () => times(8, () => pair.handshake()))),
      boundName: 'their eight scalar multiplications',
      bound: budget => with_(multiplications(), run => repeat(budget, () => times(8, run))),
      target: 0.6,
    },
    {
      name: 'sealed packets',
      unit: 'packets',
      ours: budget => with_(createPair(INNER), pair => repeat(budget, () => times(256, () => pair.seal()))),
      boundName: 'seal alone',
      bound: budget => with_(sealing(), run => repeat(budget, () => times(256, run))),
      target: undefined,
    },
    {
      name: 'device to device',
      unit: 'packets',
      ours: budget => with_(createPair(INNER), pair => repeat(budget, () => times(256, () => pair.pass()))),
      boundName: 'seal and open alone',
      bound: budget => with_(sealingAndOpening(), run => repeat(budget, () => times(256, run))),
      target: undefined,
    },
    {
      name: 'tunnel in the simulator',
      unit: 'packets',
      ours: budget => repeat(budget, () => simulate(tunnel(10_000)).arrived),
      boundName: 'seal and open alone',
      bound: budget => with_(sealingAndOpening(), run => repeat(budget, () => times(256, run))),
      target: 0.6,
    },
    {
      name: 'packet hops',
      unit: 'hops',
      ours: budget => repeat(budget, () => simulate(natted(80_000)).hops),
      boundName: 'the event queue alone',
      bound: budget => repeat(budget, () => times(50_000, queueOf(PENDING))),
      target: undefined,
    },
    {
      name: 'queue',
      unit: 'deadlines',
      ours: budget => repeat(budget, () => times(50_000, queueOf(100_000))),
      boundName: 'with 100 pending instead of 100,000',
      bound: budget => repeat(budget, () => times(50_000, queueOf(100))),
      target: undefined,
    },
    {
      name: 'idle tunnel',
      unit: 'virtual days',
      ours: budget => repeat(budget, () => oneOf(() => simulate(idle(1)))),
      boundName: 'the handshakes in it alone',
      bound: budget =>
        with_(createPair(INNER), pair =>
          repeat(budget, () => oneOf(() => times(handshakesADay(), () => pair.handshake()))),
        ),
      target: undefined,
    },
  ]
}

function handshakesADay(): number {
  dayOfHandshakes ??= simulate(idle(1)).handshakes
  return dayOfHandshakes
}

/** es, ee, se and the ephemeral's own: four a side. The static-static result is computed once per peer, not per handshake. */
function multiplications(): () => void {
  const key = nodeCrypto.privateKey(new Uint8Array(32).fill(7))
  const other = nodeCrypto.privateKey(new Uint8Array(32).fill(9)).publicKey
  let n = 0
  return () => {
    for (let side = 0; side < 2; side++) {
      // A new ephemeral key: its public key is the first multiplication.
      const fresh = nodeCrypto.privateKey(new Uint8Array(32).fill(++n & 0xff))
      if (fresh.publicKey.length !== 32) throw new Error('no key')
      fresh.dh(other)
      fresh.dh(other)
      key.dh(other)
    }
  }
}

function sealing(): () => void {
  const aead = nodeCrypto.aead(new Uint8Array(32).fill(1))
  const plaintext = new Uint8Array(INNER)
  let counter = 0n
  return () => {
    aead.seal(counter++, plaintext, EMPTY)
  }
}

function sealingAndOpening(): () => void {
  const [seal, open] = [nodeCrypto.aead(new Uint8Array(32).fill(1)), nodeCrypto.aead(new Uint8Array(32).fill(1))]
  const plaintext = new Uint8Array(INNER)
  let counter = 0n
  return () => {
    open.open(counter, seal.seal(counter, plaintext, EMPTY), EMPTY)
    counter++
  }
}

/** Built once: to fill it is not what is measured. */
function queueOf(pending: number): () => void {
  const run = queues.get(pending) ?? queueAlone(pending)
  queues.set(pending, run)
  return run
}

/** One push and one pop a turn, with so many deadlines pending. */
function queueAlone(pending: number): () => void {
  const queue = new Deadlines()
  const slots = Array.from({ length: pending }, (_, n) => queue.add(0, `cable ${n}`))
  for (const slot of slots) queue.set(slot, instant(slot))
  return () => {
    const slot = queue.first()
    // Uneven steps, so that the order of the cables keeps changing.
    queue.set(slot, instant(queue.time(slot) + pending * (500 + ((slot * 7919) % 977))))
  }
}

function times(count: number, run: () => void): number {
  for (let i = 0; i < count; i++) run()
  return count
}

function oneOf(run: () => unknown): number {
  run()
  return 1
}

function with_<T, R>(thing: T, use: (thing: T) => R): R {
  return use(thing)
}
