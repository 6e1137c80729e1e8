/** A system call that failed: which one, on what, and the errno of Linux. */
import { constants } from 'node:os'

export class SystemError extends Error {
  /** Positive, as in errno.h. */
  readonly errno: number
  /** `EBUSY` */
  readonly code: string

  constructor(call: string, errno: number) {
    const code = errnoName(errno)
    super(`${call}: ${code}`)
    this.errno = errno
    this.code = code
  }
}

/** `EADDRINUSE` for 98; `errno 524` for what has no name. */
export function errnoName(errno: number): string {
  for (const [name, value] of Object.entries(constants.errno)) if (value === errno) return name
  return `errno ${errno}`
}

/** The positive errno of anything that was thrown by Node or by us; EIO when it has none. */
export function errnoOf(error: unknown): number {
  if (error instanceof SystemError) return error.errno
  const errno = (error as { errno?: unknown } | undefined)?.errno
  return typeof errno === 'number' && errno !== 0 ? Math.abs(errno) : constants.errno.EIO
}

/** Whether an error carries one of these, by name or by number. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  const { code, errno } = (error ?? {}) as { code?: unknown; errno?: unknown }
  if (typeof code === 'string' && codes.includes(code)) return true
  return typeof errno === 'number' && codes.includes(errnoName(Math.abs(errno)))
}
