/** What happens, and when. A small closed vocabulary; every world maps each step or declares it unsupported with a reason. */
import { z } from 'zod'
import { reboot, run, setClock, suspend } from './step-machine.ts'
import { dns, lookup } from './step-names.ts'
import { changeLink, changeNat, roam } from './step-network.ts'
import { probe } from './step-probe.ts'
import { service } from './step-service.ts'
import { tcp } from './step-tcp.ts'
import { ping, send } from './step-traffic.ts'

export const step = z.discriminatedUnion('do', [
  ping,
  send,
  tcp,
  roam,
  setClock,
  suspend,
  reboot,
  changeLink,
  changeNat,
  run,
  dns,
  lookup,
  service,
  probe,
])
export type Step = z.infer<typeof step>
export type StepOf<Kind extends Step['do']> = Extract<Step, { do: Kind }>
export type ProbeAct = StepOf<'probe'>['act']
