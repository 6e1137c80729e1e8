import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dnsQuery, dnsReply, readDnsQuery, readDnsReply } from './dns.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('the bytes, by hand from RFC 1035 §4.1', () => {
  const query = dnsQuery({ id: 0xbeef, name: 'vpn.example.com', size: 4 })
  const name = '0376706e076578616d706c6503636f6d00'
  expect(hex(query)).toBe(`beef01000001000000000000${name}00010001`)
  expect(hex(dnsReply(query, [Uint8Array.of(203, 0, 113, 2)], 4))).toBe(
    `beef81800001000100000000${name}00010001c00c000100010000003c0004cb007102`,
  )
  expect(hex(dnsReply(query, undefined, 4))).toBe(`beef81830001000000000000${name}00010001`)
})

test('what is asked and answered is read as it was written; rubbish is nothing', () => {
  const label = fc.string({ unit: fc.constantFrom(...'abcxyz019-'), minLength: 1, maxLength: 20 })
  const question = fc.record({
    id: fc.nat(0xffff),
    name: fc.array(label, { minLength: 1, maxLength: 5 }).map(labels => labels.join('.')),
    size: fc.constantFrom(4 as const, 16 as const),
  })
  const addresses = fc.array(
    fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(question, fc.option(addresses, { nil: undefined }), (asked, known) => {
      const query = dnsQuery(asked)
      expect(readDnsQuery(query)).toEqual(asked)
      expect(readDnsReply(query)).toBeUndefined()
      const reply = dnsReply(query, known, asked.size)
      const fitting = (known ?? []).filter(({ length }) => length === asked.size)
      expect(readDnsReply(reply)).toEqual({ ...asked, exists: known !== undefined, addresses: fitting })
      expect(readDnsQuery(reply)).toBeUndefined()
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      for (const read of [readDnsQuery(bytes), readDnsReply(bytes)])
        expect(read === undefined || read.name !== undefined).toBe(true)
    }),
  )
})
