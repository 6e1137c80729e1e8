/**
 * What people and programs do wrong: names, ports, rights, malformed control requests, clients that hang up, signals.
 * Each gives a message or an errno, and nothing is left behind. wireguard-go passes the same where both can be held to
 * one answer.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { ask, errnoOf, hangUp } from './testing/control.ts'
import { inLab } from './testing/lab.ts'
import { openPair, ping } from './testing/pair.ts'
import { type Finished, until } from './testing/process.ts'
import { type Kind, missing, program } from './testing/programs.ts'
import { note } from './testing/subjects.ts'
import { SOCKETS } from './testing/sweep.ts'
import { freshIface, freshKey, freshSecret, startTunnel, type Tunnel } from './testing/tunnel.ts'

/** Long for a machine that does much else; what must come within it comes in a few seconds. */
vi.setConfig({ testTimeout: 300_000 })

const lacking = missing()
const hex = (base64: string) => Buffer.from(base64, 'base64').toString('hex')
const KEY = createHash('sha256').update('a peer').digest('hex')

/** What is sent, and the errno of it; undefined: the connection is closed without a word. */
const REQUESTS: readonly (readonly [string, string, number | undefined])[] = [
  ['an empty set', 'set=1\n\n', 0],
  ['no value', 'set=1\nlisten_port\n\n', -71],
  ['an unknown key', 'set=1\nshoe_size=43\n\n', -22],
  ['a peer key outside a peer', 'set=1\nendpoint=10.0.0.1:1\n\n', -22],
  ['a key too short', 'set=1\nprivate_key=00ff\n\n', -22],
  ['a key that is no hex', `set=1\nprivate_key=${'zz'.repeat(32)}\n\n`, -22],
  ['a port too high', 'set=1\nlisten_port=65536\n\n', -22],
  ['a negative port', 'set=1\nlisten_port=-1\n\n', -22],
  ['a mark too high', 'set=1\nfwmark=4294967296\n\n', -22],
  ['replace_peers=false', 'set=1\nreplace_peers=false\n\n', -22],
  ['a public key of 31 bytes', `set=1\npublic_key=${KEY.slice(2)}\n\n`, -22],
  ['an endpoint without a port', `set=1\npublic_key=${KEY}\nendpoint=10.0.0.1\n\n`, -22],
  ['an endpoint with a name', `set=1\npublic_key=${KEY}\nendpoint=example.com:1\n\n`, -22],
  ['an allowed IP that is none', `set=1\npublic_key=${KEY}\nallowed_ip=10.0.0.0\n\n`, -22],
  ['an allowed IP of /33', `set=1\npublic_key=${KEY}\nallowed_ip=10.0.0.0/33\n\n`, -22],
  ['a keepalive too long', `set=1\npublic_key=${KEY}\npersistent_keepalive_interval=65536\n\n`, -22],
  ['remove=1', `set=1\npublic_key=${KEY}\nremove=1\n\n`, -22],
  ['another protocol version', `set=1\npublic_key=${KEY}\nprotocol_version=2\n\n`, -22],
  ['removing a peer that is not there', `set=1\npublic_key=${KEY}\nremove=true\n\n`, 0],
  ['updating a peer that is not there', `set=1\npublic_key=${KEY}\nupdate_only=true\nallowed_ip=10.0.0.0/8\n\n`, 0],
  ['an unknown operation', 'put=1\n\n', undefined],
]

for (const kind of ['ours', 'ours-plain', 'wireguard-go'] as const) {
  const absent = lacking ?? (program(kind) === undefined ? kind : undefined)
  describe.skipIf(absent !== undefined).concurrent(`abuse of ${kind}${note(absent)}`, () => {
    it('malformed requests get their errno, and the next request works', () =>
      inLab(async lab => {
        const tunnel = await startTunnel(lab, await lab.namespace('n'), kind)
        const answers: (readonly [string, string, number | undefined])[] = []
        for (const [name, text] of REQUESTS) answers.push([name, text, errnoOf(await ask(tunnel.iface, text))])
        expect(answers).toEqual(REQUESTS)
        expect((await tunnel.dump()).peers.map(each => each.publicKey)).toEqual(
          // What stands before an error stays applied: the peer of the lines above was removed again.
          [],
        )
      }))

    it('clients that hang up in the middle, or say nothing, disturb nobody', () =>
      inLab(async lab => {
        const tunnel = await startTunnel(lab, await lab.namespace('n'), kind)
        const whole = `set=1\nprivate_key=${hex(freshSecret())}\npublic_key=${KEY}\nallowed_ip=10.0.0.0/8\n\n`
        for (let length = 0; length < whole.length; length += 7) await hangUp(tunnel.iface, whole.slice(0, length))
        await hangUp(tunnel.iface, 'get=1\n\n')
        expect(errnoOf(await ask(tunnel.iface, whole))).toBe(0)
        expect((await tunnel.dump()).peers.map(each => each.allowedIps)).toEqual(['10.0.0.0/8'])
      }))

    it('a port that is taken: wg says so, and another port works', () =>
      inLab(async lab => {
        const namespace = await lab.namespace('n')
        const tunnel = await startTunnel(lab, namespace, kind)
        await tunnel.up([])
        const script = "require('node:dgram').createSocket('udp4').bind(4444, () => console.log('bound'))"
        const holder = await namespace.start(process.execPath, ['-e', script])
        await until('the holder of the port', () => holder.output().includes('bound'))
        const refused = await tunnel.tryWg('set', tunnel.iface, 'listen-port', '4444')
        expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('Address already in use') })
        await tunnel.wg('set', tunnel.iface, 'listen-port', '4445')
        expect((await tunnel.dump()).listenPort).toBe(4445)
      }))

    it('a second one of the same name is refused, and the first goes on', () =>
      inLab(async lab => {
        const namespace = await lab.namespace('n')
        const tunnel = await startTunnel(lab, namespace, kind)
        const second = await once(kind, tunnel.iface, namespace)
        expect(second.status).not.toBe(0)
        expect(second.stderr + second.stdout).not.toMatch(/^\s+at .*:\d+:\d+/m)
        expect((await tunnel.tryWg('show', tunnel.iface)).status).toBe(0)
      }))

    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`${signal}: the interface and the socket go`, () =>
        inLab(async lab => {
          const tunnel = await startTunnel(lab, await lab.namespace('n'), kind)
          await tunnel.running.stop(signal)
          expect(await links(tunnel)).not.toContain(tunnel.iface)
          expect(existsSync(socketOf(tunnel))).toBe(false)
        }))
    }

    it('SIGKILL, and the next one of the same name starts in the place of the first', () =>
      inLab(async lab => {
        const namespace = await lab.namespace('n')
        const tunnel = await startTunnel(lab, namespace, kind)
        await tunnel.running.stop('SIGKILL')
        await until('the end of the interface', async () => !(await links(tunnel)).includes(tunnel.iface))
        const next = await startTunnel(lab, namespace, kind, tunnel.iface)
        expect((await next.dump()).peers).toEqual([])
      }))

    it('its socket is for its owner alone; without it, and without its interface, it ends', () =>
      inLab(async lab => {
        const namespace = await lab.namespace('n')
        const [first, second] = await Promise.all([
          startTunnel(lab, namespace, kind),
          startTunnel(lab, namespace, kind),
        ])
        expect(statSync(socketOf(first)).mode & 0o077).toBe(0)
        rmSync(socketOf(first))
        await namespace.ip(`link del ${second.iface}`)
        for (const tunnel of [first, second])
          await until('its end', () => tunnel.running.ended() !== undefined && !existsSync(socketOf(tunnel)))
        const left = await links(first)
        for (const tunnel of [first, second]) expect(left).not.toContain(tunnel.iface)
      }))

    it('no key in the verbose log, in the arguments or in the environment', () =>
      inLab(async lab => {
        const pair = await openPair(lab, { kinds: [kind, kind], psk: true, env: { LOG_LEVEL: 'verbose' } })
        await ping(pair.a, pair.b)
        // The log speaks of the handshake: there was something to leak.
        expect(pair.a.tunnel.running.output()).toMatch(/handshake/i)
        const secrets = [pair.a.keys.secret, pair.b.keys.secret, pair.psk ?? '']
        const read = (pid: number, name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8')
        const texts = [pair.a, pair.b].flatMap(({ tunnel: { running } }) => [
          running.output(),
          read(running.pid, 'cmdline'),
          read(running.pid, 'environ'),
        ])
        for (const secret of secrets)
          for (const form of [secret, secret.slice(0, 20), hex(secret), hex(secret).slice(0, 20)])
            expect(texts.some(text => text.includes(form))).toBe(false)
      }))
  })
}

describe.skipIf(lacking !== undefined).concurrent(`what our command says${note(lacking)}`, () => {
  it('a name that is too long, taken, or no name', () =>
    inLab(async lab => {
      const namespace = await lab.namespace('n')
      const taken = freshIface()
      await namespace.ip(`link add ${taken} type veth peer name other`)
      for (const [name, says] of [
        ['sixteencharacter', /15/],
        [taken, /exists|in use|taken/i],
        ['a/b', /name/],
        ['..', /name/],
        ['', /name/],
      ] as const) {
        const { status, stderr } = await once('ours', name, namespace)
        expect({ name, status: status !== 0, stderr }).toEqual({
          ...{ name, status: true },
          stderr: expect.stringMatching(says),
        })
        expect(stderr).not.toMatch(/^\s+at /m)
      }
      expect(existsSync(join(SOCKETS, `${taken}.sock`))).toBe(false)
    }))

  it('no right to make an interface, and no /dev/net/tun', () =>
    inLab(async lab => {
      const namespace = await lab.namespace('n')
      const found = program('ours')
      if (found === undefined) throw new Error('ours is always here')
      const [iface, other] = [freshIface(), freshIface()]
      const bounding = ['--bounding-set', '-net_admin', '--inh-caps', '-net_admin', '--ambient-caps', '-net_admin']
      const weak = await namespace.attempt('setpriv', [...bounding, found.command, ...found.args(iface)])
      expect(weak.status).not.toBe(0)
      expect(weak.stderr).toMatch(/CAP_NET_ADMIN|root|permi/i)
      expect(weak.stderr).not.toMatch(/^\s+at /m)
      const script = 'mount -t tmpfs none /dev/net && exec "$@"'
      const bare = ['-m', 'sh', '-c', script, 'sh', found.command, ...found.args(other)]
      const without = await namespace.attempt('unshare', bare)
      expect(without.status).not.toBe(0)
      expect(without.stderr).toMatch(/\/dev\/net\/tun/)
      expect(without.stderr).not.toMatch(/^\s+at /m)
      for (const name of [iface, other]) expect(existsSync(join(SOCKETS, `${name}.sock`))).toBe(false)
    }))

  it('a hundred connections that say nothing keep nobody from asking', () =>
    inLab(async lab => {
      const tunnel = await startTunnel(lab, await lab.namespace('n'), 'ours')
      const silent = Array.from({ length: 100 }, () => ask(tunnel.iface, 'set=1\n'))
      expect(errnoOf(await ask(tunnel.iface, 'get=1\n\n'))).toBe(0)
      await tunnel.wg('set', tunnel.iface, 'private-key', lab.file('key', freshKey().secret))
      await tunnel.stop()
      await Promise.all(silent)
    }))
})

/** Runs the program in the foreground; one that does not refuse is killed, with no status. */
async function once(kind: Kind, iface: string, namespace: Tunnel['namespace']): Promise<Finished> {
  const found = program(kind)
  if (found === undefined) throw new Error(`${kind} is not on this machine`)
  return namespace.attempt(found.command, found.args(iface), { env: { ...found.env }, timeout_ms: 60_000 })
}

function links({ namespace }: Tunnel): Promise<string> {
  return namespace.run('ip', ['-br', 'link'])
}

function socketOf({ iface }: Tunnel): string {
  return join(SOCKETS, `${iface}.sock`)
}
