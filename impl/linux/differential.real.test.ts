/**
 * The control protocol, ours beside wireguard-go: the same requests, right and wrong, to two interfaces of one
 * namespace; the same errno, and the same state told by `get=1`.
 */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ask, errnoOf } from './testing/control.ts'
import { inLab } from './testing/lab.ts'
import { type Kind, missing, program } from './testing/programs.ts'
import { note } from './testing/subjects.ts'
import { startTunnel } from './testing/tunnel.ts'

const OTHER: Kind = program('wireguard-go-new') === undefined ? 'wireguard-go' : 'wireguard-go-new'
const absent = missing() ?? (program(OTHER) === undefined ? OTHER : undefined)
const RESET = `set=1\nprivate_key=${'0'.repeat(64)}\nlisten_port=0\nfwmark=0\nreplace_peers=true\n\n`
const RUNS = process.env['WGLAB_LONG'] === '1' ? 1000 : 150

const key = (name: string) => createHash('sha256').update(name).digest('hex')
const oneOf = (...values: readonly string[]) => fc.constantFrom(...values)

/** Right values three times as often as wrong ones. */
const value = (good: readonly string[], bad: readonly string[]) =>
  fc.oneof({ weight: 6, arbitrary: oneOf(...good) }, { weight: 1, arbitrary: oneOf(...bad) })
const line = (name: string, good: readonly string[], bad: readonly string[]) =>
  value(good, bad).map(each => `${name}=${each}`)

const BAD_KEYS = ['', '00', key('x').slice(1), `${key('x')}0`, 'g'.repeat(64)]
const ZERO = '0'.repeat(64)
const publicKeys = [key('peer 1'), key('peer 2'), key('peer 3')]

/** Differences that were found once. */
const FOUND: readonly (readonly string[])[] = ['update_only=true', 'remove=true', 'replace_allowed_ips=true'].map(
  last => [
    `set=1\npublic_key=${key('peer 1')}\nallowed_ip=::/0\n\n`,
    `set=1\npublic_key=${key('peer 2')}\nallowed_ip=::/0\n${last}\npersistent_keepalive_interval=7\n\n`,
  ],
)

const deviceLine = fc.oneof(
  line('private_key', [key('own 1'), key('own 2'), ZERO], BAD_KEYS),
  line('fwmark', ['0', '1', '51820', '4294967295'], ['-1', '4294967296', '0x1', 'off', '']),
  line('replace_peers', ['true'], ['false', '1', '']),
)
const peerLine = fc.oneof(
  line('preshared_key', [key('psk 1'), ZERO], BAD_KEYS),
  line(
    'endpoint',
    ['192.0.2.1:1', '192.0.2.2:65535', '[2001:db8::1]:51820'],
    ['192.0.2.1', '192.0.2.1:65536', ':1', '2001:db8::1:1', 'example.com:1', ''],
  ),
  line('persistent_keepalive_interval', ['0', '25', '65535'], ['65536', '-1', 'off', '']),
  line('replace_allowed_ips', ['true'], ['false', '']),
  line(
    'allowed_ip',
    ['10.0.0.0/8', '10.1.2.3/8', '10.1.2.3/32', '0.0.0.0/0', '::/0', '2001:db8::/32', '2001:db8::1/128'],
    ['10.0.0.0', '10.0.0.0/33', '2001:db8::/129', '10.0.0/8', '/8', ''],
  ),
  line('remove', ['true'], ['false', '1']),
  line('update_only', ['true'], ['false']),
  line('protocol_version', ['1'], ['0', '2', '']),
)
const stray = oneOf('shoe_size=1', 'listen_port', '=', 'get=1', 'errno=0', 'private_key', ' public_key=00')
const peerSection = fc
  .tuple(line('public_key', publicKeys, [...BAD_KEYS, ZERO]), fc.array(peerLine, { maxLength: 5 }))
  .map(([first, rest]) => [first, ...rest])
const request = fc
  .tuple(
    fc.array(deviceLine, { maxLength: 2 }),
    fc.array(peerSection, { maxLength: 3 }),
    fc.option(fc.tuple(stray, fc.nat(12)), { freq: 8 }),
  )
  .map(([device, peers, wrong]) => {
    const lines = [...device, ...peers.flat()]
    if (wrong !== null) lines.splice(wrong[1], 0, wrong[0])
    return `${['set=1', ...lines].join('\n')}\n\n`
  })

describe.skipIf(absent !== undefined)(`ours and ${OTHER}, the same requests${note(absent)}`, () => {
  it(
    'give the same errno and the same state',
    () =>
      inLab(async lab => {
        const namespace = await lab.namespace('n')
        const ours = await startTunnel(lab, namespace, 'ours')
        const theirs = await startTunnel(lab, namespace, OTHER)
        const both = async (text: string) => Promise.all([ask(ours.iface, text), ask(theirs.iface, text)])
        await fc.assert(
          fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async requests => {
            await both(RESET)
            for (const text of requests) {
              const [answer, expected] = await both(text)
              expect({ text, errno: errnoOf(answer) }).toEqual({ text, errno: errnoOf(expected) })
              const [state, known] = await both('get=1\n\n')
              expect({ text, state: stateOf(state) }).toEqual({ text, state: stateOf(known) })
            }
          }),
          { numRuns: RUNS, examples: FOUND.map(each => [each]) },
        )
      }),
    600_000,
  )
})

/** Without the port, which wireguard-go chooses when it likes; peers and allowed IPs sorted, which it tells in no order. */
function stateOf(answer: string): readonly string[] {
  const lines = answer.split('\n').filter(each => each !== '' && !/^(listen_port|errno)=/.test(each))
  const sections = lines.join('\n').split(/\n?(?=public_key=)/)
  const sorted = (section: string) => {
    const all = section.split('\n')
    const allowed = all.filter(each => each.startsWith('allowed_ip='))
    return [...all.filter(each => !each.startsWith('allowed_ip=')), ...allowed.sort()].join('\n')
  }
  return sections.map(sorted).sort()
}
