/** Reports for the tests of this room. */
import type { Report, Verdict, VerdictKind } from '../scenarios/language/verdict.ts'

export function testVerdict(over: Partial<Verdict> = {}): Verdict {
  return {
    id: 'handshake/one-to-one',
    title: 'Two hosts shake hands and ping',
    world: 'sim',
    cast: { alice: 'ours', bob: 'ours' },
    seed: '1',
    verdict: 'pass',
    because: '',
    requirements: [],
    claims: [],
    expected: '1 expectation holds',
    actual: '1 of 1 holds',
    checks: [{ name: 'delivered hello', result: 'pass', expected: 'all 3 arrive', actual: '3 of 3 arrived' }],
    virtual_s: 20,
    wall_ms: 12.3,
    trace_sha256: '9f86d081',
    artefacts: {},
    reproduce: 'npx wglab run handshake/one-to-one --seed 1',
    warnings: [],
    ...over,
  }
}

/** One that failed, with everything a failure can say. */
export function failedVerdict(): Verdict {
  return testVerdict({
    id: 'nat/expiry',
    title: 'A mapping dies when nobody speaks',
    cast: { alice: 'ours', bob: 'kernel-6.12' },
    verdict: 'fail',
    because: 'delivered late: 2 of 3 were lost',
    requirements: ['nat-01'],
    claims: ['ops-02'],
    checks: [
      { name: 'silent bob', result: 'pass', expected: 'no message', actual: 'none' },
      {
        name: 'delivered late',
        result: 'fail',
        expected: 'all 3 arrive',
        actual: '1 of 3 arrived',
        at: 140_010_000_000,
        packets: ['bob/13', 'bob/14'],
        likely: 'the mapping of NAT home expired at 137.2 s',
      },
    ],
    virtual_s: 300,
    wall_ms: 91,
    artefacts: { trace: 'nat/expiry/trace.jsonl', capture: 'nat/expiry/capture.pcapng' },
    reproduce: 'npx wglab run nat/expiry --seed 1',
    warnings: ['alice: unknown command "foo", left out'],
    story: ['140.000 s  bob/13  data 128 B  bob → home', '140.010 s  bob/13  dropped by home: nat-no-mapping'],
  })
}

export function testReport(verdicts: readonly Verdict[]): Report {
  const totals: Record<VerdictKind, number> = { pass: 0, fail: 0, unsupported: 0, skipped: 0, inconclusive: 0 }
  for (const { verdict } of verdicts) totals[verdict]++
  return {
    schema: 'wglab/report@1',
    tool: { name: 'wglab', version: '0.1.0' },
    machine: { platform: 'linux x64', node: 'v20.19.0', crypto: 'node:crypto' },
    seed: '1',
    totals,
    verdicts,
  }
}

/** A pass, a failure, and one that could not run. */
export function mixedReport(): Report {
  const skipped = testVerdict({
    id: 'roaming/kernel',
    title: 'The kernel roams',
    verdict: 'skipped',
    because: 'no kernel is built: wglab kernel build',
    virtual_s: 0,
    wall_ms: 0,
    trace_sha256: '',
    checks: [],
    reproduce: 'npx wglab run roaming/kernel --seed 1',
  })
  return testReport([testVerdict(), failedVerdict(), skipped])
}
