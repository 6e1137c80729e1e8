/** The simulator as a world for the measurer: a NAT with three machines plugged into either side, without delay. */
import { type Address, type Instant, instant } from '../../impl/box.ts'
import { addressInPrefix, formatAddress, parseAddress, parsePrefix, sameAddress } from '../../impl/ip/address.ts'
import { ipDestination, ipVersion } from '../../impl/ip/packet.ts'
import type { Nat as NatSpec } from '../../scenarios/language/nat.ts'
import { endsOf } from '../layout.ts'
import { Nat } from '../net/nat.ts'
import type { InterfaceAddress, NodeOutput } from '../node.ts'
import { seededRandom } from '../random.ts'
import { ShotMaker } from './packets.ts'
import type { Ask, ProbeDriver, ProbeMachine, ProbeWorld, Seen } from './world.ts'

export interface BenchOptions {
  /** Of several inner or outer networks the first with IPv4 is used. */
  readonly spec: NatSpec
  readonly seed: string
  /** What the two networks carry, bytes. Default 1500. */
  readonly mtu?: { readonly inside: number; readonly outside: number }
}

/** 100 days: the clock of a run ends soon after. */
const LONGEST = 100 * 86_400_000_000_000
const SERVERS = ['192.0.2.101', '198.51.100.101', '203.0.113.101', '198.18.7.101', '198.19.8.101', '100.66.9.101']

export class NatBench implements ProbeDriver {
  readonly world: ProbeWorld
  readonly #plan: Plan
  readonly #seed: string
  readonly #machines = new Map<string, Machine>()
  readonly #byAddress = new Map<string, Machine>()
  readonly #shots = new ShotMaker()
  #nat!: Nat
  #now = 0 as Instant
  #resets = 0
  #packets = 0

  /** Throws a RangeError when the NAT has no IPv4 inside or outside, or an inner network without room. */
  constructor(options: BenchOptions) {
    const { spec, seed, mtu = { inside: 1500, outside: 1500 } } = options
    this.#plan = planOf(spec)
    this.#seed = seed
    const { inner, servers, inside, outside } = this.#plan
    this.world = { inner, servers, settle_ns: 0, resolution_ns: 1, longest_ns: LONGEST, mtu }
    for (const machine of inner) this.#plug(machine, inside.network)
    for (const machine of servers) this.#plug(machine, outside.network)
    this.#reset()
  }

  perform(ask: Ask): readonly Seen[] {
    switch (ask.do) {
      case 'reset':
        this.#reset()
        return []
      case 'send': {
        const machine = this.#machines.get(ask.shot.from)
        if (machine === undefined) throw new RangeError(`no machine is called "${ask.shot.from}"`)
        for (const bytes of this.#shots.packets(ask.shot, machine.address)) this.#give(machine, bytes)
        return this.#shots.take()
      }
      case 'wait':
        this.#until(instant(this.#now + ask.ns))
        return this.#shots.take()
    }
  }

  /** A new NAT, with chances of its own. */
  #reset(): void {
    const { spec, inside, outside } = this.#plan
    this.#resets++
    this.#now = 0 as Instant
    this.#shots.forget()
    this.#nat = new Nat({ name: 'nat', spec, random: seededRandom(`${this.#seed} ${this.#resets}`) })
    const { mtu } = this.world
    for (const [side, size] of [[inside, mtu.inside] as const, [outside, mtu.outside] as const]) {
      this.#nat.handleInput(this.#now, { kind: 'attach', port: side.network, addresses: side.addresses, gateways: [] })
      this.#nat.handleInput(this.#now, { kind: 'mtu', port: side.network, mtu: size })
    }
    this.#drain()
  }

  #give(from: Machine, bytes: Uint8Array): void {
    const packet = { id: { box: from.name, n: ++this.#packets }, copy: 0, bytes }
    this.#nat.handleInput(this.#now, { kind: 'packet', port: from.network, packet })
    this.#drain()
  }

  #until(time: Instant): void {
    for (let due = this.#nat.pollTimeout(); due <= time; due = this.#nat.pollTimeout()) {
      this.#now = due
      this.#nat.handleTimeout(due)
      this.#drain()
    }
    this.#now = time
  }

  #drain(): void {
    for (let output = this.#nat.pollOutput(); output !== undefined; output = this.#nat.pollOutput()) {
      if (output.kind === 'packet') this.#deliver(output)
    }
  }

  #deliver({ port, packet }: Extract<NodeOutput, { kind: 'packet' }>): void {
    if (ipVersion(packet.bytes) !== 4) return
    const machine = this.#byAddress.get(`${port} ${ipDestination(packet.bytes).join('.')}`)
    if (machine !== undefined) this.#shots.arrived(this.#now, machine.name, packet.bytes)
  }

  #plug({ name, address: text }: ProbeMachine, network: string): void {
    const address = parseAddress(text) as Address
    const machine: Machine = { name, address, network }
    this.#machines.set(name, machine)
    this.#byAddress.set(`${network} ${address.join('.')}`, machine)
  }
}

interface Machine {
  readonly name: string
  readonly address: Address
  readonly network: string
}

interface PlanSide {
  readonly network: string
  readonly addresses: readonly InterfaceAddress[]
}

interface Plan {
  readonly spec: NatSpec
  readonly inside: PlanSide
  readonly outside: PlanSide
  readonly inner: readonly ProbeMachine[]
  readonly servers: readonly ProbeMachine[]
}

/** Where everything stands: the NAT keeps its addresses, the machines get free ones. */
function planOf(spec: NatSpec): Plan {
  const [insideNetwork, inside] = v4Of(spec, 'inside')
  const [outsideNetwork, outside] = v4Of(spec, 'outside')
  const own = [...inside, ...outside].flatMap(text => parsePrefix(text)?.address ?? [])
  const lan = parsePrefix(inside[0] ?? '')
  if (lan === undefined) throw new RangeError('the NAT has no IPv4 address inside: there is nothing to translate')
  // Who stands alone has neighbours all the same.
  const prefix = { address: lan.address, length: lan.length > 30 ? 24 : lan.length }
  const inner = freeAddresses(prefix, own, 3)
  if (inner.length < 2) {
    throw new RangeError(
      `${inside[0]}: no room for two machines on the inner network (write a prefix of /29 or shorter)`,
    )
  }
  const free = SERVERS.filter(text => {
    const address = parseAddress(text) as Address
    return !addressInPrefix(address, prefix) && !own.some(other => sameAddress(other, address))
  })
  return {
    spec: {
      ...spec,
      inside: { [insideNetwork]: [`${formatAddress(lan.address)}/${prefix.length}`] },
      outside: { [outsideNetwork]: outside },
    },
    inside: { network: insideNetwork, addresses: [prefix] },
    outside: { network: outsideNetwork, addresses: outside.flatMap(text => parsePrefix(text) ?? []) },
    inner: inner.map((address, i) => ({ name: 'abc'[i] as string, address: formatAddress(address) })),
    servers: free.slice(0, 3).map((address, i) => ({ name: `s${i + 1}`, address })),
  }
}

function v4Of(spec: NatSpec, side: 'inside' | 'outside'): [string, string[]] {
  for (const [network, attachment] of Object.entries(spec[side])) {
    const addresses = endsOf(attachment).addresses.filter(text => parsePrefix(text)?.address.length === 4)
    if (addresses.length > 0) return [network, addresses]
  }
  throw new RangeError(`the NAT has no IPv4 address ${side}: there is nothing to measure`)
}

function freeAddresses(
  prefix: { address: Address; length: number },
  own: readonly Address[],
  count: number,
): Address[] {
  const size = 2 ** (32 - prefix.length)
  const number = prefix.address.reduce((sum, byte) => sum * 256 + byte, 0)
  const base = number - (number % size)
  const found: Address[] = []
  for (let i = 1; i < size - 1 && found.length < count; i++) {
    const value = base + i
    const address = Uint8Array.of(value / 0x1000000, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
    if (!own.some(other => sameAddress(other, address))) found.push(address)
  }
  return found
}
