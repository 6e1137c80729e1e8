import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAddress, maskAddress, parsePrefix, sameAddress } from '../../impl/ip/address.ts'
import { onesSum } from '../../impl/ip/checksum.ts'
import { npt, type PrefixPair } from './nptv6.ts'
import { address } from './testing.ts'

const pair = (inside: string, outside: string): PrefixPair => ({
  inside: parsePrefix(inside) ?? expect.fail(inside),
  outside: parsePrefix(outside) ?? expect.fail(outside),
})

describe('npt', () => {
  it.each([
    // RFC 6296 §3.4 works this one out by hand.
    ['fd01:203:405::/48', '2001:db8:1::/48', 'fd01:203:405:1::1234', '2001:db8:1:d550::1234'],
    ['fd01:203:405::/48', '2001:db8:1::/48', 'fd01:203:405::1', '2001:db8:1:d54f::1'],
    ['fd00:1::/64', '2001:db8:2:3::/64', 'fd00:1::aa', '2001:db8:2:3:cf43::aa'],
    // 0xffff in its first word: the second one takes the difference.
    ['fd00:1::/64', '2001:db8:2:3::/64', 'fd00:1::ffff:1:2:3', '2001:db8:2:3:ffff:cf44:2:3'],
  ])('of %s and %s: %s is %s outside', (inside, outside, inner, outer) => {
    const prefixes = pair(inside, outside)
    expect(formatAddress(npt(prefixes, address(inner), 'out') ?? expect.fail('not mapped'))).toBe(outer)
    expect(formatAddress(npt(prefixes, address(outer), 'in') ?? expect.fail('not mapped back'))).toBe(inner)
  })

  it.each([
    ['of another prefix', 'fd00:203:405:1::1'],
    ['with the subnet 0xffff, which could not be told from 0', 'fd01:203:405:ffff::1'],
  ])('does not map an address %s', (_, inner) => {
    expect(npt(pair('fd01:203:405::/48', '2001:db8:1::/48'), address(inner), 'out')).toBeUndefined()
  })

  it('changes no checksum, and comes back', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 })
    const length = fc.integer({ min: 16, max: 64 })
    fc.assert(
      fc.property(bytes, bytes, bytes, length, (inside, outside, host, bits) => {
        const prefixes = {
          inside: { address: maskAddress(inside, bits), length: bits },
          outside: { address: maskAddress(outside, bits), length: bits },
        }
        const kept = maskAddress(host, bits)
        const inner = prefixes.inside.address.map((byte, i) => byte | (host[i]! ^ kept[i]!))
        const outer = npt(prefixes, inner, 'out')
        if (outer === undefined) return
        // The two zeros of one's complement say the same.
        expect(onesSum(outer) % 0xffff).toBe(onesSum(inner) % 0xffff)
        expect(sameAddress(maskAddress(outer, bits), prefixes.outside.address)).toBe(true)
        expect(npt(prefixes, outer, 'in')).toEqual(inner)
      }),
      { numRuns: 2000 },
    )
  })
})
