/**
 * The real `wg-quick` with ours as its userspace WireGuard: a client, a server, a full tunnel of both families and a
 * site-to-site file come up, carry packets, and go down; links, addresses, routes, rules and nft tables are then what
 * they were before, compared as whole texts.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { echo, inLab, type Lab, type Namespace } from './testing/lab.ts'
import { PORT } from './testing/pair.ts'
import { until } from './testing/process.ts'
import { type Kind, program } from './testing/programs.ts'
import { contestants, note } from './testing/subjects.ts'
import { pidsIn, removeSocket, SOCKETS } from './testing/sweep.ts'
import { freshIface, freshKey, freshSecret, type KeyPair, type PeerSection, peerLines } from './testing/tunnel.ts'

/** Long for a machine that does much else; what must come within it comes in a few seconds. */
vi.setConfig({ testTimeout: 300_000 })

interface Site {
  readonly namespace: Namespace
  readonly kind: Kind
  readonly iface: string
  readonly keys: KeyPair
}

interface Profile {
  readonly name: string
  /** Of the side under test. */
  readonly address: readonly string[]
  readonly interfaceLines?: readonly string[]
  readonly peer: Partial<PeerSection>
  /** Of the other side. */
  readonly theirs: { readonly address: readonly string[]; readonly peer: Partial<PeerSection> }
  /** From the side under test, and from the other side: what must answer while it is up. */
  readonly reaches: readonly string[]
  readonly reached: readonly string[]
}

const HERE = '10.99.0.1'
const THERE = '10.99.0.2'
const SERVER = { address: ['10.98.0.2/24', 'fd98::2/64'], peer: { allowedIps: ['10.98.0.1/32', 'fd98::1/128'] } }
const PROFILES: readonly Profile[] = [
  {
    name: 'a client',
    address: ['10.98.0.1/32', 'fd98::1/128'],
    peer: { allowedIps: ['10.98.0.0/24', 'fd98::/64'], endpoint: `${THERE}:${PORT}`, keepalive: 25 },
    theirs: SERVER,
    reaches: ['10.98.0.2', 'fd98::2'],
    reached: ['10.98.0.1', 'fd98::1'],
  },
  {
    name: 'a server',
    address: ['10.98.0.1/24', 'fd98::1/64'],
    interfaceLines: ['MTU = 1400', 'PostUp = ip route add 192.0.2.0/24 dev %i', 'PreDown = ip route del 192.0.2.0/24'],
    peer: { allowedIps: ['10.98.0.2/32', 'fd98::2/128'] },
    theirs: {
      address: ['10.98.0.2/32', 'fd98::2/128'],
      peer: { allowedIps: ['10.98.0.0/24', 'fd98::/64'], endpoint: `${HERE}:${PORT}`, keepalive: 1 },
    },
    reaches: ['10.98.0.2', 'fd98::2'],
    reached: ['10.98.0.1', 'fd98::1'],
  },
  {
    name: 'a full tunnel of both families',
    address: ['10.98.0.1/32', 'fd98::1/128'],
    peer: { allowedIps: ['0.0.0.0/0', '::/0'], endpoint: `${THERE}:${PORT}` },
    theirs: { ...SERVER, address: [...SERVER.address, '203.0.113.1/32', '2001:db8::1/128'] },
    reaches: ['10.98.0.2', 'fd98::2', '203.0.113.1', '2001:db8::1'],
    reached: ['10.98.0.1', 'fd98::1'],
  },
  {
    name: 'a site-to-site file',
    address: ['10.98.0.1/31', 'fd98::1/127'],
    interfaceLines: ['Table = auto', 'FwMark = 0x77'],
    peer: { allowedIps: ['10.98.0.2/32', '10.52.0.0/16', 'fd52::/48'], endpoint: `${THERE}:${PORT}` },
    theirs: {
      address: ['10.98.0.2/32', '10.52.0.1/16', 'fd52::1/48'],
      peer: { allowedIps: ['10.98.0.1/32', 'fd98::1/128', '10.51.0.0/16', 'fd51::/48'], endpoint: `${HERE}:${PORT}` },
    },
    reaches: ['10.98.0.2', '10.52.0.1', 'fd52::1'],
    reached: ['10.51.0.1', 'fd51::1'],
  },
]

for (const { subject, other, missing } of await contestants(['wg-quick', 'nft'])) {
  describe.skipIf(missing !== undefined).concurrent(`wg-quick, ${subject} ↔ ${other}${note(missing)}`, () => {
    for (const profile of PROFILES) {
      it(`${profile.name} comes up, works, and leaves nothing behind`, () =>
        inLab(async lab => {
          const [ours, theirs] = await sites(lab, subject, other)
          const psk = freshSecret()
          const before = await settled(ours, theirs)
          const ourFile = quickFile(lab, ours, profile.address, profile.interfaceLines ?? [], {
            ...{ publicKey: theirs.keys.public, presharedKey: psk, allowedIps: [] },
            ...profile.peer,
          })
          const theirFile = quickFile(lab, theirs, profile.theirs.address, [], {
            ...{ publicKey: ours.keys.public, presharedKey: psk, allowedIps: [] },
            ...profile.theirs.peer,
          })
          // Twice: what the first round leaves would stop the second.
          for (let round = 0; round < 2; round++) {
            await Promise.all([quick('up', ours, ourFile), quick('up', theirs, theirFile)])
            const forth = async () => {
              for (const address of profile.reaches) await echo(ours.namespace, address)
            }
            const back = async () => {
              for (const address of profile.reached) await echo(theirs.namespace, address)
            }
            // The side that knows the other's endpoint begins.
            for (const each of profile.peer.endpoint === undefined ? [back, forth] : [forth, back]) await each()
            await Promise.all([quick('down', ours, ourFile), quick('down', theirs, theirFile)])
            await Promise.all([gone(ours), gone(theirs)])
            const after = await settled(ours, theirs, before)
            expect(after).toEqual(before)
          }
        }))
    }
  })
}

/** Each side has a default route and a network of its own behind it, as a real machine has. */
async function sites(lab: Lab, subject: Kind, other: Kind): Promise<[Site, Site]> {
  const [a, b] = await Promise.all([lab.namespace('a'), lab.namespace('b')])
  await lab.cable(
    { namespace: a, device: 'va', addresses: [`${HERE}/24`, 'fd99::1/64'] },
    { namespace: b, device: 'vb', addresses: [`${THERE}/24`, 'fd99::2/64'] },
  )
  await lab.cable(
    { namespace: a, device: 'lan', addresses: ['10.51.0.1/16', 'fd51::1/48'] },
    { namespace: await lab.namespace('lan'), device: 'eth0', addresses: ['10.51.0.2/16'] },
  )
  await a.ip(`route add default via ${THERE}`, 'route add ::/0 via fd99::2')
  await b.ip(`route add default via ${HERE}`, 'route add ::/0 via fd99::1')
  await a.run('nft', ['add', 'table', 'inet', 'mine'])
  await Promise.all([quiet(a), quiet(b)])
  const site = (namespace: Namespace, kind: Kind): Site => ({ namespace, kind, iface: freshIface(), keys: freshKey() })
  return [site(a, subject), site(b, other)]
}

function quickFile(
  lab: Lab,
  site: Site,
  address: readonly string[],
  more: readonly string[],
  peer: PeerSection,
): string {
  const lines = [
    '[Interface]',
    `PrivateKey = ${site.keys.secret}`,
    `ListenPort = ${PORT}`,
    `Address = ${address.join(', ')}`,
    ...more,
    '',
    ...peerLines(peer),
  ]
  return lab.file(`${site.iface}.conf`, `${lines.join('\n')}\n`)
}

/** wg-quick wants one word: a script that starts the program of the kind. */
async function quick(what: 'up' | 'down', site: Site, file: string): Promise<void> {
  const found = program(site.kind)
  if (found === undefined) throw new Error(`${site.kind} is not on this machine`)
  const words = [found.command, ...found.background('@')].map(word => (word === '@' ? '"$1"' : `'${word}'`))
  const script = join(file, '..', `start-${site.iface}`)
  if (!existsSync(script)) writeFileSync(script, `#!/bin/sh\nexec ${words.join(' ')}\n`, { mode: 0o700 })
  const options = { env: { ...found.env, WG_QUICK_USERSPACE_IMPLEMENTATION: script }, timeout_ms: 180_000 }
  // A wg elsewhere removes a socket that is bound and does not listen yet; the programs of others may fall to that.
  for (let left = site.kind.startsWith('ours') ? 0 : 2; left > 0; left--)
    if ((await site.namespace.attempt('wg-quick', [what, file], options)).status === 0) return
  await site.namespace.run('wg-quick', [what, file], options)
}

/** The program, its interface and its socket, which the programs of others sometimes leave. */
async function gone(site: Site): Promise<void> {
  await until(`the end of ${site.kind}`, () => {
    const left = pidsIn(site.namespace.name)
    if (left.length > 0) throw new Error(`still running: ${left.join(' ')}`)
    if (!site.kind.startsWith('ours')) removeSocket(site.iface)
    return !existsSync(join(SOCKETS, `${site.iface}.sock`))
  })
}

/** Cables carry, and link-local addresses are there: nothing changes any more by itself. */
async function quiet(namespace: Namespace): Promise<void> {
  await until('the links', async () => {
    const links = await namespace.run('ip', ['-br', 'addr'])
    return links
      .trimEnd()
      .split('\n')
      .every(line => line.startsWith('lo ') || (/ UP /.test(line) && line.includes('fe80:')))
  })
}

/** Read until two readings are the same, or one is what is hoped for: what the kernel still does in the background ends. */
async function settled(a: Site, b: Site, hoped?: readonly Record<string, string>[]) {
  const read = () => Promise.all([a, b].map(each => everything(each.namespace)))
  let last = await read()
  for (let tries = 0; tries < 300; tries++) {
    await new Promise(resolve => setTimeout(resolve, 100))
    const next = await read()
    if (hoped === undefined ? isDeepStrictEqual(last, next) : isDeepStrictEqual(next, hoped)) return next
    last = next
  }
  return last
}

/** Links, addresses, routes, rules and nft tables, as texts. */
async function everything(namespace: Namespace): Promise<Record<string, string>> {
  const commands: Readonly<Record<string, readonly string[]>> = {
    links: ['ip', '-br', 'link'],
    addresses: ['ip', '-o', 'addr'],
    routes4: ['ip', '-4', 'route', 'show', 'table', 'all'],
    routes6: ['ip', '-6', 'route', 'show', 'table', 'all'],
    rules4: ['ip', '-4', 'rule'],
    rules6: ['ip', '-6', 'rule'],
    nft: ['nft', 'list', 'ruleset'],
  }
  const texts = Object.entries(commands).map(
    async ([name, [command = '', ...args]]) => [name, await namespace.run(command, args)] as const,
  )
  return Object.fromEntries(await Promise.all(texts))
}
