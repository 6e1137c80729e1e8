/**
 * Ours against the WireGuards of others, in network namespaces, configured by the real wg: both roles, both families of
 * the underlay, PSK, roaming, changed keys under load. Skipped, with its reason, where something is missing.
 */
import { describe, expect, it, vi } from 'vitest'
import { exchange } from './testing/exchange.ts'
import { inLab, type Namespace } from './testing/lab.ts'
import { endpointOf, openPair, type Pair, PORT, peerOf, ping } from './testing/pair.ts'
import { until } from './testing/process.ts'
import { type Kind, which } from './testing/programs.ts'
import { contestants, note } from './testing/subjects.ts'
import { freshKey } from './testing/tunnel.ts'

/** Long for a machine that does much else; what must come within it comes in a few seconds. */
vi.setConfig({ testTimeout: 300_000 })

/** Bytes of message type 1, §5.4.2. */
const INITIATION_LENGTH = 148
/** With two roles and two families, the PSK is on in half of the cases, and each in each role and family once. */
const CASES = [
  { role: 'initiator', family: 4, psk: false },
  { role: 'initiator', family: 6, psk: true },
  { role: 'responder', family: 4, psk: true },
  { role: 'responder', family: 6, psk: false },
] as const

for (const { subject, other, missing } of await contestants()) {
  describe.skipIf(missing !== undefined).concurrent(`${subject} ↔ ${other}${note(missing)}`, () => {
    for (const { role, family, psk } of CASES) {
      const kinds: readonly [Kind, Kind] = role === 'initiator' ? [subject, other] : [other, subject]
      it(`bytes both ways, ${subject} is the ${role}, IPv${family} outside, ${psk ? 'PSK' : 'no PSK'}`, () =>
        inLab(async lab => {
          const pair = await openPair(lab, { kinds, family, psk })
          await ping(pair.a, pair.b, 4)
          await ping(pair.b, pair.a, 6)
          // boringtun counts what is inside alone.
          if (!kinds.includes('boringtun')) await sameCounts(pair)
          await Promise.all([exchange(pair.a, pair.b, 4), exchange(pair.b, pair.a, 6)])
          const known = await pair.b.tunnel.peer(pair.a.keys.public)
          expect(known.endpoint).toBe(endpointOf(pair.a, family))
          // boringtun tells the seconds since.
          if (kinds[1] !== 'boringtun') expect(known.latestHandshake).toBeGreaterThan(0)
        }))
    }

    // boringtun's connected sockets keep the address that is gone.
    for (const role of ['initiator', 'responder'] as const) {
      it.skipIf(subject === 'boringtun')(`${subject} moves to another address, as the ${role}`, () =>
        inLab(async lab => {
          const kinds: readonly [Kind, Kind] = role === 'initiator' ? [subject, other] : [other, subject]
          const { a, b } = await openPair(lab, { kinds, routed: true })
          await ping(a, b)
          const [mover, stayer] = role === 'initiator' ? [a, b] : [b, a]
          const [from, to] = [mover.outer4, mover.outer4.replace(/2$/, '77')]
          await mover.namespace.ip(
            `addr del ${from}/24 dev ${mover.device}`,
            `addr add ${to}/24 dev ${mover.device}`,
            `route replace default via ${from.replace(/2$/, '1')}`,
          )
          // The side that moved speaks first: nobody else knows where it is. An old wireguard-go needs 15 s.
          await ping(mover, stayer)
          expect((await stayer.tunnel.peer(mover.keys.public)).endpoint).toBe(`${to}:${PORT}`)
          await ping(stayer, mover)
        }),
      )
    }

    it.skipIf(which('nft') === undefined)(`${other}'s address changes on the way (with nft)`, () =>
      inLab(async lab => {
        const { a, b, router } = await openPair(lab, { kinds: [other, subject], routed: true })
        await ping(a, b)
        for (const seen of ['10.99.1.201', '10.99.1.202']) {
          await readdress(router, a.outer4, seen)
          await ping(a, b)
          expect((await b.tunnel.peer(a.keys.public)).endpoint).toBe(`${seen}:${PORT}`)
          await ping(b, a)
        }
      }),
    )

    // boringtun can not change a peer's endpoint; Node's datagrams have no source of one's choice.
    for (const family of [4, 6] as const) {
      it.skipIf([subject, other].some(kind => kind === 'boringtun' || kind === 'ours-plain'))(
        `${subject} of two IPv${family} addresses answers from the one it is asked at`,
        () =>
          inLab(async lab => {
            const { a, b } = await openPair(lab, { kinds: [other, subject], family })
            const second = (family === 4 ? b.outer4 : b.outer6).replace(/2$/, '3')
            await b.namespace.ip(`addr add ${second}/${family === 4 ? 24 : 64} dev ${b.device}`)
            const endpoint = family === 4 ? `${second}:${PORT}` : `[${second}]:${PORT}`
            await a.tunnel.wg('set', a.tunnel.iface, 'peer', b.keys.public, 'endpoint', endpoint)
            await ping(a, b)
            await ping(b, a)
            expect((await a.tunnel.peer(b.keys.public)).endpoint).toBe(endpoint)
          }),
      )
    }

    it('the keys of one side change while packets flow', () =>
      inLab(async lab => {
        const pair = await openPair(lab, { kinds: [subject, other], psk: true })
        const { a, b } = pair
        await ping(a, b)
        const load = await a.namespace.start('ping', ['-f', '-i0.002', '-s1000', '-w600', b.inner4])
        for (let round = 0; round < 3; round++) await changeKeys(pair, round)
        await load.stop('SIGINT')
        expect(counts(load.output()).received).toBeGreaterThan(0)
        await ping(b, a)
      }))
  })
}

/** The old peer goes, one with a new key comes; the other side changes its private key. The load goes on. */
async function changeKeys(pair: Pair, round: number): Promise<void> {
  const { a, b, lab } = pair
  const keys = freshKey()
  const before = (await b.tunnel.dump()).peers[0]?.publicKey ?? ''
  const section = { ...peerOf(pair, { ...a, keys }) }
  const psk = lab.file(`psk${round}`, pair.psk ?? '')
  await b.tunnel.wg('set', b.tunnel.iface, 'peer', before, 'remove')
  await b.tunnel.wg(
    ...['set', b.tunnel.iface, 'peer', keys.public, 'preshared-key', psk],
    ...['allowed-ips', section.allowedIps.join(',')],
  )
  await a.tunnel.wg('set', a.tunnel.iface, 'private-key', lab.file(`key${round}`, keys.secret))
  await until('traffic under the new key', async () => (await b.tunnel.peer(keys.public)).rx > 5_000)
}

/** The router shows the world another address for one behind it, statelessly, from one packet to the next. */
async function readdress(router: Namespace | undefined, inside: string, outside: string): Promise<void> {
  const table = [
    'add table ip lab',
    'delete table ip lab',
    'add table ip lab',
    'add chain ip lab pre { type filter hook prerouting priority -300; }',
    `add rule ip lab pre ip saddr ${inside} ip saddr set ${outside}`,
    `add rule ip lab pre ip daddr ${outside} ip daddr set ${inside}`,
  ]
  await router?.run('nft', ['-f', '-'], { input: `${table.join('\n')}\n` })
}

/**
 * What one counts as sent the other counts as received, to the byte, once nothing is on its way. The first initiations
 * may have come before the other was up.
 */
async function sameCounts({ a, b }: Pair): Promise<void> {
  await until('equal counters', async () => {
    const [atA, atB] = await Promise.all([a.tunnel.peer(b.keys.public), b.tunnel.peer(a.keys.public)])
    const early = atA.tx - atB.rx
    if (early < 0 || early % INITIATION_LENGTH !== 0 || atA.rx !== atB.tx)
      throw new Error(`sent ${atA.tx} received ${atB.rx}, sent ${atB.tx} received ${atA.rx}`)
    return true
  })
}

/** What ping says at its end. */
function counts(text: string) {
  const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(text)?.map(Number) ?? []
  if (sent === undefined || received === undefined) throw new Error(`ping told no counts: ${text}`)
  return { received, lost: sent - received }
}
