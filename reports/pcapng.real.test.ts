/** Wireshark's own tools read our captures: tshark decrypts them with no key file, capinfos sees what is in them. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noble } from '../impl/crypto/noble.ts'
import { buildIcmpEcho } from '../impl/ip/icmp.ts'
import { buildIpv4, PROTOCOL_ICMP } from '../impl/ip/ipv4.ts'
import type { Key } from '../impl/key.ts'
import { type Node, prefix, type Sent, TestNet, testKey } from '../impl/testing.ts'
import type { Row } from '../scenarios/language/trace.ts'
import type { KeyLogLine } from '../scenarios/language/verdict.ts'
import { createCapture } from './capture.ts'
import { ipv4 } from './testing.ts'
import { drop, endOf, feed, MS, S } from './testing-trace.ts'

const missing = ['tshark', 'capinfos'].some(tool => spawnSync(tool, ['--version']).status !== 0)
const folder = missing ? '' : mkdtempSync(join(tmpdir(), 'wglab-capture-'))
afterAll(() => {
  if (!missing) rmSync(folder, { recursive: true })
})

interface Run {
  readonly rows: Row[]
  readonly keylog: KeyLogLine[]
}

const text = (address: Uint8Array) => address.join('.')
const at = (endpoint: { address: Uint8Array; port: number }) => `${text(endpoint.address)}:${endpoint.port}`
const secret = (kind: KeyLogLine['kind'], key: Key): KeyLogLine => ({
  kind,
  reveal: () => Buffer.from(key.reveal()).toString('base64'),
})

function echo(from: Node, to: Node, sequence: number, reply: boolean): Uint8Array {
  const ends = { source: from.inner, destination: to.inner }
  const payload = buildIcmpEcho({ ...ends, reply, id: 7, sequence, payload: new Uint8Array(56) })
  return buildIpv4({ ...ends, protocol: PROTOCOL_ICMP, payload })
}

/** Two devices, a preshared key, three pings and a lost initiation; with `nat`, alice's address is translated. */
function run(nat: boolean): Run {
  const net = new TestNet(noble)
  const [alice, bob] = [net.add('alice', { revealSecrets: true }), net.add('bob', { revealSecrets: true })]
  net.connect(alice, bob, false)
  const psk = testKey('psk')
  const share = (node: Node, peer: Node) =>
    net.configure(node, {
      peers: [{ publicKey: peer.publicKey, presharedKey: psk, allowedIps: [prefix(peer.inner, 32)] }],
    })
  share(alice, bob)
  share(bob, alice)
  let first = true
  net.fate = () => (first ? [] : [10])
  const pings = 3
  const inner: Row[] = []
  const crossed = (node: Node, dir: 'in' | 'out', packet: Uint8Array, t: number, n: number) => {
    const packetRef = { box: 'app', n }
    inner.push({
      kind: 'hop',
      t,
      at: `${node.name}:wg0`,
      dir,
      layer: 'inner',
      packet: packetRef,
      copy: 0,
      size: packet.length,
      bytes: packet,
    })
  }
  for (let n = 1; n <= pings; n++) {
    const request = echo(alice, bob, n, false)
    crossed(alice, 'out', request, net.now, n)
    net.send(alice, bob, request)
    first = false
    net.pass(n === 1 ? 7 : 1)
    const reply = echo(bob, alice, n, true)
    crossed(bob, 'out', reply, net.now, 100 + n)
    net.send(bob, alice, reply)
    net.pass(1)
  }
  expect(bob.delivered).toHaveLength(pings)
  expect(alice.delivered).toHaveLength(pings)
  const keylog = [secret('PRESHARED_KEY', psk)]
  for (const node of [alice, bob]) {
    keylog.push(secret('LOCAL_STATIC_PRIVATE_KEY', node.key))
    keylog.push(...node.secrets.map(({ key }) => secret('LOCAL_EPHEMERAL_PRIVATE_KEY', key)))
  }
  const wire = net.sent.flatMap((sent, n) => wireRows(sent, n, n === 0, nat, alice))
  return { rows: [...inner, ...wire].sort((a, b) => a.t - b.t), keylog }
}

const TRANSLATED = '198.51.100.7:4242'

function wireRows(sent: Sent, n: number, lost: boolean, nat: boolean, alice: Node): Row[] {
  const { node } = sent
  const far = node.name === 'alice' ? 'bob' : 'alice'
  const packet = { box: node.name, n }
  const outside = nat ? TRANSLATED : at(alice.endpoint)
  const near = (side: string, who: string, endpoint: string) => (side === 'bob' && who === 'alice' ? outside : endpoint)
  const bytes = (side: string) =>
    ipv4(near(side, node.name, at(node.endpoint)), near(side, far, at(sent.to)), sent.bytes)
  const hop = (t: number, side: string, dir: 'in' | 'out'): Row => {
    const seen = bytes(side)
    return {
      kind: 'hop',
      t,
      at: `${side}:internet`,
      dir,
      layer: 'wire',
      packet,
      copy: 0,
      size: seen.length,
      bytes: seen,
    }
  }
  if (lost)
    return [
      hop(sent.at, node.name, 'out'),
      drop(sent.at, `${node.name}:internet up`, `${node.name}/${n}`, 'listed-loss'),
    ]
  return [hop(sent.at, node.name, 'out'), hop(sent.at + 10 * MS, far, 'in')]
}

function write(name: string, { rows, keylog }: Run): string {
  const options = { epoch: { sec: 1_700_000_000, nsec: 0 }, application: 'wglab 0.1.0', about: `${name}, seed 1` }
  const { sink, finish } = createCapture(options)
  feed(sink, rows)
  const chunks: Uint8Array[] = []
  const legend = { 'listed-loss': 'The scenario lists this packet.' }
  finish(
    endOf(['alice:internet', 'alice:wg0', 'bob:internet', 'bob:wg0'], { keylog, legend, ended_at: 20 * S }),
    chunk => chunks.push(chunk),
  )
  const path = join(folder, `${name}.pcapng`)
  writeFileSync(path, Buffer.concat(chunks))
  return path
}

const tool = (name: string, ...args: string[]) =>
  execFileSync(name, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
const fields = (path: string, filter: string, ...names: string[]) =>
  tool('tshark', '-r', path, '-Y', filter, '-T', 'fields', ...names.flatMap(name => ['-e', name]))
    .trimEnd()
    .split('\n')
    .map(line => line.split('\t'))

describe.skipIf(missing)('a capture in Wireshark', () => {
  let straight = ''
  let behindNat = ''
  beforeAll(() => {
    straight = write('straight', run(false))
    behindNat = write('nat', run(true))
  })

  it('has nanoseconds, an interface for each vantage point, the secrets, and its own comment', () => {
    const info = tool('capinfos', straight)
    expect(info).toMatch(/File timestamp precision: *nanoseconds \(9\)/)
    expect(info).toMatch(/Capture application: *wglab 0\.1\.0/)
    expect(info).toMatch(/Capture comment: *straight, seed 1/)
    expect(info).toMatch(/Number of interfaces in file: *4/)
    expect(info).toMatch(/Number of decryption secrets in file: *1/)
    expect(info).toMatch(/Strict time order: *True/)
    for (const name of ['alice:internet', 'alice:wg0', 'bob:internet', 'bob:wg0'])
      expect(info).toContain(`Name = ${name}`)
    expect(info.match(/Encapsulation = Raw IP/g)).toHaveLength(4)
  })

  it.each(['straight', 'nat'])('opens decrypted with no key file: %s', which => {
    const path = which === 'nat' ? behindNat : straight
    const wire = 'udp && icmp && frame.interface_name contains "internet"'
    const seen = fields(path, wire, 'frame.interface_name', 'icmp.type', 'icmp.seq').map(row => row.join(' '))
    const each = (place: string) =>
      [1, 2, 3].flatMap(n => [`${place}:internet 8,8 ${n},${n}`, `${place}:internet 0,0 ${n},${n}`])
    const plain = seen.map(line => line.replace(/(\d+),\1/g, '$1'))
    expect(plain.toSorted()).toEqual(
      [...each('alice'), ...each('bob')].map(line => line.replace(/(\d+),\1/g, '$1')).toSorted(),
    )
    expect(fields(path, 'wg.type == 4 && !icmp && !(udp.length == 40)', 'frame.number')).toEqual([['']])
    expect(fields(path, 'wg.type == 2', 'wg.handshake_ok').every(([ok]) => ok === '1' || ok === 'True')).toBe(true)
    expect(fields(path, 'wg.type == 1', 'wg.timestamp.value').every(([value]) => value !== '')).toBe(true)
  })

  it('tells of each packet its direction, its time to the nanosecond, and its fate', () => {
    const rows = fields(
      straight,
      'wg.type == 1',
      'frame.time_epoch',
      'frame.interface_name',
      'frame.packet_flags_direction',
      'frame.comment',
    )
    expect(rows[0]).toEqual([
      '1700000000.000000000',
      'alice:internet',
      '0x00000002',
      'alice/0 initiation 148 B, lost on the cable alice:internet up at 0 ns: listed-loss: The scenario lists this packet',
    ])
    expect(rows[2]?.slice(1, 3)).toEqual(['bob:internet', '0x00000001'])
  })

  it('holds nothing that Wireshark finds malformed', () => {
    for (const path of [straight, behindNat]) expect(fields(path, '_ws.malformed', 'frame.number')).toEqual([['']])
  })
})
