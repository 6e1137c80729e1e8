import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressInPrefix, parseAddress, parsePrefix } from '../../impl/ip/address.ts'
import { MAIN_TABLE, type Route, Routes, type Rule } from './routes.ts'

const route = (prefix: string, dev: string, more: Partial<Route> = {}): Route => ({
  prefix: parsePrefix(prefix)!,
  dev,
  table: MAIN_TABLE,
  metric: 0,
  origin: 'static',
  ...more,
})
const to = (routes: Routes, address: string, mark = 0, source?: string): string | undefined =>
  routes.lookup(parseAddress(address)!, mark, source === undefined ? undefined : parseAddress(source))?.dev

describe('routes', () => {
  test('the longest prefix wins, then the least metric', () => {
    const routes = new Routes(() => {})
    routes.add(route('0.0.0.0/0', 'far'))
    routes.add(route('10.0.0.0/8', 'wide'))
    routes.add(route('10.1.0.0/16', 'dear', { metric: 20 }))
    routes.add(route('10.1.0.0/16', 'cheap', { metric: 10 }))
    expect(['192.0.2.1', '10.2.0.1', '10.1.0.1', '2001:db8::1'].map(address => to(routes, address))).toEqual([
      'far',
      'wide',
      'cheap',
      undefined,
    ])
  })

  test('the same prefix, table and metric twice is refused, and nothing changes', () => {
    const routes = new Routes(() => {})
    expect(routes.add(route('10.0.0.9/24', 'a'))).toBe(true)
    expect(routes.add(route('10.0.0.0/24', 'b'))).toBe(false)
    expect(routes.add(route('10.0.0.0/24', 'b', { table: 7 }))).toBe(true)
    expect(routes.text(4)).toBe('10.0.0.0/24 dev a scope link')
    expect(routes.text(4, 7)).toBe('10.0.0.0/24 dev b scope link')
  })

  test("wg-quick's rules: marked packets pass the tunnel by, narrower routes of the main table stay in force", () => {
    const routes = new Routes(() => {})
    routes.add(route('0.0.0.0/0', 'lan', { via: parseAddress('192.168.1.1')! }))
    routes.add(route('192.168.1.0/24', 'lan'))
    routes.add(route('0.0.0.0/0', 'wg0', { table: 51820 }))
    routes.addRule({ family: 4, not: true, fwmark: 51820, table: 51820 })
    routes.addRule({ family: 4, not: false, table: MAIN_TABLE, suppressPrefixLength: 0 })
    expect(routes.rulesText(4)).toBe(
      [
        '0:\tfrom all lookup local',
        '32764:\tfrom all lookup main suppress_prefixlength 0',
        '32765:\tnot from all fwmark 0xca6c lookup 51820',
        '32766:\tfrom all lookup main',
      ].join('\n'),
    )
    expect(to(routes, '198.51.100.1')).toBe('wg0')
    expect(to(routes, '198.51.100.1', 51820)).toBe('lan')
    expect(to(routes, '192.168.1.7')).toBe('lan')
    expect(routes.removeRule(4, { table: 51820 })).toBe(true)
    expect(to(routes, '198.51.100.1')).toBe('lan')
    expect(routes.removeRule(4, { table: 51820 })).toBe(false)
  })

  test('rules by source, destination and masked mark', () => {
    const routes = new Routes(() => {})
    routes.add(route('0.0.0.0/0', 'main'))
    routes.add(route('0.0.0.0/0', 'second', { table: 2 }))
    routes.add(route('0.0.0.0/0', 'third', { table: 3 }))
    routes.addRule({ family: 4, not: false, from: parsePrefix('10.0.0.0/24')!, table: 2 })
    routes.addRule({ family: 4, not: false, to: parsePrefix('192.0.2.0/24')!, fwmark: 0x10, fwmask: 0xf0, table: 3 })
    expect(routes.usesSource).toBe(true)
    expect(to(routes, '198.51.100.1', 0, '10.0.0.7')).toBe('second')
    expect(to(routes, '198.51.100.1', 0, '10.0.1.7')).toBe('main')
    expect(to(routes, '192.0.2.1', 0x1f, '10.0.0.7')).toBe('third')
    expect(to(routes, '192.0.2.1', 0x2f, '10.0.0.7')).toBe('second')
  })

  test('a table that has no answer leads to the next rule', () => {
    const routes = new Routes(() => {})
    routes.add(route('10.0.0.0/8', 'main'))
    routes.add(route('10.5.0.0/16', 'second', { table: 2 }))
    routes.addRule({ family: 4, not: false, table: 2 })
    expect(to(routes, '10.5.0.1')).toBe('second')
    expect(to(routes, '10.6.0.1')).toBe('main')
  })
})

describe('against a search through all routes and rules', () => {
  const prefix = fc.tuple(fc.constantFrom(10, 11), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 32 }))
  const action = fc.oneof(
    fc.record({
      kind: fc.constant('add' as const),
      prefix,
      table: fc.constantFrom(MAIN_TABLE, 7),
      metric: fc.constantFrom(0, 5),
    }),
    fc.record({ kind: fc.constant('drop' as const), dev: fc.integer({ min: 0, max: 30 }) }),
    fc.record({
      kind: fc.constant('rule' as const),
      not: fc.boolean(),
      mark: fc.constantFrom(undefined, 1, 2),
      suppress: fc.constantFrom(undefined, 0, 8),
      table: fc.constantFrom(MAIN_TABLE, 7),
    }),
  )

  test('the same answer for every destination and mark', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 25 }), actions => {
        const routes = new Routes(() => {})
        for (const [index, step] of actions.entries()) {
          if (step.kind === 'drop') routes.remove(other => other.dev === `d${step.dev}`)
          else if (step.kind === 'add') {
            const [a, b, length] = step.prefix
            routes.add(route(`${a}.${b}.0.0/${length}`, `d${index}`, { table: step.table, metric: step.metric }))
          } else {
            const { not, mark, suppress, table } = step
            routes.addRule({
              family: 4,
              not,
              table,
              ...(mark === undefined ? {} : { fwmark: mark }),
              ...(suppress === undefined ? {} : { suppressPrefixLength: suppress }),
            })
          }
        }
        for (const address of ['10.0.0.0', '10.1.0.1', '10.3.255.1', '11.2.0.0', '8.0.0.1']) {
          for (const mark of [0, 1, 2]) expect(to(routes, address, mark)).toBe(slow(routes, address, mark))
        }
      }),
    )
  })

  function slow(routes: Routes, text: string, mark: number): string | undefined {
    const address = parseAddress(text)!
    const applies = (rule: Rule): boolean => (rule.fwmark === undefined || rule.fwmark === mark) !== rule.not
    for (const rule of routes.rules(4)) {
      if (!applies(rule)) continue
      const fitting = [...routes.all()].filter(one => one.table === rule.table && addressInPrefix(address, one.prefix))
      fitting.sort((a, b) => b.prefix.length - a.prefix.length || a.metric - b.metric)
      const best = fitting[0]
      if (best !== undefined && best.prefix.length > (rule.suppressPrefixLength ?? -1)) return best.dev
    }
    return undefined
  }
})
