import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseAddress } from '../../impl/ip/address.ts'
import { fragmentIpv4, fragmentIpv6 } from '../../impl/ip/fragment.ts'
import { buildIp } from '../../impl/ip/packet.ts'
import { FragmentIds } from './fragments.ts'

function datagram(version: 4 | 6, size: number, id: number): Uint8Array {
  const [source, destination] = version === 4 ? ['192.0.2.1', '192.0.2.2'] : ['2001:db8::1', '2001:db8::2']
  const address = (text: string) => parseAddress(text) ?? new Uint8Array(4)
  const fields = { source: address(source), destination: address(destination), protocol: 17, ttl: 64, id }
  return buildIp({ ...fields, payload: new Uint8Array(size) })
}

it('all pieces of a datagram have one id, and no two datagrams share one', () => {
  const one = fc.record({ version: fc.constantFrom(4 as const, 6 as const), size: fc.integer({ min: 8, max: 5000 }) })
  fc.assert(
    fc.property(fc.array(one, { maxLength: 90 }), sizes => {
      const ids = new FragmentIds()
      let n = 0
      for (const { version, size } of sizes) {
        const whole = datagram(version, size, n)
        const pieces = whole.length <= 1280 ? [whole] : cut(version, whole, n)
        const own = { box: 'guest', n: n++ }
        const given = pieces.map(bytes => {
          const known = ids.idOf(bytes)
          if (known === undefined) ids.note({ id: own, bytes })
          return known
        })
        expect(given).toEqual(pieces.map((_, i) => (i === 0 ? undefined : own)))
      }
    }),
  )
})

function cut(version: 4 | 6, whole: Uint8Array, id: number): Uint8Array[] {
  return version === 4 ? fragmentIpv4(whole, 1280) : fragmentIpv6(whole, 1280, id)
}
