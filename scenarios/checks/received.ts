/** ICMP errors, fragments and DNS queries that arrive at a host on its networks. */
import { decodeIcmp, decodeIp, decodeUdp } from '../decode/ip.ts'
import type { ExpectationOf } from '../language/expectation.ts'
import { expectationName } from '../language/expectation.ts'
import { formatNs } from '../language/quantity.ts'
import type { Scenario } from '../language/scenario.ts'
import { packetText } from '../language/trace.ts'
import { type Check, FEW, type Finding } from './check.ts'
import { DropTable, likelyCause } from './drops.ts'
import { wirePlaces } from './places.ts'
import { betweenText, counted, inRange, rangeOf, spanNs } from './words.ts'

type What = ExpectationOf<'received'>['what']

const NOUNS: Readonly<Record<What, string>> = {
  'icmp-unreachable': 'ICMP unreachable message',
  'icmp-too-big': 'ICMP too-big message',
  'icmp-time-exceeded': 'ICMP time-exceeded message',
  fragment: 'fragment',
  'congestion-mark': 'congestion mark',
  'dns-query': 'DNS query in the clear',
}

export function receivedCheck(expectation: ExpectationOf<'received'>, scenario: Scenario): Check {
  const { host, what, count, between } = expectation
  const places = wirePlaces(scenario, host)
  const span = spanNs(between)
  const most = typeof count === 'number' ? count : (count.max ?? Number.MAX_SAFE_INTEGER)
  const first: string[] = []
  let seen = 0
  let decisive: number | undefined
  return {
    name: expectationName(expectation),
    expected: `${host} receives ${rangeOf(count, NOUNS[what])}${betweenText(between)}.`,
    needs: ['wire'],
    kinds: [],
    hops: places,
    row(row) {
      if (row.kind !== 'hop' || row.dir !== 'in' || row.layer !== 'wire' || row.bytes === undefined) return
      if (row.t < span.from || row.t >= span.to || !isWhat(row.bytes, what)) return
      seen++
      if (seen <= most + 1) decisive = row.t
      if (first.length < FEW) first.push(packetText(row.packet))
    },
    end({ end, drops }): Finding {
      const actual = `${seen === 0 ? `No ${NOUNS[what]}` : counted(seen, NOUNS[what])} came in${decisive === undefined ? '' : `, up to ${formatNs(decisive)}`}.`
      if (inRange(seen, count))
        return { ok: true, actual: `${seen === 0 ? `No ${NOUNS[what]}` : counted(seen, NOUNS[what])} came in.` }
      const likely = seen > most ? undefined : likelyCause(new DropTable(), drops, end)
      return {
        ok: false,
        actual,
        ...(decisive === undefined ? {} : { at: decisive }),
        packets: first,
        ...(likely === undefined ? {} : { likely }),
      }
    },
  }
}

function isWhat(bytes: Uint8Array, what: What): boolean {
  const ip = decodeIp(bytes)
  if (ip === undefined) return false
  if (what === 'fragment') return ip.fragment !== undefined
  if (what === 'congestion-mark') return (ip.trafficClass & 3) === 3
  if (what === 'dns-query') return decodeUdp(ip)?.destinationPort === 53
  const icmp = decodeIcmp(ip)
  return icmp !== undefined && `icmp-${icmp.kind}` === what
}
