/** Plans as text, and plans carried out on a machine of paper: what goes up comes down, and leaves everything as it was. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeviceChange, Prefix } from '../../api.ts'
import { keyToBase64 } from '../../config/base64.ts'
import { type Conf, hasErrors, parseConf } from '../../config/conf.ts'
import { addconfChange } from '../../config/resolve.ts'
import { nodeCrypto } from '../../crypto/node/provider.ts'
import { addressInPrefix, formatPrefix, maskPrefix, parsePrefix } from '../../ip/address.ts'
import { type DownFacts, downPlan, removal, type Tools, type UpFacts, upBegin, upFinish } from './plan.ts'
import { QuickError, type QuickStep, stepText } from './step.ts'

const KEY = keyToBase64(new Uint8Array(32).fill(0x50))
const PEERS = [1, 2, 3].map(n => keyToBase64(new Uint8Array(32).fill(n)))
const OURSELVES = keyToBase64(nodeCrypto.privateKey(new Uint8Array(32).fill(0x50)).publicKey)
const TOOLS: Tools = { firewall: 'nft', resolver: { kind: 'resolvconf', prefix: 'tun.' } }
const FACTS: UpFacts = { ...TOOLS, usedTables: new Set(), endpointMtus: [], defaultMtu: 1500 }

interface Plan {
  readonly conf: Conf
  readonly change: DeviceChange
}

function read(text: string): Plan {
  const { conf, problems } = parseConf(text, { file: 'wg0.conf', dialect: 'wg-quick' })
  expect(hasErrors(problems)).toBe(false)
  return { conf, change: addconfChange(conf, { resolveHost: () => undefined }).change }
}

/** A file with this in [Interface], and one peer for each list of ranges. */
function file(face: string, ...ranges: readonly string[]): Plan {
  const peers = ranges.map((list, place) => `[Peer]\nPublicKey = ${PEERS[place]}\nAllowedIPs = ${list}\n`)
  return read(`[Interface]\nPrivateKey = ${KEY}\n${face}\n${peers.join('')}`)
}

function up({ conf, change }: Plan, facts: Partial<UpFacts> = {}): QuickStep[] {
  const all = { ...FACTS, ...facts }
  return [...upBegin('wg0', conf, change, all), ...upFinish('wg0', conf, change, all)]
}

const texts = (steps: readonly QuickStep[]): string[] => steps.map(stepText)

describe('up', () => {
  const begin = ['wglab tunnel wg0', 'wg addconf wg0 /dev/fd/63']
  const full = (flag: string, range: string, table: number) => [
    `ip ${flag} route add ${range} dev wg0 table ${table}`,
    `ip ${flag} rule add not fwmark ${table} table ${table}`,
    `ip ${flag} rule add table main suppress_prefixlength 0`,
    ...(flag === '-4' ? ['sysctl -q net.ipv4.conf.all.src_valid_mark=1'] : []),
    'nft -f -',
  ]
  const mtu = (bytes: number) => `ip link set mtu ${bytes} up dev wg0`

  const TABLE: readonly (readonly [name: string, plan: Plan, steps: string[], facts?: Partial<UpFacts>])[] = [
    ['an empty file', file(''), [...begin, mtu(1420)]],
    [
      'a peer that is ourselves: no route, and no default route',
      read(
        `[Interface]\nPrivateKey = ${KEY}\n[Peer]\nPublicKey = ${OURSELVES}\nAllowedIPs = 0.0.0.0/0, 10.1.0.0/16\n[Peer]\nPublicKey = ${PEERS[0]}\nAllowedIPs = 10.2.0.0/16\n`,
      ),
      [...begin, mtu(1420), 'ip -4 route add 10.2.0.0/16 dev wg0'],
    ],
    [
      'addresses and ranges, the longest first, those within others left out',
      file('Address = 10.0.0.1/24, fd00::1/64', '10.0.0.2/32, 10.0.0.0/8, 10.9.0.0/16, fd00::2/128, fd01::/48'),
      [
        ...begin,
        'ip -4 address add 10.0.0.1/24 dev wg0',
        'ip -6 address add fd00::1/64 dev wg0',
        mtu(1420),
        'ip -6 route add fd01::/48 dev wg0',
        'ip -4 route add 10.9.0.0/16 dev wg0',
        'ip -4 route add 10.0.0.0/8 dev wg0',
      ],
    ],
    [
      'a default of both families',
      file('Address = 10.0.0.1/32', '0.0.0.0/0, ::/0'),
      [
        ...begin,
        'ip -4 address add 10.0.0.1/32 dev wg0',
        mtu(1420),
        'wg set wg0 fwmark 51820',
        ...full('-6', '::/0', 51820),
        ...full('-4', '0.0.0.0/0', 51820),
      ],
    ],
    [
      'a table that is in use',
      file('', '0.0.0.0/0'),
      [...begin, mtu(1420), 'wg set wg0 fwmark 51822', ...full('-4', '0.0.0.0/0', 51822)],
      { usedTables: new Set([51820, 51821]) },
    ],
    [
      'a mark of its own',
      file('FwMark = 0xca6c', '0.0.0.0/0'),
      [...begin, mtu(1420), ...full('-4', '0.0.0.0/0', 51820)],
    ],
    ['Table = off', file('Table = off', '0.0.0.0/0, 10.0.0.0/8'), [...begin, mtu(1420)]],
    [
      'Table = 7',
      file('Table = 7', '0.0.0.0/0, 10.0.0.0/8'),
      [...begin, mtu(1420), 'ip -4 route add 10.0.0.0/8 dev wg0 table 7', 'ip -4 route add 0.0.0.0/0 dev wg0 table 7'],
    ],
    [
      'hooks',
      file('PreUp = a %i\nPreUp = b\nPostUp = c %i%i\nPreDown = d\nPostDown = e'),
      ['wglab tunnel wg0', 'a wg0', 'b', 'wg addconf wg0 /dev/fd/63', mtu(1420), 'c wg0wg0'],
    ],
    ['DNS', file('DNS = 9.9.9.9, 2620:fe::fe, example.org'), [...begin, mtu(1420), 'resolvconf -a tun.wg0 -m 0 -x']],
    [
      'DNS by systemd',
      file('DNS = 9.9.9.9, example.org'),
      [...begin, mtu(1420), 'resolvectl dns wg0 9.9.9.9', 'resolvectl domain wg0 example.org ~.'],
      { resolver: { kind: 'resolvectl' } },
    ],
    ['an MTU of its own', file('MTU = 1280'), [...begin, mtu(1280)]],
    ['the least MTU of the endpoints', file(''), [...begin, mtu(1312)], { endpointMtus: [1500, 1392, 9000] }],
    ['the MTU of the default route', file(''), [...begin, mtu(8920)], { defaultMtu: 9000 }],
    ['no route at all', file(''), [...begin, mtu(1420)], { defaultMtu: undefined }],
    [
      'one range of two peers',
      file('', '10.1.0.0/16, 10.2.0.0/16', '10.1.0.0/16'),
      [...begin, mtu(1420), 'ip -4 route add 10.2.0.0/16 dev wg0', 'ip -4 route add 10.1.0.0/16 dev wg0'],
    ],
  ]
  for (const [name, plan, steps, facts] of TABLE) it(name, () => expect(texts(up(plan, facts))).toEqual(steps))

  it('guards the addresses with nft', () => {
    const steps = up(file('Address = 10.0.0.1/24, fd00::1/64', '0.0.0.0/0'))
    const guard = steps.find(step => step.kind === 'run' && step.argv[0] === 'nft')
    expect(guard?.kind === 'run' ? guard.input : undefined).toBe(`table ip wg-quick-wg0 {
  chain preraw {
    type filter hook prerouting priority -300;
    iifname != "wg0" ip daddr 10.0.0.1 fib saddr type != local drop
  }
  chain premangle {
    type filter hook prerouting priority -150;
    meta l4proto udp meta mark set ct mark
  }
  chain postmangle {
    type filter hook postrouting priority -150;
    meta l4proto udp mark 51820 ct mark set mark
  }
}
`)
  })

  it('guards them with iptables, and finds its rules again among others', () => {
    const plan = file('Address = fd00::1/64', '::/0')
    const guard = up(plan, { firewall: 'iptables' }).at(-1)
    const comment = '-m comment --comment "wg-quick(8) rule for wg0"'
    expect(guard).toEqual({
      kind: 'run',
      argv: ['ip6tables-restore', '-n'],
      input: `*raw
-I PREROUTING ! -i wg0 -d fd00::1 -m addrtype ! --src-type LOCAL -j DROP ${comment}
COMMIT
*mangle
-I POSTROUTING -m mark --mark 51820 -p udp -j CONNMARK --save-mark ${comment}
-I PREROUTING -p udp -j CONNMARK --restore-mark ${comment}
COMMIT
`,
    })
    const saved = `*raw\n-A PREROUTING -d fd00::1/128 ! -i wg0 ${comment} -j DROP\n-A PREROUTING -j DROP\nCOMMIT\n`
    const facts = { ...downFacts(), iptables: { v4: '*raw\n-A PREROUTING -j DROP\nCOMMIT\n', v6: saved } }
    expect(removal('wg0', plan.conf, facts).at(-1)).toEqual({
      kind: 'run',
      argv: ['ip6tables-restore', '-n'],
      input: `*raw\n-D PREROUTING -d fd00::1/128 ! -i wg0 ${comment} -j DROP\nCOMMIT\n`,
    })
  })

  it('says what is missing before it does anything', () => {
    const none: Tools = { firewall: undefined, resolver: undefined }
    const refused = (plan: Plan) => () => upBegin('wg0', plan.conf, plan.change, none)
    expect(refused(file('DNS = 9.9.9.9'))).toThrow(QuickError)
    expect(refused(file('DNS = 9.9.9.9'))).toThrow(/resolvconf or resolvectl/)
    expect(refused(file('', '::/0'))).toThrow(/nft or iptables/)
    expect(refused(file('Table = off', '::/0'))).not.toThrow()
    expect(refused(file('', '10.0.0.0/8'))).not.toThrow()
  })
})

describe('down', () => {
  it('runs hooks before and after, saves, and takes away rules, link, DNS and tables', () => {
    const { conf } = file('DNS = 9.9.9.9\nSaveConfig = true\nPreDown = d %i\nPostDown = e %i', '0.0.0.0/0')
    const facts: DownFacts = {
      ...downFacts(),
      fwmark: 51820,
      allowedIps: [parsePrefix('0.0.0.0/0')!],
      rules: {
        v4: [
          '0:\tfrom all lookup local',
          '32764:\tfrom all lookup main suppress_prefixlength 0',
          '32765:\tnot from all fwmark 0xca6c lookup 51820',
          '32766:\tfrom all lookup main',
        ],
        v6: [
          '0:\tfrom all lookup local',
          '9:\tfrom all lookup main suppress_prefixlength 0',
          '10:\tfrom all lookup 518201',
        ],
      },
      nftTables: ['table ip wg-quick-wg0', 'table ip wg-quick-wg00', 'table inet filter'],
    }
    const steps = downPlan('wg0', conf, facts)
    expect(texts(steps)).toEqual([
      'd wg0',
      'save the configuration in wg0.conf',
      'ip -4 rule delete table 51820',
      'ip -4 rule delete table main suppress_prefixlength 0',
      'ip link delete dev wg0',
      'resolvconf -d tun.wg0 -f',
      'nft -f -',
      'e wg0',
    ])
    expect(steps.at(-2)).toMatchObject({ input: 'delete table ip wg-quick-wg0\n' })
  })
})

it('the rules of a peer that was taken away by hand go too; those of a mark alone stay', () => {
  const rules = { v4: ['1:\tnot from all fwmark 0x7 lookup 7'], v6: [] }
  const rulesOf = (ranges: string) =>
    texts(removal('wg0', file('', ranges).conf, { ...downFacts(), fwmark: 7, rules })).filter(text =>
      text.includes('rule'),
    )
  expect(rulesOf('0.0.0.0/0')).toEqual(['ip -4 rule delete table 7'])
  expect(rulesOf('10.0.0.0/8')).toEqual([])
})

it('no text that is printed holds a secret', () => {
  const psk = keyToBase64(new Uint8Array(32).fill(0x51))
  const plan = read(
    `[Interface]\nPrivateKey = ${KEY}\n[Peer]\nPublicKey = ${PEERS[0]}\nPresharedKey = ${psk}\nAllowedIPs = ::/0\n`,
  )
  const shown = `${texts(up(plan)).join('\n')}${JSON.stringify(up(plan))}`
  expect(shown).not.toContain(KEY)
  expect(shown).not.toContain(psk)
  expect(JSON.stringify(up(plan))).toContain('(key)')
})

/** What ip(8) and nft(8) would have made of the steps; it refuses what they refuse. */
class Machine {
  readonly routes: string[] = []
  readonly rules = { '-4': ['from all lookup main'], '-6': ['from all lookup main'] }
  readonly tables = new Set<string>()
  readonly dns = new Set<string>()
  link = false
  fwmark = 0
  allowedIps: Prefix[] = []

  state(): string {
    return JSON.stringify([this.routes.toSorted(), this.rules, [...this.tables].sort(), [...this.dns], this.link])
  }

  facts(): DownFacts {
    const rule = (text: string) => `1:\t${text}`
    return {
      ...TOOLS,
      fwmark: this.fwmark,
      allowedIps: this.allowedIps,
      rules: { v4: this.rules['-4'].map(rule), v6: this.rules['-6'].map(rule) },
      nftTables: [...this.tables],
      iptables: { v4: '', v6: '' },
    }
  }

  do(step: QuickStep): void {
    if (step.kind === 'tunnel') this.link = true
    if (step.kind === 'configure') {
      this.fwmark = step.change.fwmark ?? this.fwmark
      this.allowedIps = [...this.allowedIps, ...(step.change.peers ?? []).flatMap(peer => peer.allowedIps ?? [])]
    }
    if (step.kind === 'run') this.run(step.argv, step.input ?? '')
  }

  run(argv: readonly string[], input: string): void {
    const text = argv.join(' ')
    if (argv[0] === 'nft') this.nft(input)
    else if (argv[0] === 'resolvconf') argv[1] === '-a' ? this.dns.add(argv[2]!) : this.dns.delete(argv[2]!)
    else if (argv[2] === 'rule') this.rule(argv[1] === '-4' ? '-4' : '-6', argv.slice(3))
    else if (argv[2] === 'route' || argv[2] === 'address') {
      const line = `${argv[1]} ${argv[2]} ${argv.slice(4).join(' ')}`
      if (this.routes.includes(line) || !this.link) throw new Error(`refused: ${text}`)
      this.routes.push(line)
    } else if (text === 'ip link delete dev wg0') {
      if (!this.link) throw new Error(`refused: ${text}`)
      this.link = false
      this.routes.splice(0, this.routes.length, ...this.routes.filter(line => !line.includes('dev wg0')))
    } else if (argv[0] !== 'sysctl' && !text.startsWith('ip link set mtu')) throw new Error(`unknown: ${text}`)
  }

  rule(flag: '-4' | '-6', words: readonly string[]): void {
    const rules = this.rules[flag]
    const text = words.slice(1).join(' ')
    const shown = text.startsWith('not fwmark')
      ? `not from all fwmark 0x${Number(words[3]).toString(16)} lookup ${words[5]}`
      : text.replace(/^table (\S+)/, 'from all lookup $1')
    if (words[0] === 'add') {
      rules.unshift(shown)
      return
    }
    const matches = (rule: string) => (text.includes('suppress') ? rule === shown : rule.endsWith(`lookup ${words[2]}`))
    const found = rules.findIndex(matches)
    if (found < 0) throw new Error(`refused: rule ${words.join(' ')}`)
    rules.splice(found, 1)
  }

  nft(input: string): void {
    const added = /^(table \S+ \S+) \{/.exec(input)?.[1]
    if (added !== undefined) this.tables.add(added)
    for (const match of input.matchAll(/^delete (table .*)$/gm)) {
      if (!this.tables.delete(match[1]!)) throw new Error(`refused: ${match[0]}`)
    }
  }
}

const v4 = fc.tuple(fc.nat(255), fc.nat(255), fc.integer({ min: 0, max: 32 })).map(([a, b, n]) => `10.${a}.${b}.1/${n}`)
const v6 = fc.tuple(fc.nat(0xffff), fc.integer({ min: 0, max: 128 })).map(([a, n]) => `fd00:${a.toString(16)}::1/${n}`)
const ranges = fc
  .array(fc.oneof(v4, v6, fc.constantFrom('0.0.0.0/0', '::/0')), { maxLength: 6 })
  .map(all => all.map(masked).join(', '))
const someFile = fc
  .record({
    addresses: fc.uniqueArray(fc.oneof(v4, v6), { maxLength: 3 }),
    table: fc.constantFrom('', 'Table = auto', 'Table = off', 'Table = 77'),
    mark: fc.constantFrom('', 'FwMark = 51821'),
    dns: fc.constantFrom('', 'DNS = 9.9.9.9'),
    peers: fc.array(ranges, { maxLength: 3 }),
  })
  .map(({ addresses, table, mark, dns, peers }) => {
    const address = addresses.length === 0 ? '' : `Address = ${addresses.join(', ')}`
    return file([address, table, mark, dns].join('\n'), ...peers)
  })

function masked(text: string): string {
  return formatPrefix(maskPrefix(parsePrefix(text)!))
}

function downFacts(): DownFacts {
  return new Machine().facts()
}

/** A machine on which somebody else lives already. */
function inhabited(): Machine {
  const machine = new Machine()
  machine.rules['-4'].unshift('from all lookup main suppress_prefixlength 0', 'from 10.0.0.9 lookup 9')
  machine.tables.add('table inet filter').add('table ip wg-quick-wg1')
  machine.dns.add('tun.wg1')
  machine.routes.push('-4 route default via 192.0.2.1 dev eth0')
  return machine
}

describe('on a machine of paper', () => {
  it('what goes up comes down', () => {
    fc.assert(
      fc.property(someFile, plan => {
        const machine = inhabited()
        const before = machine.state()
        for (const step of up(plan)) machine.do(step)
        expect(machine.link).toBe(true)
        for (const step of downPlan('wg0', plan.conf, machine.facts())) machine.do(step)
        expect(machine.state()).toBe(before)
      }),
    )
  })

  it('what stops half way is taken back', () => {
    fc.assert(
      fc.property(someFile, fc.nat(), (plan, stop) => {
        const machine = inhabited()
        const before = machine.state()
        const steps = up(plan)
        // At the earliest when there is an interface.
        const done = steps.slice(0, 1 + (stop % steps.length))
        for (const step of done) machine.do(step)
        for (const step of removal('wg0', plan.conf, machine.facts(), done)) {
          // The removal goes on past what was not made yet.
          try {
            machine.do(step)
          } catch (error) {
            if (!String(error).includes('refused')) throw error
          }
        }
        expect(machine.state()).toBe(before)
      }),
      { numRuns: 500 },
    )
  })

  it('every range leads into the tunnel, unless Table = off', () => {
    fc.assert(
      fc.property(someFile, plan => {
        const table = plan.conf.interface?.table?.value.kind ?? 'auto'
        const routed = up(plan).flatMap(step => {
          const words = step.kind === 'run' ? step.argv : []
          return words[2] === 'route' ? [parsePrefix(words[4]!)!] : []
        })
        const connected = (plan.conf.interface?.addresses ?? []).map(({ value }) => value)
        for (const range of (plan.change.peers ?? []).flatMap(peer => peer.allowedIps ?? [])) {
          const covered = [...routed, ...connected].some(
            wider => wider.length <= range.length && addressInPrefix(range.address, wider),
          )
          expect(covered || table === 'off').toBe(true)
        }
      }),
    )
  })
})
