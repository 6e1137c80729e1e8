/** Keys of a user's own file reach nothing that is written or said; keys of a run reach its capture alone. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'
import { KeyRing } from '../sim/keys.ts'
import { runOne } from './evidence.ts'

const folder = mkdtempSync(join(tmpdir(), 'wglab-secrets-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const secret = (fill: number) => new Uint8Array(32).map((_, n) => (n * 7 + fill) & 0xff)
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const [alice, bob, psk] = [secret(8), secret(72), secret(136)]
const publicOf = (key: Uint8Array) => base64(nodeCrypto.privateKey(key).publicKey)

const literal: Scenario = {
  schema: 'wglab/scenario@1',
  title: 'keys as they stand in /etc/wireguard',
  duration: '5s',
  networks: { internet: {} },
  hosts: {
    alice: {
      interfaces: { internet: '198.51.100.1' },
      wg: {
        wg0: `[Interface]\nPrivateKey = ${base64(alice)}\nAddress = 10.0.0.1/24\n[Peer]\nPublicKey = ${publicOf(bob)}\nPresharedKey = ${base64(psk)}\nEndpoint = 203.0.113.2:51820\nAllowedIPs = 10.0.0.2/32\n`,
      },
    },
    bob: {
      interfaces: { internet: '203.0.113.2' },
      wg: {
        wg0: `[Interface]\nPrivateKey = ${base64(bob)}\nListenPort = 51820\nAddress = 10.0.0.2/24\n[Peer]\nPublicKey = ${publicOf(alice)}\nPresharedKey = ${base64(psk)}\nAllowedIPs = 10.0.0.1/32\n`,
      },
    },
  },
  steps: [{ do: 'ping', at: '1s', name: 'hello', from: 'alice', to: '10.0.0.2' }],
  expect: [{ see: 'delivered', step: 'hello' }],
}

it('literal keys work, match each other, and are found in no file and no verdict', () => {
  const verdict = runOne(
    { id: 'literal', scenario: literal },
    { cast: {}, seed: '1', out: join(folder, 'literal'), outShown: 'literal' },
  )
  expect([verdict.verdict, verdict.because]).toEqual(['pass', expect.stringMatching(/all/)])
  const everything = [JSON.stringify(verdict), ...filesOf('literal').map(([, text]) => text)]
  for (const key of [alice, bob, psk]) {
    for (const form of [
      base64(key),
      base64(key).slice(0, 20),
      Buffer.from(key).toString('hex').slice(0, 20),
      Buffer.from(key).toString('latin1'),
    ]) {
      expect(everything.some(text => text.includes(form))).toBe(false)
    }
  }
})

it("a run's own private keys stand in the capture and nowhere else", () => {
  const texts = { alice: '<alice>', bob: '<bob>' }
  const named: Scenario = JSON.parse(
    JSON.stringify(literal)
      .replaceAll(base64(alice), texts.alice)
      .replaceAll(base64(bob), texts.bob)
      .replaceAll(publicOf(alice), '<alice.pub>')
      .replaceAll(publicOf(bob), '<bob.pub>')
      .replaceAll(base64(psk), '<alice-bob.psk>'),
  )
  const verdict = runOne(
    { id: 'named', scenario: named },
    { cast: {}, seed: '1', out: join(folder, 'named'), outShown: 'named' },
  )
  expect(verdict.verdict).toBe('pass')
  const ring = new KeyRing('1', nodeCrypto)
  const keys = [ring.privateKey('alice'), ring.privateKey('bob'), ring.presharedKey('alice-bob')].map(key =>
    base64(key.reveal()),
  )
  for (const [name, text] of filesOf('named')) {
    expect([name, keys.map(key => text.includes(key))]).toEqual([name, keys.map(() => name === 'capture.pcapng')])
  }
  expect(keys.some(key => JSON.stringify(verdict).includes(key))).toBe(false)
})

function filesOf(name: string): [string, string][] {
  return readdirSync(join(folder, name)).map(file => [file, readFileSync(join(folder, name, file), 'latin1')])
}
