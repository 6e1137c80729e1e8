/** The truth table in its forms. */
import { expect, it } from 'vitest'
import { compare, type TruthTable } from '../sim/guest/truth.ts'
import { type Finding, type Measured, measured, unseen } from '../sim/natprobe/findings.ts'
import { KEYS } from '../sim/natprobe/measure.ts'
import { truthMarkdown, truthText } from './nat-truth.ts'

const table: TruthTable = {
  ruleset: 'masquerade',
  about: 'nft masquerade',
  preset: 'linux-masquerade',
  changes: { max_mappings: 48 },
  rows: [
    { parameter: 'timeout', linux: measured('30s', ''), preset: measured('30s', ''), agrees: true },
    { parameter: 'port_range', linux: measured([1, 9], ''), preset: unseen([1, 9], ''), agrees: false },
    { parameter: 'pooling', linux: unseen('paired', ''), preset: unseen('paired', ''), agrees: true },
  ],
  sent: 7,
  runs: 2,
}

it('says line by line whether Linux and the preset are alike', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  expect(truthText([table]).replaceAll(/\x1b\[\d+m/g, '')).toBe(`\
masquerade: nft masquerade; beside it linux-masquerade with max_mappings: 48
7 packets to Linux, which began anew 2 times
  parameter   Linux           preset
= timeout     30s             30s
≠ port_range  [1, 9]          not observable
= pooling     not observable  not observable
1 alike, 1 not observable, 1 differ
`)
})

it('as Markdown names the kernel too', () => {
  expect(truthMarkdown([table], { 'kernel-6.12': '6.12.117 sha256:00' })).toBe(`\
# What the NAT of Linux does, and what its presets say

- kernel-6.12: 6.12.117 sha256:00

## masquerade

nft masquerade; beside it linux-masquerade with max_mappings: 48. 1 alike, 1 not observable, 1 differ.

| parameter | Linux | preset | |
|---|---|---|---|
| timeout | 30s | 30s | = |
| port_range | [1, 9] | not observable | **≠** |
| pooling | not observable | not observable | = |
`)
})

it('compares what is seen by value, and what is not seen not at all', () => {
  const all = (finding: Finding<unknown>, trait: string) =>
    ({
      parameters: Object.fromEntries(KEYS.map(key => [key, finding])),
      traits: trait === '' ? [] : [{ name: 'TTL', value: trait, how: '' }],
      runs: 1,
      sent: 1,
    }) as unknown as Measured
  const agreed = (linux: Measured, preset: Measured) => [...new Set(compare(linux, preset).map(row => row.agrees))]
  expect(agreed(all(measured([1, 2], 'x'), ''), all(measured([1, 2], 'y'), ''))).toEqual([true])
  expect(agreed(all(measured([1, 2], ''), ''), all(measured([1, 3], ''), ''))).toEqual([false])
  expect(agreed(all(unseen(1, ''), ''), all(unseen(2, ''), ''))).toEqual([true])
  expect(agreed(all(unseen(1, ''), ''), all(measured(1, ''), ''))).toEqual([false])
  expect(agreed(all(unseen(1, ''), 'one less'), all(unseen(1, ''), 'none'))).toEqual([true, false])
})
