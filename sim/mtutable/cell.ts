/** One cell of the MTU table: a small world with a tunnel over a path, the largest packet that passes inside, and what TCP makes of it. */
import type { CryptoProvider } from '../../impl/crypto/provider.ts'
import { isFragment } from '../../impl/ip/packet.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { Step } from '../../scenarios/language/step.ts'
import type { Row } from '../../scenarios/language/trace.ts'
import { simWorld } from '../world.ts'

export interface MtuCase {
  /** Of the packets outside; inside it is IPv4. */
  readonly family: 4 | 6
  /** The largest IP packet that the network between the two takes, and of both tunnel interfaces. Bytes. */
  readonly path: number
  readonly tunnel: number
  /** Whether routers say "too big". */
  readonly icmp: boolean
  /** Whether the tunnel's own datagrams may not be cut. */
  readonly df: boolean
  /** Whether fragments pass. */
  readonly fragments: boolean
}

export type TcpFate =
  /** `fragments`: how many came in of its packets. `sentAgain`: segments. */
  | { readonly kind: 'done'; readonly seconds: number; readonly fragments: number; readonly sentAgain: number }
  | { readonly kind: 'hangs'; readonly bytes: number }

export interface MtuCell {
  readonly case: MtuCase
  /** The largest IPv4 packet with DF that is answered inside; 0: none of those tried. */
  readonly largest: number
  /** As Linux comes, and with net.ipv4.tcp_mtu_probing=1. */
  readonly tcp: TcpFate
  readonly probing: TcpFate
  /** Why the most packets of the first transfer were lost: a drop reason, and the box; undefined: none was. */
  readonly reason: { readonly reason: string; readonly at: string } | undefined
}

export const TRANSFER_BYTES = 60_000
const TCP_AT_S = 20
const PROBING_AT_S = 60
const END_S = 110
/** IPv4 and ICMP headers of a ping. */
const PING_HEADERS = 28
/** Three of each: by the first the sender may find out, by the second who answers. */
const PINGS = 3

export function mtuCell(of: MtuCase, crypto: CryptoProvider): MtuCell {
  const sizes = sizesOf(of)
  const reader = new Reader(sizes)
  simWorld.run({ scenario: scenarioOf(of, sizes), cast: {}, seed: '1', sink: reader, crypto })
  return { case: of, ...reader.read() }
}

/** Every size at which the outer packet grows (WireGuard pads to 16 bytes), and one byte more, around the path's. */
function sizesOf({ path, tunnel }: MtuCase): number[] {
  const sizes: number[] = []
  const least = Math.max(576, Math.min(path, tunnel + 60) - 160)
  for (let size = Math.floor(least / 16) * 16; size <= tunnel; size += 16) sizes.push(size, size + 1)
  return [...new Set([...sizes, tunnel, tunnel + 1])].filter(size => size <= tunnel + 1)
}

export function scenarioOf(of: MtuCase, sizes: readonly number[]): Scenario {
  const { family, path, tunnel, icmp, df, fragments } = of
  const address = {
    alice: family === 4 ? '198.51.100.1' : '2001:db8:a::1',
    bob: family === 4 ? '203.0.113.2' : '2001:db8:b::2',
  }
  const endpoint = family === 4 ? `${address.bob}:51820` : `[${address.bob}]:51820`
  const conf = (me: string, own: string, peer: string, more: string): string =>
    `[Interface]\nPrivateKey = <${me}>\nAddress = ${own}/24\nListenPort = 51820\nMTU = ${tunnel}\n\n[Peer]\nPublicKey = <${peer}.pub>\n${more}`
  const pings = sizes.map(
    (size, i): Step => ({
      do: 'ping',
      at: `${1000 + i * 10}ms`,
      name: `${size}`,
      from: 'alice',
      to: '10.0.0.2',
      size: size - PING_HEADERS,
      df: true,
      count: PINGS,
      interval: '1s',
    }),
  )
  const transfer = (at: number, name: string, probing: 0 | 1): Step => ({
    do: 'tcp',
    at: `${at}s`,
    name,
    from: 'alice',
    to: '10.0.0.2:443',
    bytes: TRANSFER_BYTES,
    mtu_probing: probing,
    deadline: '30s',
  })
  return {
    schema: 'wglab/scenario@1',
    title: `MTU ${tunnel} over a path of ${path}`,
    duration: `${END_S}s`,
    // The narrow place is behind the first router: neither side sees it on its own interface.
    networks: { internet: { icmp, fragments: fragments ? 'pass' : 'drop' } },
    hosts: {
      alice: {
        interfaces: { internet: { address: address.alice, down: { mtu: path } } },
        outer_df: df,
        wg: { wg0: conf('alice', '10.0.0.1', 'bob', `Endpoint = ${endpoint}\nAllowedIPs = 10.0.0.2/32\n`) },
      },
      bob: {
        interfaces: { internet: { address: address.bob, down: { mtu: path } } },
        outer_df: df,
        wg: { wg0: conf('bob', '10.0.0.2', 'alice', 'AllowedIPs = 10.0.0.1/32\n') },
      },
    },
    steps: [...pings, transfer(TCP_AT_S, 'tcp', 0), transfer(PROBING_AT_S, 'probing', 1)],
    expect: [{ see: 'completed', step: 'tcp' }],
  }
}

/** What the rows of the run say, kept as it goes by. */
class Reader {
  readonly #sizes: ReadonlySet<number>
  #largest = 0
  /** The transfer that runs. */
  #running: 'tcp' | 'probing' | undefined
  readonly #seen = { tcp: emptySight(), probing: emptySight() }
  readonly #drops = new Map<string, number>()

  constructor(sizes: readonly number[]) {
    this.#sizes = new Set(sizes)
  }

  row(row: Row): void {
    if (row.kind === 'step') this.#step(row)
    else if (this.#running === undefined) return
    else if (row.kind === 'drop' && this.#running === 'tcp') {
      const key = `${row.reason} ${row.at}`
      this.#drops.set(key, (this.#drops.get(key) ?? 0) + 1)
    } else if (row.kind === 'hop' && row.dir === 'in' && row.layer === 'wire' && row.bytes !== undefined) {
      if (isFragment(row.bytes)) this.#seen[this.#running].fragments++
    }
  }

  read(): Omit<MtuCell, 'case'> {
    let most: { readonly key: string; readonly count: number } | undefined
    for (const [key, count] of this.#drops) if (most === undefined || count > most.count) most = { key, count }
    const [reason = '', at = ''] = most?.key.split(' ') ?? []
    return {
      largest: this.#largest,
      tcp: fateOf(this.#seen.tcp),
      probing: fateOf(this.#seen.probing),
      reason: most === undefined ? undefined : { reason, at },
    }
  }

  #step(row: Extract<Row, { kind: 'step' }>): void {
    const size = Number(row.step)
    if (this.#sizes.has(size)) {
      if (row.what === 'answered' && size > this.#largest) this.#largest = size
      return
    }
    const name = row.step === 'tcp' ? 'tcp' : 'probing'
    const seen = this.#seen[name]
    switch (row.what) {
      case 'begun':
        this.#running = name
        seen.begun = row.t
        return
      case 'arrived':
        seen.bytes = row.bytes ?? 0
        seen.last = row.t
        return
      case 'sent':
        seen.sentAgain++
        return
      case 'done':
        this.#running = undefined
        return
      case 'answered':
      case 'error':
      case 'satisfied':
      case 'failed':
    }
  }
}

interface Sight {
  begun: number
  last: number
  bytes: number
  fragments: number
  sentAgain: number
}

function emptySight(): Sight {
  return { begun: 0, last: 0, bytes: 0, fragments: 0, sentAgain: 0 }
}

function fateOf({ begun, last, bytes, fragments, sentAgain }: Sight): TcpFate {
  if (bytes < TRANSFER_BYTES) return { kind: 'hangs', bytes }
  return { kind: 'done', seconds: (last - begun) / 1e9, fragments, sentAgain }
}
