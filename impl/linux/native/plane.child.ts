/**
 * For tests: a native data plane without a daemon, in the network namespace it is started in. Takes its orders as JSON on
 * the command line, says `ready` when the interface is up, answers each line of its input, and ends with it.
 */
import { execFileSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { parseAddress } from '../../ip/address.ts'
import { Key, type PublicKey } from '../../key.ts'
import type { PlaneEvent } from '../dataplane.ts'
import { openNativeDataPlane } from './plane.ts'

export interface ChildOrders {
  readonly iface: string
  readonly mtu: number
  readonly listenPort: number
  readonly fwmark?: number
  readonly privateKey: string
  /** Inner addresses with prefix length. */
  readonly addresses: readonly string[]
  /** Whether the plane is told that the interface is up; else it finds out. Default true. */
  readonly tellsUp?: boolean
  readonly peer?: { readonly publicKey: string; readonly address?: string; readonly port?: number }
}

export type ChildAnswer =
  | { readonly kind: 'ready'; readonly lacks: readonly string[]; readonly errno: number }
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'event'; readonly event: PlaneEvent }
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: 'ended'; readonly reason: string }

async function main(orders: ChildOrders): Promise<void> {
  const say = (answer: ChildAnswer) => process.stdout.write(`${JSON.stringify(answer)}\n`)
  const { iface, mtu } = orders
  const plane = await openNativeDataPlane({
    iface,
    mtu,
    log: (level, text) => say({ kind: 'log', text: `${level}: ${text}` }),
    onEvent: event => say({ kind: 'event', event }),
  })
  const { listenPort, fwmark, privateKey, peer } = orders
  const key = (text: string) => new Key(new Uint8Array(Buffer.from(text, 'base64')))
  const address = peer?.address === undefined ? undefined : parseAddress(peer.address)
  const errno = await plane.configure({
    privateKey: key(privateKey),
    listenPort,
    ...(fwmark === undefined ? {} : { fwmark }),
    peers:
      peer === undefined
        ? []
        : [
            {
              publicKey: peer.publicKey as PublicKey,
              ...(address === undefined ? {} : { endpoint: { address, port: peer.port ?? 51820 } }),
              allowedIps: [
                { address: new Uint8Array(4), length: 0 },
                { address: new Uint8Array(16), length: 0 },
              ],
            },
          ],
  })
  for (const each of orders.addresses) execFileSync('ip', ['addr', 'add', each, 'dev', iface])
  execFileSync('ip', ['link', 'set', iface, 'up'])
  if (orders.tellsUp !== false) await plane.setUp(true)
  say({ kind: 'ready', lacks: plane.lacks, errno })
  void plane.ended.then(reason => say({ kind: 'ended', reason }))
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, argument] = line.split(' ')
    if (word === 'status') say({ kind: 'answer', value: await plane.status() })
    if (word === 'port') say({ kind: 'answer', value: await plane.configure({ listenPort: Number(argument) }) })
    if (word === 'up') say({ kind: 'answer', value: await plane.setUp(argument === 'true') })
    if (word === 'key') {
      const told = /^private_key=(.*)$/m.exec(await plane.uapi())?.[1]
      // It is told as Curve25519 uses it (RFC 7748 §5).
      const used = Buffer.from(privateKey, 'base64')
      used[0]! &= 248
      used[31] = (used[31]! & 127) | 64
      say({ kind: 'answer', value: told === used.toString('hex') })
    }
    if (word === 'exit') process.exit(Number(argument))
    if (word === 'close') {
      await plane.close()
      say({ kind: 'answer', value: null })
    }
  }
  await plane.close()
}

await main(JSON.parse(process.argv[2] ?? '') as ChildOrders)
