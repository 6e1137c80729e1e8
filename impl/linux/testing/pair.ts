/** Two namespaces, an underlay of both families, a WireGuard in each, one configured to know the other's endpoint. */
import { echo, type Lab, type Namespace } from './lab.ts'
import type { Kind } from './programs.ts'
import { freshKey, freshSecret, type KeyPair, type PeerSection, startTunnel, type Tunnel } from './tunnel.ts'

export interface PairOptions {
  /** First the one with the endpoint, which starts the handshake; then the one that learns it. */
  readonly kinds: readonly [Kind, Kind]
  /** Of the underlay. Default 4. */
  readonly family?: 4 | 6
  readonly psk?: boolean
  readonly keepalive?: number
  /** A router between the two, so that addresses behind it may change. */
  readonly routed?: boolean
  readonly mtu?: number
  /** For both programs. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Side {
  readonly namespace: Namespace
  readonly tunnel: Tunnel
  readonly keys: KeyPair
  /** Of the cable: `va` and `vb`. */
  readonly device: string
  readonly inner4: string
  readonly inner6: string
  readonly outer4: string
  readonly outer6: string
}

export interface Pair {
  readonly lab: Lab
  readonly a: Side
  readonly b: Side
  readonly psk: string | undefined
  readonly router: Namespace | undefined
}

/** Underlay of both families; with a router each side has a network of its own. */
const OUTER = {
  direct: { a4: '10.99.0.1', b4: '10.99.0.2', a6: 'fd99::1', b6: 'fd99::2' },
  routed: { a4: '10.99.1.2', b4: '10.99.2.2', a6: 'fd99:1::2', b6: 'fd99:2::2' },
}
export const PORT = 51820

/** Sets everything up; the first packet starts the handshake. */
export async function openPair(lab: Lab, options: PairOptions): Promise<Pair> {
  const { a, b, router } = await underlay(lab, options.routed === true)
  const outer = options.routed === true ? OUTER.routed : OUTER.direct
  const [tunnelA, tunnelB] = await Promise.all([
    startTunnel(lab, a, options.kinds[0], undefined, options.env),
    startTunnel(lab, b, options.kinds[1], undefined, options.env),
  ])
  const pair: Pair = {
    lab,
    psk: options.psk === true ? freshSecret() : undefined,
    router,
    a: side(a, tunnelA, 'va', 1, outer.a4, outer.a6),
    b: side(b, tunnelB, 'vb', 2, outer.b4, outer.b6),
  }
  const endpoint = endpointOf(pair.b, options.family ?? 4)
  const keepalive = options.keepalive === undefined ? {} : { keepalive: options.keepalive }
  // The one that waits first: no initiation is lost.
  await configure(pair, pair.b, {}, options.mtu)
  await configure(pair, pair.a, { endpoint, ...keepalive }, options.mtu)
  return pair
}

/** `address:port` of a side's cable. */
export function endpointOf(side: Side, family: 4 | 6): string {
  return family === 4 ? `${side.outer4}:${PORT}` : `[${side.outer6}]:${PORT}`
}

/** What a side says of the other in its [Peer] section. */
export function peerOf(pair: Pair, other: Side): PeerSection {
  return {
    publicKey: other.keys.public,
    allowedIps: [`${other.inner4}/32`, `${other.inner6}/128`],
    ...(pair.psk === undefined ? {} : { presharedKey: pair.psk }),
  }
}

/** One echo from a side to the other through the tunnel, tried until it comes back. */
export async function ping(from: Side, to: Side, family: 4 | 6 = 4, deadline_ms?: number): Promise<void> {
  await echo(from.namespace, family === 4 ? to.inner4 : to.inner6, deadline_ms)
}

async function configure(pair: Pair, side: Side, more: Partial<PeerSection>, mtu = 1420): Promise<void> {
  const other = side === pair.a ? pair.b : pair.a
  const peer = { ...peerOf(pair, other), ...more }
  await side.tunnel.setconf({ privateKey: side.keys.secret, listenPort: PORT, peers: [peer] })
  await side.tunnel.up([`${side.inner4}/24`, `${side.inner6}/64`], mtu)
}

async function underlay(lab: Lab, routed: boolean) {
  const [a, b] = await Promise.all([lab.namespace('a'), lab.namespace('b')])
  if (!routed) {
    const { a4, a6, b4, b6 } = OUTER.direct
    const end = (namespace: Namespace, device: string, v4: string, v6: string) => ({
      ...{ namespace, device, addresses: [`${v4}/24`, `${v6}/64`] },
    })
    await lab.cable(end(a, 'va', a4, a6), end(b, 'vb', b4, b6))
    return { a, b, router: undefined }
  }
  const router = await lab.namespace('r')
  for (const [n, [namespace, device]] of (
    [
      [a, 'va'],
      [b, 'vb'],
    ] as const
  ).entries()) {
    const net = n + 1
    await lab.cable(
      { namespace, device, addresses: [`10.99.${net}.2/24`, `fd99:${net}::2/64`] },
      { namespace: router, device: `r${net}`, addresses: [`10.99.${net}.1/24`, `fd99:${net}::1/64`] },
    )
    await namespace.ip(`route add default via 10.99.${net}.1`, `route add ::/0 via fd99:${net}::1`)
  }
  await router.run('sysctl', ['-q', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'])
  return { a, b, router }
}

function side(namespace: Namespace, tunnel: Tunnel, device: string, n: number, outer4: string, outer6: string): Side {
  const inner = { inner4: `10.98.0.${n}`, inner6: `fd98::${n}` }
  return { namespace, tunnel, keys: freshKey(), device, ...inner, outer4, outer6 }
}
