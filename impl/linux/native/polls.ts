/** What the loop waits for: a few descriptors in one poll(). */
import { allocate, type Libc, type Memory } from './libc.ts'

const POLLIN = 1
const POLLERR = 8
const POLLNVAL = 32
const POLLFD = 8

export class Polls {
  readonly #libc: Libc
  readonly #rows: number
  readonly #memory: Memory

  constructor(libc: Libc, rows: number) {
    this.#libc = libc
    this.#rows = rows
    this.#memory = allocate(rows * POLLFD)
  }

  /** What row number `row` waits for; −1: nothing. */
  watch(row: number, fd: number): void {
    const { view } = this.#memory
    view.setInt32(row * POLLFD, fd, true)
    view.setInt16(row * POLLFD + 4, POLLIN, true)
    view.setInt16(row * POLLFD + 6, 0, true)
  }

  /** 0, or the errno for which nothing is ready. */
  wait(timeout_ms: number): number {
    const { view, address } = this.#memory
    if (this.#libc.poll(address, this.#rows, timeout_ms) >= 0) return 0
    const errno = this.#libc.errno()
    for (let row = 0; row < this.#rows; row++) view.setInt16(row * POLLFD + 6, 0, true)
    return errno
  }

  isReady(row: number): boolean {
    return (this.#memory.view.getInt16(row * POLLFD + 6, true) & (POLLIN | POLLERR | POLLNVAL)) !== 0
  }
}
