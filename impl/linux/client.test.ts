import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { PeerStatus } from '../api.ts'
import { keyToBase64 } from '../config/base64.ts'
import { formatUapiGet } from '../config/uapi-format.ts'
import { formatEndpoint, formatPrefix } from '../ip/address.ts'
import { Key, type PublicKey } from '../key.ts'
import { readUapiDevice } from './client.ts'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const address = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
const count = fc.nat(2 ** 40)
const peer = fc.record({
  key: bytes32.map(bytes => keyToBase64(bytes) as PublicKey),
  psk: fc.option(bytes32, { nil: undefined }),
  endpoint: fc.option(fc.record({ address, port: fc.integer({ min: 1, max: 65535 }) }), { nil: undefined }),
  ranges: fc.array(
    address.map(bytes => ({ address: bytes, length: bytes.length * 8 })),
    { maxLength: 3 },
  ),
  handshake: fc.option(fc.integer({ min: 1, max: 2 ** 33 }), { nil: undefined }),
  rx: count,
  tx: count,
  keepalive: fc.nat(65535),
})

it('reads back what the protocol writes of any device', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(peer, { maxLength: 4, selector: each => each.key }),
      bytes32,
      fc.nat(65535),
      (peers, own, port) => {
        const psks = new Map(peers.map(each => [each.key, each.psk]))
        const text = formatUapiGet({
          privateKey: new Key(own),
          presharedKey: key => {
            const bytes = psks.get(key)
            return bytes === undefined ? undefined : new Key(bytes)
          },
          status: {
            publicKey: undefined,
            listenPort: port,
            fwmark: 5,
            up: true,
            underLoad: false,
            peers: peers.map(
              (each): PeerStatus => ({
                publicKey: each.key,
                hasPresharedKey: each.psk !== undefined,
                endpoint: each.endpoint,
                allowedIps: each.ranges,
                latestHandshake: each.handshake === undefined ? undefined : { sec: each.handshake, nsec: 5 },
                latestHandshakeAt: undefined,
                rxBytes: each.rx,
                txBytes: each.tx,
                persistentKeepalive_s: each.keepalive,
                staged: 0,
                drops: {},
              }),
            ),
          },
        })
        const device = readUapiDevice(text)
        expect([device.listenPort, device.fwmark]).toEqual([port, 5])
        expect(device.peers).toHaveLength(peers.length)
        for (const [place, each] of peers.entries()) {
          const found = device.peers[place]!
          expect({ ...found, presharedKey: undefined }).toEqual({
            publicKey: each.key,
            presharedKey: undefined,
            endpoint: each.endpoint === undefined ? undefined : formatEndpoint(each.endpoint),
            latestHandshake_ms: each.handshake === undefined ? undefined : each.handshake * 1000,
            rxBytes: each.rx,
            txBytes: each.tx,
            persistentKeepalive_s: each.keepalive,
            allowedIps: each.ranges.map(formatPrefix),
          })
          const psk = each.psk === undefined || each.psk.every(byte => byte === 0) ? undefined : Buffer.from(each.psk)
          expect(found.presharedKey === undefined ? undefined : Buffer.from(found.presharedKey.reveal())).toEqual(psk)
        }
      },
    ),
  )
})

it('passes over what it does not know', () => {
  expect(readUapiDevice('colour=red\nlisten_port=3\npublic_key=short\n\nnonsense\n')).toEqual({
    privateKey: undefined,
    listenPort: 3,
    fwmark: 0,
    peers: [],
  })
})
