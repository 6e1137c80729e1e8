/** The optional FFI library, loaded when it is there. What is declared here is what this room uses of it. */
import { createRequire } from 'node:module'

export interface Koffi {
  /** null: the symbols of the running program, which include the C library. */
  load(path: string | null, options?: { readonly deep?: boolean }): KoffiLibrary
  /** errno of the last call in this thread. */
  errno(): number
}

export interface KoffiLibrary {
  /** A C prototype, such as `int getppid()`. */
  func(prototype: string): KoffiFunction
}

export interface KoffiFunction {
  (...args: readonly unknown[]): unknown
  /** Runs in a thread of Node's pool; the last argument is called back. */
  async(...args: readonly unknown[]): void
}

/** undefined where it is not installed, or has no binary for this machine. */
export function loadKoffi(): Koffi | undefined {
  try {
    return createRequire(import.meta.url)('koffi') as Koffi
  } catch {
    return undefined
  }
}
