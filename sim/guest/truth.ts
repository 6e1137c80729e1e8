/** Linux's own NAT and the preset that claims to be it, measured by the same probe and laid beside each other. */
import type { Nat, NatBehaviours } from '../../scenarios/language/nat.ts'
import type { NatParameters } from '../../scenarios/language/nat-parameters.ts'
import type { NatPresetName } from '../../scenarios/language/nat-presets.ts'
import { NatBench } from '../natprobe/bench.ts'
import type { Finding, Measured } from '../natprobe/findings.ts'
import { KEYS, measureNat } from '../natprobe/measure.ts'
import { conduct } from '../natprobe/world.ts'
import { conductGuest, GUEST_PLACE, GuestNatBench } from './nat-bench.ts'
import { LINUX_TIMES, type LinuxNat, natCommands } from './nat-rules.ts'
import type { GuestMachine } from './shell.ts'

/** A way to set Linux up as a NAT, and what claims to be the same in the simulator. */
export interface Ruleset {
  readonly name: string
  readonly about: string
  readonly nat: LinuxNat
  readonly preset: NatPresetName
  /** What is written beside the preset. */
  readonly changes: NatBehaviours
}

const PLAIN: LinuxNat = {
  inside: [GUEST_PLACE.inside],
  outside: [GUEST_PLACE.outside],
  address: GUEST_PLACE.address,
  ports: 'kept',
  fullCone: false,
  input: 'accept',
  times_s: LINUX_TIMES,
  loose: true,
  most: 262_144,
  fragments: 'pass',
  icmp: true,
}

export const RULESETS: readonly Ruleset[] = [
  {
    name: 'masquerade',
    about: 'nft masquerade',
    nat: PLAIN,
    preset: 'linux-masquerade',
    changes: {},
  },
  {
    name: 'masquerade-random',
    about: 'nft masquerade random',
    nat: { ...PLAIN, ports: 'random' },
    preset: 'linux-masquerade-random-fully',
    changes: {},
  },
  {
    name: 'masquerade-fully-random',
    about: 'nft masquerade fully-random',
    nat: { ...PLAIN, ports: 'fully-random' },
    preset: 'linux-masquerade-random-fully',
    changes: {},
  },
  {
    name: 'full-cone',
    about: 'a full cone by rules: two maps of nftables, and INPUT drops what is new',
    nat: { ...PLAIN, fullCone: true, input: 'drop' },
    preset: 'linux-fullcone',
    changes: {},
  },
  {
    name: 'masquerade-times',
    about: 'masquerade with nf_conntrack_udp_timeout=45 and nf_conntrack_udp_timeout_stream=300',
    nat: { ...PLAIN, times_s: { ...LINUX_TIMES, udp: 45, stream: 300 } },
    preset: 'linux-masquerade',
    changes: { timeout: '45s', timeout_unreplied: '45s', timeout_stream: '300s' },
  },
  {
    name: 'masquerade-ports',
    about: 'masquerade to :20000-29999',
    nat: { ...PLAIN, range: [20_000, 29_999] },
    preset: 'linux-masquerade',
    changes: { port_range: [20_000, 29_999], port_class: 'none' },
  },
  {
    name: 'openwrt',
    about: 'masquerade with the times of OpenWrt, and INPUT drops what is new',
    nat: { ...PLAIN, input: 'drop', times_s: { ...LINUX_TIMES, udp: 60, stream: 180, established: 7440 } },
    preset: 'openwrt',
    changes: {},
  },
  {
    name: 'small-table',
    about: 'masquerade with nf_conntrack_max=48',
    nat: { ...PLAIN, most: 48 },
    preset: 'linux-masquerade',
    changes: { max_mappings: 48 },
  },
  {
    name: 'no-fragments',
    about: 'masquerade, and fragments are dropped before conntrack sees them',
    nat: { ...PLAIN, fragments: 'drop' },
    preset: 'linux-masquerade',
    changes: { fragments: 'drop' },
  },
]

export interface TruthRow {
  /** Of the NAT, or what was seen of it on the way through. */
  readonly parameter: keyof NatParameters | string
  readonly linux: Finding<unknown>
  readonly preset: Finding<unknown>
  /** Both show it, and the same; or neither shows it. */
  readonly agrees: boolean
}

export interface TruthTable {
  readonly ruleset: string
  readonly about: string
  readonly preset: NatPresetName
  readonly changes: NatBehaviours
  readonly rows: readonly TruthRow[]
  /** Packets that were sent to Linux, and how often it began anew. */
  readonly sent: number
  readonly runs: number
}

export interface TruthOptions {
  /** With two ports, and has not run yet. */
  readonly guest: GuestMachine
  readonly ruleset: Ruleset
  readonly seed: string
  /** Mappings at once, at most. */
  readonly most: number
}

/** Rejects when the guest can not be set up, or goes down. */
export async function truthTable({ guest, ruleset, seed, most }: TruthOptions): Promise<TruthTable> {
  const { name, about, nat, preset, changes } = ruleset
  const bench = await GuestNatBench.open(guest, natCommands(nat), forgetNs(nat))
  const linux = await conductGuest(measureNat(bench.world, { most }), bench)
  const model = measurePreset(ruleset, seed, most)
  return { ruleset: name, about, preset, changes, rows: compare(linux, model), sent: linux.sent, runs: linux.runs }
}

function measurePreset({ preset, changes }: Ruleset, seed: string, most: number): Measured {
  const place = {
    inside: { [GUEST_PLACE.inside]: '192.168.1.1/24' },
    outside: { [GUEST_PLACE.outside]: GUEST_PLACE.address },
  }
  const bench = new NatBench({ spec: { ...place, preset, ...changes } as Nat, seed })
  return conduct(measureNat(bench.world, { most }), bench)
}

/** Every flow is over and swept away: the sweeper of conntrack comes every minute or two. */
function forgetNs({ times_s: { udp, stream, icmp } }: LinuxNat): number {
  return (Math.max(udp, stream, icmp) + 130) * 1e9
}

/** In the order of the probe: parameters, then what happens on the way through. */
export function compare(linux: Measured, preset: Measured): TruthRow[] {
  const parameters = KEYS.map(key => rowOf(key, linux.parameters[key], preset.parameters[key]))
  const traits = linux.traits.map(({ name, value, how }) => {
    const other = preset.traits.find(trait => trait.name === name)
    return rowOf(
      name,
      { kind: 'measured', value, how },
      other === undefined
        ? { kind: 'unseen', value: '', because: 'nothing to see' }
        : { kind: 'measured', value: other.value, how },
    )
  })
  return [...parameters, ...traits]
}

/** What is not seen may be taken for anything: there is nothing to compare. */
function rowOf(parameter: TruthRow['parameter'], linux: Finding<unknown>, preset: Finding<unknown>): TruthRow {
  const agrees =
    linux.kind === preset.kind &&
    (linux.kind === 'unseen' || JSON.stringify(linux.value) === JSON.stringify(preset.value))
  return { parameter, linux, preset, agrees }
}
