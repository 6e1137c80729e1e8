/** A TUN interface by Node's file calls: one packet a read, one a write. */
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, read, writeSync } from 'node:fs'
import { tunIsUp } from '../tunprobe.ts'
import type { Calls } from './calls.ts'

export interface Tun {
  readonly name: string
  /** `onPacket` may keep its bytes. `onEnd` comes once, when the interface is gone; not after close. */
  start(onPacket: (packet: Uint8Array) => void, onEnd: (reason: string) => void): void
  /** False when the kernel did not take it: the interface is down, or the packet is wrong. */
  write(packet: Uint8Array): boolean
  /** Asks the driver: see tunIsUp. */
  isUp(): boolean
  /** The interface goes away. */
  close(): Promise<void>
}

let leftBehind = 0

/** How many reads wait for ever in other threads: with one, Node's own exit would wait too. */
export function readsLeftBehind(): number {
  return leftBehind
}

/** No IP packet is longer. */
const LONGEST_PACKET = 65_535
/** What reading answers when the interface was deleted. */
const GONE = /EFAULT|EBADFD|UNKNOWN|EBADF/

/** Throws a SystemError: EBUSY when the name is taken, EPERM without CAP_NET_ADMIN, ENOENT without /dev/net/tun. */
export function openTun(calls: Calls, name: string): Tun {
  const fd = openSync('/dev/net/tun', 'r+')
  try {
    return new FileTun(fd, calls.attachTun(fd, name))
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

class FileTun implements Tun {
  readonly name: string
  readonly #fd: number
  readonly #index: number | undefined
  #closing = false
  #reading: Promise<void> = Promise.resolve()

  constructor(fd: number, name: string) {
    this.#fd = fd
    this.name = name
    this.#index = indexOf(name)
  }

  start(onPacket: (packet: Uint8Array) => void, onEnd: (reason: string) => void): void {
    const buffer = Buffer.allocUnsafeSlow(LONGEST_PACKET)
    this.#reading = new Promise(resolve => {
      const next = (): void => {
        read(this.#fd, buffer, 0, LONGEST_PACKET, null, (error, length) => {
          if (error !== null) {
            resolve()
            if (!this.#closing) onEnd(GONE.test(error.code ?? '') ? 'the interface was deleted' : error.message)
            return
          }
          // The copy is the device's.
          if (length > 0) onPacket(Uint8Array.prototype.slice.call(buffer, 0, length))
          if (this.#closing) resolve()
          else next()
        })
      }
      next()
    })
  }

  write(packet: Uint8Array): boolean {
    try {
      writeSync(this.#fd, packet)
      return true
    } catch {
      return false
    }
  }

  isUp(): boolean {
    return tunIsUp(this.#fd, 0) ?? true
  }

  /**
   * A read that waits in another thread keeps the interface, and even the process, alive; only the end of the interface
   * wakes it. Where that can not be brought about (it moved to another namespace) the read is left behind.
   */
  async close(): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    if (this.#index !== undefined && indexOf(this.name) === this.#index) {
      spawnSync('ip', ['link', 'delete', 'dev', this.name], { stdio: 'ignore' })
      await this.#reading
    } else leftBehind++
    closeSync(this.#fd)
  }
}

/** undefined when there is no such interface in this namespace. */
function indexOf(name: string): number | undefined {
  const shown = spawnSync('ip', ['-o', 'link', 'show', 'dev', name], { stdio: ['ignore', 'pipe', 'ignore'] })
  const index = /^(\d+):/.exec(shown.stdout?.toString() ?? '')
  return index === null ? undefined : Number(index[1])
}
