import { describe, expect, it } from 'vitest'
import { NAT_PRESET_NAMES } from '../../scenarios/language/nat-presets.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import type { StepOf } from '../../scenarios/language/step.ts'
import type { Nat } from '../../scenarios/language/topology.ts'
import { checkScenario } from '../check.ts'

/** What is said about a NAT with these keys, and a step for it: `path: reason; instead`. */
function complaints(nat: Partial<Nat>, step?: Omit<StepOf<'nat'>, 'do' | 'at' | 'nat'>): string[] {
  const scenario: Scenario = {
    schema: 'wglab/scenario@1',
    title: 'A NAT',
    duration: '1m',
    networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
    nats: { router: { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.7' }, ...nat } },
    hosts: { laptop: { interfaces: { home: '192.168.1.2/24' } } },
    steps: step === undefined ? [] : [{ do: 'nat', at: '1s', nat: 'router', ...step }],
    expect: [{ see: 'dropped', because: 'nat-off', count: 0 }],
  }
  return checkScenario(scenario).map(({ path, reason, instead }) => `${path}: ${reason}; ${instead ?? ''}`)
}

describe('a NAT that makes no sense is refused, with the place and what to write', () => {
  const table: readonly [Partial<Nat>, string][] = [
    [{ timeout_stream: '0s' }, '/nats/router/timeout_stream: a mapping that lives no time is none; 30s'],
    [{ tcp: { timeout: '0s' } }, '/nats/router/tcp/timeout: a mapping that lives no time is none; 30s'],
    [{ query: { timeout: '0ns' } }, '/nats/router/query/timeout: a mapping that lives no time is none; 30s'],
    [{ timeout_ports: { '70000': '3s' } }, '/nats/router/timeout_ports/70000: 70000 is no port; "53": "10s"'],
    [{ timeout_ports: { '53': '-3s' } }, '/nats/router/timeout_ports/53: "-3s" is negative; write 0s or more'],
    [{ hold_down: '-1s' }, '/nats/router/hold_down: "-1s" is negative; write 0s or more'],
    [
      { lifetime_spread: '5s' },
      '/nats/router/lifetime_spread: it is added to a lifetime, and there is none; "lifetime": "50s"',
    ],
    [{ port_range: [9, 5] }, '/nats/router/port_range: it ends before it begins; [5, 9]'],
    [
      { port_range: [5, 9] },
      '/nats/router/port_range: of ports from 1024 up nothing is left in [5, 9]; "port_class": "none"',
    ],
    [
      { sharing: 'by-remote' },
      '/nats/router/sharing: an endpoint-independent mapping is for every remote end: there is nothing to tell two of them on one port apart; "sharing": "none", or "mapping": "address-and-port-dependent" (of tcp and query too)',
    ],
    [
      { preset: 'pf', mapping: 'endpoint-independent' },
      '/nats/router/mapping: an endpoint-independent mapping is for every remote end: there is nothing to tell two of them on one port apart; "sharing": "none", or "mapping": "address-and-port-dependent" (of tcp and query too)',
    ],
    [
      { sharing: 'always', ports: 'random' },
      '/nats/router/ports: a port that is always shared is always kept; "ports": "preserving"',
    ],
    [
      { on_conflict: 'other-class', ports: 'random' },
      '/nats/router/on_conflict: two hosts are in conflict about a port only where ports are preserved and not shared; "ports": "preserving", "sharing": "none"',
    ],
    [{ blocks: { size: 64 } }, '/nats/router/blocks: blocks know no port classes; "port_class": "none"'],
    [
      { blocks: { size: 64 }, port_class: 'none', port_range: [5000, 5009] },
      '/nats/router/blocks: the port range has 10 ports, a block 64; "size": 512',
    ],
    [
      { blocks: { size: 64, per_host: 2, order: 'deterministic' }, port_class: 'none' },
      '/nats/router/blocks: an address says one block, not several; "per_host": 1',
    ],
  ]
  it.each(table)('%j', (nat, complaint) => {
    expect(complaints(nat)).toEqual([complaint])
  })

  it.each(NAT_PRESET_NAMES)('the preset %s is none of these', preset => {
    expect(complaints({ preset })).toEqual([])
  })

  it('a preset that does not exist: with the nearest there is', () => {
    const [complaint] = complaints({ preset: 'linux-masquerad' as 'linux-masquerade' })
    expect(complaint).toContain('/nats/router/preset')
    expect(complaint).toContain('linux-masquerade')
  })
})

describe('a step that would change nothing, or can not be done', () => {
  const table: readonly [Omit<StepOf<'nat'>, 'do' | 'at' | 'nat'>, string][] = [
    [{}, '/steps/0: neither a flush nor new addresses: nothing would change; "flush": true'],
    [{ flush: false }, '/steps/0: neither a flush nor new addresses: nothing would change; "flush": true'],
    [{ off: '0s' }, '/steps/0/off: to be off for no time is a flush; "flush": true'],
    [
      { rebind: 'port', flush: true },
      '/steps/0/rebind: what is forgotten can not live on with another port; one of both',
    ],
    [
      { rebind: 'port', ports: 'same' },
      '/steps/0/ports: it says what comes after a flush, and there is none; "flush": true',
    ],
    [
      { rebind: 'address' },
      '/steps/0/rebind: router has one outside address: there is no other to go to; "outside": { "internet": "203.0.113.99" } in this step, or a second address of the NAT',
    ],
    [{ flush: true, inside: '10.0.0.1' }, '/steps/0/inside: 10.0.0.1 is not inside of this NAT; 192.168.1.1/24'],
  ]
  it.each(table)('%j', (step, complaint) => {
    expect(complaints({}, step)).toEqual([complaint])
  })

  it.each([
    { flush: true, ports: 'same' },
    { off: '10s', ports: 'other' },
    { rebind: 'port', inside: '192.168.1.2' },
    { rebind: 'both', outside: { internet: '203.0.113.8' } },
  ] as const)('%j is in order', step => {
    expect(complaints({}, step)).toEqual([])
  })
})
