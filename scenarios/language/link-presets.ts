/**
 * Kinds of access by name, each a plain set of values with its source. A preset stands for one cable of a machine: `up`
 * and `down` are what differs by direction. Delays are one way and for the access alone: the rest of the path comes on top.
 */
import { z } from 'zod'
import type { Link } from './link.ts'

const NAMES = [
  ...[
    'ethernet',
    'wifi',
    'wifi-bad',
    'dsl-pppoe',
    'cable-bufferbloat',
    '3g',
    '4g',
    '5g',
    'leo',
    'geo',
    'train',
    'lossy',
  ],
] as const
export const presetName = z.enum(NAMES)
export type PresetName = z.infer<typeof presetName>

export interface LinkPreset {
  readonly name: PresetName
  readonly about: string
  /** Where the numbers are from. "not re-checked": from experience, without a measurement that was looked up. */
  readonly source: string
  readonly link: Link
  readonly up?: Link
  readonly down?: Link
}

export const LINK_PRESETS: readonly LinkPreset[] = [
  {
    name: 'ethernet',
    about: 'A wire in the office.',
    source: 'IEEE 802.3 for rate and MTU; delay not re-checked',
    link: { rate: '1Gbit', delay: '100us', queue: 1000, mtu: 1500 },
  },
  {
    name: 'wifi',
    about: 'A good wireless network at home: fast, with a tail of retries.',
    source:
      'delay and tail: half of the median after tuning and less than the 20 ms that half of the packets exceed on busy networks, Pei et al., "WiFi can be the weakest link of round trip network latency in the wild" (INFOCOM 2016); rate and loss not re-checked',
    link: {
      ...{ rate: '100Mbit', delay: '2ms', jitter: '2ms', distribution: 'pareto', loss: 0.001, queue: 500 },
      discipline: { kind: 'fq-codel', target: '20ms' },
    },
  },
  {
    name: 'wifi-bad',
    about: 'Too far from the access point: bursts of loss and long retries.',
    source:
      'delay: half of the packets over 20 ms and a tenth over 100 ms on the wireless hop, Pei et al. (INFOCOM 2016); rate and loss not re-checked',
    link: {
      ...{ rate: '5Mbit', delay: '10ms', jitter: '25ms', distribution: 'pareto', queue: 500 },
      gilbert_elliott: { p: 0.01, r: 0.2 },
    },
  },
  {
    name: 'dsl-pppoe',
    about: 'VDSL with PPPoE: 8 bytes less for each packet.',
    source: 'MTU: RFC 2516 (MRU at most 1492); rates and delay not re-checked',
    link: { delay: '8ms', queue: 200, mtu: 1492 },
    up: { rate: '10Mbit' },
    down: { rate: '50Mbit' },
  },
  {
    name: 'cable-bufferbloat',
    about: 'A cable modem with a queue of seconds in the way up.',
    source:
      'the effect: Gettys and Nichols, "Bufferbloat: Dark Buffers in the Internet" (ACM Queue 2011); numbers not re-checked',
    link: { delay: '8ms' },
    up: { rate: '1Mbit', queue: 256 },
    down: { rate: '20Mbit', queue: 1000 },
  },
  {
    name: '3g',
    about: 'UMTS without the later improvements.',
    source:
      'Loadero network conditions, "3G": 1200 kbit/s, 0.5 % loss, 250 ms, jitter 50 ms; here half the latency each way',
    link: { rate: '1200kbit', delay: '125ms', jitter: '25ms', distribution: 'normal', loss: 0.005, queue: 200 },
  },
  {
    name: '4g',
    about: 'LTE with good reception.',
    source:
      'Loadero network conditions, "4G": 100 and 50 Mbit/s, 0.2 % loss, 45 ms, jitter 5 and 15 ms; here half the latency each way',
    link: { delay: '22ms', distribution: 'normal', loss: 0.002, queue: 1000 },
    up: { rate: '50Mbit', jitter: '15ms' },
    down: { rate: '100Mbit', jitter: '5ms' },
  },
  {
    name: '5g',
    about: 'A public 5G network, non-standalone.',
    source:
      'one-way delays: Kottkamp (Rohde & Schwarz, 2022), from under 7 ms down at 100 kbit/s to about 18 ms up at 15 Mbit/s in Munich; rates and loss not re-checked',
    link: { distribution: 'normal', loss: 0.001, queue: 1000 },
    up: { rate: '60Mbit', delay: '12ms', jitter: '3ms' },
    down: { rate: '300Mbit', delay: '8ms', jitter: '2ms' },
  },
  {
    name: 'leo',
    about: 'A low satellite: short, but it changes every 15 seconds.',
    source:
      'round trips of 40, 50, 60 ms (quartiles) and over 300 Mbit/s at best: "Fact checking Starlink\'s performance figures" (APNIC blog, 2022); the 15 s: "A Multifaceted Look at Starlink Performance" (arXiv:2310.09242); length of the gap, rates and loss not re-checked',
    link: {
      ...{ delay: '22ms', jitter: '5ms', distribution: 'paretonormal', loss: 0.004, queue: 1000 },
      blackouts: [{ at: '12s', for: '150ms', every: '15s' }],
    },
    up: { rate: '15Mbit' },
    down: { rate: '150Mbit' },
  },
  {
    name: 'geo',
    about: 'A geostationary satellite.',
    source:
      'delay: RFC 2488 §2, 239.6 ms to 279.0 ms for one hop up and down; rates of a subscription of 100 and 10 Mbit/s: "Fact checking Starlink\'s performance figures" (APNIC blog, 2022); jitter and loss not re-checked',
    link: { delay: '270ms', jitter: '10ms', distribution: 'normal', loss: 0.001, queue: 1000 },
    up: { rate: '10Mbit' },
    down: { rate: '100Mbit' },
  },
  {
    name: 'train',
    about: 'LTE through tunnels and hand-overs: good minutes, and gaps.',
    source: 'not re-checked: 4g with an outage of 12 s (a tunnel of 600 m at 180 km/h) each 95 s and of 2 s each 40 s',
    link: {
      ...{ delay: '30ms', jitter: '15ms', distribution: 'paretonormal', queue: 1000 },
      gilbert_elliott: { p: 0.005, r: 0.2 },
      blackouts: [
        { at: '20s', for: '12s', every: '95s' },
        { at: '11s', for: '2s', every: '40s' },
      ],
    },
    up: { rate: '10Mbit' },
    down: { rate: '30Mbit' },
  },
  {
    name: 'lossy',
    about: 'Five packets in a hundred are lost, without a pattern.',
    source: 'a plain number to test with, no measurement',
    link: { delay: '10ms', loss: 0.05 },
  },
]

const BY_NAME: ReadonlyMap<PresetName, LinkPreset> = new Map(LINK_PRESETS.map(preset => [preset.name, preset]))

/** A preset's values in one direction: with a delay and an MTU, so that nothing of what was there before is left. */
export function presetLink(name: PresetName, direction: 'up' | 'down'): Link {
  const preset = BY_NAME.get(name)
  return { delay: '10ms', mtu: 1500, ...preset?.link, ...preset?.[direction] }
}

/** A link without its preset: the preset's values under the keys beside it. The link itself where it names none. */
export function expandLink(link: Link, direction: 'up' | 'down'): Link {
  const { preset, ...own } = link
  return preset === undefined ? link : { ...presetLink(preset, direction), ...own }
}

/** `over` on top of `base`. A preset in `over` begins anew; one in `base` stays, under the keys of both. */
export function stackLinks(base: Link | undefined, over: Link | undefined): Link {
  return over?.preset === undefined ? { ...base, ...over } : over
}
