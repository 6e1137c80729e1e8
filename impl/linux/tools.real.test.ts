/** Debian's wg on ours and on wireguard-go: the same commands give the same texts. */
import { describe, expect, it } from 'vitest'
import { inLab, type Lab, type Namespace } from './testing/lab.ts'
import { type Kind, missing, program } from './testing/programs.ts'
import { note } from './testing/subjects.ts'
import { configText, freshKey, freshSecret, type PeerSection, startTunnel, type Tunnel } from './testing/tunnel.ts'

const REFERENCE: Kind = 'wireguard-go'
const lacking = missing() ?? (program(REFERENCE) === undefined ? REFERENCE : undefined)
const OWN = freshKey()
const OTHER_OWN = freshKey()
const PEERS: readonly PeerSection[] = [
  {
    publicKey: freshKey().public,
    allowedIps: ['10.1.0.0/16', 'fd01::/32'],
    endpoint: '192.0.2.1:51820',
    keepalive: 25,
  },
  {
    publicKey: freshKey().public,
    allowedIps: ['10.2.0.0/16'],
    endpoint: '[2001:db8::1]:7',
    presharedKey: freshSecret(),
  },
  { publicKey: freshKey().public, allowedIps: ['0.0.0.0/0', '::/0'] },
]
const [FIRST, SECOND, THIRD] = PEERS.map(each => each.publicKey)

/** Names of files, as they are below. */
const FILES: Readonly<Record<string, string>> = {
  all: configText({ privateKey: OWN.secret, listenPort: 4001, peers: PEERS }),
  one: configText({ privateKey: OTHER_OWN.secret, listenPort: 4002, peers: PEERS.slice(1, 2) }),
  bare: `[Interface]\nPrivateKey = ${OWN.secret}\nListenPort = 4003\nFwMark = 0x22\n\n[Peer]\nPublicKey = ${SECOND}\nAllowedIPs = 10.2.3.0/24\n`,
  psk: freshSecret(),
  empty: '',
}

/** `%` is the interface, `@name` a file. Each step's output, and what `show` tells after it, are compared. */
const STEPS: readonly string[] = [
  'setconf % @all',
  'set % fwmark 0x1234',
  `set % peer ${FIRST} allowed-ips 10.9.0.0/16,10.8.0.0/15`,
  `set % peer ${THIRD} endpoint 198.51.100.1:9 persistent-keepalive 10 preshared-key @psk`,
  `set % peer ${SECOND} preshared-key @empty persistent-keepalive off`,
  `set % peer ${FIRST} remove`,
  'addconf % @all',
  'syncconf % @one',
  'syncconf % @bare',
  'syncconf % @all',
  'setconf % @one',
  'set % listen-port 0 fwmark off',
  'set % listen-port 4004 private-key @empty',
  `set % peer ${FIRST} allowed-ips 0.0.0.0/0,::/0 endpoint 192.0.2.7:1`,
  `set % peer ${OWN.public} allowed-ips 10.0.0.0/8`,
  'setconf % @bare',
  'set % peer nonsense allowed-ips 10.0.0.0/8',
  'set % listen-port 70000',
]
const VIEWS = ['public-key', 'private-key', 'listen-port', 'fwmark', 'peers', 'preshared-keys', 'endpoints'] as const
const MORE_VIEWS = ['allowed-ips', 'latest-handshakes', 'persistent-keepalive', 'dump'] as const

describe.skipIf(lacking !== undefined)(`wg on ours and on ${REFERENCE}${note(lacking)}`, () => {
  for (const kind of ['ours', 'ours-plain'] as const) {
    it(
      `${kind}: set, setconf, addconf, syncconf, showconf and every show`,
      () =>
        inLab(async lab => {
          // The ports are the same: each has a namespace.
          const [here, there] = await Promise.all([lab.namespace('a'), lab.namespace('b')])
          const [ours, theirs] = await Promise.all([startTunnel(lab, here, kind), startTunnel(lab, there, REFERENCE)])
          for (const [name, text] of Object.entries(FILES)) lab.file(name, text)
          for (const tunnel of [ours, theirs]) await tunnel.up([])
          for (const step of STEPS) {
            const [told, known] = await Promise.all([ours, theirs].map(tunnel => perform(lab, tunnel, step)))
            expect({ step, ...told }).toEqual({ step, ...known })
          }
        }),
      300_000,
    )
  }
})

async function perform(lab: Lab, tunnel: Tunnel, step: string): Promise<Record<string, unknown>> {
  const args = step.split(' ').map(word => (word === '%' ? tunnel.iface : word.replace(/^@/, `${lab.folder}/`)))
  const { status, stdout, stderr } = await tunnel.tryWg(...args)
  // `listen-port 0` is a port of chance.
  const chance = (text: string) => {
    // Nobody is there: how many initiations were sent by now is chance.
    const still = text.replaceAll(/\n +transfer: .*/g, '').replaceAll(/\t0\t\d+(?=\t(off|\d+)(\n|$))/g, '\t0\tSENT')
    return step.includes('listen-port 0') ? still.replaceAll(/\b\d{5}\b/g, 'PORT') : still
  }
  const show = async (view: string) => chance(sorted(await wg(tunnel.namespace, 'show', tunnel.iface, view)))
  const shown: Record<string, string> = {}
  for (const view of [...VIEWS, ...MORE_VIEWS]) shown[view] = await show(view)
  const conf = sections(await wg(tunnel.namespace, 'showconf', tunnel.iface))
  const pretty = sections((await wg(tunnel.namespace, 'show', tunnel.iface)).replaceAll(tunnel.iface, 'wg'))
  return { status, stdout, stderr, ...shown, conf: conf.map(chance), pretty: pretty.map(chance) }
}

function wg(namespace: Namespace, ...args: readonly string[]): Promise<string> {
  return namespace.run('wg', args, { env: { WG_COLOR_MODE: 'never' } })
}

/** wireguard-go tells peers and allowed IPs in no order. */
function sorted(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map(line => line.split('\t').map(words).join('\t'))
    .sort()
    .join('\n')
}

function sections(text: string): string[] {
  return text
    .trimEnd()
    .split('\n\n')
    .map(section => section.split('\n').map(words).join('\n'))
    .sort()
}

/** The words of a list with commas or spaces, sorted, with what stands before it. */
function words(text: string): string {
  const [, head = '', list = ''] = /^(.*[:=] )?(.*)$/s.exec(text) ?? []
  return (
    head +
    list
      .split(/,? /)
      .flatMap(each => each.split(','))
      .sort()
      .join(', ')
  )
}
