import { isIP } from 'node:net'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import {
  addressInPrefix,
  family,
  formatAddress,
  formatEndpoint,
  formatPrefix,
  isBroadcast,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnspecified,
  maskAddress,
  maskPrefix,
  parseAddress,
  parseEndpoint,
  parsePrefix,
  sameAddress,
  sameEndpoint,
  samePrefix,
} from './address.ts'

const v4 = fc.uint8Array({ minLength: 4, maxLength: 4 })
/** With many zero groups, so that `::` comes up in every place. */
const v6 = fc
  .array(fc.oneof(fc.constant(0), fc.constant(0), fc.constant(0xffff), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
  .map(groups => Uint8Array.from(groups.flatMap(group => [group >> 8, group & 255])))
const address = fc.oneof(v4, v6)
const at = (text: string) => parseAddress(text) ?? expect.fail(`no address: ${text}`)
const prefix = (text: string) => parsePrefix(text) ?? expect.fail(`no prefix: ${text}`)

describe('parseAddress', () => {
  it.each([
    ['0.0.0.0', [0, 0, 0, 0]],
    ['192.0.2.255', [192, 0, 2, 255]],
    ['::', new Array(16).fill(0)],
    ['::1', [...new Array(15).fill(0), 1]],
    ['2001:DB8::', [0x20, 1, 0x0d, 0xb8, ...new Array(12).fill(0)]],
    ['1:2:3:4:5:6:7::', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]],
    ['::ffff:192.0.2.1', [...new Array(10).fill(0), 255, 255, 192, 0, 2, 1]],
    ['1:2:3:4:5:6:1.2.3.4', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4]],
  ])('reads %s', (text, bytes) => {
    expect(Array.from(at(text))).toEqual(bytes)
  })

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.',
    '010.1.1.1',
    '0x7f.1.1.1',
    '256.1.1.1',
    '2130706433',
    '1.2.3.4 ',
    '+1.2.3.4',
    '1.2.3.1e1',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    '12345::',
    'g::',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1.2.3',
    'fe80::1%eth0',
    '[::1]',
    ':1::2',
    '1::2:',
  ])('refuses %j', text => {
    expect(parseAddress(text)).toBeUndefined()
  })

  it('takes what Node takes, and nothing else', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom('0', '1', '25', 'f', 'ffff', ':', '::', '.', '.1'), maxLength: 12 }),
      address.map(formatAddress),
    )
    fc.assert(
      fc.property(text, candidate => (parseAddress(candidate) !== undefined) === (isIP(candidate) !== 0)),
      {
        numRuns: 5000,
      },
    )
  })
})

describe('formatAddress', () => {
  it.each([
    '0.0.0.0',
    '::',
    '::1',
    '1::',
    '2001:db8::1',
    '2001:db8:0:1:1:1:1:1',
    '2001:0:0:1::1',
    '2001:db8::1:0:0:1',
    '::ffff:192.0.2.1',
    '1:2:3:4:5:6:7:8',
  ])('leaves %s as RFC 5952 writes it', text => {
    expect(formatAddress(at(text))).toBe(text)
  })

  it('is the inverse of parseAddress', () => {
    fc.assert(fc.property(address, bytes => sameAddress(at(formatAddress(bytes)), bytes)))
  })

  it('agrees with ipaddr.js, but for IPv4-mapped addresses', () => {
    fc.assert(
      fc.property(address, bytes => {
        const theirs = ipaddr.fromByteArray(Array.from(bytes))
        const mapped = theirs instanceof ipaddr.IPv6 && theirs.isIPv4MappedAddress()
        const text = theirs instanceof ipaddr.IPv6 ? theirs.toRFC5952String() : theirs.toString()
        expect(formatAddress(bytes)).toBe(mapped ? theirs.toString().replace(/^::ffff:.*/, formatAddress(bytes)) : text)
      }),
    )
  })

  it('refuses what is no address', () => {
    expect(() => formatAddress(new Uint8Array(5))).toThrow('an address has 4 or 16 bytes, not 5')
    expect(family(new Uint8Array(16))).toBe(6)
  })
})

describe('prefixes', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3', '10.1.2.3/32'],
    ['::1', '::1/128'],
    ['fd00::1/64', 'fd00::1/64'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ])('%s is %s', (text, shown) => {
    expect(formatPrefix(prefix(text))).toBe(shown)
  })

  it.each(['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/-1', '10.0.0.0/8/8', 'x/8', '10.0.0.0/ 8'])(
    'refuses %s',
    text => {
      expect(parsePrefix(text)).toBeUndefined()
    },
  )

  it.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['10.127.0.0', '10.0.0.0/9', true],
    ['10.128.0.0', '10.0.0.0/9', false],
    ['::1', '0.0.0.0/0', false],
    ['::1', '::/0', true],
    ['fd00::1', 'fd00::1/128', true],
  ])('%s in %s: %s', (one, range, inside) => {
    expect(addressInPrefix(at(one), prefix(range))).toBe(inside)
  })

  it('an address is in a prefix when both masked are equal', () => {
    const pair = fc.integer({ min: 0, max: 128 }).chain(length =>
      fc.tuple(v6, v6, fc.constant(length), fc.boolean()).map(([a, b, bits, near]) => {
        // Near: b agrees with a in its first bytes, so that both answers come up.
        const other = near ? Uint8Array.from([...a.subarray(0, bits >> 3), ...b.subarray(bits >> 3)]) : b
        return { a, other, bits }
      }),
    )
    fc.assert(
      fc.property(pair, ({ a, other, bits }) => {
        const bitsOf = (bytes: Uint8Array) => Array.from(bytes, byte => byte.toString(2).padStart(8, '0')).join('')
        const same = bitsOf(a).slice(0, bits) === bitsOf(other).slice(0, bits)
        expect(addressInPrefix(a, { address: other, length: bits })).toBe(same)
        expect(bitsOf(maskAddress(a, bits))).toBe(bitsOf(a).slice(0, bits).padEnd(128, '0'))
      }),
    )
  })

  it('compares and masks', () => {
    expect(formatPrefix(maskPrefix(prefix('10.1.2.3/9')))).toBe('10.0.0.0/9')
    expect(samePrefix(prefix('10.0.0.0/8'), prefix('10.0.0.0/9'))).toBe(false)
    expect(samePrefix(prefix('10.0.0.0/8'), prefix('10.0.0.0/8'))).toBe(true)
  })
})

describe('endpoints', () => {
  it.each(['192.0.2.1:51820', '[2001:db8::1]:1', '[fe80::1%3]:65535'])('%s stays itself', text => {
    const endpoint = parseEndpoint(text) ?? expect.fail(text)
    expect(formatEndpoint(endpoint)).toBe(text)
    expect(sameEndpoint(endpoint, { ...endpoint })).toBe(true)
    expect(sameEndpoint(endpoint, { ...endpoint, port: 7 })).toBe(false)
  })

  it.each([
    '',
    '192.0.2.1',
    '192.0.2.1:',
    '192.0.2.1:0',
    '192.0.2.1:65536',
    '192.0.2.1:080',
    '2001:db8::1:51820',
    '[192.0.2.1]:51820',
    '[2001:db8::1]',
    '[2001:db8::1]51820',
    '[fe80::1%eth0]:51820',
    'host:51820',
  ])('refuses %j', text => {
    expect(parseEndpoint(text)).toBeUndefined()
  })

  it('finds a zone by name', () => {
    const found = parseEndpoint('[fe80::1%eth0]:51820', zone => (zone === 'eth0' ? 2 : undefined))
    expect(found?.scope).toBe(2)
  })
})

describe('kinds of address', () => {
  it.each([
    ['224.0.0.1', isMulticast, true],
    ['239.255.255.255', isMulticast, true],
    ['240.0.0.1', isMulticast, false],
    ['ff02::1', isMulticast, true],
    ['fe80::1', isMulticast, false],
    ['0.0.0.0', isUnspecified, true],
    ['::', isUnspecified, true],
    ['::1', isUnspecified, false],
    ['169.254.1.1', isLinkLocal, true],
    ['169.253.1.1', isLinkLocal, false],
    ['febf::1', isLinkLocal, true],
    ['fec0::1', isLinkLocal, false],
    ['127.1.2.3', isLoopback, true],
    ['128.0.0.1', isLoopback, false],
    ['::1', isLoopback, true],
    ['1::1', isLoopback, false],
    ['255.255.255.255', isBroadcast, true],
    ['255.255.255.254', isBroadcast, false],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', isBroadcast, false],
  ])('%s', (text, is, expected) => {
    expect(is(at(text))).toBe(expected)
  })
})
