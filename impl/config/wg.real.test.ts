/** The real `wg` reads the same files: it must agree with our reader, but for the differences named here. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasErrors, parseConf } from './conf.ts'

const hasWg = spawnSync('wg', ['--version']).status === 0
const KEY = 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw='
const OTHER = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg='

let folder = ''

/**
 * Whether wg takes the text as a configuration. It reads the file before it looks for the interface, so none is
 * needed, nor root.
 */
function wgTakes(text: string): boolean {
  const file = join(folder, 'x.conf')
  writeFileSync(file, text)
  const run = spawnSync('wg', ['setconf', 'wglab-none', file], {
    encoding: 'utf8',
    env: { ...process.env, WG_ENDPOINT_RESOLUTION_RETRIES: '0', LC_ALL: 'C' },
  })
  const refused = /Configuration parsing error|Invalid configuration/.test(run.stderr)
  expect(refused || run.stderr.includes('Unable to modify interface'), run.stderr).toBe(true)
  return !refused
}

function weTake(text: string) {
  const { problems } = parseConf(text, { file: 'x.conf', dialect: 'wg' })
  return { takes: !hasErrors(problems), problems }
}

/** What wg takes and we refuse on purpose. */
const STRICTER: readonly [why: string, pattern: RegExp][] = [
  ['the last of two lines wins silently', /stands twice/],
  ['wg asks /etc/services, and cuts numbers to 16 bits', /^(ListenPort is|Endpoint has port)/],
  ['the C library reads 192.0.2 and 0300.0.2.1 as addresses', /no IPv4 address/],
  ['a NUL ends the line for C', /invisible character/],
]

const face = (lines: string) => `[Interface]\n${lines}\n`
const peer = (lines: string) => `[Peer]\nPublicKey = ${KEY}\n${lines}\n`

const SAME = [
  '',
  '# nothing but a comment',
  face(''),
  face(`PrivateKey = ${KEY}`),
  face(`PRIVATEKEY=${KEY}#comment`),
  face(`Private Key = ${KEY.slice(0, 20)}  ${KEY.slice(20)}`),
  face(`PrivateKey = ${KEY.slice(0, 43)}`),
  face(`PrivateKey = ${KEY}=`),
  face(`PrivateKey = ${KEY.slice(0, 42)}x=`),
  face(`PrivateKey = ${KEY.slice(0, 42)}==`),
  face(`PrivateKey = ${KEY.slice(0, 43)}A`),
  face(`PrivateKey = -${KEY.slice(1)}`),
  face('PrivateKey ='),
  face('ListenPort = 0'),
  face('ListenPort = 65535'),
  face('ListenPort = 012'),
  face('ListenPort = -1'),
  face('ListenPort = 1x'),
  face('ListenPort ='),
  face('ListenPort 12000'),
  face('FwMark = off'),
  face('FwMark = OFF'),
  face('FwMark = 010'),
  face('FwMark = 4294967295'),
  face('FwMark = 4294967296'),
  face('FwMark = 0xffffffff'),
  face('FwMark = 0x100000000'),
  face('FwMark = 0X10'),
  face('FwMark = 0x'),
  face('FwMark = 0xg'),
  face('FwMark = +1'),
  face('Address = 10.0.0.1/24'),
  face('AllowedIPs = 10.0.0.1/24'),
  face('Colour = blue'),
  'ListenPort = 1\n',
  '[Interfaces]\n',
  '[Interface\n',
  '[Interface] x\n',
  '[ inter face ]\r\nListen\tPort = 5\r\n',
  '[Peer]\n',
  peer(''),
  peer('AllowedIPs = 10.0.0.1'),
  peer('AllowedIPs = 10.0.0.1/24'),
  peer('AllowedIPs = 10.0.0.0/33'),
  peer('AllowedIPs = 10.0.0.0/08'),
  peer('AllowedIPs = 10.0.0.0/'),
  peer('AllowedIPs = 10.0.0.0/255.0.0.0'),
  peer('AllowedIPs = 10.0.0.0/-1'),
  peer('AllowedIPs = 010.0.0.0/8'),
  peer('AllowedIPs = 10.0.0/8'),
  peer('AllowedIPs = 10.0.0.256/8'),
  peer('AllowedIPs = 0.0.0.0/0, ::/0'),
  peer('AllowedIPs = ::/129'),
  peer('AllowedIPs = fe80::1%eth0/64'),
  peer('AllowedIPs = 1:2:3:4:5:6:7::/8'),
  peer('AllowedIPs = 1:2:3:4:5:6:7:8::/8'),
  peer('AllowedIPs = ::ffff:192.0.2.1/128, 64:ff9b::192.0.2.033/128'),
  peer('AllowedIPs = 10.0.0.1,,10.0.0.2'),
  peer('AllowedIPs = 10.0.0.1,'),
  peer('AllowedIPs = 10.0.0.1 10.0.0.2'),
  peer('AllowedIPs = 10.0.0.1/32\nAllowedIPs = 10.0.0.2/32'),
  peer('Endpoint = 192.0.2.1:51820'),
  peer('Endpoint = 192.0.2.1'),
  peer('Endpoint = 192.0.2.1:'),
  peer('Endpoint = [2001:db8::1]:51820'),
  peer('Endpoint = [2001:db8::1]'),
  peer('Endpoint = [2001:db8::1]51820'),
  peer('Endpoint = [2001:db8::1'),
  peer('Endpoint = [192.0.2.1]:51820'),
  peer('Endpoint = 2001:db8::1:51820'),
  peer('Endpoint = [fe80::1%1]:51820'),
  peer('Endpoint = localhost:51820'),
  peer('Endpoint ='),
  peer('PersistentKeepalive = off'),
  peer('PersistentKeepalive = OFF'),
  peer('PersistentKeepalive = 0'),
  peer('PersistentKeepalive = 007'),
  peer('PersistentKeepalive = 65535'),
  peer('PersistentKeepalive = 65536'),
  peer('PersistentKeepalive = 25s'),
  peer('PersistentKeepalive = -5'),
  peer('PersistentKeepalive ='),
  peer(`PresharedKey = ${OTHER}`),
  peer(`PresharedKey = ${OTHER.slice(1)}`),
  peer('ListenPort = 1'),
  peer('[Interface]\nListenPort = 1\n[Interface]\nFwMark = 2'),
  `[Peer]\nAllowedIPs = 10.0.0.1/32\n${peer('')}`,
]

describe.skipIf(!hasWg)('the real wg', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wglab-conf-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(SAME)('gives our verdict on %j', text => {
    expect(weTake(text).takes).toBe(wgTakes(text))
  })

  it.each([
    face('ListenPort = 1\nListenPort = 2'),
    face('ListenPort = domain'),
    face('ListenPort = 70000'),
    peer(`PublicKey = ${OTHER}`),
    peer(peer('')),
    peer('Endpoint = 192.0.2.1:0'),
    peer('Endpoint = 192.0.2:70'),
    peer('Endpoint = 0300.0.2.1:70'),
    '\0[Interface]\n',
  ])('takes what we refuse on purpose: %j', text => {
    const { takes, problems } = weTake(text)
    expect(takes).toBe(false)
    expect(wgTakes(text)).toBe(true)
    for (const problem of problems) {
      expect(
        STRICTER.some(([, pattern]) => pattern.test(problem.what)),
        problem.what,
      ).toBe(true)
    }
  })

  it('agrees on files with random damage', () => {
    const sound = `[Interface]\nPrivateKey = ${KEY}\nListenPort = 51820\nFwMark = 0xca6c\n\n[Peer]\nPublicKey = ${OTHER}\nPresharedKey = ${KEY}\nAllowedIPs = 10.0.0.2/32, fd00::2/128\nAllowedIPs = 192.168.0.0/16\nEndpoint = [2001:db8::1]:51820\nPersistentKeepalive = 25\n`
    const damage = fc.record({
      at: fc.nat(sound.length - 1),
      cut: fc.integer({ min: 0, max: 3 }),
      put: fc.constantFrom(
        '',
        '=',
        '[',
        ']',
        '#',
        ':',
        ',',
        '/',
        '0',
        '9',
        'x',
        'off',
        ' ',
        '\t',
        '\n',
        '\r',
        '.',
        '%',
        'é',
        '[Peer]\n',
        '[Interface]\n',
      ),
    })
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), damages => {
        let text = sound
        for (const { at, cut, put } of damages) text = text.slice(0, at) + put + text.slice(at + cut)
        const ours = weTake(text)
        // Without a name service a name is no address: both readers then know no more than that.
        const named = /^endpoint=(?!\[[0-9a-f:.%]*\]:)/im.test(text.replace(/[ \t\r]/g, ''))
        const real = wgTakes(text)
        if (ours.takes && !real)
          return named || /^\s*AllowedIPs\s*=\s*(#|$)|[=,]\s*[+-]/im.test(text.replace(/[ \t\r]/g, ''))
        if (ours.takes || !real) return true
        return ours.problems
          .filter(problem => problem.severity === 'error')
          .every(problem => STRICTER.some(([, pattern]) => pattern.test(problem.what)))
      }),
      { numRuns: 400 },
    )
  })
})
