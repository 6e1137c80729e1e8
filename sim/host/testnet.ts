/** A tiny network for tests: hosts joined by their port names, every packet on its way for one fixed time. */
import { type Instant, instant, NEVER, type WallTime } from '../../impl/box.ts'
import { noble } from '../../impl/crypto/noble.ts'
import { formatAddress, parseAddress, parsePrefix } from '../../impl/ip/address.ts'
import { ipDestination } from '../../impl/ip/packet.ts'
import type { Step } from '../../scenarios/language/step.ts'
import type { Host as HostSpec } from '../../scenarios/language/topology.ts'
import type { HopRow, Row } from '../../scenarios/language/trace.ts'
import { KeyRing } from '../keys.ts'
import type { Node, NodeInput, NodeOutput, Packet } from '../node.ts'
import { seededRandom } from '../random.ts'
import { Host, type HostOptions } from './host.ts'

const EPOCH: WallTime = { sec: 1_767_225_600, nsec: 0 }

export interface TestHost extends Omit<Partial<HostSpec>, 'interfaces'> {
  /** Network name to addresses; `via` in a lan. */
  readonly on: Readonly<
    Record<
      string,
      {
        readonly addresses: readonly string[]
        readonly gateways?: readonly string[]
        readonly lan?: boolean
        readonly mtu?: number
      }
    >
  >
}

interface Flight {
  readonly at: Instant
  readonly to: string
  readonly input: NodeInput
}

export class TestNet {
  readonly hosts = new Map<string, Host>()
  readonly rows: Row[] = []
  readonly secrets: Extract<NodeOutput, { kind: 'secret' }>[] = []
  readonly keys: KeyRing
  now = instant(0)
  /** Takes packets away: false loses them. */
  passes: (packet: Packet, from: string, network: string) => boolean = () => true
  delay_ns = 10_000_000
  readonly #attached = new Map<string, Map<string, string>>()
  #flights: Flight[] = []

  constructor(
    hosts: Readonly<Record<string, TestHost>>,
    options: { seed?: string; steps?: readonly string[]; names?: Readonly<Record<string, readonly string[]>> } = {},
  ) {
    const crypto = noble
    this.keys = new KeyRing(options.seed ?? '1', crypto)
    const random = seededRandom(options.seed ?? '1')
    for (const [name, { on, ...spec }] of Object.entries(hosts)) {
      const attachments = Object.entries(on).map(([port, { addresses, gateways = [], lan = false, mtu = 1500 }]) => ({
        port,
        addresses: addresses.map(text => parsePrefix(text)!),
        gateways: gateways.map(text => parseAddress(text)!),
        mtu,
        onlink: lan ? ('prefix' as const) : ('all' as const),
      }))
      const made: HostOptions = {
        name,
        spec: { interfaces: {}, ...spec },
        random: random.split(name),
        crypto,
        keys: this.keys,
        resolve: host => (options.names?.[host] ?? []).map(text => parseAddress(text)!),
        epoch: EPOCH,
        attachments,
        steps: options.steps ?? [],
        revealSecrets: true,
      }
      this.hosts.set(name, new Host(made))
      for (const { port, addresses } of attachments)
        this.place(
          port,
          name,
          addresses.map(({ address }) => formatAddress(address)),
        )
    }
  }

  /** Who has which addresses on a network. */
  place(network: string, host: string, addresses: readonly string[]): void {
    const known = this.#attached.get(network) ?? new Map<string, string>()
    for (const [address, owner] of known) if (owner === host) known.delete(address)
    for (const address of addresses) known.set(address, host)
    this.#attached.set(network, known)
  }

  step(host: string, step: Step, name: string): void {
    this.input(host, { kind: 'step', step, name })
  }

  input(host: string, input: NodeInput): void {
    const node = this.#node(host)
    node.handleInput(this.now, input)
    this.#drain(host, node)
  }

  /** Up to and including this instant. */
  run(until_ns: number): void {
    for (;;) {
      const flight = this.#flights[0]
      let due: number = flight?.at ?? NEVER
      let who: string | undefined
      for (const [name, host] of this.hosts) {
        const at = Math.max(host.pollTimeout(), this.now)
        if (host.pollTimeout() === NEVER || at >= due) continue
        due = at
        who = name
      }
      if (due > until_ns) break
      this.now = instant(due)
      if (who === undefined) {
        this.#flights.shift()
        this.input(flight!.to, flight!.input)
      } else {
        const node = this.#node(who)
        node.handleTimeout(this.now)
        this.#drain(who, node)
      }
    }
    this.now = instant(until_ns)
  }

  /** The rows of a step, as words: `sent 1`, `answered 1`, `error 2 no-route`. */
  story(step: string): string[] {
    return this.rows.flatMap(row =>
      row.kind === 'step' && row.step === step
        ? [[row.what, row.seq, row.detail].filter(part => part !== undefined).join(' ')]
        : [],
    )
  }

  drops(): string[] {
    return this.rows.flatMap(row =>
      row.kind === 'drop'
        ? [`${row.at} ${row.layer} ${row.reason}${row.detail === undefined ? '' : ` (${row.detail})`}`]
        : [],
    )
  }

  notes(level: 'info' | 'warning'): string[] {
    return this.rows.flatMap(row => (row.kind === 'note' && row.level === level ? [row.text] : []))
  }

  /** Packets seen on the wire, sent by a host. */
  wire(host: string): HopRow[] {
    return this.rows.filter(
      (row): row is HopRow =>
        row.kind === 'hop' && row.layer === 'wire' && row.dir === 'out' && row.at.startsWith(`${host}:`),
    )
  }

  #node(name: string): Node {
    const host = this.hosts.get(name)
    if (host === undefined) throw new Error(`no host ${name}`)
    return host
  }

  drain(host: string): void {
    this.#drain(host, this.#node(host))
  }

  #drain(name: string, node: Node): void {
    for (let output = node.pollOutput(); output !== undefined; output = node.pollOutput()) {
      switch (output.kind) {
        case 'row':
          this.rows.push(output.row)
          break
        case 'secret':
          this.secrets.push(output)
          break
        case 'packet':
          this.#send(name, output)
      }
    }
  }

  #send(from: string, { port, packet, via }: Extract<NodeOutput, { kind: 'packet' }>): void {
    const { id, copy, bytes } = packet
    this.rows.push({
      kind: 'hop',
      t: this.now,
      at: `${from}:${port}`,
      dir: 'out',
      layer: 'wire',
      packet: id,
      copy,
      size: bytes.length,
      bytes,
    })
    const to = this.#attached.get(port)?.get(formatAddress(via ?? ipDestination(bytes)))
    if (to === undefined || !this.passes(packet, from, port)) return
    const flight = { at: instant(this.now + this.delay_ns), to, input: { kind: 'packet', port, packet, via } as const }
    const place = this.#flights.findIndex(other => other.at > flight.at)
    if (place < 0) this.#flights.push(flight)
    else this.#flights.splice(place, 0, flight)
  }
}
