/** tshark, which shares nothing with us, decrypts the vectors from a capture and a key log. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unhex } from './bytes.ts'
import { handshake } from './noise.ts'
import { type HandshakeVector, type Vector, vectorsOf } from './vector.ts'

const here = spawnSync('tshark', ['-v']).status === 0
const read = <K extends Vector['kind']>(topic: string, kind: K): Extract<Vector, { kind: K }>[] =>
  vectorsOf(readFileSync(new URL(`${topic}.json`, import.meta.url), 'utf8'), kind)

const FIELDS = {
  type: 'wg.type',
  sender: 'wg.sender',
  receiver: 'wg.receiver',
  ephemeral: 'wg.ephemeral',
  // Shown only where mac1 fits a key of the log.
  mac1_key: 'wg.receiver_pubkey',
  static: 'wg.static',
  seconds: 'wg.timestamp.tai64_label',
  nanoseconds: 'wg.timestamp.nanoseconds',
  time: 'wg.timestamp.value',
  handshake_ok: 'wg.handshake_ok',
  mac1: 'wg.mac1',
  mac2: 'wg.mac2',
  nonce: 'wg.nonce',
  cookie: 'wg.encrypted_cookie',
  counter: 'wg.counter',
  inner: 'ip.dst',
  failed: 'wg.decryption_error',
} as const
type Row = Readonly<Record<keyof typeof FIELDS, string>>

describe('tshark', () => {
  it.skipIf(!here).each(read('handshake', 'handshake'))('decrypts handshake $id and its data', vector => {
    const { initiator, responder } = vector
    const data = vector.data.map(one => ({ from: one.from, bytes: one.message }))
    const rows = dissect(
      [
        { from: 'initiator', bytes: vector.initiation.message },
        { from: 'responder', bytes: vector.response.message },
        ...data,
      ],
      keyLog(vector),
    )
    expect(rows[0]).toMatchObject({
      type: '1',
      sender: number(initiator.index),
      ephemeral: base64(initiator.ephemeral_public),
      mac1_key: base64(responder.static_public),
      static: base64(initiator.static_public),
      nanoseconds: `${Number.parseInt(vector.timestamp.slice(16), 16)}`,
      mac1: vector.initiation.mac1,
      mac2: vector.initiation.mac2,
    })
    expect(rows[1]).toMatchObject({
      type: '2',
      sender: number(responder.index),
      receiver: number(initiator.index),
      ephemeral: base64(responder.ephemeral_public),
      mac1_key: base64(initiator.static_public),
      handshake_ok: '1',
      mac1: vector.response.mac1,
      mac2: vector.response.mac2,
    })
    vector.data.forEach((one, i) => {
      const receiver = one.from === 'initiator' ? responder.index : initiator.index
      const inner = `192.0.2.${one.from === 'initiator' ? 1 : 2}${one.plaintext === '' ? '' : ',10.0.0.2'}`
      expect(rows[i + 2], `data ${i}`).toMatchObject({
        type: '4',
        receiver: number(receiver),
        counter: one.counter,
        inner,
        failed: '',
      })
    })
  })

  it.skipIf(!here)('finds mac1 wrong, or the handshake broken, in what must be refused', () => {
    const [plain] = read('handshake', 'handshake')
    if (plain === undefined) return expect.unreachable('no handshake')
    const refused = read('handshake', 'refused-initiation').filter(vector => vector.message.length === 296)
    const packets = refused.map(vector => ({ from: 'initiator' as const, bytes: vector.message }))
    const rows = dissect(packets, keyLog(plain))
    refused.forEach((vector, i) => {
      const row = rows[i]
      if (vector.id === 'type') expect(row?.type).toBe('')
      else if (vector.id === 'reserved' || !vector.mac1_valid) expect(row?.mac1_key, vector.id).toBe('')
      else expect(row?.mac1_key, vector.id).toBe(base64(plain.responder.static_public))
      // tshark has no opinion on points of low order: it reads what can be read.
      if (['ephemeral', 'static', 'static-tag'].includes(vector.id)) expect(row?.static, vector.id).toBe('')
      if (['timestamp', 'timestamp-tag'].includes(vector.id)) expect(row?.nanoseconds, vector.id).toBe('')
    })
  })

  it.skipIf(!here)('reads the time of every timestamp', () => {
    const [plain] = read('handshake', 'handshake')
    if (plain === undefined) return expect.unreachable('no handshake')
    const times = read('tai64n', 'timestamp')
    const packets = times.map(({ timestamp }) => {
      const party = (side: 'initiator' | 'responder') => ({
        staticPrivate: unhex(plain[side].static_private),
        ephemeralPrivate: unhex(plain[side].ephemeral_private),
        index: 1,
      })
      const made = handshake(party('initiator'), party('responder'), new Uint8Array(32), unhex(timestamp))
      return { from: 'initiator' as const, bytes: Buffer.from(made.initiation.bytes).toString('hex') }
    })
    const rows = dissect(packets, keyLog(plain))
    times.forEach(({ id, sec, nsec }, i) => {
      const whitened = Math.floor(nsec / 2 ** 24) * 2 ** 24
      expect(rows[i]?.nanoseconds, id).toBe(`${whitened}`)
      expect(BigInt(rows[i]?.seconds ?? 0), id).toBe(2n ** 62n + 10n + BigInt(sec))
      // tshark shows TAI as it stands in the label, ten seconds ahead.
      if (sec >= 0 && sec < 2 ** 31) expect(rows[i]?.time, id).toBe(calendar(sec + 10, whitened))
    })
  })

  it.skipIf(!here)('finds the fields of every cookie reply', () => {
    const vectors = read('cookie', 'cookie-reply')
    const rows = dissect(
      vectors.map(({ reply }) => ({ from: 'responder' as const, bytes: reply })),
      '',
    )
    expect(rows.map(({ type, receiver, nonce, cookie }) => [type, receiver, nonce, cookie])).toEqual(
      vectors.map(vector => ['3', number(vector.sender_index), vector.nonce, vector.reply.slice(64)]),
    )
  })
})

interface Packet {
  readonly from: 'initiator' | 'responder'
  readonly bytes: string
}

/** One row of fields a packet. */
function dissect(packets: readonly Packet[], log: string): Row[] {
  const folder = mkdtempSync(join(tmpdir(), 'wglab-tshark-'))
  try {
    writeFileSync(join(folder, 'capture.pcapng'), pcapng(packets))
    writeFileSync(join(folder, 'keys'), log)
    const names = Object.values(FIELDS).flatMap(field => ['-e', field])
    const options = ['-o', `wg.keylog_file:${join(folder, 'keys')}`, '-d', 'udp.port==51820,wg']
    const run = spawnSync(
      'tshark',
      ['-r', join(folder, 'capture.pcapng'), ...options, '-T', 'fields', '-E', 'separator=|', ...names],
      { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } },
    )
    expect(run.status, run.stderr).toBe(0)
    const lines = run.stdout.split('\n').slice(0, -1)
    expect(lines).toHaveLength(packets.length)
    return lines.map(
      line => Object.fromEntries(line.split('|').map((value, i) => [Object.keys(FIELDS)[i], value])) as Row,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Wireshark's key log for one handshake, as its initiator would write it. */
function keyLog({ initiator, responder, preshared_key }: HandshakeVector): string {
  return [
    `LOCAL_STATIC_PRIVATE_KEY = ${base64(initiator.static_private)}`,
    `REMOTE_STATIC_PUBLIC_KEY = ${base64(responder.static_public)}`,
    `LOCAL_EPHEMERAL_PRIVATE_KEY = ${base64(initiator.ephemeral_private)}`,
    `PRESHARED_KEY = ${base64(preshared_key)}`,
    '',
  ].join('\n')
}

const base64 = (hexadecimal: string): string => Buffer.from(hexadecimal, 'hex').toString('base64')
const number = (index: number): string => `0x${index.toString(16).padStart(8, '0')}`

function calendar(sec: number, nsec: number): string {
  const date = new Date(sec * 1000)
  const month = date.toLocaleString('en', { month: 'short', timeZone: 'UTC' })
  const day = `${date.getUTCDate()}`.padStart(2)
  const time = date.toISOString().slice(11, 19)
  return `${month} ${day}, ${date.getUTCFullYear()} ${time}.${`${nsec}`.padStart(9, '0')} UTC`
}

/** A section header, one interface of raw IP, a block a packet. */
function pcapng(packets: readonly Packet[]): Buffer {
  const interfaceDescription = Buffer.alloc(8)
  interfaceDescription.writeUInt16LE(101)
  const blocks = [block(0x0a0d0d0a, unhex('4d3c2b1a01000000ffffffffffffffff')), block(1, interfaceDescription)]
  for (const [i, packet] of packets.entries()) {
    const bytes = udp(packet)
    const header = Buffer.alloc(20)
    header.writeUInt32LE(i + 1, 8)
    header.writeUInt32LE(bytes.length, 12)
    header.writeUInt32LE(bytes.length, 16)
    blocks.push(block(6, Buffer.concat([header, bytes])))
  }
  return Buffer.concat(blocks)
}

function block(type: number, body: Uint8Array): Buffer {
  const padded = Math.ceil(body.length / 4) * 4
  const bytes = Buffer.alloc(12 + padded)
  bytes.writeUInt32LE(type)
  bytes.writeUInt32LE(bytes.length, 4)
  bytes.set(body, 8)
  bytes.writeUInt32LE(bytes.length, 8 + padded)
  return bytes
}

/** IPv4 and UDP around it, without checksums. The initiator is 192.0.2.2; both ports are 51820. */
function udp({ from, bytes }: Packet): Buffer {
  const payload = Buffer.from(bytes, 'hex')
  const packet = Buffer.alloc(28 + payload.length)
  packet.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17])
  packet.writeUInt16BE(packet.length, 2)
  packet.set([192, 0, 2, from === 'initiator' ? 2 : 1], 12)
  packet.set([192, 0, 2, from === 'initiator' ? 1 : 2], 16)
  packet.writeUInt16BE(51820, 20)
  packet.writeUInt16BE(51820, 22)
  packet.writeUInt16BE(8 + payload.length, 24)
  packet.set(payload, 28)
  return packet
}
