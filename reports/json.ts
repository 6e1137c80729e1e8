/** The report for machines: keys in the order of the contract, names within in the order of their code units. */
import type { CheckOutcome, Report, Verdict } from '../scenarios/language/verdict.ts'
import type { VERDICT_KINDS } from './summary.ts'

/** `report.json`. The same report gives the same text. Ends with a line break. */
export function jsonReport(report: Report): string {
  const { schema, tool, machine, seed, totals, verdicts } = report
  const ordered: Report = {
    schema,
    tool: { name: tool.name, version: tool.version },
    machine: { platform: machine.platform, node: machine.node, crypto: machine.crypto },
    seed,
    totals: {
      pass: totals.pass,
      fail: totals.fail,
      unsupported: totals.unsupported,
      skipped: totals.skipped,
      inconclusive: totals.inconclusive,
    } satisfies Record<(typeof VERDICT_KINDS)[number], number>,
    verdicts: verdicts.map(orderVerdict),
  }
  return `${JSON.stringify(ordered, undefined, 2)}\n`
}

function orderVerdict(verdict: Verdict): Verdict {
  return {
    id: verdict.id,
    title: verdict.title,
    world: verdict.world,
    cast: sorted(verdict.cast),
    seed: verdict.seed,
    verdict: verdict.verdict,
    because: verdict.because,
    requirements: verdict.requirements,
    claims: verdict.claims,
    expected: verdict.expected,
    actual: verdict.actual,
    checks: verdict.checks.map(orderCheck),
    virtual_s: verdict.virtual_s,
    wall_ms: verdict.wall_ms,
    trace_sha256: verdict.trace_sha256,
    artefacts: sorted(verdict.artefacts),
    reproduce: verdict.reproduce,
    warnings: verdict.warnings,
    ...(verdict.story === undefined ? {} : { story: verdict.story }),
  }
}

function orderCheck(check: CheckOutcome): CheckOutcome {
  return {
    name: check.name,
    result: check.result,
    expected: check.expected,
    actual: check.actual,
    ...(check.at === undefined ? {} : { at: check.at }),
    ...(check.packets === undefined ? {} : { packets: check.packets }),
    ...(check.likely === undefined ? {} : { likely: check.likely }),
  }
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
