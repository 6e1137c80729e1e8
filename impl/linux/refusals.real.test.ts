/** What the system refuses, ours beside wireguard-go: datagrams that have no way to go, and a port that somebody else has. */
import { describe, expect, it, vi } from 'vitest'
import { inLab, type Lab, type Namespace } from './testing/lab.ts'
import { until } from './testing/process.ts'
import { type Kind, missing, program } from './testing/programs.ts'
import { note } from './testing/subjects.ts'
import { freshKey, startTunnel, type Tunnel } from './testing/tunnel.ts'

/** Long for a machine that does much else; what must come within it comes in a few seconds. */
vi.setConfig({ testTimeout: 300_000 })

const KINDS: readonly Kind[] = ['ours', 'ours-plain', 'wireguard-go', 'wireguard-go-new']
const NOWHERE = '192.0.2.1'
/** §5.4.2 */
const INITIATION_LENGTH = 148

for (const kind of KINDS) {
  const absent = missing(['ss']) ?? (program(kind) === undefined ? kind : undefined)
  describe.skipIf(absent !== undefined).concurrent(`${kind}${note(absent)}`, () => {
    it('counts no datagram that had no way to go, and those that have one from then on', () =>
      inLab(async lab => {
        const namespace = await lab.namespace('n')
        const { tunnel, peer } = await alone(lab, namespace, kind, 4001)
        // The first initiation is tried when the link comes up, the next five seconds later.
        await until('a refused send', () => /ENETUNREACH|network is unreachable/i.test(tunnel.running.output()))
        expect((await tunnel.peer(peer)).tx).toBe(0)
        await namespace.ip('link add eth0 type veth peer name eth1', 'link set eth0 up', 'link set eth1 up')
        await namespace.ip('addr add 198.51.100.1/24 dev eth0', `route add ${NOWHERE} via 198.51.100.2`)
        // Nobody answers ARP there: the system takes the datagram all the same.
        const tx = await until('an initiation that left', async () => (await tunnel.peer(peer)).tx || undefined)
        expect(tx % INITIATION_LENGTH).toBe(0)
      }))

    it('goes on without its port where somebody has it, and comes up with another', () =>
      inLab(async lab => {
        const namespace = await lab.namespace('n')
        const script = "require('node:dgram').createSocket('udp4').bind(4002, () => console.log('bound'))"
        const holder = await namespace.start(process.execPath, ['-e', script])
        await until('the holder of the port', () => holder.output().includes('bound'))
        const tunnel = await startTunnel(lab, namespace, kind, undefined, { LOG_LEVEL: 'verbose' })
        // wireguard-go has its port open from the start and refuses here; ours, when the link comes up.
        await tunnel.tryWg('set', tunnel.iface, 'listen-port', '4002')
        await tunnel.up([])
        await until('its complaint', () => /ERROR:.*(EADDRINUSE|address already in use)/i.test(tunnel.running.output()))
        expect(await sockets(namespace, 4002)).toBe(1)
        await tunnel.wg('set', tunnel.iface, 'listen-port', '4003')
        await until('both sockets', async () => (await sockets(namespace, 4003)) === 2)
        expect((await tunnel.dump()).listenPort).toBe(4003)
      }))
  })
}

/** A tunnel in a namespace without a way out, with a peer that is to be kept alive. */
async function alone(
  lab: Lab,
  namespace: Namespace,
  kind: Kind,
  listenPort: number,
): Promise<{ tunnel: Tunnel; peer: string }> {
  const tunnel = await startTunnel(lab, namespace, kind, undefined, { LOG_LEVEL: 'verbose' })
  const peer = freshKey().public
  const section = { publicKey: peer, endpoint: `${NOWHERE}:1`, allowedIps: ['10.98.0.2/32'], keepalive: 1 }
  await tunnel.setconf({ privateKey: freshKey().secret, listenPort, peers: [section] })
  await tunnel.up(['10.98.0.1/24'])
  return { tunnel, peer }
}

async function sockets(namespace: Namespace, port: number): Promise<number> {
  return (await namespace.run('ss', ['-Hlun', `sport = :${port}`])).split('\n').filter(Boolean).length
}
