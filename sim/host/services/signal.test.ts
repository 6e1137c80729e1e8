/** What a signalling server answers is what the NAT has: from the outside nobody could know it better. */
import { describe, expect, test } from 'vitest'
import { instant } from '../../../impl/box.ts'
import { nodeCrypto } from '../../../impl/crypto/node/provider.ts'
import { formatEndpoint, parseEndpoint, parsePrefix } from '../../../impl/ip/address.ts'
import { ipProtocol, ipSource, transportPayload } from '../../../impl/ip/packet.ts'
import { udpSourcePort } from '../../../impl/ip/udp.ts'
import type { PublicKey } from '../../../impl/key.ts'
import { scenario as signalling } from '../../../scenarios/catalogue/services/signalling.ts'
import type { Row } from '../../../scenarios/language/trace.ts'
import { simWorld } from '../../world.ts'
import { SignalClient } from './signal-client.ts'
import { SignalServer } from './signal-server.ts'
import { TestDesk } from './testdesk.ts'

const peer = (name: string, allowed: string, endpoint?: string, at?: number) => ({
  name,
  publicKey: name as PublicKey,
  hasPresharedKey: false,
  endpoint: endpoint === undefined ? undefined : parseEndpoint(endpoint),
  allowedIps: [parsePrefix(allowed)!],
  latestHandshake: undefined,
  latestHandshakeAt: at === undefined ? undefined : instant(at),
  rxBytes: 0,
  txBytes: 0,
  persistentKeepalive_s: 0,
  staged: 0,
  drops: {},
})

test('the server answers peers alone, and says what it does not know', () => {
  const test = new TestDesk()
  test.peers = [
    peer('laptop', '10.9.0.2/32', '198.51.100.10:4711'),
    peer('phone', '10.9.0.3/32', '203.0.113.20:815'),
    peer('tv', '10.9.0.4/32'),
  ]
  new SignalServer(test.desk, { kind: 'signal-server', iface: 'wg0' }, instant(0))
  test.receive(1, 5351, '10.9.0.2:9999', 'where phone')
  test.receive(2, 5351, '10.9.0.2:9999', 'where phone')
  test.receive(3, 5351, '10.9.0.2:9999', 'where tv')
  test.receive(4, 5351, '10.9.0.2:9999', 'where mallory')
  test.receive(5, 5351, '192.0.2.66:9999', 'where phone')
  test.receive(6, 5351, '10.9.0.2:9999', 'who are you')
  expect(test.texts()).toEqual([
    '10.9.0.2:9999 phone is at 203.0.113.20:815',
    '10.9.0.2:9999 phone is at 203.0.113.20:815',
    '10.9.0.2:9999 tv is nowhere',
    '10.9.0.2:9999 mallory is nowhere',
  ])
  expect(test.fates.slice(4)).toEqual(['4 dropped service-refused', '5 dropped service-refused'])
  // Said once, not each time.
  expect(test.notes).toEqual([
    'told laptop: phone is at 203.0.113.20:815',
    'told laptop: tv is nowhere',
    'told laptop: mallory is nowhere',
  ])
})

describe('the client', () => {
  const SERVER = '10.9.0.1:5351'
  const start = (phone: ReturnType<typeof peer>): { test: TestDesk; client: SignalClient } => {
    const test = new TestDesk()
    test.peers = [phone]
    const spec = { iface: 'wg0', server: SERVER, peers: ['phone'] }
    return { test, client: new SignalClient(test.desk, { kind: 'signal-client', ...spec }, instant(0)) }
  }

  test('asks every five seconds while there is no session, and not while there is one', () => {
    const { test, client } = start(peer('phone', '10.9.0.3/32', undefined, 7e9))
    test.peers = [peer('phone', '10.9.0.3/32')]
    const asked: number[] = []
    for (let due = client.pollTimeout(); due <= 200e9; due = client.pollTimeout()) {
      if (due === 10e9) test.peers = [peer('phone', '10.9.0.3/32', undefined, 7e9)]
      const before = test.sent.length
      client.handleTimeout(due)
      if (test.sent.length > before) asked.push(due / 1e9)
    }
    expect(asked).toEqual([0, 5, 190, 195, 200])
    expect(new Set(test.texts())).toEqual(new Set([`${SERVER} where phone`]))
  })

  test.each([
    ['a new place', SERVER, 'phone is at 203.0.113.20:815', 1],
    ['the place it has', SERVER, 'phone is at 203.0.113.9:1', 0],
    ['nowhere', SERVER, 'phone is nowhere', 0],
    ['another peer', SERVER, 'tv is at 203.0.113.20:815', 0],
    ['another server', '10.9.0.7:5351', 'phone is at 203.0.113.20:815', 0],
    ['no address', SERVER, 'phone is at home;reboot', 0],
  ])('%s', (_, from, text, commands) => {
    const { test } = start(peer('phone', '10.9.0.3/32', '203.0.113.9:1'))
    test.receive(1, 40_000, from, text)
    expect(test.commands).toHaveLength(commands)
  })

  test('a late answer moves no session', () => {
    const { test } = start(peer('phone', '10.9.0.3/32', '203.0.113.9:1', 5e9))
    test.receive(6e9, 40_000, SERVER, 'phone is at 203.0.113.20:815')
    expect(test.commands).toEqual([])
  })
})

test.each(['1', '2', 'a', 'b', 'c'])('seed %s: the hub tells the port that the NAT has given', seed => {
  const told = new Map<string, string>()
  const ports = { westgate: new Set<string>(), eastgate: new Set<string>() }
  const row = (row: Row): void => {
    if (row.kind === 'note' && row.at === 'hub') {
      const [, name = '', where = ''] = /: (\w+) is at (\S+)$/.exec(row.text) ?? []
      told.set(name, where)
    }
    if (row.kind !== 'hop' || row.dir !== 'out' || row.bytes === undefined || ipProtocol(row.bytes) !== 17) return
    const nat = /^(westgate|eastgate):internet$/.exec(row.at)?.[1] as keyof typeof ports | undefined
    if (nat === undefined) return
    const port = udpSourcePort(transportPayload(row.bytes))
    ports[nat].add(formatEndpoint({ address: ipSource(row.bytes).slice(), port }))
  }
  simWorld.run({ scenario: signalling, cast: {}, seed, crypto: nodeCrypto, sink: { row } })
  // Endpoint-independent: one port for all destinations, and so the one that was told.
  expect({ westgate: [...ports.westgate], eastgate: [...ports.eastgate] }).toEqual({
    westgate: [told.get('laptop')],
    eastgate: [told.get('phone')],
  })
})
