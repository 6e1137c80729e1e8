import { describe, expect, it } from 'vitest'
import { keyFromBase64, keyToBase64 } from '../impl/config/base64.ts'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { Key, type PublicKey } from '../impl/key.ts'
import type { TunnelStatus } from '../impl/linux/status.ts'
import { privateKey, publicKeyOf } from './keys.ts'
import { foreign } from './show.ts'
import { bytesText, durationText, showText } from './show-text.ts'

const one = `${'A'.repeat(43)}=` as PublicKey
const two = `${'B'.repeat(42)}A=` as PublicKey
const quiet = {
  has_preshared_key: false,
  endpoint: null,
  allowed_ips: [],
  latest_handshake_ms: null,
  rx_bytes: 0,
  tx_bytes: 0,
}
const status: TunnelStatus = {
  schema: 'wglab/tunnel@1',
  interface: 'wg0',
  pid: 1,
  plane: 'plain',
  lacks: [],
  public_key: one,
  listen_port: 51820,
  fwmark: 0xca6c,
  up: false,
  problem: null,
  under_load: true,
  peers: [
    { ...quiet, public_key: two, persistent_keepalive_s: 0, staged: 2, drops: {}, recent_drops: [] },
    {
      ...quiet,
      public_key: one,
      has_preshared_key: true,
      endpoint: '[2001:db8::1]:5',
      allowed_ips: ['10.0.0.0/24', 'fd00::/64'],
      latest_handshake_ms: 1_000_000,
      rx_bytes: 1023,
      tx_bytes: 33_736_458,
      persistent_keepalive_s: 25,
      staged: 0,
      drops: { replayed: 1, 'no-endpoint': 3 },
      recent_drops: [
        { reason: 'no-endpoint', at_ms: 1_000_000, count: 3, text: 'No endpoint.' },
        { reason: 'replayed', at_ms: 1_064_000, count: 1, text: 'Replayed.' },
      ],
    },
  ],
  drops: { 'bad-mac1': 1 },
  recent_drops: [{ reason: 'bad-mac1', at_ms: 1_065_000, count: 1, text: 'Bad.' }],
}

describe('what people see', () => {
  it('as wg shows it, and why packets were lost; who spoke last comes first', () => {
    expect(showText(status, { now_ms: 1_065_500, drops: false })).toBe(`interface: wg0
  public key: ${one}
  private key: (hidden)
  listening port: 51820
  fwmark: 0xca6c
  data plane: plain, and the interface is down
  under load: handshakes are answered with cookies
  dropped: 1 bad-mac1
    now: Bad.

peer: ${one}
  preshared key: (hidden)
  endpoint: [2001:db8::1]:5
  allowed ips: 10.0.0.0/24, fd00::/64
  latest handshake: 1 minute, 5 seconds ago
  transfer: 1023 B received, 32.17 MiB sent
  persistent keepalive: every 25 seconds
  dropped: 3 no-endpoint, 1 replayed
    1 second ago: Replayed.

peer: ${two}
  allowed ips: (none)
  waiting for a session: 2 packets
`)
  })

  it('every recent drop, the last first, when asked', () => {
    const lines = showText(status, { now_ms: 1_065_500, drops: true }).split('\n')
    expect(lines.filter(line => line.startsWith('    '))).toEqual([
      '    now: Bad.',
      '    1 second ago: Replayed.',
      '    1 minute, 5 seconds ago, 3 times: No endpoint.',
    ])
  })

  it('numbers in words', () => {
    expect([0, 1, 59, 60, 3605, 90_061].map(durationText)).toEqual([
      ...['0 seconds', '1 second', '59 seconds', '1 minute', '1 hour, 5 seconds'],
      '1 day, 1 hour, 1 minute, 1 second',
    ])
    expect([0, 1023, 1024, 1536, 2 ** 20, 5 * 2 ** 30, 3 * 2 ** 40, 2 ** 52].map(bytesText)).toEqual([
      ...['0 B', '1023 B', '1.00 KiB', '1.50 KiB', '1.00 MiB', '5.00 GiB', '3.00 TiB', '4096.00 TiB'],
    ])
  })

  it('of a foreign program: its public key, and when it shook hands, even if it tells how long ago', () => {
    const key = new Key(new Uint8Array(32).fill(8))
    const peer = {
      publicKey: two,
      presharedKey: undefined,
      endpoint: undefined,
      rxBytes: 0,
      txBytes: 0,
      persistentKeepalive_s: 0,
      allowedIps: [],
    }
    const device = (latestHandshake_ms: number | undefined) =>
      foreign(
        'wg9',
        { privateKey: key, listenPort: 1, fwmark: 0, peers: [{ ...peer, latestHandshake_ms }] },
        1_800_000_000_000,
      )
    expect(device(5000).public_key).toBe(keyToBase64(nodeCrypto.privateKey(key.reveal()).publicKey))
    expect([5000, 1_799_999_999_000, undefined].map(at => device(at).peers[0]?.latest_handshake_ms)).toEqual([
      1_799_999_995_000,
      1_799_999_999_000,
      null,
    ])
    expect(JSON.stringify(device(1))).not.toContain(keyToBase64(key.reveal()))
  })
})

describe('keys', () => {
  it('a private key is clamped, and its public key is read from its text with a newline or without', () => {
    const bytes = privateKey()
    expect([bytes[0]! & 7, bytes[31]! & 192]).toEqual([0, 64])
    const text = keyToBase64(bytes)
    const wanted = keyToBase64(nodeCrypto.privateKey(bytes).publicKey)
    expect([text, `${text}\n`, `${text} \r\n\n`].map(publicKeyOf)).toEqual([wanted, wanted, wanted])
    expect(keyFromBase64(wanted)).toBeDefined()
  })

  it('what is no key is refused, and not repeated', () => {
    const text = keyToBase64(privateKey())
    for (const wrong of [
      '',
      '\n',
      text.slice(1),
      `x${text}`,
      `${text}x`,
      ` ${text}`,
      `${text}\n${text}`,
      text.replace('=', 'A'),
    ]) {
      expect(() => publicKeyOf(wrong)).toThrow(
        /^standard input is no key: 44 characters of base64, as wglab genkey prints them$/,
      )
    }
  })
})
