/** cookie.json: cookies, their replies, and mac2. */
import { parseAddress } from '../impl/ip/address.ts'
import { ascii, concat, hex, littleEndian, named } from './bytes.ts'
import type { VectorFile } from './file.ts'
import { Hash, Mac, publicOf, Xaead } from './primitives.ts'
import type { CookieVector } from './vector.ts'

export function cookieFile(): VectorFile {
  return {
    topic: 'cookie',
    about:
      'Under load, `responder_public` answers a message whose mac1 is `mac1` and whose sender index is `sender_index`, come from `address` and `port`. ' +
      "cookie = MAC(secret, address ‖ port as two bytes, big endian). `next_message` is the sender's next message up to its mac2.",
    source: "paper §5.4.4, §5.4.7; the order of the port's bytes: kernel, cookie.c",
    confirmed_by: [
      { party: 'tshark', what: 'the fields of every reply', test: 'vectors/tshark.real.test.ts' },
      {
        party: 'OpenSSL',
        what: 'reply_key, and the reply: HChaCha20 from ChaCha20, then its ChaCha20-Poly1305',
        test: 'vectors/openssl.test.ts',
      },
    ],
    vectors: SENDERS.map(reply),
  }
}

const SENDERS: readonly [string, string, number, number][] = [
  ['ipv4', '192.0.2.1', 51820, 0x01020304],
  ['ipv4-other-port', '192.0.2.1', 51821, 0x01020304],
  ['ipv4-port-swapped', '192.0.2.1', 27850, 0x01020304],
  ['ipv4-other-address', '192.0.2.2', 51820, 0x01020304],
  ['ipv6', '2001:db8::1', 51820, 0xffff_ffff],
  ['ipv6-mapped-is-not-ipv4', '::ffff:192.0.2.1', 51820, 0],
  ['port-1', '203.0.113.255', 1, 0],
  ['port-65535', '::1', 65535, 7],
]

function reply([id, address, port, sender]: readonly [string, string, number, number]): CookieVector {
  const responder = publicOf(named('responder static'))
  const secret = named('cookie secret')
  const mac1 = named(`mac1 of ${id}`).slice(0, 16)
  const nonce = named(`nonce of ${id}`).slice(0, 24)
  const source = parseAddress(address)
  if (source === undefined) throw new Error(`not an address: ${address}`)
  const cookie = Mac(secret, concat(source, Uint8Array.of(port >> 8, port & 0xff)))
  const replyKey = Hash(concat(ascii('cookie--'), responder))
  const sealed = Xaead(replyKey, nonce, cookie, mac1)
  const next = concat(Uint8Array.of(1, 0, 0, 0), littleEndian(sender, 4), ...[1, 2, 3, 4].map(n => named(`next ${n}`)))
  const covered = next.slice(0, 132)
  return {
    kind: 'cookie-reply',
    id,
    responder_public: hex(responder),
    secret: hex(secret),
    address,
    port,
    sender_index: sender,
    mac1: hex(mac1),
    nonce: hex(nonce),
    reply_key: hex(replyKey),
    cookie: hex(cookie),
    reply: hex(concat(Uint8Array.of(3, 0, 0, 0), littleEndian(sender, 4), nonce, sealed)),
    next_message: hex(covered),
    mac2: hex(Mac(cookie, covered)),
  }
}
