/** As much of an end as a behaviour of RFC 4787 looks at, as one value. */
import type { NatBehaviour } from '../../scenarios/language/nat.ts'
import { type End, endKey } from './flow.ts'

export type Key = number | string

/** The key of what looks at nothing. */
export const NOBODY: Key = 0

export function partOf(end: End, behaviour: NatBehaviour): Key {
  switch (behaviour) {
    case 'endpoint-independent':
      return NOBODY
    case 'address-dependent':
      return endKey(end.address, 0)
    case 'address-and-port-dependent':
      return endKey(end.address, end.port)
  }
}
