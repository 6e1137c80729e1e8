/** replay.json: sequences of counters, and which are accepted. */
import type { VectorFile } from './file.ts'

export function replayFile(): VectorFile {
  return {
    topic: 'replay',
    about:
      'The counters of authentic data messages of one session, in the order of arrival, as decimal text (they go to 2^64). ' +
      'A counter is accepted if it was not seen and is at most 8128 below the highest.',
    source: 'paper §5.4.6; RFC 6479; the window of 8192 - 64: kernel receive.c',
    confirmed_by: [
      {
        party: 'wireguard-go',
        what: 'how many of each sequence are accepted',
        test: 'vectors/wireguard-go.real.test.ts',
      },
    ],
    vectors: SEQUENCES.map(([id, counters]) => ({
      kind: 'replay',
      id,
      counters: counters.map(String),
      accepted: accepted(counters),
    })),
  }
}

const WINDOW = 8128n

const range = (from: bigint, count: number, step = 1n): bigint[] =>
  Array.from({ length: count }, (_, i) => from + BigInt(i) * step)

const SEQUENCES: readonly [string, readonly bigint[]][] = [
  ['first-is-zero', [0n, 0n, 1n, 1n, 0n]],
  ['first-is-not-zero', [9n, 0n, 9n, 8n, 0n]],
  ['in-order', range(0n, 70)],
  ['backwards', range(70n, 71, -1n)],
  ['every-other-then-the-rest', [...range(0n, 40, 2n), ...range(1n, 40, 2n), ...range(0n, 80)]],
  ['edge-of-the-window', [8128n, 0n, 0n, 8129n, 0n, 1n, 1n, 2n]],
  ['just-outside', [8129n, 0n, 1n, 8257n, 128n, 129n, 129n]],
  ['jump-of-a-window', [0n, 1n, 8192n, 0n, 1n, 63n, 64n, 65n, 8191n, 8192n]],
  ['jump-over-a-window', [5n, 100_000n, 5n, 91_871n, 91_872n, 91_873n, 99_999n, 100_000n, 91_872n]],
  ['ring-comes-round', [1n, 8193n, 16_385n, 8257n, 16_384n, 8256n, 8257n, 16_385n]],
  ['words', [31n, 32n, 63n, 64n, 30n, 33n, 62n, 65n, 31n, 32n, 63n, 64n]],
  ['beyond-32-bits', [4294967295n, 4294967296n, 4294967295n, 4294967297n, 4294959168n, 4294959167n]],
  [
    'beyond-53-bits',
    [
      9007199254740990n,
      9007199254740993n,
      9007199254740991n,
      9007199254740992n,
      9007199254740992n,
      9007199254732865n,
      9007199254732864n,
    ],
  ],
  [
    'near-the-end',
    [18446744073709543422n, 18446744073709543421n, 18446744073709535294n, 18446744073709535293n, 18446744073709543422n],
  ],
]

/** Remembers every counter, and asks of each what the rule asks. */
function accepted(counters: readonly bigint[]): boolean[] {
  const seen = new Set<bigint>()
  let highest: bigint | undefined
  return counters.map(counter => {
    if (seen.has(counter) || (highest !== undefined && highest - counter > WINDOW)) return false
    seen.add(counter)
    if (highest === undefined || counter > highest) highest = counter
    return true
  })
}
