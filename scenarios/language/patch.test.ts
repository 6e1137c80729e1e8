import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyChanges } from './patch.ts'
import { pointerParts, pointerText } from './pointer.ts'
import type { Change, Scenario } from './scenario.ts'

const base = {
  schema: 'wglab/scenario@1',
  title: 'a',
  duration: '10s',
  networks: { internet: {} },
  hosts: { alice: { interfaces: { internet: '192.0.2.1' }, wg: { 'wg/0~': 'A = 1\nB = 1\n' } } },
  steps: [
    { do: 'reboot', at: '1s', host: 'alice' },
    { do: 'reboot', at: '2s', host: 'alice' },
  ],
  expect: [{ see: 'messages', message: 'any', from: 'alice', count: 0 }],
} satisfies Scenario

const changed = (...changes: Change[]) => applyChanges(base, changes)

describe('changes', () => {
  test('set: a value there, a new key, an item of a list, one more, in their order', () => {
    const result = changed(
      { path: '/duration', set: '20s' },
      { path: '/nats', set: { nat: { inside: {}, outside: {} } } },
      { path: '/nats/nat/hairpin', set: 'internal' },
      { path: '/steps/0/at', set: '5s' },
      { path: '/steps/-', set: { do: 'suspend', at: '3s', host: 'alice', for: '1s' } },
      { path: '/steps/3', set: { do: 'nat', at: '4s', nat: 'nat', flush: true } },
    )
    expect(result).toEqual({
      ...base,
      duration: '20s',
      nats: { nat: { inside: {}, outside: {}, hairpin: 'internal' } },
      steps: [
        { do: 'reboot', at: '5s', host: 'alice' },
        { do: 'reboot', at: '2s', host: 'alice' },
        { do: 'suspend', at: '3s', host: 'alice', for: '1s' },
        { do: 'nat', at: '4s', nat: 'nat', flush: true },
      ],
    })
  })

  test('remove and replace', () => {
    const result = changed(
      { path: '/steps/0', remove: true },
      { path: '/hosts/alice/interfaces/internet', remove: true },
      { path: '/hosts/alice/wg/wg~10~0', replace: '= 1', with: '= $& 2' },
    )
    expect(result.steps).toEqual([base.steps[1]])
    expect(result.hosts['alice']).toEqual({ interfaces: {}, wg: { 'wg/0~': 'A = $& 2\nB = $& 2\n' } })
  })

  test('the scenario and the values stay as they were', () => {
    const before = JSON.stringify(base)
    const value = { interfaces: {} }
    const result = changed({ path: '/hosts/bob', set: value }, { path: '/hosts/bob/forward', set: true })
    expect(result.hosts['bob']).toEqual({ interfaces: {}, forward: true })
    expect([JSON.stringify(base), value]).toEqual([before, { interfaces: {} }])
  })

  test('a name like __proto__ is a name', () => {
    const result = changed({ path: '/hosts/__proto__', set: { forward: true } })
    expect(Object.keys(result.hosts)).toEqual(['alice', '__proto__'])
    expect(({} as { forward?: boolean }).forward).toBeUndefined()
  })

  test.each<[Change, string]>([
    [{ path: '/hosts/bob/wg', set: 1 }, '/hosts/bob/wg: there is no "bob" (there is alice)'],
    [{ path: '/hosts/bob', remove: true }, '/hosts/bob: there is no "bob" (there is alice)'],
    [
      { path: '/networks/internet/link', remove: true },
      '/networks/internet/link: there is no "link" (nothing is there)',
    ],
    [{ path: '/steps/5', set: 1 }, '/steps/5: the list has 2 items, there is no 5'],
    [{ path: '/steps/2', remove: true }, '/steps/2: the list has 2 items, there is no 2'],
    [{ path: '/steps/first/at', set: 1 }, '/steps/first/at: "first" is no index of a list (0, 1, 2 …)'],
    [{ path: '/title/0', set: 1 }, '/title/0: /title is no mapping and no list'],
    [{ path: '/steps', replace: 'a', with: 'b' }, '/steps: is no text, so nothing in it can be replaced'],
    [{ path: '/title', replace: 'x', with: 'b' }, '/title: the text "x" is not in it'],
    [
      { path: '/nowhere', replace: 'x', with: 'b' },
      `/nowhere: there is no "nowhere" (there is ${Object.keys(base).join(', ')})`,
    ],
    [{ path: '/', set: 1 }, '/: names the whole scenario, not a part of it'],
    [{ path: 'title', set: 1 }, 'not a JSON pointer: "title" (it begins with /)'],
  ])('%j: %s', (change, message) => expect(() => changed(change)).toThrow(new RangeError(message)))
})

test('a pointer reads back as its parts', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), parts => {
      expect(pointerParts(pointerText(parts))).toEqual(parts)
    }),
  )
})
