/** Packets that arrive at a host with some ECN or DSCP, on its networks or out of its tunnels. */
import { decodeIp } from '../decode/ip.ts'
import type { ExpectationOf } from '../language/expectation.ts'
import { expectationName } from '../language/expectation.ts'
import { formatNs } from '../language/quantity.ts'
import type { Scenario } from '../language/scenario.ts'
import { packetText } from '../language/trace.ts'
import { type Check, FEW, type Finding } from './check.ts'
import { wirePlaces } from './places.ts'
import { betweenText, counted, inRange, rangeOf, spanNs } from './words.ts'

const ECN = ['not-ECT', 'ECT(1)', 'ECT(0)', 'CE'] as const

export function markedCheck(expectation: ExpectationOf<'marked'>, scenario: Scenario): Check {
  const { host, layer, ecn, dscp, count, between } = expectation
  const tunnels = Object.keys(scenario.hosts[host]?.wg ?? {}).map(iface => `${host}:${iface}`)
  const span = spanNs(between)
  const marks = [...(ecn === undefined ? [] : [ECN[ecn]]), ...(dscp === undefined ? [] : [`DSCP ${dscp}`])].join(
    ' and ',
  )
  const first: string[] = []
  const others = new Map<string, number>()
  let seen = 0
  let at: number | undefined
  return {
    name: expectationName(expectation),
    expected: `${host} receives ${rangeOf(count, 'packet')} with ${marks}${layer === 'inner' ? ' out of its tunnel' : ''}${betweenText(between)}.`,
    needs: [layer],
    kinds: [],
    hops: layer === 'wire' ? wirePlaces(scenario, host) : new Set(tunnels),
    row(row) {
      if (row.kind !== 'hop' || row.dir !== 'in' || row.layer !== layer || row.bytes === undefined) return
      if (row.t < span.from || row.t >= span.to) return
      const trafficClass = decodeIp(row.bytes)?.trafficClass
      if (trafficClass === undefined) return
      const [hasEcn, hasDscp] = [trafficClass & 3, trafficClass >> 2]
      if ((ecn ?? hasEcn) !== hasEcn || (dscp ?? hasDscp) !== hasDscp) {
        const text = `${ECN[hasEcn]} and DSCP ${hasDscp}`
        others.set(text, (others.get(text) ?? 0) + 1)
        return
      }
      seen++
      at = row.t
      if (first.length < FEW) first.push(packetText(row.packet))
    },
    end(): Finding {
      const rest = [...others].map(([text, n]) => `${counted(n, 'packet')} with ${text}`).join(', ')
      const what = seen === 0 ? 'None came in' : `${counted(seen, 'packet')} came in`
      const actual = `${what}${at === undefined ? '' : `, the last at ${formatNs(at)}`}${rest === '' ? '' : `; besides ${rest}`}.`
      return { ok: inRange(seen, count), actual, packets: first, ...(at === undefined ? {} : { at }) }
    },
  }
}
