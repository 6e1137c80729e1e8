/**
 * The real `wg` as the client: what it sends for a file must be what we make of the same file, and it must understand
 * our `get`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeviceChange } from '../api.ts'
import { formatEndpoint, formatPrefix, parseAddress, parsePrefix } from '../ip/address.ts'
import { Key, type PublicKey } from '../key.ts'
import { keyToBase64 } from './base64.ts'
import { parseConf } from './conf.ts'
import { addconfChange, setconfChange, syncconfChange } from './resolve.ts'
import { UapiSession } from './uapi.ts'
import type { UapiSnapshot } from './uapi-format.ts'

const SOCKETS = '/var/run/wireguard'
const NAME = `wgl${process.pid % 1_000_000}c`

/** Root, because wg looks for the sockets of userspace implementations in one place alone. */
function able(): boolean {
  try {
    mkdirSync(SOCKETS, { recursive: true, mode: 0o700 })
    accessSync(SOCKETS, constants.W_OK)
    return spawnSync('wg', ['--version']).status === 0
  } catch {
    return false
  }
}

const bytes = (n: number) => new Uint8Array(32).fill(n)
const text = (n: number) => keyToBase64(bytes(n)) as PublicKey

const snapshot: UapiSnapshot = {
  privateKey: new Key(bytes(0x50)),
  presharedKey: key => (key === text(2) ? new Key(bytes(7)) : undefined),
  status: {
    publicKey: undefined,
    listenPort: 51820,
    fwmark: 0xca6c,
    up: true,
    underLoad: false,
    peers: [1, 2, 3].map(n => ({
      publicKey: text(n),
      hasPresharedKey: n === 2,
      endpoint: n === 2 ? { address: parseAddress('2001:db8::9') ?? expect.fail(), port: 5 } : undefined,
      allowedIps: n === 2 ? [parsePrefix('10.0.0.0/8'), parsePrefix('fd00::/64')].map(one => one ?? expect.fail()) : [],
      latestHandshake: n === 2 ? { sec: 1_700_000_000, nsec: 0 } : undefined,
      latestHandshakeAt: undefined,
      rxBytes: n,
      txBytes: n * 10,
      persistentKeepalive_s: n === 2 ? 25 : 0,
      staged: 0,
      drops: {},
    })),
  },
}

/** As text, so that keys compare. Order is kept. */
function shown(change: DeviceChange): string {
  return JSON.stringify(change, (name, value: unknown) => {
    if (name === 'endpoint') return formatEndpoint(value as Parameters<typeof formatEndpoint>[0])
    if (name === 'allowedIps') {
      return (value as { remove?: boolean }[]).map(
        ip => (ip.remove ? '-' : '') + formatPrefix(ip as Parameters<typeof formatPrefix>[0]),
      )
    }
    return value
  })
}

describe.skipIf(!able())('the real wg over our text protocol', () => {
  let server: Server
  let folder = ''
  let changes: DeviceChange[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wglab-uapi-'))
    server = createServer(socket => {
      const session = new UapiSession()
      socket.on('error', () => {})
      socket.on('data', data => {
        session.feed(data.toString('latin1'))
        for (let step = session.poll(); step !== undefined; step = session.poll()) {
          if (step.kind === 'write') socket.write(step.text)
          else if (step.kind === 'get') session.answerGet(snapshot)
          else if (step.kind === 'close') socket.destroy()
          else {
            changes.push(step.change)
            session.applied(0)
          }
        }
      })
    })
    await new Promise<void>(resolve => server.listen(`${SOCKETS}/${NAME}.sock`, resolve))
  })

  afterAll(async () => {
    await new Promise(resolve => server.close(resolve))
    rmSync(`${SOCKETS}/${NAME}.sock`, { force: true })
    rmSync(folder, { recursive: true, force: true })
  })

  async function wg(...args: string[]): Promise<{ status: number | null; out: string }> {
    changes = []
    const child = spawn('wg', args, { env: { ...process.env, WG_HIDE_KEYS: 'never', LC_ALL: 'C' } })
    let out = ''
    child.stdout.on('data', data => {
      out += String(data)
    })
    child.stderr.on('data', data => {
      out += String(data)
    })
    const status = await new Promise<number | null>(resolve => child.on('close', resolve))
    return { status, out }
  }

  /** The pieces that came over the socket as one change. */
  function merged(): DeviceChange {
    const peers = changes.flatMap(change => change.peers ?? [])
    return Object.assign({}, ...changes, peers.length === 0 ? {} : { peers })
  }

  /** The same change, in one order of fields and without what says nothing. */
  function canonical(change: DeviceChange): string {
    const { privateKey, listenPort, fwmark, replacePeers, peers = [] } = change
    const secret = (key: Key | null | undefined) => (key instanceof Key ? keyToBase64(key.reveal()) : key)
    return shown({
      ...{ privateKey: secret(privateKey) as never, listenPort: listenPort as never, fwmark: fwmark as never },
      ...(replacePeers ? { replacePeers } : {}),
      peers: peers.map(peer => ({
        publicKey: peer.publicKey,
        remove: peer.remove as never,
        presharedKey: secret(peer.presharedKey) as never,
        ...(peer.endpoint === undefined ? {} : { endpoint: peer.endpoint }),
        persistentKeepalive_s: peer.persistentKeepalive_s as never,
        replaceAllowedIps: peer.replaceAllowedIps as never,
        allowedIps: peer.allowedIps ?? [],
      })),
    })
  }

  const files: Record<string, string> = {
    empty: '',
    interface: `[Interface]\nPrivateKey=${text(9)}\nListenPort=7\nFwMark=0x10\n`,
    peers: `[Peer]\nPublicKey=${text(1)}\nAllowedIPs=10.0.0.1,fd00::/64\nAllowedIPs=192.168.0.0/16\nEndpoint=192.0.2.1:5\n[Peer]\nPublicKey=${text(4)}\nPresharedKey=${text(7)}\nEndpoint=[2001:db8::1]:6\nPersistentKeepalive=25\n`,
    // With the preshared key and keepalive that the device has: wg 1.0.20210914 forgets to take them away in syncconf, we do not.
    all: `[Peer]\nPublicKey=${text(2)}\nPresharedKey=${text(7)}\nPersistentKeepalive=off\n[Interface]\nListenPort=0\nFwMark=off\n[Peer]\nPublicKey=${text(4)}\nAllowedIPs=0.0.0.0/0,::/0\n`,
  }

  const names = { resolveHost: () => undefined }
  it.each(
    Object.keys(files).flatMap(file =>
      (['setconf', 'addconf', 'syncconf'] as const).map(command => [command, file] as const),
    ),
  )('%s of %s is the change that we make of it', async (command, file) => {
    const path = join(folder, 'x.conf')
    writeFileSync(path, files[file] ?? '')
    const { conf, problems } = parseConf(files[file] ?? '', { file: path, dialect: 'wg' })
    expect(problems).toEqual([])
    const { status, out } = await wg(command, NAME, path)
    expect([status, out]).toEqual([0, ''])
    const { change } =
      command === 'setconf'
        ? setconfChange(conf, names)
        : command === 'addconf'
          ? addconfChange(conf, names)
          : syncconfChange(snapshot.status, conf, names)
    const sorted = (one: DeviceChange): DeviceChange => ({
      ...one,
      peers: [...(one.peers ?? [])].sort((a, b) => (a.publicKey < b.publicKey ? -1 : 1)),
    })
    expect(canonical(sorted(merged()))).toBe(canonical(sorted(change)))
  })

  it('wg show dump reads our get', async () => {
    const { status, out } = await wg('show', NAME, 'dump')
    const [own, ...peers] = out.trim().split('\n')
    expect(status).toBe(0)
    expect(own?.split('\t').slice(2)).toEqual(['51820', '0xca6c'])
    expect(peers.map(line => line.split('\t'))).toEqual([
      [text(1), '(none)', '(none)', '(none)', '0', '1', '10', 'off'],
      [text(2), text(7), '[2001:db8::9]:5', '10.0.0.0/8,fd00::/64', '1700000000', '2', '20', '25'],
      [text(3), '(none)', '(none)', '(none)', '0', '3', '30', 'off'],
    ])
  })

  it('wg set of single values', async () => {
    expect(
      await wg(
        'set',
        NAME,
        'listen-port',
        '9',
        'peer',
        text(1),
        'remove',
        'peer',
        text(2),
        'allowed-ips',
        '10.0.0.9/32',
        'persistent-keepalive',
        '3',
      ),
    ).toEqual({ status: 0, out: '' })
    expect(canonical(merged())).toBe(
      canonical({
        listenPort: 9,
        peers: [
          { publicKey: text(1), remove: true },
          {
            publicKey: text(2),
            replaceAllowedIps: true,
            allowedIps: [parsePrefix('10.0.0.9/32') ?? expect.fail()],
            persistentKeepalive_s: 3,
          },
        ],
      }),
    )
  })

  it('what wg showconf writes is read back as what we showed', async () => {
    const { out } = await wg('showconf', NAME)
    const { conf, problems } = parseConf(out, { file: 'showconf', dialect: 'wg' })
    expect(problems).toEqual([])
    expect(conf.interface?.listenPort?.value).toBe(51820)
    expect(conf.interface?.fwmark?.value).toBe(0xca6c)
    expect(conf.peers.map(peer => peer.allowedIps.map(item => formatPrefix(item.value)))).toEqual([
      [],
      ['10.0.0.0/8', 'fd00::/64'],
      [],
    ])
    expect(conf.peers.map(peer => peer.persistentKeepalive_s?.value)).toEqual([undefined, 25, undefined])
  })
})
