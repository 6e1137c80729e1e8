import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAddress } from '../../impl/ip/address.ts'
import { embed, embeddingPrefix, extract } from './embed.ts'
import { address } from './testing.ts'

const prefix = (text: string) => embeddingPrefix(text) ?? expect.fail(text)

describe('RFC 6052 §2.4, table 1 and 2', () => {
  it.each([
    ['2001:db8::/32', '2001:db8:c000:221::'],
    ['2001:db8:100::/40', '2001:db8:1c0:2:21::'],
    ['2001:db8:122::/48', '2001:db8:122:c000:2:2100::'],
    ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:221::'],
    ['2001:db8:122:344::/64', '2001:db8:122:344:c0:2:2100:0'],
    ['2001:db8:122:344::/96', '2001:db8:122:344::c000:221'],
    ['64:ff9b::/96', '64:ff9b::c000:221'],
  ])('192.0.2.33 in %s is %s', (text, expected) => {
    const embedded = embed(prefix(text), address('192.0.2.33'))
    expect(formatAddress(embedded)).toBe(formatAddress(address(expected)))
    expect(formatAddress(extract(prefix(text), embedded) ?? expect.fail('not extracted'))).toBe('192.0.2.33')
  })

  it.each(['64:ff9b::/95', '64:ff9b::/128', '10.0.0.0/32', 'x'])('%s is no prefix for addresses', text => {
    expect(embeddingPrefix(text)).toBeUndefined()
  })

  it('extracts nothing from elsewhere', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 }).filter(each => each[0] !== 0)
    fc.assert(fc.property(bytes, each => extract(prefix('64:ff9b::/96'), each) === undefined))
  })
})
