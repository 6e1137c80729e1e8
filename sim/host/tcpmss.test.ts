import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildIp, checkTransport, transportPayload } from '../../impl/ip/packet.ts'
import { ACK, buildTcp, RST, SYN, tcpMss } from '../../impl/ip/tcp.ts'
import { clampMss, isSyn } from './tcpmss.ts'
import { TestNet } from './testnet.ts'

const V4 = [Uint8Array.of(10, 0, 0, 1), Uint8Array.of(10, 0, 0, 2)] as const
const V6 = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)] as const

function packet(flags: number, mss: number | undefined, ends: readonly [Uint8Array, Uint8Array] = V4): Uint8Array {
  const [source, destination] = ends
  const ports = { sourcePort: 1, destinationPort: 2, sequence: 3, acknowledgement: 4, window: 5 }
  const option = mss === undefined ? {} : { mss }
  const payload = buildTcp({ source, destination, ...ports, flags, ...option, payload: new Uint8Array(0) })
  return buildIp({ source, destination, protocol: 6, payload })
}

test('what a SYN is', () => {
  const table: [number, boolean][] = [
    [SYN, true],
    [SYN | ACK, true],
    [ACK, false],
    [SYN | RST, false],
    [RST, false],
  ]
  for (const [flags, syn] of table) expect(isSyn(packet(flags, 1460))).toBe(syn)
  expect(isSyn(buildIp({ source: V4[0], destination: V4[1], protocol: 17, payload: new Uint8Array(20) }))).toBe(false)
})

test('it becomes smaller, never larger, and the checksum stays right', () => {
  fc.assert(
    fc.property(fc.nat(65_535), fc.nat(65_535), fc.boolean(), (mss, most, v4) => {
      const bytes = packet(SYN, mss, v4 ? V4 : V6)
      expect(clampMss(bytes, most)).toBe(mss > most)
      expect(tcpMss(transportPayload(bytes))).toBe(Math.min(mss, most))
      expect(checkTransport(bytes)).toBeUndefined()
    }),
  )
})

test('at an odd place in the options too', () => {
  const bytes = packet(SYN, 1460)
  // NOP, then MSS, then end of options; the header is 28 bytes.
  const segment = Uint8Array.from([...transportPayload(bytes).subarray(0, 20), 1, 2, 4, 5, 180, 0, 0, 0])
  segment[12] = 7 << 4
  segment[16] = 0
  segment[17] = 0
  const odd = buildIp({ source: V4[0], destination: V4[1], protocol: 6, payload: segment })
  let sum = 0
  const pseudo = [...V4[0], ...V4[1], 0, 6, 0, segment.length, ...segment]
  for (let i = 0; i < pseudo.length; i += 2) sum += (pseudo[i]! << 8) | pseudo[i + 1]!
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  transportPayload(odd).set([(~sum >>> 8) & 0xff, ~sum & 0xff], 16)
  expect(checkTransport(odd)).toBeUndefined()
  expect(clampMss(odd, 1000)).toBe(true)
  expect(tcpMss(transportPayload(odd))).toBe(1000)
  expect(checkTransport(odd)).toBeUndefined()
})

test('a SYN that says nothing stays as it is', () => {
  const bytes = packet(SYN, undefined)
  expect(clampMss(bytes, 100)).toBe(false)
  expect(bytes).toEqual(packet(SYN, undefined))
})

describe('the rule, in the words of iptables', () => {
  const lan = { addresses: ['10.1.0.1/24'], lan: true }
  const gate = (commands: readonly string[]) => {
    const net = new TestNet(
      {
        pc: { on: { a: { addresses: ['10.1.0.5/24'], gateways: ['10.1.0.1'], lan: true } } },
        gate: { on: { a: lan, b: { addresses: ['10.2.0.1/24'], lan: true, mtu: 1300 } }, forward: true },
        web: { on: { b: { addresses: ['10.2.0.8/24'], gateways: ['10.2.0.1'], lan: true } } },
      },
      { steps: ['get'] },
    )
    net.run(1)
    const said = commands.flatMap(command => {
      const before = net.rows.length
      net.step('gate', { do: 'run', at: '0s', host: 'gate', command }, 'rule')
      return net.rows.slice(before).flatMap(row => (row.kind === 'note' || row.kind === 'step' ? [row] : []))
    })
    const notes = said.flatMap(row => (row.kind === 'note' ? [row.text.replace(/ \(step rule\)/, '')] : []))
    net.step('pc', { do: 'tcp', at: '0s', from: 'pc', to: '10.2.0.8:80', bytes: 10_000 }, 'get')
    net.run(20e9)
    const syns = net.rows.flatMap(row =>
      row.kind === 'hop' && row.dir === 'out' && row.bytes !== undefined && isSyn(row.bytes)
        ? [`${row.at} ${tcpMss(transportPayload(row.bytes))}`]
        : [],
    )
    return { notes, syns, drops: net.drops().length, story: net.story('get').map(line => line.split(' ')[0]) }
  }
  const RULE = 'iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS'
  const unclamped = ['pc:a 1460', 'gate:b 1460', 'web:b 1460', 'gate:a 1460']
  const table: [string, string[], string[]][] = [
    ['nothing', [], unclamped],
    [
      'to what the path takes, both ways',
      [`${RULE} --clamp-mss-to-pmtu`],
      ['pc:a 1460', 'gate:b 1260', 'web:b 1460', 'gate:a 1260'],
    ],
    [
      'one way',
      [`${RULE} -o b --set-mss 1200`.replace('-j TCPMSS', '-j TCPMSS')],
      ['pc:a 1460', 'gate:b 1200', 'web:b 1460', 'gate:a 1460'],
    ],
    ['never larger', [`${RULE} --set-mss 9000`], unclamped],
    ['and taken away again', [`${RULE} --set-mss 1000`, `${RULE.replace('-A', '-D')} --set-mss 1000`], unclamped],
    [
      'where packets leave',
      [`${RULE.replace('FORWARD', 'POSTROUTING')} --set-mss 1000`],
      ['pc:a 1460', 'gate:b 1000', 'web:b 1460', 'gate:a 1000'],
    ],
    ['of its own alone', [`${RULE.replace('FORWARD', 'OUTPUT')} --set-mss 1000`], unclamped],
  ]
  test.each(table)('%s', (_, commands, syns) => {
    const seen = gate(commands)
    expect(seen.notes).toEqual([])
    expect(seen.syns).toEqual(syns)
    expect(seen.story.at(-1)).toBe('done')
  })

  test('what iptables refuses', () => {
    expect(
      gate(['iptables -t mangle -A FORWARD -j TCPMSS --clamp-mss-to-pmtu', `${RULE}`, `${RULE} --set-mss x`]).notes,
    ).toEqual([
      'failed: "iptables -t mangle -A FORWARD -j TCPMSS --clamp-mss-to-pmtu": iptables: TCPMSS target: only valid for protocol tcp: write -p tcp',
      `failed: "${RULE}": iptables: TCPMSS target: write --clamp-mss-to-pmtu or --set-mss 1240`,
      `failed: "${RULE} --set-mss x": iptables: bad value for option "--set-mss", or out of range (1-65495): x`,
    ])
  })
})
