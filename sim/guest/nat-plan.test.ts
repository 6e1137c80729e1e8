/** What Linux can be asked to be, the text of its rules, and what it is not asked. */
import { describe, expect, it } from 'vitest'
import type { Nat, NatBehaviours } from '../../scenarios/language/nat.ts'
import type { Scenario } from '../../scenarios/language/scenario.ts'
import { natPlan } from './nat-plan.ts'
import { LINUX_TIMES, natCommands, natRules } from './nat-rules.ts'
import { supportsGuests } from './supports.ts'

const PLACE = { inside: { home: '192.168.1.1/24' }, outside: { internet: '203.0.113.77' } }
const plan = (behaviours: NatBehaviours) => natPlan({ ...PLACE, ...behaviours } as Nat)
const because = (behaviours: NatBehaviours) => {
  const made = plan(behaviours)
  return made.kind === 'refuses' ? made.because : undefined
}
const rules = (behaviours: NatBehaviours) => {
  const made = plan(behaviours)
  return made.kind === 'plays' ? natRules(made.nat) : made.because
}

describe('the plan', () => {
  it('is masquerade with the times of the scenario where it says nothing else', () => {
    const made = plan({ timeout: '60s' })
    expect(made).toMatchObject({
      kind: 'plays',
      nat: {
        inside: ['home'],
        outside: ['internet'],
        address: '203.0.113.77',
        ports: 'kept',
        fullCone: false,
        input: 'accept',
        times_s: { ...LINUX_TIMES, udp: 60, stream: 60, icmp: 60 },
        most: 262_144,
      },
    })
  })

  it.each([
    ['linux-masquerade', { ports: 'kept', fullCone: false, input: 'accept', times_s: LINUX_TIMES }],
    ['linux-masquerade-random-fully', { ports: 'fully-random', fullCone: false }],
    ['linux-fullcone', { fullCone: true, input: 'drop' }],
    ['openwrt', { ports: 'kept', input: 'drop', times_s: { ...LINUX_TIMES, udp: 60, stream: 180, established: 7440 } }],
    [
      'routeros',
      { times_s: { ...LINUX_TIMES, udp: 10, stream: 180, icmp: 10, syn: 5, established: 86_400, closing: 10 } },
    ],
  ] as const)('plays %s', (preset, nat) => {
    expect(plan({ preset })).toMatchObject({ kind: 'plays', nat })
  })

  it.each([
    [{ preset: 'pf' }, 'has ports_taken: next, and Linux has linux'],
    [{ preset: 'rfc4787' }, 'has mapping: endpoint-independent, and Linux has address-and-port-dependent'],
    [{ hairpin: 'external' }, 'has hairpin: external, and Linux has off'],
    [{ refresh: 'outbound' }, 'has refresh: outbound, and Linux has both'],
    [{ ports: 'sequential' }, 'has ports: sequential, and Linux has preserving or random'],
    [{ stream_after: '30s' }, 'has stream_after: 30s, and Linux has 2s'],
    [{ timeout: '500ms' }, 'has a timeout of 500ms, and Linux counts whole seconds'],
    [{ timeout: '60s', timeout_unreplied: '30s' }, 'has timeout: 60s, and Linux has 30s'],
    [{ timeout_ports: { '53': '10s' } }, 'has "timeout_ports", for which Linux has no rule'],
    [{ blocks: { size: 64 } }, 'has blocks: {"size":64}, and Linux has none'],
    [
      { preset: 'linux-masquerade', port_range: [20_000, 29_999] },
      'has a port_range, with which Linux knows no classes of ports (write port_class: none)',
    ],
    [
      { preset: 'linux-fullcone', ports: 'random' },
      'has ports: random, and Linux with rules for a full cone has preserving',
    ],
  ] as const)('refuses %j, with a reason', (behaviours, reason) => {
    expect(because(behaviours as NatBehaviours)).toBe(reason)
  })

  it('refuses several addresses outside', () => {
    const spec = { ...PLACE, outside: { internet: ['203.0.113.77', '203.0.113.78'] } } as Nat
    expect(natPlan(spec)).toEqual({
      kind: 'refuses',
      because: 'has 2 IPv4 addresses outside, and masquerade takes one',
    })
  })
})

describe('the rules', () => {
  it('are a file for nft', () => {
    expect(rules({ preset: 'openwrt' })).toBe(`\
table ip wglab-nat {
  chain outwards {
    type nat hook postrouting priority srcnat; policy accept;
    oifname { "internet" } masquerade
  }
}
table inet wglab-filter {
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname { "internet" } oifname { "home" } ct state established,related accept
    iifname { "internet" } oifname { "home" } ct status dnat accept
    iifname { "internet" } oifname { "home" } drop
  }
  chain input {
    type filter hook input priority filter; policy accept;
    iifname { "internet" } ct state new drop
  }
}
`)
  })

  it.each([
    [{ preset: 'linux-masquerade-random-fully' }, 'oifname { "internet" } masquerade fully-random'],
    [
      { port_range: [20_000, 29_999], ports: 'random' },
      'oifname { "internet" } meta l4proto { tcp, udp } masquerade to :20000-29999 fully-random',
    ],
    [{ fragments: 'drop' }, 'iifname { "home" } ip frag-off & 0x3fff != 0 drop'],
    [{ icmp: false }, 'iifname { "internet" } ct state related meta l4proto icmp drop'],
    [{ preset: 'linux-fullcone' }, 'ip daddr 203.0.113.77 meta l4proto udp dnat ip to udp dport map @cone'],
  ] as const)('%j', (behaviours, line) => {
    expect(rules(behaviours as unknown as NatBehaviours)).toContain(`    ${line}\n`)
  })

  it('set the times and the size of the table', () => {
    const made = plan({ preset: 'linux-masquerade', max_mappings: 64 })
    if (made.kind === 'refuses') throw new Error(made.because)
    const last = natCommands(made.nat).at(-1)
    expect(last).toContain('nf_conntrack_buckets=64 net.netfilter.nf_conntrack_max=64 ')
    expect(last).toContain('nf_conntrack_udp_timeout=30 net.netfilter.nf_conntrack_udp_timeout_stream=120 ')
  })
})

describe('a cast', () => {
  const scenario: Scenario = {
    schema: 'wglab/scenario@1',
    title: 'A NAT',
    duration: '10s',
    networks: { internet: {}, home: { kind: 'lan', gateway: '192.168.1.1' } },
    nats: { router: { ...PLACE, preset: 'linux-masquerade' } },
    routers: { hop: { interfaces: { internet: '198.51.100.9' }, ecn: 'bleach' } },
    hosts: { a: { interfaces: { home: '192.168.1.2/24' } }, b: { interfaces: { internet: '198.51.100.1' } } },
    steps: [{ do: 'nat', at: '1s', nat: 'router', flush: true }],
    expect: [],
  }
  const reason = (cast: Record<string, string>, changed: Partial<Scenario> = {}) => {
    const support = supportsGuests({ ...scenario, ...changed }, cast)
    return support.ok ? undefined : support.because
  }

  it('may have a kernel for a NAT or a router', () => {
    expect(reason({ router: 'kernel-6.12', a: 'wireguard-go' })).toBeUndefined()
  })

  it.each([
    [
      { router: 'wireguard-go' },
      'router is a NAT, which wireguard-go is not (write ours or kernel-6.12 or kernel-6.1)',
    ],
    [{ hop: 'kernel-6.12' }, 'hop is to be kernel-6.12, in a guest, which has no "ecn"'],
  ])('%j is refused', (cast, because) => {
    expect(reason(cast)).toBe(because)
  })

  it('refuses what a scenario does to its NAT beside forgetting', () => {
    const rebind: Scenario['steps'] = [{ do: 'nat', at: '1s', nat: 'router', off: '10s' }]
    expect(reason({ router: 'kernel-6.12' }, { steps: rebind })).toBe(
      'router is to be kernel-6.12, in a guest, whose NAT is not told "off" by a step',
    )
  })
})
