/** A topology that can not be is refused with the reason and the line, in YAML and in TypeScript; what is odd is a warning. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, test } from 'vitest'
import { runOne } from './evidence.ts'
import { readScenario } from './read.ts'

const folder = mkdtempSync(join(tmpdir(), 'wglab-bad-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** One value a line, so that a line says which one is meant. */
const GOOD = `schema: wglab/scenario@1
title: A home, an office, and a server
duration: 30s
networks:
  internet: {}
  home: { kind: lan, gateway: 192.168.1.1 }
  office: { kind: lan, gateway: 10.1.0.1 }
hosts:
  alice:
    interfaces:
      home: 192.168.1.2/24
    wg:
      wg0: "[Interface]\\nPrivateKey = <alice>\\nAddress = 10.9.0.1/24\\n[Peer]\\nPublicKey = <server.pub>\\nEndpoint = 203.0.113.2:51820\\nAllowedIPs = 10.9.0.2/32\\n"
  worker:
    interfaces:
      office: 10.1.0.2/24
  server:
    interfaces:
      internet: 203.0.113.2
nats:
  box:
    inside:
      home: 192.168.1.1/24
    outside:
      internet: 198.51.100.1
routers:
  gate:
    interfaces:
      office: 10.1.0.1/24
      internet: 198.51.100.2
    routes:
      - { to: 10.2.0.0/16, via: 10.1.0.2 }
steps:
  - { do: ping, at: 1s, name: hello, from: alice, to: 203.0.113.2 }
expect:
  - { see: delivered, step: hello }
`

/** What is written instead of a text of the good one; the problem, with the text on its line. */
const TABLE: readonly (readonly [title: string, from: string, to: string, line: string, problem: string])[] = [
  [
    'overlapping subnets on two networks of one router',
    '      internet: 198.51.100.2\n',
    '      internet: 198.51.100.2\n      home: 10.1.0.9/16\n',
    'home: 10.1.0.9/16',
    '/routers/gate/interfaces/home: 10.1.0.0/16 on home and 10.1.0.0/24 on office overlap: gate can not tell the two apart; write a subnet of its own for each network',
  ],
  [
    'one subnet on both sides of a NAT',
    '    outside:\n      internet: 198.51.100.1',
    '    outside:\n      office: 192.168.1.9/24',
    'office: 192.168.1.9/24',
    '/nats/box/outside/office: 192.168.1.0/24 is on office and on home: box can not tell the two apart; write a subnet of its own for each network',
  ],
  [
    'overlapping subnets of one host',
    '      home: 192.168.1.2/24\n',
    '      home: 192.168.1.2/24\n      office: 192.168.1.130/25\n',
    'office: 192.168.1.130/25',
    '/hosts/alice/interfaces/office: 192.168.1.128/25 on office and 192.168.1.0/24 on home overlap: alice can not tell the two apart; write a subnet of its own for each network',
  ],
  [
    'a gateway that is not on the link',
    'office: 10.1.0.2/24',
    'office: { address: 10.1.0.2/24, gateway: 10.3.0.1 }',
    'office: { address: 10.1.0.2/24',
    '/hosts/worker/interfaces/office/gateway: the gateway 10.3.0.1 is outside of 10.1.0.2/24; write an address on the lan',
  ],
  [
    'a gateway that nobody has',
    'home: { kind: lan, gateway: 192.168.1.1 }',
    'home: { kind: lan, gateway: 192.168.1.99 }',
    'home: { kind: lan, gateway: 192.168.1.99 }',
    "/networks/home/gateway: no machine on home has the gateway's address 192.168.1.99; write the address of a NAT, router or host there",
  ],
  [
    "an address outside of its link's subnet",
    'office: 10.1.0.2/24',
    'office: 10.7.0.2/24',
    'office: 10.7.0.2/24',
    '/hosts/worker/interfaces/office: 10.7.0.2/24 is outside of the prefix of office, 10.1.0.0/24; write an address in 10.1.0.0/24',
  ],
  [
    'an address that somebody has already',
    '      internet: 198.51.100.2\n',
    '      internet: 203.0.113.2\n',
    'internet: 203.0.113.2\n    routes',
    '/routers/gate/interfaces/internet: 203.0.113.2 is the address of "server" on "internet" already; give each machine an address of its own',
  ],
  [
    'a NAT without an outside',
    '    outside:\n      internet: 198.51.100.1',
    '    outside: {}',
    'outside: {}',
    '/nats/box/outside: a NAT needs a network outside; write "outside": { "internet": "203.0.113.1" }',
  ],
  [
    'a NAT without an inside',
    '    inside:\n      home: 192.168.1.1/24\n',
    '    inside: {}\n',
    'inside: {}',
    '/nats/box/inside: a NAT needs a network inside; write "inside": { "internet": "203.0.113.1" }',
  ],
  [
    'a host on no network',
    '    interfaces:\n      office: 10.1.0.2/24',
    '    interfaces: {}',
    'interfaces: {}',
    '/hosts/worker/interfaces: worker is on no network; write "interfaces": { "internet": "203.0.113.5" }',
  ],
  [
    'a route via nowhere',
    'via: 10.1.0.2',
    'via: 10.1.0.77',
    'via: 10.1.0.77',
    '/routers/gate/routes/0/via: no machine on office has the address 10.1.0.77; write the address of a router, NAT or host there',
  ],
  [
    'a route via something on no link',
    '      internet: 198.51.100.2\n    routes:\n      - { to: 10.2.0.0/16, via: 10.1.0.2 }',
    '    routes:\n      - { to: 10.2.0.0/16, via: 172.16.0.1 }',
    'via: 172.16.0.1',
    '/routers/gate/routes/0/via: 172.16.0.1 is on no network of gate, which is on office; write the address of a neighbour on one of them',
  ],
  [
    'a radio on a network that it is not on',
    '  worker:\n    interfaces:\n',
    '  worker:\n    radio: { home: {} }\n    interfaces:\n',
    'home: {} }\n    interfaces',
    '/hosts/worker/radio/home: there is no interface of worker on a network "home"; one of office',
  ],
]

async function refusal(file: string): Promise<string> {
  try {
    await readScenario(join(folder, file))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'it was taken'
}

/** The text as a module: YAML read, and written as a literal with one value a line. */
async function asModule(text: string): Promise<string> {
  const { parse } = await import('yaml')
  return `export const scenario = ${JSON.stringify(parse(text), null, 2)}\n`
}

describe('refused, with the reason and the line', () => {
  it.each(TABLE)('%s', async (_title, from, to, pointed, problem) => {
    expect(GOOD).toContain(from)
    const text = GOOD.replace(from, () => to)
    writeFileSync(join(folder, 'bad.yaml'), text)
    const line = text.slice(0, text.indexOf(pointed)).split('\n').length
    const told = (await refusal('bad.yaml')).split('\n')
    expect(told.map(each => each.replace(/^.*bad\.yaml:(\d+):\d+: /, '$1 '))).toContain(`${line} ${problem}`)

    const name = `bad-${TABLE.findIndex(([title]) => title === _title)}.mjs`
    const source = await asModule(text)
    writeFileSync(join(folder, name), source)
    const path = problem.slice(1, problem.indexOf(':')).split('/')
    const said = (await refusal(name)).split('\n').find(each => each.includes(problem))
    const at = Number(/\.mjs:(\d+):\d+: /.exec(said ?? '')?.[1])
    // The line of the module has the key of the place, or of what lacks it.
    const onLine = source.split('\n')[at - 1] ?? ''
    expect(path.some(part => onLine.includes(`"${part}"`)) || onLine.trim() === '{', onLine).toBe(true)
  })

  it('the good one is taken, in both', async () => {
    writeFileSync(join(folder, 'good.yaml'), GOOD)
    writeFileSync(join(folder, 'good.mjs'), await asModule(GOOD))
    expect(await readScenario(join(folder, 'good.yaml'))).toEqual(await readScenario(join(folder, 'good.mjs')))
  })
})

describe('odd, and said as a warning', () => {
  const warningsOf = async (text: string): Promise<readonly string[]> => {
    writeFileSync(join(folder, 'odd.yaml'), text)
    const scenario = await readScenario(join(folder, 'odd.yaml'))
    return runOne({ id: 'odd', scenario }, { cast: {}, seed: '1' }).warnings
  }

  test('nothing about the good one', async () => {
    expect(await warningsOf(GOOD)).toEqual([])
  })

  test('a network that nobody is on', async () => {
    const text = GOOD.replace('  internet: {}\n', '  internet: {}\n  spare: {}\n')
    expect(await warningsOf(text)).toEqual([
      '/networks/spare: nobody is ever on this network (write a machine with an interface on it, or no network)',
    ])
  })

  test('an endpoint that no machine ever has, and one that somebody gets by a step', async () => {
    const text = GOOD.replace('203.0.113.2:51820', '203.0.113.7:51820')
    expect(await warningsOf(text)).toEqual([
      "/hosts/alice/wg/wg0: line 6, column 12: no machine ever has the Endpoint's address 203.0.113.7 (write the address of a host, or the outside address of its NAT)",
    ])
    const roam = '  - { do: roam, at: 5s, host: server, network: internet, attachment: 203.0.113.7 }\nexpect:'
    expect(await warningsOf(text.replace('expect:', roam))).toEqual([])
  })
})
