/** A tunnel in a TCP connection, through whole worlds: nothing is lost, and what breaks is mended. */
import { expect, test } from 'vitest'
import { nodeCrypto } from '../../../impl/crypto/node/provider.ts'
import type { Scenario } from '../../../scenarios/language/scenario.ts'
import type { Step } from '../../../scenarios/language/step.ts'
import type { Link } from '../../../scenarios/language/topology.ts'
import type { Row } from '../../../scenarios/language/trace.ts'
import { simWorld } from '../../world.ts'

const laptop = `[Interface]
PrivateKey = <laptop>
Address = 10.8.0.2/24
MTU = 1380

[Peer]
PublicKey = <server.pub>
Endpoint = 127.0.0.1:7000
AllowedIPs = 10.8.0.0/24
`
const server = `[Interface]
PrivateKey = <server>
Address = 10.8.0.1/24
ListenPort = 51820

[Peer]
PublicKey = <laptop.pub>
AllowedIPs = 10.8.0.2/32
`

function run(steps: readonly Step[], more: { seed?: string; link?: Link; queue?: number } = {}): Row[] {
  const client = { kind: 'udp-over-tcp-client', listen: 7000, server: '198.51.100.1:443' } as const
  const scenario: Scenario = {
    schema: 'wglab/scenario@1',
    title: 'carrier',
    duration: '2m',
    networks: { internet: more.link === undefined ? {} : { link: more.link } },
    hosts: {
      laptop: {
        interfaces: { internet: '203.0.113.7' },
        wg: { wg0: laptop },
        services: { carrier: more.queue === undefined ? client : { ...client, queue: more.queue } },
      },
      server: {
        interfaces: { internet: '198.51.100.1' },
        wg: { wg0: server },
        firewall: 'stateful',
        services: { carrier: { kind: 'udp-over-tcp-server', port: 443, to: '127.0.0.1:51820' } },
      },
    },
    steps: [...steps],
    expect: [{ see: 'noted', host: 'laptop', text: 'connected', count: { min: 0 } }],
  }
  const rows: Row[] = []
  const sink = { row: (row: Row) => void rows.push(row) }
  simWorld.run({ scenario, cast: {}, seed: more.seed ?? '1', crypto: nodeCrypto, sink })
  return rows
}

const happened = (rows: readonly Row[], step: string, what: 'answered' | 'arrived'): number[] =>
  rows.flatMap(row => (row.kind === 'step' && row.step === step && row.what === what ? [row.seq ?? 0] : []))

const notes = (rows: readonly Row[], at: string): string[] =>
  rows.flatMap(row => (row.kind === 'note' && row.at === at ? [row.text] : []))

test.each(['1', '2', '3'])(
  'seed %s: of 300 packets on a bad line none is lost, none comes twice, all come in order',
  seed => {
    const stream: Step = {
      ...{ do: 'send', at: '3s', name: 's', from: 'laptop', to: '10.8.0.1:9' },
      ...{ count: 300, interval: '30ms', size: 700 },
    } as Step
    const rows = run([stream], { seed, link: { delay: '20ms', loss: 0.03, duplicate: 0.02 } })
    expect(happened(rows, 's', 'arrived')).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
    expect(rows.some(row => row.kind === 'drop' && row.reason === 'link-loss')).toBe(true)
  },
)

test('the other end reboots: the connection is made again, and the tunnel goes on', () => {
  const rows = run([
    { do: 'ping', at: '2s', name: 'before', from: 'laptop', to: '10.8.0.1' },
    { do: 'reboot', at: '10s', host: 'server', off: '3s' },
    { do: 'ping', at: '15s', name: 'nudge', from: 'laptop', to: '10.8.0.1', count: 20 },
    { do: 'ping', at: '60s', name: 'after', from: 'laptop', to: '10.8.0.1', count: 3 },
  ])
  expect([happened(rows, 'before', 'answered'), happened(rows, 'after', 'answered')]).toEqual([[1], [1, 2, 3]])
  const told = notes(rows, 'laptop').filter(text => text.startsWith('carrier:'))
  expect(told[0]).toBe('carrier: connected to 198.51.100.1:443 by TCP')
  expect(told[1]).toMatch(/^carrier: no connection to 198\.51\.100\.1:443: connection reset.*; again in 1s$/)
  expect(told.at(-1)).toBe('carrier: connected to 198.51.100.1:443 by TCP')
})

test('what the queue does not hold is dropped by name', () => {
  const rows = run(
    [{ do: 'send', at: '3s', name: 's', from: 'laptop', to: '10.8.0.1:9', count: 50, interval: '0s', size: 700 }],
    { queue: 4000, link: { delay: '50ms' } },
  )
  const full = rows.filter(row => row.kind === 'drop' && row.reason === 'carrier-queue-full').length
  const arrived = happened(rows, 's', 'arrived').length
  expect([full > 30, full + arrived]).toEqual([true, 50])
})

test('who is stopped carries nothing, and says so when it is asked', () => {
  const rows = run([
    { do: 'service', at: '5s', host: 'server', service: 'carrier', act: 'stop' },
    { do: 'service', at: '6s', host: 'server', service: 'carrier', act: 'now', name: 'too late' },
    { do: 'ping', at: '7s', name: 'nobody', from: 'laptop', to: '10.8.0.1' },
    { do: 'service', at: '30s', host: 'server', service: 'carrier', act: 'start' },
    { do: 'ping', at: '60s', name: 'again', from: 'laptop', to: '10.8.0.1' },
  ])
  expect([happened(rows, 'nobody', 'answered').length, happened(rows, 'again', 'answered')]).toEqual([0, [1]])
  const errors = rows.flatMap(row =>
    row.kind === 'step' && row.what === 'error' ? [`${row.step}: ${row.detail}`] : [],
  )
  expect(errors.filter(text => text.startsWith('too late'))).toEqual(['too late: carrier does not run'])
})
