/** One run in the simulator with the trace on: rows are encoded and hashed as in any run. */
import { createHash } from 'node:crypto'
import { nodeCrypto } from '../impl/crypto/node/provider.ts'
import { CanonicalEncoder } from '../scenarios/language/canonical.ts'
import type { Scenario } from '../scenarios/language/scenario.ts'
import { simWorld } from '../sim/world.ts'
import { type Counts, counting } from './scenarios.ts'

/** `progress`: told the time of the world now and then, in nanoseconds. */
export function simulate(scenario: Scenario, progress?: (now_ns: number) => void): Counts {
  const counts: Counts = { hops: 0, arrived: 0, handshakes: 0 }
  const hash = createHash('sha256')
  const encoder = new CanonicalEncoder(chunk => hash.update(chunk))
  const run = { scenario, cast: {}, seed: '1', crypto: nodeCrypto, sink: counting(counts, encoder) }
  simWorld.run(progress === undefined ? run : { ...run, progress })
  encoder.end()
  hash.digest()
  return counts
}
