/** The decoder against Wireshark's: the same packets, the same fields, and the same inside with the same keys. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addressText } from './address.ts'
import { toBase64, toHex } from './base64.ts'
import { Decryptor, type SecretLine } from './decrypt.ts'
import { decodeIcmp, decodeIp, decodeUdp } from './ip.ts'
import {
  buildCookieReply,
  buildInitiation,
  buildResponse,
  consumeInitiation,
  consumeResponse,
  makeCookie,
  pad,
  publicKey,
  readTai64n,
  sealTransport,
  tai64n,
} from './noise.ts'
import { Reassembler } from './reassemble.ts'
import { icmp, ipv4, ipv6, udp } from './testing.ts'
import { decodeWireGuard } from './wireguard.ts'

const hasTshark = spawnSync('tshark', ['--version']).status === 0

const [A, B, A6, B6] = ['192.0.2.1', '203.0.113.2', '2001:db8::1', '2001:db8:0:1::2']
const bytes = (seed: number, size = 32) => Uint8Array.from({ length: size }, (_, i) => (seed * 41 + i * 13) & 255)
const [ALICE, BOB, E_ALICE, E_BOB, PSK] = [bytes(1), bytes(2), bytes(3), bytes(4), bytes(5)]

const SECRETS: SecretLine[] = [
  { kind: 'LOCAL_STATIC_PRIVATE_KEY', reveal: () => toBase64(ALICE) },
  { kind: 'LOCAL_STATIC_PRIVATE_KEY', reveal: () => toBase64(BOB) },
  { kind: 'LOCAL_EPHEMERAL_PRIVATE_KEY', reveal: () => toBase64(E_ALICE) },
  { kind: 'PRESHARED_KEY', reveal: () => toBase64(PSK) },
]

const PACKETS = packets()

/** One of everything: a handshake with a cookie, data both ways, ICMP, options, extension headers, fragments. */
function packets(): Uint8Array[] {
  const cookie = makeCookie(bytes(6), Uint8Array.of(192, 0, 2, 1), 51820)
  const timestamp = tai64n(1_700_000_000, 123_456_789)
  const first = buildInitiation({
    ...{ staticPrivate: ALICE, remoteStatic: publicKey(BOB), ephemeralPrivate: E_ALICE },
    ...{ sender: 0x11223344, timestamp, cookie },
  })
  const heard = consumeInitiation(BOB, first.message)
  if (!heard.ok) throw new Error(heard.because)
  const second = buildResponse({ state: heard.value, ephemeralPrivate: E_BOB, sender: 0xfedcba98, psk: PSK })
  const session = consumeResponse(first.state, second.message, PSK)
  if (!session.ok) throw new Error(session.because)
  const reply = { ownStatic: publicKey(BOB), receiver: 0x11223344, mac1: first.state.mac1, nonce: bytes(7, 24), cookie }
  const ping = icmp('10.0.0.1', '10.0.0.2', 8, 0, [0x12, 0x34, 0, 7, ...bytes(8, 50)])
  const pong = icmp('fd00::2', 'fd00::1', 129, 0, [0x12, 0x34, 0, 8, ...bytes(8, 50)])
  const down = (payload: Uint8Array) => udp(A, 51820, B, 51820, payload, { tos: 0x88, ttl: 61 })
  const up = (payload: Uint8Array) => udp(B, 51820, A, 51820, payload, { tos: 0x02, ttl: 9 })
  const over6 = (payload: Uint8Array) => udp(B6, 51820, A6, 51821, payload, { tos: 0x2e, ttl: 9 })
  const large = down(sealTransport(session.value, 2n ** 40n, pad(ping)))
  const quoted = large.slice(0, 28)
  return [
    down(buildCookieReply(reply)),
    over6(buildCookieReply(reply)),
    down(first.message),
    up(second.message),
    down(sealTransport(session.value, 0n, pad(ping))),
    up(sealTransport(second.session, 0n, pad(pong))),
    up(sealTransport(second.session, 1n, new Uint8Array(0))),
    ipv4(A, B, 17, large.slice(20, 60), { id: 99, more: true }),
    ipv4(A, B, 17, large.slice(60), { id: 99, offset: 40 }),
    icmp(A, B, 3, 4, [0, 0, 5, 0, ...quoted]),
    icmp(A, B, 11, 0, [0, 0, 0, 0, ...quoted]),
    icmp(A6, B6, 2, 0, [0, 0, 5, 0, ...over6(first.message).slice(0, 48)]),
    icmp(A6, B6, 1, 3, [0, 0, 0, 0, ...over6(first.message).slice(0, 48)]),
    ipv4(A, B, 1, icmp(A, B, 8, 0, [0, 1, 0, 2, 5]).slice(20), { options: [1, 1, 1, 0], df: true }),
    ipv6(A6, B6, 0, [58, 0, 1, 4, 0, 0, 0, 0, ...icmp(A6, B6, 128, 0, [0, 1, 0, 3, 5]).slice(40)]),
  ]
}

/** pcapng as its specification lays it down: a section, one interface of raw IP with nanoseconds, secrets, packets. */
function pcapng(list: readonly Uint8Array[], secrets: string): Uint8Array {
  const block = (type: number, body: Buffer): Buffer => {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)])
    const head = Buffer.alloc(8)
    head.writeUInt32LE(type, 0)
    head.writeUInt32LE(padded.length + 12, 4)
    return Buffer.concat([head, padded, head.subarray(4)])
  }
  const u32s = (...values: number[]) => {
    const out = Buffer.alloc(values.length * 4)
    for (const [i, value] of values.entries()) out.writeUInt32LE(value, i * 4)
    return out
  }
  const section = Buffer.concat([u32s(0x1a2b3c4d, 0x00000001), Buffer.alloc(8, 255)])
  const nanoseconds = Buffer.from([9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([
    block(0x0a0d0d0a, section),
    block(1, Buffer.concat([u32s(101, 0), nanoseconds])),
    block(10, Buffer.concat([u32s(0x57474b4c, secrets.length), Buffer.from(secrets)])),
    ...list.map((packet, i) => block(6, Buffer.concat([u32s(0, 0, i * 1000, packet.length, packet.length), packet]))),
  ])
}

const FIELDS = [
  ...['ip.version', 'ip.src', 'ip.dst', 'ip.ttl', 'ip.dsfield', 'ip.hdr_len', 'ip.len', 'ip.flags.df'],
  ...[
    'ipv6.src',
    'ipv6.dst',
    'ipv6.hlim',
    'ipv6.tclass',
    'udp.srcport',
    'udp.dstport',
    'udp.length',
    'udp.checksum.status',
  ],
  ...[
    'icmp.type',
    'icmp.code',
    'icmp.seq',
    'icmp.mtu',
    'icmpv6.type',
    'icmpv6.code',
    'icmpv6.echo.sequence_number',
    'icmpv6.mtu',
  ],
  ...[
    'wg.type',
    'wg.sender',
    'wg.receiver',
    'wg.ephemeral',
    'wg.mac1',
    'wg.mac2',
    'wg.nonce',
    'wg.counter',
    'wg.static',
  ],
  'wg.timestamp.value',
] as const
type Fields = Readonly<Record<(typeof FIELDS)[number], string>>

/** What tshark says of each packet; of a field that occurs several times (outer, inner, quoted) all, in order. */
function askTshark(file: string): Fields[] {
  const wanted = FIELDS.flatMap(field => ['-e', field])
  const options = ['-o', 'udp.check_checksum:TRUE', '-E', 'separator=/t', '-E', 'occurrence=a', '-E', 'aggregator=;']
  const asked = spawnSync('tshark', ['-r', file, '-n', '-T', 'fields', ...options, ...wanted], { encoding: 'utf8' })
  if (asked.status !== 0) throw new Error(asked.stderr)
  const lines = asked.stdout.split('\n').slice(0, -1)
  return lines.map(line => Object.fromEntries(line.split('\t').map((cell, i) => [FIELDS[i], cell])) as Fields)
}

/** The packets and their key log, through a capture file. */
function tell(): Fields[] {
  const file = join(mkdtempSync(join(tmpdir(), 'wglab-')), 'all.pcapng')
  const secrets = SECRETS.map(line => `${line.kind} = ${line.reveal()}\n`).join('')
  writeFileSync(file, pcapng(PACKETS, secrets))
  try {
    return askTshark(file)
  } finally {
    rmSync(join(file, '..'), { recursive: true })
  }
}

const first = (cell: string) => cell.split(';')[0] ?? ''

describe.skipIf(!hasTshark)('tshark and the decoder say the same', () => {
  const said = hasTshark ? tell() : []

  test('of the IP headers', () => {
    const ours = PACKETS.map(packet => {
      const ip = decodeIp(packet)
      if (ip === undefined) throw new Error('no IP')
      const common = {
        src: addressText(ip.source),
        dst: addressText(ip.destination),
        hops: ip.hopLimit,
        tos: ip.trafficClass,
      }
      if (ip.version === 6) return common
      return {
        ...common,
        header: ip.headerSize,
        total: ip.totalSize,
        df: ip.dontFragment,
      }
    })
    const theirs = said.map(told => {
      if (told['ipv6.src'] !== '' && told['ip.src'] === '') {
        const [src, dst] = [first(told['ipv6.src']), first(told['ipv6.dst'])]
        return { src, dst, hops: Number(first(told['ipv6.hlim'])), tos: Number(first(told['ipv6.tclass'])) }
      }
      const v6 = first(told['ip.version']) !== '4'
      const ends = v6 ? [told['ipv6.src'], told['ipv6.dst']] : [told['ip.src'], told['ip.dst']]
      const common = { src: first(ends[0] ?? ''), dst: first(ends[1] ?? '') }
      if (v6) return { ...common, hops: Number(first(told['ipv6.hlim'])), tos: Number(first(told['ipv6.tclass'])) }
      return {
        ...common,
        hops: Number(first(told['ip.ttl'])),
        tos: Number(first(told['ip.dsfield'])),
        header: Number(first(told['ip.hdr_len'])),
        total: Number(first(told['ip.len'])),
        df: ['1', 'True'].includes(first(told['ip.flags.df'])),
      }
    })
    expect(theirs).toEqual(ours)
  })

  test('of UDP, with right checksums, and of ICMP', () => {
    const reassembler = new Reassembler()
    const ours = PACKETS.map(packet => {
      const whole = reassembler.packet(packet)
      const ip = whole && decodeIp(whole)
      const datagram = ip && decodeUdp(ip)
      if (datagram) return `UDP ${datagram.sourcePort} ${datagram.destinationPort} ${datagram.size}`
      const message = ip && decodeIcmp(ip)
      if (message === undefined) return ''
      if (message.kind === 'echo-request' || message.kind === 'echo-reply') return `${message.kind} ${message.sequence}`
      return message.kind === 'too-big' ? `${message.kind} ${message.mtu}` : message.kind
    })
    const echo: Record<string, string> = { 8: 'echo-request', 0: 'echo-reply', 128: 'echo-request', 129: 'echo-reply' }
    const errors: Record<string, string> = {
      '3 4': 'too-big',
      '11 0': 'time-exceeded',
      'v6 2 0': 'too-big',
      'v6 1 3': 'unreachable',
    }
    const theirs = said.map(told => {
      const wireGuard = told['wg.type'] !== ''
      if (wireGuard) {
        expect(first(told['udp.checksum.status'])).toBe('1')
        return `UDP ${first(told['udp.srcport'])} ${first(told['udp.dstport'])} ${Number(first(told['udp.length'])) - 8}`
      }
      const v6 = told['icmpv6.type'] !== ''
      const type = first(v6 ? told['icmpv6.type'] : told['icmp.type'])
      const code = first(v6 ? told['icmpv6.code'] : told['icmp.code'])
      const error = errors[`${v6 ? 'v6 ' : ''}${type} ${code}`]
      if (error !== undefined)
        return error === 'too-big' ? `too-big ${first(v6 ? told['icmpv6.mtu'] : told['icmp.mtu'])}` : error
      if (echo[type] === undefined) return ''
      return `${echo[type]} ${Number(first(v6 ? told['icmpv6.echo.sequence_number'] : told['icmp.seq']))}`
    })
    expect(theirs).toEqual(ours)
    expect(ours.filter(text => text !== '')).toHaveLength(PACKETS.length - 1)
  })

  test('of every field of WireGuard', () => {
    const told = (whole: Uint8Array | undefined): Record<string, unknown> => {
      const ip = whole && decodeIp(whole)
      const datagram = ip && decodeUdp(ip)
      const message = datagram && decodeWireGuard(datagram.payload)
      if (message === undefined) return {}
      switch (message.kind) {
        case 'initiation':
        case 'response': {
          const { sender, ephemeral, mac1, mac2 } = message
          const macs = { ephemeral: toBase64(ephemeral), mac1: toHex(mac1), mac2: toHex(mac2) }
          return message.kind === 'initiation'
            ? { type: 1, sender, ...macs }
            : { type: 2, sender, receiver: message.receiver, ...macs }
        }
        case 'cookie-reply':
          return { type: 3, receiver: message.receiver, nonce: toHex(message.nonce) }
        case 'data':
        case 'keepalive':
          return { type: 4, receiver: message.receiver, counter: message.counter }
      }
    }
    const reassembler = new Reassembler()
    const ours = PACKETS.map(packet => told(reassembler.packet(packet)))
    const hex = (cell: string) => cell.replaceAll(':', '')
    const theirs = said.map(told => {
      if (told['wg.type'] === '') return {}
      const cell = <T>(key: string, field: keyof Fields, read: (text: string) => T) =>
        told[field] === '' ? {} : { [key]: read(told[field]) }
      return {
        ...cell('type', 'wg.type', Number),
        ...cell('sender', 'wg.sender', Number),
        ...cell('receiver', 'wg.receiver', Number),
        ...cell('ephemeral', 'wg.ephemeral', text => text),
        ...cell('mac1', 'wg.mac1', hex),
        ...cell('mac2', 'wg.mac2', hex),
        ...cell('nonce', 'wg.nonce', hex),
        ...cell('counter', 'wg.counter', BigInt),
      }
    })
    expect(theirs).toEqual(ours)
  })

  test('of the inside, with the same key log', () => {
    const decryptor = new Decryptor()
    for (const line of SECRETS) decryptor.addLine(line)
    const ours = PACKETS.map(packet => {
      const told = decryptor.packet(packet)
      if (told.kind === 'initiation') return `${toBase64(told.from)} ${readTai64n(told.timestamp).nsec}`
      if (told.kind !== 'inner') return ''
      const ip = decodeIp(told.packet)
      const message = ip && decodeIcmp(ip)
      return message?.kind === 'echo-request' || message?.kind === 'echo-reply'
        ? `${message.kind} ${message.sequence}`
        : 'other'
    })
    const theirs = said.map(told => {
      if (told['wg.static'] !== '') return `${told['wg.static']} ${/\.(\d{9})/.exec(told['wg.timestamp.value'])?.[1]}`
      if (told['wg.type'] !== '4') return ''
      if (told['icmp.seq'] !== '') return `echo-request ${Number(first(told['icmp.seq']))}`
      return told['icmpv6.type'] === '129' ? `echo-reply ${Number(told['icmpv6.echo.sequence_number'])}` : ''
    })
    expect(theirs).toEqual(ours)
    expect(ours.filter(text => text !== '')).toEqual([
      `${toBase64(publicKey(ALICE))} 123456789`,
      'echo-request 7',
      'echo-reply 8',
      'echo-request 7',
    ])
  })
})
