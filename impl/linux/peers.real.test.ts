/**
 * One, a hundred and a thousand peers, configured by `wg setconf`: a sample of them connects at once, each to its own
 * addresses, and `wg show` gives back what was set.
 */
import { describe, expect, it, vi } from 'vitest'
import { echo, inLab, type Lab, type Namespace } from './testing/lab.ts'
import { PORT } from './testing/pair.ts'
import type { Kind } from './testing/programs.ts'
import { contestants, note } from './testing/subjects.ts'
import { freshKey, freshSecret, type KeyPair, type PeerSection, startTunnel, type Tunnel } from './testing/tunnel.ts'

/** Long for a machine that does much else; what must come within it comes in a few seconds. */
vi.setConfig({ testTimeout: 300_000 })

interface Guest {
  readonly keys: KeyPair
  readonly section: PeerSection
  readonly inner4: string
  readonly inner6: string
}

for (const { subject, other, missing } of await contestants()) {
  describe.skipIf(missing !== undefined).concurrent(`${subject} ↔ ${other}, many peers${note(missing)}`, () => {
    for (const count of [1, 100, 1000]) {
      it(`${subject} holds ${count} peers of ${other}`, () => inLab(lab => hold(lab, subject, other, count)))
    }
    it.skipIf(subject === other)(`${other} holds 100 peers of ${subject}`, () =>
      inLab(lab => hold(lab, other, subject, 100)),
    )
  })
}

async function hold(lab: Lab, server: Kind, client: Kind, count: number): Promise<void> {
  const keys = freshKey()
  const guests = Array.from({ length: count }, (_, n) => guest(n, server))
  const sample = [...new Set([0, count >> 1, count - 1])].flatMap(n => guests[n] ?? [])
  const hub = await lab.namespace('hub')
  const namespaces = await Promise.all(sample.map((_, n) => spoke(lab, hub, n)))
  const [held, ...tunnels] = await Promise.all([
    startTunnel(lab, hub, server),
    ...namespaces.map(each => startTunnel(lab, each, client)),
  ])
  await held.setconf({ privateKey: keys.secret, listenPort: PORT, peers: guests.map(each => each.section) })
  await held.up(['10.98.255.1/16', 'fd98::ffff:1/64'])
  await expectSections(held, guests)
  await Promise.all(tunnels.map((tunnel, n) => connect(tunnel, sample[n] ?? guest(0, server), keys.public, n)))
  const used = (await held.dump()).peers.filter(each => each.endpoint !== '(none)')
  expect(used.map(each => each.publicKey).sort()).toEqual(sample.map(each => each.keys.public).sort())
}

async function connect(tunnel: Tunnel, self: Guest, server: string, n: number): Promise<void> {
  const peer: PeerSection = {
    publicKey: server,
    ...(self.section.presharedKey === undefined ? {} : { presharedKey: self.section.presharedKey }),
    endpoint: `10.99.${n}.1:${PORT}`,
    allowedIps: ['10.98.0.0/16', 'fd98::/64'],
  }
  await tunnel.setconf({ privateKey: self.keys.secret, peers: [peer] })
  await tunnel.up([`${self.inner4}/16`, `${self.inner6}/64`])
  for (const address of ['10.98.255.1', 'fd98::ffff:1']) await echo(tunnel.namespace, address)
}

/** Everything that was set comes back, in the sections' order or another. */
async function expectSections(tunnel: Tunnel, guests: readonly Guest[]): Promise<void> {
  // boringtun never tells a PSK.
  const psk = (each: PeerSection) => (tunnel.kind === 'boringtun' ? '' : (each.presharedKey ?? '(none)'))
  const line = (each: PeerSection) => `${each.publicKey} ${psk(each)} ${[...each.allowedIps].sort().join(',')}`
  const peers = (await tunnel.dump()).peers.map(each =>
    line({ publicKey: each.publicKey, presharedKey: each.presharedKey, allowedIps: each.allowedIps.split(',') }),
  )
  expect(peers.sort()).toEqual(guests.map(each => line(each.section)).sort())
}

/** Every second one has a PSK. boringtun gives the PSK of a peer to the next that has none, so there all have one. */
function guest(n: number, server: Kind): Guest {
  const keys = freshKey()
  const [inner4, inner6] = [`10.98.${n >> 8}.${n & 255}`, `fd98::1:${(n + 1).toString(16)}`]
  const psk = n % 2 === 1 || server === 'boringtun' ? { presharedKey: freshSecret() } : {}
  return {
    keys,
    inner4,
    inner6,
    section: { publicKey: keys.public, ...psk, allowedIps: [`${inner4}/32`, `${inner6}/128`] },
  }
}

async function spoke(lab: Lab, hub: Namespace, n: number): Promise<Namespace> {
  const namespace = await lab.namespace(`s${n}`)
  await lab.cable(
    { namespace: hub, device: `h${n}`, addresses: [`10.99.${n}.1/24`] },
    { namespace, device: 'eth0', addresses: [`10.99.${n}.2/24`] },
  )
  return namespace
}
