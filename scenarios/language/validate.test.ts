import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkShape, type Problem, parseScenario } from './validate.ts'

const GOOD = `schema: wglab/scenario@1
title: Hello
duration: 60s
networks:
  internet: {}
  home: { kind: lan, gateway: 192.168.1.1 }
nats:
  nat: { inside: { home: 192.168.1.1/24 }, outside: { internet: 198.51.100.1 } }
hosts:
  alice:
    interfaces: { home: 192.168.1.2/24 }
    wg: { wg0: "[Interface]" }
  bob:
    interfaces: { internet: [203.0.113.2, "2001:db8::2"] }
  mallory: { interfaces: { internet: 203.0.113.66 }, probe: true }
steps:
  - { do: ping, at: 1s, name: hello, from: alice, to: 10.0.0.2, count: 3 }
  - { do: probe, at: 1s, host: mallory, act: { kind: capture, message: data, save: it } }
  - { do: probe, at: 2s, host: mallory, act: { kind: replay, slot: it, alter: [{ field: counter, flip: 3 }] } }
expect:
  - { see: delivered, step: hello }
  - { see: messages, message: any, from: bob, count: { max: 9 } }
twin:
  about: nobody answers
  changes: [{ path: /hosts/bob/autostart, set: false }]
  fails: delivered hello
`

const told = (problems: readonly Problem[]) =>
  problems.map(
    ({ file, line, column, path, what, instead }) => `${file}:${line}:${column} ${path}: ${what}; ${instead}`,
  )

function lines(text: string, format: 'yaml' | 'json' = 'yaml'): string[] {
  const checked = parseScenario({ text, file: 'lab', format })
  return 'problems' in checked ? told(checked.problems) : []
}

/** The problems when one text in the good file is replaced; each begins with the word in the text that it points at. */
const when = (from: string, to: string) => {
  expect(GOOD).toContain(from)
  const text = GOOD.replace(from, () => to)
  return lines(text).map(told => {
    const [, line, column, rest] = /^lab:(\d+):(\d+) (.*)$/s.exec(told) ?? []
    const pointed = text.split('\n')[Number(line) - 1]?.slice(Number(column) - 1) ?? ''
    return `${/^[^\s:,\]}]*/.exec(pointed)?.[0]} ${rest}`
  })
}

test('a good file is a scenario, as YAML and as JSON', () => {
  const yaml = parseScenario({ text: GOOD, file: 'lab', format: 'yaml' })
  if (!('scenario' in yaml)) throw new Error(told(yaml.problems).join('\n'))
  const text = JSON.stringify(yaml.scenario, null, '\t')
  expect(parseScenario({ text, file: 'lab', format: 'json' })).toEqual(yaml)
  expect(checkShape(yaml.scenario)).toEqual(yaml)
})

describe('the shape', () => {
  test.each([
    ['title: Hello', 'titel: Hello', ['titel /titel: unknown key "titel"; write "title"']],
    ['title: Hello\n', '', ['schema /title: "title" is missing; write a text']],
    [
      'wglab/scenario@1',
      'wglab/scenario@2',
      ['schema /schema: "wglab/scenario@2" is not wglab/scenario@1; write wglab/scenario@1'],
    ],
    [
      'duration: 60s',
      'duration: 60',
      ['duration /duration: 60 is a number, and a text belongs here; write 60s for a time, or put "60" in quotes'],
    ],
    [
      'duration: 60s',
      'duration: 60 s',
      ['duration /duration: "60 s" is not written right; write a duration with its unit: 25s, 1.5s, 20ms, 2m'],
    ],
    [
      'internet: {}',
      'internet: { link: { rate: 10 Mbit } }',
      ['rate /networks/internet/link/rate: "10 Mbit" is not written right; write a rate: 512kbit, 10Mbit, 1Gbit'],
    ],
    ['kind: lan', 'kind: wan', ['kind /networks/home/kind: "wan" is none of the words for this; write "lan"']],
    [
      'alice:\n',
      'Alice:\n',
      [
        'Alice /hosts/Alice: "Alice" can not be a name here; write lower case letters, digits and hyphens, starting with a letter, at most 31',
      ],
    ],
    [
      '{ home: 192.168.1.2/24 }',
      '{ home: { adress: 192.168.1.2/24 } }',
      ['adress /hosts/alice/interfaces/home/adress: unknown key "adress"; write "address"'],
    ],
    [
      '{ home: 192.168.1.2/24 }',
      '{ home: 7 }',
      [
        'home /hosts/alice/interfaces/home: 7 does not fit here; write a text, or a list, or a mapping (names with values)',
      ],
    ],
    [
      '{ home: 192.168.1.2/24 }',
      '{ home: [] }',
      ['home /hosts/alice/interfaces/home: the empty list is too short; at least 1 item'],
    ],
    [
      '{ home: 192.168.1.2/24 }',
      '',
      [
        'interfaces /hosts/alice/interfaces: null is empty, and a mapping (names with values) belongs here; write a mapping (names with values)',
      ],
    ],
    ['do: ping', 'do: pong', ['do /steps/0/do: "pong" is none of the words for this; write "ping"']],
    [
      'do: ping, ',
      '',
      [
        '{ /steps/0/do: "do" is missing; one of ping, send, tcp, roam, clock, suspend, reboot, link, nat, run, dns, lookup, service, probe',
      ],
    ],
    ['from: alice, to', 'form: alice, to', ['form /steps/0/form: unknown key "form"; write "from"']],
    [
      'count: 3',
      'count: 1.5',
      ['count /steps/0/count: 1.5 is a number with a fraction, and a whole number belongs here; write a whole number'],
    ],
    ['count: 3', 'count: 0', ['count /steps/0/count: 0 is too small; at least 1']],
    [
      'count: 3',
      'speed: 3',
      [
        'speed /steps/0/speed: unknown key "speed"; known here: do, at, name, from, to, count, interval, size, df, ttl, tos',
      ],
    ],
    [
      'kind: replay',
      'kind: repaly',
      ['kind /steps/2/act/kind: "repaly" is none of the words for this; write "replay"'],
    ],
    ['see: messages', 'see: message', ['see /expect/1/see: "message" is none of the words for this; write "messages"']],
    ['{ max: 9 }', '{ most: 9 }', ['most /expect/1/count/most: unknown key "most"; known here: min, max']],
    ['{ max: 9 }', '{ max: -1 }', ['max /expect/1/count/max: -1 is too small; at least 0']],
    ['set: false', 'sett: false', ['sett /twin/changes/0/sett: unknown key "sett"; write "set"']],
    ['/hosts/bob/autostart', 'hosts', ['path /twin/changes/0/path: "hosts" is not written right; it begins with /']],
  ])('%j as %j', (from, to, problems) => {
    expect(when(from, to)).toEqual(problems)
  })
})

describe('the sense', () => {
  test.each([
    [
      'duration: 60s',
      'duration: 200d',
      'duration /duration: too long: "200d" (at most 104 days); write 25s, 1.5s, 20ms, 2m',
    ],
    ['at: 1s, name', 'at: -1s, name', 'at /steps/0/at: "-1s" is negative; write 0s or more'],
    [
      'at: 1s, name',
      'at: 61s, name',
      'at /steps/0/at: 61s is after the end of the run (60s); write an earlier time, or a longer duration',
    ],
    [
      '198.51.100.1',
      '198.51.100.256',
      'internet /nats/nat/outside/internet: "198.51.100.256" is no address; write 203.0.113.5, 192.168.1.2/24 or 2001:db8::5',
    ],
    [
      'home: 192.168.1.2/24',
      'home: 192.168.1.2',
      'home /hosts/alice/interfaces/home: "192.168.1.2" has no prefix length, and "home" is a lan; write 192.168.1.2/24',
    ],
    [
      'home: 192.168.1.2/24',
      'home: 192.168.1.2/33',
      'home /hosts/alice/interfaces/home: "/33" is too long for IPv4; write a prefix length up to 32',
    ],
    [
      'home: 192.168.1.2/24',
      'home: 192.168.1.1/24',
      'home /nats/nat/inside/home: 192.168.1.1 is the address of "alice" on "home" already; give each machine an address of its own',
    ],
    [
      '{ home: 192.168.1.2/24 }',
      '{ hone: 192.168.1.2/24 }',
      'hone /hosts/alice/interfaces/hone: there is no network "hone"; write "home"',
    ],
    ['  bob:\n', '  nat:\n', 'nat /nats/nat: "nat" is in hosts already; give each box and network a name of its own'],
    ['from: alice', 'from: alcie', 'from /steps/0/from: there is no host "alcie"; write "alice"'],
    ['to: 10.0.0.2', 'to: 10.0.0.2/24', 'to /steps/0/to: "10.0.0.2/24" has a prefix length; write 10.0.0.2'],
    [
      'do: ping, at: 1s, name: hello, from: alice, to: 10.0.0.2',
      'do: send, at: 1s, name: hello, from: alice, to: 10.0.0.2',
      'to /steps/0/to: "10.0.0.2" is no address with a port; write 203.0.113.5:51820 or [2001:db8::5]:51820',
    ],
    [
      'host: mallory, act: { kind: capture',
      'host: bob, act: { kind: capture',
      'host /steps/1/host: "bob" is no probe; write probe: true in hosts/bob',
    ],
    ['slot: it', 'slot: at', 'slot /steps/2/act/slot: there is no slot filled before this step "at"; write "it"'],
    [
      'flip: 3',
      'hex: "00", flip: 3',
      '{ /steps/2/act/alter/0: one of flip and hex says what is altered; write flip: 0, or hex: "00ff"',
    ],
    [
      'step: hello',
      'step: "#1"',
      'step /expect/0/step: step "#1" sends no packets (do: probe); name a ping, send or lookup: hello',
    ],
    ['step: hello', 'step: helo', 'step /expect/0/step: there is no step "helo"; write "hello"'],
    [
      'from: bob, count',
      'from: bob, between: [5s, 5s], count',
      'between /expect/1/between: 5s is not before 5s; write the earlier time first',
    ],
    ['{ max: 9 }', '{ min: 10, max: 9 }', 'count /expect/1/count: min is more than max; write the smaller one as min'],
    [
      'see: messages, ',
      'see: messages, name: delivered hello, ',
      '{ /expect/1: another expectation is called "delivered hello" already; give it a name of its own: name: …',
    ],
    [
      '/hosts/bob/autostart',
      '/hosts/bbo/autostart',
      'changes /twin/changes: /hosts/bbo/autostart: there is no "bbo" (there is alice, bob, mallory); write a JSON pointer into this scenario: /hosts/alice/wg/wg0',
    ],
    [
      'set: false',
      'set: 7',
      'changes /twin/changes: with these changes it is no scenario: /hosts/bob/autostart Invalid input: expected boolean, received number; change it to something that can still be run',
    ],
    [
      'fails: delivered hello',
      'fails: delivered',
      'fails /twin/fails: there is no expectation "delivered"; one of delivered hello, messages',
    ],
  ])('%j as %j', (from, to, problem) => expect(when(from, to)[0]).toBe(problem))
})

describe('what is no YAML and no JSON', () => {
  test.each([
    ['', 'lab:1:1 : the file is empty; write a scenario: schema, title, duration, networks, hosts, steps, expect'],
    ['a: 1\na: 2\n', 'lab:2:1 : not YAML: map keys must be unique; write each key once'],
    [
      'a: [1, 2\n',
      'lab:2:1 : not YAML: flow sequence in block collection must be sufficiently indented and end with a ]; indent what',
    ],
    ['a: 1\n---\nb: 2\n', 'lab:2:1 : a second document begins here; write one scenario a file, without a line ---'],
    ['\ta: 1\n', 'lab:1:1 : not YAML: tabs are not allowed as indentation; indent with spaces'],
    [
      'a: *b\n',
      'lab:1:1 : not YAML: Unresolved alias (the anchor must be set before the alias): b; write the values out',
    ],
    [
      'hello',
      'lab:1:1 : "hello" is a text, and a mapping (names with values) belongs here; write a mapping (names with values)',
    ],
  ])('YAML %j', (text, problem) => expect(lines(text)[0]?.slice(0, problem.length)).toBe(problem))

  test.each([
    [
      '{ "a": 1, }',
      /^lab:1:\d+ : not JSON: .*; write JSON \(no comments, no comma at the end, names in quotes\), or name the file \.yaml$/,
    ],
    ['{\n "a": 1\n "b": 2 }', /^lab:3:\d+ : not JSON: /],
    ['', /^lab:1:1 : not JSON: /],
    ['[1]', /^lab:1:1 : the list is a list, and a mapping/],
  ])('JSON %j', (text, problem) => expect(lines(text, 'json')[0]).toMatch(problem))

  test('nothing makes it throw', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('a: ', '- ', '\n', '  ', '{', '}', '[', '&x ', '*x', '"', '<<: ', '!!binary ', '? '),
    )
    fc.assert(
      fc.property(fc.array(piece), fc.constantFrom('yaml' as const, 'json' as const), (pieces, format) => {
        expect(lines(pieces.join(''), format).length).toBeGreaterThan(0)
      }),
    )
    fc.assert(
      fc.property(fc.anything(), value => {
        expect('problems' in checkShape(value)).toBe(true)
      }),
    )
  })

  test('an alias stands for what it names', () => {
    const text = GOOD.replace('home: 192.168.1.2/24', 'home: &here { address: 192.168.1.2/24, upp: 1 }').replace(
      'mallory: { interfaces: { internet: 203.0.113.66 }',
      'mallory: { interfaces: { home: *here }',
    )
    expect(lines(text)).toEqual([
      'lab:11:58 /hosts/alice/interfaces/home/upp: unknown key "upp"; write "up"',
      'lab:11:58 /hosts/mallory/interfaces/home/upp: unknown key "upp"; write "up"',
    ])
  })
})
