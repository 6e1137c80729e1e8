import fc from 'fast-check'
import { expect, test } from 'vitest'
import { noble } from '../impl/crypto/noble.ts'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'
import { replaceLiteralKeys } from './literalkeys.ts'

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const secretOf = (n: number): string => base64(new Uint8Array(32).fill(n))
const publicOf = (n: number): string => base64(noble.privateKey(new Uint8Array(32).fill(n)).publicKey)

function scenarioOf(
  texts: Readonly<Record<string, Readonly<Record<string, string>>>>,
  commands: readonly string[] = [],
): Scenario {
  return {
    schema: 'wglab/scenario@1',
    title: 'keys',
    duration: '1s',
    networks: {},
    hosts: Object.fromEntries(Object.entries(texts).map(([name, wg]) => [name, { interfaces: {}, wg }])),
    steps: commands.map(command => ({ do: 'run', at: '0s', host: 'a', command })),
    expect: [{ see: 'received', host: 'a', what: 'fragment', count: 0 }],
  }
}

test('private keys by the host, public keys by the private ones, preshared keys equal to equal, strangers by number', () => {
  const { scenario, warnings } = replaceLiteralKeys(
    scenarioOf(
      {
        server: {
          wg0: `# my key is ${secretOf(1)}
[Interface]
PrivateKey = ${secretOf(1)} # do not show
ListenPort = 51820
PostUp = wg set %i peer ${publicOf(9)} allowed-ips 10.9.0.0/16

[Peer]
PublicKey = ${publicOf(2)}
PresharedKey = ${secretOf(77)}

[Peer]
publickey=${publicOf(3)}
PresharedKey=${secretOf(78)}

[Peer]
PublicKey = ${publicOf(9)}
PresharedKey = ${secretOf(77)}
`,
        },
        laptop: {
          wg0: `[Interface]\nPrivate Key = ${secretOf(2).slice(0, 20)} ${secretOf(2).slice(20)}\n[Peer]\nPublicKey = ${publicOf(1)}\nPresharedKey = ${secretOf(77)}`,
          wg1: `[Interface]\nPrivateKey = ${secretOf(3)}\n[Peer]\nPublicKey = ${publicOf(8)}`,
        },
      },
      [`wg set wg0 peer ${publicOf(2)} remove`, 'wg show'],
    ),
    noble,
  )
  expect(scenario.hosts['server']?.wg?.['wg0']).toBe(`# my key is <server>
[Interface]
PrivateKey = <server> # do not show
ListenPort = 51820
PostUp = wg set %i peer <unknown-1.pub> allowed-ips 10.9.0.0/16

[Peer]
PublicKey = <laptop-wg0.pub>
PresharedKey = <shared-1.psk>

[Peer]
publickey = <laptop-wg1.pub>
PresharedKey = <shared-2.psk>

[Peer]
PublicKey = <unknown-1.pub>
PresharedKey = <shared-1.psk>
`)
  expect(scenario.hosts['laptop']?.wg).toEqual({
    wg0: '[Interface]\nPrivateKey = <laptop-wg0>\n[Peer]\nPublicKey = <server.pub>\nPresharedKey = <shared-1.psk>',
    wg1: '[Interface]\nPrivateKey = <laptop-wg1>\n[Peer]\nPublicKey = <unknown-2.pub>',
  })
  expect(scenario.steps.map(step => (step.do === 'run' ? step.command : ''))).toEqual([
    'wg set wg0 peer <laptop-wg0.pub> remove',
    'wg show',
  ])
  expect(warnings).toEqual([
    'server: wg0.conf:5: no host of the scenario has this key; it goes by the name unknown-1',
    'laptop: wg1.conf:4: no host of the scenario has this key; it goes by the name unknown-2',
  ])
})

test('names that the scenario uses already stay theirs', () => {
  const { scenario } = replaceLiteralKeys(
    scenarioOf({
      a: {
        wg0: `[Interface]\nPrivateKey = ${secretOf(1)}\n[Peer]\nPublicKey = <b.pub>\nPresharedKey = ${secretOf(5)}`,
      },
      b: { wg0: `[Interface]\nPrivateKey = <a>\n[Peer]\nPublicKey = ${publicOf(1)}\nPresharedKey = <shared-1.psk>` },
    }),
    noble,
  )
  expect(scenario.hosts['a']?.wg?.['wg0']).toBe(
    '[Interface]\nPrivateKey = <a-2>\n[Peer]\nPublicKey = <b.pub>\nPresharedKey = <shared-1-2.psk>',
  )
  expect(scenario.hosts['b']?.wg?.['wg0']).toBe(
    '[Interface]\nPrivateKey = <a>\n[Peer]\nPublicKey = <a-2.pub>\nPresharedKey = <shared-1.psk>',
  )
})

test('one private key on two machines stays one, with a warning; a private key as a public one is named', () => {
  const { scenario, warnings } = replaceLiteralKeys(
    scenarioOf({
      a: { wg0: `[Interface]\nPrivateKey = ${secretOf(1)}\n[Peer]\nPublicKey = ${secretOf(1)}` },
      b: { wg0: `[Interface]\nPrivateKey = ${secretOf(1)}` },
    }),
    noble,
  )
  expect(scenario.hosts['a']?.wg?.['wg0']).toBe('[Interface]\nPrivateKey = <a>\n[Peer]\nPublicKey = <unknown-1.pub>')
  expect(scenario.hosts['b']?.wg?.['wg0']).toBe('[Interface]\nPrivateKey = <a>')
  expect(warnings).toEqual([
    'b: wg0.conf has the same PrivateKey as a: one key, two machines',
    'a: wg0.conf:4: this PublicKey is the private key of a (write `wg pubkey` of it)',
    'a: wg0.conf:4: no host of the scenario has this key; it goes by the name unknown-1',
  ])
})

test('points of low order stand for themselves; a scenario without literal keys is left as it is', () => {
  const zero = secretOf(0)
  const text = `[Interface]\nPrivateKey = <a>\n[Peer]\nPublicKey = ${zero}\nPresharedKey = ${zero}`
  expect(replaceLiteralKeys(scenarioOf({ a: { wg0: text } }), noble).scenario.hosts['a']?.wg?.['wg0']).toBe(text)
  const named = scenarioOf({ a: { wg0: '[Interface]\nPrivateKey = <a>' } })
  expect(replaceLiteralKeys(named, noble)).toEqual({ scenario: named, warnings: [] })
})

test('nothing literal survives, wherever it stands', () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(base64)
  const line = (key: string): fc.Arbitrary<string> =>
    fc.constantFrom(
      `PrivateKey = ${key}`,
      `PrivateKey=${key}#${key}`,
      `Private Key =  ${key.slice(0, 7)} ${key.slice(7)}`,
      `PublicKey = ${key}`,
      `\tPRESHAREDKEY\t=\t${key}\t# ${key}`,
      `# ${key}`,
      `PostUp = echo ${key} > /tmp/key; wg set %i private-key /tmp/key`,
      `PostUp = wg set %i peer "${key}" allowed-ips 0.0.0.0/0`,
      `Nonsense ${key}`,
    )
  const lines = fc.array(
    key.chain(text => fc.tuple(fc.constant(text), line(text))),
    { minLength: 1, maxLength: 8 },
  )
  fc.assert(
    fc.property(lines, lines, (first, second) => {
      const text = (items: readonly (readonly [string, string])[]): string => items.map(([, line]) => line).join('\n')
      const before = scenarioOf({ a: { wg0: text(first) }, b: { wg0: text(second) } }, [
        `wg set wg0 peer ${first[0]![0]}`,
      ])
      const after = replaceLiteralKeys(before, nodeCrypto)
      const shown = JSON.stringify(after).replaceAll(/\s/g, '')
      for (const [secret] of [...first, ...second]) expect(shown).not.toContain(secret)
    }),
  )
})
