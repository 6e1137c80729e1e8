import { expect, test } from 'vitest'
import { type Instant, instant, NEVER } from '../impl/box.ts'
import type { Row } from '../scenarios/language/trace.ts'
import { Loop, type Machine, type Port, type Watch } from './loop.ts'
import type { LinkBox, LinkInput, LinkOutput, Node, NodeInput, NodeOutput, Packet } from './node.ts'

/** A machine by hand: says what it is told to, and writes down what it sees. */
class Hand implements Node {
  readonly name: string
  readonly log: string[]
  readonly out: NodeOutput[] = []
  deadline: number = NEVER
  onInput: (now: number, input: NodeInput) => void = () => {}
  onTimeout: (now: number) => void = () => {}

  constructor(name: string, log: string[]) {
    this.name = name
    this.log = log
  }
  handleInput(now: Instant, input: NodeInput): void {
    this.log.push(
      `${now} ${this.name} ${input.kind}${input.kind === 'packet' ? ` ${idOf(input.packet)} from ${input.port}` : ''}`,
    )
    this.onInput(now, input)
  }
  handleTimeout(now: Instant): void {
    this.log.push(`${now} ${this.name} timeout`)
    this.deadline = NEVER
    this.onTimeout(now)
  }
  pollOutput(): NodeOutput | undefined {
    return this.out.shift()
  }
  pollTimeout(): Instant {
    return this.deadline as Instant
  }
  timeoutReason(): string {
    return 'by hand'
  }
  send(n: number, port = 'net'): void {
    this.out.push({ kind: 'packet', port, packet: { id: { box: this.name, n }, copy: 0, bytes: new Uint8Array(20) } })
  }
}

/** A cable that takes `delay` ns. */
class Wire implements LinkBox {
  readonly delay: number
  readonly #way: { at: number; output: LinkOutput }[] = []
  #now = 0

  constructor(delay: number) {
    this.delay = delay
  }
  handleInput(now: Instant, input: LinkInput): void {
    this.#now = now
    if (input.kind === 'packet') this.#way.push({ at: now + this.delay, output: input })
  }
  handleTimeout(now: Instant): void {
    this.#now = now
  }
  pollOutput(): LinkOutput | undefined {
    return (this.#way[0]?.at ?? NEVER) <= this.#now ? this.#way.shift()?.output : undefined
  }
  pollTimeout(): Instant {
    return (this.#way[0]?.at ?? NEVER) as Instant
  }
  timeoutReason(): string {
    return 'on the way'
  }
}

const idOf = ({ id }: Packet): string => `${id.box}/${id.n}`

class Bench implements Watch {
  readonly log: string[] = []
  readonly rows: Row[] = []
  readonly loop = new Loop(this)
  readonly hands = new Map<string, { hand: Hand; machine: Machine }>()

  sent(): void {}
  arrived(): void {}
  unplugged(now: Instant, port: Port, packet: Packet): void {
    this.log.push(`${now} unplugged at ${port.at}: ${idOf(packet)}`)
  }
  output(_now: Instant, output: Exclude<NodeOutput, { kind: 'packet' }>): void {
    if (output.kind === 'row') this.rows.push(output.row)
  }
  add(name: string): Hand {
    const hand = new Hand(name, this.log)
    this.hands.set(name, { hand, machine: this.loop.addMachine(name, hand) })
    return hand
  }
  port(owner: string, name: string, peer: string): Port {
    const machine = this.machine(owner)
    const port: Port = { machine, name, at: `${owner}:${name}`, vantage: true, network: name, peer, cable: undefined }
    machine.ports.set(name, port)
    return port
  }
  machine(name: string): Machine {
    return this.hands.get(name)!.machine
  }
  /** A pair of cables between two machines; each calls the port by the other's name. */
  join(a: string, b: string, delay: number): { near: Port; far: Port } {
    const near = this.port(a, b, b)
    const far = this.port(b, a, a)
    this.loop.addCable(`${a}:${b} up`, new Wire(delay), near, far)
    this.loop.addCable(`${a}:${b} down`, new Wire(delay), far, near)
    return { near, far }
  }
}

test('a packet takes the time of its cable, and is seen by nobody before', () => {
  const bench = new Bench()
  const alice = bench.add('alice')
  bench.add('bob')
  bench.join('alice', 'bob', 30)
  alice.deadline = 10
  alice.onTimeout = () => alice.send(1, 'bob')
  expect(bench.loop.run(instant(39))).toEqual({ kind: 'done', now: 39 })
  expect(bench.log).toEqual(['10 alice timeout'])
  bench.loop.run(instant(40))
  expect(bench.log).toEqual(['10 alice timeout', '40 bob packet alice/1 from alice'])
})

test('one instant: the script acts, then cables, then machines by name, then the script reads', () => {
  const bench = new Bench()
  // Added in another order than that of the names.
  for (const name of ['zoe', 'bob', 'alice']) {
    const hand = bench.add(name)
    hand.deadline = 100
  }
  bench.join('alice', 'zoe', 50)
  bench.loop.plan(instant(100), 'read', now => bench.log.push(`${now} read`))
  bench.loop.plan(instant(100), 'act', now => bench.log.push(`${now} act 1`))
  bench.loop.plan(instant(100), 'act', now => bench.log.push(`${now} act 2`))
  bench.loop.plan(instant(50), 'act', () => {
    bench.hands.get('alice')!.hand.send(1, 'zoe')
    bench.loop.drain(bench.machine('alice'))
  })
  bench.loop.run(instant(100))
  expect(bench.log).toEqual([
    '100 act 1',
    '100 act 2',
    '100 zoe packet alice/1 from alice',
    '100 alice timeout',
    '100 bob timeout',
    '100 zoe timeout',
    '100 read',
  ])
})

test('what follows at the same instant is done before the next event, in the order it came up', () => {
  const bench = new Bench()
  const alice = bench.add('alice')
  const hub = bench.add('hub')
  for (const name of ['x', 'y']) {
    const hand = bench.add(name)
    hand.onInput = () => hand.send(1, 'hub')
    bench.join(name, 'hub', 0)
  }
  bench.join('alice', 'hub', 0)
  const bob = bench.add('bob')
  alice.deadline = bob.deadline = 5
  alice.onTimeout = () => alice.send(1, 'hub')
  hub.onInput = (_now, input) => {
    if (input.kind !== 'packet' || input.port !== 'alice') return
    hub.send(1, 'y')
    hub.send(2, 'x')
  }
  bench.loop.run(instant(9))
  expect(bench.log).toEqual([
    '5 alice timeout',
    '5 hub packet alice/1 from alice',
    '5 y packet hub/1 from hub',
    '5 x packet hub/2 from hub',
    '5 hub packet y/1 from y',
    '5 hub packet x/1 from x',
    '5 bob timeout',
  ])
})

test('unplugging: what is on its way in goes on, what comes back and what is sent later is lost by name', () => {
  const bench = new Bench()
  const alice = bench.add('alice')
  const bob = bench.add('bob')
  const { near, far } = bench.join('alice', 'bob', 20)
  alice.deadline = bob.deadline = 10
  alice.onTimeout = () => alice.send(1, 'bob')
  bob.onTimeout = () => bob.send(1, 'alice')
  bench.loop.plan(instant(15), 'act', () => {
    bench.loop.unplug(near, far)
    alice.send(2, 'bob')
    bench.loop.drain(bench.machine('alice'))
  })
  bench.loop.run(instant(99))
  expect(bench.log).toEqual([
    '10 alice timeout',
    '10 bob timeout',
    '15 unplugged at alice:bob: alice/2',
    '30 unplugged at alice:bob: bob/1',
    '30 bob packet alice/1 from alice',
  ])
})

test('a long cascade at one instant neither overflows nor loses anything', () => {
  const bench = new Bench()
  const alice = bench.add('alice')
  const bob = bench.add('bob')
  bench.join('alice', 'bob', 0)
  let left = 50_000
  bob.onInput = () => bob.send(1, 'alice')
  alice.onInput = () => {
    if (--left > 0) alice.send(1, 'bob')
  }
  alice.deadline = 1
  alice.onTimeout = () => alice.send(1, 'bob')
  bench.loop.run(instant(1))
  expect(bench.log.length).toBe(100_001)
})

test('everything is there before the first machine speaks', () => {
  const bench = new Bench()
  const alice = bench.add('alice')
  alice.send(1, 'bob')
  bench.add('bob')
  bench.join('alice', 'bob', 0)
  bench.loop.run(instant(0))
  expect(bench.log).toEqual(['0 bob packet alice/1 from alice'])
})

test('a machine that asks for the same instant for ever is named, with its reason', () => {
  const bench = new Bench()
  const alice = bench.add('alice')
  alice.deadline = 3
  alice.onTimeout = now => {
    alice.deadline = now
  }
  expect(() => bench.loop.run(instant(9))).toThrow(
    'time stands still: "alice" wants to be called at 3 ns for ever (by hand)',
  )
})

test('so is one whose deadline is past, and a cable', () => {
  const bench = new Bench()
  const alice = bench.add('alice')
  bench.add('bob')
  const { near, far } = bench.join('alice', 'bob', 5)
  alice.deadline = 3
  alice.onTimeout = () => {
    alice.deadline = 1
  }
  expect(() => bench.loop.run(instant(9))).toThrow('time stands still: "alice" wants to be called at 3 ns for ever')
  alice.onTimeout = () => {}
  const faulty: LinkBox = {
    handleInput() {},
    handleTimeout() {},
    pollOutput: () => undefined,
    pollTimeout: () => instant(2),
    timeoutReason: () => 'forgot to let go',
  }
  bench.loop.addCable('alice:bob again', faulty, near, far)
  expect(() => bench.loop.run(instant(9))).toThrow(
    'time stands still: "alice:bob again" wants to be called at 3 ns for ever (forgot to let go)',
  )
})

test('one that says something each time goes on, however often', () => {
  const bench = new Bench()
  const alice = bench.add('alice')
  let left = 50_000
  alice.deadline = 3
  alice.onTimeout = now => {
    if (--left === 0) return
    alice.deadline = now
    // Silent half of the time.
    if (left % 2 === 0)
      alice.out.push({ kind: 'row', row: { kind: 'note', t: now, at: 'alice', text: '', level: 'info' } })
  }
  expect(bench.loop.run(instant(9))).toEqual({ kind: 'done', now: 9 })
  expect(left).toBe(0)
  expect(bench.rows).toHaveLength(24_999)
})

test('a name twice, or an action in the past, is refused', () => {
  const bench = new Bench()
  bench.add('alice')
  expect(() => bench.add('alice')).toThrow('two machines are called "alice"')
  bench.loop.run(instant(5))
  expect(() => bench.loop.plan(instant(4), 'act', () => {})).toThrow('an action at 4 ns, but it is 5 ns already')
})

test('who is on the path sees a packet before the network does, but not its own, and may take it away', () => {
  const bench = new Bench()
  const alice = bench.add('alice')
  bench.add('cloud')
  const eve = bench.add('eve')
  const eye = Object.assign(eve, {
    see(now: number, network: string, from: string, packet: Packet): boolean {
      bench.log.push(`${now} eve sees ${idOf(packet)} from ${from} on ${network}`)
      if (packet.id.n === 2) eve.send(9, 'cloud')
      return packet.id.n === 2
    },
  })
  bench.join('alice', 'cloud', 0)
  bench.join('eve', 'cloud', 0)
  bench.machine('cloud').onPath.push(bench.machine('eve'))
  alice.deadline = 5
  alice.onTimeout = () => {
    for (const n of [1, 2, 3]) alice.send(n, 'cloud')
  }
  expect(eye).toBe(eve)
  bench.loop.run(instant(5))
  expect(bench.log).toEqual([
    '5 alice timeout',
    '5 eve sees alice/1 from alice on alice',
    '5 cloud packet alice/1 from alice',
    '5 eve sees alice/2 from alice on alice',
    '5 eve sees alice/3 from alice on alice',
    '5 cloud packet alice/3 from alice',
    '5 cloud packet eve/9 from eve',
  ])
})
