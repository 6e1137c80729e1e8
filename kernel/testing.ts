/** For tests: the kernel and the root that this machine has, and guests that are ended whatever happens. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findKernel, type Kernel } from './build.ts'
import { cacheFolder } from './cache.ts'
import { Guest, type GuestOptions } from './guest.ts'
import type { Series } from './recipe.ts'
import { findRoot, type Root } from './root.ts'

export interface Ready {
  readonly kernel: Kernel
  readonly root: Root
}

/** Undefined where nothing was built: `wglab kernel build` does it. */
export async function readyGuests(series: Series): Promise<Ready | undefined> {
  const cache = cacheFolder()
  const [kernel, root] = await Promise.all([findKernel(cache, series), findRoot(cache)])
  return kernel === undefined || root === undefined ? undefined : { kernel, root }
}

export const SKIP_TEXT = 'no kernel built: npx wglab kernel build'

type Wanted = Partial<Omit<GuestOptions, 'kernel' | 'folder'>>

/** Hands out guests and ends them all when `use` is over. */
export async function withGuests<T>(
  { kernel, root }: Ready,
  use: (start: (wanted?: Wanted) => Promise<Guest>) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'wglab-guest-'))
  const guests: Guest[] = []
  let made = 0
  try {
    return await use(async wanted => {
      const name = `g${made++}`
      const guest = await Guest.start({
        name,
        kernel: kernel.path,
        root: root.path,
        folder: join(folder, name),
        ports: 1,
        seed: '1',
        epoch_ns: 1_767_225_600n * 1_000_000_000n,
        ...wanted,
      })
      guests.push(guest)
      return guest
    })
  } finally {
    await Promise.all(guests.map(guest => guest.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

const HEAD = 19

/** A command to the agent of a guest with one port, run to its end. The output, and the guest's time then. */
export async function shell(
  guest: Guest,
  from: number,
  command: string,
  port = 1,
): Promise<{ output: string; now: number }> {
  let now = from
  let output = ''
  let over: string | undefined
  const onFrame = (time: number, at: number, frame: Uint8Array): number => {
    now = time
    const text = Buffer.from(frame.subarray(HEAD)).toString('latin1')
    if (at !== port) return now + 1e9
    if (frame[18] === 'o'.charCodeAt(0)) output += text
    if (frame[18] === 'e'.charCodeAt(0)) over = text
    return over === undefined ? now + 1e9 : now
  }
  while (guest.wants < from) await guest.run(from, () => from)
  if (command !== '') await guest.inject(now, [{ port, frame: order(command) }])
  while (over === undefined) {
    if (!Number.isFinite(guest.wants)) throw new Error(`the guest waits for ever; it was asked: ${command}\n${output}`)
    now = Math.max(now, guest.wants)
    await guest.run(now + 1e9, onFrame)
  }
  if (over !== '0' && over !== 'ready') throw new Error(`${command} ended with status ${over}: ${output}`)
  return { output, now }
}

/** Waits for the agent. The guest's time then. */
export async function booted(guest: Guest): Promise<number> {
  return (await shell(guest, 0, '')).now
}

function order(command: string): Uint8Array {
  const head = Buffer.from('02000000010002000000020088b50000000178', 'hex')
  return Uint8Array.from(Buffer.concat([head, Buffer.from(command)]))
}
