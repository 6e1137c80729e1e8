/** Watches the interface and tells the data plane: up and down, MTU, addresses and routes that went away. */
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { DataPlane } from './dataplane.ts'
import { loadKoffi } from './koffi.ts'
import { type LinkState, linkState } from './link.ts'
import type { RouteNews } from './netlink.ts'
import { openRouteSocket } from './routesocket.ts'
import { tunFd, tunIsUp } from './tunprobe.ts'

export interface MonitorOptions {
  readonly plane: Pick<DataPlane, 'kind' | 'iface' | 'setUp' | 'setMtu' | 'forgetSources'>
  readonly log: (level: 'error' | 'verbose', text: string) => void
}

export interface Monitor {
  /** The plane got a packet to send while it is down: it knows less than the kernel. */
  packetWhileDown(): void
  close(): void
}

/** Without the route socket: how often to look. */
const LOOK_MS = 250
/** How often to ask the TUN itself, when the interface has moved to another namespace. */
const ASK_MS = 1000
/** struct virtio_net_hdr, which stands before each packet of the native plane's TUN. */
const VNET_HEADER = 10

/** By the route socket where there is koffi, else by looking four times a second. */
export function watchInterface(options: MonitorOptions): Monitor {
  const watch = new Watch(options)
  try {
    return watchByRouteSocket(watch, options)
  } catch (error) {
    options.log(
      'verbose',
      `looking at the interface again and again: ${error instanceof Error ? error.message : error}`,
    )
    return watchByLooking(watch, options)
  }
}

/** What is known of the link; tells the plane what changed. */
class Watch {
  readonly #options: MonitorOptions
  /** Found while the name is the one it was made with. */
  readonly #fd: number | undefined
  #up: boolean | undefined
  #mtu: number | undefined
  #asking: NodeJS.Timeout | undefined
  #forgetting: NodeJS.Timeout | undefined

  constructor(options: MonitorOptions) {
    this.#options = options
    this.#fd = tunFd(options.plane.iface)
  }

  /** undefined: the interface is not to be seen here. */
  link(state: Partial<LinkState> | undefined): void {
    if (state === undefined) {
      this.#moved()
      return
    }
    clearInterval(this.#asking)
    this.#asking = undefined
    const { plane, log } = this.#options
    if (state.mtu !== undefined && state.mtu !== this.#mtu) {
      if (this.#mtu !== undefined) log('verbose', `MTU is ${state.mtu} now`)
      this.#mtu = state.mtu
      void plane.setMtu(state.mtu)
    }
    if (state.up !== undefined) this.#setUp(state.up)
  }

  /** Soon, and once for many changes at a time. */
  forgetSources(): void {
    this.#forgetting ??= setTimeout(() => {
      this.#forgetting = undefined
      this.#options.plane.forgetSources()
    }, 10)
  }

  /** Of the TUN itself. */
  ask(): void {
    const up =
      this.#fd === undefined ? undefined : tunIsUp(this.#fd, this.#options.plane.kind === 'native' ? VNET_HEADER : 0)
    if (up !== undefined) this.#setUp(up)
  }

  /** The plane got a packet to send while it is down, so the link may be up. */
  packetWhileDown(): void {
    if (this.#up !== true) this.ask()
  }

  close(): void {
    clearInterval(this.#asking)
    clearTimeout(this.#forgetting)
  }

  /** It lives on, somewhere: the daemon stays, and its sockets stay here (behaviour 117). */
  #moved(): void {
    if (this.#asking !== undefined) return
    this.#options.log('verbose', 'the interface is in another namespace')
    this.#asking = setInterval(() => this.ask(), ASK_MS)
  }

  /** Told also when it seems no news: between two looks the plane may have seen by a packet that it is up. */
  #setUp(up: boolean): void {
    if (up !== this.#up) this.#options.log('verbose', `the interface is ${up ? 'up' : 'down'}`)
    this.#up = up
    void this.#options.plane.setUp(up)
  }
}

/** Throws where there is no koffi or no route socket. */
function watchByRouteSocket(watch: Watch, { plane, log }: MonitorOptions): Monitor {
  const koffi = loadKoffi()
  if (koffi === undefined) throw new Error('koffi is not installed')
  let index: number | undefined
  const onNews = (all: readonly RouteNews[]): void => {
    for (const news of all) {
      switch (news.kind) {
        case 'link':
          if (news.index === index) watch.link({ up: news.up, ...(news.mtu === undefined ? {} : { mtu: news.mtu }) })
          break
        case 'link-gone':
          if (news.index === index) watch.link(undefined)
          break
        case 'address-gone':
          watch.forgetSources()
          break
        case 'route':
          // What leads into the tunnel does not say how its packets leave.
          if (news.index === undefined || news.index !== index) watch.forgetSources()
          break
      }
    }
  }
  const look = (): void => {
    watch.link(linkState(plane.iface))
    watch.forgetSources()
  }
  const socket = openRouteSocket(koffi, {
    onNews,
    onLost: () => {
      log('verbose', 'the route socket lost news')
      look()
    },
  })
  index = socket.indexOf(plane.iface)
  watch.link(linkState(plane.iface))
  return {
    packetWhileDown: () => watch.packetWhileDown(),
    close() {
      socket.close()
      watch.close()
    },
  }
}

function watchByLooking(watch: Watch, { plane }: MonitorOptions): Monitor {
  let surroundings = addressesAndRoutes()
  const look = (): void => {
    watch.link(linkState(plane.iface))
    const now = addressesAndRoutes()
    if (now !== surroundings) watch.forgetSources()
    surroundings = now
  }
  look()
  const timer = setInterval(look, LOOK_MS)
  return {
    packetWhileDown: () => watch.packetWhileDown(),
    close() {
      clearInterval(timer)
      watch.close()
    },
  }
}

function addressesAndRoutes(): string {
  const addresses = Object.values(networkInterfaces())
    .flat()
    .map(address => address?.cidr)
  const routes = ['/proc/net/route', '/proc/net/ipv6_route'].map(file => {
    try {
      return withoutCounts(readFileSync(file, 'latin1'))
    } catch {
      return ''
    }
  })
  return [...addresses, ...routes].join('\n')
}

/** The columns that count references and uses change with every packet. */
function withoutCounts(table: string): string {
  return table
    .split('\n')
    .map(line => {
      const columns = line.trim().split(/\s+/)
      return columns.length === 10
        ? [...columns.slice(0, 6), ...columns.slice(8)].join(' ')
        : [...columns.slice(0, 4), ...columns.slice(6)].join(' ')
    })
    .join('\n')
}
