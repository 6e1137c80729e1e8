/** Packets of an interface in this process's network namespace, through the optional package `cap` (libpcap). */
import { createRequire } from 'node:module'

/** What `cap` gives us; it has no types of its own. */
interface CapHandle {
  open(device: string, filter: string, ringBytes: number, buffer: Buffer): string
  on(event: 'packet', listener: (length: number, truncated: boolean) => void): void
  close(): void
}
interface CapModule {
  readonly Cap: (new () => CapHandle) & { deviceList(): { name: string }[] }
}

export interface CaptureOptions {
  readonly device: string
  /** A pcap filter expression. Default: everything. */
  readonly filter?: string
  /** The frame with its link-layer header, copied, and the monotonic time of its arrival here in nanoseconds: `cap` has no stamps. */
  readonly onFrame: (frame: Uint8Array, at_ns: bigint) => void
}

export interface Capture {
  /** `ETHERNET`, `RAW`, `LINKTYPE_LINUX_SLL`, … as libpcap names it. */
  readonly linkType: string
  close(): void
}

const RING_BYTES = 10 * 1024 * 1024
const FRAME_BYTES = 65_535 + 64

/** cap stores a raw pointer to its buffer without a reference: what is open is held here, or the collector frees it under libpcap. */
const held = new Set<{ readonly handle: CapHandle; readonly buffer: Buffer }>()

/** Why captures can not be had here, or undefined when `cap` loads. */
export function captureMissing(): string | undefined {
  try {
    load()
    return undefined
  } catch {
    return 'the optional package cap (needs a C++ compiler and libpcap-dev, then `npm rebuild cap`)'
  }
}

/** Starts a capture. Throws an Error that says what is missing: the package, the interface, or the right to capture. */
export function openCapture(options: CaptureOptions): Capture {
  const missing = captureMissing()
  if (missing !== undefined) throw new Error(`can not capture on ${options.device}: missing ${missing}`)
  const { Cap } = load()
  const handle = new Cap()
  const buffer = Buffer.alloc(FRAME_BYTES)
  const holding = { handle, buffer }
  let linkType: string
  try {
    linkType = handle.open(options.device, options.filter ?? '', RING_BYTES, buffer)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`can not capture on ${options.device}: ${reason} (is the interface there, and are you root?)`)
  }
  held.add(holding)
  handle.on('packet', length => options.onFrame(Uint8Array.from(buffer.subarray(0, length)), process.hrtime.bigint()))
  return {
    linkType,
    close() {
      if (held.delete(holding)) handle.close()
    },
  }
}

function load(): CapModule {
  return createRequire(import.meta.url)('cap')
}
