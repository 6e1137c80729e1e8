/** The control plane: who is on the list, who may ask, and what a client makes of it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../../impl/box.ts'
import { ControlClient } from './control-client.ts'
import { ControlServer } from './control-server.ts'
import { TestDesk } from './testdesk.ts'

const ALICE = '198.51.100.1:40000'
const BOB = '203.0.113.2:40000'

function plane(push = false): { test: TestDesk; server: ControlServer } {
  const test = new TestDesk()
  const members = {
    alice: { allowed_ips: ['10.0.0.1/32'], endpoint: '198.51.100.1:51820' },
    bob: { allowed_ips: ['10.0.0.2/32', 'fd00::2/128'] },
    phone: { key: 'phone-key', allowed_ips: ['10.0.0.3/32'] },
  }
  const server = new ControlServer(test.desk, { kind: 'control-server', members, push }, instant(0))
  return { test, server }
}

describe('the server', () => {
  test('tells a member all others, and a stranger nothing', () => {
    const { test, server } = plane()
    test.receive(1, 5380, ALICE, 'list alice')
    test.receive(2, 5380, BOB, 'list carol')
    test.receive(3, 5380, BOB, 'give me all')
    expect(server.request(instant(4), { kind: 'revoke', member: 'phone' })).toBe(undefined)
    test.receive(5, 5380, BOB, 'list bob')
    test.receive(6, 5380, BOB, 'list phone')
    expect(test.texts()).toEqual([
      `${ALICE} members 2\nbob 10.0.0.2/32,fd00::2/128\nphone-key 10.0.0.3/32`,
      `${BOB} no member carol`,
      `${BOB} members 1\nalice 10.0.0.1/32 198.51.100.1:51820`,
      `${BOB} no member phone`,
    ])
    expect(test.fates).toEqual(['0 done', '1 done', '2 dropped service-refused', '3 done', '4 done'])
  })

  test('pushes to who has asked, but not to the revoked; and admits again', () => {
    const { test, server } = plane(true)
    test.receive(1, 5380, ALICE, 'list alice')
    test.receive(2, 5380, BOB, 'list bob')
    server.request(instant(3), { kind: 'revoke', member: 'bob' })
    server.request(instant(4), { kind: 'admit', member: 'bob' })
    const told = (to: string): number => test.sent.filter(each => each.to === to).length
    expect([told(ALICE), told(BOB)]).toEqual([3, 2])
    expect(server.request(instant(5), { kind: 'revoke', member: 'carol' })).toBe('there is no member carol')
  })
})

describe('the client', () => {
  const start = (): TestDesk => {
    const test = new TestDesk()
    const spec = { kind: 'control-client', iface: 'wg0', member: 'alice', server: '192.0.2.1:5380' } as const
    const client = new ControlClient(test.desk, spec, instant(0))
    client.handleTimeout(instant(0))
    return test
  }
  const member = fc.record({
    name: fc.constantFrom('bob', 'carol', 'dave', 'eve'),
    last: fc.integer({ min: 1, max: 9 }),
  })
  const lists = fc.array(fc.uniqueArray(member, { selector: each => each.name }), { maxLength: 8 })

  test('after each list its peers are those of the list, with the addresses of the list', () => {
    fc.assert(
      fc.property(lists, all => {
        const test = start()
        const peers = new Map<string, string>()
        let done = 0
        for (const list of all) {
          const lines = list.map(({ name, last }) => `${name} 10.0.0.${last}/32`)
          test.receive(1, 40_000, '192.0.2.1:5380', [`members ${list.length}`, ...lines].join('\n'))
          for (const command of test.commands.slice(done)) {
            const [, name = '', word, value = ''] = /^wg set wg0 peer <(\w+)\.pub> (\S+) ?(.*)$/.exec(command) ?? []
            if (word === 'remove') peers.delete(name)
            else peers.set(name, value)
          }
          done = test.commands.length
          expect(Object.fromEntries(peers)).toEqual(
            Object.fromEntries(list.map(({ name, last }) => [name, `10.0.0.${last}/32`])),
          )
        }
      }),
    )
  })

  test.each([
    ['half a list', '192.0.2.1:5380', 'members 2\nbob 10.0.0.2/32', 'done'],
    ['an injected command', '192.0.2.1:5380', 'members 1\nbob> remove; ip link 10.0.0.2/32', 'done'],
    ['a list from elsewhere', '192.0.2.9:5380', 'members 1\nbob 10.0.0.2/32', 'dropped service-refused'],
    ['no text', '192.0.2.1:5380', Uint8Array.of(0, 255), 'done'],
  ])('%s changes nothing', (_, from, text, fate) => {
    const test = start()
    test.receive(1, 40_000, from, text)
    expect([test.commands, test.fates]).toEqual([[], [`0 ${fate}`]])
  })
})
