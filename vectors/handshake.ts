/** handshake.json: whole handshakes with every intermediate value, what follows them, and messages that must be refused. */
import { concat, flipped, hex, named, unhex } from './bytes.ts'
import type { VectorFile } from './file.ts'
import { type Deviation, type Handshake, handshake, type Message, macs, type Party, transport } from './noise.ts'
import { publicOf } from './primitives.ts'
import type { DataJson, HandshakeVector, MessageJson, PartyJson, RefusedVector } from './vector.ts'

export function handshakeFile(): VectorFile {
  return {
    topic: 'handshake',
    about:
      'handshake: keys, the state after each line of the paper (ck and h; dh, key, tau and sealed where the line makes them), messages, session keys, data. ' +
      'refused-initiation, refused-response: a message to a party of the handshake named in `of`, which must be met with silence and change nothing. ' +
      'Where `mac1_valid` is true the message gets past mac1, and is refused for what is inside.',
    source: 'paper §5.4.1 to §5.4.6',
    confirmed_by: [
      { party: 'OpenSSL', what: 'every dh, key, sealed, ck and h', test: 'vectors/openssl.test.ts' },
      { party: 'tshark', what: 'messages: mac1, static, timestamp, empty, data', test: 'vectors/tshark.real.test.ts' },
      { party: 'wireguard-go', what: 'initiations: it answers them', test: 'vectors/wireguard-go.real.test.ts' },
      { party: 'boringtun (constants)', what: 'ck and h of step "start"', test: 'vectors/published.test.ts' },
    ],
    vectors: [...CASES.map(accepted), ...refusedInitiations(), ...refusedResponses()],
  }
}

interface Case {
  readonly id: string
  readonly comment: string
  readonly initiator: Party
  readonly responder: Party
  readonly presharedKey: Uint8Array
  readonly timestamp: Uint8Array
}

const initiator: Party = {
  staticPrivate: named('initiator static'),
  ephemeralPrivate: named('initiator ephemeral'),
  index: 0x01020304,
}
const responder: Party = {
  staticPrivate: named('responder static'),
  ephemeralPrivate: named('responder ephemeral'),
  index: 0xfffefdfc,
}
const none = new Uint8Array(32)
/** 2026-01-01 00:00:00.503316480 UTC. */
const NEW_YEAR = unhex('400000006955b90a1e000000')

const PLAIN: Case = {
  id: 'no-preshared-key',
  comment: 'No preshared key is a preshared key of zeros.',
  initiator,
  responder,
  presharedKey: none,
  timestamp: NEW_YEAR,
}

const PSK: Case = {
  id: 'preshared-key',
  comment: 'The same with a preshared key: the initiation is the same, the response is not.',
  initiator,
  responder,
  presharedKey: named('preshared key'),
  timestamp: NEW_YEAR,
}

const CASES: readonly Case[] = [
  PLAIN,
  PSK,
  {
    id: 'cookies',
    comment: 'Both sides hold a cookie: mac2 is not zero. Nothing else changes.',
    initiator: { ...initiator, cookie: named('cookie for the initiator').slice(0, 16) },
    responder: { ...responder, cookie: named('cookie for the responder').slice(0, 16) },
    presharedKey: none,
    timestamp: NEW_YEAR,
  },
  {
    id: 'extremes',
    comment: 'Indices 0 and 2^32 - 1, private keys of all ones and all zeros, a timestamp of all ones.',
    initiator: { staticPrivate: new Uint8Array(32).fill(0xff), ephemeralPrivate: named('e1'), index: 0 },
    responder: { staticPrivate: new Uint8Array(32), ephemeralPrivate: named('e2'), index: 0xffff_ffff },
    presharedKey: new Uint8Array(32).fill(0xff),
    timestamp: new Uint8Array(12).fill(0xff),
  },
]

function accepted(one: Case): HandshakeVector {
  const made = run(one)
  return {
    kind: 'handshake',
    id: one.id,
    comment: one.comment,
    initiator: partyJson(one.initiator),
    responder: partyJson(one.responder),
    preshared_key: hex(one.presharedKey),
    timestamp: hex(one.timestamp),
    initiation: messageJson(made.initiation),
    response: messageJson(made.response),
    session: {
      initiator_to_responder: hex(made.initiatorToResponder),
      responder_to_initiator: hex(made.responderToInitiator),
    },
    data: dataJson(one, made),
  }
}

function dataJson(one: Case, made: Handshake): DataJson[] {
  const packet = concat(
    unhex('45000020000000004011'),
    unhex('0000'),
    unhex('0a0000010a000002'),
    named('ping').slice(0, 12),
  )
  const there = [
    ['0', new Uint8Array(0)],
    ['1', packet],
    ['4294967296', packet],
    ['18446744073709543422', packet],
  ] as const
  const back = [['0', packet]] as const
  const json = (from: 'initiator' | 'responder', counter: string, plaintext: Uint8Array): DataJson => {
    const key = from === 'initiator' ? made.initiatorToResponder : made.responderToInitiator
    const receiver = from === 'initiator' ? one.responder.index : one.initiator.index
    return {
      from,
      counter,
      plaintext: hex(plaintext),
      message: hex(transport(key, receiver, BigInt(counter), plaintext)),
    }
  }
  return [
    ...there.map(([counter, plaintext]) => json('initiator', counter, plaintext)),
    ...back.map(([counter, plaintext]) => json('responder', counter, plaintext)),
  ]
}

/** Points that everybody's private key multiplies to zero. */
const LOW_ORDER: readonly [string, Uint8Array][] = [
  ['zero', new Uint8Array(32)],
  ['order-8', unhex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800')],
]

function refusedInitiations(): RefusedVector<'refused-initiation'>[] {
  const good = run(PLAIN).initiation.bytes
  const to = publicOf(responder.staticPrivate)
  const body = good.slice(0, 116)
  const altered = (at: number): Uint8Array => remacked(flipped(body, at), to)
  const messages: readonly [string, boolean, string, Uint8Array][] = [
    ['mac1', false, 'one bit of mac1 is wrong', flipped(good, 116)],
    ['mac1-other-key', false, 'mac1 is for the public key of somebody else', remacked(body, named('somebody else'))],
    ['index-not-covered', false, 'the sender index was changed after mac1', flipped(good, 4)],
    ['type', false, 'type 0', flipped(good, 0)],
    ['reserved', true, 'a reserved byte is not zero', altered(1)],
    ['short', true, '147 bytes', remacked(body.slice(0, 115), to)],
    ['long', true, '149 bytes', remacked(concat(body, Uint8Array.of(0)), to)],
    ['ephemeral', true, 'one bit of the ephemeral key is wrong: the static key does not open', altered(8)],
    ['static', true, 'one bit of the sealed static key is wrong', altered(40)],
    ['static-tag', true, 'one bit of its tag is wrong', altered(87)],
    ['timestamp', true, 'one bit of the sealed timestamp is wrong', altered(88)],
    ['timestamp-tag', true, 'one bit of its tag is wrong', altered(115)],
    ...LOW_ORDER.map(([name, point]): [string, boolean, string, Uint8Array] => [
      `ephemeral-${name}`,
      true,
      'the ephemeral key is a point of low order, and all else is computed as if its zero were a secret',
      run(PLAIN, { initiatorEphemeral: point }).initiation.bytes,
    ]),
  ]
  return messages.map(refusal('refused-initiation'))
}

function refusedResponses(): RefusedVector<'refused-response'>[] {
  const good = run(PLAIN).response.bytes
  const to = publicOf(initiator.staticPrivate)
  const body = good.slice(0, 60)
  const altered = (at: number): Uint8Array => remacked(flipped(body, at), to)
  const messages: readonly [string, boolean, string, Uint8Array][] = [
    ['mac1', false, 'one bit of mac1 is wrong', flipped(good, 75)],
    ['reserved', true, 'a reserved byte is not zero', altered(3)],
    ['short', true, '91 bytes', remacked(body.slice(0, 59), to)],
    ['long', true, '93 bytes', remacked(concat(body, Uint8Array.of(0)), to)],
    ['receiver', true, 'the receiver index belongs to nobody', altered(8)],
    ['ephemeral', true, 'one bit of the ephemeral key is wrong', altered(12)],
    ['empty', true, 'one bit of the tag is wrong', altered(44)],
    ['preshared-key', true, 'the responder has a preshared key, the initiator has none', run(PSK).response.bytes],
    ...LOW_ORDER.map(([name, point]): [string, boolean, string, Uint8Array] => [
      `ephemeral-${name}`,
      true,
      'the ephemeral key is a point of low order, and all else is computed as if its zero were a secret',
      run(PLAIN, { responderEphemeral: point }).response.bytes,
    ]),
  ]
  return messages.map(refusal('refused-response'))
}

const refusal =
  <Kind extends 'refused-initiation' | 'refused-response'>(kind: Kind) =>
  ([id, mac1_valid, because, message]: readonly [string, boolean, string, Uint8Array]): RefusedVector<Kind> => ({
    kind,
    id,
    of: PLAIN.id,
    because,
    mac1_valid,
    message: hex(message),
  })

/** The body with macs as if it were right. */
function remacked(body: Uint8Array, receiver: Uint8Array): Uint8Array {
  const { mac1, mac2 } = macs(body, receiver, undefined)
  return concat(body, mac1, mac2)
}

function run(one: Case, deviation?: Deviation): Handshake {
  return handshake(one.initiator, one.responder, one.presharedKey, one.timestamp, deviation)
}

function partyJson(party: Party): PartyJson {
  return {
    static_private: hex(party.staticPrivate),
    static_public: hex(publicOf(party.staticPrivate)),
    ephemeral_private: hex(party.ephemeralPrivate),
    ephemeral_public: hex(publicOf(party.ephemeralPrivate)),
    index: party.index,
    ...(party.cookie === undefined ? {} : { cookie: hex(party.cookie) }),
  }
}

function messageJson(message: Message): MessageJson {
  return {
    steps: message.steps,
    mac1_key: hex(message.mac1Key),
    mac1: hex(message.mac1),
    mac2: hex(message.mac2),
    message: hex(message.bytes),
  }
}
