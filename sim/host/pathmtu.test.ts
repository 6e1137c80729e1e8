import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant, NS_PER_S } from '../../impl/box.ts'
import { PATH_MTU_EXPIRES_NS, PathMtus } from './pathmtu.ts'

const V4 = Uint8Array.of(203, 0, 113, 2)
const V6 = Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? 0x20 : i))

test.each([
  ['what a router says', V4, 1400, 1400],
  ['never more than before', V4, 9000, 1500],
  ['0 from an old router, or a lie: at least 552 in IPv4', V4, 0, 552],
  ['68, a lie', V4, 68, 552],
  ['1280 in IPv6', V6, 1280, 1280],
  ['less than 1280 in IPv6 is nothing', V6, 1279, undefined],
  ['0 in IPv6 is nothing', V6, 0, undefined],
])('%s', (_title, to, said, believed) => {
  const paths = new PathMtus()
  paths.learn(instant(0), to, said, 1500)
  expect(paths.lookup(instant(1), to)?.mtu).toBe(believed)
})

test('it is forgotten after ten minutes, and each destination has its own: against a list of all that was said', () => {
  const event = fc.record({ pause: fc.nat(400), to: fc.nat(3), mtu: fc.option(fc.integer({ min: 0, max: 1600 })) })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), events => {
      const paths = new PathMtus()
      const said: { at: number; to: number; mtu: number }[] = []
      let now = 0
      for (const { pause, to, mtu } of events) {
        now += pause * NS_PER_S
        const address = Uint8Array.of(10, 0, 0, to)
        if (mtu !== null) {
          paths.learn(instant(now), address, mtu, 1500)
          said.push({ at: now, to, mtu: Math.min(1500, Math.max(552, mtu)) })
        }
        const last = said.findLast(each => each.to === to)
        const known = last !== undefined && now - last.at < PATH_MTU_EXPIRES_NS ? last.mtu : undefined
        expect(paths.lookup(instant(now), address)?.mtu).toBe(known)
      }
    }),
  )
})
