/**
 * The presets of Linux against the kernel's own masquerade in network namespaces: which outer port a flow gets, who
 * may answer, and what a knock from outside does to it. Times are not compared: they would have to be waited for.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatAddress } from '../../impl/ip/address.ts'
import { get16 } from '../../impl/ip/bytes.ts'
import { ipSource, transportPayload } from '../../impl/ip/packet.ts'
import { resolveNat } from '../../scenarios/language/nat-parameters.ts'
import { durationNs } from '../../scenarios/language/quantity.ts'
import { seededRandom } from '../random.ts'
import { Nat } from './nat.ts'
import { Bench, packets, udp } from './testing.ts'

const NAMES = { lan: `wgn${process.pid}l`, nat: `wgn${process.pid}n`, wan: `wgn${process.pid}w` } as const
const OUTER = '203.0.113.5'

function missing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux'
  const path = (process.env['PATH'] ?? '').split(':')
  const absent = ['ip', 'nft', 'sysctl'].find(tool => !path.some(folder => existsSync(join(folder, tool))))
  if (absent !== undefined) return `needs ${absent}`
  try {
    setUp()
    return undefined
  } catch (error) {
    tearDown()
    return `can not make the network: ${error instanceof Error ? error.message : String(error)}`
  }
}

function run(command: string): void {
  execFileSync('sh', ['-ec', command], { stdio: ['ignore', 'ignore', 'pipe'] })
}

function setUp(): void {
  const { lan, nat, wan } = NAMES
  run(`ip netns add ${lan}; ip netns add ${nat}; ip netns add ${wan}
    ip link add l0 netns ${lan} type veth peer name in0 netns ${nat}
    ip link add w0 netns ${wan} type veth peer name out0 netns ${nat}
    for host in 2 3 9; do ip -n ${lan} addr add 192.168.1.$host/24 dev l0; done
    ip -n ${nat} addr add 192.168.1.1/24 dev in0
    ip -n ${nat} addr add ${OUTER}/24 dev out0
    for host in 1 2 9; do ip -n ${wan} addr add 203.0.113.10$host/24 dev w0; done
    for each in "${lan} l0" "${nat} in0" "${nat} out0" "${wan} w0"; do set -- $each; ip -n $1 link set $2 up; done
    ip -n ${lan} route add default via 192.168.1.1
    ip netns exec ${nat} sysctl -qw net.ipv4.ip_forward=1
    ip netns exec ${nat} nft 'add table ip t; add chain ip t p { type nat hook postrouting priority 100; }'
    ip netns exec ${nat} nft 'add chain ip t i { type filter hook input priority 0; policy accept; }'`)
}

/** The rules that a preset stands for. */
const RULES = {
  'linux-masquerade': ['masquerade', 'accept'],
  'linux-masquerade-random-fully': ['masquerade random,fully-random', 'accept'],
  openwrt: ['masquerade', 'drop'],
} as const

function setRules(preset: keyof typeof RULES): void {
  const [masquerade, input] = RULES[preset]
  run(`ip netns exec ${NAMES.nat} nft 'flush chain ip t p; add rule ip t p oifname "out0" ${masquerade}'
    ip netns exec ${NAMES.nat} nft 'flush chain ip t i; add rule ip t i iifname "out0" ${input}'`)
}

function tearDown(): void {
  for (const name of Object.values(NAMES)) {
    try {
      execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' })
    } catch {
      // It was never made.
    }
  }
}

/** In seconds, of a namespace that nobody has changed. */
function sysctl(name: string): number {
  return Number(execFileSync('ip', ['netns', 'exec', NAMES.nat, 'sysctl', '-n', `net.netfilter.nf_conntrack_${name}`]))
}

/** Sockets by their own end; says what comes to them. */
const AGENT = `
const sockets = new Map()
const open = end => sockets.get(end) ?? new Promise(done => {
  const [address, port] = end.split(':')
  const socket = require('node:dgram').createSocket('udp4')
  socket.on('message', (text, from) => console.log(JSON.stringify({ at: end, from: from.address + ':' + from.port, text: String(text) })))
  socket.on('error', () => {})
  socket.bind(Number(port), address, () => done(socket))
})
require('node:readline').createInterface({ input: process.stdin }).on('line', async line => {
  const { from, to, text } = JSON.parse(line)
  const opened = open(from)
  sockets.set(from, opened)
  const socket = await opened
  if (to === undefined) return console.log(JSON.stringify({ opened: from }))
  const [address, port] = to.split(':')
  socket.send(text, Number(port), address)
})`

interface Heard {
  readonly at?: string
  readonly from?: string
  readonly text?: string
  readonly opened?: string
}

class Agent {
  readonly #child: ChildProcess
  readonly #heard: Heard[] = []
  #wake: () => void = () => {}

  constructor(namespace: string) {
    this.#child = spawn('ip', ['netns', 'exec', namespace, process.execPath, '-e', AGENT], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    createInterface({ input: this.#child.stdout! }).on('line', line => {
      this.#heard.push(JSON.parse(line) as Heard)
      this.#wake()
    })
  }

  say(message: { from: string; to?: string; text?: string }): void {
    this.#child.stdin!.write(`${JSON.stringify(message)}\n`)
  }

  async open(end: string): Promise<void> {
    this.say({ from: end })
    await this.until(one => one.opened === end)
  }

  async until(is: (one: Heard) => boolean): Promise<Heard> {
    for (;;) {
      const found = this.#heard.find(is)
      if (found !== undefined) return found
      await new Promise<void>(done => {
        this.#wake = done
      })
    }
  }

  find(text: string): Heard | undefined {
    return this.#heard.find(one => one.text === text)
  }

  stop(): void {
    this.#child.kill()
  }
}

const reason = missing()

type Event =
  | {
      readonly way: 'out'
      readonly host: number
      readonly port: number
      readonly remote: number
      readonly remotePort: number
    }
  /** To one of the inner ports as an outer one, or to the outer port that the n-th packet before had. */
  | {
      readonly way: 'in'
      readonly remote: number
      readonly remotePort: number
      readonly to: number
      readonly back: boolean
    }

describe.skipIf(reason !== undefined)(
  `masquerade, as the kernel does it${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let lan: Agent
    let wan: Agent
    let count = 0
    let turn = 0

    beforeAll(async () => {
      lan = new Agent(NAMES.lan)
      wan = new Agent(NAMES.wan)
      // A flow of its own, by which it is known that all before it has arrived.
      await lan.open('192.168.1.9:999')
      await wan.open('203.0.113.109:999')
    })

    afterAll(() => {
      lan?.stop()
      wan?.stop()
      tearDown()
    })

    const settled = async (): Promise<void> => {
      const text = `settled ${count++}`
      lan.say({ from: '192.168.1.9:999', to: '203.0.113.109:999', text: `${text} up` })
      await wan.until(one => one.text === `${text} up`)
      wan.say({ from: '203.0.113.109:999', to: `${OUTER}:999`, text: `${text} down` })
      await lan.until(one => one.text === `${text} down`)
      await new Promise(done => setTimeout(done, 3))
    }

    const event: fc.Arbitrary<Event> = fc.oneof(
      fc.record({
        way: fc.constant('out' as const),
        host: fc.integer({ min: 2, max: 3 }),
        port: fc.integer({ min: 0, max: 1 }),
        remote: fc.integer({ min: 1, max: 2 }),
        remotePort: fc.integer({ min: 0, max: 1 }),
      }),
      fc.record({
        way: fc.constant('in' as const),
        remote: fc.integer({ min: 1, max: 2 }),
        remotePort: fc.integer({ min: 0, max: 1 }),
        to: fc.integer({ min: 0, max: 3 }),
        back: fc.boolean(),
      }),
    )

    it.each(Object.keys(RULES) as (keyof typeof RULES)[])(
      '%s: the same ports, and the same answers come in',
      async preset => {
        setRules(preset)
        // A random port may be the inner one, once in 64,512 times.
        let lucky = 0
        await fc.assert(
          fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 12 }), async events => {
            // Ports of its own for each sequence: the kernel remembers the others.
            const base = 2000 + 40 * turn++
            const model = new Bench(
              new Nat({
                name: 'home',
                random: seededRandom('1'),
                spec: { inside: { lan: '192.168.1.1/24' }, outside: { wan: OUTER }, preset },
              }),
            )
            model.attach('lan', ['192.168.1.1/24'])
            model.attach('wan', [`${OUTER}/32`])
            for (let i = 0; i < 2; i++) {
              for (const host of [2, 3]) await lan.open(`192.168.1.${host}:${base + i}`)
              for (const host of [1, 2]) await wan.open(`203.0.113.10${host}:${base + 10 + i}`)
            }
            const outer: { kernel: number; model: number }[] = []
            for (const [i, one] of events.entries()) {
              const text = `${base} ${i}`
              const far = `203.0.113.10${one.remote}:${base + 10 + one.remotePort}`
              if (one.way === 'out') {
                const near = `192.168.1.${one.host}:${base + one.port}`
                lan.say({ from: near, to: far, text })
                const { from = '' } = await wan.until(each => each.text === text)
                const [sent] = packets(model.give('lan', udp(near, far)))
                const ends = {
                  kernel: Number(from.split(':')[1]),
                  model: sent === undefined ? 0 : get16(transportPayload(sent.bytes), 0),
                }
                expect(sent && formatAddress(ipSource(sent.bytes))).toBe(OUTER)
                outer.push(ends)
                const kept = base + one.port
                if (preset !== 'linux-masquerade-random-fully')
                  expect([i, ends.model === kept]).toEqual([i, ends.kernel === kept])
                else if (ends.kernel === kept) lucky++
                continue
              }
              const before = one.back ? outer[outer.length - 1 - one.to] : undefined
              const to = before ?? { kernel: base + (one.to % 2), model: base + (one.to % 2) }
              wan.say({ from: far, to: `${OUTER}:${to.kernel}`, text })
              await settled()
              const real = lan.find(text)?.at ?? 'nobody'
              const [line = ''] = model.lines('wan', udp(far, `${OUTER}:${to.model}`))
              expect([i, /^lan: udp \S+ > (\S+) /.exec(line)?.[1] ?? 'nobody']).toEqual([i, real])
            }
          }),
          { numRuns: 100 },
        )
        expect(lucky).toBeLessThan(4)
      },
      120_000,
    )

    it('and the times of the preset are its own', () => {
      const { timeout_unreplied, timeout, timeout_stream, tcp, query } = resolveNat({ preset: 'linux-masquerade' })
      const times = [timeout_unreplied, timeout, timeout_stream, query.timeout]
      const tcpTimes = [tcp.timeout_syn, tcp.timeout, tcp.timeout_closing, tcp.timeout_reset]
      expect([...times, ...tcpTimes].map(each => durationNs(each) / 1e9)).toEqual(
        [
          ...['udp_timeout', 'udp_timeout', 'udp_timeout_stream', 'icmp_timeout'],
          ...['tcp_timeout_syn_sent', 'tcp_timeout_established', 'tcp_timeout_fin_wait', 'tcp_timeout_close'],
        ].map(sysctl),
      )
    })
  },
)
