/** The endpoint of a peer, as `wg show` would tell it. */
import { endpointText, parseEndpoint } from '../decode/address.ts'
import type { ExpectationOf } from '../language/expectation.ts'
import { expectationName } from '../language/expectation.ts'
import { formatNs } from '../language/quantity.ts'
import type { Check, Finding } from './check.ts'
import { momentText, PeerState } from './peer-state.ts'

export function endpointCheck(expectation: ExpectationOf<'endpoint'>): Check {
  const { host, peer } = expectation
  const wanted = canonical(expectation.is)
  const known = new PeerState(expectation)
  return {
    name: expectationName(expectation),
    expected: `${host} has ${wanted} as the endpoint of ${peer} ${momentText(expectation.at)}.`,
    needs: ['state'],
    kinds: ['state'],
    hops: 'none',
    row: row => known.row(row),
    end({ end }): Finding {
      const { state } = known
      if (state === undefined) return { ok: false, actual: known.missing(), at: known.moment(end) }
      const actual = `The endpoint is ${state.endpoint}, as told at ${formatNs(state.t)}.`
      return canonical(state.endpoint) === wanted ? { ok: true, actual } : { ok: false, actual, at: state.t }
    },
  }
}

function canonical(text: string): string {
  const endpoint = parseEndpoint(text)
  return endpoint === undefined ? text : endpointText(endpoint.address, endpoint.port)
}
