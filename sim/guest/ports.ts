/** The networks of a guest: an interface for each place where it is at some time. */
import type { PortOptions } from '../host/options.ts'
import type { NodeInput } from '../node.ts'
import { batched } from './batch.ts'
import { attachCommands, detachCommands } from './setup.ts'

export type NetworkInput = Extract<NodeInput, { kind: 'mtu' | 'attach' | 'detach' }>

export class GuestPorts {
  readonly #ports: PortOptions[]

  constructor(ports: readonly PortOptions[]) {
    this.#ports = [...ports]
  }

  /** As the timeline has left them. */
  get all(): readonly PortOptions[] {
    return this.#ports
  }

  /** Of its interface, from 0; negative: there is none. */
  indexOf(name: string): number {
    return this.#ports.findIndex(each => each.port === name)
  }

  nameOf(index: number): string | undefined {
    return this.#ports[index]?.port
  }

  get hasIpv4(): boolean {
    return this.#ports.some(({ addresses }) => addresses.some(({ address }) => address.length === 4))
  }

  /** From now on it is so. The commands for it; undefined: there is no such network. */
  change(input: NetworkInput): string | undefined {
    const index = this.indexOf(input.port)
    const before = this.#ports[index]
    if (before === undefined) return undefined
    switch (input.kind) {
      case 'mtu':
        this.#ports[index] = { ...before, mtu: input.mtu }
        return `ip link set dev ${input.port} mtu ${input.mtu}`
      case 'detach':
        this.#ports[index] = { ...before, addresses: [], gateways: [] }
        return batched(detachCommands(input.port)).join('\n')
      case 'attach': {
        const { addresses, gateways, onlink = before.onlink } = input
        const after = { ...before, addresses, gateways, onlink }
        this.#ports[index] = after
        return batched(attachCommands(after)).join('\n')
      }
    }
  }
}
